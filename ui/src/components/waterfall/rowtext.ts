// What a line of the waterfall says in words: beside its name, and to a screen
// reader. Whatever is drawn in colour is said here as well.
import { formatCount, formatDuration } from '../../model/duration'
import { perMillion } from '../../model/money'
import { Line } from '../../model/rows'
import { Flag } from '../../model/spantable'
import type { Outcome } from '../../api/schema'
import { outcomeWord } from '../outcome'
import type { Scene } from './scene'

type Tone = '' | 'error' | 'cold' | 'wait' | 'cause' | 'warn'

export interface RowText {
  glyph: string
  tone: Tone
  service: string
  operation: string
  /** stands beside the name: counts, attempts, what the row is */
  beside: string
  spoken: string
  cost: string
}

export function rowText(scene: Scene, line: number, folded: boolean): RowText {
  const r = scene.lines.row[line]
  switch (scene.lines.kind[line]) {
    case Line.wait:
      return waitText(scene, r)
    case Line.group:
      return groupText(scene, r)
    case Line.log:
      return logText(scene, scene.lines.log![line])
    default:
      return spanText(scene, r, folded)
  }
}

function waitText(scene: Scene, r: number): RowText {
  const spoken = `waited ${formatDuration(scene.table.wait[r])}`
  return { glyph: 'wait', tone: 'wait', service: scene.waitedIn(r), operation: '', beside: '', spoken, cost: '' }
}

function groupText(scene: Scene, r: number): RowText {
  const { table: t, groups } = scene
  const group = groups.list[groups.of[r]]
  const failed = group.failed > 0
  return {
    glyph: failed ? 'error' : 'group',
    tone: failed ? 'error' : 'wait',
    service: scene.services[t.svc[r]] ?? '',
    operation: ` ${t.nameOf(r)}`,
    beside: `×${formatCount(group.members.length)}${failed ? `, ${formatCount(group.failed)} failed` : ''}`,
    spoken: `${group.members.length} calls, ${group.failed} failed, median ${formatDuration(group.p50)}, longest ${formatDuration(group.max)}`,
    cost: costOf(scene, group.members.reduce((sum, m) => sum + t.usd[m], 0)),
  }
}

function logText(scene: Scene, index: number): RowText {
  const log = scene.logs[index]
  const bad = log.level === 'error' || log.level === 'fatal'
  const level = log.level === 'unset' ? 'log' : log.level
  return { glyph: 'log', tone: bad ? 'error' : log.level === 'warn' ? 'warn' : 'wait', service: '', operation: log.body, beside: '', spoken: `${level} line at ${formatDuration(Math.max(0, log.at_ns))}`, cost: '' }
}

function spanText(scene: Scene, r: number, folded: boolean): RowText {
  const { table: t, marks } = scene
  const flags = t.flags[r]
  const inside = folded ? t.bad[r] - (flags & Flag.error ? 1 : 0) : 0
  const note = marks.notes.get(r)
  const outcome = flags & Flag.error ? marks.outcomes.get(r) : undefined
  const isCause = scene.show.path && r === marks.cause
  const [glyph, tone] = stateOf(flags, inside, isCause, outcome, note?.glyph ?? '')
  const beside = [isCause && 'root cause', outcome && outcome !== 'timeout' && outcomeWord(outcome as Outcome), !isCause && note?.text, ...told(flags, note !== undefined), inside > 0 && `${formatCount(inside)} failed inside`]
  const length = flags & Flag.open ? 'never ended' : formatDuration(t.dur[r])
  const idle = marks.idle.get(r)
  const spoken = [
    flags & Flag.error ? `failed ${t.errors.get(r) ?? ''}` : '',
    flags & Flag.cold ? 'cold start' : '',
    length,
    `starts at ${formatDuration(t.start[r])}`,
    idle && idle.idle > 0 ? `waited for others ${formatDuration(idle.idle)} of it` : '',
    scene.show.path && marks.path.has(r) ? 'on root-cause path' : '',
    scene.show.critical && marks.critical.has(r) ? 'on critical path' : '',
    flags & Flag.shifted ? 'clock shifted' : '',
  ]
  return {
    glyph,
    tone,
    service: scene.services[t.svc[r]] ?? '',
    operation: ` ${flags & Flag.missing ? 'a parent that never arrived' : t.nameOf(r)}`,
    beside: beside.filter(Boolean).join(', '),
    spoken: spoken.filter(Boolean).join(', '),
    cost: costOf(scene, t.usd[r]),
  }
}

// What flags say that no note of the row says already.
function told(flags: number, noted: boolean): string[] {
  return [
    !noted && flags & Flag.shared ? 'shared by a batch' : '',
    !noted && flags & Flag.attempt ? 'tried again' : '',
    flags & Flag.ambiguous ? 'ambiguous join' : '',
    flags & Flag.twin ? 'told twice' : '',
  ]
}

function stateOf(flags: number, inside: number, isCause: boolean, outcome: string | undefined, note: string): [string, Tone] {
  if (isCause) return ['cause', 'cause']
  if (flags & Flag.timeout) return ['timeout', 'error']
  if (outcome) return [outcome, outcome === 'throttled' || outcome === 'partial' ? 'warn' : 'error']
  if (flags & Flag.error || inside > 0) return ['error', 'error']
  if (note) return [note, note === 'silent' || note === 'dlq' ? 'warn' : 'wait']
  if (flags & Flag.cold) return ['cold', 'cold']
  return ['', '']
}

// A row that costs nothing says nothing; one without a known price says "–".
function costOf(scene: Scene, usd: number): string {
  return scene.show.cost && usd !== 0 ? perMillion(usd) : ''
}
