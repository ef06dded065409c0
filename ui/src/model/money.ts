// How dollars are written: what a function costs spans nine orders of magnitude.
// One run costs too little to read, so runs are priced by the million.

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

/** perMillion writes what a million such runs cost: $9.80/M, $1,230/M, $12.3k/M. NaN, no known price, is "–". */
export function perMillion(usd: number): string {
  if (Number.isNaN(usd)) return '–'
  return `${dollars(usd * 1e6)}/M`
}

function dollars(usd: number): string {
  if (usd === 0) return '$0'
  if (usd < 0.01) return `$${usd.toPrecision(1)}`
  if (usd < 1000) return `$${usd.toFixed(2)}`
  if (usd < 9999.5) return `$${Math.round(usd).toLocaleString('en-US')}`
  for (const [unit, size] of [['k', 1e3], ['M', 1e6]] as const) {
    if (usd < size * 999.95 || unit === 'M') return `$${(usd / size).toFixed(1)}${unit}`
  }
  return ''
}
