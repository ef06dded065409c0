import { ArrowLeft } from 'lucide-react'
import { Fragment } from 'react'
import { Link } from 'wouter'
import type { Transaction } from '../../api/schema'
import { formatCount, formatDuration, formatInstant } from '../../model/duration'
import { prefs } from '../../state/prefs'
import { useStore } from '../../state/store'
import { type View, views } from '../../state/url'
import { Glyph } from '../Glyph'
import { isBad, outcomeWord } from '../outcome'
import parts from '../parts/parts.module.css'
import css from './transaction.module.css'

const viewNames: Record<View, string> = { both: 'Both', graph: 'Graph', wf: 'Waterfall' }

/** TxHeader says what the transaction was, how it ended, and its facts in one line. */
export function TxHeader({ tx, view, onView, onBack }: { tx: Transaction; view: View; onView: (view: View) => void; onBack: () => void }) {
  const { utc } = useStore(prefs)
  const bad = isBad(tx.outcome)
  return (
    <header className={css.header}>
      <button type="button" className={parts.iconButton} onClick={onBack} aria-label="Back to the list" title="Back to the list (Esc)">
        <ArrowLeft size={16} aria-hidden />
      </button>
      <div className={css.title}>
        <h1>
          {tx.entry.operation} <small>{tx.entry.service}</small>
          <span className={bad ? css.badTag : css.tag}>
            {tx.outcome !== 'ok' && <Glyph name={tx.outcome} size={12} />} {outcomeWord(tx.outcome)}
          </span>
          {tx.cold_starts > 0 && (
            <span className={css.coldTag}>
              <Glyph name="cold" size={12} /> {tx.cold_starts === 1 ? 'cold start' : `${tx.cold_starts} cold starts`}
            </span>
          )}
        </h1>
        <p className={css.facts}>
          <Fact name="total" value={formatDuration(tx.duration_ns)} />
          <Fact name="to user" value={formatDuration(tx.to_user_ns)} />
          {tx.queue_wait_ns > 0 && <Fact name="in queues" title="While at least one message waited" value={formatDuration(tx.queue_wait_ns)} />}
          <Fact name={tx.spans === 1 ? 'span' : 'spans'} value={formatCount(tx.spans)} />
          {tx.functions > 0 && <Fact name={tx.functions === 1 ? 'function' : 'functions'} value={formatCount(tx.functions)} />}
          {tx.errors > 0 && <Fact name="failed" value={formatCount(tx.errors)} bad />}
          {tx.logs > 0 && <Fact name={tx.logs === 1 ? 'log line' : 'log lines'} value={formatCount(tx.logs)} />}
          <span title={tx.start}>
            {formatInstant(tx.start, { utc, date: true, millis: true })}
            {utc ? ' UTC' : ''}
          </span>
        </p>
        {tx.ambiguous.length > 0 && <Ambiguous traces={tx.ambiguous} />}
      </div>
      <div className={css.views} role="group" aria-label="View">
        {views.map((v, i) => (
          <button key={v} type="button" aria-pressed={v === view} onClick={() => onView(v)} title={`${viewNames[v]} (${i + 1})`} className={v === 'both' ? css.bothView : undefined}>
            {viewNames[v]}
          </button>
        ))}
      </div>
    </header>
  )
}

/** Ambiguous says that the story may be longer than what is shown. */
function Ambiguous({ traces }: { traces: string[] }) {
  return (
    <p className={css.ambiguous}>
      Ambiguous: this may be one story with{' '}
      {traces.map((id, i) => (
        <Fragment key={id}>
          {i > 0 && ', '}
          <Link href={`/tx/${id}`}>{id}</Link>
        </Fragment>
      ))}
      . Their ids end alike, because a tracer reported only half of them, and no span tells whose they are.
    </p>
  )
}

function Fact({ name, value, bad, title }: { name: string; value: string; bad?: boolean; title?: string }) {
  return (
    <span className={bad ? css.badFact : undefined} title={title}>
      <b>{value}</b> {name}
    </span>
  )
}
