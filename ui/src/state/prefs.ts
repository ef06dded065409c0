// What a person likes, kept in this browser. Links never write it.
import { createStore } from './store'

export interface Prefs {
  theme: 'system' | 'light' | 'dark'
  utc: boolean
  /** single-key shortcuts act */
  letters: boolean
  panelWidth: number
  graphHeight: number
}

const key = 'clew.prefs'
const plain: Prefs = { theme: 'system', utc: false, letters: true, panelWidth: 400, graphHeight: 264 }

function load(): Prefs {
  try {
    const saved = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Prefs>
    return {
      theme: saved.theme === 'light' || saved.theme === 'dark' ? saved.theme : plain.theme,
      utc: saved.utc === true,
      letters: saved.letters !== false,
      panelWidth: typeof saved.panelWidth === 'number' ? saved.panelWidth : plain.panelWidth,
      graphHeight: typeof saved.graphHeight === 'number' ? saved.graphHeight : plain.graphHeight,
    }
  } catch {
    return plain // storage is off or holds something else
  }
}

export const prefs = createStore<Prefs>(load())

export function savePrefs(change: Partial<Prefs>): void {
  prefs.set({ ...prefs.get(), ...change })
  try {
    localStorage.setItem(key, JSON.stringify(prefs.get()))
  } catch {
    // the choice lasts until the page is left
  }
}
