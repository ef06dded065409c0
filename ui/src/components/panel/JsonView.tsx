import { useVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useMemo, useRef, useState } from 'react'
import { type JsonLine, jsonLines, lineAt, shownLines } from '../../model/jsonlines'
import { Glyph, glyphPaths } from '../Glyph'
import css from './panel.module.css'

const lineHeight = 18
const targetHeight = 24 // of lines that can be pressed

/** JsonMark says something of one field. */
export interface JsonMark {
  path: string
  text: string
  /** the field should be there and is not */
  go?: () => void
}

/** JsonView is a tree of any size: only the lines on screen exist. */
export function JsonView({ value, marks }: { value: unknown; marks: JsonMark[] }) {
  const lines = useMemo(() => jsonLines(value), [value])
  const marked = useMemo(() => marks.map((mark) => ({ ...mark, ...lineAt(lines, mark.path) })), [lines, marks])
  const [folded, setFolded] = useState<Set<number>>(new Set())
  // A mark stands on a line of its own below the line it is about.
  const shown = useMemo(() => shownLines(lines, folded).flatMap((line) => [{ line, mark: -1 }, ...marked.flatMap((m, mark) => (m.line === line ? [{ line, mark }] : []))]), [lines, folded, marked])
  const heightOf = (index: number) => (shown[index].mark >= 0 || lines[shown[index].line].type === 'open' ? targetHeight : lineHeight)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: heightOf, overscan: 20 })
  useLayoutEffect(() => virtual.measure(), [virtual, shown])
  const toggle = (i: number) => {
    const next = new Set(folded)
    if (!next.delete(i)) next.add(i)
    setFolded(next)
  }
  return (
    <div ref={scroller} className={css.json} style={{ height: virtual.getTotalSize() + 16 }} tabIndex={0} role="group" aria-label="JSON">
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const { line: i, mark } = shown[item.index]
          const line = lines[i]
          const style = { transform: `translateY(${item.start}px)`, height: item.size, lineHeight: `${item.size}px`, paddingLeft: 16 + line.depth * 14 }
          return mark >= 0 ? (
            <div key={item.index} className={`${css.jsonLine} ${css.markedLine}`} style={style}>
              <Mark mark={marked[mark]} />
            </div>
          ) : (
            <div key={item.index} className={`${css.jsonLine} ${marked.some((m) => m.line === i) ? css.markedLine : ''}`} style={style}>
              <Line line={line} folded={folded.has(i)} onToggle={() => toggle(i)} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function Line({ line, folded, onToggle }: { line: JsonLine; folded: boolean; onToggle: () => void }) {
  return (
    <>
      {line.type === 'open' && (
        <button type="button" className={css.fold} aria-label={folded ? 'Unfold' : 'Fold'} aria-expanded={!folded} onClick={onToggle}>
          <svg viewBox="0 0 16 16" aria-hidden="true" className={folded ? undefined : css.unfolded}>
            <path d={glyphPaths.caret} />
          </svg>
        </button>
      )}
      {line.key !== null && <span className={css.key}>{line.key}: </span>}
      {line.parsed && (
        <span className={css.parsed} title="The value is a string that holds JSON">
          parsed
        </span>
      )}
      <span className={css[line.type]}>{folded ? `${line.text} … ${line.count} ${line.text === '[' ? ']' : '}'}` : line.text}</span>
    </>
  )
}

function Mark({ mark }: { mark: { missing: string; text: string; go?: () => void } }) {
  return (
    <span className={css.mark}>
      <Glyph name="cause" size={12} />
      {mark.missing !== '' && <b>no {mark.missing}</b>}
      {mark.go ? (
        <button type="button" onClick={mark.go}>
          {mark.text}
        </button>
      ) : (
        mark.text
      )}
    </span>
  )
}
