import { Link } from 'wouter'
import { functionPath, useFunctions } from '../../api/functions'
import { formatShare, formatUSD } from '../../model/money'
import { writeList } from '../../state/url'
import { ErrorNote, Skeleton } from '../parts/Notes'
import css from './overview.module.css'

const day = { from: 'now-24h', to: 'now' }
const most = 8

/** Dearest lists the functions that cost most, each divided into computing and waiting. */
export function Dearest() {
  const query = useFunctions(day)
  const rows = (query.data?.functions ?? [])
    .filter((f) => f.usd > 0)
    .sort((a, b) => b.usd - a.usd)
    .slice(0, most)
  const top = rows[0]?.usd ?? 1
  return (
    <section className={css.block} aria-label="Functions by cost">
      <h2>
        <Link href={`/functions${writeList(day)}&sort=cost`}>Functions by cost</Link> <small>a day; waiting is striped</small>
      </h2>
      {query.isPending && <Skeleton rows={4} label="Loading functions" />}
      {query.isError && <ErrorNote what="The functions could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && rows.length === 0 && <p className={css.quiet}>No function with a known price ran today.</p>}
      <ul>
        {rows.map((f) => (
          <li key={functionPath(f)} className={css.function}>
            <Link href={`/${functionPath(f)}${writeList(day)}`}>{f.name}</Link>
            <i className={css.bar} title={`${formatShare(f.cost.waiting, f.usd)} of it waiting`}>
              <i style={{ width: `${(100 * (f.usd - f.cost.waiting)) / top}%` }} />
              <i className={css.waiting} style={{ width: `${(100 * f.cost.waiting) / top}%` }} />
            </i>
            <span className={css.money}>{formatUSD(f.cost.usd_per_day)}</span>
            <span className={css.share}>{f.cost.waiting > 0 ? `${formatShare(f.cost.waiting, f.usd)} waiting` : ''}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
