import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef, useState } from 'react'
import type { LogRow } from '../../api/logs'
import { formatCount, formatInstant } from '../../model/duration'
import parts from '../parts/parts.module.css'
import css from './logs.module.css'

interface Props {
  rows: LogRow[]
  utc: boolean
  cursor: number
  onCursor: (line: number) => void
  onEnd?: () => void
  /** newest at the bottom, in sight unless the reader scrolled up */
  follow?: boolean
  /** lines that came since following began */
  came?: number
}

const rowHeight = 24

/** LogLines draws the lines on screen, one text line each; the rest is scroll height. */
export function LogLines({ rows, utc, cursor, onCursor, onEnd, follow, came = 0 }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const [held, setHeld] = useState<{ rows: LogRow[]; came: number } | null>(null)
  const shown = held?.rows ?? rows
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12 })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  useEffect(() => {
    if (!follow && last >= shown.length - 30) onEnd?.()
  }, [follow, last, shown.length, onEnd])
  useEffect(() => {
    if (!follow || held) return
    const box = scroller.current
    if (box) box.scrollTop = box.scrollHeight
  }, [follow, held, rows])
  useEffect(() => setHeld(null), [follow])
  useEffect(() => {
    if (cursor >= 0 && cursor < shown.length) virtual.scrollToIndex(cursor)
  }, [cursor, shown.length, virtual])
  const onScroll = (e: React.UIEvent<HTMLDivElement>) => {
    if (!follow) return
    const { scrollTop, scrollHeight, clientHeight } = e.currentTarget
    const atEnd = scrollHeight - scrollTop - clientHeight < rowHeight
    if (atEnd && held) setHeld(null)
    if (!atEnd && !held) setHeld({ rows, came })
  }
  return (
    <>
      <div className={css.scroller} ref={scroller} onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-label="Log lines" data-testid="lines">
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => (
            <div key={item.key} className={css.place} style={{ transform: `translateY(${item.start}px)` }}>
              <Line row={shown[item.index]} line={item.index} current={item.index === cursor} utc={utc} onCursor={onCursor} />
            </div>
          ))}
        </div>
      </div>
      {held && (
        <button type="button" className={`${parts.button} ${css.news}`} onClick={() => setHeld(null)}>
          {formatCount(came - held.came)} new ↓
        </button>
      )}
    </>
  )
}

const Line = memo(function Line({ row, line, current, utc, onCursor }: { row: LogRow; line: number; current: boolean; utc: boolean; onCursor: (line: number) => void }) {
  return (
    <button type="button" tabIndex={-1} className={`${css.line} ${current ? css.current : ''} ${row.platform ? css.platform : ''}`} onClick={() => onCursor(line)} aria-current={current || undefined}>
      <time dateTime={row.time}>{formatInstant(row.time, { utc, date: true, millis: true })}</time>
      <b className={css[row.level]}>{row.level === 'unset' ? '' : row.level}</b>
      <span className={css.service}>{row.service}</span>
      <code>{row.body.trim()}</code>
    </button>
  )
})
