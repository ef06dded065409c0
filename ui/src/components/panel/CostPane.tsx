import type { Transaction } from '../../api/schema'
import { formatDuration } from '../../model/duration'
import { formatShare, formatUSD, perMillion } from '../../model/money'
import type { RowCost } from '../../model/story'
import css from './panel.module.css'

/** CostPane shows what a row costs as arithmetic, and what of its billed time it waited for. */
export function CostPane({ tx, cost, onRow }: { tx: Transaction; cost: RowCost; onRow: (row: number) => void }) {
  const { idle } = cost
  const sum = cost.items.reduce((usd, i) => usd + i.usd, 0)
  return (
    <>
      <section className={css.section}>
        <header>
          <h3>
            {cost.items.length === 0 ? 'No known price' : perMillion(sum)} <span className={css.from}>{cost.items.length > 0 && `${formatShare(sum, tx.cost?.usd ?? 0)} of this transaction`}</span>
          </h3>
        </header>
        <dl className={css.bill}>
          {cost.items.map((item, i) => (
            <div key={i}>
              <dt>
                {item.what} <small>{tx.nodes[item.node]?.name}</small>
              </dt>
              <dd>
                <code>{item.formula}</code>
                <b>{formatUSD(item.usd)}</b>
              </dd>
            </div>
          ))}
          {cost.unknown.map((u, i) => (
            <div key={`u${i}`}>
              <dt>
                {u.what} <small>{tx.nodes[u.node]?.name}</small>
              </dt>
              <dd>
                {u.why}
                <b>–</b>
              </dd>
            </div>
          ))}
        </dl>
      </section>
      {idle && idle.idle_ns > 0 && (
        <section className={css.section}>
          <header>
            <h3>
              {formatShare(idle.idle_ns, idle.billed_ns)} of the billed time waiting{' '}
              <span className={css.from}>
                {formatDuration(idle.idle_ns)} of {formatDuration(idle.billed_ns)}
              </span>
            </h3>
          </header>
          <dl className={css.bill}>
            {idle.by.map((by) => (
              <div key={by.node}>
                <dt>
                  <button type="button" className={css.textButton} onClick={() => onRow(tx.nodes[by.node]?.row ?? idle.row)}>
                    {tx.nodes[by.node]?.name ?? 'unknown'}
                  </button>
                </dt>
                <dd>
                  <i className={css.meter}>
                    <i style={{ width: `${(100 * by.idle_ns) / idle.billed_ns}%` }} />
                  </i>
                  {formatDuration(by.idle_ns)}
                  <b>{formatShare(by.idle_ns, idle.billed_ns)}</b>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {tx.cost && (
        <p className={css.none}>
          The whole transaction costs {formatUSD(tx.cost.usd)}, by the prices of {tx.cost.prices}.{tx.cost.notes.map((note) => ` ${note}.`).join('')}
        </p>
      )}
    </>
  )
}
