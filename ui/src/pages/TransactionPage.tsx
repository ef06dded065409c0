import { useCallback } from 'react'
import { useLocation } from 'wouter'
import { isNotFound, queryClient, useSpans, useTransaction } from '../api/hooks'
import { BusyBar, ErrorNote, NotThere, PartialNote, Skeleton } from '../components/parts/Notes'
import { TxHeader } from '../components/transaction/TxHeader'
import { useTxState } from '../components/transaction/useTxState'
import { Workbench } from '../components/transaction/Workbench'
import css from '../components/transaction/transaction.module.css'
import { useKeys } from '../state/keys'
import { cameFromList } from '../state/trail'
import { useTitle } from '../state/title'

export function TransactionPage({ id }: { id: string }) {
  const transaction = useTransaction(id)
  const spans = useSpans(id)
  const [state, change] = useTxState()
  const [, go] = useLocation()
  const tx = transaction.data
  useTitle(tx ? `${tx.entry.operation} · ${tx.entry.service}` : 'Transaction')
  const back = useCallback(() => {
    if (cameFromList()) history.back()
    else go('/tx')
  }, [go])
  useKeys([
    {
      keys: 'r',
      does: 'Refresh',
      group: 'Everywhere',
      run: () => {
        void queryClient.invalidateQueries()
        spans.retry()
      },
    },
  ])
  if (isNotFound(transaction.error)) return <NotThere what="This transaction is not stored" />
  return (
    <>
      {tx && <TxHeader tx={tx} view={state.view} onView={(view) => change({ view })} onBack={back} />}
      <BusyBar on={transaction.isFetching && !transaction.isPending} />
      {tx?.partial && <PartialNote text={tx.partial} />}
      {tx && tx.notes.length > 0 && <p className={css.notes}>{tx.notes.join(' · ')}</p>}
      {transaction.isError && <ErrorNote what="The transaction could not be read." error={transaction.error} onRetry={() => void transaction.refetch()} />}
      {spans.error && <ErrorNote what="Its spans could not be read." error={spans.error} onRetry={spans.retry} />}
      {!tx && !transaction.isError && <Skeleton rows={16} label="Loading the transaction" />}
      {tx && !spans.table && !spans.error && <Skeleton rows={16} label="Loading the spans" />}
      {tx && spans.table && spans.rows > 0 && <Workbench tx={tx} table={spans.table} rows={spans.rows} state={state} change={change} back={back} />}
    </>
  )
}
