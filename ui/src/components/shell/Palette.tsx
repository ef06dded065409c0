import { useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import { useServices } from '../../api/hooks'
import { serviceQuery } from '../../model/complete'
import { writeList } from '../../state/url'
import { Dialog } from '../parts/Dialog'
import { Glyph } from '../Glyph'
import { pages } from './pages'
import css from './shell.module.css'

interface Choice {
  id: string
  label: string
  hint: string
  path: string
  glyph: string
}

const traceId = /^[0-9a-f]{16}(?:[0-9a-f]{16})?$/i

/** Palette finds pages, services, and a transaction by a pasted trace id. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const services = useServices({ from: 'now-24h', to: 'now' }).data?.services
  const choices = useMemo(() => match(text, services ?? []), [text, services])
  const active = Math.min(at, choices.length - 1)
  const pick = (choice: Choice | undefined) => {
    if (!choice) return
    onClose()
    go(choice.path)
  }
  return (
    <Dialog title="Find a page, service or trace" bare onClose={onClose}>
      <input
        className={css.paletteInput}
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={active >= 0 ? `palette-${active}` : undefined}
        aria-label="Find a page, service or trace"
        placeholder="Page, service, or trace id"
        value={text}
        autoFocus
        onChange={(e) => {
          setText(e.target.value)
          setAt(0)
        }}
        onKeyDown={(e) => {
          if (e.key === 'ArrowDown') setAt(Math.min(active + 1, choices.length - 1))
          else if (e.key === 'ArrowUp') setAt(Math.max(active - 1, 0))
          else if (e.key === 'Enter') pick(choices[active])
          else return
          e.preventDefault()
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Found" className={css.paletteList}>
        {choices.map((choice, i) => (
          <li key={choice.id} id={`palette-${i}`} role="option" aria-selected={i === active} onClick={() => pick(choice)} onPointerMove={() => setAt(i)}>
            <Glyph name={choice.glyph} />
            <span>{choice.label}</span>
            <em>{choice.hint}</em>
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p className={css.paletteNone}>Nothing by that name.</p>}
    </Dialog>
  )
}

function match(text: string, services: { name: string; kind: string }[]): Choice[] {
  const want = text.trim().toLowerCase()
  const hex = want.replaceAll('-', '')
  const found: Choice[] = []
  if (traceId.test(hex)) found.push({ id: 'trace', label: hex, hint: 'open the transaction of this trace', path: `/tx/${hex}`, glyph: 'sync' })
  for (const page of pages) {
    if (page.name.toLowerCase().includes(want)) found.push({ id: page.path, label: page.name, hint: page.keys, path: page.path, glyph: 'group' })
  }
  for (const s of services) {
    if (found.length >= 12) break
    if (s.name.toLowerCase().includes(want)) {
      found.push({ id: `s:${s.name}`, label: s.name, hint: s.kind, path: `/tx${writeList({ q: serviceQuery(s.name) })}`, glyph: s.kind })
    }
  }
  return found
}
