// The orders of the list of transactions. The server lists newest first; other
// orders are among the rows that are here.
import type { TransactionRow } from '../../api/schema'
import type { TxSort } from '../../state/url'

export const sorts: { sort: TxSort; keys: string; does: string }[] = [
  { sort: '', keys: 's n', does: 'Newest first' },
  { sort: 'slow', keys: 's t', does: 'Longest first' },
  { sort: 'waited', keys: 's w', does: 'Longest wait first' },
  { sort: 'dear', keys: 's c', does: 'Dearest first' },
]

const by: Record<TxSort, ((row: TransactionRow) => number) | null> = {
  '': null,
  slow: (row) => row.duration_ns,
  waited: (row) => row.queue_wait_ns,
  dear: (row) => row.usd ?? -1,
}

export function sortRows(rows: TransactionRow[], sort: TxSort): TransactionRow[] {
  const value = by[sort]
  return value ? [...rows].sort((a, b) => value(b) - value(a)) : rows
}
