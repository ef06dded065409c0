import { ChevronDown, Clock } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { labelOf, parseRange, presets, type TimeRange } from '../../model/timerange'
import { useKeys } from '../../state/keys'
import { prefs, savePrefs } from '../../state/prefs'
import { useStore } from '../../state/store'
import parts from '../parts/parts.module.css'
import css from './timebox.module.css'

/** TimeBox chooses the time: presets, typed text, local or UTC. */
export function TimeBox({ range, onChange }: { range: TimeRange; onChange: (range: TimeRange) => void }) {
  const { utc } = useStore(prefs)
  const [open, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  useKeys([{ keys: 't', does: 'Choose the time', group: 'Time', run: () => setOpen(true) }])
  useEffect(() => {
    if (!open) return
    const outside = (e: PointerEvent) => !box.current?.contains(e.target as Element) && setOpen(false)
    document.addEventListener('pointerdown', outside)
    return () => document.removeEventListener('pointerdown', outside)
  }, [open])
  const choose = (next: TimeRange) => {
    onChange({ from: next.from, to: next.to })
    close()
  }
  return (
    <div className={css.box} ref={box}>
      <button ref={button} type="button" className={parts.button} aria-expanded={open} aria-haspopup="dialog" onClick={() => setOpen(!open)}>
        <Clock size={14} aria-hidden /> {labelOf(range, utc)}
        {utc && <em className={css.zone}>UTC</em>}
        <ChevronDown size={14} aria-hidden />
      </button>
      {open && (
        <div className={css.popover} role="dialog" aria-label="Time range" onKeyDown={(e) => e.key === 'Escape' && (e.preventDefault(), close())}>
          <TypedRange utc={utc} onChoose={choose} />
          <ul>
            {presets.map((p) => (
              <li key={p.from}>
                <button type="button" aria-pressed={range.from === p.from && range.to === 'now'} onClick={() => choose({ from: p.from, to: 'now' })}>
                  {p.label}
                </button>
              </li>
            ))}
          </ul>
          <label className={css.utc}>
            <input type="checkbox" checked={utc} onChange={(e) => savePrefs({ utc: e.target.checked })} /> Times in UTC
          </label>
        </div>
      )}
    </div>
  )
}

function TypedRange({ utc, onChoose }: { utc: boolean; onChoose: (range: TimeRange) => void }) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault()
        const parsed = parseRange(text, Date.now(), utc)
        if (parsed) onChoose(parsed)
        else setWrong(true)
      }}
    >
      <input
        aria-label="Time range as text"
        aria-invalid={wrong}
        aria-describedby="time-hint"
        placeholder="-30m"
        value={text}
        autoFocus
        onChange={(e) => {
          setText(e.target.value)
          setWrong(false)
        }}
      />
      <p id="time-hint" className={wrong ? css.wrong : css.hint}>
        {wrong ? 'Not understood. ' : ''}-30m, or 2026-11-21 09:00 to 10:00
      </p>
    </form>
  )
}
