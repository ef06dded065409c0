import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { useIssues } from '../api/hooks'
import type { Empty } from '../api/schema'
import { IssueTable } from '../components/issues/IssueTable'
import css from '../components/issues/issues.module.css'
import { BusyBar, EmptyNote, ErrorNote, PartialNote, Skeleton } from '../components/parts/Notes'
import parts from '../components/parts/parts.module.css'
import { Header, LiveSwitch } from '../components/shell/Header'
import { formatCount, formatInstant } from '../model/duration'
import { around } from '../model/timerange'
import { useNow } from '../state/clock'
import { useKeys } from '../state/keys'
import { live } from '../state/live'
import { prefs } from '../state/prefs'
import { useStore } from '../state/store'
import { issueStateFilters, type IssuesUrl, readIssues, writeIssues } from '../state/url'
import { useTitle } from '../state/title'

const chips: Record<IssuesUrl['state'], string> = { active: 'Active', open: 'Open', regressed: 'Regressed', ignored: 'Ignored', resolved: 'Resolved', all: 'All' }
const orders: { sort: IssuesUrl['sort']; keys: string; name: string }[] = [
  { sort: '', keys: 's l', name: 'Last seen' },
  { sort: 'count', keys: 's c', name: 'Most often' },
  { sort: 'first', keys: 's f', name: 'Newest' },
]

/** IssuesPage lists the faults of a time, those that ask for attention first. */
export function IssuesPage() {
  useTitle('Issues')
  const search = useSearch()
  const [, go] = useLocation()
  const url = useMemo(() => readIssues(search), [search])
  const { utc } = useStore(prefs)
  const isLive = useStore(live)
  const now = useNow(10_000)
  const [cursorId, setCursorId] = useState('')
  const query = useIssues(url.q, url, url.state === 'all' ? '' : url.state, url.sort, isLive ? 2000 : false)
  const rows = useMemo(() => query.data?.pages.flatMap((p) => p.issues) ?? [], [query.data])
  const cursor = Math.max(rows.findIndex((row) => row.id === cursorId), rows.length > 0 ? 0 : -1)
  const onUrl = (change: Partial<IssuesUrl>) => go(`/issues${writeIssues({ ...url, ...change })}`)
  const move = (step: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, cursor + step))]
    if (next) setCursorId(next.id)
  }
  const free = (e: KeyboardEvent) => !(e.target instanceof HTMLElement && e.target.closest('[role=dialog], [role=listbox]'))
  useKeys([
    { keys: 'j', does: 'Next issue', group: 'List', run: () => move(1) },
    { keys: 'k', does: 'Previous issue', group: 'List', run: () => move(-1) },
    { keys: 'ArrowDown', does: 'Next issue', group: 'List', when: free, run: () => move(1) },
    { keys: 'ArrowUp', does: 'Previous issue', group: 'List', when: free, run: () => move(-1) },
    {
      keys: 'Enter',
      does: 'Open',
      group: 'List',
      when: (e) => cursor >= 0 && !(e.target instanceof HTMLElement && e.target.closest('main a, main button, [role=dialog]')),
      run: () => go(`/issues/${rows[cursor].id}`),
    },
    ...orders.map(({ sort, keys, name }) => ({ keys, does: `${name} first`, group: 'List', run: () => onUrl({ sort }) })),
  ])
  useEffect(() => {
    void document.querySelector('[data-issue][class*=current]')?.scrollIntoView({ block: 'nearest' })
  }, [cursor])
  const setCursor = useCallback((line: number) => setCursorId(rows[line]?.id ?? ''), [rows])
  const first = query.data?.pages[0]
  return (
    <>
      <Header title="Issues" url={url} query="issues" onUrl={onUrl}>
        <LiveSwitch />
      </Header>
      <BusyBar on={query.isFetching && !query.isPending} />
      <div className={css.filters}>
        <div role="group" aria-label="State">
          {issueStateFilters.map((state) => (
            <button key={state} type="button" aria-pressed={url.state === state} onClick={() => onUrl({ state })}>
              {chips[state]}
            </button>
          ))}
        </div>
        <div role="group" aria-label="Order">
          {orders.map(({ sort, name }) => (
            <button key={name} type="button" aria-pressed={url.sort === sort} onClick={() => onUrl({ sort })}>
              {name}
            </button>
          ))}
        </div>
      </div>
      {first?.partial && <PartialNote text={first.partial} />}
      {query.isPending && <Skeleton rows={10} label="Loading issues" />}
      {query.isError && <ErrorNote what="The issues could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {first && rows.length === 0 && <NoIssues empty={first.empty} url={url} utc={utc} onUrl={onUrl} />}
      {rows.length > 0 && (
        <div className={css.scroller}>
          <IssueTable rows={rows} cursor={cursor} now={now} utc={utc} onCursor={setCursor} />
          {query.hasNextPage && (
            <button type="button" className={`${parts.button} ${css.more}`} onClick={() => void query.fetchNextPage()}>
              More than these {formatCount(rows.length)}
            </button>
          )}
        </div>
      )}
    </>
  )
}

function NoIssues({ empty, url, utc, onUrl }: { empty?: Empty | null; url: IssuesUrl; utc: boolean; onUrl: (change: Partial<IssuesUrl>) => void }) {
  const nearest = empty?.nearest
  if (empty?.reason === 'no-data') {
    return (
      <EmptyNote title="No issue was ever seen">
        <p>
          Failures of what is <Link href="/connect">connected</Link> appear here by themselves.
        </p>
      </EmptyNote>
    )
  }
  if (nearest) {
    return (
      <EmptyNote title="No issue in this time">
        <button type="button" className={parts.button} onClick={() => onUrl(around(nearest))}>
          Go to {formatInstant(nearest, { utc, date: true })}, the nearest with one
        </button>
      </EmptyNote>
    )
  }
  return (
    <EmptyNote title={url.q === '' ? `No issue is ${chips[url.state].toLowerCase()}` : 'No issue fits the query'}>
      {empty?.term ? (
        <button type="button" className={parts.button} onClick={() => onUrl({ q: url.q.replace(empty.term!, '').replace(/\s+/g, ' ').trim() })}>
          Without {empty.term} there would be some: remove it
        </button>
      ) : (
        url.state !== 'all' && (
          <button type="button" className={parts.button} onClick={() => onUrl({ state: 'all' })}>
            Show all states
          </button>
        )
      )}
    </EmptyNote>
  )
}
