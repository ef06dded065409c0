import { useEffect, useMemo, useRef, useState } from 'react'
import { overview, type Window } from '../../model/axis'
import type { SpanTable } from '../../model/spantable'
import { onTheme } from '../../state/theme'
import { useWidth } from '../../state/width'
import css from './waterfall.module.css'

interface Props {
  table: SpanTable
  rows: number
  window: Window
  onWindow: (w: Window | null) => void
}

/** Overview draws all of a large transaction in 48 px: how much ran when, and where it failed. Dragging zooms. */
export function Overview({ table, rows, window: shown, onWindow }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = Math.max(1, useWidth(box))
  const strip = useMemo(() => overview(table, width), [table, rows, width])
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)

  useEffect(() => {
    const draw = () => {
      const c = canvas.current?.getContext('2d')
      if (!c || !canvas.current) return
      const style = getComputedStyle(canvas.current)
      const height = 48
      canvas.current.width = width
      canvas.current.height = height
      c.fillStyle = style.getPropertyValue('--wait')
      for (let x = 0; x < width; x++) {
        const share = strip.most > 0 ? Math.log1p(strip.busy[x]) / Math.log1p(strip.most) : 0
        const h = Math.round(share * (height - 12))
        c.fillRect(x, height - h, 1, h)
      }
      c.fillStyle = style.getPropertyValue('--error')
      for (let x = 0; x < width; x++) if (strip.failed[x]) c.fillRect(x - 1, 2, 3, 5)
    }
    draw()
    return onTheme(draw)
  }, [strip, width])

  const end = Math.max(table.end, 1)
  const at = (e: React.PointerEvent) => {
    const rect = box.current!.getBoundingClientRect()
    return Math.min(1, Math.max(0, (e.clientX - rect.left) / rect.width))
  }
  const finish = () => {
    if (drag && Math.abs(drag.to - drag.from) * width > 4) {
      onWindow({ from: Math.min(drag.from, drag.to) * end, to: Math.max(drag.from, drag.to) * end })
    }
    setDrag(null)
  }
  const from = drag ? Math.min(drag.from, drag.to) : shown.from / end
  const to = drag ? Math.max(drag.from, drag.to) : shown.to / end
  const zoomed = drag !== null || from > 0.001 || to < 0.999
  return (
    <div
      ref={box}
      className={css.strip}
      role="img"
      aria-label={`Overview of ${table.n} spans. Zoom with plus and minus, pan with a and d.`}
      data-testid="overview"
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId)
        setDrag({ from: at(e), to: at(e) })
      }}
      onPointerMove={(e) => drag && setDrag({ from: drag.from, to: at(e) })}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(null)}
      onDoubleClick={() => onWindow(null)}
    >
      <canvas ref={canvas} />
      {zoomed && <div className={css.shown} style={{ left: `${from * 100}%`, width: `${Math.max(0, to - from) * 100}%` }} />}
    </div>
  )
}
