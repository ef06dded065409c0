// An issue's points, of which several may stand for one instant and different
// versions of the code, as bars.

export interface Point {
  at: string
  count: number
  version: string
}

export interface Bar extends Point {
  /** a version that was not seen before this bar */
  begins: string
}

export function joinPoints(points: Point[]): Bar[] {
  const bars: Bar[] = []
  const seen = new Set<string>()
  for (const p of points) {
    let bar = bars.at(-1)
    if (bar?.at !== p.at) bars.push((bar = { ...p, count: 0, version: '', begins: '' }))
    bar.count += p.count
    if (p.count === 0 || p.version === '') continue
    bar.version = bar.version ? `${bar.version}, ${p.version}` : p.version
    if (!seen.has(p.version)) bar.begins = p.version
    seen.add(p.version)
  }
  return bars
}
