// Reads the span stream line by line into a SpanTable, handing it out after
// every chunk so that the first rows show before the last have arrived.
import * as v from 'valibot'
import { type SpanColumns, SpanTable } from '../model/spantable'
import { ApiError, open } from './client'
import { SpanHead } from './schema'

const optional = ['trace', 'usd'] as const
const columns = ['id', 'parent', 'name', 'svc', 'node', 'start', 'dur', 'wait', 'flags'] as const

/** parseColumns checks a chunk's columns by length and by the type of their first entry. */
export function parseColumns(chunk: unknown): SpanColumns {
  if (typeof chunk !== 'object' || chunk === null) throw new Error('spans: a chunk is not an object')
  const c = chunk as Record<string, unknown>
  if (typeof c.offset !== 'number') throw new Error('spans: a chunk has no offset')
  c.names ??= []
  if (!Array.isArray(c.names)) throw new Error('spans: names is not a list')
  const length = Array.isArray(c.id) ? c.id.length : -1
  for (const key of columns) {
    const column = c[key]
    if (!Array.isArray(column) || column.length !== length) throw new Error(`spans: column ${key} does not have ${length} entries`)
    if (length > 0 && typeof column[0] !== (key === 'id' ? 'string' : 'number')) throw new Error(`spans: column ${key} has the wrong type`)
  }
  for (const key of optional) {
    const column = c[key]
    if (column == null) delete c[key]
    else if (!Array.isArray(column) || column.length !== length) throw new Error(`spans: column ${key} does not have ${length} entries`)
  }
  return c as unknown as SpanColumns
}

const pathOf = (id: string) => `transactions/${encodeURIComponent(id)}/spans`

let expected: { id: string; response: Promise<Response>; abort: AbortController } | undefined

/** expectSpans sends the request that the next readSpans of id takes over. */
export function expectSpans(id: string): void {
  const abort = new AbortController()
  const response = open(pathOf(id), {}, abort.signal)
  response.catch(() => undefined) // readSpans reports it
  expected = { id, response, abort }
}

function request(id: string, signal: AbortSignal): Promise<Response> {
  const sent = expected
  expected = undefined
  if (sent?.id !== id) {
    sent?.abort.abort()
    return open(pathOf(id), {}, signal)
  }
  signal.addEventListener('abort', () => sent.abort.abort(), { once: true })
  return sent.response
}

export async function readSpans(id: string, signal: AbortSignal, grew: (table: SpanTable) => void): Promise<SpanTable> {
  const response = await request(id, signal)
  let table: SpanTable | undefined
  try {
    for await (const line of lines(response, signal)) {
      if (table) {
        const first = table.n === 0
        table.append(parseColumns(JSON.parse(line)))
        grew(table)
        if (first && !table.complete) await painted()
      } else {
        const head = v.parse(SpanHead, JSON.parse(line))
        table = new SpanTable(head.total, head.traces)
      }
    }
  } catch (cause) {
    if (signal.aborted || cause instanceof ApiError) throw cause
    throw new ApiError('The spans could not be read', response.status, String(cause), response.headers.get('x-request-id') ?? '', [])
  }
  if (!table?.complete) {
    const got = table ? `${table.n} of ${table.total} spans arrived` : 'nothing arrived'
    throw new ApiError('The span stream broke off', response.status, got, response.headers.get('x-request-id') ?? '', [])
  }
  return table
}

// painted lets the first rows reach the screen before the rest is parsed; a
// page in the background does not wait for frames.
function painted(): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 60)
    requestAnimationFrame(() => {
      clearTimeout(late)
      setTimeout(resolve, 0)
    })
  })
}

async function* lines(response: Response, signal: AbortSignal): AsyncGenerator<string> {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let parts: string[] = []
  for (;;) {
    signal.throwIfAborted()
    const { done, value } = await reader.read()
    let text = done ? decoder.decode() : decoder.decode(value, { stream: true })
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = parts.join('') + text.slice(0, end)
      parts = []
      text = text.slice(end + 1)
      if (line.trim() !== '') yield line
    }
    if (text !== '') parts.push(text)
    if (done) break
  }
  const rest = parts.join('')
  if (rest.trim() !== '') yield rest
}
