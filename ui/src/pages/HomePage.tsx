import { lazy, useRef } from 'react'
import { useStatus } from '../api/hooks'
import { Skeleton } from '../components/parts/Notes'

const ConnectPage = lazy(() => import('./ConnectPage').then((m) => ({ default: m.ConnectPage })))
const OverviewPage = lazy(() => import('./OverviewPage').then((m) => ({ default: m.OverviewPage })))

/** HomePage is the overview, and Connect while nothing is stored. */
export function HomePage() {
  const status = useStatus()
  const stored = status.data && status.data.spans + status.data.logs + status.data.points > 0
  // Whoever waits on Connect for the first data is told there, and goes on by hand.
  const began = useRef<boolean>(undefined)
  began.current ??= stored
  if (status.isPending) return <Skeleton rows={12} label="Loading" />
  return began.current === false ? <ConnectPage /> : <OverviewPage />
}
