import { expect, test } from 'vitest'
import { messagesOf, originsOf, rowCost, waitingShare } from './story'

const value = { row: 7, role: 'event', path: '$.user', from_row: 1, from_role: 'response', from_path: '$.body.user', missing: true }

test('a field is marked at both ends of its way', () => {
  const tx = { cause: { values: [value] } }
  expect(originsOf(tx, 7)).toEqual([{ role: 'event', path: '$.user', row: 1, otherRole: 'response', otherPath: '$.body.user', from: true, missing: true }])
  expect(originsOf(tx, 1)).toEqual([{ role: 'response', path: '$.body.user', row: 7, otherRole: 'event', otherPath: '$.user', from: false, missing: true }])
  expect(originsOf(tx, 2)).toEqual([])
  expect(originsOf({}, 7)).toEqual([])
})

test('a row has its own items, and its waits', () => {
  const item = { row: 1, node: 0, what: 'Lambda compute', formula: '0.1 s', usd: 1e-6 }
  const idle = { row: 1, billed_ns: 1000, idle_ns: 800, by: [] }
  const tx = { cost: { items: [item, { ...item, row: 2 }], unknown: [] }, idle: [idle] }
  expect(rowCost(tx, 1)).toEqual({ items: [item], unknown: [], idle })
  expect(rowCost({ idle: [] }, 1)).toEqual({ items: [], unknown: [], idle: undefined })
  expect(waitingShare([idle, { ...idle, billed_ns: 3000, idle_ns: 0 }])).toBe(0.2)
  expect(waitingShare([])).toBeNaN()
})

test('a row sends and receives messages', () => {
  const message = { key: 'm-1', kind: 'sqs.message', sender: 1, attempts: [3, 5], batch: 1, dlq: -1, redriven: false, fate: 'delivered' }
  const ways = (row: number) => messagesOf({ messages: [message] }, row).map((m) => m.way)
  expect(ways(1)).toEqual(['out'])
  expect(ways(5)).toEqual(['in'])
  expect(ways(2)).toEqual([])
})
