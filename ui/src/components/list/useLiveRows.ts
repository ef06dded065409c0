import { useEffect, useMemo, useRef, useState } from 'react'
import { useNewest, useTransactions } from '../../api/hooks'
import type { TransactionRow } from '../../api/schema'
import { mergeNewest, unique } from '../../model/merge'
import type { TimeRange } from '../../model/timerange'
import { announce } from '../../state/live'

/** useLiveRows is the list of transactions: pages as they are asked for, and newest rows on top while it is live. */
export function useLiveRows(q: string, range: TimeRange, live: boolean, atTop: boolean) {
  const pages = useTransactions(q, range)
  const newest = useNewest(q, range, live && pages.isSuccess)
  const of = `${q} ${range.from} ${range.to}`
  const [head, setHead] = useState<{ of: string; rows: TransactionRow[] }>({ of, rows: [] })
  const mine = head.of === of ? head.rows : []
  const paged = useMemo(() => pages.data?.pages.flatMap((p) => p.transactions) ?? [], [pages.data])
  const base = useMemo(() => unique([...mine, ...paged]), [mine, paged])
  const merged = useMemo(() => mergeNewest(base, live ? (newest.data?.transactions ?? []) : []), [base, newest.data, live])

  const showFresh = () => {
    if (merged.fresh.length === 0) return
    setHead({ of, rows: unique([...merged.fresh, ...mine]) })
  }
  const told = useRef(0)
  useEffect(() => {
    const count = merged.fresh.length
    if (count === 0 || count === told.current) return
    told.current = count
    announce(`${count} new ${count === 1 ? 'transaction' : 'transactions'}`)
  }, [merged.fresh.length])
  useEffect(() => {
    if (atTop) showFresh()
  })
  return { pages, rows: merged.rows, fresh: atTop ? 0 : merged.fresh.length, showFresh }
}
