// Adds up what the first page loads, gzipped, and fails when it outgrows the limit.
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { pathToFileURL } from 'node:url'

const dist = new URL('../dist/', import.meta.url)
export const goalKB = { js: 130, css: 15 }
export const limitKB = { js: 150, css: 20 }

// firstLoad returns the gzipped KB of the scripts and styles that index.html
// names, and of everything those scripts import statically.
export function firstLoad() {
  const html = readFileSync(new URL('index.html', dist), 'utf8')
  const seen = new Set()
  const sum = { js: 0, css: 0 }
  const add = (name) => {
    if (seen.has(name) || !existsSync(new URL(name, dist))) return
    seen.add(name)
    const body = readFileSync(new URL(name, dist))
    const kind = name.endsWith('.css') ? 'css' : 'js'
    sum[kind] += gzipSync(body, { level: 9 }).length / 1000
    if (kind === 'js') {
      for (const m of body.toString().matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) add(`assets/${m[1]}`)
    }
  }
  for (const m of html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)) add(m[1])
  return sum
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const sum = firstLoad()
  let ok = sum.js > 0 && sum.css > 0
  for (const kind of ['js', 'css']) {
    console.log(`first load ${kind}: ${sum[kind].toFixed(1)} KB gzip (goal ${goalKB[kind]}, limit ${limitKB[kind]})`)
    if (sum[kind] > limitKB[kind]) ok = false
  }
  process.exit(ok ? 0 : 1)
}
