import { afterAll, beforeAll, expect, test } from 'vitest'
import { ids, startMock } from '../test/mock-server.mjs'
import { blog } from '../test/mock-data.mjs'
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

const rowIds = (page) => page.$$eval('[data-id]', (rows) => rows.map((r) => r.dataset.id))

test('the list fills, j and Enter open, back returns', async () => {
  const { page, context, wrong } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  expect(await page.locator('[role=row][data-id]').first().innerText()).toContain('POST /new_post')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  const [, second] = await rowIds(page)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/tx/${second}**`)
  await page.waitForSelector('[role=treegrid] [role=row]')
  await page.keyboard.press('Escape')
  await page.waitForURL('**/tx')
  await page.waitForSelector('[data-id]')
  expect(wrong).toEqual([])
  await context.close()
})

test('scrolling loads further pages without a gap', async () => {
  const { page, context } = await open(browser, mock, 'tx?from=now-7d')
  await page.waitForSelector('[data-id]')
  const loaded = async () => Number((await page.locator('footer').innerText()).replaceAll(',', '').match(/\d+/)[0])
  expect(await loaded()).toBe(100)
  await expect.poll(async () => {
    await page.getByTestId('list').evaluate((e) => e.scrollTo(0, e.scrollHeight))
    return loaded()
  }, { timeout: 20_000 }).toBe(mock.state.transactions.length)
  await context.close()
})

test('live rows go on top at the top, and wait while one reads', async () => {
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  await page.getByRole('button', { name: 'Live' }).click()
  const fresh = blog(0x900001, Date.now(), {})
  mock.add(fresh)
  await page.waitForSelector(`[data-id="${fresh.trace}"]`)
  expect((await rowIds(page))[0]).toBe(fresh.trace)
  const list = page.getByTestId('list')
  await list.evaluate((e) => e.scrollTo(0, 1000))
  await page.waitForFunction(() => document.querySelector('[data-testid=list]').scrollTop === 1000)
  const where = () => page.$$eval('[data-id]', (rows) => rows.map((r) => [r.dataset.id, Math.round(r.getBoundingClientRect().top)]).filter(([, top]) => top > 100 && top < 800))
  const before = await where()
  mock.add(blog(0x900002, Date.now(), {}))
  mock.add(blog(0x900003, Date.now(), {}))
  await page.getByRole('button', { name: '2 new' }).waitFor()
  expect(await where()).toEqual(before)
  await page.getByRole('button', { name: '2 new' }).click()
  await expect.poll(async () => (await rowIds(page)).includes('900003'.padStart(32, '0'))).toBe(true)
  await context.close()
})

test('a slow answer shows a skeleton, a failed one the request id and Retry; the shell stays', async () => {
  const { page, context } = await open(browser, mock, 'tx?q=slow')
  await page.getByTestId('skeleton').waitFor()
  await page.waitForSelector('[data-id]', { timeout: 10_000 })
  await page.goto(`${mock.url}tx?q=fail`)
  const alert = page.getByRole('alert')
  await alert.waitFor()
  expect(await alert.innerText()).toMatch(/req-\d+/)
  expect(await alert.innerText()).toContain('checksum mismatch')
  const asked = mock.state.requests
  await alert.getByRole('button', { name: 'Retry' }).click()
  await expect.poll(() => mock.state.requests).toBeGreaterThan(asked)
  await page.getByRole('link', { name: 'Services' }).click()
  await page.getByRole('link', { name: 'Post Analysis' }).waitFor()
  await context.close()
})

test('a partial answer says so', async () => {
  const { page, context } = await open(browser, mock, 'tx?q=partly')
  await page.getByText('read 38 of 60 blocks').waitFor()
  await context.close()
})

test('three kinds of nothing', async () => {
  const { page, context } = await open(browser, mock, 'tx?q=status:error+name:nothing')
  await page.getByRole('button', { name: 'Remove it' }).click()
  await page.waitForSelector('[data-id]')
  expect(new URL(page.url()).searchParams.get('q')).toBe('status:error')
  await page.goto(`${mock.url}tx?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`)
  await page.getByRole('button', { name: /nearest with data/ }).click()
  await page.waitForSelector('[data-id]')
  const empty = await startMock({ empty: true })
  await page.goto(`${empty.url}tx`)
  await page.getByText('Nothing has been sent yet').waitFor()
  await empty.close()
  await context.close()
})

test('the query box completes and filters, the URL follows', async () => {
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  await page.keyboard.press('/')
  await page.keyboard.type('service:post an')
  await page.getByRole('combobox', { name: 'Query' }).fill('service:Dig')
  await page.getByRole('option', { name: /Digest/ }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=service/)
  await expect.poll(async () => (await rowIds(page)).join()).toBe(ids.fanOut)
  await context.close()
})

test('y copies a link with absolute times', async () => {
  const { page, context } = await open(browser, mock, 'tx?q=status:error', { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.waitForSelector('[data-id]')
  await page.keyboard.press('y')
  await page.getByText('Link copied', { exact: true }).first().waitFor()
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()))
  expect(link.searchParams.get('q')).toBe('status:error')
  expect(Date.parse(link.searchParams.get('to')) - Date.parse(link.searchParams.get('from'))).toBe(3_600_000)
  await context.close()
})
