// Which lines the waterfall shows: spans that no collapsed ancestor hides, the
// wait of a message before the span it led to, and one line for a fan-out of
// equal siblings until it is opened.

import { Flag, type SpanTable } from './spantable'

export const Line = { span: 0, wait: 1, group: 2, log: 3 } as const

const fanOut = 20 // more equal siblings than this fold to one line
const laneOfItsOwn = 1e5 // ns: a wait shorter than this is not worth a line

export interface Group {
  /** row of its first member */
  first: number
  members: Int32Array
  failed: number
  p50: number
  max: number
}

/** Groups holds the fan-outs of a table and every row's level with them. */
export interface Groups {
  /** index into list for rows that are members; -1 for others */
  of: Int32Array
  list: Group[]
  level: Int32Array
}

export function findGroups(t: SpanTable): Groups {
  const of = new Int32Array(t.n).fill(-1)
  const list: Group[] = []
  for (const members of equalSiblings(t)) {
    for (const r of members) of[r] = list.length
    list.push(describe(t, members))
  }
  const level = new Int32Array(t.n)
  for (let r = 0; r < t.n; r++) {
    const p = t.parent[r]
    level[r] = (p < 0 ? 0 : level[p] + 1) + (of[r] >= 0 ? 1 : 0)
  }
  return { of, list, level }
}

function equalSiblings(t: SpanTable): number[][] {
  const children = new Int32Array(t.n)
  for (let r = 0; r < t.n; r++) if (t.parent[r] >= 0) children[t.parent[r]]++
  const found: number[][] = []
  for (let p = 0; p < t.n; p++) {
    if (children[p] <= fanOut) continue
    const byShape = new Map<string, number[]>()
    for (let r = p + 1; r < p + t.size[p]; r += t.size[r]) {
      const shape = `${t.name[r]}/${t.svc[r]}/${t.node[r]}`
      const same = byShape.get(shape)
      if (same) same.push(r)
      else byShape.set(shape, [r])
    }
    for (const same of byShape.values()) if (same.length > fanOut) found.push(same)
  }
  return found
}

function describe(t: SpanTable, members: number[]): Group {
  const durations = Float64Array.from(members, (r) => t.dur[r]).sort()
  return {
    first: members[0],
    members: Int32Array.from(members),
    failed: members.reduce((sum, r) => sum + (t.bad[r] > 0 ? 1 : 0), 0),
    p50: durations[(durations.length - 1) >> 1],
    max: durations[durations.length - 1],
  }
}

/** hasWaitLine tells whether the wait before row r has a line of its own. */
export function hasWaitLine(t: SpanTable, r: number): boolean {
  return t.wait[r] >= laneOfItsOwn && (t.flags[r] & Flag.async) !== 0
}

/** Lines is what is visible, in order: a row number and what to draw for it. */
export interface Lines {
  row: Int32Array
  kind: Uint8Array
  /** for log lines the index of the log; row is then the row they stand behind */
  log?: Int32Array
  length: number
}

export interface Folding {
  /** 1 for rows whose children are hidden */
  closed: Uint8Array
  /** 1 at the first member of groups whose members are shown */
  opened: Uint8Array
  /** services that are hidden; their children stay */
  hidden: Set<number>
}

export function visibleLines(t: SpanTable, g: Groups, f: Folding): Lines {
  const row = new Int32Array(t.n * 2 + g.list.length)
  const kind = new Uint8Array(row.length)
  let length = 0
  const put = (r: number, k: number) => {
    row[length] = r
    kind[length++] = k
  }
  for (let r = 0; r < t.n; ) {
    const group = g.of[r]
    if (group >= 0) {
      const first = g.list[group].first
      if (r === first) put(r, Line.group)
      if (!f.opened[first]) {
        r += t.size[r]
        continue
      }
    }
    if (!f.hidden.has(t.svc[r])) {
      if (hasWaitLine(t, r)) put(r, Line.wait)
      put(r, Line.span)
    }
    r += f.closed[r] ? t.size[r] : 1
  }
  return { row: row.subarray(0, length), kind: kind.subarray(0, length), length }
}

export interface PlacedLog {
  /** row of the span that wrote it; -1 if that is not known */
  row: number
  at_ns: number
}

/** mergeLogs puts the logs of visible rows between the lines, each behind what its span had begun by then. */
export function mergeLogs(lines: Lines, t: SpanTable, logs: PlacedLog[]): Lines {
  const visible = new Uint8Array(t.n)
  for (let i = 0; i < lines.length; i++) if (lines.kind[i] === Line.span) visible[lines.row[i]] = 1
  const placed = logs
    .flatMap((log, index) => (log.row >= 0 && log.row < t.n && visible[log.row] ? [{ index, at: log.at_ns, behind: lastBegun(t, log.row, log.at_ns) }] : []))
    .sort((a, b) => a.behind - b.behind || a.at - b.at)
  const length = lines.length + placed.length
  const out = { row: new Int32Array(length), kind: new Uint8Array(length), log: new Int32Array(length).fill(-1), length }
  let i = 0
  let next = 0
  for (let at = 0; at < length; at++) {
    if (i < lines.length && (next >= placed.length || lines.row[i] <= placed[next].behind)) {
      out.row[at] = lines.row[i]
      out.kind[at] = lines.kind[i++]
    } else {
      out.row[at] = placed[next].behind
      out.kind[at] = Line.log
      out.log[at] = placed[next++].index
    }
  }
  return out
}

// lastBegun is the last row of what the span's children had begun at the time.
function lastBegun(t: SpanTable, row: number, at: number): number {
  let last = row
  for (let c = row + 1; c < row + t.size[row]; c += t.size[c]) {
    if (t.start[c] > at) break
    last = c + t.size[c] - 1
  }
  return last
}

/** lineOf returns the line that shows row r, or stands for it while it is folded away; -1 if there is none. */
export function lineOf(lines: Lines, t: SpanTable, g: Groups, f: Folding, r: number): number {
  let shown = r
  for (let a = r; a >= 0; a = t.parent[a]) {
    if (a !== r && f.closed[a]) shown = a
    const group = g.of[a]
    if (group >= 0 && !f.opened[g.list[group].first]) shown = g.list[group].first
  }
  let low = 0
  let high = lines.length - 1
  while (low <= high) {
    const mid = (low + high) >> 1
    if (lines.row[mid] < shown) low = mid + 1
    else high = mid - 1
  }
  // Lines of one row stand together; its own line is the last of them.
  let at = low
  while (at + 1 < lines.length && lines.row[at + 1] === shown && lines.kind[at + 1] !== Line.log) at++
  return at < lines.length && lines.row[at] === shown ? at : -1
}

/** nextRow walks from row r in direction step to a row that test accepts, around the ends; -1 if there is none. */
export function nextRow(t: SpanTable, r: number, step: 1 | -1, test: (row: number) => boolean): number {
  for (let i = 1; i <= t.n; i++) {
    const at = (((r + step * i) % t.n) + t.n) % t.n
    if (test(at)) return at
  }
  return -1
}

/** findRows marks the rows whose service, operation or error holds text, ignoring case. */
export function findRows(t: SpanTable, services: string[], text: string): Uint8Array {
  const marks = new Uint8Array(t.n)
  const want = text.trim().toLowerCase()
  if (want === '') return marks
  const nameHit = t.names.map((name) => name.toLowerCase().includes(want))
  const svcHit = services.map((name) => name.toLowerCase().includes(want))
  for (let r = 0; r < t.n; r++) if (nameHit[t.name[r]] || svcHit[t.svc[r]]) marks[r] = 1
  for (const [r, error] of t.errors) if (error.toLowerCase().includes(want)) marks[r] = 1
  if (/^[0-9a-f]{16}$/.test(want)) {
    const r = t.rowOf(want)
    if (r >= 0) marks[r] = 1
  }
  return marks
}
