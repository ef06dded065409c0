// A JSON value as lines of a tree that can be folded and drawn a window at a time.

export interface JsonLine {
  depth: number
  key: string | null
  /** what stands on the line: a value, or an opening or closing bracket */
  text: string
  type: 'string' | 'number' | 'boolean' | 'null' | 'open' | 'close'
  /** for open lines: index of the line that closes it */
  end: number
  /** for open lines: number of entries */
  count: number
  /** for open lines: the value was JSON in a string, as SNS puts messages into events */
  parsed: boolean
  /** where it stands: $.Records[0].Sns.Message */
  path: string
  /** the same, counted from the innermost value that was JSON in a string */
  inner: string
}

const parsedMost = 64 * 1024 // a longer string stays one

// parseString returns the object or array that a string holds as JSON.
function parseString(v: string): object | null {
  if (v.length < 2 || v.length > parsedMost || !/^\s*[[{]/.test(v)) return null
  try {
    return JSON.parse(v) as object
  } catch {
    return null
  }
}

export function jsonLines(value: unknown): JsonLine[] {
  const lines: JsonLine[] = []
  const stack: { done: boolean; value: unknown; key: string | null; depth: number; open: number; path: string; inner: string }[] = [
    { done: false, value, key: null, depth: 0, open: -1, path: '$', inner: '$' },
  ]
  while (stack.length > 0) {
    const top = stack.pop()!
    if (top.done) {
      lines[top.open].end = lines.length
      lines.push({ depth: top.depth, key: null, text: lines[top.open].text === '{' ? '}' : ']', type: 'close', end: 0, count: 0, parsed: false, path: '', inner: '' })
      continue
    }
    const { key, depth, path } = top
    const inString = typeof top.value === 'string' ? parseString(top.value) : null
    const v = inString ?? top.value
    const at = { key, depth, path, inner: top.inner }
    if (v === null || typeof v !== 'object') {
      const type = v === null ? 'null' : (typeof v as 'string' | 'number' | 'boolean')
      lines.push({ ...at, text: JSON.stringify(v) ?? 'null', type, end: 0, count: 0, parsed: false })
      continue
    }
    const entries: [string | null, string, unknown][] = Array.isArray(v) ? v.map((x, i) => [null, `[${i}]`, x]) : Object.entries(v).map(([k, x]) => [k, step(k), x])
    const open = Array.isArray(v) ? '[' : '{'
    if (entries.length === 0) {
      lines.push({ ...at, text: open === '[' ? '[]' : '{}', type: 'null', end: 0, count: 0, parsed: false })
      continue
    }
    stack.push({ done: true, value: null, key: null, depth, open: lines.length, path, inner: '' })
    lines.push({ ...at, text: open, type: 'open', end: 0, count: entries.length, parsed: inString !== null })
    const base = inString !== null ? '$' : top.inner
    for (let i = entries.length - 1; i >= 0; i--) {
      const [name, way, x] = entries[i]
      stack.push({ done: false, value: x, key: name, depth: depth + 1, open: -1, path: path + way, inner: base + way })
    }
  }
  return lines
}

// step writes a key as paths do: .user, or ["Content-Type"] where a dot would not do.
function step(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/**
 * lineAt finds the line a path is about: of the whole value, or of JSON that a string of it holds. Of a path that is
 * not there it returns the nearest line around it, and what is missing of it.
 */
export function lineAt(lines: JsonLine[], path: string): { line: number; missing: string } {
  for (let want = path; want !== ''; want = parentPath(want)) {
    let line = lines.findIndex((l) => l.path === want)
    if (line < 0 || want === '$') {
      const inner = lines.findLastIndex((l) => (want === '$' ? l.parsed : l.inner === want && l.inner !== l.path))
      if (inner >= 0) line = inner
    }
    if (line >= 0) return { line, missing: path.slice(want.length).replace(/^\./, '') }
  }
  return { line: lines.length > 0 ? 0 : -1, missing: path }
}

function parentPath(path: string): string {
  return /^(.+?)(?:\.[\w$-]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])$/.exec(path)?.[1] ?? ''
}

/** shownLines leaves out what lies inside folded lines. */
export function shownLines(lines: JsonLine[], folded: Set<number>): number[] {
  const out: number[] = []
  for (let i = 0; i < lines.length; i++) {
    out.push(i)
    if (lines[i].type === 'open' && folded.has(i)) i = lines[i].end
  }
  return out
}
