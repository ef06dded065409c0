import { useHeat } from '../../api/hooks'
import type { Box } from '../../model/heat'
import type { TxListUrl } from '../../state/url'
import { Differences } from './Differences'
import { HeatMap } from './HeatMap'
import css from './heat.module.css'

const columns = 120

/** Crowd is the heat map of a list, and what differs in its box. It is an aid: without it the list stands alone. */
export function Crowd({ url, utc, live, onBox }: { url: TxListUrl; utc: boolean; live: boolean; onBox: (box: Box | null) => void }) {
  const heat = useHeat(url.q, url, columns, live ? 10_000 : false)
  if (!heat.data || heat.data.cells.length === 0) return null
  return (
    <div className={css.crowd}>
      <HeatMap data={heat.data} utc={utc} box={url.box} onBox={onBox} />
      {url.box && <Differences q={url.q} range={{ from: url.from, to: url.to }} box={url.box} />}
    </div>
  )
}
