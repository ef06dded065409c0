import { useMemo, useState } from 'react'
import { Link } from 'wouter'
import type { ServiceList } from '../../api/schema'
import { serviceQuery } from '../../model/complete'
import { formatAgo, formatCount, formatDuration } from '../../model/duration'
import type { TimeRange } from '../../model/timerange'
import { useNow } from '../../state/clock'
import { writeList } from '../../state/url'
import { Glyph, kindName } from '../Glyph'
import css from './services.module.css'

type Service = ServiceList['services'][number]

const columns: { title: string; key: keyof Service }[] = [
  { title: 'Name', key: 'name' },
  { title: 'Kind', key: 'kind' },
  { title: 'Spans', key: 'spans' },
  { title: 'Errors', key: 'errors' },
  { title: 'Mean', key: 'mean_ns' },
  { title: 'Max', key: 'max_ns' },
  { title: 'Operations', key: 'operations' },
  { title: 'Last seen', key: 'newest' },
]

/** ServiceTable lists services; a head sorts, a row leads to the service's transactions. */
export function ServiceTable({ services, range }: { services: Service[]; range: TimeRange }) {
  const now = useNow(5000)
  const [sort, setSort] = useState<{ key: keyof Service; down: boolean }>({ key: 'errors', down: true })
  const sorted = useMemo(() => [...services].sort((a, b) => compare(a, b, sort.key) * (sort.down ? -1 : 1) || a.name.localeCompare(b.name)), [services, sort])
  return (
    <div className={css.scroller} tabIndex={0} role="group" aria-label="Services">
      <table className={css.table}>
        <thead>
          <tr>
            {columns.map(({ title, key }) => (
              <th key={key} scope="col" aria-sort={sort.key === key ? (sort.down ? 'descending' : 'ascending') : undefined}>
                <button type="button" onClick={() => setSort({ key, down: sort.key === key ? !sort.down : key !== 'name' && key !== 'kind' })}>
                  {title}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((s) => (
            <tr key={s.name}>
              <th scope="row">
                <Link href={`/tx${writeList({ ...range, q: serviceQuery(s.name) })}`}>{s.name}</Link>
              </th>
              <td>
                <Glyph name={s.kind} size={14} /> {kindName(s.kind)}
              </td>
              <td>{formatCount(s.spans)}</td>
              <td className={s.errors > 0 ? css.bad : css.none}>{s.errors > 0 ? `${formatCount(s.errors)} (${share(s)})` : '0'}</td>
              <td>{formatDuration(s.mean_ns)}</td>
              <td>{formatDuration(s.max_ns)}</td>
              <td>{formatCount(s.operations)}</td>
              <td title={s.newest}>{formatAgo(s.newest, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function compare(a: Service, b: Service, key: keyof Service): number {
  const x = a[key]
  const y = b[key]
  return typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y))
}

function share(s: Service): string {
  const percent = (s.errors / Math.max(s.spans, 1)) * 100
  return percent < 0.1 ? '<0.1%' : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`
}
