import { useMemo } from 'react'
import type { Transaction } from '../../api/schema'
import { clamp, type Window, wholeWindow } from '../../model/axis'
import { assignColors, type ServiceColor } from '../../model/colors'
import { type Marks, makeMarks, waitsOf } from '../../model/marks'
import { type Folding, findGroups, findRows, lineOf, mergeLogs, visibleLines } from '../../model/rows'
import { gapsIn, idleTimes } from '../../model/scale'
import type { SpanTable } from '../../model/spantable'
import type { Fold, TxUrl } from '../../state/url'
import type { Scene, SceneLog } from '../waterfall/scene'

export function useColors(tx: Transaction): ServiceColor[] {
  return useMemo(() => assignColors(tx.services.map((s) => s.ordinal)), [tx])
}

/** useMarks looks up what the server computed; nodes of rows are known once they have arrived. */
export function useMarks(tx: Transaction, table: SpanTable): Marks {
  return useMemo(() => makeMarks(tx, (row) => table.node[row] ?? -1), [tx, table, table.complete])
}

// A row's waits are worked out when it is first drawn.
function keepWaits(t: SpanTable): (row: number) => Window[] {
  const known = new Map<number, Window[]>()
  return (row) => {
    let waits = known.get(row)
    if (!waits) known.set(row, (waits = waitsOf(t, row)))
    return waits
  }
}

/** useScene prepares what the waterfall draws, each part only when what it depends on changes. rows says how far the table has grown. */
export function useScene(tx: Transaction, table: SpanTable, rows: number, state: TxUrl, row: number, marks: Marks, logs: SceneLog[]): Scene {
  const colors = useColors(tx)
  const services = useMemo(() => tx.services.map((s) => s.name), [tx])
  const waitedIn = useMemo(() => nameWaits(tx, table), [tx, table])
  const groups = useMemo(() => findGroups(table), [table, rows])
  const hidden = useMemo(() => new Set(tx.services.flatMap((s, i) => (state.hide.includes(s.name) ? [i] : []))), [tx, state.hide])
  const folding = useMemo(() => foldRows(table, state.fold, hidden), [table, rows, state.fold, hidden])
  const plain = useMemo(() => visibleLines(table, groups, folding), [table, groups, folding])
  const lines = useMemo(() => (logs.length > 0 ? mergeLogs(plain, table, logs) : plain), [plain, table, logs])
  const waits = useMemo(() => keepWaits(table), [table, rows])
  const hits = useMemo(() => findRows(table, services, state.find), [table, rows, services, state.find])
  const window = useMemo(() => windowOf(state.win, table.end), [state.win, table, rows])
  const idle = useMemo(() => (table.complete ? idleTimes(table) : []), [table, rows])
  const gaps = useMemo(() => (state.cut ? gapsIn(window, idle) : []), [window, idle, state.cut])
  const selected = useMemo(() => lineOf(lines, table, groups, folding, row), [lines, table, groups, folding, row])
  const cost = tx.cost != null
  const show = useMemo(() => ({ path: state.path !== 'off', focus: state.path === 'cause', critical: state.path === 'critical', cost }), [state.path, cost])
  return useMemo(
    () => ({ table, groups, folding, lines, services, colors, waitedIn, window, gaps, selected, hits, marks, waits, show, logs }),
    [table, groups, folding, lines, services, colors, waitedIn, window, gaps, selected, hits, marks, waits, show, logs],
  )
}

function foldRows(t: SpanTable, fold: Fold, hidden: Set<number>): Folding {
  const closed = new Uint8Array(t.n)
  if (fold.all) closed.fill(1)
  const opened = new Uint8Array(t.n)
  if (fold.ids.length > 0 || fold.groups.length > 0) {
    const ids = new Set(fold.ids)
    const groups = new Set(fold.groups)
    for (let r = 0; r < t.n; r++) {
      if (ids.has(t.id[r])) closed[r] = fold.all ? 0 : 1
      if (groups.has(t.id[r])) opened[r] = 1
    }
  }
  return { closed, opened, hidden }
}

function windowOf(win: TxUrl['win'], end: number): Window {
  return win ? clamp({ from: win.from * 1e6, to: win.to * 1e6 }, end) : wholeWindow(end)
}

function nameWaits(tx: Transaction, t: SpanTable): (row: number) => string {
  const source = new Map<number, string>()
  for (const e of tx.edges) if (e.async) source.set(e.to, tx.nodes[e.from]?.name ?? '')
  return (row) => source.get(t.node[row]) || 'message'
}
