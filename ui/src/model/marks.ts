// What the server computed about a transaction, as the drawings look it up: the
// way from the cause to the failure, the critical path, attempts, idle time.

import { Flag, type SpanTable } from './spantable'

interface TimeSpan {
  from: number
  to: number
}

export interface Analysis {
  failure?: number | null
  cause?: { row: number; failure: number; rows: number[]; nodes: number[] } | null
  silent: { row: number; text: string }[]
  critical: { row: number; from_ns: number; to_ns: number; wait: boolean }[]
  idle: { row: number; idle_ns: number; billed_ns: number }[]
  messages: { attempts: number[]; batch: number; dlq: number; redriven: boolean; fate: string }[]
  nodes: { name: string; outcome: string; row: number }[]
  edges: { from: number; to: number; async: boolean }[]
}

/** Note is what a row says of itself beside its name. */
export interface Note {
  text: string
  glyph: '' | 'retry' | 'dlq' | 'silent' | 'batch'
}

export interface Marks {
  /** row of the root cause; -1 if none */
  cause: number
  /** rows on the way from the cause to the failure */
  path: Set<number>
  /** edges on that way, and edges on the critical path, by index */
  pathEdges: Set<number>
  pathNodes: Set<number>
  criticalEdges: Set<number>
  /** parts of a row, ns after t0, that are on the critical path */
  critical: Map<number, TimeSpan[]>
  /** rows whose wait is on the critical path */
  criticalWaits: Set<number>
  idle: Map<number, { idle: number; billed: number }>
  notes: Map<number, Note>
  /** outcomes that the rows of a node's entry show in words: oom, throttled … */
  outcomes: Map<number, string>
}

export function makeMarks(tx: Analysis, nodeOf: (row: number) => number): Marks {
  const critical = new Map<number, TimeSpan[]>()
  for (const s of tx.critical) {
    if (s.wait) continue
    const parts = critical.get(s.row)
    if (parts) parts.push({ from: s.from_ns, to: s.to_ns })
    else critical.set(s.row, [{ from: s.from_ns, to: s.to_ns }])
  }
  const told = ['timeout', 'oom', 'crash', 'throttled', 'partial']
  return {
    cause: tx.cause?.row ?? -1,
    path: new Set(tx.cause?.rows),
    pathNodes: new Set(tx.cause?.nodes),
    pathEdges: edgesAlong(tx.edges, tx.cause?.nodes ?? []),
    criticalEdges: edgesAlong(tx.edges, tx.critical.map((s) => nodeOf(s.row))),
    critical,
    criticalWaits: new Set(tx.critical.filter((s) => s.wait).map((s) => s.row)),
    idle: new Map(tx.idle.map((i) => [i.row, { idle: i.idle_ns, billed: i.billed_ns }])),
    notes: notesOf(tx),
    outcomes: new Map(tx.nodes.filter((n) => told.includes(n.outcome)).map((n) => [n.row, n.outcome])),
  }
}

// edgesAlong finds the edges between neighbours of a way through the nodes; a
// way may run from the called to the caller.
function edgesAlong(edges: Analysis['edges'], way: number[]): Set<number> {
  const steps = new Set<string>()
  for (let i = 1; i < way.length; i++) steps.add(`${way[i - 1]} ${way[i]}`).add(`${way[i]} ${way[i - 1]}`)
  return new Set(edges.flatMap((e, i) => (e.from !== e.to && steps.has(`${e.from} ${e.to}`) ? [i] : [])))
}

function notesOf(tx: Analysis): Map<number, Note> {
  const notes = new Map<number, Note>()
  const add = (row: number, glyph: Note['glyph'], text: string) => {
    const had = notes.get(row)
    if (had?.text.split(', ').includes(text)) return
    notes.set(row, { glyph: had?.glyph || glyph, text: had ? `${had.text}, ${text}` : text })
  }
  for (const m of tx.messages) {
    const n = m.attempts.length
    m.attempts.forEach((row, i) => {
      if (n > 1) add(row, 'retry', `attempt ${i + 1} of ${n}`)
      if (m.batch > 1) add(row, 'batch', `1 of ${m.batch} messages`)
    })
    const last = m.attempts.at(-1)
    if (last === undefined) continue
    if (m.redriven) add(last, 'retry', 'redriven')
    if (m.dlq >= 0) add(last, 'dlq', `to ${tx.nodes[m.dlq]?.name ?? 'its dead-letter queue'}`)
    if (m.fate === 'dropped') add(last, 'dlq', 'dropped')
  }
  for (const s of tx.silent) add(s.row, 'silent', 'failed silently')
  return notes
}

/**
 * waitsOf returns the times in which row r waited for others, in order and without overlap: its calls to other
 * resources, directly or through spans of its own.
 */
export function waitsOf(t: SpanTable, r: number): TimeSpan[] {
  const own = t.node[r]
  const from = t.start[r]
  const to = from + t.dur[r]
  const calls: TimeSpan[] = []
  for (let d = r + 1; d < r + t.size[r]; ) {
    if (t.has(d, Flag.async)) {
      d += t.size[d]
      continue
    }
    if (t.node[d] === own) {
      d++
      continue
    }
    const call = { from: Math.max(t.start[d], from), to: Math.min(t.start[d] + t.dur[d], to) }
    if (call.to > call.from) calls.push(call)
    d += t.size[d]
  }
  calls.sort((a, b) => a.from - b.from)
  const union: TimeSpan[] = []
  for (const call of calls) {
    const last = union.at(-1)
    if (last && call.from <= last.to) last.to = Math.max(last.to, call.to)
    else union.push(call)
  }
  return union
}
