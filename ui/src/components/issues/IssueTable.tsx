import { Link } from 'wouter'
import type { IssueRow } from '../../api/schema'
import { formatAgo, formatCount, formatInstant } from '../../model/duration'
import { Glyph } from '../Glyph'
import { Spark } from '../parts/Spark'
import { Words } from '../parts/Words'
import { causeLine, issueGlyph, issueKind, ofIssue, stateWords } from './words'
import css from './issues.module.css'

interface Props {
  rows: IssueRow[]
  cursor: number
  now: number
  utc: boolean
  onCursor: (line: number) => void
}

/** IssueTable lists faults: what and where, how often, where it starts. */
export function IssueTable({ rows, cursor, now, utc, onCursor }: Props) {
  return (
    <div role="table" aria-label="Issues" aria-rowcount={rows.length + 1} className={css.table}>
      <div role="rowgroup" className={css.head}>
        <div role="row" className={css.row}>
          <span role="columnheader">Issue</span>
          <span role="columnheader">In this time</span>
          <span role="columnheader">Users</span>
          <span role="columnheader">First seen</span>
          <span role="columnheader">Last seen</span>
          <span role="columnheader">Version</span>
          <span role="columnheader">State</span>
        </div>
      </div>
      <div role="rowgroup">
        {rows.map((row, i) => (
          <Line key={row.id} row={row} current={i === cursor} now={now} utc={utc} onCursor={() => onCursor(i)} />
        ))}
      </div>
    </div>
  )
}

function Line({ row, current, now, utc, onCursor }: { row: IssueRow; current: boolean; now: number; utc: boolean; onCursor: () => void }) {
  const where = ofIssue(row)
  return (
    <div role="row" className={`${css.row} ${css.line} ${current ? css.current : ''}`} onPointerDown={onCursor} data-issue={row.id}>
      <span role="cell" className={css.what}>
        <Link href={`/issues/${row.id}`} className={css.link}>
          <Glyph name={issueGlyph(row.type)} size={14} label={issueKind(row.type)} className={css.kind} />
          <b>{row.title}</b>
          {where && <span>{where}</span>}
        </Link>
        {row.cause && (
          <span className={css.cause}>
            <Glyph name="cause" size={12} />
            <span>
              Root cause: <Words text={causeLine(row.cause)} />
            </span>
          </span>
        )}
      </span>
      <span role="cell" className={css.count}>
        <b>{formatCount(row.count)}</b>
        <Spark values={row.spark} bad={[]} label={`${formatCount(row.count)} over the time shown`} />
      </span>
      <span role="cell">{row.users > 0 ? formatCount(row.users) : ''}</span>
      <span role="cell" title={formatInstant(row.first, { utc, date: true })}>
        {formatAgo(row.first, now)}
      </span>
      <span role="cell" title={formatInstant(row.last, { utc, date: true })}>
        {formatAgo(row.last, now)}
      </span>
      <span role="cell">{row.version}</span>
      <span role="cell">
        <State row={row} utc={utc} />
      </span>
    </div>
  )
}

/** State says what people made of an issue. */
export function State({ row, utc }: { row: IssueRow; utc: boolean }) {
  return (
    <span className={`${css.state} ${css[row.state]}`}>
      {stateWords[row.state]}
      {row.state === 'ignored' && row.until ? ` until ${formatInstant(row.until, { utc, date: true })}` : ''}
    </span>
  )
}
