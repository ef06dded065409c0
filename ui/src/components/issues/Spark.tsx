import css from './issues.module.css'

const height = 24

/** Spark draws counts over the time of a list as bars. */
export function Spark({ counts, label }: { counts: number[]; label: string }) {
  const most = Math.max(...counts, 1)
  const bar = 4
  return (
    <svg className={css.spark} width={counts.length * bar} height={height} role="img" aria-label={label}>
      {counts.map((n, i) => n > 0 && <rect key={i} x={i * bar} width={bar - 1} y={height - h(n, most)} height={h(n, most)} />)}
      <line x1={0} x2={counts.length * bar} y1={height - 0.5} y2={height - 0.5} />
    </svg>
  )
}

function h(n: number, most: number): number {
  return Math.max(2, Math.round((n / most) * (height - 2)))
}
