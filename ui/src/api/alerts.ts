// How alerts stand: the shapes of internal/api/wire_alerts.go, and the hooks that ask for them.
import { useQuery } from '@tanstack/react-query'
import * as v from 'valibot'
import { get } from './client'

const int = v.pipe(v.number(), v.integer())
const status = v.picklist(['ok', 'pending', 'firing', 'no data'])

export const AlertList = v.object({
  alerts: v.array(
    v.object({
      rule: v.string(),
      severity: v.string(),
      group: v.array(v.string()),
      status,
      since: v.optional(v.string()),
      open: v.boolean(),
      told: v.optional(v.string()),
      silenced: v.optional(v.boolean()),
      value: v.optional(v.number()),
      bound: v.optional(v.number()),
      shown: v.optional(v.string()),
      at: v.optional(v.string()),
      why: v.optional(v.string()),
    }),
  ),
  firing: int,
  pending: int,
  no_data: int,
  series: int,
  rules: int,
})
export type AlertList = v.InferOutput<typeof AlertList>

export const AlertHistory = v.object({
  changes: v.array(
    v.object({
      rule: v.string(),
      group: v.array(v.string()),
      at: v.string(),
      from: status,
      to: status,
      notice: v.optional(v.string()),
      early: v.optional(v.boolean()),
      revised: v.optional(v.boolean()),
      why: v.string(),
    }),
  ),
})
export type AlertHistory = v.InferOutput<typeof AlertHistory>

/** useAlerts reads how every series stands; rule narrows to one. */
export function useAlerts(rule: string) {
  return useQuery({ queryKey: ['alerts', rule], queryFn: ({ signal }) => get(AlertList, 'alerts', { all: 'true', rule }, signal), refetchInterval: 10_000, staleTime: 5_000 })
}

/** useAlertHistory reads what happened in the last week, newest first. */
export function useAlertHistory(rule: string) {
  return useQuery({ queryKey: ['alert-history', rule], queryFn: ({ signal }) => get(AlertHistory, 'alerts/history', { rule, limit: '50' }, signal), refetchInterval: 10_000, staleTime: 5_000 })
}
