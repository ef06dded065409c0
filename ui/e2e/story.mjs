// The founding story on the real server under the real demo: run by `make e2e`,
// or by hand against any server the demo reports to: node e2e/story.mjs URL TRANSACTION, where TRANSACTION is a story
// whose message was tried again.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launch, open } from './browser.mjs'

const [url, story] = process.argv.slice(2)
assert(url && story, 'usage: node e2e/story.mjs URL TRANSACTION')
const server = { url: url.endsWith('/') ? url : `${url}/` }
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const query = 'service:post-analysis "KeyError: \'user\'"'

async function noViolations(page, what) {
  await page.evaluate(axe)
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  assert.deepEqual(result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' ')}`), [], what)
}

const selectedRow = (page) => page.locator('[role=treegrid] [role=row][aria-selected=true]').innerText()
const ring = (page) => page.getByTestId('graph').locator('button[aria-pressed=true][data-node]')

async function until(what, f) {
  const end = Date.now() + 15_000
  for (let last; ; ) {
    try {
      if (await f()) return
      last = 'false'
    } catch (e) {
      last = e.message
    }
    assert(Date.now() < end, `${what}: ${last}`)
    await new Promise((r) => setTimeout(r, 50))
  }
}

async function theListFills(browser, colorScheme) {
  const { page, context, wrong } = await open(browser, server, 'tx', { colorScheme })
  await page.locator('[data-id]', { hasText: 'POST /new_post' }).first().waitFor()
  await page.locator('[data-id]', { hasText: 'GET /post' }).first().waitFor()
  await noViolations(page, `axe, list, ${colorScheme}`)
  assert.deepEqual(wrong, [])
  await context.close()
}

async function theFailureIsTold(browser, colorScheme) {
  const { page, context, wrong } = await open(browser, server, `tx?q=${encodeURIComponent(query)}`, { colorScheme })
  await page.locator(`[data-id="${story}"]`, { hasText: 'POST /new_post' }).click()
  await page.keyboard.press('Enter')
  await page.waitForURL(new RegExp(`/tx/${story}`))
  await page.waitForSelector('[role=treegrid] [role=row]')

  // One graph holds both functions, the auth service, the topic and the gateway.
  const graph = page.getByTestId('graph')
  const node = (name) => graph.getByRole('button', { name: new RegExp(`^${name}`) })
  for (const name of ['blog-gateway', 'request-processor', 'auth', 'blog-posts', 'blog-new-posts', 'post-analysis']) await node(name).waitFor()
  await graph.locator('[title*="attempt"]').first().waitFor()

  // The visible failure is selected, with its error beside it.
  await until('the failure is selected', async () => (await selectedRow(page)).includes('post-analysis'))
  await page.getByTestId('panel').getByText('KeyError').first().waitFor()

  // One selection: a node selects its row, a row rings its node.
  await node('auth').click()
  await until('the row of auth is selected', async () => (await selectedRow(page)).includes('GET /verify'))
  await page.locator('[role=treegrid] [role=row]', { hasText: 'request-processor' }).nth(1).click()
  await until('the node of the row has the ring', async () => (await ring(page).innerText()).includes('processor'))
  assert(new URL(page.url()).searchParams.get('span'), 'the selection is in the address')

  // Payload, logs and attributes are one key away, and secrets are not in them.
  await page.locator('[role=treegrid] [role=row]', { hasText: 'request-processor' }).nth(1).click()
  await page.keyboard.press('e')
  await page.getByTestId('panel').locator('[aria-label=JSON]').first().waitFor()
  assert(!(await page.content()).includes('correct-horse'), 'the password of the demo is masked')
  await page.keyboard.press('l')
  await page.getByTestId('panel').locator('[role=log]').waitFor()

  await noViolations(page, `axe, transaction, ${colorScheme}`)
  assert.deepEqual(wrong, [])
  await context.close()
}

const browser = await launch()
try {
  for (const colorScheme of ['light', 'dark']) {
    await theListFills(browser, colorScheme)
    await theFailureIsTold(browser, colorScheme)
    console.log(`${colorScheme}: the list fills, the failure is told`)
  }
} finally {
  await browser.close()
}
