import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { ApiError } from '../../api/client'
import { useDelayed } from '../../state/clock'
import css from './parts.module.css'

/** ErrorNote says what failed, the request id to ask about, and offers to try again. */
export function ErrorNote({ what, error, onRetry }: { what: string; error: unknown; onRetry?: () => void }) {
  const api = error instanceof ApiError ? error : null
  return (
    <div className={css.errorNote} role="alert">
      <p>
        <b>{what}</b> {api?.message ?? String(error)}
        {api && api.status > 0 ? ` (${api.status})` : ''}
      </p>
      {api?.detail && <p>{api.detail}</p>}
      {api?.fields.map((field) => <p key={field}>{field}</p>)}
      {api?.requestId && (
        <p>
          Request <code>{api.requestId}</code>
        </p>
      )}
      {onRetry && (
        <button type="button" className={css.button} onClick={onRetry}>
          <RotateCw size={14} aria-hidden /> Retry
        </button>
      )}
    </div>
  )
}

/** EmptyNote stands where a list has nothing to show. */
export function EmptyNote({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css.emptyNote}>
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Skeleton holds the place of rows that take longer than a blink. */
export function Skeleton({ rows, label }: { rows: number; label: string }) {
  if (!useDelayed(true, 150)) return null
  return (
    <div className={css.skeleton} role="status" aria-label={label} data-testid="skeleton">
      {Array.from({ length: rows }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  )
}

/** BusyBar says that what is shown is being fetched anew. */
export function BusyBar({ on }: { on: boolean }) {
  return <div className={useDelayed(on, 150) ? css.busy : css.still} aria-hidden="true" />
}

export function PartialNote({ text }: { text: string }) {
  return (
    <p className={css.partial} role="status">
      Not everything was read: {text}
    </p>
  )
}

export function NotThere({ what }: { what: string }) {
  return (
    <EmptyNote title={what}>
      <p>
        It may have been forgotten by retention, or not have arrived yet. <Link href="/tx">All transactions</Link>
      </p>
    </EmptyNote>
  )
}
