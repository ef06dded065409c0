import { ChevronDown, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { Cause, Transaction } from '../../api/schema'
import { confidenceWord } from '../outcome'
import { Glyph } from '../Glyph'
import { Words } from '../parts/Words'
import parts from '../parts/parts.module.css'
import css from './band.module.css'

interface Props {
  tx: Transaction
  /** the way from the cause stands out and the rest steps back */
  focused: boolean
  onFocus: () => void
  onRow: (row: number) => void
}

/** CauseBand says in words where the failure began, and what speaks for it. */
export function CauseBand({ tx, focused, onFocus, onRow }: Props) {
  const [open, setOpen] = useState(false)
  const { cause } = tx
  // What the headline is about needs no second line.
  const silent = tx.silent.filter((s) => s.row !== cause?.row && !cause?.headline.startsWith(s.text))
  if (!cause && silent.length === 0) return null
  return (
    <section className={css.band} aria-label="Root cause" data-testid="band">
      {cause && (
        <>
          <p className={css.line}>
            <Glyph name="cause" size={16} className={css.mark} />
            <span className={css.words}>
              <button type="button" className={css.headline} onClick={() => onRow(cause.row)} title="Go to the cause (p)">
                <Words text={cause.headline} /> <span className={css.far}>{hopsWord(cause)}</span>
              </button>
            </span>
            <span className={css.confidence} title="How sure the rules are">
              {confidenceWord(cause.confidence)}
            </span>
            <button type="button" className={css.quiet} aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />} Why?
            </button>
            <button type="button" className={parts.button} aria-pressed={focused} onClick={onFocus} title="Let the rest step back (Shift+P)">
              Show path
            </button>
          </p>
          {open && <Evidence cause={cause} onRow={onRow} />}
        </>
      )}
      {silent.map((s) => (
        <p key={`${s.row} ${s.kind} ${s.text}`} className={css.silent}>
          <Glyph name="silent" size={14} />
          <button type="button" className={css.headline} onClick={() => onRow(s.row)}>
            <Words text={s.text} />
          </button>
        </p>
      ))}
    </section>
  )
}

function hopsWord(cause: Cause): string {
  if (cause.hops === 0 || /hops? (later|earlier)/.test(cause.headline)) return ''
  return cause.hops === 1 ? '(1 hop later)' : `(${cause.hops} hops later)`
}

function Evidence({ cause, onRow }: { cause: Cause; onRow: (row: number) => void }) {
  return (
    <div className={css.why}>
      <ul aria-label="Evidence">
        {cause.evidence.map((e, i) => (
          <li key={i}>
            <button type="button" onClick={() => onRow(e.row)}>
              <Words text={e.text} />
            </button>
          </li>
        ))}
      </ul>
      {cause.others.length > 0 && (
        <>
          <p>Less likely</p>
          <ul aria-label="Other causes">
            {cause.others.map((o, i) => (
              <li key={i}>
                <button type="button" onClick={() => onRow(o.row)}>
                  <Words text={o.text} />
                </button>{' '}
                <small>{confidenceWord(o.confidence)}</small>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
