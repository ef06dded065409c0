// Log lines: the shapes of internal/api/wire_logs.go, the hooks that ask for them, and following them live.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import * as v from 'valibot'
import type { TimeRange } from '../model/timerange'
import { apiUrl, get } from './client'
import { absoluteRange } from './hooks'
import { Attribute, Empty } from './schema'

const int = v.pipe(v.number(), v.integer())
const answer = { partial: v.optional(v.string()), scanned: int, took_ms: v.number() }

export const LogRow = v.object({
  time: v.string(),
  level: v.string(),
  service: v.string(),
  kind: v.string(),
  body: v.string(),
  cut: v.optional(int, 0),
  request: v.optional(v.string(), ''),
  trace: v.optional(v.string(), ''),
  span: v.optional(v.string(), ''),
  platform: v.optional(v.string(), ''),
  attributes: v.array(Attribute),
  resource: v.array(Attribute),
})
export type LogRow = v.InferOutput<typeof LogRow>

export const LogList = v.object({ lines: v.array(LogRow), next: v.optional(v.string()), empty: v.optional(Empty), ...answer })
export const LogHistogram = v.object({
  from: v.string(),
  to: v.string(),
  step_ns: int,
  bins: v.array(v.object({ lines: int, errors: int, warns: int })),
  top: v.array(v.object({ service: v.string(), lines: int, errors: int })),
  ...answer,
})
export type LogHistogram = v.InferOutput<typeof LogHistogram>
export const LogPatterns = v.object({
  patterns: v.array(
    v.object({ template: v.string(), lines: int, errors: int, first: v.string(), last: v.string(), services: v.array(v.string()), spark: v.array(int), sample: v.string() }),
  ),
  lines: int,
  ...answer,
})
export type LogPatterns = v.InferOutput<typeof LogPatterns>

const pageSize = 200

export function useLogs(q: string, range: TimeRange, on: boolean) {
  return useInfiniteQuery({
    queryKey: ['logs', q, range.from, range.to],
    initialPageParam: { cursor: '', window: {} as { from?: string; to?: string } },
    queryFn: async ({ pageParam, signal }) => {
      const window = pageParam.cursor ? pageParam.window : absoluteRange(range)
      const page = await get(LogList, 'logs', { q, ...window, limit: String(pageSize), cursor: pageParam.cursor }, signal)
      return { ...page, window }
    },
    getNextPageParam: (last) => (last.next ? { cursor: last.next, window: last.window } : undefined),
    placeholderData: keepPreviousData,
    enabled: on,
  })
}

export function useLogHistogram(q: string, range: TimeRange) {
  return useQuery({
    queryKey: ['log histogram', q, range.from, range.to],
    queryFn: ({ signal }) => get(LogHistogram, 'logs/histogram', { q, ...absoluteRange(range) }, signal),
    placeholderData: keepPreviousData,
  })
}

export function useLogPatterns(q: string, range: TimeRange, on: boolean) {
  return useQuery({
    queryKey: ['log patterns', q, range.from, range.to],
    queryFn: ({ signal }) => get(LogPatterns, 'logs/patterns', { q, ...absoluteRange(range) }, signal),
    placeholderData: keepPreviousData,
    enabled: on,
  })
}

const ring = 10_000

export interface Tail {
  /** oldest first; at most ring of them */
  lines: LogRow[]
  /** how many came since following began */
  came: number
  /** how many came too fast to be sent */
  missed: number
  connected: boolean
}

/** useTail follows the lines that match while on; it paints at most ten times a second. */
export function useTail(q: string, on: boolean): Tail {
  const [tail, setTail] = useState<Tail>({ lines: [], came: 0, missed: 0, connected: false })
  const kept = useRef<Tail>(tail)
  useEffect(() => {
    if (!on) return
    let timer = 0
    const paint = () => {
      timer = 0
      setTail({ ...kept.current })
    }
    const change = (next: Partial<Tail>) => {
      kept.current = { ...kept.current, ...next }
      timer ||= window.setTimeout(paint, 100)
    }
    kept.current = { lines: [], came: 0, missed: 0, connected: false }
    const source = new EventSource(apiUrl('logs/tail', { q }))
    source.onopen = () => change({ connected: true })
    source.onerror = () => change({ connected: false }) // the browser tries again by itself
    source.onmessage = (e) => {
      const parsed = v.safeParse(LogRow, JSON.parse(String(e.data)))
      if (!parsed.success) return
      const { lines, came } = kept.current
      change({ lines: [...(lines.length < ring ? lines : lines.slice(ring / 10)), parsed.output], came: came + 1 })
    }
    source.addEventListener('missed', (e) => change({ missed: kept.current.missed + Number((e as MessageEvent).data) }))
    return () => {
      source.close()
      window.clearTimeout(timer)
    }
  }, [q, on])
  return tail
}
