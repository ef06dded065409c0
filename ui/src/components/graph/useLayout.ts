import { useEffect, useMemo, useState } from 'react'
import { type GraphEdge, type Layout, layoutGraph, type LayoutOptions } from '../../model/layout'

const roomy: LayoutOptions = { nodeWidth: 148, nodeHeight: 56, gapX: 52, gapY: 14 }
const compact: LayoutOptions = { nodeWidth: 122, nodeHeight: 56, gapX: 28, gapY: 14 }

const onMainThread = 60 // larger graphs are laid out in a worker

export interface Placed {
  layout: Layout
  boxes: LayoutOptions
}

/** useLayout places the nodes, closer together when that makes them fit the width; null while a large graph is being laid out. */
export function useLayout(count: number, edges: GraphEdge[], width: number): Placed | null {
  const roomyLayout = useMemo(() => (count <= onMainThread ? layoutGraph(count, edges, roomy) : null), [count, edges])
  const tight = roomyLayout !== null && roomyLayout.width > width
  const small = useMemo(
    () => (roomyLayout && tight ? { layout: layoutGraph(count, edges, compact), boxes: compact } : roomyLayout && { layout: roomyLayout, boxes: roomy }),
    [roomyLayout, tight, count, edges],
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
