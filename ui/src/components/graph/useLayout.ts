import { useEffect, useMemo, useState } from 'react'
import { type GraphEdge, type Layout, layoutGraph } from '../../model/layout'

export const boxes = { nodeWidth: 156, nodeHeight: 56, gapX: 112, gapY: 14 }

const onMainThread = 60 // larger graphs are laid out in a worker

/** useLayout places the nodes; null while a large graph is being laid out. */
export function useLayout(count: number, edges: GraphEdge[]): Layout | null {
  const small = useMemo(() => (count <= onMainThread ? layoutGraph(count, edges, boxes) : null), [count, edges])
  const [large, setLarge] = useState<{ of: GraphEdge[]; layout: Layout } | null>(null)
  useEffect(() => {
    if (count <= onMainThread) return
    const worker = new Worker(new URL('../../model/layout.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = (e: MessageEvent<Layout>) => setLarge({ of: edges, layout: e.data })
    worker.postMessage([count, edges, boxes])
    return () => worker.terminate()
  }, [count, edges])
  return small ?? (large?.of === edges ? large.layout : null)
}
