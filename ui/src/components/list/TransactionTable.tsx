import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown } from 'lucide-react'
import { memo, type RefObject, useEffect, useRef } from 'react'
import { Link } from 'wouter'
import type { TransactionRow } from '../../api/schema'
import { formatDuration, formatInstant } from '../../model/duration'
import { perMillion } from '../../model/money'
import type { TxSort } from '../../state/url'
import { Glyph, kindName } from '../Glyph'
import { outcomeWord } from '../outcome'
import css from './list.module.css'

interface Props {
  rows: TransactionRow[]
  cursor: number
  utc: boolean
  sort: TxSort
  onSort: (sort: TxSort) => void
  scroller: RefObject<HTMLDivElement | null>
  onCursor: (line: number) => void
  onEnd: () => void
  onTop: (atTop: boolean) => void
}

const rowHeight = 34

/** TransactionTable draws the rows on screen; the rest is scroll height. */
export function TransactionTable({ rows, cursor, utc, sort, onSort, scroller, onCursor, onEnd, onTop }: Props) {
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 8 })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  useEffect(() => {
    if (last >= rows.length - 20) onEnd()
  }, [last, rows.length, onEnd])
  useEffect(() => {
    if (cursor >= 0) virtual.scrollToIndex(cursor)
  }, [cursor, virtual])
  const body = useRef<HTMLDivElement>(null)
  return (
    <div className={css.scroller} ref={scroller} onScroll={(e) => onTop(e.currentTarget.scrollTop < 4)} data-testid="list">
      <div role="table" aria-label="Transactions" aria-rowcount={rows.length + 1} className={css.table}>
        <div role="rowgroup" className={css.head}>
          <div role="row" className={css.row} aria-rowindex={1}>
            <span role="columnheader">Time</span>
            <span role="columnheader">Entry</span>
            <span role="columnheader">Outcome</span>
            <span role="columnheader">Way</span>
            <span role="columnheader">To user</span>
            <SortHead name="Total" sort="slow" now={sort} onSort={onSort} />
            <SortHead name="Queue wait" sort="waited" now={sort} onSort={onSort} />
            <span role="columnheader">Cold</span>
            <SortHead name="Cost" sort="dear" now={sort} onSort={onSort} />
          </div>
        </div>
        <div role="rowgroup" ref={body} className={css.body} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => (
            <div key={rows[item.index].id} className={css.place} style={{ transform: `translateY(${item.start}px)` }} role="presentation">
              <TransactionLine row={rows[item.index]} line={item.index} current={item.index === cursor} utc={utc} onCursor={onCursor} />
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}

// A chosen order is let go by choosing it again: newest first.
function SortHead({ name, sort, now, onSort }: { name: string; sort: TxSort; now: TxSort; onSort: (sort: TxSort) => void }) {
  const on = sort === now
  return (
    <span role="columnheader" aria-sort={on ? 'descending' : undefined}>
      <button type="button" className={css.sort} onClick={() => onSort(on ? '' : sort)} title={on ? 'Newest first' : `Sort by ${name.toLowerCase()}`}>
        {name}
        {on && <ArrowDown size={12} aria-hidden />}
      </button>
    </span>
  )
}

interface LineProps {
  row: TransactionRow
  line: number
  current: boolean
  utc: boolean
  onCursor: (line: number) => void
}

const TransactionLine = memo(function TransactionLine({ row, line, current, utc, onCursor }: LineProps) {
  const failed = row.outcome !== 'ok' && row.outcome !== 'running'
  return (
    <div role="row" aria-rowindex={line + 2} className={`${css.row} ${css.line} ${current ? css.current : ''}`} onPointerDown={() => onCursor(line)} data-id={row.id}>
      <span role="cell" className={css.time} title={row.start}>
        {formatInstant(row.start, { utc, date: true, millis: true })}
      </span>
      <span role="cell" className={css.entry}>
        <Link href={`/tx/${row.id}`} className={css.open}>
          <b>{row.entry.operation}</b>
        </Link>{' '}
        {row.entry.service}
      </span>
      <span role="cell" className={failed ? css.failed : css.fine}>
        {row.outcome !== 'ok' && <Glyph name={row.outcome} size={14} label={outcomeWord(row.outcome)} />}
        {failed ? <span title={row.error}>{row.error || outcomeWord(row.outcome)}</span> : row.outcome}
      </span>
      <span role="cell" className={css.hops}>
        <Hops hops={row.hops} />
      </span>
      <span role="cell">{formatDuration(row.to_user_ns)}</span>
      <span role="cell">{formatDuration(row.duration_ns)}</span>
      <span role="cell" className={css.dim}>{row.queue_wait_ns > 0 ? formatDuration(row.queue_wait_ns) : ''}</span>
      <span role="cell" className={css.cold}>
        {row.cold_starts > 0 && (
          <>
            <Glyph name="cold" size={13} label="cold starts" /> {row.cold_to_user_ns > 0 ? formatDuration(row.cold_to_user_ns) : row.cold_starts}
          </>
        )}
      </span>
      <span role="cell" className={css.cost} title="Dollars per million runs like this">
        {row.usd == null ? '' : perMillion(row.usd)}
      </span>
    </div>
  )
})

const mostHops = 7

function Hops({ hops }: { hops: TransactionRow['hops'] }) {
  const shown = hops.length > mostHops ? hops.slice(0, mostHops - 1) : hops
  const words = hops.map((h) => `${h.async ? 'message to ' : ''}${h.name}${h.failed ? ', failed' : ''}`).join('; ')
  return (
    <span className={css.chain} title={hops.map((h) => `${h.name} (${kindName(h.kind)}${h.failed ? ', failed' : ''})`).join(' → ')}>
      <span className="sr-only">{words}</span>
      {shown.map((h, i) => (
        <span key={i} className={css.hop} aria-hidden="true">
          {i > 0 && <i className={h.async ? css.async : css.sync} />}
          <span className={h.failed ? css.badHop : undefined}>
            <Glyph name={h.kind} size={15} />
          </span>
        </span>
      ))}
      {shown.length < hops.length && <em aria-hidden="true">+{hops.length - shown.length}</em>}
    </span>
  )
}
