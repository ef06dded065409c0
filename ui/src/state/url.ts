// The URL is the state: pure codecs between query strings and what pages show.

import type { Box } from '../model/heat'
import { defaultRange, type TimeRange } from '../model/timerange'

export interface ListUrl extends TimeRange {
  q: string
}

/** readList reads the query and the time of a list; whole is the time that its plain link means. */
export function readList(search: string, whole: TimeRange = defaultRange): ListUrl {
  const p = new URLSearchParams(search)
  return { q: p.get('q') ?? '', from: p.get('from') || whole.from, to: p.get('to') || whole.to }
}

/** writeList leaves out what is the default, so that plain links stay short. */
export function writeList(u: Partial<ListUrl>, whole: TimeRange = defaultRange): string {
  return asSearch(listParams(u, whole))
}

function listParams(u: Partial<ListUrl>, whole: TimeRange): URLSearchParams {
  const p = new URLSearchParams()
  if (u.q) p.set('q', u.q)
  if (u.from && (u.from !== whole.from || (u.to && u.to !== whole.to))) p.set('from', u.from)
  if (u.to && u.to !== whole.to) p.set('to', u.to)
  return p
}

export const txSorts = ['', 'slow', 'dear', 'waited'] as const
export type TxSort = (typeof txSorts)[number]

export interface TxListUrl extends ListUrl {
  box: Box | null
  sort: TxSort
}

export function readTxList(search: string): TxListUrl {
  const p = new URLSearchParams(search)
  const m = /^(\d+)-(\d+)_(\d+)-(\d*)$/.exec(p.get('box') ?? '')
  const sort = p.get('sort') as TxSort
  return {
    ...readList(search),
    box: m && Number(m[1]) < Number(m[2]) ? { from: Number(m[1]), to: Number(m[2]), minNs: Number(m[3]), maxNs: Number(m[4]) } : null,
    sort: txSorts.includes(sort) ? sort : '',
  }
}

export function writeTxList(u: Partial<TxListUrl>): string {
  const p = listParams(u, defaultRange)
  if (u.box) p.set('box', `${u.box.from}-${u.box.to}_${u.box.minNs}-${u.box.maxNs || ''}`)
  if (u.sort) p.set('sort', u.sort)
  return asSearch(p)
}

export const issueRange: TimeRange = { from: 'now-24h', to: 'now' }
export const issueSorts = ['', 'count', 'first'] as const
export const issueStateFilters = ['active', 'open', 'regressed', 'ignored', 'resolved', 'all'] as const

export interface IssuesUrl extends ListUrl {
  state: (typeof issueStateFilters)[number]
  sort: (typeof issueSorts)[number]
}

export function readIssues(search: string): IssuesUrl {
  const p = new URLSearchParams(search)
  const state = p.get('state') as IssuesUrl['state']
  const sort = p.get('sort') as IssuesUrl['sort']
  return { ...readList(search, issueRange), state: issueStateFilters.includes(state) ? state : 'active', sort: issueSorts.includes(sort) ? sort : '' }
}

export function writeIssues(u: Partial<IssuesUrl>): string {
  const p = listParams(u, issueRange)
  if (u.state && u.state !== 'active') p.set('state', u.state)
  if (u.sort) p.set('sort', u.sort)
  return asSearch(p)
}

export const panes = ['payload', 'logs', 'error', 'attrs', 'cost', 'links'] as const
export type Pane = (typeof panes)[number]
export const views = ['both', 'graph', 'wf'] as const
export type View = (typeof views)[number]
/** paths: '' marks the way from the cause, 'cause' lets the rest step back, 'critical' draws what the time went to, 'off' marks nothing */
export const paths = ['', 'cause', 'critical', 'off'] as const
export type Path = (typeof paths)[number]

/** Fold says which rows are collapsed, by span id: all but some, or none but some; and which fan-outs are open. */
export interface Fold {
  all: boolean
  ids: string[]
  groups: string[]
}

export interface TxUrl {
  span: string
  node: number
  pane: Pane | ''
  view: View
  fold: Fold
  find: string
  /** ms after the start; null shows the whole */
  win: { from: number; to: number } | null
  hide: string[]
  /** long gaps are cut out of the axis */
  cut: boolean
  path: Path
  /** log lines stand among the rows */
  logs: boolean
}

export const plainTx: TxUrl = {
  span: '',
  node: -1,
  pane: '',
  view: 'both',
  fold: { all: false, ids: [], groups: [] },
  find: '',
  win: null,
  hide: [],
  cut: true,
  path: '',
  logs: false,
}

const mostFolds = 200 // a link keeps at most this many

export function readTx(search: string): TxUrl {
  const p = new URLSearchParams(search)
  const pane = p.get('pane') as Pane
  const view = p.get('view') as View
  const node = p.get('node') ?? ''
  const path = p.get('path') as Path
  return {
    span: p.get('span')?.toLowerCase() ?? '',
    node: /^\d+$/.test(node) ? Number(node) : -1,
    pane: panes.includes(pane) ? pane : '',
    view: views.includes(view) ? view : 'both',
    fold: readFold(p.get('fold') ?? ''),
    find: p.get('find') ?? '',
    win: readWindow(p.get('win') ?? ''),
    hide: (p.get('hide') ?? '').split(',').filter(Boolean),
    cut: p.get('gaps') !== 'whole',
    path: paths.includes(path) ? path : '',
    logs: p.get('logs') === 'merged',
  }
}

export function writeTx(u: Partial<TxUrl>): string {
  const p = new URLSearchParams()
  if (u.span) p.set('span', u.span)
  if (u.node !== undefined && u.node >= 0) p.set('node', String(u.node))
  if (u.pane) p.set('pane', u.pane)
  if (u.view && u.view !== 'both') p.set('view', u.view)
  const fold = u.fold ? writeFold(u.fold) : ''
  if (fold) p.set('fold', fold)
  if (u.find) p.set('find', u.find)
  if (u.win) p.set('win', `${round(u.win.from)}-${round(u.win.to)}`)
  if (u.hide?.length) p.set('hide', u.hide.join(','))
  if (u.cut === false) p.set('gaps', 'whole')
  if (u.path) p.set('path', u.path)
  if (u.logs) p.set('logs', 'merged')
  return asSearch(p)
}

function readFold(text: string): Fold {
  const fold: Fold = { all: false, ids: [], groups: [] }
  for (const part of text.split(',')) {
    if (part === '*') fold.all = true
    else if (/^~[0-9a-f]+$/.test(part)) fold.groups.push(part.slice(1))
    else if (/^[0-9a-f]+$/.test(part)) fold.ids.push(part)
  }
  return fold
}

function writeFold(f: Fold): string {
  const groups = f.groups.map((id) => `~${id}`)
  return [...(f.all ? ['*'] : []), ...f.ids, ...groups].slice(0, mostFolds).join(',')
}

function readWindow(text: string): { from: number; to: number } | null {
  const m = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text)
  if (!m) return null
  const win = { from: Number(m[1]), to: Number(m[2]) }
  return win.from < win.to ? win : null
}

function round(ms: number): number {
  return Math.round(ms * 1e6) / 1e6
}

function asSearch(p: URLSearchParams): string {
  const text = p.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2A', '*').replaceAll('%7E', '~')
  return text === '' ? '' : `?${text}`
}

/** basePath is where the server mounted the interface: "/" or "/clew/". */
export function basePath(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="clew-base"]')?.content ?? '/'
  return `/${meta.replace(/^\/+|\/+$/g, '')}/`.replace('//', '/')
}
