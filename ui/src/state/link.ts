// The link of what is on screen, good for others and for later.
import { absolute, boundsOf } from '../model/timerange'
import { issueRange, readList } from './url'

/** absoluteLink is the page's address with relative times made absolute. */
export function absoluteLink(): string {
  const url = new URL(window.location.href)
  const issues = /\/issues(\/[^/]+)?$/.test(url.pathname)
  if (!issues && !/\/(tx|services)$/.test(url.pathname)) return url.href
  const bounds = boundsOf(readList(url.search, issues ? issueRange : undefined), Date.now())
  if (!bounds) return url.href
  const range = absolute(bounds)
  url.searchParams.set('from', range.from)
  url.searchParams.set('to', range.to)
  return url.href.replaceAll('%3A', ':')
}
