// The waterfall's time axis: which part of the transaction the lane shows, and
// how the whole of it is drawn in a strip.

import { Flag, type SpanTable } from './spantable'

/** Span of time on the lane, ns after the transaction's start. */
export interface Window {
  from: number
  to: number
}

const leastWindow = 1000 // ns: zoom stops at a microsecond

export function wholeWindow(end: number): Window {
  return { from: 0, to: Math.max(end, 1) }
}

/** zoom scales w about a point of it (0…1), within the whole. */
export function zoom(w: Window, factor: number, at: number, end: number): Window {
  const length = Math.min(Math.max((w.to - w.from) * factor, leastWindow), Math.max(end, leastWindow))
  const center = w.from + (w.to - w.from) * at
  return clamp({ from: center - length * at, to: center + length * (1 - at) }, end)
}

export function pan(w: Window, share: number, end: number): Window {
  const by = (w.to - w.from) * share
  return clamp({ from: w.from + by, to: w.to + by }, end)
}

export function clamp(w: Window, end: number): Window {
  const length = Math.min(w.to - w.from, Math.max(end, 1))
  const from = Math.min(Math.max(w.from, 0), Math.max(end, 1) - length)
  return { from, to: from + length }
}

/** ticks returns round times in w, about as many as asked for. */
export function ticks(w: Window, count: number): number[] {
  const rough = (w.to - w.from) / Math.max(count, 1)
  if (!(rough > 0)) return []
  const step = roundStep(rough)
  const out: number[] = []
  for (let i = Math.ceil(w.from / step); i * step <= w.to; i++) out.push(i * step)
  return out
}

const clockSteps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400] // s

function roundStep(rough: number): number {
  const clock = rough > 30e9 ? clockSteps.find((s) => s * 1e9 >= rough) : undefined
  if (clock) return clock * 1e9
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough
}

/** Strip is the overview: for each pixel column how many spans run and whether one failed. */
export interface Strip {
  busy: Float32Array
  failed: Uint8Array
  most: number
}

export function overview(t: SpanTable, width: number): Strip {
  const delta = new Float32Array(width + 1)
  const failed = new Uint8Array(width)
  const scale = width / Math.max(t.end, 1)
  const column = (ns: number) => Math.min(width - 1, Math.max(0, Math.floor(ns * scale)))
  for (let r = 0; r < t.n; r++) {
    const a = column(t.start[r])
    const b = column(t.start[r] + t.dur[r])
    delta[a] += 1
    delta[b + 1] -= 1
    if (t.flags[r] & Flag.error) failed[b] = 1
  }
  const busy = new Float32Array(width)
  let sum = 0
  let most = 0
  for (let x = 0; x < width; x++) {
    sum += delta[x]
    busy[x] = sum
    if (sum > most) most = sum
  }
  return { busy, failed, most }
}
