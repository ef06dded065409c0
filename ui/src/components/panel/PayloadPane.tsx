import { useMemo } from 'react'
import type { SpanDetail } from '../../api/schema'
import { formatBytes } from '../../model/duration'
import { CopyButton } from '../parts/CopyButton'
import type { Origin } from '../../model/story'
import { type JsonMark, JsonView } from './JsonView'
import css from './panel.module.css'

const roleNames = { event: 'Event', response: 'Response', request: 'Request', message: 'Message' }
const largest = 256 * 1024 // a larger payload shows its head
const head = 64 * 1024

type Payload = SpanDetail['payloads'][number]

/** PayloadPane shows what went in and what came out. */
export function PayloadPane({ detail, nameOf, origins, onRow }: { detail: SpanDetail; nameOf: (row: number) => string; origins: Origin[]; onRow: (row: number) => void }) {
  const marks = useMemo(() => origins.map((o) => markOf(o, nameOf, onRow)), [origins, nameOf, onRow])
  if (detail.payloads.length === 0) return <p className={css.none}>No payload was captured for this span.</p>
  return detail.payloads.map((p) => (
    <section key={`${p.role} ${p.key}`} className={css.section}>
      <header>
        <h3>{roleNames[p.role]}</h3>
        <span className={css.from}>
          {p.key} · {formatBytes(p.text.length)}
        </span>
        <CopyButton text={p.text} what={roleNames[p.role].toLowerCase()} />
      </header>
      {(p.truncated || p.masked > 0) && (
        <p className={css.marks}>
          {p.truncated && <span>cut short by its sender</span>}
          {p.masked > 0 && <span>{p.masked === 1 ? '1 value masked' : `${p.masked} values masked`}</span>}
        </p>
      )}
      <Content payload={p} marks={marks.filter((m) => m.role === p.role)} />
    </section>
  ))
}

// markOf says in words where a field came from, or where it went.
function markOf(o: Origin, nameOf: (row: number) => string, onRow: (row: number) => void): JsonMark & { role: string } {
  const where = `${nameOf(o.row)} › ${o.otherRole === 'response' ? 'return' : o.otherRole} ${o.otherPath}`
  const text = o.row < 0 ? 'not known from where' : o.from ? `from ${where}` : `went to ${where}`
  return { role: o.role, path: o.path, text, go: o.row < 0 ? undefined : () => onRow(o.row) }
}

function Content({ payload, marks }: { payload: Payload; marks: JsonMark[] }) {
  const value = useMemo(() => parse(payload), [payload])
  if (value !== undefined) return <JsonView value={value} marks={marks} />
  if (payload.text.length <= largest) return <pre className={css.code}>{payload.text}</pre>
  return (
    <>
      <pre className={css.code}>{payload.text.slice(0, head)}…</pre>
      <p className={css.none}>
        The first {formatBytes(head)} of {formatBytes(payload.text.length)}.{' '}
        <button type="button" className={css.textButton} onClick={() => download(payload)}>
          Download all
        </button>
      </p>
    </>
  )
}

function parse(payload: Payload): unknown {
  if (!payload.json || payload.text.length > largest) return undefined
  try {
    return JSON.parse(payload.text)
  } catch {
    return undefined
  }
}

function download(payload: Payload): void {
  const url = URL.createObjectURL(new Blob([payload.text]))
  const link = document.createElement('a')
  link.href = url
  link.download = `${payload.role}.${payload.json ? 'json' : 'txt'}`
  link.click()
  URL.revokeObjectURL(url)
}
