import type { RefObject } from 'react'
import type { Transaction } from '../../api/schema'
import { Line, nextRow } from '../../model/rows'
import { Flag } from '../../model/spantable'
import { type Binding, useKeys } from '../../state/keys'
import { showToast } from '../../state/live'
import type { Path, TxUrl, View } from '../../state/url'
import type { Scene } from '../waterfall/scene'
import type { WaterfallView } from '../waterfall/view'
import { closeAll, openAll, setClosed, setOpened } from './fold'

interface Context {
  tx: Transaction
  scene: Scene
  row: number
  view: RefObject<WaterfallView | null>
  finder: RefObject<HTMLInputElement | null>
  change: (change: Partial<TxUrl> | ((old: TxUrl) => Partial<TxUrl>)) => void
  select: (row: number) => void
  goTo: (row: number) => void
  zoomBy: (factor: number, at: number) => void
  panBy: (share: number) => void
  back: () => void
}

/** useTxKeys binds the keys of the transaction page. */
export function useTxKeys(x: Context): void {
  const group = 'Transaction'
  const onRows = (e: KeyboardEvent) => !(e.target instanceof HTMLElement && e.target.closest('[role=tablist], [role=separator], aside, [data-testid=graph], header'))
  const arrow = (keys: string, does: string, run: () => void): Binding => ({ keys, does, group, when: onRows, run })
  const show = (view: View) => () => x.change({ view })
  useKeys([
    { keys: 'j', does: 'Next row', group, run: () => move(x, 1) },
    { keys: 'k', does: 'Previous row', group, run: () => move(x, -1) },
    arrow('ArrowDown', 'Next row', () => move(x, 1)),
    arrow('ArrowUp', 'Previous row', () => move(x, -1)),
    arrow('PageDown', '', () => move(x, x.view.current?.pageSize ?? 10)),
    arrow('PageUp', '', () => move(x, -(x.view.current?.pageSize ?? 10))),
    arrow('Home', '', () => move(x, -x.scene.lines.length)),
    arrow('End', '', () => move(x, x.scene.lines.length)),
    arrow('ArrowRight', 'Unfold', () => unfold(x)),
    arrow('ArrowLeft', 'Fold', () => fold(x)),
    arrow('Shift+ArrowRight', 'Unfold all', () => x.change({ fold: openAll })),
    arrow('Shift+ArrowLeft', 'Fold all', () => x.change({ fold: closeAll })),
    { keys: 'n', does: 'Next error', group, run: () => toError(x, 1) },
    { keys: 'Shift+N', does: 'Previous error', group, run: () => toError(x, -1) },
    { keys: 'p', does: 'Go to the cause', group, run: () => toCause(x) },
    { keys: 'Shift+P', does: 'Focus the way from the cause', group, run: () => togglePath(x, 'cause') },
    { keys: 'c', does: 'Critical path', group, run: () => togglePath(x, 'critical') },
    { keys: '1', does: 'Graph and waterfall', group, run: show('both') },
    { keys: '2', does: 'Graph', group, run: show('graph') },
    { keys: '3', does: 'Waterfall', group, run: show('wf') },
    { keys: '+', does: 'Zoom in', group, run: () => x.zoomBy(0.6, centerOf(x)) },
    { keys: '=', does: '', group, run: () => x.zoomBy(0.6, centerOf(x)) },
    { keys: '-', does: 'Zoom out', group, run: () => x.zoomBy(1 / 0.6, centerOf(x)) },
    { keys: '0', does: 'Fit', group, run: () => x.change({ win: null }) },
    { keys: 'a', does: 'Pan left', group, run: () => x.panBy(-0.25) },
    { keys: 'd', does: 'Pan right', group, run: () => x.panBy(0.25) },
    { keys: 'Shift+K', does: 'Cut long gaps or show them whole', group, run: () => x.change((old) => ({ cut: !old.cut })) },
    { keys: 'f', does: 'Find', group, run: () => x.finder.current?.select() },
    { keys: 'x', does: 'Error', group, run: () => x.change({ pane: 'error' }) },
    { keys: 'l', does: 'Logs', group, run: () => x.change({ pane: 'logs' }) },
    { keys: 'Shift+L', does: 'Log lines among the spans', group, run: () => x.change((old) => ({ logs: !old.logs })) },
    { keys: 'e', does: 'Payload', group, run: () => x.change({ pane: 'payload' }) },
    { keys: 'Escape', does: 'Back to the list', group, when: (e) => !(e.target instanceof HTMLElement && e.target.closest('[role=dialog]')), run: x.back },
  ])
}

// Lines of the row itself (its wait, its opened fan-out) are passed over.
function move(x: Context, by: number): void {
  const { lines, selected } = x.scene
  if (lines.length === 0) return
  const step = Math.sign(by)
  let at = Math.max(0, Math.min(lines.length - 1, (selected < 0 ? -1 : selected) + by))
  while ((lines.row[at] === x.row || lines.kind[at] === Line.log) && at + step >= 0 && at + step < lines.length) at += step
  x.select(lines.row[at])
}

function kindOfLine(x: Context): number {
  return x.scene.selected >= 0 ? x.scene.lines.kind[x.scene.selected] : Line.span
}

function unfold(x: Context): void {
  const { table, folding, lines, selected } = x.scene
  if (selected < 0) return
  const row = lines.row[selected]
  if (kindOfLine(x) === Line.group) x.change((old) => ({ fold: setOpened(old.fold, table.id[row], true) }))
  else if (table.hasChildren(row) && folding.closed[row]) x.change((old) => ({ fold: setClosed(old.fold, table.id[row], false) }))
  else if (table.hasChildren(row)) move(x, 1)
}

function fold(x: Context): void {
  const { table, folding, groups, lines, selected } = x.scene
  if (selected < 0) return
  const row = lines.row[selected]
  if (table.hasChildren(row) && !folding.closed[row] && kindOfLine(x) === Line.span) {
    x.change((old) => ({ fold: setClosed(old.fold, table.id[row], true) }))
  } else if (groups.of[row] >= 0 && kindOfLine(x) === Line.span) {
    const first = groups.list[groups.of[row]].first
    x.change((old) => ({ fold: setOpened(old.fold, table.id[first], false) }))
  } else if (table.parent[row] >= 0) x.select(table.parent[row])
}

function toError(x: Context, step: 1 | -1): void {
  const { table } = x.scene
  const row = nextRow(table, x.row, step, (r) => table.has(r, Flag.error))
  if (row >= 0) x.goTo(row)
}

function toCause(x: Context): void {
  if (x.tx.cause) x.goTo(x.tx.cause.row)
  else showToast(x.tx.failure == null ? 'Nothing failed here' : 'No root cause was found')
}

function togglePath(x: Context, path: Path): void {
  if (path === 'cause' && !x.tx.cause) showToast('No root cause was found')
  else x.change((old) => ({ path: old.path === path ? '' : path }))
}

// Zooming by key keeps the selected bar in place when it is on the lane.
function centerOf(x: Context): number {
  const { table, window } = x.scene
  const middle = table.start[x.row] + table.dur[x.row] / 2
  const at = (middle - window.from) / (window.to - window.from)
  return at >= 0 && at <= 1 ? at : 0.5
}
