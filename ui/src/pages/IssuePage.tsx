import { ArrowLeft } from 'lucide-react'
import { useLocation, useSearch } from 'wouter'
import { isNotFound, useIssue } from '../api/hooks'
import { IssueDetail } from '../components/issues/IssueDetail'
import { State } from '../components/issues/IssueTable'
import { StateButtons } from '../components/issues/StateButtons'
import { issueGlyph, issueKind, ofIssue } from '../components/issues/words'
import css from '../components/issues/issues.module.css'
import { BusyBar, ErrorNote, NotThere, Skeleton } from '../components/parts/Notes'
import parts from '../components/parts/parts.module.css'
import { TimeBox } from '../components/shell/TimeBox'
import { Glyph } from '../components/Glyph'
import { formatAgo, formatCount } from '../model/duration'
import { useNow } from '../state/clock'
import { useKeys } from '../state/keys'
import { prefs } from '../state/prefs'
import { useStore } from '../state/store'
import { issueRange, readList, writeList } from '../state/url'
import { useTitle } from '../state/title'

/** IssuePage is one fault: root cause over its transactions, samples, timeline, and what people made of it. */
export function IssuePage({ id }: { id: string }) {
  const url = readList(useSearch(), issueRange)
  const [, go] = useLocation()
  const { utc } = useStore(prefs)
  const now = useNow(10_000)
  const query = useIssue(id, url)
  const issue = query.data
  useTitle(issue?.title ?? 'Issue')
  const back = () => (history.length > 1 ? history.back() : go('/issues'))
  const last = issue?.samples.last || issue?.transactions_last
  const free = (e: KeyboardEvent) => !(e.target instanceof HTMLElement && e.target.closest('main a, main button, [role=dialog]'))
  useKeys([
    { keys: 'Enter', does: 'Open the last transaction', group: 'Issue', when: (e) => Boolean(last) && free(e), run: () => go(`/tx/${last}`) },
    { keys: 'Escape', does: 'Back to the list', group: 'Issue', when: (e) => !(e.target instanceof HTMLElement && e.target.closest('[role=dialog]')), run: back },
  ])
  if (isNotFound(query.error)) return <NotThere what="This issue is not known" />
  return (
    <>
      {issue && (
        <header className={css.header}>
          <button type="button" className={parts.iconButton} onClick={back} aria-label="Back to the issues" title="Back to the issues (Esc)">
            <ArrowLeft size={16} aria-hidden />
          </button>
          <div className={css.title}>
            <h1>
              <Glyph name={issueGlyph(issue.type)} size={16} label={issueKind(issue.type)} className={css.kind} /> {issue.title} {ofIssue(issue) && <small>{ofIssue(issue)}</small>} <State row={issue} utc={utc} />
            </h1>
            <p className={css.facts}>
              <span>
                <b>{formatCount(issue.count)}</b> in this time
              </span>
              {issue.total > issue.count && (
                <span>
                  <b>{formatCount(issue.total)}</b> ever
                </span>
              )}
              {issue.users > 0 && (
                <span>
                  <b>{formatCount(issue.users)}</b> users
                </span>
              )}
              <span title={issue.first}>
                first <b>{formatAgo(issue.first, now)}</b>
                {issue.version && ` in version ${issue.version}`}
              </span>
              <span title={issue.last}>
                last <b>{formatAgo(issue.last, now)}</b>
                {issue.last_version && issue.last_version !== issue.version && ` in version ${issue.last_version}`}
              </span>
            </p>
          </div>
          <StateButtons issue={issue} />
          <TimeBox range={url} onChange={(range) => go(`/issues/${id}${writeList(range, issueRange)}`, { replace: true })} />
        </header>
      )}
      <BusyBar on={query.isFetching && !query.isPending} />
      {query.isPending && <Skeleton rows={12} label="Loading the issue" />}
      {query.isError && <ErrorNote what="The issue could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {issue && <IssueDetail issue={issue} utc={utc} />}
    </>
  )
}
