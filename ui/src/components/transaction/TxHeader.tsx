import { ArrowLeft, ChevronDown, ChevronUp } from 'lucide-react'
import { Fragment } from 'react'
import { Link, useLocation } from 'wouter'
import type { Transaction } from '../../api/schema'
import { formatCount, formatDuration, formatInstant } from '../../model/duration'
import { formatShare, formatUSD, perMillion } from '../../model/money'
import { waitingShare } from '../../model/story'
import { useKeys } from '../../state/keys'
import { prefs } from '../../state/prefs'
import { useStore } from '../../state/store'
import { neighbours } from '../../state/trail'
import { type View, views } from '../../state/url'
import { Glyph } from '../Glyph'
import { isBad, outcomeWord } from '../outcome'
import parts from '../parts/parts.module.css'
import css from './transaction.module.css'

const viewNames: Record<View, string> = { both: 'Both', graph: 'Graph', wf: 'Waterfall' }

/** TxHeader says what the transaction was, how it ended, and its facts in one line. */
export function TxHeader({ tx, view, onView, onBack }: { tx: Transaction; view: View; onView: (view: View) => void; onBack: () => void }) {
  const waiting = waitingShare(tx.idle)
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
              {tx.cold_to_user_ns > 0 && `, ${formatDuration(tx.cold_to_user_ns)} to user`}
            </span>
          )}
        </h1>
        <p className={css.facts}>
          <Fact name="total" value={formatDuration(tx.duration_ns)} />
          <Fact name="to user" value={formatDuration(tx.to_user_ns)} />
          {tx.queue_wait_ns > 0 && <Fact name="in queues" title="While at least one message waited" value={formatDuration(tx.queue_wait_ns)} />}
          {tx.cost && <Fact name="cost" title={`${formatUSD(tx.cost.usd)} a run, by the prices of ${tx.cost.prices}`} value={perMillion(tx.cost.usd)} />}
          {waiting > 0 && <Fact name="of billed time waiting" title="Functions are billed while they wait for others" value={formatShare(waiting, 1)} />}
          <Fact name={`${tx.spans === 1 ? 'span' : 'spans'}${tx.functions > 0 ? ` in ${formatCount(tx.functions)} ${tx.functions === 1 ? 'function' : 'functions'}` : ''}`} value={formatCount(tx.spans)} />
          <span title={tx.start}>
            {formatInstant(tx.start, { utc, date: true, millis: true })}
            {utc ? ' UTC' : ''}
          </span>
        </p>
        {tx.ambiguous.length > 0 && <Ambiguous traces={tx.ambiguous} />}
      </div>
      <Neighbours id={tx.id} />
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

/** Neighbours step through the list the transaction was opened from. */
function Neighbours({ id }: { id: string }) {
  const [, go] = useLocation()
  const { previous, next } = neighbours(id)
  const step = (to: string | undefined) => to && go(`/tx/${to}`, { replace: true })
  useKeys([
    { keys: '[', does: 'Previous in the list', group: 'Transaction', run: () => step(previous) },
    { keys: ']', does: 'Next in the list', group: 'Transaction', run: () => step(next) },
  ])
  if (!previous && !next) return null
  return (
    <div className={css.neighbours}>
      <button type="button" className={parts.iconButton} disabled={!previous} onClick={() => step(previous)} aria-label="Previous in the list" title="Previous in the list ([)">
        <ChevronUp size={16} aria-hidden />
      </button>
      <button type="button" className={parts.iconButton} disabled={!next} onClick={() => step(next)} aria-label="Next in the list" title="Next in the list (])">
        <ChevronDown size={16} aria-hidden />
      </button>
    </div>
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

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <span title={title}>
      <b>{value}</b> {name}
    </span>
  )
}
