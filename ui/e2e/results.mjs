// Timed goals are measured, printed and kept in results.json; tests hold them
// only to a generous ceiling, because machines differ and this one may be busy.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'

const file = new URL('results.json', import.meta.url)
const slack = 4

export function measured(what, value, goal, unit) {
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  all[what] = { value: Math.round(value * 100) / 100, goal, unit, met: value <= goal }
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
  console.log(`${what}: ${all[what].value} ${unit} (goal ${goal})`)
  expect(value, what).toBeLessThanOrEqual(goal * slack)
}
