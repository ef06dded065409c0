import { memo, useEffect, useMemo, useRef, useState } from 'react'
import type { Edge, Node, Transaction } from '../../api/schema'
import type { ServiceColor } from '../../model/colors'
import { formatDuration } from '../../model/duration'
import { foldSiblings } from '../../model/foldgraph'
import type { Layout } from '../../model/layout'
import type { Marks } from '../../model/marks'
import { perMillion } from '../../model/money'
import type { Path } from '../../state/url'
import { useWidth } from '../../state/width'
import { Glyph, kindName } from '../Glyph'
import { isBad, outcomeWord } from '../outcome'
import { type DrawnEdge, EdgeLabels, EdgeLines, roomOf } from './Edges'
import { GraphList } from './GraphList'
import { type Placed, stackedBelow, useLayout } from './useLayout'
import css from './graph.module.css'

const margin = 16

interface Props {
  tx: Transaction
  colors: ServiceColor[]
  marks: Marks
  path: Path
  /** node of the selected span; -1 if none */
  selected: number
  onSelect: (node: number) => void
}

/** Graph shows the resources of a transaction and the hops between them, left to right. */
export const Graph = memo(function Graph({ tx, colors, marks, path, selected, onSelect }: Props) {
  const [asList, setAsList] = useState(false)
  const folded = useMemo(() => foldSiblings(tx.nodes, tx.edges), [tx])
  const edges = useMemo(() => joinEdges(tx.edges, folded.shownBy, marks), [tx, folded, marks])
  const box = useRef<HTMLElement>(null)
  const placed = useLayout(folded.members.length, edges, useWidth(box) - 2 * margin)
  const shown = selected >= 0 ? folded.shownBy[selected] : -1
  return (
    <section ref={box} className={css.graph} aria-label="Graph" data-testid="graph">
      <button type="button" className={css.asList} aria-pressed={asList} onClick={() => setAsList(!asList)}>
        {asList ? 'As graph' : 'As list'}
      </button>
      {asList && <GraphList tx={tx} selected={selected} onSelect={onSelect} />}
      {!asList && placed && (
        <Picture tx={tx} members={folded.members} edges={edges} placed={placed} colors={colors} marks={marks} path={path} shown={shown} onSelect={(i) => onSelect(folded.members[i][0])} />
      )}
    </section>
  )
})

function joinEdges(edges: Edge[], shownBy: number[], marks: Marks): DrawnEdge[] {
  const joined = new Map<string, Omit<DrawnEdge, 'room' | 'tightRoom'>>()
  edges.forEach((e, i) => {
    const from = shownBy[e.from]
    const to = shownBy[e.to]
    const key = `${from} ${to} ${e.async}`
    const same = joined.get(key)
    const onPath = marks.pathEdges.has(i)
    const critical = marks.criticalEdges.has(i)
    if (!same) joined.set(key, { ...e, from, to, onPath, critical })
    else {
      same.onPath ||= onPath
      same.critical ||= critical
      same.calls += e.calls
      same.errors += e.errors
      same.total_ns += e.total_ns
      same.wait_ns += e.wait_ns
      same.retries += e.retries
      if (e.attempts > same.attempts) {
        same.attempts = e.attempts
        same.last_wait_ns = e.last_wait_ns
      }
    }
  })
  return [...joined.values()].map((e) => ({ ...e, room: roomOf(e, false), tightRoom: roomOf(e, true) }))
}

interface PictureProps {
  tx: Transaction
  members: number[][]
  edges: DrawnEdge[]
  placed: Placed
  colors: ServiceColor[]
  marks: Marks
  path: Path
  shown: number
  onSelect: (shownNode: number) => void
}

function Picture({ tx, members, edges, placed, colors, marks, path, shown, onSelect }: PictureProps) {
  const { layout, boxes } = placed
  const tight = boxes.nodeWidth < stackedBelow
  const causeNode = tx.cause?.nodes[0] ?? -1
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    box.current?.querySelector(`[data-node="${shown}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [shown])
  const focusNode = (i: number | undefined) => {
    if (i !== undefined) box.current?.querySelector<HTMLElement>(`[data-node="${i}"]`)?.focus()
  }
  const onKeyDown = (e: React.KeyboardEvent) => {
    const at = Number((e.target as HTMLElement).dataset.node ?? -1)
    if (at < 0 || !e.key.startsWith('Arrow')) return
    e.preventDefault()
    focusNode(neighbour(e.key, at, edges, layout))
  }
  return (
    <div ref={box} className={css.scroller} role="group" aria-label={`${tx.nodes.length} resources. Arrow keys follow the hops.`} onKeyDown={onKeyDown}>
      <div className={css.picture} style={{ width: layout.width + 2 * margin, height: layout.height + 2 * margin }}>
        <div className={css.origin} style={{ transform: `translate(${margin}px, ${margin}px)` }}>
          <EdgeLines edges={edges} layout={layout} shown={shown} path={path} tight={tight} />
          {members.map((nodes, i) => (
            <NodeBox
              key={i}
              index={i}
              node={tx.nodes[nodes[0]]}
              count={nodes.length}
              color={colors[tx.nodes[nodes[0]].service]}
              boxes={boxes}
              way={path === 'off' ? '' : nodes.some((n) => marks.pathNodes.has(n)) ? (nodes.includes(causeNode) ? 'cause' : 'path') : path === 'cause' ? 'apart' : ''}
              x={layout.nodes[i].x}
              y={layout.nodes[i].y}
              selected={i === shown}
              stop={i === (shown >= 0 ? shown : 0)}
              onSelect={() => onSelect(i)}
            />
          ))}
          <EdgeLabels edges={edges} layout={layout} shown={shown} path={path} tight={tight} />
        </div>
      </div>
    </div>
  )
}

// neighbour finds where an arrow key leads: along a hop, or up and down within a layer.
function neighbour(key: string, at: number, edges: DrawnEdge[], layout: Layout): number | undefined {
  const byRow = (a: number, b: number) => Math.abs(layout.nodes[a].y - layout.nodes[at].y) - Math.abs(layout.nodes[b].y - layout.nodes[at].y)
  if (key === 'ArrowRight') return edges.filter((e) => e.from === at).map((e) => e.to).sort(byRow)[0]
  if (key === 'ArrowLeft') return edges.filter((e) => e.to === at).map((e) => e.from).sort(byRow)[0]
  const way = key === 'ArrowDown' ? 1 : -1
  const here = layout.nodes[at]
  return layout.nodes
    .map((p, i) => ({ i, d: (p.y - here.y) * way, same: p.x === here.x }))
    .filter((p) => p.same && p.d > 0)
    .sort((a, b) => a.d - b.d)[0]?.i
}

interface NodeProps {
  index: number
  node: Node
  count: number
  color: ServiceColor | undefined
  boxes: { nodeWidth: number; nodeHeight: number }
  /** where the node stands on the way from the cause: its begin, on it, or apart while the rest steps back */
  way: 'cause' | 'path' | 'apart' | ''
  x: number
  y: number
  selected: boolean
  stop: boolean
  onSelect: () => void
}

const NodeBox = memo(function NodeBox({ index, node, count, color, boxes, way, x, y, selected, stop, onSelect }: NodeProps) {
  const bad = isBad(node.outcome)
  const stacked = boxes.nodeWidth < stackedBelow
  const state = bad ? outcomeWord(node.outcome) : node.cold ? 'cold start' : ''
  const onWay = way === 'cause' ? 'root cause' : way === 'path' ? 'on root-cause path' : ''
  const said = [kindName(node.kind), state, node.error, onWay, node.instrumented ? '' : 'seen only from its callers'].filter(Boolean).join(', ')
  return (
    <button
      type="button"
      data-node={index}
      className={`${css.node} ${node.kind === 'function' ? css.function : css.capsule} ${bad ? css.bad : ''} ${node.instrumented ? '' : css.outside} ${way ? css[way] : ''} ${stacked ? css.stacked : ''}`}
      style={{ transform: `translate(${x}px, ${y}px)`, width: boxes.nodeWidth, height: boxes.nodeHeight }}
      aria-pressed={selected}
      title={node.error ? `${node.name}: ${node.error}` : node.name}
      tabIndex={stop ? 0 : -1}
      onClick={onSelect}
    >
      {way === 'cause' && <Glyph name="cause" size={12} className={css.causeGlyph} />}
      <span className={`${css.kind} ${color ? css[`svc${color.slot}`] : ''}`}>
        <Glyph name={node.kind} />
      </span>
      <span className={css.words}>
        <b>{node.name}</b>
        <span className="sr-only">, {said},</span>
        <small>
          {count > 1 && <em>×{count} </em>}
          {bad && <Glyph name={node.outcome} size={11} className={css.badGlyph} />}
          {!bad && node.cold && <Glyph name="cold" size={11} className={css.coldGlyph} />}
          {stacked ? formatDuration(node.duration_ns) : state || kindName(node.kind)}
        </small>
        {!stacked && (
          <small>
            {formatDuration(node.duration_ns)}
            {boxes.nodeWidth > 144 && node.usd != null && node.usd > 0 && ` · ${perMillion(node.usd)}`}
          </small>
        )}
      </span>
    </button>
  )
})
