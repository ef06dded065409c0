import { Link } from 'wouter'
import type { FunctionRow } from '../../api/functions'
import { formatCount } from '../../model/duration'
import { formatShare, formatUSD } from '../../model/money'
import type { TimeRange } from '../../model/timerange'
import { writeList } from '../../state/url'
import { Glyph, kindName } from '../Glyph'
import css from './functions.module.css'

interface Part {
  key: string
  name: string
  usd: number
  tone: string
  /** leads to the transactions that have most of it */
  href?: string
  kind?: string
}

/** partsOf divides the cost of a function; the parts add up to the whole. */
export function partsOf(f: FunctionRow, range: TimeRange): Part[] {
  const waits: Part[] = f.idle.map((i) => ({
    key: `wait ${i.kind} ${i.name}`,
    name: `waiting for ${i.name}`,
    usd: i.usd,
    tone: css.waiting,
    kind: i.kind,
    href: `/tx${writeList({ ...range, q: `function:${quoted(f.name)} ${quoted(i.name)}` })}`,
  }))
  const parts: Part[] = [
    { key: 'computing', name: 'computing', usd: f.cost.computing, tone: css.computing },
    ...waits,
    { key: 'init', name: 'cold starts', usd: f.cost.init, tone: css.init },
    { key: 'requests', name: 'requests', usd: f.cost.requests, tone: css.requests },
  ]
  return parts.filter((p) => p.usd > 0)
}

function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`
}

/** mostWaited is where the largest wait of a function leads, or "". */
export function mostWaited(f: FunctionRow, range: TimeRange): string {
  return partsOf(f, range)
    .filter((p) => p.href)
    .sort((a, b) => b.usd - a.usd)[0]?.href ?? ''
}

/** CostBar is where the money goes: one bar, and its parts in words. */
export function CostBar({ f, range }: { f: FunctionRow; range: TimeRange }) {
  const parts = partsOf(f, range)
  const whole = parts.reduce((sum, p) => sum + p.usd, 0)
  return (
    <section className={css.section} aria-labelledby="cost">
      <h2 id="cost">
        Cost <b className={css.money}>{formatUSD(f.usd)}</b>
        <small>
          {formatUSD(f.cost.usd_per_day)} a day · {formatUSD(f.cost.usd_per_million)} a million invocations
        </small>
      </h2>
      {f.cost.unknown > 0 && (
        <p className={css.note}>
          {formatCount(f.cost.unknown)} of {formatCount(f.invocations)} invocations have no price: nobody told how much memory they have.
        </p>
      )}
      {whole > 0 && (
        <>
          <div className={css.bar} aria-hidden="true">
            {parts.map((p) => (
              <i key={p.key} className={p.tone} style={{ flexGrow: p.usd / whole }} title={`${p.name} ${formatShare(p.usd, whole)}`} />
            ))}
          </div>
          <ul className={css.parts}>
            {parts.map((p) => (
              <li key={p.key}>
                <i className={p.tone} aria-hidden="true" />
                {p.kind && <Glyph name={p.kind} size={13} label={kindName(p.kind)} />}
                {p.href ? <Link href={p.href}>{p.name}</Link> : p.name} <b>{formatShare(p.usd, whole)}</b> <span className={css.money}>{formatUSD(p.usd)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
