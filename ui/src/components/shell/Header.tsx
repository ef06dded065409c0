import type { ReactNode } from 'react'
import { useKeys } from '../../state/keys'
import { live } from '../../state/live'
import { useStore } from '../../state/store'
import type { ListUrl } from '../../state/url'
import type { QueryAbout } from '../../model/complete'
import { shift } from '../../model/timerange'
import { QueryBox } from './QueryBox'
import { TimeBox } from './TimeBox'
import parts from '../parts/parts.module.css'
import css from './shell.module.css'

/** Header is the top of a list page: title, query, time, and what the page adds. */
export function Header({ title, url, query, onUrl, children }: { title: string; url: ListUrl; query: QueryAbout | false; onUrl: (change: Partial<ListUrl>) => void; children?: ReactNode }) {
  useKeys([
    { keys: '[', does: 'Earlier', group: 'Time', run: () => onUrl(shift(url, -1, Date.now())) },
    { keys: ']', does: 'Later', group: 'Time', run: () => onUrl(shift(url, 1, Date.now())) },
  ])
  return (
    <header className={css.header}>
      <h1>{title}</h1>
      {query && <QueryBox value={url.q} about={query} onChange={(q) => onUrl({ q })} />}
      <TimeBox range={url} onChange={onUrl} />
      {children}
    </header>
  )
}

export function LiveSwitch() {
  const on = useStore(live)
  return (
    <button type="button" className={parts.button} aria-pressed={on} onClick={() => live.set(!on)} title="Refresh every two seconds">
      Live
    </button>
  )
}
