// The waterfall's scroller: a window of recycled rows for the names and one
// canvas for the bars. Rows are rewritten only when they come to stand for
// another line; the canvas moves with the rows and is drawn again only when the
// window moves. This part is not React, because it is what runs in every frame.
import { glyphPaths } from '../Glyph'
import { Line } from '../../model/rows'
import { onTheme } from '../../state/theme'
import { laneScale, paintLines } from './paint'
import { type Palette, readPalette } from './palette'
import { rowText } from './rowtext'
import { rowHeight, type Scene } from './scene'
import css from './waterfall.module.css'

const step = 8 // the window moves by this many rows at a time
const indent = { wide: 14, narrow: 6 } // px a level
const deepestIndent = 10 // levels; deeper rows stay there and say their level

interface Row {
  line: number
  root: HTMLDivElement
  name: HTMLDivElement
  caret: SVGElement
  glyph: SVGElement
  glyphPath: SVGPathElement
  swatch: HTMLElement
  service: Text
  operation: Text
  count: Text
  spoken: Text
  cost: Text
}

export interface ViewEvents {
  select: (row: number) => void
  toggle: (row: number) => void
  /** the lane's width in px changed */
  resize: (width: number) => void
}

export class WaterfallView {
  private readonly spacer = document.createElement('div')
  private readonly canvas = document.createElement('canvas')
  private readonly c: CanvasRenderingContext2D
  private palette: Palette | null = null
  private rows: Row[] = []
  private scene: Scene | null = null
  private first = -1
  private laneLeft = 0
  private laneWidth = 0
  private viewport = 0
  private frame = 0
  private readonly stops: (() => void)[] = []

  constructor(
    private readonly scroller: HTMLElement,
    private readonly ruler: HTMLElement,
    private readonly events: ViewEvents,
  ) {
    this.c = this.canvas.getContext('2d')!
    this.spacer.className = css.spacer
    this.spacer.setAttribute('role', 'rowgroup')
    this.canvas.className = css.canvas
    this.canvas.setAttribute('aria-hidden', 'true')
    this.spacer.append(this.canvas)
    scroller.append(this.spacer)
    scroller.addEventListener('scroll', this.onScroll, { passive: true })
    scroller.addEventListener('click', this.onClick)
    const resize = new ResizeObserver(() => this.measure())
    resize.observe(scroller)
    resize.observe(ruler)
    this.stops.push(
      onTheme(() => {
        this.palette = null
        this.redraw()
      }),
      () => resize.disconnect(),
      () => scroller.removeEventListener('scroll', this.onScroll),
      () => scroller.removeEventListener('click', this.onClick),
      () => this.spacer.remove(),
      () => cancelAnimationFrame(this.frame),
    )
    this.measure()
  }

  destroy(): void {
    for (const stop of this.stops) stop()
  }

  /** show draws a new scene, all of it. */
  show(scene: Scene): void {
    const grew = this.scene?.lines.length !== scene.lines.length
    this.scene = scene
    if (grew) {
      this.spacer.style.height = `${scene.lines.length * rowHeight}px`
      this.scroller.setAttribute('aria-rowcount', String(scene.lines.length + 1))
    }
    this.redraw()
  }

  /** reveal brings the line on screen: a step moves as little as it takes, a jump lands a third down. */
  reveal(line: number): void {
    if (line < 0) return
    const above = line * rowHeight - this.scroller.scrollTop
    const below = above + rowHeight - this.viewport
    const near = 3 * rowHeight
    if (above < -near || below > near) this.scroller.scrollTop = line * rowHeight - Math.floor(this.viewport / 3)
    else if (above < 0) this.scroller.scrollTop += above
    else if (below > 0) this.scroller.scrollTop += below
    this.update()
  }

  /** placeOf and scrollBy keep a line where it is while others fold away around it. */
  placeOf(line: number): number {
    return line * rowHeight - this.scroller.scrollTop
  }

  keepAt(line: number, place: number): void {
    const within = Math.min(Math.max(place, 0), Math.max(this.viewport - rowHeight, 0))
    this.scroller.scrollTop = line * rowHeight - within
    this.update()
  }

  idOf(line: number): string {
    return line < 0 ? '' : `wf-line-${line}`
  }

  get pageSize(): number {
    return Math.max(1, Math.floor(this.viewport / rowHeight) - 1)
  }

  get lane(): { left: number; width: number } {
    return { left: this.laneLeft, width: this.laneWidth }
  }

  private readonly onScroll = (): void => {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0
        this.update()
      })
    }
  }

  private readonly onClick = (e: MouseEvent): void => {
    if (!this.scene) return
    const y = e.clientY - this.spacer.getBoundingClientRect().top
    const line = Math.floor(y / rowHeight)
    if (line < 0 || line >= this.scene.lines.length) return
    const log = this.scene.lines.log?.[line] ?? -1
    const row = log >= 0 ? this.scene.logs[log].row : this.scene.lines.row[line]
    const onCaret = e.target instanceof Element && e.target.closest(`.${css.caret}`) !== null
    if (onCaret) this.events.toggle(row)
    else this.events.select(row)
  }

  private measure(): void {
    const box = this.ruler.getBoundingClientRect()
    this.laneLeft = box.left - this.scroller.getBoundingClientRect().left
    const after = this.ruler.parentElement!.getBoundingClientRect().right - box.right // the cost column
    this.laneWidth = Math.max(0, this.scroller.clientWidth - this.laneLeft - after)
    this.viewport = this.scroller.clientHeight
    this.events.resize(this.laneWidth)
    const wanted = Math.ceil(this.viewport / rowHeight) + 3 * step
    while (this.rows.length < wanted) this.rows.push(this.makeRow())
    while (this.rows.length > wanted) this.rows.pop()!.root.remove()
    const density = window.devicePixelRatio || 1
    this.canvas.width = Math.round(this.laneWidth * density)
    this.canvas.height = Math.round(wanted * rowHeight * density)
    this.canvas.style.width = `${this.laneWidth}px`
    this.canvas.style.height = `${wanted * rowHeight}px`
    this.canvas.style.left = `${this.laneLeft}px`
    this.c.setTransform(density, 0, 0, density, 0, 0)
    this.redraw()
  }

  private redraw(): void {
    this.first = -1
    for (const row of this.rows) row.line = -1
    this.update()
  }

  private update(): void {
    const scene = this.scene
    if (!scene || this.rows.length === 0) return
    const top = Math.floor(this.scroller.scrollTop / rowHeight)
    const first = Math.max(0, Math.min(Math.floor(top / step) * step - step, scene.lines.length))
    if (first === this.first) return
    this.first = first
    const count = this.rows.length
    for (let line = first; line < first + count; line++) {
      const row = this.rows[line % count]
      if (row.line === line) continue
      row.line = line
      if (line < scene.lines.length) this.writeRow(row, line, scene)
      else row.root.hidden = true
    }
    this.paint()
  }

  private paint(): void {
    const scene = this.scene!
    this.palette ??= readPalette(this.scroller, this.c)
    const scale = laneScale(scene, this.laneWidth)
    this.canvas.style.transform = `translateY(${this.first * rowHeight}px)`
    const grid = scale.marks(tickCount(this.laneWidth)).map((mark) => mark.x)
    paintLines({ c: this.c, palette: this.palette, scene, width: this.laneWidth, scale }, this.first, this.rows.length, grid)
  }

  private writeRow(row: Row, line: number, scene: Scene): void {
    const t = scene.table
    const r = scene.lines.row[line]
    const kind = scene.lines.kind[line]
    const group = kind === Line.group ? scene.groups.list[scene.groups.of[r]] : null
    const owner = kind === Line.log ? scene.logs[scene.lines.log![line]].row : r
    const level = scene.groups.level[owner] - (group ? 1 : 0) + (kind === Line.log ? 1 : 0)
    const branch = group !== null || (kind === Line.span && t.size[r] > 1)
    const open = group ? scene.folding.opened[r] === 1 : scene.folding.closed[r] === 0
    const { root } = row
    root.hidden = false
    root.id = this.idOf(line)
    root.style.transform = `translateY(${line * rowHeight}px)`
    root.className = rowClass(scene, line, r, kind)
    root.setAttribute('aria-rowindex', String(line + 2))
    root.setAttribute('aria-level', String(level + 1))
    root.setAttribute('aria-selected', String(line === scene.selected))
    if (branch) root.setAttribute('aria-expanded', String(open))
    else root.removeAttribute('aria-expanded')
    row.name.style.paddingLeft = `${8 + Math.min(level, deepestIndent) * (this.laneLeft < 220 ? indent.narrow : indent.wide)}px`
    row.caret.setAttribute('class', `${css.caret} ${branch ? (open ? css.open : '') : css.leaf}`)
    const color = scene.colors[t.svc[r]]
    row.swatch.className = kind === Line.wait || kind === Line.log ? css.noSwatch : `${css.swatch} ${css[`svc${color?.slot ?? 8}`]} ${color?.striped ? css.striped : ''}`
    this.writeText(row, line, branch && !open, scene)
  }

  private writeText(row: Row, line: number, folded: boolean, scene: Scene): void {
    const text = rowText(scene, line, folded)
    setGlyph(row, text.glyph, text.tone ? css[`${text.tone}Glyph`] : '')
    setText(row.service, text.service)
    setText(row.operation, text.operation)
    setText(row.count, text.beside)
    setText(row.spoken, text.spoken)
    setText(row.cost, text.cost)
  }

  private makeRow(): Row {
    const root = document.createElement('div')
    root.setAttribute('role', 'row')
    const name = document.createElement('div')
    name.className = css.name
    name.setAttribute('role', 'gridcell')
    const caret = makeSvg(css.caret)
    caret.firstElementChild!.setAttribute('d', glyphPaths.caret)
    const glyph = makeSvg(css.state)
    const swatch = document.createElement('i')
    const text = document.createElement('span')
    text.className = css.text
    const bold = document.createElement('b')
    const service = textIn(bold)
    const operation = document.createTextNode('')
    text.append(bold, operation)
    const beside = document.createElement('em')
    beside.className = css.count
    const count = textIn(beside)
    name.append(caret, swatch, glyph, text, beside)
    const lane = document.createElement('div')
    lane.className = css.lane
    lane.setAttribute('role', 'gridcell')
    const said = document.createElement('span')
    said.className = 'sr-only'
    const spoken = textIn(said)
    lane.append(said)
    const price = document.createElement('div')
    price.className = css.cost
    price.setAttribute('role', 'gridcell')
    const cost = textIn(price)
    root.append(name, lane, price)
    this.spacer.insertBefore(root, this.canvas)
    return { line: -1, root, name, caret, glyph, glyphPath: glyph.firstElementChild as SVGPathElement, swatch, service, operation, count, spoken, cost }
  }
}

export function tickCount(width: number): number {
  return Math.max(2, Math.floor(width / 110))
}

function rowClass(scene: Scene, line: number, r: number, kind: number): string {
  const parts = [css.row]
  if (line === scene.selected) parts.push(css.selected)
  if (scene.hits[r] && (kind === Line.span || kind === Line.group)) parts.push(css.hit)
  if (kind === Line.wait) parts.push(css.waiting)
  if (kind === Line.log) parts.push(css.logLine)
  if (scene.show.path && kind !== Line.log && scene.marks.path.has(r)) parts.push(css.onPath)
  else if (scene.show.focus) parts.push(css.stepsBack)
  return parts.join(' ')
}

function textIn(parent: HTMLElement): Text {
  const text = document.createTextNode('')
  parent.append(text)
  return text
}

// Most lines say nothing in most places: what stays the same is not written again.
function setText(node: Text, text: string): void {
  if (node.data !== text) node.data = text
}

function setGlyph(row: Row, name: string, className: string): void {
  row.glyph.setAttribute('class', name ? `${css.state} ${className}` : css.noState)
  row.glyphPath.setAttribute('d', glyphPaths[name] ?? '')
}

function makeSvg(className: string): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('class', className)
  svg.setAttribute('aria-hidden', 'true')
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'))
  return svg
}
