import type { Outcome } from '../api/schema'

const words: Record<Outcome, string> = {
  ok: 'ok',
  error: 'failed',
  timeout: 'timed out',
  oom: 'out of memory',
  crash: 'crashed',
  throttled: 'throttled',
  partial: 'failed in part',
  running: 'running',
}

/** outcomeWord says an outcome in words. */
export function outcomeWord(outcome: Outcome): string {
  return words[outcome]
}

export function isBad(outcome: Outcome): boolean {
  return outcome !== 'ok' && outcome !== 'running'
}

/** confidenceWord says how sure a computed cause is. */
export function confidenceWord(confidence: string): string {
  return `${confidence} confidence`
}
