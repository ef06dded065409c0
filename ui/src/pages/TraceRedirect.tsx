import { Redirect } from 'wouter'
import { writeTx } from '../state/url'

/** TraceRedirect makes links in Jaeger's shape work. */
export function TraceRedirect({ traceId, spanId }: { traceId: string; spanId?: string }) {
  const id = traceId.toLowerCase()
  return <Redirect to={`/tx/${encodeURIComponent(id)}${writeTx({ span: spanId?.toLowerCase() })}`} replace />
}
