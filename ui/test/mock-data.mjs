// Seeded transactions in the API's shapes: the blog story, and shapes that are
// hard to draw. Equal calls give equal data.

export function random(seed) {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = s
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const ms = 1e6
export const kinds = { unset: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
export const flag = { error: 1, open: 2, cold: 4, async: 8, missing: 16, shifted: 32, timeout: 64 }
const hex = (n, digits) => n.toString(16).padStart(digits, '0')

// A span here: {name, svc, node, start, dur (ms), kind, flags, wait, error, children}.
function flatten(roots, traceNumber) {
  const spans = []
  const walk = (span, parent) => {
    const row = spans.length
    spans.push({ ...span, parent, id: hex(traceNumber * 0x1000000 + row + 1, 16) })
    for (const child of span.children ?? []) walk(child, row)
  }
  for (const root of roots) walk(root, -1)
  return spans
}

function transaction({ number, start, services, nodes, edges, roots, more = {} }) {
  const spans = flatten(roots, number)
  const end = spans.reduce((m, s) => Math.max(m, (s.start + s.dur) * ms), 0)
  const failure = spans.findLastIndex((s) => s.error)
  const fullNodes = nodes.map((n, i) => {
    const mine = spans.map((s, row) => ({ s, row })).filter(({ s }) => s.node === i)
    const errors = mine.filter(({ s }) => s.error).length
    return {
      kind: n.kind, name: n.name, instrumented: n.service >= 0, service: n.service ?? -1, calls: n.calls ?? Math.max(1, mine.length), errors,
      duration_ns: Math.round(mine.reduce((sum, { s }) => Math.max(sum, s.dur * ms), 0)), cold: mine.some(({ s }) => s.flags & flag.cold) || undefined,
      outcome: n.outcome ?? (errors > 0 ? 'error' : 'ok'), error: mine.find(({ s }) => s.error)?.s.error, row: mine[0]?.row ?? 0,
    }
  })
  const row = {
    id: hex(number, 32), start: new Date(start).toISOString(), duration_ns: Math.round(end), to_user_ns: Math.round(spans[0].dur * ms),
    queue_wait_ns: Math.round(spans.reduce((sum, s) => sum + (s.wait ?? 0) * ms, 0)),
    entry: { service: services[spans[0].svc].name, operation: spans[0].name, kind: nodes[spans[0].node].kind },
    outcome: failure >= 0 ? 'error' : 'ok', error: failure >= 0 ? spans[failure].error : undefined,
    spans: spans.length, errors: spans.filter((s) => s.error).length, cold_starts: spans.filter((s) => s.flags & flag.cold).length,
    hops: fullNodes.slice(0, 12).map((n, i) => ({ kind: n.kind, name: n.name, failed: n.errors > 0 || undefined, async: edges.some((e) => e.to === i && e.async) || undefined })),
    ...more,
  }
  const detail = {
    ...row, functions: nodes.filter((n) => n.kind === 'function').length, logs: spans.length > 100 ? 0 : 4, failure: failure >= 0 ? failure : undefined,
    services, nodes: fullNodes, edges: edges.map((e) => ({ async: false, calls: 1, errors: 0, total_ns: 0, wait_ns: 0, ...e })), scanned: spans.length, took_ms: 3.2,
  }
  return { row, detail, spans, trace: row.id }
}

/** blog is POST /new_post: the auth 401 that Request Processor swallows, so that Post Analysis fails two hops later. */
export function blog(number, start, { fails = true, cold = false, slow = 1, order } = {}) {
  const services = [{ name: 'api-gateway', ordinal: 0 }, { name: 'Request Processor', ordinal: 1 }, { name: 'auth', ordinal: 2 }, { name: 'Post Analysis', ordinal: 3 }]
  const nodes = [
    { kind: 'gateway', name: 'blog-api', service: 0 }, { kind: 'function', name: 'Request Processor', service: 1 }, { kind: 'service', name: 'auth', service: 2 },
    { kind: 'table', name: 'posts' }, { kind: 'topic', name: 'blog-new-posts' }, { kind: 'function', name: 'Post Analysis', service: 3 }, { kind: 'cache', name: 'sentiment-cache' },
  ].map((n) => ({ service: -1, ...n }))
  const k = slow
  const roots = [{
    name: 'POST /new_post', svc: 0, node: 0, start: 0, dur: 392 * k, kind: kinds.server,
    children: [{
      name: 'request-processor', svc: 1, node: 1, start: 6, dur: 380 * k, kind: kinds.server, flags: cold ? flag.cold : 0,
      children: [
        { name: 'GET /verify', svc: 1, node: 2, start: 22, dur: 64, kind: kinds.client, ...(fails && { error: '401 Unauthorized' }),
          children: [{ name: 'GET /verify', svc: 2, node: 2, start: 29, dur: 51, kind: kinds.server, ...(fails && { error: '401 token expired' }),
            children: [{ name: 'middleware - expressInit', svc: 2, node: 2, start: 30, dur: 0.6, kind: kinds.internal }, { name: 'request handler - /verify', svc: 2, node: 2, start: 31, dur: 48, kind: kinds.internal }] }] },
        { name: 'DynamoDB.PutItem', svc: 1, node: 3, start: 96, dur: 143 * k, kind: kinds.client },
        { name: 'blog-new-posts send', svc: 1, node: 4, start: 96 + 143 * k + 6, dur: 88, kind: kinds.producer,
          children: [{ name: 'post-analysis', svc: 3, node: 5, start: 96 + 143 * k + 94 + 298, dur: 512, wait: 298, kind: kinds.consumer, flags: flag.async | (cold ? flag.cold : 0), ...(fails && { error: "KeyError: 'user'" }),
            children: [{ name: 'GET sentiment', svc: 3, node: 6, start: 96 + 143 * k + 94 + 298 + 40, dur: 21, kind: kinds.client }, { name: 'analyse', svc: 3, node: 5, start: 96 + 143 * k + 94 + 298 + 66, dur: 430, kind: kinds.internal, ...(fails && { error: "KeyError: 'user'" }) }] }] },
      ],
    }],
  }]
  const edges = [
    { from: 0, to: 1, total_ns: 380 * ms }, { from: 1, to: 2, total_ns: 64 * ms, errors: fails ? 1 : 0 }, { from: 1, to: 3, total_ns: 143 * ms * k },
    { from: 1, to: 4, total_ns: 88 * ms }, { from: 4, to: 5, async: true, wait_ns: 298 * ms, total_ns: 512 * ms, errors: fails ? 1 : 0 }, { from: 5, to: 6, total_ns: 21 * ms },
  ]
  if (order) services.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const t = transaction({ number, start, services, nodes, edges, roots, more: { usd: 9.8e-6, cold_to_user_ns: cold ? 180 * ms : 0 } })
  Object.assign(t.detail, blogStory(t.spans, fails))
  t.detail.nodes[1].usd = 4.1e-6
  t.detail.nodes[1].idle_ns = 295 * ms
  t.detail.nodes[5].usd = 5.2e-6
  return t
}

// What the server works out of the blog story. Rows: 1 request-processor, 2 and 3 verify, 6 the table, 7 send,
// 8 post-analysis, 10 analyse.
function blogStory(spans, fails) {
  const at = (row) => Math.round(spans[row].start * ms)
  const end = (row) => Math.round((spans[row].start + spans[row].dur) * ms)
  const cause = {
    row: 1, failure: 10, confidence: 'high', hops: 2, rows: [1, 7, 8, 10], nodes: [1, 4, 5],
    headline: 'Request Processor swallowed a 401 from auth and published a message without `user` → blog-new-posts → Post Analysis failed on `$.user`',
    evidence: [{ row: 2, text: 'GET /verify answered 401 Unauthorized and its caller went on' }, { row: 7, text: 'the message to blog-new-posts has no user' }, { row: 10, text: "KeyError: 'user' is about that field" }],
    others: [{ row: 10, text: 'Post Analysis failed by itself', confidence: 'low' }],
    values: [
      { row: 8, role: 'event', path: '$.user', from_row: 7, from_role: 'message', from_path: '$.user', missing: false },
      { row: 7, role: 'message', path: '$.user', from_row: 1, from_role: 'response', from_path: '$.body.user', missing: false },
      { row: 10, role: 'event', path: '$.user', from_row: 1, from_role: 'response', from_path: '$.body.user', missing: false },
    ],
  }
  return {
    traces: undefined,
    ...(fails && { cause }),
    silent: fails ? [{ row: 1, kind: 'swallowed', text: 'Request Processor answered 200 although its call to auth failed' }] : [],
    critical: [
      { row: 0, from_ns: 0, to_ns: at(1) }, { row: 1, from_ns: at(1), to_ns: at(6) }, { row: 6, from_ns: at(6), to_ns: end(6) }, { row: 1, from_ns: end(6), to_ns: at(7) },
      { row: 7, from_ns: at(7), to_ns: end(7) }, { row: 8, from_ns: end(7), to_ns: at(8), wait: true }, { row: 8, from_ns: at(8), to_ns: at(10) }, { row: 10, from_ns: at(10), to_ns: end(10) }, { row: 8, from_ns: end(10), to_ns: end(8) },
    ],
    cost: {
      usd: 9.8e-6, prices: '2026-11-01', notes: [],
      items: [
        { row: 1, node: 1, what: 'Lambda compute', formula: '0.38 s × 0.5 GB × $0.0000166667/GB-s', usd: 3.9e-6 }, { row: 1, node: 1, what: 'Lambda request', formula: '1 × $0.20/M', usd: 2e-7 },
        { row: 6, node: 3, what: 'DynamoDB write', formula: '1 × $0.625/M', usd: 6.25e-7 }, { row: 8, node: 5, what: 'Lambda compute', formula: '0.512 s × 0.6 GB × $0.0000166667/GB-s', usd: 5.075e-6 },
      ],
      unknown: [{ row: 7, node: 4, what: 'SNS publish', why: 'size not told' }],
    },
    idle: [{ row: 1, billed_ns: 380 * ms, idle_ns: 295 * ms, by: [{ node: 3, idle_ns: 143 * ms }, { node: 4, idle_ns: 88 * ms }, { node: 2, idle_ns: 64 * ms }] }],
    messages: [{ key: '7f3a-sns', kind: 'sns.message', sender: 7, attempts: [8], batch: 1, dlq: -1, fate: fails ? 'retrying' : 'delivered' }],
  }
}

/** own is what a row costs by itself: 0 for nothing, -1 where nobody told enough. */
function own(t, row) {
  const cost = t.detail.cost
  if (cost?.unknown.some((u) => u.row === row)) return -1
  return (cost?.items ?? []).reduce((sum, i) => sum + (i.row === row ? i.usd : 0), 0)
}

/** viewPost is GET /post: one function, one cache. */
export function viewPost(number, start, { timeout = false } = {}) {
  const services = [{ name: 'api-gateway', ordinal: 0 }, { name: 'View Post', ordinal: 4 }]
  const dur = timeout ? 3000 : 38
  const roots = [{ name: 'GET /post', svc: 0, node: 0, start: 0, dur: dur + 8, kind: kinds.server, ...(timeout && { error: '502 Bad Gateway' }),
    children: [{ name: 'view-post', svc: 1, node: 1, start: 3, dur, kind: kinds.server, ...(timeout && { error: 'Task timed out after 3.00 seconds', flags: flag.timeout }),
      children: [{ name: 'GET post', svc: 1, node: 2, start: 9, dur: timeout ? dur - 6 : 20, kind: kinds.client, flags: timeout ? flag.open : 0 }] }] }]
  const nodes = [{ kind: 'gateway', name: 'blog-api', service: 0 }, { kind: 'function', name: 'View Post', service: 1, outcome: timeout ? 'timeout' : undefined }, { kind: 'cache', name: 'posts-redis', service: -1 }]
  const edges = [{ from: 0, to: 1, total_ns: dur * ms }, { from: 1, to: 2, total_ns: 20 * ms }]
  return transaction({ number, start, services, nodes, edges, roots, more: timeout ? { outcome: 'timeout', error: 'Task timed out after 3.00 seconds' } : {} })
}

/** wide is a transaction of exactly count spans over many services, a few levels deep. */
export function wide(number, start, count) {
  const next = random(number)
  const names = ['gateway', 'orders', 'stock', 'billing', 'mail', 'search', 'profile', 'audit', 'media', 'export']
  const services = names.map((name, ordinal) => ({ name, ordinal }))
  const nodes = names.map((name, i) => ({ kind: i === 0 ? 'gateway' : i % 2 ? 'function' : 'service', name, service: i }))
  const edges = names.slice(1).map((_, i) => ({ from: i === 0 ? 0 : Math.floor(next() * (i + 1)), to: i + 1, calls: 10 + i }))
  const total = 600_000
  const root = { name: 'POST /import', svc: 0, node: 0, start: 0, dur: total, kind: kinds.server, children: [] }
  let left = count - 1
  const grow = (parent, depth) => {
    const span = parent.dur / 12
    let at = parent.start + next() * span * 0.2
    while (left > 0 && at < parent.start + parent.dur) {
      const svc = 1 + Math.floor(next() * 9)
      const dur = Math.min(parent.start + parent.dur - at, span * (0.3 + next()))
      const child = { name: `step ${Math.floor(next() * 40)}`, svc, node: svc, start: at, dur, kind: kinds.server, children: [], ...(next() < 0.004 && { error: 'TimeoutError: no answer from the stock service within 2 s' }) }
      left--
      parent.children.push(child)
      if (depth < 6 && next() < 0.8) grow(child, depth + 1)
      at += dur * (0.4 + next())
    }
  }
  while (left > 0) grow(root, 0)
  root.children.sort((a, b) => a.start - b.start)
  return transaction({ number, start, services, nodes, edges, roots: [root] })
}

/** fanOut is a function that calls another 500 times; twelve calls fail. */
export function fanOut(number, start) {
  const next = random(number)
  const services = [{ name: 'Digest', ordinal: 5 }, { name: 'Render', ordinal: 6 }]
  const nodes = [{ kind: 'function', name: 'Digest', service: 0 }, { kind: 'function', name: 'Render', service: 1, calls: 500 }]
  const children = Array.from({ length: 500 }, (_, i) => ({ name: 'render', svc: 1, node: 1, start: 10 + i * 1.8, dur: 20 + next() * 40, kind: kinds.server, ...(i % 40 === 3 && { error: 'template missing' }) }))
  const failed = children.filter((c) => c.error)
  for (const c of failed.slice(12)) delete c.error
  const roots = [{ name: 'digest', svc: 0, node: 0, start: 0, dur: 1000, kind: kinds.server, children }]
  return transaction({ number, start, services, nodes, edges: [{ from: 0, to: 1, calls: 500, errors: 12, total_ns: 20_000 * ms }], roots })
}

/** thin has a span of one microsecond in ten minutes, a parent that never arrived, and a span without an end. */
export function thin(number, start) {
  const services = [{ name: 'Batch', ordinal: 7 }, { name: 'Ledger', ordinal: 8 }]
  const nodes = [{ kind: 'function', name: 'Batch', service: 0 }, { kind: 'database', name: 'ledger-db', service: -1 }, { kind: 'service', name: 'Ledger', service: 1 }]
  const roots = [
    { name: 'nightly', svc: 0, node: 0, start: 0, dur: 600_000, kind: kinds.server, children: [{ name: 'SELECT 1', svc: 0, node: 1, start: 300_000, dur: 0.001, kind: kinds.client }, { name: 'waits for ever', svc: 0, node: 0, start: 420_000, dur: 180_000, kind: kinds.internal, flags: flag.open }] },
    { name: '', svc: 1, node: 2, start: 100, dur: 50, kind: kinds.unset, flags: flag.missing, children: [{ name: 'post entry', svc: 1, node: 2, start: 110, dur: 30, kind: kinds.internal }] },
  ]
  return transaction({ number, start, services, nodes, edges: [{ from: 0, to: 1 }, { from: 0, to: 2 }], roots })
}

/** late is a message that waited a quarter of an hour between two short functions. */
export function late(number, start) {
  const services = [{ name: 'Writer', ordinal: 3 }, { name: 'Reader', ordinal: 4 }]
  const nodes = [{ kind: 'function', name: 'Writer', service: 0 }, { kind: 'queue', name: 'letters', service: -1 }, { kind: 'function', name: 'Reader', service: 1 }]
  const read = { name: 'read letter', svc: 1, node: 2, start: 900_000, dur: 400, kind: kinds.consumer, flags: flag.async, wait: 899_880, children: [{ name: 'spell', svc: 1, node: 2, start: 900_100, dur: 200, kind: kinds.internal }] }
  const roots = [{ name: 'write letter', svc: 0, node: 0, start: 0, dur: 150, kind: kinds.server, children: [{ name: 'send', svc: 0, node: 1, start: 20, dur: 100, kind: kinds.producer, children: [read] }] }]
  return transaction({ number, start, services, nodes, edges: [{ from: 0, to: 1 }, { from: 1, to: 2, async: true, wait_ns: 899_880 * ms }], roots })
}

/** mesh is a graph of count services, each called by an earlier one. */
export function mesh(number, start, count) {
  const next = random(number)
  const services = Array.from({ length: count }, (_, ordinal) => ({ name: `s${ordinal}-svc`, ordinal }))
  const all = services.map((s, i) => ({ name: 'call', svc: i, node: i, start: i, dur: count * 2 - i, kind: kinds.server, children: [] }))
  const edges = []
  for (let i = 1; i < count; i++) {
    const from = Math.floor(next() * i)
    all[from].children.push(all[i])
    edges.push({ from, to: i })
  }
  return transaction({ number, start, services, nodes: services.map((s, i) => ({ kind: 'service', name: s.name, service: i })), edges, roots: [all[0]] })
}

/** spanDetail is what GET /api/spans answers for one row. */
export function spanDetail(t, row) {
  const s = t.spans[row]
  const at = new Date(Date.parse(t.row.start) + s.start).toISOString()
  const service = t.detail.services[s.svc]
  const string = (key, value) => ({ key, type: 'string', value })
  const root = row === 0
  const payloads = []
  if (/request-processor/.test(s.name)) {
    payloads.push({ role: 'event', key: 'faas.event', json: true, masked: 2, text: JSON.stringify({ httpMethod: 'POST', path: '/new_post', headers: { authorization: '•••', 'content-type': 'application/json' }, body: { title: 'Threads', text: 'A clew is a ball of thread.', tags: ['maze', 'thread'], draft: false } }) })
    payloads.push({ role: 'response', key: 'faas.response', json: true, text: JSON.stringify({ statusCode: 200, body: { id: 'p-1841', user: null } }) })
  } else if (/post-analysis|send|analyse/.test(s.name)) {
    payloads.push({ role: s.name.endsWith('send') ? 'message' : 'event', key: 'messaging.payload', json: true, truncated: true, text: JSON.stringify({ Records: [{ Sns: { TopicArn: 'arn:aws:sns:eu-west-1:1:blog-new-posts', Message: JSON.stringify({ id: 'p-1841', user: null, words: 6 }) } }] }) })
  }
  return {
    trace: t.trace, id: s.id, parent: s.parent >= 0 ? t.spans[s.parent].id : undefined, name: s.name, kind: Object.keys(kinds)[s.kind], service, start: at,
    duration_ns: Math.round(s.dur * ms), ended: !((s.flags ?? 0) & flag.open), status: s.error ? 'error' : 'unset', status_message: s.error, scope: '@opentelemetry/instrumentation-aws-lambda 0.57.0',
    attributes: [string('http.request.method', root ? 'POST' : 'GET'), { key: 'http.response.status_code', type: 'int', value: s.error ? 401 : 200 }, { key: 'faas.coldstart', type: 'bool', value: Boolean((s.flags ?? 0) & flag.cold) }, string('url.path', s.name), { key: 'ratio', type: 'double', value: 0.25 }],
    resource: [string('service.name', service.name), string('cloud.region', 'eu-west-1'), { key: 'process.pid', type: 'int', value: 4711 }, string('telemetry.sdk.language', s.svc === 3 ? 'python' : 'nodejs')],
    events: s.error ? [{ offset_ns: Math.round(s.dur * ms * 0.9), name: 'exception', attributes: [string('exception.type', s.error.split(':')[0]), string('exception.message', s.error)] }] : [],
    links: s.kind === kinds.consumer ? [{ trace: t.trace, span: t.spans[s.parent]?.id ?? t.spans[0].id, attributes: [string('messaging.message.id', 'm-93')] }] : [],
    payloads,
    failure: s.error ? { type: s.error.split(':')[0], message: s.error, stack: 'Traceback (most recent call last):\n  File "/var/runtime/bootstrap.py", line 63, in handle\n    return handler(event)\n  File "/var/task/post_analysis.py", line 24, in handler\n    author = post[\'user\'][\'name\']\n' + s.error } : undefined,
    logs: s.kind === kinds.server || s.kind === kinds.consumer ? ['START RequestId: 3f1c', 'verifying the author', s.error ? s.error : 'stored post p-1841'].map((body, i) => ({ time: new Date(Date.parse(at) + i * 12).toISOString(), offset_ns: i * 12 * ms, level: i === 2 && s.error ? 'error' : i === 1 ? 'info' : 'unset', body, attributes: [] })) : [],
  }
}

/** spanLines is the span stream: a head, then chunks, of which the first is small. */
export function* spanLines(t, first = 500, chunk = 10_000) {
  yield JSON.stringify({ id: t.trace, t0: t.row.start, total: t.spans.length, traces: [t.trace] })
  const known = new Map()
  for (let offset = 0, n = first; offset < t.spans.length; offset += n, n = chunk) {
    const part = t.spans.slice(offset, offset + n)
    const names = []
    const index = (name) => {
      if (!known.has(name)) {
        known.set(name, known.size)
        names.push(name)
      }
      return known.get(name)
    }
    const errors = {}
    part.forEach((s, i) => s.error && (errors[offset + i] = s.error))
    const column = (f) => part.map(f)
    const name = column((s) => index(s.name))
    yield JSON.stringify({
      offset, names, id: column((s) => s.id), parent: column((s) => s.parent), name, svc: column((s) => s.svc), node: column((s) => s.node),
      start: column((s) => Math.round(s.start * ms)), dur: column((s) => Math.round(s.dur * ms)), wait: column((s) => Math.round((s.wait ?? 0) * ms)), trace: column(() => 0), usd: t.detail.cost ? part.map((_, i) => own(t, offset + i)) : part.map(() => 0),
      flags: column((s) => (s.flags ?? 0) + (s.error ? flag.error : 0) + s.kind * 256), errors,
    })
  }
}

/** logLines is what GET /api/transactions/{id}/logs answers. */
export function logLines(t) {
  const lines = t.spans.flatMap((s, row) => spanDetail(t, row).logs.map((l) => ({ row, at_ns: Math.round(s.start * ms) + l.offset_ns, level: l.level, body: l.body })))
  return { lines }
}

/** issues are two faults of the blog: one whose cause lies elsewhere, and a timeout. */
export function issues(now, story) {
  const iso = (ago) => new Date(now - ago).toISOString()
  const fn = (name) => ({ kind: 'function', name, account: '123456789012', region: 'eu-west-1' })
  const cause = { headline: 'Request Processor swallowed a 401 from auth, 2 hops earlier, via SNS blog-new-posts', resource: fn('Request Processor') }
  const spark = Array.from({ length: 24 }, (_, i) => (i < 14 ? 0 : (i * 7) % 5))
  const occurrence = (i) => ({ transaction: story.trace, at: iso(2_000 + i * 60_000), trace: story.trace, span: story.spans[8].id, row: 8, duration_ns: 512e6, error: "KeyError: 'user'", version: '42', cause: { ...cause, count: 1 } })
  const keyError = {
    id: '00000000000000a1', type: 'error', title: "KeyError: 'user' in Post Analysis", state: 'open', resource: fn('Post Analysis'), count: 41, total: 52, users: 17, first: iso(4 * 36e5), last: iso(2_000),
    version: '42', last_version: '42', spark, cause: { ...cause, share: { of: 37, total: 41 } }, transactions_last: story.trace,
  }
  const timeout = {
    id: '00000000000000a2', type: 'timeout', title: 'View Post timed out', state: 'regressed', resource: fn('View Post'), count: 5, total: 9, users: 0, first: iso(30 * 36e5), last: iso(700_000),
    version: '', spark: spark.toReversed(), transactions_last: story.trace,
  }
  const detail = (row) => ({
    ...row, causes: row.cause ? [{ ...cause, count: 37 }, { headline: 'Post Analysis failed by itself', resource: fn('Post Analysis'), count: 4 }] : [],
    samples: { first: story.trace, last: story.trace, slowest: story.trace }, occurrences: Array.from({ length: 8 }, (_, i) => occurrence(i)),
    stack: row.cause ? 'Traceback (most recent call last):\n  File "/var/task/post_analysis.py", line 24, in handler\n    author = post[\'user\'][\'name\']\nKeyError: \'user\'' : undefined,
    common: row.cause ? [{ path: '$.user', value: 'null', count: 37 }, { path: '$.draft', value: 'false', count: 30 }] : [],
    timeline: Array.from({ length: 24 }, (_, i) => ({ at: iso((24 - i) * 36e5), count: row.spark[i], version: i < 18 ? '41' : '42' })), scanned: 1, took_ms: 1,
  })
  return [keyError, timeout].map((row) => ({ row, detail: detail(row) }))
}
