import { useEffect, useMemo, useRef, useState } from 'react'
import { formatCount, formatDuration, formatInstant } from '../../model/duration'
import { bands, type Box, floorOf, type HeatData, HeatScale, strength } from '../../model/heat'
import { onTheme } from '../../state/theme'
import { useWidth } from '../../state/width'
import parts from '../parts/parts.module.css'
import css from './heat.module.css'

const height = 160

interface Props {
  data: HeatData
  utc: boolean
  box: Box | null
  onBox: (box: Box | null) => void
}

/** HeatMap draws when transactions began and how long they took; dragging selects a box. */
export function HeatMap({ data, utc, box, onBox }: Props) {
  const [asTable, setAsTable] = useState(false)
  return (
    <section className={css.map} aria-label="Time and duration" data-testid="heat">
      <div className={css.tools}>
        {box && (
          <button type="button" className={parts.button} onClick={() => onBox(null)}>
            Leave the box
          </button>
        )}
        <button type="button" className={css.asTable} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'As map' : 'As table'}
        </button>
      </div>
      {asTable ? <Bands data={data} onBox={onBox} /> : <Picture data={data} utc={utc} box={box} onBox={onBox} />}
    </section>
  )
}

function Picture({ data, utc, box, onBox }: Props) {
  const field = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useWidth(field)
  const scale = useMemo(() => new HeatScale(data, width, height), [data, width])
  const [drag, setDrag] = useState<{ a: Point; b: Point } | null>(null)
  const [said, setSaid] = useState('')
  useEffect(() => {
    const draw = () => canvas.current && paint(canvas.current, data, scale)
    draw()
    return onTheme(draw)
  }, [data, scale])

  const pointOf = (e: React.PointerEvent): Point => {
    const rect = field.current!.getBoundingClientRect()
    return { x: e.clientX - rect.left, y: e.clientY - rect.top }
  }
  const shown = drag ? scale.boxOf(drag.a, drag.b) : box
  const rect = shown && scale.rectOf(shown)
  return (
    <>
      <div className={css.scale} aria-hidden="true">
        {scale.decades().map((row) => (
          <span key={row} style={{ top: scale.y(row) + scale.cellHeight }}>
            {decade(row)}
          </span>
        ))}
      </div>
      <div
        ref={field}
        className={css.field}
        style={{ height }}
        role="img"
        aria-label={`${formatCount(data.cells.reduce((sum, c) => sum + c[2], 0))} transactions by time and by how long their caller waited. The table has the same numbers.`}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId)
          setDrag({ a: pointOf(e), b: pointOf(e) })
        }}
        onPointerMove={(e) => {
          const at = pointOf(e)
          if (drag) setDrag({ a: drag.a, b: at })
          setSaid(cellText(data, scale, at, utc))
        }}
        onPointerLeave={() => setSaid('')}
        onPointerUp={() => {
          if (drag) onBox(scale.boxOf(drag.a, drag.b))
          setDrag(null)
        }}
        onPointerCancel={() => setDrag(null)}
      >
        <canvas ref={canvas} />
        {rect && <div className={css.box} style={rect} />}
      </div>
      <p className={css.foot} aria-hidden="true">
        <span>{formatInstant(data.from, { utc, date: true })}</span>
        <span>{said || (box ? '' : 'Drag a box to ask what differs in it')}</span>
        <span>{formatInstant(data.to, { utc, date: true })}</span>
      </p>
    </>
  )
}

// A power of ten is written in one unit: 100 ms, 1,000 s.
function decade(row: number): string {
  const ms = Math.round((floorOf(row) || 1e6) / 1e6)
  return ms < 1000 ? `${ms} ms` : `${formatCount(ms / 1000)} s`
}

interface Point {
  x: number
  y: number
}

function cellText(data: HeatData, scale: HeatScale, at: Point, utc: boolean): string {
  const column = scale.columnAt(at.x)
  const row = scale.rowAt(at.y)
  const cell = data.cells.find((c) => c[0] === column && c[1] === row)
  if (!cell) return ''
  const time = formatInstant(new Date(scale.timeOf(column)).toISOString(), { utc })
  return `${time}, from ${formatDuration(floorOf(row))}: ${formatCount(cell[2])} ${cell[2] === 1 ? 'transaction' : 'transactions'}${cell[3] > 0 ? `, ${formatCount(cell[3])} failed` : ''}`
}

function paint(canvas: HTMLCanvasElement, data: HeatData, scale: HeatScale): void {
  const c = canvas.getContext('2d')
  if (!c) return
  const density = window.devicePixelRatio || 1
  canvas.width = Math.round(scale.width * density)
  canvas.height = Math.round(height * density)
  c.setTransform(density, 0, 0, density, 0, 0)
  const token = (name: string) => getComputedStyle(canvas).getPropertyValue(`--${name}`).trim()
  c.fillStyle = token('line')
  for (const row of scale.decades()) c.fillRect(0, Math.round(scale.y(row) + scale.cellHeight), scale.width, 1)
  const most = Math.max(...data.cells.map((cell) => cell[2]), 1)
  const w = Math.max(scale.cellWidth - 1, 2)
  const h = Math.max(scale.cellHeight - 1, 2)
  c.fillStyle = token('link')
  for (const [column, row, count] of data.cells) {
    c.globalAlpha = strength(count, most)
    c.fillRect(scale.x(column), scale.y(row) + 0.5, w, h)
  }
  c.globalAlpha = 1
  for (const [column, row, , failed] of data.cells) if (failed > 0) cross(c, scale.x(column), scale.y(row) + 0.5, w, h, token)
}

// A failed cell has an outline and a ✕ on the page's ground, so that it is seen on any fill.
function cross(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, token: (name: string) => string): void {
  const arm = Math.min(w, h, 8) / 2 - 1
  const [cx, cy] = [x + w / 2, y + h / 2]
  c.strokeStyle = token('error')
  c.lineWidth = 1.5
  c.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1)
  if (arm < 1.5) return
  c.fillStyle = token('bg')
  c.fillRect(cx - arm - 1, cy - arm - 1, 2 * arm + 2, 2 * arm + 2)
  c.beginPath()
  c.moveTo(cx - arm, cy - arm)
  c.lineTo(cx + arm, cy + arm)
  c.moveTo(cx + arm, cy - arm)
  c.lineTo(cx - arm, cy + arm)
  c.stroke()
}

// Bands is the map as a table; a band selects its durations over the whole time.
function Bands({ data, onBox }: { data: HeatData; onBox: (box: Box) => void }) {
  return (
    <div className={css.bands}>
      <table>
        <thead>
          <tr>
            <th scope="col">To user</th>
            <th scope="col">Transactions</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          {bands(data.cells).map(({ row, count, failed }) => (
            <tr key={row}>
              <th scope="row">
                <button type="button" onClick={() => onBox({ from: Date.parse(data.from), to: Date.parse(data.to), minNs: floorOf(row), maxNs: floorOf(row + 1) })}>
                  {row === 0 ? '' : `${formatDuration(floorOf(row))} `}to {formatDuration(floorOf(row + 1))}
                </button>
              </th>
              <td>{formatCount(count)}</td>
              <td>{formatCount(failed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
