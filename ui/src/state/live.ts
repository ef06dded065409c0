// State of the shell that pages share but links do not carry.
import { createStore } from './store'

/** live: lists refresh every two seconds. */
export const live = createStore(false)

/** What screen readers are told, at most once every two seconds. */
export const announcement = createStore('')

let lastSpoken = 0
let pending: ReturnType<typeof setTimeout> | undefined

export function announce(text: string): void {
  clearTimeout(pending)
  const wait = Math.max(0, lastSpoken + 2000 - Date.now())
  pending = setTimeout(() => {
    lastSpoken = Date.now()
    announcement.set(text)
  }, wait)
}

/** What just happened, shown for a moment: "Link copied". */
export const toast = createStore('')

let toastTimer: ReturnType<typeof setTimeout> | undefined

export function showToast(text: string): void {
  clearTimeout(toastTimer)
  toast.set(text)
  announce(text)
  toastTimer = setTimeout(() => toast.set(''), 2500)
}

export async function copyText(text: string, said: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    showToast(said)
  } catch {
    showToast('The browser did not allow copying')
  }
}
