import { Link } from 'wouter'
import { useAlertHistory, useAlerts } from '../api/alerts'
import { AlertChanges, AlertTable } from '../components/alerts/AlertTable'
import { BusyBar, EmptyNote, ErrorNote, Skeleton } from '../components/parts/Notes'
import shell from '../components/shell/shell.module.css'
import { useTitle } from '../state/title'

/** AlertsPage shows how the series of all rules stand, or of one, and what happened. */
export function AlertsPage({ rule = '' }: { rule?: string }) {
  useTitle(rule || 'Alerts')
  const query = useAlerts(rule)
  const history = useAlertHistory(rule)
  const data = query.data
  return (
    <>
      <header className={shell.header}>
        <h1>{rule || 'Alerts'}</h1>
        {rule && <Link href="/alerts">All alerts</Link>}
        {data && (
          <p>
            {data.firing} firing, {data.pending} pending, {data.series} series
          </p>
        )}
      </header>
      <BusyBar on={query.isFetching && !query.isPending} />
      {query.isPending && <Skeleton rows={6} label="Loading alerts" />}
      {query.isError && <ErrorNote what="The alerts could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {data && data.rules === 0 && (
        <EmptyNote title="There are no rules yet">
          <p>Write some into a file and run: clew rules apply rules.yaml</p>
        </EmptyNote>
      )}
      {data && data.rules > 0 && data.alerts.length === 0 && (
        <EmptyNote title="Nothing that a rule looks at has happened yet">
          <p>Series appear with their first rows.</p>
        </EmptyNote>
      )}
      {data && data.alerts.length > 0 && <AlertTable alerts={data.alerts} />}
      {history.data && history.data.changes.length > 0 && <AlertChanges changes={history.data.changes} />}
    </>
  )
}
