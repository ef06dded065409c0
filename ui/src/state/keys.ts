// The keyboard, in one place: whoever is on screen binds keys, the newest
// binding of a key wins, and "?" lists what is bound.
import { useEffect, useRef } from 'react'
import { prefs } from './prefs'

export interface Binding {
  /** "j", "Shift+D", "Mod+k", "ArrowLeft", or a sequence "g t" */
  keys: string
  does: string
  group: string
  run: (e: KeyboardEvent) => void
  /** acts only then */
  when?: (e: KeyboardEvent) => boolean
  /** also while typing in a field */
  always?: boolean
}

const bound: { current: Binding[] }[] = []
let leader = ''
let leaderAt = 0
const leaderLasts = 1200 // ms

export function boundKeys(): Binding[] {
  const seen = new Set<string>()
  return bound
    .toReversed()
    .flatMap((layer) => layer.current)
    .filter((b) => !seen.has(b.keys) && seen.add(b.keys))
}

/** useKeys binds keys while the component is on screen. */
export function useKeys(bindings: Binding[]): void {
  const layer = useRef(bindings)
  useEffect(() => {
    layer.current = bindings
  })
  useEffect(() => {
    bound.push(layer)
    return () => void bound.splice(bound.indexOf(layer), 1)
  }, [])
}

/** chordOf names a key press the way bindings are written. */
export function chordOf(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const letter = /^[a-z]$/i.test(e.key)
  const key = letter ? (e.shiftKey ? e.key.toUpperCase() : e.key.toLowerCase()) : e.key
  const mod = e.ctrlKey || e.metaKey ? 'Mod+' : ''
  const shift = e.shiftKey && (letter || e.key.length > 1) ? 'Shift+' : ''
  return `${mod}${e.altKey ? 'Alt+' : ''}${shift}${key}`
}

/** isCharacter tells the shortcuts that a person may switch off (WCAG 2.1.4). */
export function isCharacter(chord: string): boolean {
  return chord.replace('Shift+', '').length === 1
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

function onKeyDown(e: KeyboardEvent): void {
  if (e.defaultPrevented || e.isComposing) return
  const chord = chordOf(e)
  if (isCharacter(chord) && !prefs.get().letters) return
  const typing = isTyping(e.target)
  const inDialog = document.querySelector('dialog[open]') !== null
  const sequence = leader !== '' && e.timeStamp - leaderAt < leaderLasts ? `${leader} ${chord}` : ''
  leader = ''
  for (const layer of bound.toReversed()) {
    const acts = (b: Binding) => b.when?.(e) !== false
    const hit = layer.current.find((b) => b.keys === sequence && acts(b)) ?? layer.current.find((b) => b.keys === chord && acts(b))
    if (!hit || ((typing || inDialog) && !hit.always)) continue
    e.preventDefault()
    hit.run(e)
    return
  }
  if (!typing && !inDialog && bound.some((layer) => layer.current.some((b) => b.keys.startsWith(`${chord} `)))) {
    leader = chord
    leaderAt = e.timeStamp
  }
}

export function startKeys(): void {
  window.addEventListener('keydown', onKeyDown)
}
