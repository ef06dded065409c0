// Light or dark: the system's choice unless the person made one.
import { prefs, savePrefs } from './prefs'

const systemDark = matchMedia('(prefers-color-scheme: dark)')
const watchers = new Set<() => void>()

export function isDark(): boolean {
  const { theme } = prefs.get()
  return theme === 'system' ? systemDark.matches : theme === 'dark'
}

export function toggleTheme(): void {
  savePrefs({ theme: isDark() ? 'light' : 'dark' })
}

function apply(): void {
  const theme = isDark() ? 'dark' : 'light'
  if (document.documentElement.dataset.theme === theme) return
  document.documentElement.dataset.theme = theme
  for (const redraw of watchers) redraw()
}

export function startTheme(): void {
  apply()
  prefs.subscribe(apply)
  systemDark.addEventListener('change', apply)
}

/** onTheme calls redraw after each change of theme; canvases read their colours anew. */
export function onTheme(redraw: () => void): () => void {
  watchers.add(redraw)
  return () => watchers.delete(redraw)
}
