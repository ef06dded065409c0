import { expect, test } from 'vitest'
import { clamp, overview, pan, ticks, zoom } from './axis'
import { gapsIn, idleTimes, Scale } from './scale'
import { assignColors } from './colors'
import { attributeQuery, complete, serviceQuery } from './complete'
import { formatAgo, formatBytes, formatDuration, formatInstant, waitedWords } from './duration'
import { foldSiblings } from './foldgraph'
import { jsonLines, shownLines } from './jsonlines'
import { mergeNewest, unique } from './merge'
import { SpanTable } from './spantable'
import { around, boundsOf, labelOf, parseRange, shift } from './timerange'

test.each([
  [0, '0 ns'],
  [950, '950 ns'],
  [1000, '1 µs'],
  [9_996, '10 µs'],
  [12_340, '12.3 µs'],
  [999_600, '1 ms'],
  [298e6, '298 ms'],
  [1.24e9, '1.24 s'],
  [10e9, '10 s'],
  [59.97e9, '1 min'],
  [125e9, '2 min 5 s'],
  [3600e9, '1 h'],
  [90_000e9, '1 d 1 h'],
])('%d ns is written %s', (ns, text) => expect(formatDuration(ns)).toBe(text))

test('bytes, instants and ages', () => {
  expect(formatBytes(999)).toBe('999 B')
  expect(formatBytes(2_940_871)).toBe('2.94 MB')
  expect(formatInstant('2026-11-21T09:04:07.123456789Z', { utc: true, date: true, millis: true })).toBe('21 Nov 09:04:07.123')
  expect(formatInstant('never', { utc: true })).toBe('–')
  expect(formatAgo('2026-11-21T09:00:00Z', Date.parse('2026-11-21T09:02:10Z'))).toBe('2 min ago')
})

test('colours depend on ordinals only, not on the order of services', () => {
  const a = assignColors([3, 11, 4])
  const b = assignColors([4, 3, 11])
  expect(a).toEqual([{ slot: 3, striped: false }, { slot: 5, striped: false }, { slot: 4, striped: false }])
  expect([b[1], b[2], b[0]]).toEqual(a)
})

test('eight plain, eight striped, then grey', () => {
  const colors = assignColors(Array.from({ length: 18 }, (_, i) => i))
  expect(new Set(colors.slice(0, 8).map((c) => c.slot)).size).toBe(8)
  expect(colors.slice(0, 8).every((c) => !c.striped)).toBe(true)
  expect(colors.slice(8, 16).every((c) => c.striped)).toBe(true)
  expect(new Set(colors.slice(8, 16).map((c) => c.slot)).size).toBe(8)
  expect(colors[16]).toEqual({ slot: 8, striped: false })
})

const now = Date.parse('2026-11-21T12:00:00Z')

test.each([
  ['-1h', { from: 'now-1h', to: 'now' }],
  ['30m', { from: 'now-30m', to: 'now' }],
  ['now-2d', { from: 'now-2d', to: 'now' }],
  ['2026-11-21 09:00 to 10:00', { from: '2026-11-21T09:00:00.000Z', to: '2026-11-21T10:00:00.000Z' }],
  ['2026-11-20 to 2026-11-21', { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' }],
  ['2026-11-21 09:00 to now', { from: '2026-11-21T09:00:00.000Z', to: 'now' }],
  ['2026-11-21 10:00 to 09:00', null],
  ['yesterday', null],
  ['', null],
])('the time text "%s"', (text, want) => expect(parseRange(text, now, true)).toEqual(want))

test('ranges shift, centre and say themselves', () => {
  expect(boundsOf({ from: 'now-1h', to: 'now' }, now)).toEqual({ from: now - 36e5, to: now })
  expect(boundsOf({ from: 'now', to: 'now-1h' }, now)).toBeNull()
  expect(shift({ from: 'now-1h', to: 'now' }, -1, now)).toEqual({ from: '2026-11-21T10:00:00.000Z', to: '2026-11-21T11:00:00.000Z' })
  expect(around('2026-11-21T12:00:00Z')).toEqual({ from: '2026-11-21T11:30:00.000Z', to: '2026-11-21T12:30:00.000Z' })
  expect(labelOf({ from: 'now-1h', to: 'now' }, true)).toBe('Last hour')
  expect(labelOf({ from: 'now-3h', to: 'now' }, true)).toBe('Last 3h')
})

test('the window zooms about a point and stays inside', () => {
  expect(zoom({ from: 0, to: 100_000 }, 0.5, 0.5, 100_000)).toEqual({ from: 25_000, to: 75_000 })
  expect(zoom({ from: 0, to: 100_000 }, 4, 0.5, 100_000)).toEqual({ from: 0, to: 100_000 })
  expect(pan({ from: 0, to: 10 }, 0.5, 100)).toEqual({ from: 5, to: 15 })
  expect(pan({ from: 90, to: 100 }, 0.5, 100)).toEqual({ from: 90, to: 100 })
  expect(clamp({ from: -5, to: 5 }, 100)).toEqual({ from: 0, to: 10 })
})

test('ticks are round, in minutes too', () => {
  expect(ticks({ from: 0, to: 1000 }, 5)).toEqual([0, 200, 400, 600, 800, 1000])
  expect(ticks({ from: 0, to: 600e9 }, 4)).toEqual([0, 300e9, 600e9])
  expect(ticks({ from: 5, to: 5 }, 4)).toEqual([])
})

test('the overview counts what runs in each column', () => {
  const t = new SpanTable(3)
  t.append({ offset: 0, names: ['a'], id: ['1', '2', '3'], parent: [-1, 0, 0], name: [0, 0, 0], svc: [0, 0, 0], node: [0, 0, 0], start: [0, 0, 50], dur: [100, 10, 10], wait: [0, 0, 0], flags: [0, 1, 0] })
  const strip = overview(t, 10)
  expect(strip.most).toBe(2)
  expect(Array.from(strip.busy)).toEqual([2, 2, 1, 1, 1, 2, 2, 1, 1, 1])
  expect(Array.from(strip.failed)).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
})

test('long gaps are cut out of the axis', () => {
  const t = new SpanTable(3)
  const s = 1e9
  t.append({ offset: 0, names: ['a'], id: ['1', '2', '3'], parent: [-1, 0, 0], name: [0, 0, 0], svc: [0, 0, 0], node: [0, 0, 0], start: [0, 900 * s, 905 * s], dur: [2 * s, 4 * s, s], wait: [0, 0, 0], flags: [0, 0, 0] })
  const idle = idleTimes(t)
  expect(idle).toEqual([{ from: 2 * s, to: 900 * s }])
  const whole = { from: 0, to: t.end }
  expect(gapsIn(whole, idle)).toEqual(idle)
  expect(gapsIn({ from: 899 * s, to: 906 * s }, idle)).toEqual([])
  const scale = new Scale(whole, 876, idle)
  expect(scale.perNs).toBeCloseTo(100 / s)
  for (const [ns, x] of [[0, 0], [s, 100], [2 * s, 200], [451 * s, 238], [900 * s, 276], [906 * s, 876]]) {
    expect(scale.x(ns)).toBeCloseTo(x)
    expect(scale.ns(x)).toBeCloseTo(ns, -1)
  }
  expect(scale.marks(8).map((m) => (m.ns - m.since) / s)).toEqual([0, 1, 2, 0, 1, 2, 3, 4, 5, 6])
  const plain = new Scale(whole, 906, [])
  expect(plain.x(450 * s)).toBeCloseTo(450)
  expect(plain.ns(450)).toBeCloseTo(450 * s, -1)
})

test('JSON becomes lines that fold', () => {
  const lines = jsonLines({ a: [1, 'x'], b: null, c: {} })
  expect(lines.map((l) => `${'  '.repeat(l.depth)}${l.key ?? ''}${l.text}`)).toEqual(['{', '  a[', '    1', '    "x"', '  ]', '  bnull', '  c{}', '}'])
  expect(shownLines(lines, new Set([1]))).toEqual([0, 1, 5, 6, 7])
  expect(jsonLines('plain')).toHaveLength(1)
})

test('JSON in a string becomes lines, too, and says so', () => {
  const lines = jsonLines({ Sns: { Message: '{"post":{"id":1}}', Subject: '{no JSON}', n: '17' } })
  expect(lines.map((l) => `${'  '.repeat(l.depth)}${l.key ?? ''}${l.text}${l.parsed ? ' parsed' : ''}`)).toEqual([
    '{', '  Sns{', '    Message{ parsed', '      post{', '        id1', '      }', '    }', '    Subject"{no JSON}"', '    n"17"', '  }', '}',
  ])
  expect(jsonLines(JSON.stringify('['.repeat(70_000)))).toHaveLength(1)
})

test('waits are told by message', () => {
  const once = { calls: 1, wait_ns: 991e6, retries: 0, attempts: 0, last_wait_ns: 0 }
  expect(waitedWords(once)).toBe('waited 991 ms')
  expect(waitedWords({ ...once, calls: 4, wait_ns: 4e9 })).toBe('waited 1 s')
  expect(waitedWords({ calls: 2, wait_ns: 991e6, retries: 1, attempts: 2, last_wait_ns: 9.08e9 })).toBe('waited 991 ms, attempt 2 after 9.08 s')
  expect(waitedWords({ ...once, wait_ns: 0 })).toBe('no wait')
  expect(waitedWords({ calls: 2, wait_ns: 0, retries: 1, attempts: 2, last_wait_ns: 1e9 })).toBe('no wait, attempt 2 after 1 s')
})

test('deep JSON does not overflow', () => {
  let value: unknown = 1
  for (let i = 0; i < 20_000; i++) value = [value]
  expect(jsonLines(value)).toHaveLength(40_001)
})

test('a live list keeps its rows in place', () => {
  const merged = mergeNewest([{ id: 'b', v: 1 }, { id: 'a', v: 1 }], [{ id: 'c', v: 2 }, { id: 'a', v: 2 }])
  expect(merged).toEqual({ rows: [{ id: 'b', v: 1 }, { id: 'a', v: 2 }], fresh: [{ id: 'c', v: 2 }] })
  expect(unique([{ id: 'a' }, { id: 'a' }])).toEqual([{ id: 'a' }])
})

test('equal leaves of a large graph fold, small graphs do not', () => {
  const nodes = [{ kind: 'function', name: 'hub', outcome: 'ok' }, ...Array.from({ length: 50 }, (_, i) => ({ kind: 'queue', name: `work-${i}`, outcome: i < 3 ? 'error' : 'ok' }))]
  const edges = nodes.slice(1).map((_, i) => ({ from: 0, to: i + 1 }))
  expect(foldSiblings(nodes, edges).members.map((m) => m.length)).toEqual([1, 3, 47])
  expect(foldSiblings(nodes.slice(0, 10), edges.slice(0, 9)).members).toHaveLength(10)
})

test('the query box completes keys, then values', () => {
  const services = [{ name: 'Post Analysis', count: 3 }, { name: 'auth', count: 1 }]
  expect(complete('ser', 3, services)[0]).toMatchObject({ text: 'service:', caret: 8 })
  expect(complete('status:error service:an', 23, services)).toEqual([{ label: 'Post Analysis', hint: '3 spans', text: 'status:error service:"Post Analysis" ', caret: 37 }])
  expect(complete('-status:e', 9, services)[0]).toMatchObject({ text: '-status:error ' })
  expect(complete('faas.name:x', 11, services)).toEqual([])
  expect(serviceQuery('Post Analysis')).toBe('service:"Post Analysis"')
  expect(attributeQuery('http.route', '/a')).toBe('http.route:"/a"')
  expect(attributeQuery('http.response.status_code', '200')).toBe('http.response.status_code:200')
  expect(attributeQuery('name', 'OR')).toBe('"name":"OR"')
  expect(attributeQuery('timeout', '5m')).toBe('"timeout":"5m"')
})
