import { afterAll, beforeAll, expect, test } from 'vitest'
import { ids, startMock } from '../test/mock-server.mjs'
import { blog, late } from '../test/mock-data.mjs'
import { launch, open } from './browser.mjs'

let browser
let mock
beforeAll(async () => {
  mock = await startMock()
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await mock.close()
})

const story = `tx/${ids.story}`
const selectedRow = (page) => page.locator('[role=treegrid] [role=row][aria-selected=true]').innerText()
const spanOf = (page) => new URL(page.url()).searchParams.get('span')

async function openTx(path, options) {
  const opened = await open(browser, mock, path, options)
  await opened.page.waitForSelector('[role=treegrid] [role=row]')
  return opened
}

test('graph, waterfall and panel show the story on one selection', async () => {
  const { page, context, wrong } = await openTx(story)
  for (const name of ['blog-api', 'Request Processor', 'auth', 'posts', 'blog-new-posts', 'Post Analysis']) {
    await page.getByTestId('graph').getByRole('button', { name: new RegExp(`^${name}`) }).waitFor()
  }
  await page.getByTestId('graph').getByText('waited 298 ms').waitFor()
  expect(await selectedRow(page)).toContain('analyse')
  await page.getByTestId('panel').getByText('KeyError').first().waitFor()

  await page.getByTestId('graph').getByRole('button', { name: /^auth/ }).click()
  await expect.poll(() => selectedRow(page)).toContain('GET /verify')
  await expect.poll(() => spanOf(page)).not.toBeNull()
  await expect.poll(() => page.getByTestId('panel').innerText()).toContain('GET /verify')

  await page.locator('[role=treegrid] [role=row]', { hasText: 'DynamoDB.PutItem' }).click()
  const ring = page.getByTestId('graph').locator('button[aria-pressed=true][data-node]')
  await expect.poll(() => ring.innerText()).toContain('posts')
  expect(wrong).toEqual([])
  await context.close()
})

test('JSON in a string of a payload is read, and a long payload fills the panel', async () => {
  const { page, context } = await openTx(story)
  const panel = page.getByTestId('panel')
  await panel.getByRole('tab', { name: /^Payload/ }).click()
  await page.locator('[role=treegrid] [role=row]', { hasText: 'send' }).first().click()
  await panel.getByText('parsed', { exact: true }).waitFor()
  await panel.getByText('user: ').waitFor()
  await page.setViewportSize({ width: 1440, height: 480 })
  const inside = await panel.getByRole('tabpanel').evaluate((e) => {
    const box = e.querySelector('[aria-label=JSON]').getBoundingClientRect()
    const pane = e.getBoundingClientRect()
    return { left: pane.bottom - box.bottom, scrolls: e.scrollHeight > e.clientHeight }
  })
  expect(inside.scrolls).toBe(false)
  expect(inside.left).toBeGreaterThanOrEqual(0)
  expect(inside.left).toBeLessThan(24)
  await context.close()
})

test('a gap of a quarter of an hour is cut, and Shift+K shows it whole', async () => {
  const t = late(9, Date.now() - 1_000_000)
  mock.add(t)
  const { page, context, wrong } = await openTx(`tx/${t.row.id}`)
  await page.getByTestId('cut').waitFor()
  expect(await page.getByTestId('cut').innerText()).toBe('15 min')
  const marks = () => page.getByTestId('waterfall').evaluate((e) => e.previousElementSibling.innerText)
  expect(await marks()).toContain('+200 ms')
  await page.keyboard.press('Shift+K')
  await expect.poll(() => page.getByTestId('cut').count()).toBe(0)
  expect(new URL(page.url()).searchParams.get('gaps')).toBe('whole')
  expect(await marks()).toContain('10 min')
  await page.reload()
  await page.waitForSelector('[role=treegrid] [role=row]')
  expect(await page.getByTestId('cut').count()).toBe(0)
  await page.keyboard.press('Shift+K')
  await page.getByTestId('cut').waitFor()
  expect(wrong).toEqual([])
  await context.close()
})

test('reload and another browser show the same, and preferences stay', async () => {
  const { page, context } = await openTx(story)
  await page.keyboard.press('n')
  await page.keyboard.press('l')
  await page.keyboard.press('3')
  await page.keyboard.press('+')
  await page.getByRole('textbox', { name: 'Find spans' }).fill('verify')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => new URL(page.url()).searchParams.get('fold')).not.toBeNull()
  await expect.poll(() => new URL(page.url()).searchParams.get('win')).not.toBeNull()
  const url = page.url()
  const seen = async (p) => {
    await p.waitForSelector('[role=treegrid] [role=row]')
    await p.waitForSelector('[role=tab]')
    return {
      rows: await p.locator('[role=treegrid] [role=row]:not([hidden])').allInnerTexts(),
      selected: await selectedRow(p),
      tab: await p.locator('[role=tab][aria-selected=true]').innerText(),
      view: await p.locator('[aria-label=View] [aria-pressed=true]').innerText(),
      url: p.url(),
    }
  }
  const first = await seen(page)
  await page.reload()
  expect(await seen(page)).toEqual(first)
  const second = await open(browser, mock, url.slice(mock.url.length), { colorScheme: 'dark' })
  const theirs = await seen(second.page)
  expect({ ...theirs, rows: theirs.rows.map((r) => r.trim()) }).toEqual({ ...first, rows: first.rows.map((r) => r.trim()) })
  expect(await second.page.evaluate(() => localStorage.getItem('clew.prefs'))).toBeNull()
  await context.close()
  await second.context.close()
})

test('the lane of a span of 1 µs in 10 min selects it', async () => {
  const { page, context } = await openTx(`tx/${ids.thin}`)
  const row = page.locator('[role=treegrid] [role=row]', { hasText: 'SELECT 1' })
  const box = await row.boundingBox()
  await page.mouse.click(box.x + box.width - 30, box.y + box.height / 2)
  await expect.poll(() => selectedRow(page)).toContain('SELECT 1')
  await page.locator('[role=row]', { hasText: 'a parent that never arrived' }).click()
  await page.getByTestId('panel').getByText('it never arrived').waitFor()
  await context.close()
})

test('500 calls are one line, which opens by the right arrow', async () => {
  const { page, context } = await openTx(`tx/${ids.fanOut}`)
  const group = page.locator('[role=treegrid] [role=row]', { hasText: '×500' })
  expect(await group.innerText()).toContain('×500, 12 failed')
  expect(await page.locator('[role=treegrid]').getAttribute('aria-rowcount')).toBe('3')
  await group.click()
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => page.locator('[role=treegrid]').getAttribute('aria-rowcount')).toBe('503')
  await page.keyboard.press('j')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => page.locator('[role=treegrid]').getAttribute('aria-rowcount')).toBe('3')
  await context.close()
})

test('failure, timeout, cold start and an unfinished span are told by text and glyph', async () => {
  const { page, context } = await openTx(`tx/${ids.timeout}`)
  await page.getByText('timed out', { exact: true }).first().waitFor()
  const rows = page.locator('[role=treegrid] [role=row]')
  expect(await rows.filter({ hasText: 'view-post' }).innerText()).toContain('Task timed out after 3.00 seconds')
  expect(await rows.filter({ hasText: 'GET post' }).innerText()).toContain('never ended')
  expect(await rows.filter({ hasText: 'view-post' }).locator('svg path[d]:not([d=""])').count()).toBeGreaterThan(1)
  await page.goto(`${mock.url}${story}`)
  await page.waitForSelector('[role=treegrid] [role=row]')
  expect(await rows.filter({ hasText: 'request-processor' }).innerText()).toContain('cold start')
  await context.close()
})

test('two browsers, services in another order: the same colours', async () => {
  const start = Date.now() - 1000
  mock.add(blog(0xa1, start, { order: ['Post Analysis', 'auth', 'Request Processor', 'api-gateway'] }))
  const colors = async (path) => {
    const { page, context } = await openTx(path)
    const found = await page.$$eval('ul[aria-label=Services] button', (bs) => bs.map((b) => [b.textContent, getComputedStyle(b.querySelector('i')).backgroundColor]).sort())
    await context.close()
    return found
  }
  const first = await colors(story)
  expect(first).toHaveLength(4)
  expect(new Set(first.map(([, color]) => color)).size).toBe(4)
  const reordered = mock.state.transactions.find((t) => t.trace === 'a1'.padStart(32, '0'))
  expect(reordered.detail.services[0].name).toBe('Post Analysis')
  expect(await colors(`tx/${reordered.trace}`)).toEqual(first)
})

test('no text under 11 px and no overlapping boxes in the graph', async () => {
  const { page, context } = await openTx(story)
  const small = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 11).map((e) => e.outerHTML))
  expect(small).toEqual([])
  const boxes = await page.$$eval('[data-node]', (bs) => bs.map((b) => b.getBoundingClientRect().toJSON()))
  for (const a of boxes) for (const b of boxes) if (a !== b) expect(a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height).toBe(false)
  await context.close()
})

test('a graph of 120 services is laid out off the main thread and none overlap', async () => {
  const { page, context, wrong } = await openTx(`tx/${ids.mesh}`)
  await page.waitForSelector('[data-node]')
  const boxes = await page.$$eval('[data-node]', (bs) => bs.map((b) => [b.offsetWidth, b.offsetHeight, new DOMMatrix(getComputedStyle(b).transform).e, new DOMMatrix(getComputedStyle(b).transform).f]))
  expect(boxes).toHaveLength(120)
  for (const [w, h, x, y] of boxes) for (const [, , x2, y2] of boxes) if (x !== x2 || y !== y2) expect(Math.abs(x - x2) < w && Math.abs(y - y2) < h).toBe(false)
  expect(wrong).toEqual([])
  await context.close()
})

test('Jaeger-shaped links lead to the span', async () => {
  const { page, context } = await open(browser, mock, `trace/${ids.story}/${(0x1000000 + 7).toString(16).padStart(16, '0')}`)
  await page.waitForURL(`**/tx/${ids.story}?span=*`)
  await page.waitForSelector('[role=treegrid] [role=row]')
  expect(await selectedRow(page)).toContain('DynamoDB.PutItem')
  await context.close()
})

test('payload marks, logs and links of a span', async () => {
  const { page, context } = await openTx(story)
  const panel = page.getByTestId('panel')
  await page.locator('[role=row]', { hasText: 'request-processor' }).click()
  await panel.getByText('2 values masked').waitFor()
  await panel.getByRole('button', { name: 'Fold' }).first().click()
  await panel.getByText(/\{ … 4 \}/).waitFor()
  await page.keyboard.press('l')
  await panel.getByText('verifying the author').waitFor()
  await page.keyboard.press('x')
  await panel.getByText('This span did not fail.').waitFor()
  await panel.getByRole('tab', { name: /Links/ }).click()
  await panel.getByRole('button', { name: 'POST /new_post' }).click()
  await expect.poll(() => selectedRow(page)).toContain('api-gateway')
  await context.close()
})

test('a story that may be longer says so in words and leads to the other', async () => {
  const other = blog(901, Date.now() - 3_000, { fails: false })
  const half = blog(902, Date.now() - 3_000, { fails: false })
  half.detail.ambiguous = [other.trace]
  mock.add(other)
  mock.add(half)
  const { page, context, wrong } = await openTx(`tx/${half.trace}`)
  await page.getByText('Ambiguous: this may be one story with').waitFor()
  await page.getByRole('link', { name: other.trace }).click()
  await page.waitForURL((url) => url.pathname.endsWith(other.trace))
  await expect.poll(() => page.getByText('Ambiguous').count()).toBe(0)
  expect(wrong).toEqual([])
  await context.close()
})

test('what is not stored says so', async () => {
  const { page, context } = await open(browser, mock, 'tx/ffffffffffffffffffffffffffffffff')
  await page.getByText('This transaction is not stored').waitFor()
  await context.close()
})
