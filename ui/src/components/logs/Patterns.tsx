import type { LogPatterns } from '../../api/logs'
import { formatCount, formatInstant } from '../../model/duration'
import { formatShare } from '../../model/money'
import { Spark } from '../parts/Spark'
import css from './logs.module.css'

/** Patterns lists the kinds of line; a row shows the lines of its kind. */
export function Patterns({ data, utc, onPattern }: { data: LogPatterns; utc: boolean; onPattern: (q: string) => void }) {
  return (
    <div className={css.scroller} tabIndex={0} role="group" aria-label="Kinds of line">
      <table className={css.patterns}>
        <thead>
          <tr>
            <th scope="col">Kind of line</th>
            <th scope="col">Lines</th>
            <th scope="col">Share</th>
            <th scope="col">Trend</th>
            <th scope="col">First</th>
            <th scope="col">Who</th>
          </tr>
        </thead>
        <tbody>
          {data.patterns.map((p) => (
            <tr key={p.template}>
              <th scope="row">
                <button type="button" onClick={() => onPattern(wordsOf(p.template))} title={p.sample}>
                  <code className={p.errors > 0 ? css.error : undefined}>{p.template}</code>
                </button>
              </th>
              <td>{formatCount(p.lines)}</td>
              <td>{formatShare(p.lines, data.lines)}</td>
              <td>
                <Spark values={p.spark} bad={[]} label={`${formatCount(p.lines)} lines over the range`} />
              </td>
              <td>{formatInstant(p.first, { utc, date: true })}</td>
              <td>{p.services.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** wordsOf is a query for the lines of a template: its longest runs of words, as phrases. */
export function wordsOf(template: string): string {
  const runs = template
    .split('…')
    .map((run) => run.replace(/["\\{}[\]<>|]+/g, ' ').replace(/\s+/g, ' ').trim())
    .filter((run) => /[\p{L}\p{N}]/u.test(run))
  return runs
    .sort((a, b) => b.length - a.length)
    .slice(0, 3)
    .map((run) => `"${run}"`)
    .join(' ')
}
