import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import css from './parts.module.css'

/** Dialog is the browser's own modal: focus stays inside, Esc closes, and focus returns to the opener. */
export function Dialog({ title, wide, bare, onClose, children }: { title: string; wide?: boolean; bare?: boolean; onClose: () => void; children: ReactNode }) {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = box.current!
    const opener = document.activeElement
    dialog.showModal()
    return () => {
      dialog.close()
      if (opener instanceof HTMLElement) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      className={`${css.dialog} ${wide ? css.wide : ''}`}
      aria-label={title}
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onClick={(e) => e.target === box.current && onClose()}
    >
      {!bare && (
        <header className={css.dialogHead}>
          <h2>{title}</h2>
          <button type="button" className={css.iconButton} onClick={onClose} aria-label="Close">
            <X size={16} aria-hidden />
          </button>
        </header>
      )}
      <div className={css.dialogBody}>{children}</div>
    </dialog>
  )
}
