import { Link } from 'wouter'
import { useIssues } from '../../api/hooks'
import { formatAgo, formatCount } from '../../model/duration'
import { issueRange } from '../../state/url'
import { Glyph } from '../Glyph'
import { causeLine, issueGlyph, issueKind } from '../issues/words'
import { ErrorNote, Skeleton } from '../parts/Notes'
import { Spark } from '../parts/Spark'
import { Words } from '../parts/Words'
import css from './overview.module.css'

const most = 7

/** Broken lists the issues that ask for attention, the newest first. */
export function Broken({ now }: { now: number }) {
  const query = useIssues('', issueRange, 'active', '', 10_000)
  const rows = query.data?.pages[0].issues ?? []
  return (
    <section className={css.block} aria-label="Broken now">
      <h2>
        <Link href="/issues">Broken now</Link>
      </h2>
      {query.isPending && <Skeleton rows={4} label="Loading issues" />}
      {query.isError && <ErrorNote what="The issues could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && rows.length === 0 && <LastResolved now={now} />}
      <ul>
        {rows.slice(0, most).map((row) => (
          <li key={row.id} className={css.issue}>
            <Glyph name={issueGlyph(row.type)} size={14} label={issueKind(row.type)} className={css.bad} />
            <span className={css.words}>
              <Link href={`/issues/${row.id}`}>{row.title}</Link>
              {row.cause && (
                <small>
                  Root cause: <Words text={causeLine(row.cause)} />
                </small>
              )}
            </span>
            <Spark values={row.spark} bad={[]} label={`${formatCount(row.count)} in a day`} />
            <span className={css.number}>{formatCount(row.count)}</span>
            <span className={css.ago}>{formatAgo(row.last, now)}</span>
          </li>
        ))}
      </ul>
      {rows.length > most && (
        <p>
          <Link href="/issues">All {formatCount(rows.length)}{query.hasNextPage ? ' and more' : ''}</Link>
        </p>
      )}
    </section>
  )
}

// When nothing is broken, what was is worth a line.
function LastResolved({ now }: { now: number }) {
  const rows = useIssues('', { from: 'now-7d', to: 'now' }, 'resolved', '').data?.pages[0].issues ?? []
  return (
    <>
      <p className={css.quiet}>Nothing is.</p>
      <ul>
        {rows.slice(0, 3).map((row) => (
          <li key={row.id} className={css.issue}>
            <span className={css.words}>
              <Link href={`/issues/${row.id}`}>{row.title}</Link>
              <small>resolved, last seen {formatAgo(row.last, now)}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
