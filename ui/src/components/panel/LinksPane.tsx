import { Link } from 'wouter'
import type { SpanDetail } from '../../api/schema'
import type { SpanTable } from '../../model/spantable'
import { CopyButton } from '../parts/CopyButton'
import css from './panel.module.css'

/** LinksPane shows where the span hangs: its parent, its children, and the spans it links to. */
export function LinksPane({ detail, table, row, onRow }: { detail: SpanDetail; table: SpanTable; row: number; onRow: (row: number) => void }) {
  const parent = table.parent[row]
  return (
    <>
      <section className={css.section}>
        <header>
          <h3>In this transaction</h3>
        </header>
        <dl className={css.attributes}>
          <div>
            <dt>Parent</dt>
            <dd>
              {parent >= 0 ? (
                <button type="button" className={css.textButton} onClick={() => onRow(parent)}>
                  {table.nameOf(parent)}
                </button>
              ) : (
                'none: it is a root'
              )}
            </dd>
          </div>
          <div>
            <dt>Spans below</dt>
            <dd>{table.size[row] - 1}</dd>
          </div>
          <div>
            <dt>Trace</dt>
            <dd>
              <code>{detail.trace}</code> <CopyButton text={detail.trace} what="trace id" />
            </dd>
          </div>
          <div>
            <dt>Span</dt>
            <dd>
              <code>{detail.id}</code>
            </dd>
          </div>
        </dl>
      </section>
      {detail.links.length > 0 && (
        <section className={css.section}>
          <header>
            <h3>Linked spans</h3>
          </header>
          <dl className={css.attributes}>
            {detail.links.map((link) => (
              <div key={`${link.trace} ${link.span}`}>
                <dt>
                  <Link href={`/trace/${link.trace}/${link.span}`}>
                    <code>{link.span}</code>
                  </Link>
                </dt>
                <dd>
                  trace <code>{link.trace}</code>
                  {link.attributes.map((a) => (
                    <span key={a.key} className={css.from}>
                      {a.key} {String(a.value)}
                    </span>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </>
  )
}
