import { Link } from 'wouter'
import type { Issue } from '../../api/schema'
import { formatCount, formatDuration, formatInstant } from '../../model/duration'
import { writeTx } from '../../state/url'
import { Glyph } from '../Glyph'
import { CopyButton } from '../parts/CopyButton'
import { Words } from '../parts/Words'
import parts from '../parts/parts.module.css'
import { PathPicture } from './PathPicture'
import { Timeline } from './Timeline'
import css from './issues.module.css'

/** IssueDetail is everything about one fault: where it starts, samples, when, and what its runs share. */
export function IssueDetail({ issue, utc }: { issue: Issue; utc: boolean }) {
  return (
    <div className={css.page}>
      <div className={css.main}>
        <Causes issue={issue} />
        <Samples issue={issue} />
        <Timeline points={issue.timeline} utc={utc} />
        <Occurrences issue={issue} utc={utc} />
      </div>
      <div className={css.side}>
        {issue.common.length > 0 && <Common issue={issue} />}
        {issue.stack && (
          <section className={css.section}>
            <header>
              <h2>Stack</h2>
              <CopyButton text={issue.stack} what="stack" />
            </header>
            <pre className={css.stack} tabIndex={0} aria-label="Stack">
              {issue.stack}
            </pre>
          </section>
        )}
      </div>
    </div>
  )
}

function Causes({ issue }: { issue: Issue }) {
  const [first, ...others] = issue.causes
  if (!first || !issue.cause) return <p className={css.none}>No root cause was found in its transactions.</p>
  const { share } = issue.cause
  return (
    <section className={css.causes} aria-label="Root cause" data-testid="issue-cause">
      <p className={css.first}>
        <Glyph name="cause" size={16} className={css.kind} />
        <span>
          <b>Root cause: {first.resource.name}</b> ({formatCount(share.of)} of {formatCount(share.total)})
          <br />
          <Words text={first.headline} />
        </span>
      </p>
      <PathPicture transaction={issue.samples.last || issue.transactions_last} />
      {others.length > 0 && (
        <ul>
          {others.map((c) => (
            <li key={`${c.resource.name} ${c.headline}`}>
              {formatCount(c.count)} in {c.resource.name}: <Words text={c.headline} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Samples({ issue }: { issue: Issue }) {
  const { last, first, slowest } = issue.samples
  const all = [
    { name: 'Last transaction', id: last || issue.transactions_last },
    { name: 'First', id: first },
    { name: 'Slowest', id: slowest },
  ].filter((s) => s.id !== '')
  if (all.length === 0) return <p className={css.none}>None of its transactions is stored any more.</p>
  return (
    <p className={css.samples}>
      {all.map((s, i) => (
        <Link key={s.name} href={`/tx/${s.id}`} className={`${parts.button} ${i === 0 ? css.primary : ''}`} title={i === 0 ? 'Open (Enter)' : undefined}>
          {s.name}
        </Link>
      ))}
    </p>
  )
}

function Occurrences({ issue, utc }: { issue: Issue; utc: boolean }) {
  const versions = issue.occurrences.some((o) => o.version !== '')
  return (
    <section className={css.section}>
      <header>
        <h2>Occurrences</h2>
      </header>
      <table className={css.occurrences}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {versions && <th scope="col">Version</th>}
            <th scope="col">Duration</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {issue.occurrences.map((o) => (
            <tr key={`${o.transaction} ${o.span} ${o.at}`}>
              <th scope="row">
                <Link href={`/tx/${o.transaction}${writeTx({ span: o.span })}`}>{formatInstant(o.at, { utc, date: true, millis: true })}</Link>
              </th>
              {versions && <td>{o.version}</td>}
              <td>{formatDuration(o.duration_ns)}</td>
              <td className={css.error}>{o.error}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Common({ issue }: { issue: Issue }) {
  return (
    <section className={css.section}>
      <header>
        <h2>Payload fields in common</h2>
      </header>
      <table>
        <tbody>
          {issue.common.map((c) => (
            <tr key={`${c.path} ${c.value}`}>
              <th scope="row">
                <code>{c.path}</code>
              </th>
              <td>
                <code>{c.value}</code>
              </td>
              <td className={css.times}>{formatCount(c.count)}×</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
