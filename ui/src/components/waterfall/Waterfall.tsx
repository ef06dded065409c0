import { useEffect, useMemo, useRef, useState } from 'react'
import { formatDuration } from '../../model/duration'
import { laneScale } from './paint'
import type { Scene } from './scene'
import { tickCount, WaterfallView } from './view'
import css from './waterfall.module.css'

interface Props {
  scene: Scene
  /** changes when the selection was made elsewhere and should come into sight */
  reveal: number
  onSelect: (row: number) => void
  onToggle: (row: number) => void
  onZoom: (factor: number, at: number) => void
  onPan: (share: number) => void
  /** given once the view stands, so that keys can ask it for its page size */
  onReady: (view: WaterfallView) => void
}

/** Waterfall is the frame around WaterfallView: head, ruler and the treegrid element. */
export function Waterfall({ scene, reveal, onSelect, onToggle, onZoom, onPan, onReady }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const ruler = useRef<HTMLDivElement>(null)
  const view = useRef<WaterfallView | null>(null)
  const [laneWidth, setLaneWidth] = useState(600)
  const events = useRef({ onSelect, onToggle, onZoom, onPan })
  const zoomAt = (factor: number, share: number) => {
    const { from, to } = scene.window
    const at = (laneScale(scene, laneWidth).ns(share * laneWidth) - from) / (to - from)
    onZoom(factor, Math.min(1, Math.max(0, at)))
  }
  events.current = { onSelect, onToggle, onZoom: zoomAt, onPan }

  useEffect(() => {
    const made = new WaterfallView(scroller.current!, ruler.current!, {
      select: (row) => events.current.onSelect(row),
      toggle: (row) => events.current.onToggle(row),
      resize: setLaneWidth,
    })
    view.current = made
    onReady(made)
    return () => {
      made.destroy()
      view.current = null
    }
  }, [onReady])

  useEffect(() => view.current?.show(scene), [scene])
  useEffect(() => view.current?.reveal(scene.selected), [reveal, scene.selected])
  useWheelZoom(scroller, events)

  return (
    <div className={scene.show.cost ? css.waterfall : `${css.waterfall} ${css.free}`}>
      <div className={css.head} aria-hidden="true">
        <div className={css.headName}>Service and operation</div>
        <div className={css.ruler} ref={ruler}>
          <Ruler scene={scene} width={laneWidth} />
        </div>
        {scene.show.cost && (
          <div className={css.headCost} title="Dollars per million runs like this">
            Cost
          </div>
        )}
      </div>
      <div
        ref={scroller}
        className={css.scroller}
        role="treegrid"
        aria-label="Spans"
        aria-rowcount={scene.lines.length + 1}
        aria-colcount={3}
        aria-readonly="true"
        aria-busy={!scene.table.complete}
        aria-activedescendant={scene.selected >= 0 ? `wf-line-${scene.selected}` : undefined}
        tabIndex={0}
        data-testid="waterfall"
      />
    </div>
  )
}

function Ruler({ scene, width }: { scene: Scene; width: number }) {
  const scale = useMemo(() => laneScale(scene, width), [scene.window, scene.gaps, width])
  return (
    <>
      {scale.marks(tickCount(width)).map(({ ns, x, since }) => (
        <span key={ns} className={css.tick} style={{ left: x }}>
          {ns === 0 ? '0' : since === 0 || ns === since ? formatDuration(ns) : `+${formatDuration(ns - since)}`}
        </span>
      ))}
      {scale.cuts.map((cut) => (
        <span key={cut.from} className={css.cut} style={{ left: cut.x, width: cut.width }} title="Nothing ran in this time; Shift+K shows it whole" data-testid="cut">
          {formatDuration(cut.to - cut.from)}
        </span>
      ))}
    </>
  )
}

type WheelEvents = React.RefObject<Pick<Props, 'onZoom' | 'onPan'>>

// Ctrl and the wheel (or a pinch) zoom about the pointer, Shift and the wheel
// pan. React's wheel listeners are passive, so this one is added by hand.
function useWheelZoom(scroller: React.RefObject<HTMLDivElement | null>, events: WheelEvents): void {
  useEffect(() => {
    const element = scroller.current!
    const onWheel = (e: WheelEvent) => {
      if (!e.ctrlKey && !e.metaKey && !e.shiftKey) return
      e.preventDefault()
      const canvas = element.querySelector('canvas')!.getBoundingClientRect()
      const by = e.deltaY || e.deltaX
      if (e.shiftKey) events.current.onPan(by / 1000)
      else events.current.onZoom(Math.exp(by / 400), Math.min(1, Math.max(0, (e.clientX - canvas.left) / canvas.width)))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [scroller, events])
}
