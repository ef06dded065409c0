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
}

const parsedMost = 64 * 1024 // a longer string stays one

// inString returns the object or array that a string holds as JSON.
function inString(v: string): object | null {
  if (v.length < 2 || v.length > parsedMost || !/^\s*[[{]/.test(v)) return null
  try {
    return JSON.parse(v) as object
  } catch {
    return null
  }
}

export function jsonLines(value: unknown): JsonLine[] {
  const lines: JsonLine[] = []
  const stack: { done: boolean; value: unknown; key: string | null; depth: number; open: number }[] = [
    { done: false, value, key: null, depth: 0, open: -1 },
  ]
  while (stack.length > 0) {
    const top = stack.pop()!
    if (top.done) {
      lines[top.open].end = lines.length
      lines.push({ depth: top.depth, key: null, text: lines[top.open].text === '{' ? '}' : ']', type: 'close', end: 0, count: 0, parsed: false })
      continue
    }
    const { key, depth } = top
    const inner = typeof top.value === 'string' ? inString(top.value) : null
    const v = inner ?? top.value
    if (v === null || typeof v !== 'object') {
      const type = v === null ? 'null' : (typeof v as 'string' | 'number' | 'boolean')
      lines.push({ depth, key, text: JSON.stringify(v) ?? 'null', type, end: 0, count: 0, parsed: false })
      continue
    }
    const entries: [string | null, unknown][] = Array.isArray(v) ? v.map((x) => [null, x]) : Object.entries(v)
    const open = Array.isArray(v) ? '[' : '{'
    if (entries.length === 0) {
      lines.push({ depth, key, text: open === '[' ? '[]' : '{}', type: 'null', end: 0, count: 0, parsed: false })
      continue
    }
    stack.push({ done: true, value: null, key: null, depth, open: lines.length })
    lines.push({ depth, key, text: open, type: 'open', end: 0, count: entries.length, parsed: inner !== null })
    for (let i = entries.length - 1; i >= 0; i--) stack.push({ done: false, value: entries[i][1], key: entries[i][0], depth: depth + 1, open: -1 })
  }
  return lines
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
