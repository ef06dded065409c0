import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ids, startMock } from '../test/mock-server.mjs'
import { launch, open } from './browser.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser
let mock
beforeAll(async () => {
  mock = await startMock()
  mock.state.refused.push({ time: new Date().toISOString(), protocol: 'otlp/http', status: 401, reason: 'no token' })
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await mock.close()
})

const pages = [
  ['overview', '', 'main ul li a'],
  ['issues', 'issues', '[data-issue]'],
  ['an issue', 'issues/00000000000000a1', '[data-testid=issue-cause] ol li'],
  ['a box of the heat map', `tx?box=${Date.now() - 36e5}-${Date.now() + 36e5}_1000000-`, '[data-testid=differ] td'],
  ['the critical path and log lines', `tx/${ids.story}?path=critical&logs=merged&pane=cost&span=${(0x1000000 + 2).toString(16).padStart(16, '0')}`, '[role=tabpanel] dl'],
  ['messages', `tx/${ids.story}?path=cause&pane=links&span=${(0x1000000 + 8).toString(16).padStart(16, '0')}`, '[role=tabpanel] dl'],
  ['transactions', 'tx', '[data-id]'],
  ['a failing transaction', `tx/${ids.story}`, '[role=tabpanel] [aria-label=JSON]'],
  ['a fan-out', `tx/${ids.fanOut}?view=wf&pane=attrs`, '[role=tabpanel] dl'],
  ['payload', `tx/${ids.story}?span=${(0x1000000 + 2).toString(16).padStart(16, '0')}&pane=payload`, '[aria-label=JSON]'],
  ['logs', `tx/${ids.story}?span=${(0x1000000 + 2).toString(16).padStart(16, '0')}&pane=logs`, '[role=log]'],
  ['services', 'services', 'tbody tr'],
  ['connect', 'connect', 'pre'],
  ['an error', 'tx?q=fail', '[role=alert]'],
  ['no match', 'tx?q=nothing', 'main h2'],
]

async function violations(page) {
  await page.evaluate(axe)
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 160)} | ${n.failureSummary?.split('\n')[1]}`).join('\n  ')}`)
}

describe.each(['light', 'dark'])('axe, %s', (colorScheme) => {
  test.each(pages)('%s', async (_, path, ready) => {
    const { page, context } = await open(browser, mock, path, { colorScheme })
    await page.waitForSelector(ready)
    expect(await violations(page)).toEqual([])
    await context.close()
  })

  test('palette, keys, time box, graph as list', async () => {
    const { page, context } = await open(browser, mock, `tx/${ids.story}`, { colorScheme })
    await page.waitForSelector('[role=treegrid] [role=row]')
    await page.getByRole('button', { name: 'As list' }).click()
    await page.keyboard.press('Control+k')
    await page.waitForSelector('dialog [role=option]')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog kbd')
    expect(await violations(page)).toEqual([])
    await page.goto(`${mock.url}tx`)
    await page.waitForSelector('[data-id]')
    await page.keyboard.press('t')
    await page.waitForSelector('[role=dialog]')
    expect(await violations(page)).toEqual([])
    await context.close()
  })
})

// tabStops walks the page by Tab and returns what got focus, failing on a stop that cannot be seen.
async function tabStops(page, most) {
  const stops = []
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const e = document.activeElement
      if (!e || e === document.body) return null
      const name = e.getAttribute('aria-label') || e.textContent.trim().slice(0, 40) || e.tagName
      const ring = [getComputedStyle(e), getComputedStyle(e, '::after')].some((s) => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0)
      return { name, role: e.getAttribute('role') ?? e.tagName, visible: ring || e.matches('input') || e.checkVisibility() === false }
    })
    if (!stop) break
    stops.push(stop)
  }
  return stops
}

test('every control of the transaction page is reached by Tab, with a ring', async () => {
  const { page, context } = await open(browser, mock, `tx/${ids.story}?pane=error`)
  await page.waitForSelector('[role=tabpanel] pre')
  const stops = await tabStops(page, 60)
  expect(stops.filter((s) => !s.visible)).toEqual([])
  const names = stops.map((s) => s.name).join('\n')
  for (const want of ['Transactions', 'Back to the list', 'Graph', 'Why?', 'Show path', 'As list', 'Post Analysis', 'Height of the graph', 'Find spans', 'Unfold all', 'Spans', 'Width of the panel', 'Error', 'Copy error']) {
    expect(names).toContain(want)
  }
  const order = (name) => stops.findIndex((s) => s.name.startsWith(name))
  expect(order('Spans')).toBeLessThan(order('Error'))
  await context.close()
})

test('rows say what they are', async () => {
  const { page, context } = await open(browser, mock, `tx/${ids.story}`)
  await page.waitForSelector('[role=treegrid] [role=row]')
  const grid = page.locator('[role=treegrid]')
  expect(await grid.getAttribute('aria-rowcount')).toBe('13')
  const row = grid.locator('[role=row]', { hasText: 'post-analysis' })
  expect((await row.innerText()).replace(/\s+/g, ' ').trim()).toContain("Post Analysis post-analysis failed KeyError: 'user', cold start, 512 ms, starts at 631 ms, on root-cause path")
  expect(await row.getAttribute('aria-level')).toBe('4')
  expect(await row.getAttribute('aria-expanded')).toBe('true')
  const active = await grid.getAttribute('aria-activedescendant')
  expect(await page.locator(`#${active}`).getAttribute('aria-selected')).toBe('true')
  await context.close()
})

test('arrows follow the hops of the graph', async () => {
  const { page, context } = await open(browser, mock, `tx/${ids.story}`)
  const graph = page.getByTestId('graph')
  await graph.getByRole('button', { name: /^Request Processor/ }).click()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  const focused = () => page.evaluate(() => document.activeElement.textContent)
  expect(await focused()).toContain('blog-new-posts')
  await page.keyboard.press('ArrowRight')
  expect(await focused()).toContain('Post Analysis')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('[role=treegrid] [aria-selected=true]').innerText()).toContain('post-analysis')
  await context.close()
})

test('Esc returns focus to the opener; with letters off no letter acts', async () => {
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  const opener = page.getByRole('button', { name: 'Keys' })
  await opener.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('checkbox', { name: /Single keys act/ }).uncheck()
  await page.keyboard.press('Escape')
  await expect.poll(() => page.evaluate(() => document.activeElement.textContent)).toContain('Keys')
  for (const key of ['j', '/', '?', 't', 'g', 's', 'y', '[', 'Shift+D']) await page.keyboard.press(key)
  expect(await page.locator('dialog[open], [role=dialog]').count()).toBe(0)
  expect(new URL(page.url()).pathname).toBe('/tx')
  expect(new URL(page.url()).search).toBe('')
  await page.keyboard.press('Control+k')
  await page.waitForSelector('dialog[open]')
  await page.keyboard.press('Escape')
  await page.keyboard.press('ArrowDown')
  expect(await page.locator('[data-id]').first().getAttribute('class')).toMatch(/current/)
  await context.close()
})

test('g and a letter goes, the palette finds pages, services and a pasted trace id', async () => {
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await page.waitForURL('**/services')
  await page.waitForSelector('tbody tr')
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.waitForURL('**/connect')
  await page.keyboard.press('Control+k')
  await page.keyboard.insertText('post ana')
  await page.getByRole('option', { name: /Post Analysis/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=service/)
  await page.keyboard.press('Control+k')
  await page.keyboard.insertText(ids.story)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/tx/${ids.story}**`)
  await context.close()
})

test('Shift+D turns the theme and it is remembered; Shift+U turns the clock', async () => {
  const { page, context } = await open(browser, mock, 'tx', { colorScheme: 'light', timezoneId: 'Asia/Tokyo' })
  await page.waitForSelector('[data-id]')
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
  expect(await theme()).toBe('light')
  await page.keyboard.press('Shift+D')
  expect(await theme()).toBe('dark')
  await page.reload()
  await page.waitForSelector('[data-id]')
  expect(await theme()).toBe('dark')
  const local = await page.locator('[data-id]').first().innerText()
  await page.keyboard.press('Shift+U')
  await page.locator('footer').getByText('UTC').waitFor()
  expect(await page.locator('[data-id]').first().innerText()).not.toBe(local)
  await context.close()
})
