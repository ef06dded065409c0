// Spans of one transaction as columns in preorder: a parent stands before its
// children, and row r's subtree is the rows r … r+size[r]-1. There is no object
// per span; 200,000 of them stay a handful of typed arrays.

export const Flag = { error: 1, open: 2, cold: 4, async: 8, missing: 16, shifted: 32, timeout: 64, shared: 128, ambiguous: 1 << 16, attempt: 1 << 17, twin: 1 << 18 } as const

export const spanKinds = ['unset', 'internal', 'server', 'client', 'producer', 'consumer'] as const

/** One chunk as the API sends it; see SpanColumns in internal/api/wire.go. */
export interface SpanColumns {
  offset: number
  names: string[]
  id: string[]
  parent: number[]
  name: number[]
  svc: number[]
  node: number[]
  start: number[]
  dur: number[]
  wait: number[]
  flags: number[]
  errors?: Record<string, string>
  /** index into the head's traces; absent when there is one */
  trace?: number[]
  /** the row's own cost in US dollars; -1 where nobody told enough for a price */
  usd?: number[]
}

export class SpanTable {
  /** rows that have arrived */
  n = 0
  readonly total: number
  readonly id: string[] = []
  readonly names: string[] = []
  readonly errors = new Map<number, string>()
  readonly parent: Int32Array
  readonly name: Int32Array
  readonly svc: Int16Array
  readonly node: Int32Array
  readonly start: Float64Array
  readonly dur: Float64Array
  readonly wait: Float64Array
  readonly flags: Int32Array
  readonly trace: Int16Array
  /** dollars; NaN where no price is known */
  readonly usd: Float64Array
  readonly size: Int32Array
  readonly depth: Int32Array
  /** errors in the row's subtree, itself included */
  readonly bad: Int32Array
  /** end of the last span so far, ns after t0 */
  end = 0
  /** bumps with every chunk, so that caches know */
  version = 0

  constructor(
    total: number,
    readonly traces: string[] = [],
  ) {
    this.total = total
    this.parent = new Int32Array(total)
    this.name = new Int32Array(total)
    this.svc = new Int16Array(total)
    this.node = new Int32Array(total)
    this.start = new Float64Array(total)
    this.dur = new Float64Array(total)
    this.wait = new Float64Array(total)
    this.flags = new Int32Array(total)
    this.trace = new Int16Array(total)
    this.usd = new Float64Array(total)
    this.size = new Int32Array(total)
    this.depth = new Int32Array(total)
    this.bad = new Int32Array(total)
  }

  get complete(): boolean {
    return this.n === this.total
  }

  /** Appends a chunk, which must follow the rows already there. */
  append(c: SpanColumns): void {
    const count = c.id.length
    const base = this.n
    if (c.offset !== base) throw new Error(`spans: chunk starts at row ${c.offset}, expected ${base}`)
    if (base + count > this.total) throw new Error(`spans: more rows than the announced ${this.total}`)
    for (const name of c.names) this.names.push(name)
    for (const id of c.id) this.id.push(id)
    for (let i = 0; i < count; i++) {
      const r = base + i
      const p = c.parent[i]
      if (p >= r) throw new Error(`spans: row ${r} comes before its parent ${p}`)
      this.parent[r] = p < 0 ? -1 : p
      this.depth[r] = p < 0 ? 0 : this.depth[p] + 1
      this.end = Math.max(this.end, c.start[i] + c.dur[i])
    }
    this.name.set(c.name, base)
    this.svc.set(c.svc, base)
    this.node.set(c.node, base)
    this.start.set(c.start, base)
    this.dur.set(c.dur, base)
    this.wait.set(c.wait, base)
    this.flags.set(c.flags, base)
    if (c.trace) this.trace.set(c.trace, base)
    if (c.usd) c.usd.forEach((usd, i) => (this.usd[base + i] = usd < 0 ? NaN : usd))
    if (c.errors) for (const [row, text] of Object.entries(c.errors)) this.errors.set(Number(row), text)
    this.n = base + count
    this.sum()
    this.version++
  }

  private sum(): void {
    const { n, parent, size, bad, flags } = this
    for (let r = 0; r < n; r++) {
      size[r] = 1
      bad[r] = flags[r] & Flag.error ? 1 : 0
    }
    for (let r = n - 1; r >= 0; r--) {
      const p = parent[r]
      if (p < 0) continue
      size[p] += size[r]
      bad[p] += bad[r]
    }
  }

  nameOf(r: number): string {
    return this.names[this.name[r]] ?? ''
  }

  kindOf(r: number): (typeof spanKinds)[number] {
    return spanKinds[(this.flags[r] >> 8) & 255] ?? 'unset'
  }

  has(r: number, flag: number): boolean {
    return (this.flags[r] & flag) !== 0
  }

  rowOf(id: string): number {
    return this.id.indexOf(id)
  }

  hasChildren(r: number): boolean {
    return this.size[r] > 1
  }
}
