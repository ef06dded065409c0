import { useRef } from 'react'
import css from './parts.module.css'

interface Props {
  label: string
  /** which way the size grows when the separator moves right or down */
  axis: 'x' | 'y'
  grows: 1 | -1
  size: number
  min: number
  max: number
  onSize: (size: number) => void
}

/** Splitter is a separator between two panes, moved by pointer or arrow keys. */
export function Splitter({ label, axis, grows, size, min, max, onSize }: Props) {
  const drag = useRef<{ at: number; size: number } | null>(null)
  const set = (next: number) => onSize(Math.round(Math.min(max, Math.max(min, next))))
  const point = (e: React.PointerEvent) => (axis === 'x' ? e.clientX : e.clientY)
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      className={axis === 'x' ? css.splitX : css.splitY}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId)
        drag.current = { at: point(e), size }
      }}
      onPointerMove={(e) => drag.current && set(drag.current.size + (point(e) - drag.current.at) * grows)}
      onPointerUp={() => (drag.current = null)}
      onKeyDown={(e) => {
        const step = { ArrowRight: 16, ArrowDown: 16, ArrowLeft: -16, ArrowUp: -16 }[e.key]
        if (step === undefined) return
        e.preventDefault()
        set(size + step * grows)
      }}
    />
  )
}
