import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import type { SpanDetail } from '../../api/schema'
import { formatCount, formatDuration, formatInstant } from '../../model/duration'
import { prefs } from '../../state/prefs'
import { useStore } from '../../state/store'
import { CopyButton } from '../parts/CopyButton'
import css from './panel.module.css'

/** LogsPane shows the lines of one span, oldest first. */
export function LogsPane({ detail }: { detail: SpanDetail }) {
  const { utc } = useStore(prefs)
  const [text, setText] = useState('')
  const lines = useMemo(() => {
    const want = text.toLowerCase()
    return want ? detail.logs.filter((l) => l.body.toLowerCase().includes(want) || l.level === want) : detail.logs
  }, [detail, text])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => 44, overscan: 10 })
  if (detail.logs.length === 0) return <p className={css.none}>No log line carries this span's id.</p>
  return (
    <div className={css.logs}>
      <div className={css.tools}>
        <input aria-label="Search the lines" placeholder="Search" value={text} onChange={(e) => setText(e.target.value)} />
        <span>
          {formatCount(lines.length)} of {formatCount(detail.logs.length + detail.logs_cut)}
        </span>
        <CopyButton text={lines.map((l) => `${l.time} ${l.level} ${l.body}`).join('\n')} what="lines" />
      </div>
      <div ref={scroller} className={css.logScroller} tabIndex={0} role="log" aria-live="off" aria-label="Log lines">
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index]
            return (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} className={`${css.log} ${css[`level-${line.level}`] ?? ''}`} style={{ transform: `translateY(${item.start}px)` }}>
                <p className={css.logHead}>
                  <b>{line.level === 'unset' ? 'log' : line.level}</b>
                  <time dateTime={line.time} title={line.time}>
                    {formatInstant(line.time, { utc, millis: true })}
                  </time>
                  <span>{line.offset_ns < 0 ? `${formatDuration(-line.offset_ns)} before` : `+${formatDuration(line.offset_ns)}`}</span>
                </p>
                <pre>{line.body}</pre>
              </div>
            )
          })}
        </div>
      </div>
      {detail.logs_cut > 0 && <p className={css.none}>{formatCount(detail.logs_cut)} further lines are not shown.</p>}
    </div>
  )
}
