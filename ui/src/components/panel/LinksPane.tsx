import { Link } from 'wouter'
import type { Message, SpanDetail, Transaction } from '../../api/schema'
import { fateWord } from '../../model/story'
import type { SpanTable } from '../../model/spantable'
import { CopyButton } from '../parts/CopyButton'
import css from './panel.module.css'

interface Props {
  detail: SpanDetail
  tx: Transaction
  messages: { message: Message; way: 'in' | 'out' }[]
  table: SpanTable
  row: number
  onRow: (row: number) => void
}

/** LinksPane shows where the span hangs: its messages, its parent, its children, and the spans it links to. */
export function LinksPane({ detail, tx, messages, table, row, onRow }: Props) {
  const parent = table.parent[row]
  return (
    <>
      {messages.slice(0, mostMessages).map(({ message, way }) => (
        <MessageLife key={`${way} ${message.kind} ${message.key}`} tx={tx} message={message} way={way} table={table} row={row} onRow={onRow} />
      ))}
      {messages.length > mostMessages && <p className={css.none}>{messages.length - mostMessages} further messages are not shown.</p>}
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

const mostMessages = 20

interface LifeProps extends Omit<Props, 'detail' | 'messages'> {
  message: Message
  way: 'in' | 'out'
}

// MessageLife tells one message from its sending to its fate.
function MessageLife({ tx, message, way, table, row, onRow }: LifeProps) {
  const rowButton = (r: number) => (
    <button type="button" className={css.textButton} disabled={r === row} onClick={() => onRow(r)}>
      {tx.services[table.svc[r]]?.name} {table.nameOf(r)}
    </button>
  )
  return (
    <section className={css.section}>
      <header>
        <h3>{way === 'in' ? 'Message in' : 'Message out'}</h3>
        <span className={css.from}>
          {message.kind} <code>{message.key}</code>
        </span>
      </header>
      <dl className={css.attributes}>
        <div>
          <dt>Sent by</dt>
          <dd>{message.sender >= 0 ? rowButton(message.sender) : 'nobody that was seen'}</dd>
        </div>
        {message.attempts.map((r, i) => (
          <div key={r}>
            <dt>{message.attempts.length > 1 ? `Attempt ${i + 1} of ${message.attempts.length}` : 'Taken by'}</dt>
            <dd>
              {rowButton(r)}
              {table.errors.has(r) && <span className={css.errorText}>{table.errors.get(r)}</span>}
            </dd>
          </div>
        ))}
        {message.batch > 1 && (
          <div>
            <dt>Batch</dt>
            <dd>came with {message.batch - 1} others</dd>
          </div>
        )}
        <div>
          <dt>Fate</dt>
          <dd>
            {fateWord(message.fate)}
            {message.dlq >= 0 ? ` in ${tx.nodes[message.dlq]?.name}` : ''}
            {message.redriven ? ', redriven' : ''}
          </dd>
        </div>
      </dl>
    </section>
  )
}
