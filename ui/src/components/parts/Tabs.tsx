import { type ReactNode, useId } from 'react'
import css from './parts.module.css'

interface Tab<K extends string> {
  key: K
  label: string
  count?: number
}

/** Tabs: one tab stop, arrows move and choose. */
export function Tabs<K extends string>({ tabs, active, label, onPick, children }: { tabs: Tab<K>[]; active: K; label: string; onPick: (key: K) => void; children: ReactNode }) {
  const id = useId()
  const move = (e: React.KeyboardEvent) => {
    const step = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    e.preventDefault()
    const next = tabs[(tabs.findIndex((t) => t.key === active) + step + tabs.length) % tabs.length]
    onPick(next.key)
    document.getElementById(`${id}-${next.key}`)?.focus()
  }
  return (
    <>
      <div role="tablist" aria-label={label} className={css.tabs} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            id={`${id}-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={tab.key === active}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === active ? 0 : -1}
            onClick={() => onPick(tab.key)}
          >
            {tab.label}
            {tab.count ? <em>{tab.count}</em> : null}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${active}`} className={css.tabPanel} tabIndex={0}>
        {children}
      </div>
    </>
  )
}
