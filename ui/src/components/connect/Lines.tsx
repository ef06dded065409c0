import { useState } from 'react'
import type { ConnectList } from '../../api/schema'
import { CopyButton } from '../parts/CopyButton'
import { Tabs } from '../parts/Tabs'
import css from './connect.module.css'

const languages: Record<string, string> = {
  any: 'Any language', node: 'Node.js', python: 'Python', go: 'Go', java: 'Java', dotnet: '.NET', lambda: 'Lambda', serverless: 'Serverless Framework', otlp: 'OTLP', zipkin: 'Zipkin', opencensus: 'OpenCensus',
}

/** Lines shows what to set for one client at a time, by language. */
export function Lines({ clients }: { clients: ConnectList['clients'] }) {
  const [client, setClient] = useState('')
  const [language, setLanguage] = useState('')
  const shown = clients.find((c) => c.name === client) ?? clients[0]
  const way = shown?.ways.find((w) => w.language === language) ?? shown?.ways[0]
  if (!shown || !way) return null
  const label = (l: string) => languages[l] ?? l
  return (
    <>
      <label className={css.client}>
        What sends
        <select value={shown.name} onChange={(e) => setClient(e.target.value)}>
          {clients.map((c) => (
            <option key={c.name} value={c.name}>
              {c.says}
            </option>
          ))}
        </select>
      </label>
      <Tabs label="Language" tabs={shown.ways.map((w) => ({ key: w.language, label: label(w.language) }))} active={way.language} onPick={setLanguage}>
        <div className={css.snippet}>
          <p>{way.lead}</p>
          <CopyButton text={way.lines} what={`${label(way.language)} setup`} />
        </div>
        <pre className={css.code}>{way.lines}</pre>
        {way.traps.length > 0 && (
          <>
            <h2 className={css.traps}>Look out</h2>
            <ul className={css.traps}>
              {way.traps.map((trap) => (
                <li key={trap}>{trap}</li>
              ))}
            </ul>
          </>
        )}
        <p className={css.doc}>
          More in <code>{shown.doc}</code>
        </p>
      </Tabs>
    </>
  )
}
