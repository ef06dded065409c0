import { useConnect, useStatus } from '../api/hooks'
import { Lines } from '../components/connect/Lines'
import { LiveColumn } from '../components/connect/LiveColumn'
import css from '../components/connect/connect.module.css'
import { CopyButton } from '../components/parts/CopyButton'
import { ErrorNote, Skeleton } from '../components/parts/Notes'
import shell from '../components/shell/shell.module.css'
import { useTitle } from '../state/title'

export function ConnectPage() {
  useTitle('Connect')
  const query = useStatus(1000)
  const lines = useConnect()
  const status = query.data
  return (
    <>
      <header className={shell.header}>
        <h1>Connect</h1>
      </header>
      {query.isError && <ErrorNote what="The server's state could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton rows={8} label="Loading" />}
      {status && (
        <div className={css.page}>
          <div className={css.how}>
            <p className={css.lead}>Send OpenTelemetry traces, logs and metrics here, over HTTP or gRPC, or what the tracers below report:</p>
            <div className={css.endpoint}>
              <code>{status.endpoint}</code>
              <CopyButton text={status.endpoint} what="endpoint" />
            </div>
            {status.token_auth && (
              <p className={css.lead}>
                This server wants a token. Put yours where the text says <code>YOUR_TOKEN</code>; the first one was printed when the server first started.
              </p>
            )}
            {lines.isError && <ErrorNote what="What to set could not be read." error={lines.error} onRetry={() => void lines.refetch()} />}
            {lines.data && <Lines clients={lines.data.clients} />}
          </div>
          <LiveColumn status={status} />
        </div>
      )}
    </>
  )
}
