// A server in the API's shapes over seeded data, for the browser tests and for
// work on the pages. Query words steer it: q=fail answers 500, q=slow waits 3 s,
// q=nothing matches nothing.
import { readFileSync, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as data from './mock-data.mjs'

const dist = new URL('../dist/', import.meta.url)
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const policy = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

export const ids = Object.fromEntries(['story', 'fanOut', 'thin', 'big', 'huge', 'timeout', 'calm', 'mesh'].map((name, i) => [name, (i + 1).toString(16).padStart(32, '0')]))

function makeData(start, large) {
  const all = [
    data.blog(1, start - 2_000, { cold: true }), data.fanOut(2, start - 61_000), data.thin(3, start - 700_000),
    ...(large ? [data.wide(4, start - 800_000, 50_000), data.wide(5, start - 900_000, 200_000)] : []),
    data.viewPost(6, start - 5_000, { timeout: true }), data.blog(7, start - 9_000, { fails: false }), data.mesh(8, start - 650_000, 120),
  ]
  for (let i = 0; i < 400; i++) {
    const at = start - 12_000 - i * 2_700
    all.push(i % 5 === 0 ? data.blog(100 + i, at, { fails: i % 15 === 0, cold: i % 35 === 0 }) : data.viewPost(100 + i, at, { timeout: i % 97 === 3 }))
  }
  return all.sort((a, b) => (a.row.start < b.row.start ? 1 : -1))
}

/** startMock serves until close. Options: base path, empty (nothing stored), large (the 50,000 and 200,000 span ones), port. */
export async function startMock({ base = '/', empty = false, large = false, port = 0 } = {}) {
  const state = { transactions: empty ? [] : makeData(Date.now(), large), spans: empty ? 0 : 48_211, refused: [], requests: 0, issueStates: new Map(), arriving: null }
  const server = createServer((req, res) => void answer(req, res, state, base).catch((e) => res.destroy(e)))
  await new Promise((ready) => server.listen(port, '127.0.0.1', ready))
  const url = `http://127.0.0.1:${server.address().port}${base}`
  const close = () => new Promise((done) => (server.close(done), server.closeAllConnections()))
  return { url, state, close, add: (t) => state.transactions.unshift(t) }
}

async function answer(req, res, state, base) {
  const url = new URL(req.url, 'http://mock')
  if (!url.pathname.startsWith(base)) return problem(res, 404, 'No such page', '')
  const path = url.pathname.slice(base.length)
  state.requests++
  res.setHeader('x-request-id', `req-${state.requests}`)
  if (path.startsWith('api/')) return api(req, res, path.slice(4), url.searchParams, state, `http://${req.headers.host}${base}`)
  return file(res, path, base)
}

function file(res, path, base) {
  const known = path !== '' && !path.includes('..') && existsSync(new URL(path, dist))
  let body = readFileSync(new URL(known ? path : 'index.html', dist))
  const type = types[known ? extname(path) : '.html'] ?? 'application/octet-stream'
  if (type.startsWith('text/html')) body = body.toString().replace('<base href="/"', `<base href="${base}"`).replace('name="clew-base" content="/"', `name="clew-base" content="${base}"`)
  res.setHeader('content-security-policy', policy)
  res.setHeader('content-type', type)
  res.setHeader('content-encoding', 'gzip')
  res.end(gzipSync(body))
}

// What the server answered, for another address.
const functions = readFileSync(new URL('../../internal/api/testdata/functions.golden.json', import.meta.url), 'utf8')
const connect = readFileSync(new URL('../../internal/api/testdata/connect.golden.json', import.meta.url), 'utf8')

function json(res, value) {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(value))
}

function problem(res, status, title, detail) {
  res.statusCode = status
  res.setHeader('content-type', 'application/problem+json')
  res.end(JSON.stringify({ title, status, detail }))
}

async function api(req, res, path, query, state, endpoint) {
  if (path === 'transactions') return list(res, query, state)
  if (path === 'transactions/heat') return json(res, heat(query, state))
  if (path === 'transactions/differ') return json(res, differ(state))
  if (path === 'issues' || path.startsWith('issues/')) return issues(req, res, path.slice(7), query, state)
  if (path === 'functions') return json(res, JSON.parse(functions))
  if (path === 'services') return json(res, { services: services(state), scanned: 1000, took_ms: 1.4 })
  if (path === 'status') return json(res, status(state, endpoint))
  if (path === 'connect') return json(res, JSON.parse(connect.replaceAll('http://clew.example', endpoint.replace(/\/$/, ''))))
  const [, id, rest] = /^transactions\/([0-9a-f]+)(?:\/(spans|logs))?$/.exec(path) ?? []
  const [, trace, span] = /^spans\/([0-9a-f]+)\/([0-9a-f]+)$/.exec(path) ?? []
  const found = state.transactions.find((t) => t.trace === (id ?? trace))
  if (!found) return problem(res, 404, 'Not Found', 'no such transaction')
  if (rest === 'logs') return json(res, data.logLines(found))
  if (rest) return stream(req, res, found)
  if (id) return json(res, found.detail)
  const row = found.spans.findIndex((s) => s.id === span)
  return row < 0 ? problem(res, 404, 'Not Found', 'no such span') : json(res, data.spanDetail(found, row))
}

// What people made of an issue outlives the request.
function issues(req, res, id, query, state) {
  const answer = { scanned: 2, took_ms: 0.4 }
  const now = Date.now()
  const story = state.transactions.find((t) => t.trace === ids.story)
  const all = story ? data.issues(now, story) : []
  for (const { row, detail } of all) row.state = detail.state = state.issueStates.get(row.id) ?? row.state
  if (id === '') {
    const want = query.get('state') ?? ''
    const fits = all.map((i) => i.row).filter((r) => want === '' || r.state === want || (want === 'active' && ['open', 'regressed'].includes(r.state)))
    return json(res, { issues: fits, ...(fits.length === 0 && { empty: { reason: all.length ? 'no-match' : 'no-data' } }), ...answer })
  }
  const found = all.find((i) => i.row.id === id.split('/')[0])
  if (!found) return problem(res, 404, 'Not Found', 'no such issue')
  if (req.method !== 'POST') return json(res, found.detail)
  let body = ''
  req.on('data', (part) => (body += part))
  req.on('end', () => {
    state.issueStates.set(found.row.id, JSON.parse(body).state)
    json(res, { ...found.row, state: JSON.parse(body).state })
  })
}

// As internal/api/heat.go: columns of equal time, four rows a decade from 1 ms.
function heat(query, state) {
  const columns = Number(query.get('columns') ?? 120)
  const from = Date.parse(query.get('from'))
  const to = Date.parse(query.get('to'))
  const cells = new Map()
  for (const t of state.transactions) {
    const at = Date.parse(t.row.start)
    if (at < from || at >= to || !matches(t.row, query.get('q') ?? '')) continue
    const column = Math.floor(((at - from) / (to - from)) * columns)
    const row = Math.max(0, Math.floor(4 * Math.log10(Math.max(t.row.to_user_ns, 1) / 1e6)))
    const cell = cells.get(`${column} ${row}`) ?? [column, row, 0, 0]
    cell[2]++
    if (t.row.outcome !== 'ok') cell[3]++
    cells.set(`${column} ${row}`, cell)
  }
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), columns, cells: [...cells.values()], ...sums(state, query), scanned: state.transactions.length, took_ms: 1 }
}

function sums(state, query) {
  const from = Date.parse(query.get('from'))
  const to = Date.parse(query.get('to'))
  const rows = state.transactions.map((t) => t.row).filter((r) => Date.parse(r.start) >= from && Date.parse(r.start) < to && matches(r, query.get('q') ?? ''))
  const durations = rows.map((r) => r.to_user_ns).sort((a, b) => a - b)
  const at = (q) => durations[Math.max(0, Math.ceil(q * durations.length) - 1)] ?? 0
  return { count: rows.length, failed: rows.filter((r) => r.outcome !== 'ok').length, p50_ns: at(0.5), p95_ns: at(0.95) }
}

function differ(state) {
  const attributes = [{ key: 'faas.version', value: '42', inside: 60, outside: 2 }, { key: 'service.name', value: 'Post Analysis', inside: 60, outside: 90 }]
  return { inside: 60, outside: 300, attributes, scanned: state.transactions.length, took_ms: 1 }
}

async function stream(req, res, t) {
  res.setHeader('content-type', 'application/x-ndjson')
  for (const line of data.spanLines(t)) {
    if (!res.write(`${line}\n`)) await new Promise((drained) => res.once('drain', drained))
    await new Promise(setImmediate)
  }
  res.end()
}

async function list(res, query, state) {
  const q = query.get('q') ?? ''
  const answer = { scanned: state.transactions.length, took_ms: 2.1 }
  if (q.includes('fail')) return problem(res, 500, 'Internal Server Error', 'store: read block 17: checksum mismatch')
  if (q.includes('slow')) await new Promise((r) => setTimeout(r, 3000))
  if (state.transactions.length === 0) return json(res, { transactions: [], empty: { reason: 'no-data' }, ...answer })
  const from = Date.parse(query.get('from'))
  const to = Date.parse(query.get('to'))
  const inTime = state.transactions.filter((t) => Date.parse(t.row.start) >= from && Date.parse(t.row.start) < to)
  if (inTime.length === 0) return json(res, { transactions: [], empty: { reason: 'no-data-in-range', nearest: state.transactions[0].row.start }, ...answer })
  const fits = inTime.filter((t) => matches(t.row, q))
  if (fits.length === 0) return json(res, { transactions: [], empty: { reason: 'no-match', term: q.split(' ').find((w) => w.includes('nothing')) }, ...answer })
  const at = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  const next = at + limit < fits.length ? String(at + limit) : undefined
  json(res, { transactions: fits.slice(at, at + limit).map((t) => t.row), next, ...answer, ...(q.includes('partly') && { partial: 'read 38 of 60 blocks in 2 s' }) })
}

function matches(row, q) {
  return q.split(' ').every((term) => {
    if (term.includes('nothing')) return false
    if (term === 'status:error') return row.outcome !== 'ok'
    const service = /^service:"?([^"]+)"?$/.exec(term)?.[1]
    return !service || row.entry.service.includes(service) || row.hops.some((h) => h.name.includes(service))
  })
}

function services(state) {
  const byName = new Map()
  for (const t of state.transactions) {
    for (const s of t.spans.length > 1000 ? [] : t.spans) {
      const ref = t.detail.services[s.svc]
      const row = byName.get(ref.name) ?? { ...ref, kind: t.detail.nodes.find((n) => n.service === s.svc)?.kind ?? 'service', spans: 0, errors: 0, sum: 0, max_ns: 0, names: new Set(), newest: t.row.start }
      row.spans++
      if (s.error) row.errors++
      row.sum += s.dur * 1e6
      row.max_ns = Math.max(row.max_ns, Math.round(s.dur * 1e6))
      row.names.add(s.name)
      byName.set(ref.name, row)
    }
  }
  return [...byName.values()].map(({ sum, names, ...row }) => ({ ...row, mean_ns: Math.round(sum / row.spans), operations: names.size }))
}

function status(state, endpoint) {
  return {
    version: 'mock', started: new Date(Date.now() - 60_000).toISOString(), endpoint: endpoint.replace(/\/$/, ''), token_auth: false, spans: state.spans, logs: state.spans > 0 ? 1024 : 0, points: 0,
    disk_bytes: state.spans * 61, newest: state.spans > 0 ? new Date().toISOString() : undefined, refused: state.refused,
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const mock = await startMock({ port: Number(process.env.PORT ?? 7199), large: process.env.LARGE !== '0', base: process.env.BASE ?? '/', empty: process.env.EMPTY === '1' })
  console.log(mock.url)
}
