// Stories of the library on the real server: run by `make e2e`, or by hand
// against a server that was told them: node e2e/stories.mjs URL '{"blog": TRANSACTION, …}'.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launch, open } from './browser.mjs'

const [url, ids] = process.argv.slice(2)
assert(url && ids, 'usage: node e2e/stories.mjs URL STORIES')
const server = { url: url.endsWith('/') ? url : `${url}/` }
const told = JSON.parse(ids)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// "Today" must hold what just happened: the browser lives where it is noon.
const noon = new Date().getUTCHours() - 12
const timezoneId = noon === 0 ? 'Etc/GMT' : `Etc/GMT${noon > 0 ? '+' : ''}${noon}`

async function noViolations(page, what) {
  await page.evaluate(axe)
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  assert.deepEqual(result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' ')}`), [], what)
}

async function until(what, f) {
  const end = Date.now() + 20_000
  for (let last; ; ) {
    try {
      last = await f()
      if (last === true) return
    } catch (e) {
      last = e.message
    }
    assert(Date.now() < end, `${what}: ${last}`)
    await new Promise((r) => setTimeout(r, 50))
  }
}

const api = async (path) => (await fetch(`${server.url}api/${path}`)).json()
const rows = (page) => page.locator('[role=treegrid] [role=row]:not([hidden])')
const selectedRow = (page) => page.locator('[role=treegrid] [role=row][aria-selected=true]').innerText()
const title = "KeyError: 'user' in post-analysis"

// Errors in post-analysis: why? Two clicks and a key.
async function fromIssueToCause(page, check) {
  await page.goto(server.url)
  let clicks = 0
  const click = async (locator) => {
    await locator.click()
    clicks++
  }
  const issue = page.getByRole('link', { name: title })
  await issue.waitFor()
  await check('overview')
  await click(issue)
  const cause = page.getByTestId('issue-cause')
  await cause.getByText('Root cause: request-processor').waitFor()
  await cause.getByText('2 hops later').waitFor()
  await check('issue')
  await click(page.getByRole('link', { name: 'Last transaction' }))
  await theCauseIsDrawn(page)
  await check('transaction')
  await page.keyboard.press('p')
  await until('p selects the cause', async () => (await selectedRow(page)).includes('root cause'))
  assert((await selectedRow(page)).includes('request-processor'))
  await page.getByTestId('panel').locator('h2', { hasText: 'request-processor' }).waitFor()
  assert.equal(clicks, 2)
}

async function theCauseIsDrawn(page) {
  await page.waitForSelector('[role=treegrid] [role=row]')
  const band = await page.getByTestId('band').innerText()
  for (const name of ['request-processor', 'blog-new-posts', 'post-analysis']) assert(band.includes(name), `the band names ${name}: ${band}`)
  const { cause } = await api(`transactions/${told.blog}`)
  await until('rows on the way from the cause are exactly its rows', async () => (await rows(page).filter({ hasText: 'on root-cause path' }).count()) === cause.rows.length)
  await rows(page).filter({ hasText: 'blog-new-posts' }).filter({ hasText: 'waited 298 ms' }).first().waitFor()
  await until('the failure is selected', async () => (await selectedRow(page)).includes("KeyError: 'user'"))
  await page.getByTestId('panel').getByText('no user').waitFor()
  await page.getByTestId('panel').getByRole('button', { name: /^from .* › / }).waitFor()
}

// The same by keyboard alone: g i Enter Enter p.
async function byKeys(page) {
  await page.goto(server.url)
  await page.getByRole('link', { name: title }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('i')
  await page.locator('[data-issue]').first().getByText(title).waitFor()
  await page.keyboard.press('Enter')
  await page.getByTestId('issue-cause').waitFor()
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=treegrid] [role=row]')
  await page.keyboard.press('p')
  await until('five keys lead to the cause', async () => (await selectedRow(page)).includes('root cause'))
}

// Which function costs most, and why? Three clicks, the answer after two.
async function fromCostToWaits(page) {
  await page.goto(server.url)
  await page.getByRole('link', { name: /^Cost today/ }).click()
  await page.locator('main tbody tr, main [role=row]').getByRole('link').first().click()
  await page.getByRole('heading', { name: 'report' }).waitFor()
  const part = page.getByRole('link', { name: 'waiting for sentiment-cache' })
  await part.waitFor()
  const { functions } = await api('functions')
  const f = functions.find((x) => x.name === 'report')
  const parts = f.cost.computing + f.cost.waiting + f.cost.init + f.cost.requests
  assert(Math.abs(parts - f.usd) <= 1e-9, `the parts add up to ${parts}, the function costs ${f.usd}`)
  assert(Math.abs((100 * f.cost.waiting) / f.usd - 62) <= 2, `waiting is ${(100 * f.cost.waiting) / f.usd} % of the cost`)
  await part.click()
  await page.locator(`[data-id="${told.waiting}"]`).waitFor()
}

// What happened is told in words, beside whatever colour and glyph say.
const words = {
  timeout_open_span: ['timed out', 'never ended'],
  oom: ['out of memory'],
  throttle_storm: ['throttled'],
  poison_message_dlq: ['attempt 1 of 3', 'attempt 3 of 3'],
  partial_batch: ['1 of 10 records failed', 'labeler'],
  fanout_500: ['×500', '1 failed'],
}

async function troubleIsTold(page) {
  for (const [name, texts] of Object.entries(words)) {
    await page.goto(`${server.url}tx/${told[name]}`)
    await page.waitForSelector('[role=treegrid] [role=row]')
    for (const text of texts) await until(`${name} says "${text}"`, async () => (await page.locator('main').innerText()).includes(text))
  }
  const group = rows(page).filter({ hasText: '×500' })
  const count = () => page.locator('[role=treegrid]').getAttribute('aria-rowcount').then(Number)
  const before = await count()
  await group.click()
  await page.keyboard.press('ArrowRight')
  await until('the fan-out opens', async () => (await count()) >= before + 500)
}

async function paymentOfARun(page) {
  await page.goto(`${server.url}tx/${told.waiting}?path=critical`)
  await rows(page).filter({ hasText: 'on critical path' }).first().waitFor()
  await rows(page).filter({ hasText: 'report' }).filter({ hasText: 'waited for others' }).first().click()
  const panel = page.getByTestId('panel')
  await panel.getByRole('tab', { name: 'Cost' }).click()
  await panel.getByRole('heading', { name: /62% of the billed time waiting/ }).waitFor()
  await page.keyboard.press('Shift+L')
  await until('the log lines are in the address', () => new URL(page.url()).searchParams.get('logs') === 'merged')
}

const browser = await launch()
try {
  for (const colorScheme of ['light', 'dark']) {
    const { page, context, wrong } = await open(browser, server, null, { colorScheme, timezoneId })
    await fromIssueToCause(page, (what) => noViolations(page, `axe, ${what}, ${colorScheme}`))
    if (colorScheme === 'light') {
      await byKeys(page)
      await fromCostToWaits(page)
      await troubleIsTold(page)
      await paymentOfARun(page)
    }
    assert.deepEqual(wrong, [])
    await context.close()
    console.log(`${colorScheme}: from the overview to the cause, and what else is told`)
  }
} finally {
  await browser.close()
}
