import { useMemo, useState } from 'react'
import { useStatus } from '../api/hooks'
import { LiveColumn } from '../components/connect/LiveColumn'
import css from '../components/connect/connect.module.css'
import { CopyButton } from '../components/parts/CopyButton'
import { ErrorNote, Skeleton } from '../components/parts/Notes'
import { Tabs } from '../components/parts/Tabs'
import shell from '../components/shell/shell.module.css'
import { snippets } from '../model/snippets'
import { useTitle } from '../state/title'

export function ConnectPage() {
  useTitle('Connect')
  const query = useStatus(1000)
  const status = query.data
  const [picked, setPicked] = useState('env')
  const texts = useMemo(() => (status ? snippets(status.endpoint, status.token_auth) : []), [status?.endpoint, status?.token_auth])
  const shown = texts.find((t) => t.key === picked) ?? texts[0]
  return (
    <>
      <header className={shell.header}>
        <h1>Connect</h1>
      </header>
      {query.isError && <ErrorNote what="The server's state could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton rows={8} label="Loading" />}
      {status && shown && (
        <div className={css.page}>
          <div className={css.how}>
            <p className={css.lead}>
              Send OpenTelemetry traces, logs and metrics here, over HTTP or gRPC:
            </p>
            <div className={css.endpoint}>
              <code>{status.endpoint}</code>
              <CopyButton text={status.endpoint} what="endpoint" />
            </div>
            {status.token_auth && (
              <p className={css.lead}>
                This server wants a token. Put yours where the text says <code>YOUR_TOKEN</code>; the first one was printed when the server first started.
              </p>
            )}
            <Tabs label="What sends" tabs={texts.map((t) => ({ key: t.key, label: t.name }))} active={shown.key} onPick={setPicked}>
              <div className={css.snippet}>
                <p>{shown.lead}</p>
                <CopyButton text={shown.text} what={`${shown.name} setup`} />
              </div>
              <pre className={css.code}>{shown.text}</pre>
            </Tabs>
          </div>
          <LiveColumn status={status} />
        </div>
      )}
    </>
  )
}
