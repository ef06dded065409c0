import { useMemo } from 'react'
import { Broken } from '../components/overview/Broken'
import { Dearest } from '../components/overview/Dearest'
import { Tiles } from '../components/overview/Tiles'
import css from '../components/overview/overview.module.css'
import shell from '../components/shell/shell.module.css'
import { useNow } from '../state/clock'
import { useTitle } from '../state/title'

const step = 6e5 // ms: "today" ends at a round time, so that its sums are asked for seldom

/** OverviewPage answers without a click: what broke, how fast it is, what it costs. */
export function OverviewPage() {
  useTitle('Overview')
  const now = useNow(10_000)
  const round = Math.floor(now / step) * step
  const today = useMemo(() => ({ from: new Date(round).setHours(0, 0, 0, 0), now: round }), [round])
  return (
    <>
      <header className={shell.header}>
        <h1>Overview</h1>
      </header>
      <div className={css.page}>
        <Tiles today={today} />
        <div className={css.blocks}>
          <Broken now={now} />
          <Dearest />
        </div>
      </div>
    </>
  )
}
