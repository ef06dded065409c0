import { Link, useLocation, useSearch } from 'wouter'
import { type FunctionDetail, type FunctionName, functionPath, useFunction } from '../api/functions'
import { Charts } from '../components/functions/Charts'
import { CostBar, mostWaited } from '../components/functions/CostBar'
import { formatMemory } from '../components/functions/FunctionTable'
import css from '../components/functions/functions.module.css'
import { Invocations } from '../components/functions/Invocations'
import { Glyph, kindName } from '../components/Glyph'
import { BusyBar, EmptyNote, ErrorNote, PartialNote, Skeleton } from '../components/parts/Notes'
import { Header } from '../components/shell/Header'
import { serviceQuery } from '../model/complete'
import { formatCount, formatDuration, formatInstant } from '../model/duration'
import { formatShare, formatUSD } from '../model/money'
import type { TimeRange } from '../model/timerange'
import { useKeys } from '../state/keys'
import { prefs } from '../state/prefs'
import { useStore } from '../state/store'
import { useTitle } from '../state/title'
import { type ListUrl, readList, writeList } from '../state/url'

/** FunctionPage is one function: over time, its cost, advice, versions, what it waits for, and its newest runs. */
export function FunctionPage(name: FunctionName) {
  useTitle(name.name)
  const url = readList(useSearch())
  const [, go] = useLocation()
  const { utc } = useStore(prefs)
  const query = useFunction(name, url)
  const f = query.data
  const show = (change: Partial<ListUrl>) => go(`/${functionPath(name)}${writeList({ ...url, ...change, q: '' })}`)
  const waited = f ? mostWaited(f, url) : ''
  useKeys([
    {
      keys: 'Enter',
      does: 'Transactions with the largest wait',
      group: 'Function',
      when: (e) => waited !== '' && !(e.target instanceof HTMLElement && e.target.closest('a, button')),
      run: () => go(waited),
    },
  ])
  return (
    <>
      <Header title={name.name} url={url} query={false} onUrl={show} />
      <BusyBar on={query.isFetching && !query.isPending} />
      {f?.partial && <PartialNote text={f.partial} />}
      {query.isPending && <Skeleton rows={14} label="Loading the function" />}
      {query.isError && <ErrorNote what="The function could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {f && f.invocations === 0 && (
        <EmptyNote title={`${name.name} did not run in this time`}>
          <p>
            Choose a longer time, or look at <Link href={`/functions${writeList(url)}`}>all functions</Link>.
          </p>
        </EmptyNote>
      )}
      {f && f.invocations > 0 && (
        <div className={css.page} tabIndex={0} role="group" aria-label={name.name}>
          <Facts f={f} range={url} />
          <Charts f={f} utc={utc} onSelect={show} />
          <CostBar f={f} range={url} />
          {f.advice.length > 0 && (
            <section className={css.section} aria-labelledby="advice">
              <h2 id="advice">Worth doing</h2>
              <ul className={css.advice}>
                {f.advice.map((a) => (
                  <li key={a.kind + a.text}>
                    {a.text} {a.usd_per_day > 0 && <b className={css.money}>{formatUSD(a.usd_per_day)} a day</b>}
                  </li>
                ))}
              </ul>
            </section>
          )}
          <Waits f={f} />
          <Versions f={f} utc={utc} />
          <section className={css.section} aria-labelledby="runs">
            <h2 id="runs">
              Newest invocations <small>{formatCount(f.recent.length)} of {formatCount(f.invocations)}</small>
            </h2>
            <Invocations rows={f.recent} utc={utc} />
          </section>
        </div>
      )}
    </>
  )
}

function Facts({ f, range }: { f: FunctionDetail; range: TimeRange }) {
  const failed = `/tx${writeList({ ...range, q: `${serviceQuery(f.name)} status:error` })}`
  return (
    <p className={css.facts}>
      <span>{[f.account, f.region].filter(Boolean).join(' · ') || 'account and region were not told'}</span>
      {f.memory_size > 0 && <span>{formatMemory(f.memory_size)}</span>}
      <Link href={`/tx${writeList({ ...range, q: serviceQuery(f.name) })}`}>{formatCount(f.invocations)} invocations</Link>
      {f.errors > 0 ? (
        <Link href={failed} className={css.bad}>
          {formatCount(f.errors)} failed ({formatShare(f.errors, f.invocations)})
        </Link>
      ) : (
        <span>none failed</span>
      )}
      {f.timeouts > 0 && <span className={css.bad}>{formatCount(f.timeouts)} timed out</span>}
      {f.oom > 0 && <span className={css.bad}>{formatCount(f.oom)} out of memory</span>}
      {f.partial_batches > 0 && <span className={css.warn}>{formatCount(f.partial_batches)} batches failed in part</span>}
      {f.cold > 0 && <span className={css.cold}>{formatShare(f.cold, f.invocations)} cold</span>}
      <span>p95 {formatDuration(f.p95_ns)}</span>
    </p>
  )
}

function Waits({ f }: { f: FunctionDetail }) {
  if (f.idle.length === 0) return null
  return (
    <section className={css.section} aria-labelledby="waits">
      <h2 id="waits">
        Waits for <small>{formatShare(f.idle_ns, f.total_ns)} of its time</small>
      </h2>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Resource</th>
            <th scope="col">Kind</th>
            <th scope="col">Time</th>
            <th scope="col">Share</th>
            <th scope="col">An invocation</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {f.idle.map((i) => (
            <tr key={`${i.kind} ${i.name}`}>
              <th scope="row">
                <Glyph name={i.kind} size={14} /> {i.name}
              </th>
              <td>{kindName(i.kind)}</td>
              <td>{formatDuration(i.ns)}</td>
              <td>{formatShare(i.ns, f.total_ns)}</td>
              <td>{formatDuration(i.ns / f.invocations)}</td>
              <td className={css.money}>{i.usd > 0 ? formatUSD(i.usd) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Versions({ f, utc }: { f: FunctionDetail; utc: boolean }) {
  if (f.versions.length < 2) return null
  return (
    <section className={css.section} aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">First seen</th>
            <th scope="col">Invocations</th>
            <th scope="col">Errors</th>
            <th scope="col">p95</th>
            <th scope="col">Cold</th>
            <th scope="col">$ a million</th>
          </tr>
        </thead>
        <tbody>
          {f.versions.map((v) => (
            <tr key={v.version}>
              <th scope="row">{v.version || 'not told'}</th>
              <td>{formatInstant(v.first, { utc, date: true })}</td>
              <td>{formatCount(v.invocations)}</td>
              <td className={v.errors > 0 ? css.bad : undefined}>{formatShare(v.errors, v.invocations)}</td>
              <td>{formatDuration(v.p95_ns)}</td>
              <td>{formatShare(v.cold, v.invocations)}</td>
              <td className={css.money}>{formatUSD(v.cost.usd_per_million)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
