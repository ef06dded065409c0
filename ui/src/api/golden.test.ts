import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { blog, spanDetail, spanLines } from '../../test/mock-data.mjs'
import { SpanTable } from '../model/spantable'
import { AlertHistory, AlertList } from './alerts'
import { FunctionDetail, FunctionList } from './functions'
import { LogHistogram, LogList, LogPatterns } from './logs'
import * as schema from './schema'
import { parseColumns } from './spans'

// The server's golden answers and the mock's go through the same door.
const folder = join(import.meta.dirname, '../../../internal/api/testdata')
const schemas: Record<string, v.GenericSchema> = {
  'transactions.golden.json': schema.TransactionList,
  'transaction.golden.json': schema.Transaction,
  'issues.golden.json': schema.IssueList,
  'issues_empty.golden.json': schema.IssueList,
  'issue.golden.json': schema.Issue,
  'span.golden.json': schema.SpanDetail,
  'alerts.golden.json': AlertList,
  'alerts_all.golden.json': AlertList,
  'alert_history.golden.json': AlertHistory,
  'services.golden.json': schema.ServiceList,
  'logs.golden.json': LogList,
  'logs_empty.golden.json': LogList,
  'logs_histogram.golden.json': LogHistogram,
  'logs_patterns.golden.json': LogPatterns,
  'functions.golden.json': FunctionList,
  'functions_empty.golden.json': FunctionList,
  'function.golden.json': FunctionDetail,
  'status.golden.json': schema.Status,
  'connect.golden.json': schema.ConnectList,
}

function parseStream(text: string): SpanTable {
  const [head, ...chunks] = text.trim().split('\n')
  const table = new SpanTable(v.parse(schema.SpanHead, JSON.parse(head)).total)
  for (const chunk of chunks) table.append(parseColumns(JSON.parse(chunk)))
  return table
}

const goldens = existsSync(folder) ? readdirSync(folder).filter((name) => schemas[name] || name === 'spans.golden.ndjson') : []

for (const name of goldens) {
  test(`the server's ${name} fits`, () => {
    const text = readFileSync(join(folder, name), 'utf8')
    if (name.endsWith('.ndjson')) expect(parseStream(text).complete).toBe(true)
    else v.parse(schemas[name], JSON.parse(text))
  })
}

test('the mock speaks the same shapes', () => {
  const story = blog(1, Date.parse('2026-11-21T09:00:00Z'), {})
  v.parse(schema.TransactionRow, JSON.parse(JSON.stringify(story.row)))
  v.parse(schema.Transaction, JSON.parse(JSON.stringify(story.detail)))
  for (let row = 0; row < story.spans.length; row++) v.parse(schema.SpanDetail, JSON.parse(JSON.stringify(spanDetail(story, row))))
  const table = parseStream([...spanLines(story, 4)].join('\n'))
  expect(table.complete).toBe(true)
  expect(table.errors.size).toBe(4)
})

test('columns of unequal length or the wrong type are refused', () => {
  const chunk = { offset: 0, names: [], id: ['a'], parent: [-1], name: [0], svc: [0], node: [0], start: [0], dur: [1], wait: [0], flags: [0] }
  expect(parseColumns(chunk)).toBe(chunk)
  expect(() => parseColumns({ ...chunk, dur: [] })).toThrow('column dur')
  expect(() => parseColumns({ ...chunk, start: ['0'] })).toThrow('wrong type')
  expect(() => parseColumns(null)).toThrow('not an object')
})
