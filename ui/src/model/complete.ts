// What the query box offers: keys, then the values of a key.

export interface Completion {
  label: string
  hint: string
  /** the whole text once taken, and where the caret goes */
  text: string
  caret: number
}

/** QueryAbout is what a query box asks of. */
export type QueryAbout = 'transactions' | 'issues' | 'logs'

const spanKeys: [key: string, hint: string][] = [
  ['service:', 'who did it'],
  ['status:', 'error, ok or unset'],
  ['error:true', 'what failed'],
  ['function:', 'a function by its name'],
  ['cold:true', 'cold starts'],
  ['name:', 'operation'],
  ['duration>', '250ms, 1.5s'],
  ['kind:', 'server, client, producer …'],
  ['http.response.status_code:', 'any attribute works like this'],
]

const issueKeys: typeof spanKeys = [
  ['type:', 'error, timeout, oom …'],
  ['function:', 'where it shows'],
  ['cause:', 'where it starts'],
  ['state:', 'open, regressed, ignored, resolved'],
  ['version:', 'of the code it was seen in last'],
  ['count>', 'how often'],
]
const logKeys: typeof spanKeys = [
  ['level:', 'error, warn, info …'],
  ['service:', 'who wrote it'],
  ['function:', 'a function by its name'],
  ['faas.invocation_id:', 'the lines of one request'],
  ['trace:', 'the lines of one trace'],
]
const keysOf: Record<QueryAbout, typeof spanKeys> = { transactions: spanKeys, issues: issueKeys, logs: logKeys }

const values: Record<string, string[]> = {
  type: ['error', 'timeout', 'oom', 'crash', 'throttle', 'loop', 'poison-message', 'partial-batch', 'async-drop', 'silent', 'slow', 'cold-starts'],
  level: ['error', 'warn', 'info', 'debug', 'fatal'],
  state: ['open', 'regressed', 'ignored', 'resolved'],
  status: ['error', 'ok', 'unset'],
  kind: ['server', 'client', 'producer', 'consumer', 'internal'],
}

const most = 8

/** complete offers what fits the term around the caret. */
export function complete(text: string, caret: number, services: { name: string; count: number }[], about: QueryAbout = 'transactions'): Completion[] {
  const start = text.lastIndexOf(' ', caret - 1) + 1
  const space = text.indexOf(' ', caret)
  const end = space < 0 ? text.length : space
  const term = text.slice(start, caret)
  const negated = term.startsWith('-') ? '-' : ''
  const bare = term.slice(negated.length)
  const put = (label: string, hint: string, insert: string): Completion => {
    const before = text.slice(0, start) + negated + insert
    return { label, hint, text: before + text.slice(end), caret: before.length }
  }
  const [, key, typed] = /^([\w.]+):(.*)$/.exec(bare) ?? []
  if (key === 'service' || key === 'function' || key === 'cause') {
    return services
      .filter((s) => s.name.toLowerCase().includes(typed.toLowerCase()) && s.name !== typed)
      .slice(0, most)
      .map((s) => put(s.name, `${s.count.toLocaleString('en-US')} spans`, `${key}:${quoted(s.name)} `))
  }
  if (key && values[key]) return values[key].filter((v) => v.startsWith(typed) && v !== typed).map((v) => put(v, '', `${key}:${v} `))
  if (key) return []
  return keysOf[about].filter(([k]) => k.startsWith(bare.toLowerCase())).map(([k, hint]) => put(k, hint, k))
}

// Plain words and numbers stand as they are; what the query language could read
// as an operator, a pattern or a unit is quoted.
function quoted(text: string): string {
  const plain = /^[a-z_][\w.-]*$/i.test(text) && !/^(and|or|not)$/i.test(text)
  return plain || /^\d+$/.test(text) ? text : JSON.stringify(text)
}

/** serviceQuery is the query text for all of one service. */
export function serviceQuery(name: string): string {
  return `service:${quoted(name)}`
}

/** attributeQuery is the query text for one value of an attribute. */
export function attributeQuery(key: string, value: string): string {
  const field = /^\w+(\.[\w-]+)+$/.test(key) ? key : JSON.stringify(key)
  return `${field}:${quoted(value)}`
}
