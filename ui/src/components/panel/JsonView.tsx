import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { jsonLines, shownLines } from '../../model/jsonlines'
import { glyphPaths } from '../Glyph'
import css from './panel.module.css'

const lineHeight = 18

/** JsonView is a tree of any size: only the lines on screen exist. */
export function JsonView({ value }: { value: unknown }) {
  const lines = useMemo(() => jsonLines(value), [value])
  const [folded, setFolded] = useState<Set<number>>(new Set())
  const shown = useMemo(() => shownLines(lines, folded), [lines, folded])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => lineHeight, overscan: 20 })
  const toggle = (i: number) => {
    const next = new Set(folded)
    if (!next.delete(i)) next.add(i)
    setFolded(next)
  }
  return (
    <div ref={scroller} className={css.json} style={{ height: shown.length * lineHeight + 16 }} tabIndex={0} role="group" aria-label="JSON">
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const i = shown[item.index]
          const line = lines[i]
          return (
            <div key={i} className={css.jsonLine} style={{ transform: `translateY(${item.start}px)`, paddingLeft: 16 + line.depth * 14 }}>
              {line.type === 'open' && (
                <button type="button" className={css.fold} aria-label={folded.has(i) ? 'Unfold' : 'Fold'} aria-expanded={!folded.has(i)} onClick={() => toggle(i)}>
                  <svg viewBox="0 0 16 16" aria-hidden="true" className={folded.has(i) ? undefined : css.unfolded}>
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
              <span className={css[line.type]}>{folded.has(i) ? `${line.text} … ${line.count} ${line.text === '[' ? ']' : '}'}` : line.text}</span>
            </div>
          )
        })}
      </div>
    </div>
  )
}
