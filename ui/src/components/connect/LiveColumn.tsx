import { useRef, useState } from 'react'
import { Link } from 'wouter'
import { useNewest } from '../../api/hooks'
import type { Status } from '../../api/schema'
import { formatAgo, formatBytes, formatCount, formatInstant } from '../../model/duration'
import { useNow } from '../../state/clock'
import { prefs } from '../../state/prefs'
import { useStore } from '../../state/store'
import css from './connect.module.css'

/** LiveColumn shows what has arrived and what was refused, as it happens. */
export function LiveColumn({ status }: { status: Status }) {
  const now = useNow(1000)
  const { utc } = useStore(prefs)
  const [wasEmpty] = useState(status.spans === 0)
  const newest = useNewest('', { from: 'now-1h', to: 'now' }, status.spans > 0).data?.transactions[0]
  return (
    <div className={css.live}>
      <h2>Arriving here</h2>
      <ul>
        <Arrival one="span" many="spans" count={status.spans} now={now} />
        <Arrival one="log line" many="log lines" count={status.logs} now={now} />
        <Arrival one="metric point" many="metric points" count={status.points} now={now} />
      </ul>
      {status.newest && <p className={css.dim}>Newest {formatAgo(status.newest, now)}</p>}
      {status.disk_bytes > 0 && <p className={css.dim}>{formatBytes(status.disk_bytes)} on disk</p>}
      {status.spans > 0 && (
        <Link href={newest ? `/tx/${newest.id}` : '/tx'} className={css.openFirst}>
          {!newest ? 'Open your transactions' : wasEmpty ? 'Open your first transaction' : 'Open the newest transaction'}
        </Link>
      )}
      <h2>Refused</h2>
      {status.refused.length === 0 && <p className={css.dim}>No request was refused.</p>}
      <ul className={css.refused}>
        {status.refused.slice(0, 5).map((r, i) => (
          <li key={`${r.time} ${i}`}>
            <b>{r.status}</b> {r.protocol}
            <span>{r.reason}</span>
            <time dateTime={r.time} title={formatInstant(r.time, { utc, date: true, millis: true })}>
              {formatAgo(r.time, now)}
            </time>
          </li>
        ))}
      </ul>
    </div>
  )
}

// The first of a kind is timed from when this page saw it.
function Arrival({ one, many, count, now }: { one: string; many: string; count: number; now: number }) {
  const seen = useRef({ waiting: count === 0, firstAt: 0 })
  if (seen.current.waiting && count > 0) seen.current = { waiting: false, firstAt: now }
  const { firstAt } = seen.current
  const here = count > 0
  return (
    <li className={here ? css.here : css.waiting}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <circle cx="8" cy="8" r="5" />
      </svg>
      {!here && `waiting for ${many}`}
      {here && `${formatCount(count)} ${count === 1 ? one : many}`}
      {here && firstAt > 0 && <em>first {formatAgo(new Date(firstAt).toISOString(), now)}</em>}
    </li>
  )
}
