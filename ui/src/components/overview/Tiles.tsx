import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useFunctions } from '../../api/functions'
import { useHeat } from '../../api/hooks'
import { formatCount, formatDuration } from '../../model/duration'
import { formatShare, formatUSD } from '../../model/money'
import { absolute, type TimeRange } from '../../model/timerange'
import { writeList } from '../../state/url'
import { Spark } from '../parts/Spark'
import css from './overview.module.css'

const hour: TimeRange = { from: 'now-1h', to: 'now' }
const parts = 24
const refresh = 10_000 // ms

/** Tiles answer in numbers: how much, how well, how fast, how dear. Each leads to what it counts. */
export function Tiles({ today }: { today: { from: number; now: number } }) {
  const heat = useHeat('', hour, parts, refresh).data
  const per = new Array<number>(parts).fill(0)
  const bad = new Array<number>(parts).fill(0)
  for (const [column, , count, failed] of heat?.cells ?? []) {
    per[column] += count
    bad[column] += failed
  }
  return (
    <ul className={css.tiles} aria-label="Now">
      <Tile name="Transactions a minute" value={heat && rate(heat.count / 60)} href="/tx" beside={<Spark values={per} bad={bad} label="Transactions of the last hour" />}>
        {heat && (heat.failed > 0 ? `${formatShare(heat.failed, heat.count)} failed` : 'none failed')}
      </Tile>
      <Tile name="p95 to user" value={heat && (heat.count > 0 ? formatDuration(heat.p95_ns) : '–')} href="/tx?sort=slow">
        {heat && heat.count > 0 && `half within ${formatDuration(heat.p50_ns)}`}
      </Tile>
      <CostTile today={today} />
    </ul>
  )
}

function rate(perMinute: number): string {
  return perMinute >= 10 ? formatCount(Math.round(perMinute)) : perMinute.toFixed(1)
}

const week = 7 * 864e5

function CostTile({ today: { from, now } }: { today: { from: number; now: number } }) {
  const range = { from: new Date(from).toISOString(), to: 'now' }
  const sum = (data: ReturnType<typeof useFunctions>['data']) => data?.functions.reduce((usd, f) => usd + f.usd, 0)
  const spent = sum(useFunctions(range).data)
  const before = sum(useFunctions(absolute({ from: from - week, to: now - week })).data)
  const search = writeList(range)
  return (
    <Tile name="Cost today" value={spent !== undefined && formatUSD(spent)} href={`/functions${search}${search ? '&' : '?'}sort=cost`}>
      {spent !== undefined && before !== undefined && before > 0 && `${formatUSD(before)} by this hour last week`}
    </Tile>
  )
}

function Tile({ name, value, href, beside, children }: { name: string; value: string | false | undefined; href: string; beside?: ReactNode; children: ReactNode }) {
  return (
    <li className={css.tile}>
      <Link href={href}>
        <span className={css.name}>{name}</span>
        <b>{value || '\u00a0'}</b>
        <small>{children || '\u00a0'}</small>
      </Link>
      {beside}
    </li>
  )
}
