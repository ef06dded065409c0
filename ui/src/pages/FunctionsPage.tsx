import { useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { functionPath, useFunctions } from '../api/functions'
import { FunctionTable, sortFunctions } from '../components/functions/FunctionTable'
import css from '../components/functions/functions.module.css'
import { BusyBar, EmptyNote, ErrorNote, PartialNote, Skeleton } from '../components/parts/Notes'
import parts from '../components/parts/parts.module.css'
import { Header } from '../components/shell/Header'
import { formatInstant } from '../model/duration'
import { around } from '../model/timerange'
import { useKeys } from '../state/keys'
import { prefs } from '../state/prefs'
import { useStore } from '../state/store'
import { useTitle } from '../state/title'
import { type ListUrl, readList, writeList } from '../state/url'

const plainSort = 'trouble'

/** FunctionsPage lists what functions did. The URL keeps the words that names must hold, the time, and the order. */
export function FunctionsPage() {
  useTitle('Functions')
  const search = useSearch()
  const [, go] = useLocation()
  const { utc } = useStore(prefs)
  const [cursor, setCursor] = useState('')
  const url = readList(search)
  const sort = new URLSearchParams(search).get('sort') || plainSort
  const query = useFunctions(url)
  const data = query.data
  const show = (change: Partial<ListUrl> & { sort?: string }) => {
    const { sort: next = sort, ...list } = change
    const text = writeList({ ...url, ...list })
    go(`/functions${text}${next === plainSort ? '' : `${text ? '&' : '?'}sort=${next}`}`)
  }
  const words = url.q.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (f: { name: string; account: string; region: string }) => words.every((w) => `${f.name} ${f.account} ${f.region}`.toLowerCase().includes(w))
  const rows = sortFunctions((data?.functions ?? []).filter(fits), sort)
  const move = (step: number) => {
    const at = rows.findIndex((f) => functionPath(f) === cursor)
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))]
    if (next) setCursor(functionPath(next))
  }
  useKeys([
    { keys: 'j', does: 'Next row', group: 'List', run: () => move(1) },
    { keys: 'k', does: 'Previous row', group: 'List', run: () => move(-1) },
    { keys: 'Enter', does: 'Open', group: 'List', when: (e) => rows.length > 0 && !(e.target instanceof HTMLElement && e.target.closest('a, button')), run: () => go(`/${cursor || functionPath(rows[0])}${writeList({ ...url, q: '' })}`) },
    { keys: 's c', does: 'Sort by cost', group: 'List', run: () => show({ sort: 'cost' }) },
    { keys: 's e', does: 'Sort by errors', group: 'List', run: () => show({ sort: 'errors' }) },
    { keys: 's d', does: 'Sort by duration (p95)', group: 'List', run: () => show({ sort: 'p95' }) },
    { keys: 's w', does: 'Sort by waiting', group: 'List', run: () => show({ sort: 'waiting' }) },
  ])
  return (
    <>
      <Header title="Functions" url={url} query={false} onUrl={show}>
        <input className={css.filter} type="search" aria-label="Words in the name" placeholder="Words in the name" value={url.q} onChange={(e) => show({ q: e.target.value })} />
      </Header>
      <BusyBar on={query.isFetching && !query.isPending} />
      {data?.partial && <PartialNote text={data.partial} />}
      {query.isPending && <Skeleton rows={12} label="Loading functions" />}
      {query.isError && <ErrorNote what="The functions could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {rows.length > 0 && <FunctionTable rows={rows} sort={sort} range={url} cursor={cursor} onSort={(key) => show({ sort: key })} />}
      {data && rows.length === 0 && data.functions.length > 0 && (
        <EmptyNote title="No function has these words in its name">
          <button type="button" className={parts.button} onClick={() => show({ q: '' })}>
            Show all {data.functions.length}
          </button>
        </EmptyNote>
      )}
      {data?.empty?.reason === 'no-data' && (
        <EmptyNote title="No function has reported yet">
          <p>
            <Link href="/connect">Connect one</Link>, and what it does and costs appears here.
          </p>
        </EmptyNote>
      )}
      {data?.empty?.reason === 'no-data-in-range' && (
        <EmptyNote title="No function ran in this time">
          {data.empty.nearest && (
            <button type="button" className={parts.button} onClick={() => show(around(data.empty!.nearest!))}>
              Go to {formatInstant(data.empty.nearest, { utc, date: true })}, the newest that ran
            </button>
          )}
        </EmptyNote>
      )}
    </>
  )
}
