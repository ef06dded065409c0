import { memo } from 'react'
import type { Edge } from '../../api/schema'
import { formatCount, formatDuration, waitedWords } from '../../model/duration'
import type { Layout, Point } from '../../model/layout'
import type { Path } from '../../state/url'
import { Glyph } from '../Glyph'
import css from './graph.module.css'

export type DrawnEdge = Edge & { room: number; tightRoom: number; onPath: boolean; critical: boolean }

interface Props {
  edges: DrawnEdge[]
  layout: Layout
  path: Path
  /** labels are short, because the boxes stand close together */
  tight: boolean
  /** the selected node: in a dense graph only its hops stand out */
  shown: number
}

const denseAbove = 24 // hops

function stepsBack(e: DrawnEdge, { edges, shown, path }: Props): boolean {
  if (path === 'cause') return !e.onPath
  return edges.length > denseAbove && e.from !== shown && e.to !== shown
}

/** EdgeLines draws the hops: solid calls, dashed messages. */
export const EdgeLines = memo(function EdgeLines(props: Props) {
  const { edges, layout, path } = props
  return (
    <svg className={css.lines} width={layout.width} height={layout.height} aria-hidden="true">
      {edges.map((e, i) => {
        const points = layout.edges[i]
        const end = points[points.length - 1]
        const tip = layout.back[i] ? 6 : -6
        const onPath = e.onPath && path !== 'off'
        const style = [css.edge, e.async ? css.async : '', layout.back[i] ? css.back : '', e.errors > 0 ? css.badEdge : '', onPath ? css.pathEdge : '', stepsBack(e, props) ? css.faint : ''].join(' ')
        return (
          <g key={i} className={style}>
            {path === 'critical' && e.critical && <path d={curve(points)} className={css.criticalEdge} />}
            <path d={curve(points)} strokeWidth={onPath ? 3 : Math.min(3, 1.5 + Math.log10(Math.max(e.calls, 1)) / 2)} />
            <polygon points={`${end.x},${end.y} ${end.x + tip},${end.y - 4} ${end.x + tip},${end.y + 4}`} />
          </g>
        )
      })}
    </svg>
  )
})

// Between layers the line bends; within one it runs straight.
function curve(points: Point[]): string {
  let d = `M${points[0].x},${points[0].y}`
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]
    const b = points[i]
    const middle = (a.x + b.x) / 2
    d += a.y === b.y ? `L${b.x},${b.y}` : `C${middle},${a.y} ${middle},${b.y} ${b.x},${b.y}`
  }
  return d
}

/** EdgeLabels writes how often and how long, where there is something to say. */
export const EdgeLabels = memo(function EdgeLabels(props: Props) {
  const { edges, layout } = props
  return edges.map((e, i) => {
    const label = labelOf(e, props.tight)
    if (!label || stepsBack(e, props)) return null
    const [a, b] = layout.edges[i]
    return (
      <span key={i} title={labelOf(e, false)} className={`${css.label} ${e.async ? css.waitLabel : ''}`} style={{ transform: `translate(${(a.x + b.x) / 2}px, ${(a.y + b.y) / 2}px) translate(-50%, -50%)` }}>
        {e.async && (e.wait_ns > 0 || e.retries > 0) && <Glyph name="wait" size={11} />}
        {label}
      </span>
    )
  })
})

function labelOf(e: Edge, tight: boolean): string {
  const parts: string[] = []
  const messages = e.calls - e.retries
  if (e.async && (e.wait_ns > 0 || e.retries > 0)) parts.push(tight ? shortWait(e) : waitedWords(e))
  if (messages > 1) parts.push(`×${formatCount(messages)}${tight || e.async || e.total_ns === 0 ? '' : ` ${formatDuration(e.total_ns)}`}`)
  return parts.join(' ')
}

// Beside the hourglass the mean wait says enough, and the number of attempts.
function shortWait(e: Edge): string {
  const wait = e.wait_ns > 0 ? formatDuration(e.wait_ns / Math.max(1, e.calls - e.retries)) : ''
  return e.retries > 0 ? `${wait} try ${e.attempts}`.trim() : wait
}

/** roomOf is the gap an edge's label asks for. */
export function roomOf(e: Edge, tight: boolean): number {
  const label = labelOf(e, tight)
  return label === '' ? 0 : label.length * 5.7 + (e.async ? 42 : 22)
}
