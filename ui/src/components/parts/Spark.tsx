import css from './parts.module.css'

const width = 96
const height = 24

/** Spark is bars over time; the failed part of each stands at its foot. */
export function Spark({ values, bad, label }: { values: number[]; bad: number[]; label: string }) {
  const most = Math.max(1, ...values)
  const step = width / Math.max(1, values.length)
  const bar = Math.max(1, step - (step > 3 ? 1 : 0))
  const tall = (n: number) => (n === 0 ? 0 : Math.max(1, (n / most) * height))
  return (
    <svg width={width} height={height} role="img" aria-label={label} className={css.spark}>
      {values.map((n, i) => n > 0 && <rect key={i} x={i * step} y={height - tall(n)} width={bar} height={tall(n)} />)}
      {bad.map((n, i) => n > 0 && <rect key={i} className={css.badBar} x={i * step} y={height - tall(n)} width={bar} height={tall(n)} />)}
    </svg>
  )
}
