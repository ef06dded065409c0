// Where a time stands on the waterfall's lane. Long times in which nothing ran
// are cut out of it, so that ten milliseconds before a wait of a quarter of an
// hour and ten after it can both be seen.

import { ticks, type Window } from './axis'
import type { SpanTable } from './spantable'

const leastGap = 10e9 // ns
const leastShare = 0.2 // of the window
const cutWidth = 76 // px that a cut takes: the room of its label

/** idleTimes returns the long times in which no span runs, in order. */
export function idleTimes(t: SpanTable): Window[] {
  if (t.end < leastGap) return []
  for (let r = 0; r < t.n; r++) if (t.start[r] < leastGap && t.start[r] + t.dur[r] > t.end - leastGap) return []
  const rows = Array.from({ length: t.n }, (_, r) => r).sort((a, b) => t.start[a] - t.start[b])
  const idle: Window[] = []
  let until = 0
  for (const r of rows) {
    if (t.start[r] - until > leastGap) idle.push({ from: until, to: t.start[r] })
    until = Math.max(until, t.start[r] + t.dur[r])
  }
  return idle
}

/** gapsIn chooses of idle what is worth a cut while w is shown. */
export function gapsIn(w: Window, idle: Window[]): Window[] {
  return idle
    .map((g) => ({ from: Math.max(g.from, w.from), to: Math.min(g.to, w.to) }))
    .filter((g) => g.to - g.from > Math.max(leastGap, leastShare * (w.to - w.from)) && g.from > w.from && g.to < w.to)
}

interface Piece extends Window {
  x: number
  width: number
}

export interface Mark {
  ns: number
  x: number
  /** of a mark after a cut, what it counts from */
  since: number
}

/** Scale maps the times of a window to width px, and back. */
export class Scale {
  /** px per ns, outside cuts */
  readonly perNs: number
  readonly pieces: Piece[] = []
  readonly cuts: Piece[] = []
  private readonly window: Window

  constructor(window: Window, width: number, gaps: Window[]) {
    this.window = window
    const cut = Math.min(cutWidth, width / (2 * Math.max(1, gaps.length)))
    const shown = window.to - window.from - gaps.reduce((sum, g) => sum + g.to - g.from, 0)
    this.perNs = (width - cut * gaps.length) / shown
    let from = window.from
    let x = 0
    const piece = (to: number) => {
      this.pieces.push({ from, to, x, width: (to - from) * this.perNs })
      x += (to - from) * this.perNs
    }
    for (const g of gaps) {
      piece(g.from)
      this.cuts.push({ ...g, x, width: cut })
      x += cut
      from = g.to
    }
    piece(window.to)
  }

  x(ns: number): number {
    if (this.cuts.length === 0) return (ns - this.window.from) * this.perNs
    for (let i = 0; i < this.cuts.length; i++) {
      const cut = this.cuts[i]
      if (ns < cut.from) return this.pieces[i].x + (ns - this.pieces[i].from) * this.perNs
      if (ns < cut.to) return cut.x + ((ns - cut.from) / (cut.to - cut.from)) * cut.width
    }
    const last = this.pieces[this.pieces.length - 1]
    return last.x + (ns - last.from) * this.perNs
  }

  ns(x: number): number {
    for (let i = 0; i < this.cuts.length; i++) {
      const cut = this.cuts[i]
      if (x < cut.x) return this.pieces[i].from + (x - this.pieces[i].x) / this.perNs
      if (x < cut.x + cut.width) return cut.from + ((x - cut.x) / cut.width) * (cut.to - cut.from)
    }
    const last = this.pieces[this.pieces.length - 1]
    return last.from + (x - last.x) / this.perNs
  }

  /** marks returns about count round times; after a cut they are round from its end on. */
  marks(count: number): Mark[] {
    const whole = this.pieces.reduce((sum, p) => sum + p.width, 0)
    return this.pieces.flatMap((p, i) => {
      const since = i > 0 ? p.from : 0
      const some = Math.max(1, (count * p.width) / Math.max(whole, 1))
      return ticks({ from: p.from - since, to: p.to - since }, some).map((t) => ({ ns: t + since, x: this.x(t + since), since }))
    })
  }
}
