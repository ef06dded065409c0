import { Copy } from 'lucide-react'
import { copyText } from '../../state/live'
import css from './parts.module.css'

export function CopyButton({ text, what }: { text: string; what: string }) {
  return (
    <button type="button" className={css.button} onClick={() => void copyText(text, `${what} copied`)} aria-label={`Copy ${what}`}>
      <Copy size={13} aria-hidden /> Copy
    </button>
  )
}
