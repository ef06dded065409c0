import { Search } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'wouter'
import type { Attribute, SpanDetail } from '../../api/schema'
import { formatDuration } from '../../model/duration'
import { attributeQuery } from '../../model/complete'
import { writeList } from '../../state/url'
import css from './panel.module.css'

/** AttributesPane lists all attributes; the lens beside one finds transactions that have it too. */
export function AttributesPane({ detail }: { detail: SpanDetail }) {
  const [text, setText] = useState('')
  const fits = (a: Attribute) => `${a.key} ${asText(a.value)}`.toLowerCase().includes(text.toLowerCase())
  return (
    <>
      <div className={css.tools}>
        <input aria-label="Filter attributes" placeholder="Filter" value={text} onChange={(e) => setText(e.target.value)} />
      </div>
      <Group title="Span" attributes={detail.attributes.filter(fits)} />
      {detail.events.map((event, i) => (
        <Group key={i} title={`Event ${event.name}, at +${formatDuration(event.offset_ns)}`} attributes={event.attributes.filter(fits)} plain />
      ))}
      <Group title="Resource" attributes={detail.resource.filter(fits)} />
      {detail.scope && <p className={css.none}>Recorded by {detail.scope}</p>}
    </>
  )
}

function Group({ title, attributes, plain }: { title: string; attributes: Attribute[]; plain?: boolean }) {
  if (attributes.length === 0) return null
  return (
    <section className={css.section}>
      <header>
        <h3>{title}</h3>
      </header>
      <dl className={css.attributes}>
        {attributes.map((a) => (
          <div key={a.key}>
            <dt>{a.key}</dt>
            <dd>
              <span className={a.type === 'string' ? css.string : a.type === 'empty' ? css.null : css.number}>{asText(a.value)}</span>
              {!plain && isSimple(a) && (
                <Link href={`/tx${writeList({ q: attributeQuery(a.key, asText(a.value)) })}`} title="Find transactions with this" aria-label={`Find transactions with ${a.key} ${asText(a.value)}`}>
                  <Search size={12} aria-hidden />
                </Link>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function isSimple(a: Attribute): boolean {
  return a.type !== 'json' && a.type !== 'empty' && a.type !== 'bytes' && asText(a.value).length <= 200
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
