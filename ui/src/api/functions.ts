// What functions did: the shapes of internal/api/wire_functions.go, and the hooks that ask for them.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import * as v from 'valibot'
import type { TimeRange } from '../model/timerange'
import { get } from './client'
import { absoluteRange } from './hooks'
import { Empty, outcomes } from './schema'

const int = v.pipe(v.number(), v.integer())
const answer = { partial: v.optional(v.string()), scanned: int, took_ms: v.number() }

const sums = {
  invocations: int,
  errors: int,
  timeouts: int,
  oom: int,
  crashes: int,
  throttled: int,
  partial_batches: int,
  failed_records: int,
  cold: int,
  restored: int,
  provisioned: int,
  init_ns: int,
  total_ns: int,
  min_ns: int,
  mean_ns: int,
  p50_ns: int,
  p95_ns: int,
  p99_ns: int,
  max_ns: int,
  billed_ns: int,
  billed_told: int,
  memory_size: int,
  memory_max: int,
  memory_mean: int,
  idle_ns: int,
  idle: v.array(v.object({ kind: v.string(), name: v.string(), ns: int, usd: v.number() })),
  usd: v.number(),
  cost: v.object({
    computing: v.number(),
    waiting: v.number(),
    init: v.number(),
    requests: v.number(),
    unknown: int,
    usd_per_day: v.number(),
    usd_per_million: v.number(),
  }),
}

const row = {
  name: v.string(),
  account: v.optional(v.string(), ''),
  region: v.optional(v.string(), ''),
  ...sums,
  spark: v.array(int),
  errors_spark: v.array(int),
}
const FunctionRow = v.object(row)
export type FunctionRow = v.InferOutput<typeof FunctionRow>

export const FunctionList = v.object({ from: v.string(), to: v.string(), step_ns: int, functions: v.array(FunctionRow), empty: v.optional(Empty), ...answer })

const FunctionPoint = v.object({ at: v.string(), ...sums, concurrency: v.number() })
export type FunctionPoint = v.InferOutput<typeof FunctionPoint>

const Invocation = v.object({
  at: v.string(),
  request: v.optional(v.string(), ''),
  version: v.optional(v.string(), ''),
  trigger: v.optional(v.string(), ''),
  outcome: v.picklist(outcomes),
  error: v.optional(v.string(), ''),
  init: v.picklist(['warm', 'cold', 'provisioned', 'snapstart']),
  init_ns: int,
  duration_ns: int,
  billed_ns: int,
  idle_ns: int,
  memory_used: int,
  usd: v.number(),
  trace: v.optional(v.string(), ''),
  span: v.optional(v.string(), ''),
})
export type Invocation = v.InferOutput<typeof Invocation>

export const FunctionDetail = v.object({
  from: v.string(),
  to: v.string(),
  step_ns: int,
  ...row,
  points: v.array(FunctionPoint),
  versions: v.array(v.object({ version: v.string(), first: v.string(), ...sums })),
  advice: v.array(v.object({ kind: v.string(), text: v.string(), usd_per_day: v.optional(v.number(), 0) })),
  recent: v.array(Invocation),
  ...answer,
})
export type FunctionDetail = v.InferOutput<typeof FunctionDetail>

export function useFunctions(range: TimeRange) {
  return useQuery({
    queryKey: ['functions', range.from, range.to],
    queryFn: ({ signal }) => get(FunctionList, 'functions', absoluteRange(range), signal),
    placeholderData: keepPreviousData,
  })
}

/** FunctionName tells functions apart; account and region are "" where nobody told them. */
export interface FunctionName {
  account: string
  region: string
  name: string
}

/** functionPath is a function's page, and its path in the API. */
export function functionPath(f: FunctionName): string {
  return `functions/${[f.account || '-', f.region || '-', f.name].map(encodeURIComponent).join('/')}`
}

export function useFunction(f: FunctionName, range: TimeRange) {
  return useQuery({
    queryKey: ['function', f.account, f.region, f.name, range.from, range.to],
    queryFn: ({ signal }) => get(FunctionDetail, functionPath(f), absoluteRange(range), signal),
    placeholderData: keepPreviousData,
  })
}
