import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstLoad, goalKB } from '../build/size.mjs'
import { blog } from '../test/mock-data.mjs'
import { ids, startMock } from '../test/mock-server.mjs'
import { launch, open } from './browser.mjs'
import { measured } from './results.mjs'

let browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

test('the first load stays within its goal', () => {
  const sum = firstLoad()
  expect(sum.js).toBeGreaterThan(20)
  expect(sum.js).toBeLessThanOrEqual(goalKB.js)
  expect(sum.css).toBeLessThanOrEqual(goalKB.css)
})

test('first contentful paint', async () => {
  const mock = await startMock()
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime)
  measured('first contentful paint', paint, 800, 'ms')
  await context.close()
  await mock.close()
})

test('under a base path every page works, without a console error or a foreign request', async () => {
  const mock = await startMock({ base: '/tools/clew/' })
  const { page, context, wrong } = await open(browser, mock, '')
  await page.getByRole('link', { name: "KeyError: 'user' in Post Analysis" }).click()
  await page.getByTestId('issue-cause').waitFor()
  expect(new URL(page.url()).pathname).toBe('/tools/clew/issues/00000000000000a1')
  await page.getByRole('link', { name: 'Transactions', exact: true }).click()
  await page.waitForSelector('[data-id]')
  expect(new URL(page.url()).pathname).toBe('/tools/clew/tx')
  await page.locator('[data-id] a').first().click()
  await page.waitForSelector('[role=treegrid] [role=row]')
  await page.getByRole('link', { name: 'Services' }).click()
  await page.getByRole('link', { name: 'Post Analysis' }).click()
  await page.waitForSelector('[data-id]')
  expect(page.url()).toContain('/tools/clew/tx?q=service:')
  await page.getByRole('link', { name: 'Connect' }).click()
  await page.locator('pre', { hasText: `${mock.url.slice(0, -1)}` }).waitFor()
  await page.goto(`${mock.url}trace/${ids.story}`)
  await page.waitForSelector('[role=treegrid] [role=row]')
  await page.goto(`${mock.url}no/such/page`)
  await page.getByText('There is no such page').waitFor()
  expect(wrong).toEqual([])
  await context.close()
  await mock.close()
})

test('an empty server is Connect, which turns when the first span arrives and lists what was refused', async () => {
  const mock = await startMock({ empty: true })
  const { page, context, wrong } = await open(browser, mock, '', { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.getByText('waiting for spans').waitFor()
  expect(new URL(page.url()).pathname).toBe('/')
  await page.getByRole('button', { name: 'Copy Any language setup' }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${mock.url.slice(0, -1)}`)
  for (const name of ['Node.js', 'Python', 'Go', 'Lambda']) {
    await page.getByRole('tab', { name }).click()
    expect(await page.locator('[role=tabpanel] pre').innerText()).toContain(mock.url.slice(0, -1))
  }
  await page.getByLabel('What sends').selectOption('lightstep')
  await page.getByRole('tab', { name: 'Node.js' }).click()
  await page.locator('pre', { hasText: 'new lightstep.Tracer' }).waitFor()
  await page.getByText('process.env.lightstep-token is a subtraction').waitFor()
  mock.state.refused.push({ time: new Date().toISOString(), protocol: 'otlp/http', status: 401, reason: 'token is not known' })
  await page.getByText('token is not known').waitFor({ timeout: 3000 })
  mock.add(blog(0xb1, Date.now(), {}))
  mock.state.spans = 1
  await page.getByText(/^1 span/).waitFor({ timeout: 3000 })
  await page.getByText(/first \d s ago/).first().waitFor()
  await page.getByRole('link', { name: 'Open your first transaction' }).click()
  await page.waitForURL(`**/tx/${'b1'.padStart(32, '0')}`)
  await page.waitForSelector('[role=treegrid] [role=row]')
  expect(wrong).toEqual([])
  await context.close()
  await mock.close()
})

test('390 px wide: nothing runs out sideways', async () => {
  const mock = await startMock()
  for (const path of ['', 'tx', 'issues', 'issues/00000000000000a1', `tx/${ids.story}`, `tx/${ids.fanOut}?view=graph`, 'services', 'connect']) {
    const { page, context } = await open(browser, mock, path, { viewport: { width: 390, height: 844 } })
    await page.waitForSelector('[data-id], [data-issue], [data-testid=panel] h2, tbody tr, pre, main ul li a')
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390)
    await context.close()
  }
  await mock.close()
})

test('forced colours and reduced motion lose nothing', async () => {
  const mock = await startMock()
  const { page, context } = await open(browser, mock, `tx/${ids.story}`, { forcedColors: 'active', reducedMotion: 'reduce' })
  await page.waitForSelector('[role=treegrid] [role=row]')
  expect(await page.locator('[role=treegrid] [role=row]:not([hidden])').count()).toBe(12)
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
  await context.close()
  await mock.close()
})
