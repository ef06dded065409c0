import { expect, test } from 'vitest'
import { closeAll, openAll, setClosed, setOpened } from '../components/transaction/fold'
import { plainTx, readIssues, readList, readTx, readTxList, type TxUrl, writeIssues, writeList, writeTx, writeTxList } from './url'

test('the list URL leaves out defaults and comes back', () => {
  expect(writeList(readList(''))).toBe('')
  const url = { q: 'service:"Post Analysis" dur>1s', from: 'now-24h', to: 'now' }
  expect(readList(writeList(url))).toEqual(url)
  expect(writeList({ from: 'now-1h', to: '2026-11-21T10:00:00.000Z' })).toBe('?from=now-1h&to=2026-11-21T10:00:00.000Z')
})

test('boxes, sorts and states of lists come back, and nonsense is nothing', () => {
  const list = { q: '', from: 'now-1h', to: 'now', box: { from: 1000, to: 2000, minNs: 1e6, maxNs: 0 }, sort: 'slow' } as const
  expect(readTxList(writeTxList(list))).toEqual(list)
  expect(writeTxList({ ...list, box: { ...list.box, maxNs: 5e6 } })).toBe('?box=1000-2000_1000000-5000000&sort=slow')
  expect(readTxList('?box=9-1_2-3&sort=x')).toMatchObject({ box: null, sort: '' })
  const issues = { q: 'KeyError', from: 'now-7d', to: 'now', state: 'resolved', sort: 'count' } as const
  expect(readIssues(writeIssues(issues))).toEqual(issues)
  expect(writeIssues(readIssues(''))).toBe('')
  expect(readIssues('?state=x&sort=y')).toMatchObject({ state: 'active', sort: '', from: 'now-24h' })
})

test('the transaction URL comes back whole', () => {
  const url: TxUrl = {
    span: '00000000000000ab',
    node: 3,
    pane: 'logs',
    view: 'wf',
    fold: { all: true, ids: ['0a', '0b'], groups: ['0c'] },
    find: 'key error',
    win: { from: 120.5, to: 980 },
    hide: ['auth', 'Post Analysis'],
    cut: false,
    path: 'critical',
    logs: true,
  }
  expect(readTx(writeTx(url))).toEqual(url)
  expect(readTx('')).toEqual(plainTx)
  expect(writeTx(plainTx)).toBe('')
})

test('nonsense in a URL is nothing', () => {
  expect(readTx('?pane=x&view=y&win=9-1&node=-4&fold=zz,<>&span=')).toEqual(plainTx)
})

test('a link keeps at most 200 folds', () => {
  const ids = Array.from({ length: 500 }, (_, i) => i.toString(16).padStart(16, '0'))
  expect(readTx(writeTx({ fold: { all: false, ids, groups: [] } })).fold.ids).toHaveLength(200)
})

test('folding lists exceptions only', () => {
  expect(setClosed(openAll, 'a', true).ids).toEqual(['a'])
  expect(setClosed(openAll, 'a', false)).toBe(openAll)
  expect(setClosed(closeAll, 'a', false)).toEqual({ all: true, ids: ['a'], groups: [] })
  expect(setClosed(setClosed(closeAll, 'a', false), 'a', true).ids).toEqual([])
  expect(setOpened(setOpened(openAll, 'g', true), 'g', false).groups).toEqual([])
})
