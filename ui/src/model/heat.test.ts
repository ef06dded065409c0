import { expect, test } from 'vitest'
import { bands, boxQuery, type Cell, floorOf, HeatScale, strength } from './heat'

const cells: Cell[] = [[0, 4, 10, 0], [5, 8, 3, 1], [9, 12, 1, 1]]
const data = { from: '2026-11-21T09:00:00Z', to: '2026-11-21T10:00:00Z', columns: 10, cells }
const scale = () => new HeatScale(data, 1000, 160)

test('rows are four a decade', () => {
  expect([0, 4, 8, 12].map(floorOf)).toEqual([0, 1e7, 1e8, 1e9])
  expect(scale().decades().map(floorOf)).toEqual([1e7, 1e8, 1e9])
})

test('a point of a cell leads back to it', () => {
  const s = scale()
  for (const [column, row] of cells) {
    const x = s.x(column) + s.cellWidth / 2
    const y = s.y(row) + s.cellHeight / 2
    expect([s.columnAt(x), s.rowAt(y)]).toEqual([column, row])
    expect(y).toBeGreaterThan(0)
    expect(y).toBeLessThan(160)
  }
})

test('a box takes whole cells and is drawn where it was taken', () => {
  const s = scale()
  const middle = (column: number, row: number) => ({ x: s.x(column) + s.cellWidth / 2, y: s.y(row) + s.cellHeight / 2 })
  const box = s.boxOf(middle(5, 8), middle(4, 9))
  expect(box).toEqual({ from: Date.parse('2026-11-21T09:24:00Z'), to: Date.parse('2026-11-21T09:36:00Z'), minNs: floorOf(8), maxNs: floorOf(10) })
  const rect = s.rectOf(box)
  expect([rect.left, rect.width]).toEqual([400, 200])
  expect(rect.top).toBeCloseTo(s.y(9), 3)
  expect(rect.height).toBeCloseTo(2 * s.cellHeight, 3)
  expect(s.boxOf({ x: 0, y: 0 }, { x: 1, y: 159 })).toMatchObject({ maxNs: 0, from: Date.parse(data.from) })
})

test('an empty map has a scale all the same', () => {
  const s = new HeatScale({ ...data, cells: [] }, 1000, 160)
  expect(s.low).toBe(0)
  expect(s.rows).toBeGreaterThanOrEqual(8)
})

test('bands sum by duration, strength grows with the count', () => {
  expect(bands([...cells, [7, 4, 2, 2]])).toEqual([{ row: 12, count: 1, failed: 1 }, { row: 8, count: 3, failed: 1 }, { row: 4, count: 12, failed: 2 }])
  expect(strength(1, 1)).toBe(1)
  expect(strength(1, 100)).toBeCloseTo(0.15)
  expect(strength(100, 100)).toBeCloseTo(1)
})

test('a box narrows the query', () => {
  const box = { from: 0, to: 1, minNs: 1e7, maxNs: 0 }
  expect(boxQuery('', box)).toBe('to_user>=10000000ns')
  expect(boxQuery('a OR b', { ...box, maxNs: 2e7 })).toBe('(a OR b) to_user>=10000000ns to_user<20000000ns')
  expect(boxQuery('status:error', { ...box, minNs: 0 })).toBe('status:error')
})
