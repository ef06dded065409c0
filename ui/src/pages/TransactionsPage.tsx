import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import type { Empty } from '../api/schema'
import { Crowd } from '../components/list/Crowd'
import { sortRows, sorts } from '../components/list/sorts'
import { TransactionTable } from '../components/list/TransactionTable'
import { useLiveRows } from '../components/list/useLiveRows'
import css from '../components/list/list.module.css'
import { BusyBar, EmptyNote, ErrorNote, PartialNote, Skeleton } from '../components/parts/Notes'
import parts from '../components/parts/parts.module.css'
import { Header, LiveSwitch } from '../components/shell/Header'
import { formatCount, formatInstant } from '../model/duration'
import { boxQuery } from '../model/heat'
import { absolute, around } from '../model/timerange'
import { useKeys } from '../state/keys'
import { live } from '../state/live'
import { prefs } from '../state/prefs'
import { useStore } from '../state/store'
import { type ListUrl, readTxList, type TxListUrl, type TxSort, writeTxList } from '../state/url'
import { useTitle } from '../state/title'
import { sawList } from '../state/trail'

export function TransactionsPage() {
  useTitle('Transactions')
  const search = useSearch()
  const [, go] = useLocation()
  const url = useMemo(() => readTxList(search), [search])
  const { utc } = useStore(prefs)
  const isLive = useStore(live)
  const [atTop, setAtTop] = useState(true)
  const [cursorId, setCursorId] = useState('')
  const scroller = useRef<HTMLDivElement>(null)
  const { box } = url
  const listed = box ? { q: boxQuery(url.q, box), ...absolute(box) } : url
  const liveRows = useLiveRows(listed.q, listed, isLive && !box, atTop)
  const { pages, fresh, showFresh } = liveRows
  const rows = useMemo(() => sortRows(liveRows.rows, url.sort), [liveRows.rows, url.sort])
  const cursor = rows.findIndex((row) => row.id === cursorId)
  const onUrl = (change: Partial<TxListUrl>) => go(`/tx${writeTxList({ ...url, box: null, ...change })}`)
  const onSort = (sort: TxSort) => go(`/tx${writeTxList({ ...url, sort })}`, { replace: true })
  const move = (step: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, cursor < 0 ? 0 : cursor + step))]
    if (next) setCursorId(next.id)
  }
  const free = (e: KeyboardEvent) => !(e.target instanceof HTMLElement && e.target.closest('[role=dialog], [role=listbox]'))
  useKeys([
    { keys: 'j', does: 'Next row', group: 'List', run: () => move(1) },
    { keys: 'k', does: 'Previous row', group: 'List', run: () => move(-1) },
    { keys: 'ArrowDown', does: 'Next row', group: 'List', when: free, run: () => move(1) },
    { keys: 'ArrowUp', does: 'Previous row', group: 'List', when: free, run: () => move(-1) },
    {
      keys: 'Enter',
      does: 'Open',
      group: 'List',
      when: (e) => cursor >= 0 && !(e.target instanceof HTMLElement && e.target.closest('a, button, [role=dialog]')),
      run: () => go(`/tx/${rows[cursor].id}`),
    },
    ...sorts.map(({ sort, keys, does }) => ({ keys, does, group: 'List', run: () => onSort(sort) })),
    { keys: 'Escape', does: 'Let go of the row', group: 'List', when: () => cursor >= 0, run: () => setCursorId('') },
  ])
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  useEffect(() => setAtTop(true), [search])
  useEffect(() => () => sawList(rowsRef.current.map((row) => row.id)), [])
  const setCursor = useCallback((line: number) => setCursorId(rowsRef.current[line]?.id ?? ''), [])
  const rowsRef = useRef(rows)
  rowsRef.current = rows
  const first = pages.data?.pages[0]
  const partial = pages.data?.pages.find((p) => p.partial)?.partial
  return (
    <>
      <Header title="Transactions" url={url} query="transactions" onUrl={onUrl}>
        <LiveSwitch />
      </Header>
      <BusyBar on={pages.isFetching && !pages.isPending} />
      {partial && <PartialNote text={partial} />}
      {pages.isPending && <Skeleton rows={18} label="Loading transactions" />}
      {pages.isError && <ErrorNote what="The transactions could not be read." error={pages.error} onRetry={() => void pages.refetch()} />}
      {first && rows.length === 0 && <NothingHere empty={first.empty} url={{ ...url, q: listed.q }} utc={utc} onUrl={onUrl} />}
      <Crowd url={url} utc={utc} live={isLive} onBox={(next) => onUrl({ box: next })} />
      {rows.length > 0 && (
        <>
          {fresh > 0 && (
            <button
              type="button"
              className={css.fresh}
              style={{ alignSelf: 'center' }}
              onClick={() => {
                showFresh()
                scroller.current?.scrollTo({ top: 0 })
              }}
            >
              {fresh >= 50 ? '50+' : fresh} new ↑
            </button>
          )}
          <TransactionTable rows={rows} cursor={cursor} utc={utc} sort={url.sort} onSort={onSort} scroller={scroller} onCursor={setCursor} onEnd={onEnd} onTop={setAtTop} />
          <footer className={css.foot}>
            <span>
              {formatCount(rows.length)} {rows.length === 1 ? 'transaction' : 'transactions'}
              {hasNextPage ? ' so far' : ''}
            </span>
            {first && (
              <span>
                {formatCount(first.scanned)} rows read in {Math.round(first.took_ms)} ms
              </span>
            )}
            {url.sort && hasNextPage && <span>sorted among those shown</span>}
            <span>{utc ? 'UTC' : 'local time'}</span>
          </footer>
        </>
      )}
    </>
  )
}

function NothingHere({ empty, url, utc, onUrl }: { empty?: Empty; url: ListUrl; utc: boolean; onUrl: (change: Partial<ListUrl>) => void }) {
  if (empty?.reason === 'no-data') {
    return (
      <EmptyNote title="Nothing has been sent yet">
        <p>
          <Link href="/connect">Connect a function or service</Link>, and its transactions appear here.
        </p>
      </EmptyNote>
    )
  }
  if (empty?.reason === 'no-data-in-range' || url.q === '') {
    const nearest = empty?.nearest
    return (
      <EmptyNote title="No transactions in this time">
        {nearest && (
          <button type="button" className={parts.button} onClick={() => onUrl(around(nearest))}>
            Go to {formatInstant(nearest, { utc, date: true })}, the nearest with data
          </button>
        )}
      </EmptyNote>
    )
  }
  const term = empty?.term
  return (
    <EmptyNote title="No transaction fits the query">
      {term ? (
        <>
          <p>
            Without <code>{term}</code> there would be some.
          </p>
          <button type="button" className={parts.button} onClick={() => onUrl({ q: url.q.replace(term, '').replace(/\s+/g, ' ').trim() })}>
            Remove it
          </button>
        </>
      ) : (
        <button type="button" className={parts.button} onClick={() => onUrl({ q: '' })}>
          Clear the query
        </button>
      )}
    </EmptyNote>
  )
}
