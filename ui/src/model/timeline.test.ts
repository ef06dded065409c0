import { expect, test } from 'vitest'
import { joinPoints } from './timeline'

test('points of one instant are one bar; a version begins once', () => {
  const bars = joinPoints([
    { at: 'a', count: 2, version: '41' },
    { at: 'b', count: 0, version: '' },
    { at: 'c', count: 1, version: '41' },
    { at: 'c', count: 3, version: '42' },
    { at: 'd', count: 4, version: '42' },
  ])
  expect(bars.map((b) => [b.at, b.count, b.version, b.begins])).toEqual([['a', 2, '41', '41'], ['b', 0, '', ''], ['c', 4, '41, 42', '42'], ['d', 4, '42', '']])
  expect(joinPoints([])).toEqual([])
})
