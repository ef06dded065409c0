import { expect, test } from 'vitest'
import { type GraphEdge, layoutGraph } from './layout'

const options = { nodeWidth: 148, nodeHeight: 56, gapX: 52, gapY: 14 }

function randomDag(nodes: number, seed: number): GraphEdge[] {
  let s = seed
  const next = () => ((s = (s * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff)
  const edges: GraphEdge[] = []
  for (let to = 1; to < nodes; to++) {
    edges.push({ from: Math.floor(next() * to), to })
    if (next() < 0.2) edges.push({ from: Math.floor(next() * to), to })
  }
  return edges
}

function overlaps(nodes: { x: number; y: number }[]): number {
  let count = 0
  for (let a = 0; a < nodes.length; a++) {
    for (let b = a + 1; b < nodes.length; b++) {
      if (Math.abs(nodes[a].x - nodes[b].x) < options.nodeWidth && Math.abs(nodes[a].y - nodes[b].y) < options.nodeHeight) count++
    }
  }
  return count
}

test.each([12, 60, 400])('%i nodes: no boxes overlap, all inside, edges run left to right', (count) => {
  for (const seed of [1, 2, 3]) {
    const edges = randomDag(count, seed)
    const l = layoutGraph(count, edges, options)
    expect(overlaps(l.nodes)).toBe(0)
    for (const n of l.nodes) {
      expect(n.x).toBeGreaterThanOrEqual(0)
      expect(n.y).toBeGreaterThanOrEqual(0)
      expect(n.x + options.nodeWidth).toBeLessThanOrEqual(l.width)
      expect(n.y + options.nodeHeight).toBeLessThanOrEqual(l.height + 1)
    }
    for (const points of l.edges) expect(points[0].x).toBeLessThan(points.at(-1)!.x)
  }
})

test('a chain is level', () => {
  const l = layoutGraph(3, [{ from: 0, to: 1 }, { from: 1, to: 2 }], options)
  expect(new Set(l.nodes.map((n) => n.y)).size).toBe(1)
  expect(l.nodes.map((n) => n.x)).toEqual([0, 200, 400])
})

test('a label opens its gap', () => {
  const l = layoutGraph(2, [{ from: 0, to: 1, room: 120 }], options)
  expect(l.nodes[1].x).toBe(268)
})

test('cycles and loops are drawn as returns', () => {
  const l = layoutGraph(3, [{ from: 0, to: 1 }, { from: 1, to: 2 }, { from: 2, to: 0 }, { from: 1, to: 1 }], options)
  expect(l.back).toEqual([false, false, true, true])
  expect(l.nodes.map((n) => n.x)).toEqual([0, 200, 400])
})

test('nothing and one', () => {
  expect(layoutGraph(0, [], options).nodes).toEqual([])
  expect(layoutGraph(1, [], options)).toMatchObject({ nodes: [{ x: 0, y: 0 }], width: 148, height: 56 })
})

test('a crossing that can be avoided is', () => {
  const l = layoutGraph(5, [{ from: 0, to: 1 }, { from: 0, to: 2 }, { from: 1, to: 4 }, { from: 2, to: 3 }], options)
  expect(l.nodes[1].y < l.nodes[2].y).toBe(l.nodes[4].y < l.nodes[3].y)
})

test.each([
  [12, 5],
  [60, 30],
  [400, 200],
])('%i nodes are laid out within reach of %i ms', (count, goal) => {
  const edges = randomDag(count, 7)
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now()
    layoutGraph(count, edges, options)
    return performance.now() - started
  }).sort((a, b) => a - b)
  console.log(`layout of ${count} nodes: ${times[2].toFixed(1)} ms (goal ${goal})`)
  expect(times[2]).toBeLessThan(goal * 4)
})
