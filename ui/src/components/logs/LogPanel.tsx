import { Minus, Plus, X } from 'lucide-react'
import { Link } from 'wouter'
import type { LogRow } from '../../api/logs'
import type { Attribute } from '../../api/schema'
import { attributeQuery } from '../../model/complete'
import { formatBytes, formatInstant } from '../../model/duration'
import { CopyButton } from '../parts/CopyButton'
import parts from '../parts/parts.module.css'
import panel from '../panel/panel.module.css'
import css from './logs.module.css'

interface Props {
  row: LogRow
  utc: boolean
  /** narrows the list by one more term */
  onTerm: (term: string) => void
  /** asks for something else altogether */
  onQuery: (q: string) => void
  onClose: () => void
}

/** LogPanel is one line with all it carries; every field narrows the list or leaves its value out. */
export function LogPanel({ row, utc, onTerm, onQuery, onClose }: Props) {
  return (
    <aside className={css.panel} aria-label="The line">
      <header className={panel.head}>
        <h2>
          {row.service} <b className={css[row.level]}>{row.level === 'unset' ? '' : row.level}</b>
        </h2>
        <p>
          <time dateTime={row.time} title={row.time}>
            {formatInstant(row.time, { utc, date: true, millis: true })}
          </time>
        </p>
        <button type="button" className={`${parts.iconButton} ${css.close}`} onClick={onClose} aria-label="Close">
          <X size={16} aria-hidden />
        </button>
      </header>
      <p className={css.actions}>
        {row.trace && (
          <Link href={`/tx/${row.trace}${row.span ? `?span=${row.span}` : ''}`} className={parts.button}>
            Open the transaction
          </Link>
        )}
        {row.request && (
          <button type="button" className={parts.button} onClick={() => onQuery(`faas.invocation_id:${row.request}`)}>
            Same request
          </button>
        )}
        <CopyButton text={row.body} what="line" />
      </p>
      <pre className={css.body}>{pretty(row.body)}</pre>
      {row.cut > 0 && <p className={panel.none}>{formatBytes(row.cut)} more are stored and not shown.</p>}
      <Fields title="Line" fields={row.attributes} onTerm={onTerm} />
      <Fields title="Resource" fields={row.resource} onTerm={onTerm} />
    </aside>
  )
}

/** pretty lays out a line that is one JSON object. */
function pretty(body: string): string {
  if (!body.startsWith('{')) return body
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

function Fields({ title, fields, onTerm }: { title: string; fields: Attribute[]; onTerm: (term: string) => void }) {
  if (fields.length === 0) return null
  return (
    <section className={panel.section}>
      <header>
        <h3>{title}</h3>
      </header>
      <dl className={panel.attributes}>
        {fields.map((a) => {
          const value = typeof a.value === 'string' ? a.value : (JSON.stringify(a.value) ?? '')
          const term = attributeQuery(a.key, value)
          return (
            <div key={a.key}>
              <dt>{a.key}</dt>
              <dd>
                <span>{value}</span>
                <button type="button" className={parts.iconButton} onClick={() => onTerm(term)} aria-label={`Only ${a.key} ${value}`} title="Only these">
                  <Plus size={12} aria-hidden />
                </button>
                <button type="button" className={parts.iconButton} onClick={() => onTerm(`-${term}`)} aria-label={`Without ${a.key} ${value}`} title="Without these">
                  <Minus size={12} aria-hidden />
                </button>
              </dd>
            </div>
          )
        })}
      </dl>
    </section>
  )
}
