import { Redirect } from 'wouter'
import { useStatus } from '../api/hooks'
import { Skeleton } from '../components/parts/Notes'

/** HomePage leads to the transactions, or to Connect while nothing is stored. */
export function HomePage() {
  const status = useStatus()
  if (status.isPending) return <Skeleton rows={12} label="Loading" />
  const empty = status.data && status.data.spans + status.data.logs + status.data.points === 0
  return <Redirect to={empty ? '/connect' : '/tx'} replace />
}
