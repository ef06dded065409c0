import { Link } from 'wouter'
import type { Invocation } from '../../api/functions'
import { formatDuration, formatInstant } from '../../model/duration'
import { formatShare, formatUSD } from '../../model/money'
import { Glyph } from '../Glyph'
import { isBad, outcomeWord } from '../outcome'
import css from './functions.module.css'
import { formatMemory } from './FunctionTable'

/** Invocations lists runs of a function; a row opens the transaction with this run selected. */
export function Invocations({ rows, utc }: { rows: Invocation[]; utc: boolean }) {
  return (
    <div className={css.wide} tabIndex={0} role="group" aria-label="Newest invocations">
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Outcome</th>
            <th scope="col">Trigger</th>
            <th scope="col">Duration</th>
            <th scope="col">Billed</th>
            <th scope="col">Waiting</th>
            <th scope="col">Cold</th>
            <th scope="col">Memory</th>
            <th scope="col">$ a million</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={`${r.at} ${r.request} ${r.span}`}>
              <th scope="row">{r.trace ? <Link href={`/tx/${r.trace}?span=${r.span}`}>{formatInstant(r.at, { utc, date: true, millis: true })}</Link> : formatInstant(r.at, { utc, date: true, millis: true })}</th>
              <td className={isBad(r.outcome) ? css.bad : undefined} title={r.error}>
                {r.outcome !== 'ok' && <Glyph name={r.outcome} size={13} label={outcomeWord(r.outcome)} />} {isBad(r.outcome) ? r.error || outcomeWord(r.outcome) : r.outcome}
              </td>
              <td>{r.trigger}</td>
              <td>{formatDuration(r.duration_ns)}</td>
              <td>{r.billed_ns > 0 ? formatDuration(r.billed_ns) : ''}</td>
              <td>{r.idle_ns > 0 ? formatShare(r.idle_ns, r.duration_ns) : ''}</td>
              <td className={css.cold}>{r.init === 'warm' ? '' : `${r.init}${r.init_ns > 0 ? ` ${formatDuration(r.init_ns)}` : ''}`}</td>
              <td>{r.memory_used > 0 ? formatMemory(r.memory_used) : ''}</td>
              <td className={css.money}>{r.usd > 0 ? formatUSD(r.usd * 1e6) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
