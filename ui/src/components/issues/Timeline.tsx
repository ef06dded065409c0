import { useState } from 'react'
import type { Issue } from '../../api/schema'
import { formatCount, formatInstant } from '../../model/duration'
import { joinPoints } from '../../model/timeline'
import css from './issues.module.css'

const height = 72
const most = 240 // bars

/** Timeline draws how often an issue occurred, and where another version of the code began. */
export function Timeline({ points, utc }: { points: Issue['timeline']; utc: boolean }) {
  const [asTable, setAsTable] = useState(false)
  const bars = joinPoints(points).slice(-most)
  if (bars.length === 0) return null
  const top = Math.max(...bars.map((b) => b.count), 1)
  return (
    <section className={css.section} aria-label="Timeline">
      <header>
        <h2>Timeline</h2>
        <button type="button" className={css.asTable} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'As chart' : 'As table'}
        </button>
      </header>
      {asTable ? (
        <div className={css.scroll} tabIndex={0} role="region" aria-label="Timeline as table">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">Times</th>
                <th scope="col">Version</th>
              </tr>
            </thead>
            <tbody>
              {bars.map((b) => (
                <tr key={b.at}>
                  <th scope="row">{formatInstant(b.at, { utc, date: true })}</th>
                  <td>{formatCount(b.count)}</td>
                  <td>{b.version}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <>
          <svg className={css.timeline} viewBox={`0 0 ${bars.length * 10} ${height}`} preserveAspectRatio="none" height={height} role="img" aria-label={`${bars.length} parts of the time, at most ${formatCount(top)} in one`}>
            {bars.map((b, i) => {
              const h = b.count === 0 ? 0 : Math.max(2, (b.count / top) * (height - 2))
              return <rect key={b.at} x={i * 10} width={9} y={height - h} height={h} />
            })}
          </svg>
          <div className={css.axis} aria-hidden="true">
            {bars.map((b, i) => b.begins && i > 0 && <em key={b.at} style={{ left: `${(100 * i) / bars.length}%` }}>{b.begins}</em>)}
          </div>
          <p className={css.ends}>
            <span>{formatInstant(bars[0].at, { utc, date: true })}</span>
            <span>{formatInstant(bars[bars.length - 1].at, { utc, date: true })}</span>
          </p>
        </>
      )}
    </section>
  )
}
