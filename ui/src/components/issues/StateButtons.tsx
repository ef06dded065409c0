import { useState } from 'react'
import { setIssueState } from '../../api/hooks'
import type { IssueRow } from '../../api/schema'
import { announce } from '../../state/live'
import { ErrorNote } from '../parts/Notes'
import parts from '../parts/parts.module.css'
import css from './issues.module.css'

type Change = { name: string; state: 'open' | 'ignored' | 'resolved'; until?: string }

const resolve: Change = { name: 'Resolve', state: 'resolved' }
const ignoreShort: Change = { name: 'Ignore 8 h', state: 'ignored', until: 'now+8h' }
const ignore: Change = { name: 'Ignore', state: 'ignored' }
const reopen: Change = { name: 'Reopen', state: 'open' }

const offers: Record<IssueRow['state'], Change[]> = {
  open: [resolve, ignoreShort, ignore],
  regressed: [resolve, ignoreShort, ignore],
  ignored: [reopen, resolve],
  resolved: [reopen],
}

/** StateButtons change what people made of an issue. */
export function StateButtons({ issue }: { issue: IssueRow }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const change = async (c: Change) => {
    setBusy(true)
    setError(null)
    try {
      await setIssueState(issue.id, c.state, c.until)
      announce(`The issue is ${c.state} now`)
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  return (
    <div className={css.change}>
      {offers[issue.state].map((c) => (
        <button key={c.name} type="button" className={parts.button} disabled={busy} onClick={() => void change(c)}>
          {c.name}
        </button>
      ))}
      {error !== null && <ErrorNote what="The state was not changed." error={error} />}
    </div>
  )
}
