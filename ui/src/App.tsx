import { QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Link, Route, Router, Switch } from 'wouter'
import { queryClient } from './api/hooks'
import { EmptyNote, Skeleton } from './components/parts/Notes'
import { Shell } from './components/shell/Shell'
import { early } from './pages/early'
import { HomePage } from './pages/HomePage'
import { TraceRedirect } from './pages/TraceRedirect'
import { TransactionsPage } from './pages/TransactionsPage'
import { basePath } from './state/url'

export const TransactionPage = early(() => import('./pages/TransactionPage').then((m) => m.TransactionPage))
const IssuesPage = lazy(() => import('./pages/IssuesPage').then((m) => ({ default: m.IssuesPage })))
const IssuePage = lazy(() => import('./pages/IssuePage').then((m) => ({ default: m.IssuePage })))
const AlertsPage = lazy(() => import('./pages/AlertsPage').then((m) => ({ default: m.AlertsPage })))
const ServicesPage = lazy(() => import('./pages/ServicesPage').then((m) => ({ default: m.ServicesPage })))
const LogsPage = lazy(() => import('./pages/LogsPage').then((m) => ({ default: m.LogsPage })))
const FunctionsPage = lazy(() => import('./pages/FunctionsPage').then((m) => ({ default: m.FunctionsPage })))
const FunctionPage = lazy(() => import('./pages/FunctionPage').then((m) => ({ default: m.FunctionPage })))
const ConnectPage = lazy(() => import('./pages/ConnectPage').then((m) => ({ default: m.ConnectPage })))

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Router base={basePath().replace(/\/$/, '')}>
        <Shell>
          <Suspense fallback={<Skeleton rows={10} label="Loading" />}>
            <Switch>
              <Route path="/" component={HomePage} />
              <Route path="/tx" component={TransactionsPage} />
              <Route path="/tx/:id">{({ id }) => <TransactionPage key={id} id={id} />}</Route>
              <Route path="/functions" component={FunctionsPage} />
              <Route path="/functions/:account/:region/:name">{(f) => <FunctionPage key={f.name} account={told(f.account)} region={told(f.region)} name={f.name} />}</Route>
              <Route path="/issues" component={IssuesPage} />
              <Route path="/issues/:id">{({ id }) => <IssuePage key={id} id={id} />}</Route>
              <Route path="/logs" component={LogsPage} />
              <Route path="/alerts">{() => <AlertsPage />}</Route>
              <Route path="/alerts/:rule">{({ rule }) => <AlertsPage key={rule} rule={rule} />}</Route>
              <Route path="/services" component={ServicesPage} />
              <Route path="/connect" component={ConnectPage} />
              <Route path="/trace/:traceId">{({ traceId }) => <TraceRedirect traceId={traceId} />}</Route>
              <Route path="/trace/:traceId/:spanId">{({ traceId, spanId }) => <TraceRedirect traceId={traceId} spanId={spanId} />}</Route>
              <Route>
                <EmptyNote title="There is no such page">
                  <p>
                    <Link href="/tx">Transactions</Link>
                  </p>
                </EmptyNote>
              </Route>
            </Switch>
          </Suspense>
        </Shell>
      </Router>
    </QueryClientProvider>
  )
}

/** told reads a part of a path that is "-" where there is nothing to say. */
function told(part: string): string {
  return part === '-' ? '' : part
}
