import { useState } from 'react'
import type { FunctionDetail } from '../../api/functions'
import { formatCount, formatDuration, formatInstant } from '../../model/duration'
import { formatShare, formatUSD } from '../../model/money'
import { absolute, type TimeRange } from '../../model/timerange'
import parts from '../parts/parts.module.css'
import css from './functions.module.css'
import { formatMemory } from './FunctionTable'
import { MiniChart, type Series } from './MiniChart'

const percent = (share: number) => formatShare(share, 1)
const decimal = (n: number) => (n < 10 ? n.toFixed(1).replace(/\.0$/, '') : formatCount(Math.round(n)))

/** chartsOf says what is drawn of a function. */
function chartsOf(f: FunctionDetail): { title: string; stack?: boolean; limit?: number; series: Series[]; format: (n: number) => string }[] {
  const of = (name: string, tone: Series['tone'], value: (p: FunctionDetail['points'][number]) => number): Series => ({ name, tone, values: f.points.map(value) })
  return [
    { title: 'Invocations', stack: true, format: formatCount, series: [of('failed', 'bad', (p) => p.errors), of('fine', 'plain', (p) => p.invocations - p.errors)] },
    { title: 'Duration', format: formatDuration, series: [of('max', 'faint', (p) => p.max_ns), of('p95', 'bad', (p) => p.p95_ns), of('mean', 'plain', (p) => p.mean_ns)] },
    { title: 'Availability lost', format: percent, series: [of('failed', 'bad', (p) => p.errors / Math.max(1, p.invocations))] },
    { title: 'Timeouts, OOM, throttles', stack: true, format: formatCount, series: [of('timeouts', 'bad', (p) => p.timeouts), of('out of memory', 'plain', (p) => p.oom + p.crashes), of('throttled', 'faint', (p) => p.throttled)] },
    { title: 'Cold starts', stack: true, format: formatCount, series: [of('cold', 'cold', (p) => p.cold)] },
    { title: 'Running at once', format: decimal, series: [of('on average', 'plain', (p) => p.concurrency)] },
    { title: 'Memory used', format: formatMemory, limit: f.memory_size || undefined, series: [of('at most', 'plain', (p) => p.memory_max)] },
    { title: 'Cost', stack: true, format: formatUSD, series: [of('of the step', 'plain', (p) => p.usd)] },
  ]
}

/** Charts is the strip of small pictures; they share one cursor, and one table says the same in figures. */
export function Charts({ f, utc, onSelect }: { f: FunctionDetail; utc: boolean; onSelect: (range: TimeRange) => void }) {
  const [cursor, setCursor] = useState(-1)
  const [asTable, setAsTable] = useState(false)
  const charts = chartsOf(f)
  const at = f.points.map((p) => p.at)
  const select = (from: number, to: number) => onSelect(absolute({ from: Date.parse(at[from]), to: Date.parse(at[to]) + f.step_ns / 1e6 }))
  return (
    <section className={css.section} aria-label="Over time">
      <p className={css.note}>
        {cursor >= 0 && cursor < at.length ? formatInstant(at[cursor], { utc, date: true }) : `Each step is ${formatDuration(f.step_ns)}; drag to look closer`}
        <button type="button" className={parts.button} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          As table
        </button>
      </p>
      {asTable ? (
        <div className={css.wide} tabIndex={0} role="group" aria-label="Over time, as a table">
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">From</th>
                {charts.flatMap((c) => c.series.map((s) => <th key={`${c.title} ${s.name}`} scope="col">{`${c.title}: ${s.name}`}</th>))}
              </tr>
            </thead>
            <tbody>
              {at.map((time, i) => (
                <tr key={time}>
                  <th scope="row">{formatInstant(time, { utc, date: true })}</th>
                  {charts.flatMap((c) => c.series.map((s) => <td key={`${c.title} ${s.name}`}>{c.format(s.values[i])}</td>))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div className={css.charts}>
          {charts.map((c) => (
            <MiniChart key={c.title} {...c} at={at} cursor={cursor} onCursor={setCursor} onSelect={select} />
          ))}
        </div>
      )}
    </section>
  )
}
