import { useEffect, useMemo, useState } from 'react'
import { type GraphEdge, type Layout, layoutGraph, type LayoutOptions } from '../../model/layout'

const roomy: LayoutOptions = { nodeWidth: 148, nodeHeight: 64, gapX: 52, gapY: 14 }
const closest = { gapX: 22, nodeWidth: 84 }

/** Boxes narrower than this stand their glyph above their name. */
export const stackedBelow = 120

const onMainThread = 60 // larger graphs are laid out in a worker

export interface Placed {
  layout: Layout
  boxes: LayoutOptions
}

interface Edge extends GraphEdge {
  tightRoom: number
}

// fit narrows gaps and boxes just as far as the width asks for, and shortens the
// labels when that is not enough; below the narrowest the picture scrolls, because
// its text does not shrink.
function fit(count: number, edges: Edge[], width: number): Placed {
  const whole = narrowed(count, edges, width)
  if (whole.boxes.nodeWidth >= stackedBelow) return whole
  return narrowed(count, edges.map((e) => ({ ...e, room: e.tightRoom })), width)
}

function narrowed(count: number, edges: GraphEdge[], width: number): Placed {
  const tried = layoutGraph(count, edges, { ...roomy, gapX: closest.gapX })
  const layers = new Set(tried.nodes.map((p) => p.x)).size
  const gaps = tried.width - layers * roomy.nodeWidth
  const nodeWidth = Math.max(closest.nodeWidth, Math.min(roomy.nodeWidth, Math.floor((width - gaps) / layers)))
  const boxes = { ...roomy, gapX: closest.gapX, nodeWidth, nodeHeight: nodeWidth < stackedBelow ? 56 : roomy.nodeHeight }
  return { layout: layoutGraph(count, edges, boxes), boxes }
}

/** useLayout places the nodes, closer together when that makes them fit the width; null while a large graph is being laid out. */
export function useLayout(count: number, edges: Edge[], width: number): Placed | null {
  const plain = useMemo(() => (count <= onMainThread ? layoutGraph(count, edges, roomy) : null), [count, edges])
  const small = useMemo(
    () => plain && (plain.width <= width ? { layout: plain, boxes: roomy } : fit(count, edges, width)),
    [plain, count, edges, width],
  )
  const [large, setLarge] = useState<{ of: GraphEdge[]; layout: Layout } | null>(null)
  useEffect(() => {
    if (count <= onMainThread) return
    const worker = new Worker(new URL('../../model/layout.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = (e: MessageEvent<Layout>) => setLarge({ of: edges, layout: e.data })
    worker.postMessage([count, edges, roomy])
    return () => worker.terminate()
  }, [count, edges])
  return small ?? (large?.of === edges ? { layout: large.layout, boxes: roomy } : null)
}
