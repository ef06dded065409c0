// What kinds and states of issues are called, and their glyphs.
import type { IssueRow } from '../../api/schema'
import { formatCount } from '../../model/duration'

const kinds: Record<string, [glyph: string, word: string]> = {
  error: ['error', 'failure'],
  timeout: ['timeout', 'timeout'],
  oom: ['oom', 'out of memory'],
  crash: ['crash', 'crash'],
  throttle: ['throttled', 'throttled'],
  'partial-batch': ['partial', 'batch failed in part'],
  loop: ['loop', 'loop'],
  'poison-message': ['poison', 'poison message'],
  'async-drop': ['dlq', 'message dropped'],
  silent: ['silent', 'silent failure'],
  slow: ['slow', 'became slow'],
  'cold-starts': ['cold', 'cold starts'],
}

export function issueGlyph(type: string): string {
  return kinds[type]?.[0] ?? 'unknown'
}

export function issueKind(type: string): string {
  return kinds[type]?.[1] ?? type
}

export const stateWords: Record<IssueRow['state'], string> = { open: 'open', regressed: 'regressed', ignored: 'ignored', resolved: 'resolved' }

/** causeLine says the root cause most occurrences share: its headline, and how many. */
export function causeLine(cause: NonNullable<IssueRow['cause']>): string {
  const { of, total } = cause.share
  const where = cause.headline.includes(cause.resource.name) ? cause.headline : `${cause.resource.name}: ${cause.headline}`
  return `${where} (${formatCount(of)} of ${formatCount(total)})`
}

/** ofIssue names where an issue shows, unless its title says so. */
export function ofIssue(row: Pick<IssueRow, 'title' | 'resource'>): string {
  return row.title.includes(row.resource.name) ? '' : row.resource.name
}
