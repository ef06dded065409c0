// How durations, counts and instants are written.

/** formatDuration writes ns with three significant digits and the unit people say: 1.24 s, 312 ms, 9 µs, 2 min 5 s. */
export function formatDuration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`
  if (ns < 999.5e3) return `${significant(ns / 1e3)} µs`
  if (ns < 999.5e6) return `${significant(ns / 1e6)} ms`
  if (ns < 59.95e9) return `${significant(ns / 1e9)} s`
  const seconds = Math.round(ns / 1e9)
  if (seconds < 3600) return joinParts(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return joinParts(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.round(minutes / 60)
  return joinParts(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function joinParts(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`
}

function significant(x: number): string {
  if (x >= 99.95) return String(Math.round(x))
  if (x >= 9.995) return trimZeros(x.toFixed(1))
  return trimZeros(x.toFixed(2))
}

function trimZeros(s: string): string {
  return s.replace(/\.?0+$/, '')
}

export function formatCount(n: number): string {
  return n.toLocaleString('en-US')
}

export function formatBytes(n: number): string {
  if (n < 1000) return `${n} B`
  for (const [unit, size] of [['KB', 1e3], ['MB', 1e6], ['GB', 1e9]] as const) {
    if (n < size * 1000 || unit === 'GB') return `${significant(n / size)} ${unit}`
  }
  return ''
}

export interface ClockStyle {
  utc: boolean
  date?: boolean
  millis?: boolean
}

/** formatInstant writes an RFC 3339 instant as 21 Nov 09:04:07.123, in local time or UTC. */
export function formatInstant(iso: string, style: ClockStyle): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return '–'
  const zone = style.utc ? 'UTC' : undefined
  const time = at.toLocaleTimeString('en-GB', {
    timeZone: zone,
    hour12: false,
    fractionalSecondDigits: style.millis ? 3 : undefined,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  if (!style.date) return time
  return `${at.toLocaleDateString('en-GB', { timeZone: zone, day: 'numeric', month: 'short' })} ${time}`
}

/** formatAgo says how long before now an instant was: 4 s ago, 2 min ago. */
export function formatAgo(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86400)} d ago`
}

interface Waited {
  calls: number
  wait_ns: number
  retries: number
  attempts: number
  last_wait_ns: number
}

/**
 * waitedWords says how long the messages of a hop waited before their first attempts, on average, and what became of
 * the one tried most. A message may be received before its sender has the receipt: that is no wait.
 */
export function waitedWords(e: Waited): string {
  const first = e.wait_ns > 0 ? `waited ${formatDuration(e.wait_ns / Math.max(1, e.calls - e.retries))}` : 'no wait'
  return e.retries > 0 ? `${first}, attempt ${e.attempts} after ${formatDuration(e.last_wait_ns)}` : first
}
