import { expect, test } from 'vitest'
import { findGroups, findRows, type Folding, Line, lineOf, mergeLogs, nextRow, visibleLines } from './rows'
import { Flag, SpanTable } from './spantable'

// build makes a table from (parent, name) pairs in preorder.
function build(rows: { parent: number; name?: string; svc?: number; wait?: number; flags?: number; error?: string }[]): SpanTable {
  const names = [...new Set(rows.map((r) => r.name ?? 'op'))]
  const t = new SpanTable(rows.length)
  const index = new Map(names.map((name, i) => [name, i]))
  const errors: Record<string, string> = {}
  rows.forEach((r, i) => r.error && (errors[i] = r.error))
  t.append({
    offset: 0,
    names,
    id: rows.map((_, i) => i.toString(16).padStart(16, '0')),
    parent: rows.map((r) => r.parent),
    name: rows.map((r) => index.get(r.name ?? 'op')!),
    svc: rows.map((r) => r.svc ?? 0),
    node: rows.map(() => 0),
    start: rows.map((_, i) => i * 10),
    dur: rows.map((_, i) => 5 + i),
    wait: rows.map((r) => r.wait ?? 0),
    flags: rows.map((r) => (r.flags ?? 0) | (r.error ? Flag.error : 0)),
    errors,
  })
  return t
}

function folding(t: SpanTable, closed: number[] = [], opened: number[] = [], hidden: number[] = []): Folding {
  const f = { closed: new Uint8Array(t.n), opened: new Uint8Array(t.n), hidden: new Set(hidden) }
  for (const r of closed) f.closed[r] = 1
  for (const r of opened) f.opened[r] = 1
  return f
}

const shown = (t: SpanTable, f: Folding) => Array.from(visibleLines(t, findGroups(t), f).row)

//   0 ─ 1 ─ 2
//     └ 3 ─ 4
const tree = () => build([{ parent: -1 }, { parent: 0 }, { parent: 1 }, { parent: 0, name: 'b' }, { parent: 3, error: 'boom' }])

test('all rows, one folded, the root folded', () => {
  const t = tree()
  expect(shown(t, folding(t))).toEqual([0, 1, 2, 3, 4])
  expect(shown(t, folding(t, [1]))).toEqual([0, 1, 3, 4])
  expect(shown(t, folding(t, [0, 3]))).toEqual([0])
})

test('sizes and errors add up the tree', () => {
  const t = tree()
  expect(Array.from(t.size)).toEqual([5, 2, 1, 2, 1])
  expect(Array.from(t.bad)).toEqual([1, 0, 0, 1, 1])
})

test('a hidden service keeps its children', () => {
  const t = build([{ parent: -1 }, { parent: 0, svc: 1 }, { parent: 1 }])
  expect(shown(t, folding(t, [], [], [1]))).toEqual([0, 2])
})

test('a wait has its own line before the span', () => {
  const t = build([{ parent: -1 }, { parent: 0, wait: 3e8, flags: Flag.async }])
  const lines = visibleLines(t, findGroups(t), folding(t))
  expect(Array.from(lines.row)).toEqual([0, 1, 1])
  expect(Array.from(lines.kind)).toEqual([Line.span, Line.wait, Line.span])
  expect(lineOf(lines, t, findGroups(t), folding(t), 1)).toBe(2)
})

test('500 equal calls are one line until opened', () => {
  const t = build([{ parent: -1, name: 'root' }, ...Array.from({ length: 500 }, (_, i) => ({ parent: 0, name: 'render', error: i % 40 === 3 && i < 480 ? 'x' : undefined }))])
  const g = findGroups(t)
  expect(g.list).toHaveLength(1)
  expect(g.list[0]).toMatchObject({ first: 1, failed: 12, max: 505 })
  expect(g.list[0].members).toHaveLength(500)
  expect(shown(t, folding(t))).toEqual([0, 1])
  const open = visibleLines(t, g, folding(t, [], [1]))
  expect(open.length).toBe(502)
  expect(Array.from(open.kind.slice(0, 3))).toEqual([Line.span, Line.group, Line.span])
  expect(g.level[1]).toBe(2)
  expect(lineOf(visibleLines(t, g, folding(t)), t, g, folding(t), 300)).toBe(1)
})

test('the line of a folded row is its outermost folded ancestor', () => {
  const t = tree()
  const f = folding(t, [0, 3])
  const g = findGroups(t)
  expect(lineOf(visibleLines(t, g, f), t, g, f, 4)).toBe(0)
  expect(lineOf(visibleLines(t, g, folding(t)), t, g, folding(t), 4)).toBe(4)
})

test('next row runs around the ends', () => {
  const t = tree()
  const failed = (r: number) => t.has(r, Flag.error)
  expect(nextRow(t, 0, 1, failed)).toBe(4)
  expect(nextRow(t, 4, 1, failed)).toBe(4)
  expect(nextRow(t, 0, -1, failed)).toBe(4)
  expect(nextRow(t, 0, 1, () => false)).toBe(-1)
})

test('find looks at service, operation, error and id', () => {
  const t = tree()
  const hits = (text: string) => Array.from(findRows(t, ['Checkout'], text)).flatMap((hit, r) => (hit ? [r] : []))
  expect(hits('')).toEqual([])
  expect(hits('checkOUT')).toEqual([0, 1, 2, 3, 4])
  expect(hits('b')).toEqual([3, 4])
  expect(hits('boom')).toEqual([4])
  expect(hits('0000000000000002')).toEqual([2])
})

test('a table refuses what is not preorder', () => {
  const t = new SpanTable(1)
  const chunk = { offset: 0, names: ['a'], id: ['1'], parent: [0], name: [0], svc: [0], node: [0], start: [0], dur: [1], wait: [0], flags: [0] }
  expect(() => t.append(chunk)).toThrow('before its parent')
  expect(() => t.append({ ...chunk, parent: [-1], offset: 3 })).toThrow('starts at row 3')
  t.append({ ...chunk, parent: [-1] })
  expect(() => t.append({ ...chunk, parent: [-1], offset: 1 })).toThrow('more rows')
})

test('200,000 rows fold and unfold quickly', () => {
  const t = build(Array.from({ length: 200_000 }, (_, i) => ({ parent: i === 0 ? -1 : Math.min(i - 1, 1000), name: `n${i % 30_000}` })))
  const g = findGroups(t)
  const f = folding(t)
  const started = performance.now()
  expect(visibleLines(t, g, f).length).toBe(200_000)
  f.closed.fill(1)
  expect(visibleLines(t, g, f).length).toBe(1)
  expect(performance.now() - started).toBeLessThan(400)
})

test('log lines stand behind what their span had begun, and only with a visible span', () => {
  const t = tree() // starts are 0, 10, 20, 30, 40
  const g = findGroups(t)
  const merged = (f: Folding, logs: { row: number; at_ns: number }[]) => {
    const lines = mergeLogs(visibleLines(t, g, f), t, logs)
    return { lines, text: Array.from(lines.row, (r, i) => (lines.kind[i] === Line.log ? `log ${lines.log![i]}` : String(r))) }
  }
  const logs = [{ row: 0, at_ns: 29 }, { row: 0, at_ns: 5 }, { row: 0, at_ns: 99 }, { row: 3, at_ns: 31 }, { row: -1, at_ns: 0 }]
  const open = merged(folding(t), logs)
  expect(open.text).toEqual(['0', 'log 1', '1', '2', 'log 0', '3', 'log 3', '4', 'log 2'])
  expect(lineOf(open.lines, t, g, folding(t), 2)).toBe(3)
  expect(lineOf(open.lines, t, g, folding(t), 0)).toBe(0)
  expect(merged(folding(t, [0]), logs).text).toEqual(['0', 'log 1', 'log 0', 'log 2'])
})
