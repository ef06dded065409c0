import { useRef, useState } from 'react'
import css from './functions.module.css'

export interface Series {
  name: string
  values: number[]
  tone: 'plain' | 'bad' | 'cold' | 'faint'
}

interface Props {
  title: string
  /** drawn as bars on top of each other, or as lines */
  stack?: boolean
  series: Series[]
  /** what the middle of the picture cannot exceed, such as the size of memory */
  limit?: number
  format: (n: number) => string
  at: string[]
  cursor: number
  onCursor: (step: number) => void
  onSelect: (from: number, to: number) => void
}

const height = 56

/** MiniChart draws one metric over time. The cursor is shared by all charts of a page; dragging selects a time. */
export function MiniChart({ title, stack, series, limit, format, at, cursor, onCursor, onSelect }: Props) {
  const box = useRef<SVGSVGElement>(null)
  const [from, setFrom] = useState(-1)
  const n = at.length
  const sums = at.map((_, i) => (stack ? series.reduce((sum, s) => sum + s.values[i], 0) : Math.max(0, ...series.map((s) => s.values[i]))))
  const top = Math.max(limit ?? 0, ...sums) || 1
  const y = (value: number) => height - (value / top) * (height - 2)
  const stepOf = (e: React.PointerEvent) => {
    const r = box.current!.getBoundingClientRect()
    return Math.min(n - 1, Math.max(0, Math.floor(((e.clientX - r.left) / r.width) * n)))
  }
  const shown = cursor >= 0 && cursor < n ? cursor : -1
  const say = (i: number) => series.map((s) => `${s.name} ${format(s.values[i])}`).join(', ')
  return (
    <figure className={css.chart}>
      <figcaption>
        <b>{title}</b>
        <span>{shown >= 0 ? say(shown) : `up to ${format(Math.max(0, ...sums))}`}</span>
      </figcaption>
      <svg
        ref={box}
        viewBox={`0 0 ${n} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${series.map((s) => `${s.name} up to ${format(Math.max(0, ...s.values))}`).join(', ')}`}
        onPointerMove={(e) => onCursor(stepOf(e))}
        onPointerLeave={() => onCursor(-1)}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId)
          setFrom(stepOf(e))
        }}
        onPointerUp={(e) => {
          const to = stepOf(e)
          if (from >= 0 && from !== to) onSelect(Math.min(from, to), Math.max(from, to))
          setFrom(-1)
        }}
      >
        {from >= 0 && shown >= 0 && <rect className={css.selected} x={Math.min(from, shown)} width={Math.abs(from - shown) + 1} y={0} height={height} />}
        {limit !== undefined && limit > 0 && <line className={css.limit} x1={0} x2={n} y1={y(limit)} y2={y(limit)} />}
        {stack ? <Bars series={series} y={y} n={n} /> : series.map((s) => <polyline key={s.name} className={css[s.tone]} points={s.values.map((value, i) => `${i + 0.5},${y(value)}`).join(' ')} />)}
        {shown >= 0 && <line className={css.cursor} x1={shown + 0.5} x2={shown + 0.5} y1={0} y2={height} />}
      </svg>
    </figure>
  )
}

function Bars({ series, y, n }: { series: Series[]; y: (value: number) => number; n: number }) {
  const foot = new Array<number>(n).fill(0)
  return series.map((s) => (
    <g key={s.name} className={css[s.tone]}>
      {s.values.map((value, i) => {
        if (value === 0) return null
        const from = foot[i]
        foot[i] += value
        return <rect key={i} x={i + 0.08} width={0.84} y={y(foot[i])} height={Math.max(1, y(from) - y(foot[i]))} />
      })}
    </g>
  ))
}
