import { Link } from 'wouter'
import { useDiffer } from '../../api/hooks'
import { attributeQuery } from '../../model/complete'
import { formatCount } from '../../model/duration'
import type { Box } from '../../model/heat'
import { formatShare } from '../../model/money'
import type { TimeRange } from '../../model/timerange'
import { writeTxList } from '../../state/url'
import { ErrorNote, Skeleton } from '../parts/Notes'
import css from './heat.module.css'

/** Differences ranks what the transactions of a box have and the others have not. */
export function Differences({ q, range, box }: { q: string; range: TimeRange; box: Box }) {
  const query = useDiffer(q, range, box)
  const found = query.data
  return (
    <section className={css.differ} aria-label="What differs" data-testid="differ">
      <h2>What differs</h2>
      {query.isPending && <Skeleton rows={4} label="Comparing" />}
      {query.isError && <ErrorNote what="The box could not be compared." error={query.error} onRetry={() => void query.refetch()} />}
      {found && found.attributes.length === 0 && <p>{found.inside === 0 ? 'No transaction begins in the box.' : found.outside === 0 ? 'There is nothing outside to compare with.' : 'Nothing that was sent sets them apart.'}</p>}
      {found && found.attributes.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">
                {formatCount(found.inside)} inside, {formatCount(found.outside)} outside
              </th>
              <th scope="col">Inside</th>
              <th scope="col">Outside</th>
            </tr>
          </thead>
          <tbody>
            {found.attributes.map((a) => (
              <tr key={a.key}>
                <th scope="row" title={`${a.key}: ${a.value}`}>
                  <Link href={`/tx${writeTxList({ q: `${q} ${attributeQuery(a.key, a.value)}`.trim(), ...range })}`}>
                    <span>{a.key}</span> {a.value}
                  </Link>
                </th>
                <Share part={a.inside} whole={found.inside} inside />
                <Share part={a.outside} whole={found.outside} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found?.sampled && <p>{found.sampled}</p>}
    </section>
  )
}

function Share({ part, whole, inside }: { part: number; whole: number; inside?: boolean }) {
  return (
    <td>
      <i className={css.meter}>
        <i className={inside ? css.inside : undefined} style={{ width: `${(100 * part) / Math.max(whole, 1)}%` }} />
      </i>
      {formatShare(part, whole)}
    </td>
  )
}
