import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

// Imports run one way: pages → components → state, api → model. The model knows
// nobody; state may use the model; api may use state and the model.
const allowed: Record<string, string[]> = {
  model: ['model'],
  state: ['state', 'model'],
  api: ['api', 'model', 'state'],
  theme: [],
  components: ['components', 'api', 'model', 'state'],
  pages: ['pages', 'components', 'api', 'model', 'state'],
}

const root = import.meta.dirname

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? sources(join(folder, e.name)) : /\.tsx?$/.test(e.name) && !e.name.includes('.test.') ? [join(folder, e.name)] : []))
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from |import |import\(|URL\()'(\.[^']+)'/g)].map((m) => relative(root, join(dirname(file), m[1])))
}

test('imports run from pages to the model, never back', () => {
  const wrong: string[] = []
  let seen = 0
  for (const file of sources(root)) {
    const from = relative(root, file).split('/')[0]
    if (!allowed[from]) continue // App.tsx and main.tsx put everything together
    for (const target of importsOf(file)) {
      seen++
      if (!allowed[from].includes(target.split('/')[0])) wrong.push(`${relative(root, file)} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
  expect(seen).toBeGreaterThan(100)
})

test('no component is over 300 lines', () => {
  const long = sources(root).filter((file) => readFileSync(file, 'utf8').split('\n').length > (file.endsWith('.tsx') ? 300 : 400))
  expect(long.map((file) => relative(root, file))).toEqual([])
})
