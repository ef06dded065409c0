// Layered layout of a transaction's graph, left to right: break cycles, longest
// path layers, barycentre ordering, then rows by isotonic regression so that
// boxes never overlap and edges stay as level as they can.

export interface GraphEdge {
  from: number
  to: number
  /** px its label needs in the gap after from */
  room?: number
}

export interface LayoutOptions {
  nodeWidth: number
  nodeHeight: number
  /** least room between layers */
  gapX: number
  gapY: number
}

export interface Point {
  x: number
  y: number
}

export interface Layout {
  /** upper left corner of each node's box */
  nodes: Point[]
  /** for each edge the points it runs through, from box to box */
  edges: Point[][]
  /** edges that run against the reading direction */
  back: boolean[]
  width: number
  height: number
}

const passHeight = 16 // room an edge takes where it passes a layer
const sweeps = 10

/** A slot is a node, or the place where a long edge passes a layer. */
interface Slots {
  layer: number[]
  height: number[]
  before: number[][]
  after: number[][]
  /** per edge: its slots from source to target */
  paths: number[][]
}

export function layoutGraph(count: number, edges: GraphEdge[], o: LayoutOptions): Layout {
  const back = findBackEdges(count, edges)
  const slots = makeSlots(count, edges, back, longestPath(count, edges, back), o.nodeHeight)
  const layers = orderLayers(slots)
  const center = placeRows(slots, layers, o.gapY)
  return draw(count, edges, back, slots, center, o)
}

function findBackEdges(count: number, edges: GraphEdge[]): boolean[] {
  const out: number[][] = Array.from({ length: count }, () => [])
  edges.forEach((e, i) => out[e.from].push(i))
  const back = new Array<boolean>(edges.length).fill(false)
  const state = new Uint8Array(count) // 0 new, 1 on the stack, 2 done
  for (let root = 0; root < count; root++) {
    if (state[root]) continue
    const stack: { node: number; next: number }[] = [{ node: root, next: 0 }]
    state[root] = 1
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      const i = out[top.node][top.next++]
      if (i === undefined) {
        state[top.node] = 2
        stack.pop()
        continue
      }
      const to = edges[i].to
      if (state[to] === 1) back[i] = true
      else if (state[to] === 0) {
        state[to] = 1
        stack.push({ node: to, next: 0 })
      }
    }
  }
  return back
}

function longestPath(count: number, edges: GraphEdge[], back: boolean[]): number[] {
  const forward = edges.map((e, i) => (back[i] ? { from: e.to, to: e.from } : e)).filter((e) => e.from !== e.to)
  const waiting = new Int32Array(count)
  const out: number[][] = Array.from({ length: count }, () => [])
  for (const e of forward) {
    waiting[e.to]++
    out[e.from].push(e.to)
  }
  const layer = new Array<number>(count).fill(0)
  const ready: number[] = []
  for (let v = 0; v < count; v++) if (waiting[v] === 0) ready.push(v)
  for (let i = 0; i < ready.length; i++) {
    for (const to of out[ready[i]]) {
      layer[to] = Math.max(layer[to], layer[ready[i]] + 1)
      if (--waiting[to] === 0) ready.push(to)
    }
  }
  return layer
}

function makeSlots(count: number, edges: GraphEdge[], back: boolean[], layer: number[], nodeHeight: number): Slots {
  const s: Slots = {
    layer: [...layer],
    height: new Array<number>(count).fill(nodeHeight),
    before: Array.from({ length: count }, () => []),
    after: Array.from({ length: count }, () => []),
    paths: [],
  }
  edges.forEach((e, i) => {
    const [a, b] = back[i] ? [e.to, e.from] : [e.from, e.to]
    const path = [a]
    for (let l = layer[a] + 1; l < layer[b]; l++) {
      path.push(s.layer.length)
      s.layer.push(l)
      s.height.push(passHeight)
      s.before.push([])
      s.after.push([])
    }
    path.push(b)
    if (a !== b) {
      for (let k = 1; k < path.length; k++) {
        s.after[path[k - 1]].push(path[k])
        s.before[path[k]].push(path[k - 1])
      }
    }
    s.paths.push(back[i] ? path.reverse() : path)
  })
  return s
}

function orderLayers(s: Slots): number[][] {
  const layers: number[][] = []
  s.layer.forEach((l, slot) => (layers[l] ??= []).push(slot))
  const place = new Float64Array(s.layer.length)
  const number = (order: number[][]) => order.forEach((slots) => slots.forEach((slot, i) => (place[slot] = i)))
  number(layers)
  let best = layers.map((slots) => [...slots])
  let fewest = crossings(s, layers, place)
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const down = sweep % 2 === 0
    const neighbours = down ? s.before : s.after
    const order = down ? layers : [...layers].reverse()
    for (const slots of order) {
      const weight = new Map(slots.map((slot) => [slot, mean(neighbours[slot], place) ?? place[slot]]))
      slots.sort((a, b) => weight.get(a)! - weight.get(b)! || place[a] - place[b])
      slots.forEach((slot, i) => (place[slot] = i))
    }
    const found = crossings(s, layers, place)
    if (found < fewest) {
      fewest = found
      best = layers.map((slots) => [...slots])
    }
  }
  number(best)
  return best
}

function mean(slots: number[], place: Float64Array): number | undefined {
  if (slots.length === 0) return undefined
  let sum = 0
  for (const slot of slots) sum += place[slot]
  return sum / slots.length
}

// crossings counts, layer by layer, the inversions among edges sorted by their
// left end, with a Fenwick tree over the right ends.
function crossings(s: Slots, layers: number[][], place: Float64Array): number {
  let sum = 0
  for (let l = 0; l + 1 < layers.length; l++) {
    const width = layers[l + 1].length
    const tree = new Int32Array(width + 1)
    let seen = 0
    for (const slot of layers[l]) {
      const ends = s.after[slot].map((to) => place[to])
      for (const end of ends) {
        let notAbove = 0
        for (let i = end + 1; i > 0; i -= i & -i) notAbove += tree[i]
        sum += seen - notAbove
      }
      for (const end of ends) for (let i = end + 1; i <= width; i += i & -i) tree[i]++
      seen += ends.length
    }
  }
  return sum
}

function placeRows(s: Slots, layers: number[][], gapY: number): Float64Array {
  const center = new Float64Array(s.layer.length)
  for (const slots of layers) {
    let y = 0
    for (const slot of slots) {
      center[slot] = y + s.height[slot] / 2
      y += s.height[slot] + gapY
    }
  }
  for (let pass = 0; pass < 8; pass++) {
    const down = pass % 2 === 0
    for (const slots of down ? layers : [...layers].reverse()) {
      const wish = slots.map((slot) => mean(down ? s.before[slot] : s.after[slot], center) ?? center[slot])
      spread(slots, wish, s.height, gapY).forEach((y, i) => (center[slots[i]] = y))
    }
  }
  return center
}

// spread finds the centres nearest to the wishes that keep the order and the
// gaps: isotonic regression by pooling adjacent violators.
function spread(slots: number[], wish: number[], height: number[], gap: number): number[] {
  const offset: number[] = [0]
  for (let i = 1; i < slots.length; i++) offset[i] = offset[i - 1] + (height[slots[i - 1]] + height[slots[i]]) / 2 + gap
  const pools: { sum: number; count: number }[] = []
  wish.forEach((w, i) => {
    pools.push({ sum: w - offset[i], count: 1 })
    while (pools.length > 1) {
      const last = pools[pools.length - 1]
      const previous = pools[pools.length - 2]
      if (previous.sum / previous.count <= last.sum / last.count) break
      previous.sum += last.sum
      previous.count += last.count
      pools.pop()
    }
  })
  const out: number[] = []
  for (const pool of pools) for (let k = 0; k < pool.count; k++) out.push(pool.sum / pool.count + offset[out.length])
  return out
}

function draw(count: number, edges: GraphEdge[], back: boolean[], s: Slots, center: Float64Array, o: LayoutOptions): Layout {
  let top = Infinity
  let bottom = 0
  let deepest = 0
  for (let slot = 0; slot < s.layer.length; slot++) {
    top = Math.min(top, center[slot] - s.height[slot] / 2)
    bottom = Math.max(bottom, center[slot] + s.height[slot] / 2)
    deepest = Math.max(deepest, s.layer[slot])
  }
  if (count === 0) top = 0
  const lefts = layerLefts(edges, s, deepest, o)
  const left = (slot: number) => lefts[s.layer[slot]]
  const nodes = Array.from({ length: count }, (_, v) => ({ x: left(v), y: Math.round(center[v] - o.nodeHeight / 2 - top) }))
  const lines = edges.map((_, i) =>
    s.paths[i].flatMap((slot, k, path) => {
      const y = Math.round(center[slot] - top)
      const enter = { x: left(slot), y }
      const leave = { x: left(slot) + o.nodeWidth, y }
      if (k === 0) return [back[i] ? enter : leave]
      if (k === path.length - 1) return [back[i] ? leave : enter]
      return back[i] ? [leave, enter] : [enter, leave]
    }),
  )
  return { nodes, edges: lines, back, width: lefts[deepest] + o.nodeWidth, height: Math.round(bottom - top) }
}

// layerLefts opens each gap as far as the widest label in it needs.
function layerLefts(edges: GraphEdge[], s: Slots, deepest: number, o: LayoutOptions): number[] {
  const gap = new Array<number>(deepest).fill(o.gapX)
  edges.forEach((e, i) => {
    const [a, b] = s.paths[i]
    const layer = Math.min(s.layer[a], s.layer[b])
    if (layer < deepest) gap[layer] = Math.max(gap[layer], e.room ?? 0)
  })
  const lefts = [0]
  for (let l = 0; l < deepest; l++) lefts.push(lefts[l] + o.nodeWidth + gap[l])
  return lefts
}
