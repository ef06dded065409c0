// Draws the bars of a run of waterfall lines on a canvas.
import { formatDuration } from '../../model/duration'
import { hasWaitLine, Line } from '../../model/rows'
import { Scale } from '../../model/scale'
import { Flag } from '../../model/spantable'
import type { Palette } from './palette'
import { rowHeight, type Scene } from './scene'

const barHeight = 14
const barTop = (rowHeight - barHeight) / 2
const leastWidth = 2
const coldWidth = 14 // the hatch says "cold"; how long the start took is not in the columns
const flipAt = 0.72 // labels of bars that end past this share of the lane go to their left
export const laneRoom = 84 // kept free at the right, for the labels of bars that end last

export interface Lane {
  c: CanvasRenderingContext2D
  palette: Palette
  scene: Scene
  width: number
  scale: Scale
}

export function laneScale(scene: Scene, width: number): Scale {
  return new Scale(scene.window, Math.max(width - laneRoom, 40), scene.gaps)
}

/** paintLines draws count lines from line first at the top of the canvas. */
export function paintLines(lane: Lane, first: number, count: number, gridX: number[]): void {
  const { c, palette, scene, width } = lane
  c.clearRect(0, 0, width, count * rowHeight)
  c.fillStyle = palette.line
  for (const x of gridX) if (x >= 1) c.fillRect(Math.round(x), 0, 1, count * rowHeight)
  for (const cut of lane.scale.cuts) paintCut(lane, cut.x + cut.width - 14, count * rowHeight)
  c.font = palette.font
  c.textBaseline = 'middle'
  const last = Math.min(first + count, scene.lines.length)
  for (let line = first; line < last; line++) {
    const y = (line - first) * rowHeight
    const row = scene.lines.row[line]
    const kind = scene.lines.kind[line]
    if (kind === Line.wait) paintWait(lane, row, y)
    else if (kind === Line.group) paintGroup(lane, row, y)
    else if (kind === Line.log) paintLog(lane, scene.lines.log![line], y)
    else paintSpan(lane, row, y)
  }
}

// What is not on the shown way steps back; words never do.
function shapes(lane: Lane, row: number): void {
  lane.c.globalAlpha = lane.scene.show.focus && !lane.scene.marks.path.has(row) ? 0.25 : 1
}

function xOf(lane: Lane, ns: number): number {
  return lane.scale.x(ns)
}

// Two zigzag lines down the lane say that time is missing here.
function paintCut(lane: Lane, x: number, height: number): void {
  const { c, palette } = lane
  const tooth = rowHeight / 2
  c.strokeStyle = palette.wait
  c.lineWidth = 1
  for (const at of [x - 3.5, x + 3.5]) {
    c.beginPath()
    for (let y = 0; y <= height; y += tooth) c.lineTo(at + ((y / tooth) % 2 === 0 ? -3 : 3), y)
    c.stroke()
  }
}

function paintSpan(lane: Lane, row: number, y: number): void {
  const { c, palette, scene, width } = lane
  const t = scene.table
  const x0 = xOf(lane, t.start[row])
  const x1 = Math.max(xOf(lane, t.start[row] + t.dur[row]), x0 + leastWidth)
  if (x1 < 0 || x0 > width) return paintElsewhere(lane, x1 < 0, y)
  const left = Math.max(x0, -4)
  const right = Math.min(x1, width + 4)
  const top = y + barTop
  const flags = t.flags[row]
  const color = scene.colors[t.svc[row]] ?? { slot: 8, striped: false }
  shapes(lane, row)
  if (flags & Flag.missing) {
    c.setLineDash([3, 3])
    c.strokeStyle = palette.muted
    c.lineWidth = 1
    c.strokeRect(left + 0.5, top + 0.5, Math.max(right - left - 1, 1), barHeight - 1)
    c.setLineDash([])
  } else {
    c.fillStyle = palette.services[color.slot]
    if (flags & Flag.open) tornBar(c, left, top, right)
    else c.fillRect(left, top, right - left, barHeight)
    if (color.striped && right - left > 4) {
      c.fillStyle = palette.bg
      c.fillRect(left + 2, top + barHeight / 2 - 1, right - left - 4, 2)
    }
  }
  paintIdle(lane, row, top)
  if (flags & Flag.cold && x0 >= -coldWidth) {
    c.fillStyle = palette.hatch
    c.fillRect(left, top, Math.min(coldWidth, right - left), barHeight)
  }
  if (flags & Flag.error) {
    c.strokeStyle = palette.error
    c.lineWidth = 2
    c.strokeRect(left - 1, top - 1, right - left + 2, barHeight + 2)
  }
  if (flags & Flag.timeout) {
    c.fillStyle = palette.error
    c.fillRect(right - 1, top - 3, 3, barHeight + 6)
  }
  c.globalAlpha = 1
  paintCritical(lane, row, top + barHeight)
  const wait = t.wait[row]
  if (wait > 0 && !hasWaitLine(t, row)) dotted(lane, xOf(lane, t.start[row] - wait), x0 - 2, y)
  paintLabel(lane, row, y, left, right)
}

// Billed but waiting on another: the bar shows in ticks, where it computes it is solid.
function paintIdle(lane: Lane, row: number, top: number): void {
  const { c, palette, scene, width } = lane
  if (!scene.marks.idle.has(row)) return
  c.fillStyle = palette.ticks
  for (const wait of scene.waits(row)) {
    const from = Math.max(xOf(lane, wait.from), 0)
    const to = Math.min(xOf(lane, wait.to), width)
    if (to - from >= 3) c.fillRect(from, top, to - from, barHeight)
  }
}

function paintCritical(lane: Lane, row: number, bottom: number): void {
  const parts = lane.scene.show.critical ? lane.scene.marks.critical.get(row) : undefined
  for (const part of parts ?? []) criticalLine(lane, xOf(lane, part.from), xOf(lane, part.to), bottom)
}

function criticalLine(lane: Lane, x0: number, x1: number, bottom: number): void {
  const { c, palette, width } = lane
  const from = Math.max(x0, 0)
  const to = Math.min(Math.max(x1, x0 + leastWidth), width)
  if (to <= from) return
  c.fillStyle = palette.bg
  c.fillRect(from - 1, bottom - 3, to - from + 2, 4)
  c.fillStyle = palette.text
  c.fillRect(from, bottom - 2, to - from, 2)
}

function paintLog(lane: Lane, index: number, y: number): void {
  const { c, palette, scene, width } = lane
  const log = scene.logs[index]
  const x = xOf(lane, log.at_ns)
  if (x < 0 || x > width) return paintElsewhere(lane, x < 0, y)
  c.fillStyle = log.level === 'error' || log.level === 'fatal' ? palette.error : log.level === 'warn' ? palette.warn : palette.wait
  c.fillRect(x - 1, y + 6, 2, rowHeight - 12)
  c.fillStyle = palette.muted
  const label = formatDuration(Math.max(0, log.at_ns))
  const need = c.measureText(label).width
  c.fillText(label, x + 6 + need <= width ? x + 6 : x - need - 6, y + rowHeight / 2 + 0.5)
}

function tornBar(c: CanvasRenderingContext2D, left: number, top: number, right: number): void {
  const tooth = Math.min(4, right - left)
  c.beginPath()
  c.moveTo(left, top)
  c.lineTo(right, top)
  for (let i = 1; i <= 4; i++) c.lineTo(i % 2 ? right - tooth : right, top + (barHeight * i) / 4)
  c.lineTo(left, top + barHeight)
  c.fill()
}

function paintLabel(lane: Lane, row: number, y: number, left: number, right: number): void {
  const { c, palette, scene, width } = lane
  const t = scene.table
  const flags = t.flags[row]
  const time = flags & Flag.open ? 'never ended' : formatDuration(t.dur[row])
  const label = flags & Flag.timeout ? `timed out at ${time}` : flags & Flag.missing ? 'never arrived' : time
  const note = flags & Flag.error ? (t.errors.get(row) ?? '') : flags & Flag.cold ? 'cold start' : ''
  const middle = y + rowHeight / 2 + 0.5
  const need = c.measureText(label).width
  const gap = 6
  const roomRight = width - right - gap - 4
  const roomLeft = left - gap - 4
  const whole = note ? need + gap + c.measureText(note).width : need
  if (roomLeft >= need && (roomRight < need || (right > width * flipAt && roomLeft >= whole && roomRight < whole))) {
    c.textAlign = 'right'
    c.fillStyle = palette.muted
    c.fillText(label, left - gap, middle)
    if (note) paintNote(lane, note, flags, left - gap - need - gap, middle, roomLeft - need - gap)
    c.textAlign = 'left'
    return
  }
  c.textAlign = 'left'
  if (roomRight >= need) {
    c.fillStyle = palette.muted
    c.fillText(label, right + gap, middle)
    if (note) paintNote(lane, note, flags, right + gap + need + gap, middle, roomRight - need - gap)
    return
  }
  const end = Math.min(right, width) - 4
  c.fillStyle = palette.bg
  c.fillRect(end - need - 8, y + barTop + 1, need + 8, barHeight - 2)
  c.fillStyle = palette.text
  c.fillText(label, end - need - 4, middle)
}

function paintNote(lane: Lane, note: string, flags: number, x: number, middle: number, room: number): void {
  const text = fit(lane.c, note, room)
  if (!text) return
  lane.c.fillStyle = flags & Flag.error ? lane.palette.error : lane.palette.cold
  lane.c.fillText(text, x, middle)
}

function fit(c: CanvasRenderingContext2D, text: string, room: number): string {
  if (room < 24) return ''
  if (c.measureText(text).width <= room) return text
  let cut = Math.min(text.length, Math.floor(room / 4))
  while (cut > 0 && c.measureText(`${text.slice(0, cut)}…`).width > room) cut -= Math.max(1, cut >> 4)
  return cut > 0 ? `${text.slice(0, cut)}…` : ''
}

function paintWait(lane: Lane, row: number, y: number): void {
  const t = lane.scene.table
  const x0 = xOf(lane, t.start[row] - t.wait[row])
  const x1 = xOf(lane, t.start[row])
  if (x1 < 0 || x0 > lane.width) return paintElsewhere(lane, x1 < 0, y)
  shapes(lane, row)
  dotted(lane, x0, x1, y)
  lane.c.globalAlpha = 1
  if (lane.scene.show.critical && lane.scene.marks.criticalWaits.has(row)) criticalLine(lane, x0, x1, y + barTop + barHeight)
  const { c, palette, width } = lane
  const label = `waited ${formatDuration(t.wait[row])}`
  const need = c.measureText(label).width
  c.fillStyle = palette.muted
  if (width - x1 - 10 >= need) c.fillText(label, x1 + 6, y + rowHeight / 2 + 0.5)
  else c.fillText(label, Math.max(4, x0 - need - 6), y + rowHeight / 2 + 0.5)
}

function dotted(lane: Lane, x0: number, x1: number, y: number): void {
  const { c, palette, width } = lane
  const from = Math.max(x0, 0)
  const to = Math.min(x1, width)
  if (to <= from) return
  c.fillStyle = palette.wait
  for (let x = from; x < to; x += 4) c.fillRect(x, y + rowHeight / 2 - 1, 2, 2)
  if (x0 >= 0) c.fillRect(x0, y + rowHeight / 2 - 4, 2, 8)
}

function paintGroup(lane: Lane, row: number, y: number): void {
  const { c, palette, scene, width } = lane
  const t = scene.table
  const group = scene.groups.list[scene.groups.of[row]]
  const color = scene.colors[t.svc[row]] ?? { slot: 8, striped: false }
  const top = y + barTop
  let left = Infinity
  let right = -Infinity
  c.fillStyle = palette.services[color.slot]
  shapes(lane, row)
  let drawn = -Infinity
  for (const r of group.members) {
    const x = xOf(lane, t.start[r])
    left = Math.min(left, x)
    right = Math.max(right, xOf(lane, t.start[r] + t.dur[r]))
    if (x - drawn < 1 || x < 0 || x > width) continue
    c.fillRect(x, top, 1, barHeight)
    drawn = x
  }
  if (right < 0 || left > width) {
    c.globalAlpha = 1
    return paintElsewhere(lane, right < 0, y)
  }
  c.fillRect(Math.max(left, 0), top + barHeight - 2, Math.min(right, width) - Math.max(left, 0), 2)
  c.globalAlpha = 1
  const label = `p50 ${formatDuration(group.p50)}, max ${formatDuration(group.max)}`
  const need = c.measureText(label).width
  c.fillStyle = palette.muted
  if (width - right - 10 >= need) c.fillText(label, right + 6, y + rowHeight / 2 + 0.5)
  else if (left - 10 >= need) c.fillText(label, left - need - 6, y + rowHeight / 2 + 0.5)
  else {
    c.fillStyle = palette.bg
    c.fillRect(width - need - 12, top, need + 12, barHeight)
    c.fillStyle = palette.muted
    c.fillText(label, width - need - 4, y + rowHeight / 2 + 0.5)
  }
}

// A small arrow says that the bar lies outside the window, and where.
function paintElsewhere(lane: Lane, before: boolean, y: number): void {
  const { c, palette, width } = lane
  const middle = y + rowHeight / 2
  const tip = before ? 2 : width - 2
  const back = before ? 7 : width - 7
  c.fillStyle = palette.wait
  c.beginPath()
  c.moveTo(tip, middle)
  c.lineTo(back, middle - 4)
  c.lineTo(back, middle + 4)
  c.fill()
}
