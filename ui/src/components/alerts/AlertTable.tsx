import { Link } from 'wouter'
import type { AlertHistory, AlertList } from '../../api/alerts'
import { formatAgo } from '../../model/duration'
import { useNow } from '../../state/clock'
import css from './alerts.module.css'

const glyphs = { firing: '✕', pending: '◔', 'no data': '?', ok: '✓' }

/** AlertTable lists series, the firing ones first; a row leads to its rule. */
export function AlertTable({ alerts }: { alerts: AlertList['alerts'] }) {
  const now = useNow(5000)
  return (
    <div className={css.scroller} tabIndex={0} role="group" aria-label="Alerts">
      <table className={css.table}>
        <thead>
          <tr>
            {['Rule', 'State', 'Series', 'Since', 'Value', 'Why'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {alerts.map((a) => (
            <tr key={`${a.rule} ${a.group.join(' ')}`}>
              <th scope="row">
                <Link href={`/alerts/${encodeURIComponent(a.rule)}`}>{a.rule}</Link>
              </th>
              <td className={a.status === 'firing' ? css.bad : undefined}>
                {glyphs[a.status]} {a.status}
                {a.silenced ? ', silenced' : ''}
              </td>
              <td>{a.group.join(', ') || 'all'}</td>
              <td title={a.since}>{a.since ? formatAgo(a.since, now) : ''}</td>
              <td>{a.shown ?? ''}</td>
              <td className={css.why}>{a.why ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** AlertChanges lists what happened to the series of a rule. */
export function AlertChanges({ changes }: { changes: AlertHistory['changes'] }) {
  const now = useNow(5000)
  return (
    <ol className={css.changes} aria-label="What happened">
      {changes.map((c) => (
        <li key={`${c.at} ${c.rule} ${c.group.join(' ')} ${c.to}`}>
          <time dateTime={c.at} title={c.at}>
            {formatAgo(c.at, now)}
          </time>{' '}
          <b>
            {glyphs[c.to]} {c.to}
          </b>{' '}
          {c.group.join(', ') || c.rule}: {c.why}
          {c.early ? ' (before the window was over)' : ''}
        </li>
      ))}
    </ol>
  )
}
