import { expect, test } from 'vitest'
import { formatShare, formatUSD } from './money'

test('dollars', () => {
  for (const [usd, text] of [[0, '$0'], [412.4, '$412'], [99.999, '$100'], [12345, '$12,345'], [4.123, '$4.12'], [0.998, '$1.00'], [0.0412, '$0.041'], [0.00000412, '$0.0000041'], [-2, '−$2.00'], [1e-13, '$0.000000000000']] as const) expect(formatUSD(usd)).toBe(text)
})

test('shares', () => {
  for (const [part, whole, text] of [[0, 0, '0%'], [1, 0, '0%'], [62, 100, '62%'], [31, 1000, '3.1%'], [3, 100, '3%'], [1, 1e5, '<0.1%'], [99.6, 1000, '10%']] as const) expect(formatShare(part, whole)).toBe(text)
})
