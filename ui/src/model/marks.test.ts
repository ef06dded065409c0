import { expect, test } from 'vitest'
import { type Analysis, makeMarks, waitsOf } from './marks'
import { perMillion } from './money'
import { Flag, SpanTable } from './spantable'

const quiet: Analysis = { silent: [], critical: [], idle: [], messages: [], nodes: [], edges: [] }

test('the way from cause to failure marks rows, nodes and edges, also against the calls', () => {
  const edges = [
    { from: 0, to: 1, async: false },
    { from: 1, to: 2, async: false },
    { from: 1, to: 3, async: false },
    { from: 3, to: 4, async: true },
  ]
  const marks = makeMarks({ ...quiet, edges, cause: { row: 5, failure: 9, rows: [5, 1, 7, 9], nodes: [2, 1, 3, 4] } }, () => 0)
  expect(marks.cause).toBe(5)
  expect([...marks.path]).toEqual([5, 1, 7, 9])
  expect([...marks.pathEdges]).toEqual([1, 2, 3])
  expect(makeMarks(quiet, () => 0).cause).toBe(-1)
})

test('the critical path marks parts of rows, waits and edges', () => {
  const nodes = [0, 1, 1, 2]
  const critical = [
    { row: 0, from_ns: 0, to_ns: 10, wait: false },
    { row: 1, from_ns: 10, to_ns: 40, wait: false },
    { row: 3, from_ns: 40, to_ns: 90, wait: true },
    { row: 3, from_ns: 90, to_ns: 95, wait: false },
    { row: 0, from_ns: 95, to_ns: 99, wait: false },
  ]
  const marks = makeMarks({ ...quiet, critical, edges: [{ from: 0, to: 1, async: false }, { from: 1, to: 2, async: true }] }, (r) => nodes[r])
  expect(marks.critical.get(0)).toEqual([{ from: 0, to: 10 }, { from: 95, to: 99 }])
  expect(marks.critical.get(3)).toEqual([{ from: 90, to: 95 }])
  expect([...marks.criticalWaits]).toEqual([3])
  expect([...marks.criticalEdges]).toEqual([0, 1])
})

test('attempts, batches, dead letters and silent failures are notes', () => {
  const message = { attempts: [3, 5], batch: 1, dlq: -1, redriven: false, fate: 'delivered' }
  const f = (messages: Analysis['messages'], want: [number, string][]) => {
    const marks = makeMarks({ ...quiet, messages, nodes: [{ name: 'jobs-dlq', outcome: 'ok', row: 0 }] }, () => 0)
    expect([...marks.notes].map(([row, note]) => [row, note.text])).toEqual(want)
  }
  f([{ ...message, attempts: [3] }], [])
  f([message], [[3, 'attempt 1 of 2'], [5, 'attempt 2 of 2']])
  f([{ ...message, dlq: 0, fate: 'dead' }], [[3, 'attempt 1 of 2'], [5, 'attempt 2 of 2, to jobs-dlq']])
  f([{ ...message, attempts: [3], batch: 10 }, { ...message, attempts: [3], batch: 10 }], [[3, '1 of 10 messages']])
  f([{ ...message, attempts: [] }], [])
  expect(makeMarks({ ...quiet, silent: [{ row: 2, text: '200 with an error body' }] }, () => 0).notes.get(2)?.glyph).toBe('silent')
})

// A function (node 0) that calls two others at once through a span of its own, then a third, and sends a message.
function caller(): SpanTable {
  const t = new SpanTable(7)
  t.append({
    offset: 0, names: ['x'], id: ['a', 'b', 'c', 'd', 'e', 'f', 'g'], parent: [-1, 0, 1, 1, 3, 0, 0], name: [0, 0, 0, 0, 0, 0, 0], svc: [0, 0, 0, 0, 0, 0, 0],
    node: [0, 0, 1, 2, 2, 3, 4], start: [100, 110, 120, 130, 131, 190, 195], dur: [100, 60, 30, 40, 10, 90, 90], wait: [0, 0, 0, 0, 0, 0, 0], flags: [0, 0, 0, 0, 0, 0, Flag.async],
  })
  return t
}

test('waits are the union of calls to others, within the row, without what a message started', () => {
  expect(waitsOf(caller(), 0)).toEqual([{ from: 120, to: 170 }, { from: 190, to: 200 }])
  expect(waitsOf(caller(), 2)).toEqual([])
})

test('money', () => {
  const f = (usd: number, want: string) => expect(perMillion(usd)).toBe(want)
  f(0, '$0/M')
  f(9.8e-6, '$9.80/M')
  f(4e-9, '$0.004/M')
  f(1.23e-3, '$1,230/M')
  f(0.01234, '$12.3k/M')
  f(NaN, '–')
})
