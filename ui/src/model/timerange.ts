// Time ranges as the URL and the time box write them.

/** A range is two texts: "now", "now-15m", or an RFC 3339 instant. */
export interface TimeRange {
  from: string
  to: string
}

export const defaultRange: TimeRange = { from: 'now-1h', to: 'now' }

export const presets: { label: string; from: string }[] = [
  { label: 'Last 5 minutes', from: 'now-5m' },
  { label: 'Last 15 minutes', from: 'now-15m' },
  { label: 'Last hour', from: 'now-1h' },
  { label: 'Last 6 hours', from: 'now-6h' },
  { label: 'Last 24 hours', from: 'now-24h' },
  { label: 'Last 7 days', from: 'now-7d' },
]

const unitMs: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

/** instantOf turns one end into epoch ms; NaN when it is neither relative nor a date. */
export function instantOf(end: string, now: number): number {
  if (end === 'now') return now
  const relative = /^now-(\d+)([smhdw])$/.exec(end)
  if (relative) return now - Number(relative[1]) * unitMs[relative[2]]
  return Date.parse(end)
}

/** boundsOf returns both ends in epoch ms, or null when the range is not one. */
export function boundsOf(range: TimeRange, now: number): { from: number; to: number } | null {
  const from = instantOf(range.from, now)
  const to = instantOf(range.to, now)
  return Number.isNaN(from) || Number.isNaN(to) || from >= to ? null : { from, to }
}

export function isRelative(range: TimeRange): boolean {
  return range.to === 'now' && range.from.startsWith('now-')
}

/** parseRange reads what people type: "-1h", "15m", "2026-11-21 09:00 to 10:00", "… to now". Null when it is none of them. */
export function parseRange(text: string, now: number, utc: boolean): TimeRange | null {
  const trimmed = text.trim()
  const short = /^(?:now)?-?\s*(\d+)\s*([smhdw])$/.exec(trimmed)
  if (short) return { from: `now-${short[1]}${short[2]}`, to: 'now' }
  const ends = trimmed.split(/\s+to\s+|\s+–\s+/)
  if (ends.length !== 2) return null
  const from = parseEnd(ends[0], '', utc)
  if (!from) return null
  const day = /^\d{4}-\d{2}-\d{2}/.exec(ends[0])?.[0] ?? ''
  const to = parseEnd(ends[1], day, utc)
  if (!to || !boundsOf({ from, to }, now)) return null
  return { from, to }
}

function parseEnd(text: string, day: string, utc: boolean): string | null {
  if (/^now(-\d+[smhdw])?$/.test(text)) return text
  let s = text.trim()
  if (/^\d{1,2}:\d{2}/.test(s) && day) s = `${day} ${s.padStart(5, '0')}`
  const m = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?(Z)?$/.exec(s)
  if (!m) return null
  const at = new Date(`${m[1]}T${m[2] ?? '00:00'}${m[3] || utc ? 'Z' : ''}`)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** labelOf says a range in words. */
export function labelOf(range: TimeRange, utc: boolean): string {
  const preset = presets.find((p) => p.from === range.from && range.to === 'now')
  if (preset) return preset.label
  if (isRelative(range)) return `Last ${range.from.slice(4)}`
  return `${endLabel(range.from, utc)} – ${endLabel(range.to, utc)}`
}

function endLabel(end: string, utc: boolean): string {
  if (end.startsWith('now')) return end
  const at = new Date(end)
  if (Number.isNaN(at.getTime())) return end
  return at.toLocaleString('en-GB', {
    timeZone: utc ? 'UTC' : undefined,
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
}

/** shift moves a range by its own length, back or forth, and makes it absolute. */
export function shift(range: TimeRange, direction: 1 | -1, now: number): TimeRange {
  const bounds = boundsOf(range, now)
  if (!bounds) return range
  const length = bounds.to - bounds.from
  return absolute({ from: bounds.from + direction * length, to: bounds.to + direction * length })
}

export function absolute(bounds: { from: number; to: number }): TimeRange {
  return { from: new Date(bounds.from).toISOString(), to: new Date(bounds.to).toISOString() }
}

/** around returns an hour with the instant in its middle. */
export function around(iso: string): TimeRange {
  const at = Date.parse(iso)
  return absolute({ from: at - 18e5, to: at + 18e5 })
}
