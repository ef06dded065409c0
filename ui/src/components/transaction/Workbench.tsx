import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useLogs } from '../../api/hooks'
import type { Transaction } from '../../api/schema'
import { pan, type Window, zoom } from '../../model/axis'
import { formatCount } from '../../model/duration'
import { Line } from '../../model/rows'
import type { SpanTable } from '../../model/spantable'
import { prefs, savePrefs } from '../../state/prefs'
import { useStore } from '../../state/store'
import type { Path, TxUrl } from '../../state/url'
import { Graph } from '../graph/Graph'
import { SpanPanel } from '../panel/SpanPanel'
import { ErrorNote } from '../parts/Notes'
import { Splitter } from '../parts/Splitter'
import { Overview } from '../waterfall/Overview'
import type { SceneLog } from '../waterfall/scene'
import type { WaterfallView } from '../waterfall/view'
import { Waterfall } from '../waterfall/Waterfall'
import { setClosed, setOpened, uncover } from './fold'
import { Toolbar } from './Toolbar'
import { CauseBand } from './CauseBand'
import { useColors, useMarks, useScene } from './useScene'
import { useTxKeys } from './useTxKeys'
import css from './transaction.module.css'

interface Props {
  tx: Transaction
  table: SpanTable
  rows: number
  state: TxUrl
  change: (change: Partial<TxUrl> | ((old: TxUrl) => Partial<TxUrl>)) => void
  back: () => void
}

const stripAbove = 300 // spans
const noLogs: SceneLog[] = []

/** Workbench is graph, waterfall and panel on one selection. */
export function Workbench({ tx, table, rows, state, change, back }: Props) {
  const { graphHeight, panelWidth } = useStore(prefs)
  const row = selectedRow(tx, table, state)
  const marks = useMarks(tx, table)
  const logs = useLogs(tx.id, state.logs)
  const scene = useScene(tx, table, rows, state, row, marks, state.logs ? (logs.data?.lines ?? noLogs) : noLogs)
  const colors = useColors(tx)
  const view = useRef<WaterfallView | null>(null)
  const finder = useRef<HTMLInputElement>(null)
  const [reveal, setReveal] = useState(0)
  const latest = useRef({ scene, state, change, table })
  latest.current = { scene, state, change, table }

  const select = useCallback((r: number) => latest.current.change({ span: latest.current.table.id[r], node: -1 }), [])
  const goTo = useCallback((r: number) => {
    const { scene: s, table: t } = latest.current
    latest.current.change((old) => ({ span: t.id[r], node: -1, fold: uncover(old.fold, t, s.groups, r) }))
    setReveal((n) => n + 1)
  }, [])
  const selectNode = useCallback(
    (node: number) => {
      const r = tx.nodes[node].row
      if (r < latest.current.table.n) goTo(r)
      latest.current.change({ node })
    },
    [tx, goTo],
  )
  const toggle = useCallback((r: number) => {
    const { scene: s, table: t } = latest.current
    const group = s.groups.of[r]
    const isGroup = group >= 0 && s.groups.list[group].first === r && (!s.folding.opened[r] || (s.lines.kind[s.selected] === Line.group && s.lines.row[s.selected] === r))
    if (isGroup) latest.current.change((old) => ({ fold: setOpened(old.fold, t.id[r], !s.folding.opened[r]) }))
    else latest.current.change((old) => ({ fold: setClosed(old.fold, t.id[r], !s.folding.closed[r]) }))
  }, [])
  const setWindow = useCallback((w: Window | null) => {
    const end = latest.current.table.end
    const whole = w === null || (w.from <= 0 && w.to >= end)
    latest.current.change({ win: whole ? null : { from: w.from / 1e6, to: w.to / 1e6 } })
  }, [])
  const zoomBy = useCallback((factor: number, at: number) => setWindow(zoom(latest.current.scene.window, factor, at, latest.current.table.end)), [setWindow])
  const panBy = useCallback((share: number) => setWindow(pan(latest.current.scene.window, share, latest.current.table.end)), [setWindow])
  const ready = useCallback((made: WaterfallView) => void (view.current = made), [])

  useKeepPlace(view, scene.lines, scene.selected)
  useTxKeys({ tx, scene, row, view, finder, change, select, goTo, zoomBy, panBy, back })
  useEffect(() => setReveal((n) => n + 1), [state.view])

  const node = table.node[row] ?? -1
  const onPath = (path: Path) => change((old) => ({ path: old.path === path ? '' : path }))
  return (
    <>
      <CauseBand tx={tx} focused={state.path === 'cause'} onFocus={() => onPath('cause')} onRow={goTo} />
      <div className={css.bench} data-view={state.view}>
        <div className={css.left}>
          {state.view !== 'wf' && (
            <div className={css.graphBox} style={state.view === 'both' ? { height: graphHeight } : undefined}>
              <Graph tx={tx} colors={colors} marks={marks} path={state.path} selected={node} onSelect={selectNode} />
            </div>
          )}
          {state.view === 'both' && (
            <Splitter label="Height of the graph" axis="y" grows={1} size={graphHeight} min={96} max={560} onSize={(size) => savePrefs({ graphHeight: size })} />
          )}
          {state.view !== 'graph' && (
            <>
              <Toolbar scene={scene} row={row} find={state.find} hide={state.hide} finder={finder} change={change} goTo={goTo} />
              {table.total > stripAbove && <Overview table={table} rows={rows} window={scene.window} onWindow={setWindow} />}
              <Waterfall scene={scene} reveal={reveal} onSelect={select} onToggle={toggle} onZoom={zoomBy} onPan={panBy} onReady={ready} />
              {!table.complete && (
                <p className={css.growing} role="status">
                  {formatCount(rows)} of {formatCount(table.total)} spans have arrived
                </p>
              )}
              {state.logs && <LogsNote query={logs} />}
            </>
          )}
        </div>
        <div className={css.splitter}>
          <Splitter label="Width of the panel" axis="x" grows={-1} size={panelWidth} min={320} max={640} onSize={(size) => savePrefs({ panelWidth: size })} />
        </div>
        <div className={css.right} style={{ '--panel': `${panelWidth}px` } as React.CSSProperties}>
          <SpanPanel tx={tx} table={table} row={row} pane={state.pane} onPane={(pane) => change({ pane })} onRow={goTo} />
        </div>
      </div>
    </>
  )
}

function LogsNote({ query }: { query: ReturnType<typeof useLogs> }) {
  if (query.isError) return <ErrorNote what="The log lines could not be read." error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return null
  const { lines, cut } = query.data
  return (
    <p className={css.growing} role="status">
      {lines.length === 0 ? 'No log line belongs to this transaction' : `${formatCount(lines.length)} log lines among the spans`}
      {cut > 0 ? `; ${formatCount(cut)} further ones are not shown` : ''}
    </p>
  )
}

function selectedRow(tx: Transaction, table: SpanTable, state: TxUrl): number {
  if (state.span) {
    const row = table.rowOf(state.span)
    if (row >= 0) return row
  }
  const wanted = state.node >= 0 ? tx.nodes[state.node]?.row : tx.failure
  return wanted != null && wanted >= 0 && wanted < table.n ? wanted : 0
}

// When lines fold away or return, the selected one stays where it was on screen.
function useKeepPlace(view: React.RefObject<WaterfallView | null>, lines: Scene['lines'], selected: number): void {
  const before = useRef({ lines, selected })
  const place = before.current.selected >= 0 ? view.current?.placeOf(before.current.selected) : undefined
  useLayoutEffect(() => {
    const changed = before.current.lines !== lines
    before.current = { lines, selected }
    if (!changed || selected < 0 || place === undefined) return
    const frame = requestAnimationFrame(() => view.current?.keepAt(selected, place))
    return () => cancelAnimationFrame(frame)
  })
}

type Scene = ReturnType<typeof useScene>
