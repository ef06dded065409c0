import { Search, X } from 'lucide-react'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { useServices } from '../../api/hooks'
import { complete, type Completion, type QueryAbout } from '../../model/complete'
import { useKeys } from '../../state/keys'
import parts from '../parts/parts.module.css'
import css from './querybox.module.css'

const placeholders: Record<QueryAbout, string> = {
  transactions: 'Everything. Narrow by service:checkout status:error duration>1s',
  logs: 'All lines. Words, "phrases", level:error, function:checkout, /expression/',
  issues: 'All issues. Narrow by words, type:timeout or function:checkout',
}

/** QueryBox edits the query text; it completes keys, then their values. Enter applies, Esc goes back to what is applied. */
export function QueryBox({ value, about, onChange }: { value: string; about: QueryAbout; onChange: (q: string) => void }) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(value)
  const [caret, setCaret] = useState(0)
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const services = useServices({ from: 'now-24h', to: 'now' }).data?.services
  const names = useMemo(() => (services ?? []).map((s) => ({ name: s.name, count: s.spans })), [services])
  const choices = useMemo(() => (open ? complete(text, caret, names, about) : []), [open, text, caret, names, about])
  useEffect(() => setText(value), [value])
  useKeys([{ keys: '/', does: 'Query', group: 'Everywhere', run: () => input.current?.select() }])

  const apply = (q: string) => {
    setOpen(false)
    onChange(q.trim())
  }
  const take = (choice: Completion) => {
    setText(choice.text)
    setAt(-1)
    requestAnimationFrame(() => {
      input.current?.setSelectionRange(choice.caret, choice.caret)
      setCaret(choice.caret)
    })
  }
  const onKeyDown = (e: React.KeyboardEvent) => {
    if (e.key === 'ArrowDown' && choices.length > 0) setAt(Math.min(at + 1, choices.length - 1))
    else if (e.key === 'ArrowUp' && choices.length > 0) setAt(Math.max(at - 1, -1))
    else if (e.key === 'Enter') {
      if (at >= 0) take(choices[at])
      else apply(text)
    } else if (e.key === 'Escape') {
      if (choices.length > 0) setOpen(false)
      else {
        setText(value)
        input.current?.blur()
      }
    } else return
    e.preventDefault()
  }
  return (
    <div className={css.box}>
      <Search size={14} aria-hidden className={css.icon} />
      <input
        ref={input}
        role="combobox"
        aria-label="Query"
        aria-expanded={choices.length > 0}
        aria-controls={choices.length > 0 ? id : undefined}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        placeholder={placeholders[about]}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(e) => {
          setText(e.target.value)
          setCaret(e.target.selectionStart ?? e.target.value.length)
          setOpen(true)
          setAt(-1)
        }}
        onFocus={() => setOpen(true)}
        onSelect={(e) => setCaret(e.currentTarget.selectionStart ?? 0)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      {text !== '' && (
        <button type="button" className={`${parts.iconButton} ${css.clear}`} aria-label="Clear the query" onClick={() => apply('')}>
          <X size={14} aria-hidden />
        </button>
      )}
      {choices.length > 0 && (
        <ul id={id} role="listbox" aria-label="Completions" className={css.list}>
          {choices.map((choice, i) => (
            <li key={choice.label} id={`${id}-${i}`} role="option" aria-selected={i === at} onPointerDown={(e) => (e.preventDefault(), take(choice))}>
              <code>{choice.label}</code>
              <em>{choice.hint}</em>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
