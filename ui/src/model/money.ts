// How dollars are written: what a function costs spans nine orders of magnitude.

/** formatUSD writes dollars with two or three significant digits and never an exponent: $412, $4.12, $0.041, $0.0000041. */
export function formatUSD(usd: number): string {
  if (usd === 0) return '$0'
  if (usd < 0) return `−${formatUSD(-usd)}`
  if (usd >= 99.995) return `$${Math.round(usd).toLocaleString('en-US')}`
  if (usd >= 0.995) return `$${usd.toFixed(2)}`
  const digits = Math.min(12, 1 - Math.floor(Math.log10(usd)))
  return `$${usd.toFixed(digits)}`
}

/** formatShare writes part of a whole as a percentage: 62%, 3.1%, <0.1%. */
export function formatShare(part: number, whole: number): string {
  const percent = whole > 0 ? (part / whole) * 100 : 0
  if (percent === 0) return '0%'
  if (percent < 0.1) return '<0.1%'
  return `${percent < 9.95 ? percent.toFixed(1).replace(/\.0$/, '') : Math.round(percent)}%`
}
