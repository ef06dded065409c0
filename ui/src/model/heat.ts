// Where the cells of a heat map stand: time across, duration upwards on a
// logarithmic scale of four rows a decade from 1 ms, as the server counts.

/** [column, row, transactions, failed ones] */
export type Cell = [number, number, number, number]

export interface HeatData {
  from: string
  to: string
  columns: number
  cells: Cell[]
}

export interface Box {
  /** epoch ms */
  from: number
  to: number
  /** duration in ns; maxNs 0 has no upper bound */
  minNs: number
  maxNs: number
}

const perTen = 4
const leastRows = 8

/** floorOf is the shortest duration of a row in ns; the lowest row holds all that is shorter. */
export function floorOf(row: number): number {
  return row <= 0 ? 0 : Math.round(10 ** (row / perTen) * 1e6)
}

/** HeatScale maps cells to px of a map of width × height, and back. */
export class HeatScale {
  readonly low: number
  readonly rows: number
  private readonly from: number
  private readonly to: number

  constructor(
    private readonly data: HeatData,
    readonly width: number,
    readonly height: number,
  ) {
    const all = data.cells.map((c) => c[1])
    const top = Math.max(...all, 0) + 1
    const low = all.length > 0 ? Math.max(0, Math.min(...all) - 1) : 0
    this.rows = Math.max(leastRows, top - low + 1)
    this.low = Math.max(0, Math.min(low, top + 1 - this.rows))
    this.from = Date.parse(data.from)
    this.to = Date.parse(data.to)
  }

  x(column: number): number {
    return (column / this.data.columns) * this.width
  }

  /** y is the upper edge of a row. */
  y(row: number): number {
    return this.height - ((row - this.low + 1) / this.rows) * this.height
  }

  get cellWidth(): number {
    return this.width / this.data.columns
  }

  get cellHeight(): number {
    return this.height / this.rows
  }

  columnAt(x: number): number {
    return Math.min(this.data.columns - 1, Math.max(0, Math.floor((x / this.width) * this.data.columns)))
  }

  rowAt(y: number): number {
    return this.low + Math.min(this.rows - 1, Math.max(0, Math.floor(((this.height - y) / this.height) * this.rows)))
  }

  timeOf(column: number): number {
    return Math.round(this.from + (column / this.data.columns) * (this.to - this.from))
  }

  /** decades are the rows that begin a power of ten, for the axis. */
  decades(): number[] {
    const found: number[] = []
    for (let row = Math.ceil(this.low / perTen) * perTen; row < this.low + this.rows; row += perTen) found.push(row)
    return found
  }

  /** boxOf is the whole cells between two corners. */
  boxOf(a: { x: number; y: number }, b: { x: number; y: number }): Box {
    const left = this.columnAt(Math.min(a.x, b.x))
    const right = this.columnAt(Math.max(a.x, b.x))
    const top = this.rowAt(Math.min(a.y, b.y))
    const bottom = this.rowAt(Math.max(a.y, b.y))
    const open = top === this.low + this.rows - 1
    return { from: this.timeOf(left), to: this.timeOf(right + 1), minNs: floorOf(bottom), maxNs: open ? 0 : floorOf(top + 1) }
  }

  /** rectOf is where a box stands. */
  rectOf(box: Box): { left: number; top: number; width: number; height: number } {
    const x = (at: number) => Math.min(this.width, Math.max(0, ((at - this.from) / (this.to - this.from)) * this.width))
    const y = (ns: number, none: number) => (ns <= 0 ? none : Math.min(this.height, Math.max(0, this.y(perTen * Math.log10(ns / 1e6) - 1))))
    const top = y(box.maxNs, 0)
    return { left: x(box.from), top, width: x(box.to) - x(box.from), height: y(box.minNs, this.height) - top }
  }
}

/** strength is how strongly a cell is filled, 0.15 to 1 by the logarithm of its count. */
export function strength(count: number, most: number): number {
  return most <= 1 ? 1 : 0.15 + 0.85 * (Math.log(count) / Math.log(most))
}

/** bands sums a map by duration, longest first: the map as a table. */
export function bands(cells: Cell[]): { row: number; count: number; failed: number }[] {
  const sums = new Map<number, { row: number; count: number; failed: number }>()
  for (const [, row, count, failed] of cells) {
    const sum = sums.get(row) ?? { row, count: 0, failed: 0 }
    sum.count += count
    sum.failed += failed
    sums.set(row, sum)
  }
  return [...sums.values()].sort((a, b) => b.row - a.row)
}

/** boxQuery narrows a query to the durations of a box. */
export function boxQuery(q: string, box: Box): string {
  const terms = [box.minNs > 0 && `to_user>=${box.minNs}ns`, box.maxNs > 0 && `to_user<${box.maxNs}ns`].filter(Boolean).join(' ')
  if (terms === '') return q
  return /\bOR\b/.test(q) ? `(${q}) ${terms}` : `${q} ${terms}`.trim()
}
