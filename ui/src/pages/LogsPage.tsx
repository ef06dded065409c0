import { useCallback, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { useLogHistogram, useLogPatterns, useLogs, useTail } from '../api/logs'
import { MiniChart } from '../components/functions/MiniChart'
import { LogLines } from '../components/logs/LogLines'
import { LogPanel } from '../components/logs/LogPanel'
import css from '../components/logs/logs.module.css'
import { Patterns } from '../components/logs/Patterns'
import { BusyBar, EmptyNote, ErrorNote, PartialNote, Skeleton } from '../components/parts/Notes'
import parts from '../components/parts/parts.module.css'
import { Header } from '../components/shell/Header'
import { formatCount, formatInstant } from '../model/duration'
import { absolute, around } from '../model/timerange'
import { useKeys } from '../state/keys'
import { prefs } from '../state/prefs'
import { useStore } from '../state/store'
import { useTitle } from '../state/title'
import { type ListUrl, readList, writeList } from '../state/url'

type View = 'lines' | 'patterns' | 'tail'

/** LogsPage searches, follows and sorts log lines. The URL keeps the query, the time and the view. */
export function LogsPage() {
  useTitle('Logs')
  const search = useSearch()
  const [, go] = useLocation()
  const { utc } = useStore(prefs)
  const url = readList(search)
  const p = new URLSearchParams(search)
  const view: View = p.get('view') === 'patterns' ? 'patterns' : p.get('view') === 'tail' ? 'tail' : 'lines'
  const raw = p.get('raw') !== 'no'
  const [cursor, setCursor] = useState(-1)
  const [step, setStep] = useState(-1)

  const pages = useLogs(url.q, url, view === 'lines')
  const histogram = useLogHistogram(url.q, url)
  const patterns = useLogPatterns(url.q, url, view === 'patterns')
  const tail = useTail(url.q, view === 'tail')
  const all = view === 'tail' ? tail.lines : (pages.data?.pages.flatMap((page) => page.lines) ?? [])
  const rows = raw ? all : all.filter((row) => !row.platform || row.platform === 'report')
  const row = rows[cursor]

  const show = (change: Partial<ListUrl> & { view?: View; raw?: boolean }) => {
    const { view: nextView = view, raw: nextRaw = raw, ...list } = change
    setCursor(-1)
    const text = writeList({ ...url, ...list })
    const more = [nextView !== 'lines' && `view=${nextView}`, !nextRaw && 'raw=no'].filter(Boolean).join('&')
    go(`/logs${text}${more ? `${text ? '&' : '?'}${more}` : ''}`)
  }
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const move = (by: number) => setCursor(Math.max(0, Math.min(rows.length - 1, cursor < 0 ? 0 : cursor + by)))
  useKeys([
    { keys: 'j', does: 'Next line', group: 'Logs', run: () => move(1) },
    { keys: 'k', does: 'Previous line', group: 'Logs', run: () => move(-1) },
    { keys: 'v', does: 'Lines of the platform on or off', group: 'Logs', run: () => show({ raw: !raw }) },
    { keys: 'l', does: 'All lines of the same request', group: 'Logs', when: () => Boolean(row?.request), run: () => show({ q: `faas.invocation_id:${row.request}`, view: 'lines' }) },
    { keys: 'Escape', does: 'Close the line', group: 'Logs', when: () => cursor >= 0, run: () => setCursor(-1) },
  ])
  const first = pages.data?.pages[0]
  const h = histogram.data
  const partial = view === 'patterns' ? patterns.data?.partial : (pages.data?.pages.find((page) => page.partial)?.partial ?? h?.partial)
  return (
    <>
      <Header title="Logs" url={url} query="logs" onUrl={show}>
        <Choice now={view} of="lines" name="Lines" onView={show} />
        <Choice now={view} of="patterns" name="Patterns" onView={show} />
        <Choice now={view} of="tail" name="Live tail" onView={show} />
      </Header>
      <BusyBar on={pages.isFetching && !pages.isPending} />
      {view !== 'tail' && partial && <PartialNote text={partial} />}
      <div className={css.top}>
        {view !== 'tail' && h && (
          <MiniChart
            title="Lines"
            stack
            format={formatCount}
            at={h.bins.map((_, i) => new Date(Date.parse(h.from) + (i * h.step_ns) / 1e6).toISOString())}
            series={[
              { name: 'errors', tone: 'bad', values: h.bins.map((b) => b.errors) },
              { name: 'others', tone: 'plain', values: h.bins.map((b) => b.lines - b.errors) },
            ]}
            cursor={step}
            onCursor={setStep}
            onSelect={(from, to) => {
              const start = Date.parse(h.from)
              show(absolute({ from: start + (from * h.step_ns) / 1e6, to: start + ((to + 1) * h.step_ns) / 1e6 }))
            }}
          />
        )}
        <p className={css.tools}>
          {view === 'tail' ? (
            <span role="status">
              {tail.connected ? 'Following' : 'Connecting'}: {formatCount(tail.came)} lines{tail.missed > 0 ? `, ${formatCount(tail.missed)} more came too fast to be shown` : ''}
            </span>
          ) : (
            h?.top.slice(0, 6).map((t) => (
              <button key={t.service} type="button" className={parts.button} onClick={() => show({ q: `${url.q} service:${t.service}`.trim() })}>
                {t.service} {formatCount(t.lines)}
              </button>
            ))
          )}
          <button type="button" className={parts.button} aria-pressed={raw} onClick={() => show({ raw: !raw })} title="START, END, INIT_START and the like">
            Platform lines
          </button>
        </p>
      </div>
      {view === 'lines' && pages.isPending && <Skeleton rows={18} label="Loading log lines" />}
      {view === 'lines' && pages.isError && <ErrorNote what="The log lines could not be read." error={pages.error} onRetry={() => void pages.refetch()} />}
      {view === 'patterns' && patterns.isPending && <Skeleton rows={12} label="Looking for kinds of line" />}
      {view === 'patterns' && patterns.isError && <ErrorNote what="The lines could not be read." error={patterns.error} onRetry={() => void patterns.refetch()} />}
      {view === 'patterns' && patterns.data && <Patterns data={patterns.data} utc={utc} onPattern={(q) => show({ q: `${url.q} ${q}`.trim(), view: 'lines' })} />}
      {view === 'lines' && first && all.length === 0 && <NoLines empty={first.empty} q={url.q} utc={utc} onUrl={show} />}
      {view !== 'patterns' && (rows.length > 0 || view === 'tail') && (
        <div className={css.columns}>
          <div className={css.list}>
            <LogLines rows={rows} utc={utc} cursor={cursor} onCursor={setCursor} onEnd={onEnd} follow={view === 'tail'} came={tail.came} />
          </div>
          {row && <LogPanel row={row} utc={utc} onTerm={(term) => show({ q: `${url.q} ${term}`.trim() })} onQuery={(q) => show({ q, view: 'lines' })} onClose={() => setCursor(-1)} />}
        </div>
      )}
    </>
  )
}

function Choice({ now, of, name, onView }: { now: View; of: View; name: string; onView: (change: { view: View }) => void }) {
  return (
    <button type="button" className={parts.button} aria-pressed={now === of} onClick={() => onView({ view: of })}>
      {name}
    </button>
  )
}

function NoLines({ empty, q, utc, onUrl }: { empty?: { reason: string; nearest?: string; term?: string }; q: string; utc: boolean; onUrl: (change: Partial<ListUrl>) => void }) {
  if (empty?.reason === 'no-data') {
    return (
      <EmptyNote title="No log line has arrived yet">
        <p>
          <Link href="/connect">Connect CloudWatch or a function</Link>, and its lines appear here.
        </p>
      </EmptyNote>
    )
  }
  if (empty?.reason === 'no-data-in-range' && empty.nearest) {
    const nearest = empty.nearest
    return (
      <EmptyNote title="No lines in this time">
        <button type="button" className={parts.button} onClick={() => onUrl(around(nearest))}>
          Go to {formatInstant(nearest, { utc, date: true })}, the nearest with lines
        </button>
      </EmptyNote>
    )
  }
  const term = empty?.term
  return (
    <EmptyNote title="No line fits the query">
      {term && (
        <p>
          Without <code>{term}</code> there would be some.
        </p>
      )}
      <button type="button" className={parts.button} onClick={() => onUrl({ q: term ? q.replace(term, '').replace(/\s+/g, ' ').trim() : '' })}>
        {term ? 'Remove it' : 'Clear the query'}
      </button>
    </EmptyNote>
  )
}
