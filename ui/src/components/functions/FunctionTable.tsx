import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { Link } from 'wouter'
import { functionPath, type FunctionRow } from '../../api/functions'
import { formatBytes, formatCount, formatDuration } from '../../model/duration'
import { formatShare, formatUSD } from '../../model/money'
import type { TimeRange } from '../../model/timerange'
import { writeList } from '../../state/url'
import css from './functions.module.css'
import { Spark } from '../parts/Spark'

interface Column {
  key: string
  title: string
  says?: string
  /** what a row is sorted by, largest first */
  by: (f: FunctionRow) => number
}

export const columns: Column[] = [
  { key: 'name', title: 'Name', by: () => 0 },
  { key: 'trouble', title: 'Trend', says: 'Sorts by errors times invocations', by: (f) => f.errors * f.invocations },
  { key: 'invocations', title: 'Invocations', by: (f) => f.invocations },
  { key: 'errors', title: 'Errors', by: (f) => f.errors / Math.max(1, f.invocations) },
  { key: 'killed', title: 'Timeout, OOM', says: 'Timed out, or killed for want of memory', by: (f) => f.timeouts + f.oom },
  { key: 'cold', title: 'Cold', by: (f) => f.cold / Math.max(1, f.invocations) },
  { key: 'p95', title: 'p95', by: (f) => f.p95_ns },
  { key: 'waiting', title: 'Waiting', says: 'Share of the billed time spent waiting for others', by: (f) => f.idle_ns / Math.max(1, f.total_ns) },
  { key: 'cost', title: '$/day', by: (f) => f.cost.usd_per_day },
]

/** sortFunctions orders rows by a column, largest first; by name where they are equal. */
export function sortFunctions(rows: FunctionRow[], sort: string): FunctionRow[] {
  const by = (columns.find((c) => c.key === sort) ?? columns[1]).by
  return [...rows].sort((a, b) => by(b) - by(a) || a.name.localeCompare(b.name))
}

interface Props {
  rows: FunctionRow[]
  sort: string
  range: TimeRange
  cursor: string
  onSort: (key: string) => void
}

const rowHeight = 44

/** FunctionTable draws the rows on screen; a head sorts, a row opens the function. */
export function FunctionTable({ rows, sort, range, cursor, onSort }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 8 })
  return (
    <div className={css.scroller} ref={scroller} tabIndex={0} role="group" aria-label="Functions">
      <div role="table" aria-label="Functions" aria-rowcount={rows.length + 1}>
        <div role="rowgroup" className={css.head}>
          <div role="row" className={css.row} aria-rowindex={1}>
            {columns.map((c) => (
              <span key={c.key} role="columnheader" aria-sort={sort === c.key ? (c.key === 'name' ? 'ascending' : 'descending') : undefined}>
                <button type="button" title={c.says} onClick={() => onSort(c.key)}>
                  {c.title}
                </button>
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const f = rows[item.index]
            const path = functionPath(f)
            return (
              <div key={path} role="row" aria-rowindex={item.index + 2} data-path={path} className={`${css.row} ${css.line} ${path === cursor ? css.current : ''}`} style={{ transform: `translateY(${item.start}px)` }}>
                <span role="cell" className={css.name} title={[f.account, f.region].filter(Boolean).join(' · ')}>
                  <Link href={`/${path}${writeList(range)}`}>{f.name}</Link>
                  <small>{[f.region, f.memory_size > 0 && formatMemory(f.memory_size)].filter(Boolean).join(' · ')}</small>
                </span>
                <span role="cell">
                  <Spark values={f.spark} bad={f.errors_spark} label={`${formatCount(f.invocations)} invocations, ${formatCount(f.errors)} failed`} />
                </span>
                <span role="cell">{formatCount(f.invocations)}</span>
                <span role="cell" className={f.errors > 0 ? css.bad : css.none}>
                  {formatShare(f.errors, f.invocations)}
                </span>
                <span role="cell" className={f.timeouts + f.oom > 0 ? css.bad : css.none}>
                  {formatCount(f.timeouts + f.oom)}
                </span>
                <span role="cell" className={f.cold > 0 ? css.cold : css.none}>
                  {formatShare(f.cold, f.invocations)}
                </span>
                <span role="cell">{formatDuration(f.p95_ns)}</span>
                <span role="cell">{formatShare(f.idle_ns, f.total_ns)}</span>
                <span role="cell" className={css.money}>
                  {f.cost.unknown === f.invocations ? <abbr title="Nobody told its memory size">–</abbr> : formatUSD(f.cost.usd_per_day)}
                </span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

/** formatMemory writes bytes as Lambda does: in units of 1,048,576 called MB. */
export function formatMemory(bytes: number): string {
  return bytes % (1 << 20) === 0 ? `${bytes / (1 << 20)} MB` : formatBytes(bytes)
}
