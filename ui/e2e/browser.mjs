// One Chromium for a file of tests, with what every test watches for: console
// errors, failed requests and requests to other hosts.
import { chromium } from 'playwright-core'

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-precise-memory-info']

export function launch() {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
}

/** open returns a page on the path and the list of what went wrong on it so far. */
export async function open(browser, mock, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  const wrong = []
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong.push(`console: ${m.text()}`))
  page.on('pageerror', (e) => wrong.push(`thrown: ${e.message}`))
  page.on('request', (r) => !r.url().startsWith(mock.url) && !r.url().startsWith('blob:') && wrong.push(`foreign: ${r.url()}`))
  if (path !== null) await page.goto(mock.url + path)
  return { page, context, wrong }
}
