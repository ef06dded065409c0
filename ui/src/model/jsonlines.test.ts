import { expect, test } from 'vitest'
import { jsonLines, lineAt } from './jsonlines'

const sns = { Records: [{ Sns: { Message: JSON.stringify({ id: 'p-1', user: null }), 'Content-Type': 'json' } }] }

test('lines know their paths, also inside JSON in a string', () => {
  const lines = jsonLines(sns)
  expect(lines.filter((l) => l.type !== 'close').map((l) => l.path)).toEqual(['$', '$.Records', '$.Records[0]', '$.Records[0].Sns', '$.Records[0].Sns.Message', '$.Records[0].Sns.Message.id', '$.Records[0].Sns.Message.user', '$.Records[0].Sns["Content-Type"]'])
  expect(lines.find((l) => l.key === 'user')?.inner).toBe('$.user')
})

test('lineAt finds a field, one in embedded JSON, and what is around a missing one', () => {
  const f = (value: unknown, path: string, key: string | null, missing: string) => {
    const lines = jsonLines(value)
    const found = lineAt(lines, path)
    expect([lines[found.line]?.key ?? null, found.missing]).toEqual([key, missing])
  }
  f({ user: 1 }, '$.user', 'user', '')
  f(sns, '$.user', 'user', '')
  f(sns, '$.Records[0].Sns.Message.user', 'user', '')
  f(sns, '$.Records[0].Sns["Content-Type"]', 'Content-Type', '')
  f({ body: { id: 1 } }, '$.body.user', 'body', 'user')
  f({ id: 1 }, '$.user.name', null, 'user.name')
  f(sns, '$.author', 'Message', 'author')
  expect(lineAt([], '$.user')).toEqual({ line: -1, missing: '$.user' })
})
