// What pages ask the server, as hooks.
import { keepPreviousData, QueryClient, queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Box } from '../model/heat'
import type { SpanTable } from '../model/spantable'
import { boundsOf, type TimeRange } from '../model/timerange'
import { ApiError, get, post } from './client'
import { ConnectList, Differ, Heat, Issue, IssueList, ServiceList, SpanDetail, Status, Transaction, TransactionList, TransactionLogs } from './schema'
import { expectSpans, readSpans } from './spans'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, refetchOnWindowFocus: false, staleTime: 30_000, networkMode: 'always' },
  },
})

const pageSize = 100

/** absoluteRange fixes a range at one instant, so that the pages of a list belong together. */
export function absoluteRange(range: TimeRange): { from?: string; to?: string } {
  const now = Date.now()
  const bounds = boundsOf(range, now)
  if (!bounds) return { from: range.from, to: range.to } // the server says what is wrong with it
  // A range that ends now takes in what carries a clock slightly ahead of ours.
  const slack = range.to === 'now' ? 60_000 : 0
  return { from: new Date(bounds.from).toISOString(), to: new Date(bounds.to + slack).toISOString() }
}

export function useTransactions(q: string, range: TimeRange) {
  return useInfiniteQuery({
    queryKey: ['transactions', q, range.from, range.to],
    initialPageParam: { cursor: '', window: {} as { from?: string; to?: string } },
    queryFn: async ({ pageParam, signal }) => {
      const window = pageParam.cursor ? pageParam.window : absoluteRange(range)
      const page = await get(TransactionList, 'transactions', { q, ...window, limit: String(pageSize), cursor: pageParam.cursor }, signal)
      return { ...page, window }
    },
    getNextPageParam: (last) => (last.next ? { cursor: last.next, window: last.window } : undefined),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  })
}

/** useNewest polls the first page while a list is live. */
export function useNewest(q: string, range: TimeRange, on: boolean) {
  return useQuery({
    queryKey: ['newest', q, range.from, range.to],
    queryFn: ({ signal }) => get(TransactionList, 'transactions', { q, ...absoluteRange(range), limit: '50' }, signal),
    enabled: on,
    refetchInterval: 2000,
    staleTime: 0,
    gcTime: 0,
  })
}

function transactionQuery(id: string) {
  return queryOptions({ queryKey: ['transaction', id], queryFn: ({ signal }) => get(Transaction, `transactions/${encodeURIComponent(id)}`, {}, signal) })
}

export function useTransaction(id: string) {
  return useQuery(transactionQuery(id))
}

/** expectTransaction sends the requests of a page that is about to be drawn. */
export function expectTransaction(id: string): void {
  void queryClient.prefetchQuery(transactionQuery(id))
  expectSpans(id)
}

export interface SpanStream {
  table: SpanTable | null
  /** rows arrived so far; changes with every chunk */
  rows: number
  error: Error | null
  retry: () => void
}

/** useSpans streams the spans of a transaction; the table grows in place. */
export function useSpans(id: string): SpanStream {
  const [attempt, setAttempt] = useState(0)
  const [state, setState] = useState<{ of: string; table: SpanTable | null; rows: number; error: Error | null }>({ of: '', table: null, rows: 0, error: null })
  useEffect(() => {
    const abort = new AbortController()
    // Read anew, the old rows stay until the first new ones are there.
    setState((old) => (old.of === id ? { ...old, error: null } : { of: id, table: null, rows: 0, error: null }))
    readSpans(id, abort.signal, (table) => setState({ of: id, table, rows: table.n, error: null }))
      .then((table) => setState({ of: id, table, rows: table.n, error: null }))
      .catch((error: Error) => {
        if (!abort.signal.aborted) setState((old) => ({ ...old, error }))
      })
    return () => abort.abort()
  }, [id, attempt])
  const mine = state.of === id
  return { table: mine ? state.table : null, rows: mine ? state.rows : 0, error: mine ? state.error : null, retry: () => setAttempt((n) => n + 1) }
}

export function useSpan(trace: string, span: string) {
  return useQuery({
    queryKey: ['span', trace, span],
    queryFn: ({ signal }) => get(SpanDetail, `spans/${encodeURIComponent(trace)}/${encodeURIComponent(span)}`, {}, signal),
    enabled: trace !== '' && span !== '',
    gcTime: 60_000,
  })
}

/** useLogs reads all log lines of a transaction once they are asked for. */
export function useLogs(id: string, on: boolean) {
  return useQuery({ queryKey: ['logs', id], queryFn: ({ signal }) => get(TransactionLogs, `transactions/${encodeURIComponent(id)}/logs`, {}, signal), enabled: on })
}

export function useHeat(q: string, range: TimeRange, columns: number, refetchInterval: number | false) {
  return useQuery({
    queryKey: ['heat', q, range.from, range.to, columns],
    queryFn: ({ signal }) => get(Heat, 'transactions/heat', { q, ...absoluteRange(range), columns: String(columns) }, signal),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    refetchInterval,
  })
}

/** useDiffer asks what sets the transactions of a box apart. */
export function useDiffer(q: string, range: TimeRange, box: Box | null) {
  return useQuery({
    queryKey: ['differ', q, range.from, range.to, box],
    queryFn: ({ signal }) => {
      const b = box!
      const sides = { box_from: new Date(b.from).toISOString(), box_to: new Date(b.to).toISOString(), min_ns: String(b.minNs), max_ns: b.maxNs > 0 ? String(b.maxNs) : undefined }
      return get(Differ, 'transactions/differ', { q, ...absoluteRange(range), ...sides }, signal)
    },
    enabled: box !== null,
  })
}

export function useIssues(q: string, range: TimeRange, state: string, sort: string, refetchInterval: number | false = false) {
  return useInfiniteQuery({
    queryKey: ['issues', q, range.from, range.to, state, sort],
    initialPageParam: { cursor: '', window: {} as { from?: string; to?: string } },
    queryFn: async ({ pageParam, signal }) => {
      const window = pageParam.cursor ? pageParam.window : absoluteRange(range)
      const page = await get(IssueList, 'issues', { q, ...window, state, sort, limit: '50', cursor: pageParam.cursor }, signal)
      return { ...page, window }
    },
    getNextPageParam: (last) => (last.next ? { cursor: last.next, window: last.window } : undefined),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    refetchInterval,
  })
}

export function useIssue(id: string, range: TimeRange) {
  return useQuery({
    queryKey: ['issue', id, range.from, range.to],
    queryFn: ({ signal }) => get(Issue, `issues/${encodeURIComponent(id)}`, absoluteRange(range), signal),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  })
}

/** setIssueState changes what people made of an issue; what is on screen follows. */
export async function setIssueState(id: string, state: 'open' | 'ignored' | 'resolved', until?: string): Promise<void> {
  await post(`issues/${encodeURIComponent(id)}/state`, { state, until })
  await Promise.all([queryClient.invalidateQueries({ queryKey: ['issue', id] }), queryClient.invalidateQueries({ queryKey: ['issues'] })])
}

export function useServices(range: TimeRange) {
  return useQuery({
    queryKey: ['services', range.from, range.to],
    queryFn: ({ signal }) => get(ServiceList, 'services', absoluteRange(range), signal),
    placeholderData: keepPreviousData,
  })
}

export function useStatus(refetchInterval: number | false = false) {
  return useQuery({ queryKey: ['status'], queryFn: ({ signal }) => get(Status, 'status', {}, signal), refetchInterval, staleTime: 0 })
}

export function useConnect() {
  return useQuery({ queryKey: ['connect'], queryFn: ({ signal }) => get(ConnectList, 'connect', {}, signal) })
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}
