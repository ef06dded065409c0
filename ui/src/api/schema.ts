// The REST shapes, checked at the door. They mirror internal/api/wire.go.
import * as v from 'valibot'

const int = v.pipe(v.number(), v.integer())
const some = v.optional(int, 0)
/** a list that may be absent or null */
const list = <S extends v.GenericSchema>(of: S) => v.nullish(v.array(of), [])
const answer = { partial: v.optional(v.string()), scanned: int, took_ms: v.number() }

export const outcomes = ['ok', 'error', 'timeout', 'oom', 'crash', 'throttled', 'partial', 'running'] as const
const outcome = v.picklist(outcomes)
export type Outcome = (typeof outcomes)[number]

const row = {
  id: v.string(),
  start: v.string(),
  duration_ns: int,
  to_user_ns: int,
  queue_wait_ns: int,
  entry: v.object({ service: v.string(), operation: v.string(), kind: v.string() }),
  outcome,
  error: v.optional(v.string()),
  spans: int,
  errors: int,
  cold_starts: int,
  hops: v.array(v.object({ kind: v.string(), name: v.string(), failed: v.optional(v.boolean(), false), async: v.optional(v.boolean(), false) })),
  /** unknown when absent */
  usd: v.nullish(v.number()),
  cold_to_user_ns: some,
  ambiguous: v.optional(v.array(v.string()), []),
}

export const TransactionRow = v.object(row)
export const Empty = v.object({
  reason: v.picklist(['no-data', 'no-data-in-range', 'no-match']),
  nearest: v.optional(v.string()),
  term: v.optional(v.string()),
})
export const TransactionList = v.object({
  transactions: v.array(TransactionRow),
  next: v.optional(v.string()),
  empty: v.optional(Empty),
  ...answer,
})

export const ServiceRef = v.object({ name: v.string(), ordinal: int })
export const Node = v.object({
  kind: v.string(),
  name: v.string(),
  account: v.optional(v.string()),
  region: v.optional(v.string()),
  instrumented: v.boolean(),
  service: int,
  calls: int,
  errors: int,
  duration_ns: int,
  cold: v.optional(v.boolean(), false),
  outcome,
  error: v.optional(v.string()),
  row: int,
  usd: v.nullish(v.number()),
  idle_ns: some,
})
export const Edge = v.object({
  from: int,
  to: int,
  async: v.boolean(),
  calls: int,
  errors: int,
  total_ns: int,
  wait_ns: int,
  retries: v.optional(int, 0),
  attempts: v.optional(int, 0),
  last_wait_ns: v.optional(int, 0),
})
const confidence = v.picklist(['high', 'medium', 'low'])
const atRow = v.object({ row: int, text: v.string() })
export const Cause = v.object({
  row: int,
  failure: int,
  headline: v.string(),
  confidence,
  hops: int,
  evidence: list(atRow),
  rows: list(int),
  nodes: list(int),
  others: list(v.object({ ...atRow.entries, confidence })),
  values: list(
    v.object({ row: int, role: v.string(), path: v.string(), from_row: int, from_role: v.string(), from_path: v.string(), missing: v.optional(v.boolean(), false) }),
  ),
})
export const Message = v.object({
  key: v.optional(v.string(), ''),
  kind: v.optional(v.string(), ''),
  sender: v.optional(int, -1),
  attempts: list(int),
  batch: v.optional(int, 1),
  dlq: v.optional(int, -1),
  redriven: v.optional(v.boolean(), false),
  fate: v.optional(v.string(), 'unknown'),
})
export const Transaction = v.object({
  ...row,
  traces: list(v.string()),
  cause: v.nullish(Cause),
  silent: list(v.object({ ...atRow.entries, kind: v.string() })),
  critical: list(v.object({ row: int, from_ns: int, to_ns: int, wait: v.optional(v.boolean(), false) })),
  cost: v.nullish(
    v.object({
      usd: v.number(),
      prices: v.string(),
      items: list(v.object({ row: int, node: int, what: v.string(), formula: v.string(), usd: v.number() })),
      items_cut: some,
      unknown: list(v.object({ row: int, node: int, what: v.string(), why: v.string() })),
      notes: list(v.string()),
    }),
  ),
  cut: list(v.string()),
  idle: list(v.object({ row: int, billed_ns: int, idle_ns: int, by: list(v.object({ node: int, idle_ns: int })) })),
  messages: list(Message),
  messages_cut: some,
  functions: int,
  logs: int,
  failure: v.nullish(int),
  services: v.array(ServiceRef),
  nodes: v.array(Node),
  edges: v.array(Edge),
  notes: v.optional(v.array(v.string()), []),
  ...answer,
})

export const SpanHead = v.object({ id: v.string(), t0: v.string(), total: v.pipe(int, v.minValue(0)), traces: list(v.string()) })

export const Attribute = v.object({
  key: v.string(),
  type: v.picklist(['string', 'bool', 'int', 'double', 'bytes', 'json', 'empty']),
  value: v.unknown(),
})
const attributes = v.array(Attribute)
export const SpanDetail = v.object({
  trace: v.string(),
  id: v.string(),
  parent: v.optional(v.string()),
  name: v.string(),
  kind: v.string(),
  service: ServiceRef,
  start: v.string(),
  duration_ns: int,
  ended: v.boolean(),
  status: v.picklist(['unset', 'ok', 'error']),
  status_message: v.optional(v.string()),
  scope: v.optional(v.string()),
  attributes,
  resource: attributes,
  events: v.array(v.object({ offset_ns: int, name: v.string(), attributes })),
  links: v.array(v.object({ trace: v.string(), span: v.string(), attributes })),
  payloads: v.array(
    v.object({
      role: v.picklist(['event', 'response', 'request', 'message']),
      key: v.string(),
      text: v.string(),
      json: v.boolean(),
      truncated: v.optional(v.boolean(), false),
      masked: v.optional(int, 0),
    }),
  ),
  failure: v.nullish(v.object({ type: v.optional(v.string()), message: v.optional(v.string()), stack: v.optional(v.string()) })),
  logs: v.array(v.object({ time: v.string(), offset_ns: int, level: v.string(), body: v.string(), attributes })),
  logs_cut: v.optional(int, 0),
})

export const Log = v.object({ row: int, at_ns: int, level: v.string(), body: v.string() })
export const TransactionLogs = v.object({ lines: list(Log), cut: some })

const resource = v.object({ kind: v.string(), name: v.string(), account: v.optional(v.string()), region: v.optional(v.string()) })
export const issueStates = ['open', 'regressed', 'ignored', 'resolved'] as const
const tally = v.object({ headline: v.string(), resource, count: int })
const issue = {
  id: v.string(),
  type: v.string(),
  title: v.string(),
  state: v.picklist(issueStates),
  until: v.optional(v.string(), ''),
  resource,
  count: int,
  total: some,
  users: some,
  first: v.string(),
  last: v.string(),
  version: v.optional(v.string(), ''),
  last_version: v.optional(v.string(), ''),
  spark: list(int),
  cause: v.nullish(v.object({ headline: v.string(), resource, share: v.object({ of: int, total: int }) })),
  transactions_last: v.optional(v.string(), ''),
}
export const IssueRow = v.object(issue)
export const IssueList = v.object({ issues: list(IssueRow), next: v.optional(v.string()), empty: v.nullish(Empty), ...answer })
export const Issue = v.object({
  ...issue,
  causes: list(tally),
  samples: v.object({ first: v.optional(v.string(), ''), last: v.optional(v.string(), ''), slowest: v.optional(v.string(), '') }),
  occurrences: list(
    v.object({
      transaction: v.string(),
      at: v.string(),
      trace: v.string(),
      span: v.string(),
      row: int,
      duration_ns: int,
      error: v.string(),
      version: v.optional(v.string(), ''),
      cause: v.nullish(tally),
    }),
  ),
  stack: v.optional(v.string(), ''),
  common: list(v.object({ path: v.string(), value: v.string(), count: int })),
  timeline: list(v.object({ at: v.string(), count: int, version: v.optional(v.string(), '') })),
  ...answer,
})

export const Heat = v.object({
  from: v.string(),
  to: v.string(),
  columns: int,
  /** each cell: column, row of 1/4 decades from 1 ms, count, failed */
  cells: list(v.tuple([int, int, int, int])),
  count: int,
  failed: int,
  p50_ns: int,
  p95_ns: int,
  sampled: v.optional(v.string()),
  ...answer,
})
export const Differ = v.object({
  inside: int,
  outside: int,
  attributes: list(v.object({ key: v.string(), value: v.string(), inside: int, outside: int })),
  sampled: v.optional(v.string()),
  ...answer,
})

export const ServiceList = v.object({
  services: v.array(
    v.object({
      ...ServiceRef.entries,
      kind: v.string(),
      spans: int,
      errors: int,
      operations: int,
      mean_ns: int,
      max_ns: int,
      newest: v.string(),
    }),
  ),
  ...answer,
})

export const Status = v.object({
  version: v.string(),
  started: v.string(),
  endpoint: v.string(),
  token_auth: v.boolean(),
  spans: int,
  logs: int,
  points: int,
  disk_bytes: int,
  oldest: v.optional(v.string()),
  newest: v.optional(v.string()),
  refused: v.array(v.object({ time: v.string(), protocol: v.string(), status: int, reason: v.string() })),
})

export const ConnectList = v.object({
  clients: v.array(
    v.object({
      name: v.string(),
      says: v.string(),
      doc: v.string(),
      ways: v.array(v.object({ language: v.string(), lead: v.string(), lines: v.string(), traps: v.array(v.string()) })),
    }),
  ),
})

export type TransactionRow = v.InferOutput<typeof TransactionRow>
export type TransactionList = v.InferOutput<typeof TransactionList>
export type Transaction = v.InferOutput<typeof Transaction>
export type Cause = v.InferOutput<typeof Cause>
export type Message = v.InferOutput<typeof Message>
export type Empty = v.InferOutput<typeof Empty>
export type Node = v.InferOutput<typeof Node>
export type Edge = v.InferOutput<typeof Edge>
export type Attribute = v.InferOutput<typeof Attribute>
export type SpanDetail = v.InferOutput<typeof SpanDetail>
export type Log = v.InferOutput<typeof Log>
export type IssueRow = v.InferOutput<typeof IssueRow>
export type Issue = v.InferOutput<typeof Issue>
export type Heat = v.InferOutput<typeof Heat>
export type Differ = v.InferOutput<typeof Differ>
export type ServiceList = v.InferOutput<typeof ServiceList>
export type Status = v.InferOutput<typeof Status>
export type ConnectList = v.InferOutput<typeof ConnectList>
