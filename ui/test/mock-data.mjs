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
  return transaction({ number, start, services, nodes, edges, roots })
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
  } else if (/post-analysis|send/.test(s.name)) {
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
  yield JSON.stringify({ id: t.trace, t0: t.row.start, total: t.spans.length })
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
      start: column((s) => Math.round(s.start * ms)), dur: column((s) => Math.round(s.dur * ms)), wait: column((s) => Math.round((s.wait ?? 0) * ms)),
      flags: column((s) => (s.flags ?? 0) + (s.error ? flag.error : 0) + s.kind * 256), errors,
    })
  }
}
