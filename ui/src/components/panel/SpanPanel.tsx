import { useCallback, useMemo } from 'react'
import type { Transaction } from '../../api/schema'
import { isNotFound, useSpan } from '../../api/hooks'
import { formatDuration } from '../../model/duration'
import { Flag, type SpanTable } from '../../model/spantable'
import { useSettled } from '../../state/clock'
import type { Pane } from '../../state/url'
import { Glyph } from '../Glyph'
import { ErrorNote, Skeleton } from '../parts/Notes'
import { Tabs } from '../parts/Tabs'
import { messagesOf, originsOf, rowCost } from '../../model/story'
import { AttributesPane } from './AttributesPane'
import { CostPane } from './CostPane'
import { ErrorPane } from './ErrorPane'
import { LinksPane } from './LinksPane'
import { LogsPane } from './LogsPane'
import { PayloadPane } from './PayloadPane'
import css from './panel.module.css'

interface Props {
  tx: Transaction
  table: SpanTable
  row: number
  pane: Pane | ''
  onPane: (pane: Pane) => void
  onRow: (row: number) => void
}

/** SpanPanel shows what is known of the selected span. It is fetched when the selection rests. */
export function SpanPanel({ tx, table, row, pane, onPane, onRow }: Props) {
  const missing = table.has(row, Flag.missing)
  const spanId = useSettled(missing ? '' : table.id[row], 60)
  const trace = table.traces[table.trace[row]] ?? tx.id
  const query = useSpan(useSettled(trace, 60), spanId)
  const detail = query.data?.id === table.id[row] ? query.data : undefined
  const failed = table.has(row, Flag.error)
  const payloads = detail?.payloads.length ?? 0
  const cost = rowCost(tx, row)
  const hasCost = cost.items.length + cost.unknown.length > 0 || cost.idle !== undefined
  const notes = tx.silent.filter((s) => s.row === row).map((s) => s.text)
  const origins = useMemo(() => originsOf(tx, row), [tx, row])
  const nameOf = useCallback((r: number) => tx.nodes[table.node[r]]?.name ?? 'another span', [tx, table])
  const messages = messagesOf(tx, row)
  const active: Pane = (pane === 'cost' && !hasCost ? '' : pane) || (failed && payloads === 0 && origins.length === 0 ? 'error' : payloads > 0 || !detail ? 'payload' : 'attrs')
  return (
    <aside className={css.panel} aria-label="Selected span" data-testid="panel">
      <header className={css.head}>
        <h2>
          {failed && <Glyph name="error" size={14} label="failed" className={css.errorGlyph} />}
          {table.nameOf(row)}
        </h2>
        <p>
          {tx.services[table.svc[row]]?.name} · {table.kindOf(row)} · {table.has(row, Flag.open) ? 'never ended' : formatDuration(table.dur[row])} ·{' '}
          {table.start[row] > 0 ? `starts at ${formatDuration(table.start[row])}` : 'at the start'}
        </p>
        {notes.map((text) => (
          <p key={text} className={css.silentText}>
            {text}
          </p>
        ))}
        {failed && <p className={css.errorText}>{table.errors.get(row)}</p>}
      </header>
      {missing ? (
        <p className={css.none}>Spans name this one as their parent, but it never arrived. It may have been sampled away, or its sender is not connected.</p>
      ) : (
        <Tabs
          label="What is known of the span"
          active={active}
          onPick={onPane}
          tabs={[
            { key: 'payload', label: 'Payload', count: payloads },
            { key: 'logs', label: 'Logs', count: detail ? detail.logs.length + detail.logs_cut : 0 },
            { key: 'error', label: 'Error', count: detail?.failure ? 1 : 0 },
            { key: 'attrs', label: 'Attributes' },
            ...(hasCost ? [{ key: 'cost' as const, label: 'Cost' }] : []),
            { key: 'links', label: 'Links', count: messages.length + (detail?.links.length ?? 0) },
          ]}
        >
          {!detail && query.isError && !isNotFound(query.error) && <ErrorNote what="The span could not be read." error={query.error} onRetry={() => void query.refetch()} />}
          {!detail && isNotFound(query.error) && <p className={css.none}>This span is no longer stored.</p>}
          {!detail && !query.isError && active !== 'cost' && <Skeleton rows={5} label="Loading the span" />}
          {detail && active === 'payload' && <PayloadPane detail={detail} nameOf={nameOf} origins={origins} onRow={onRow} />}
          {detail && active === 'logs' && <LogsPane detail={detail} />}
          {detail && active === 'error' && <ErrorPane detail={detail} />}
          {detail && active === 'attrs' && <AttributesPane detail={detail} />}
          {detail && active === 'links' && <LinksPane detail={detail} tx={tx} messages={messages} table={table} row={row} onRow={onRow} />}
          {active === 'cost' && <CostPane tx={tx} cost={cost} onRow={onRow} />}
        </Tabs>
      )}
    </aside>
  )
}
