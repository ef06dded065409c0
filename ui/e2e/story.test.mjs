// What the server works out of a story, as the pages show it: cause, critical path, cost, messages, issues.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ids, startMock } from '../test/mock-server.mjs'
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
const param = (page, name) => new URL(page.url()).searchParams.get(name)
const rows = (page) => page.locator('[role=treegrid] [role=row]:not([hidden])')
const selectedRow = (page) => page.locator('[role=treegrid] [role=row][aria-selected=true]').innerText()

async function openTx(path, options) {
  const opened = await open(browser, mock, path, options)
  await opened.page.waitForSelector('[role=treegrid] [role=row]')
  return opened
}

test('the band says the cause, its way is on rows and hops, and why opens the evidence', async () => {
  const { page, context, wrong } = await openTx(story)
  const band = page.getByTestId('band')
  for (const text of ['Request Processor swallowed a 401', 'blog-new-posts', 'Post Analysis', '2 hops later', 'high confidence']) await band.getByText(text).first().waitFor()
  const onPath = await rows(page).filter({ hasText: 'on root-cause path' }).allInnerTexts()
  expect(onPath.map((t) => t.replace(/\s+/g, ' ').trim().split(' on root')[0])).toHaveLength(4)
  await page.getByTestId('graph').getByRole('button', { name: /^Request Processor.*root cause/ }).waitFor()
  await band.getByRole('button', { name: 'Why?' }).click()
  await band.getByRole('button', { name: /the message to blog-new-posts has no user/ }).click()
  await expect.poll(() => selectedRow(page)).toContain('blog-new-posts send')
  await band.getByRole('button', { name: 'Show path' }).click()
  await expect.poll(() => param(page, 'path')).toBe('cause')
  expect(wrong).toEqual([])
  await context.close()
})

test('p goes to the cause, and fields say where they came from and went', async () => {
  const { page, context } = await openTx(story)
  const panel = page.getByTestId('panel')
  await panel.getByRole('button', { name: 'from Request Processor › return $.body.user' }).waitFor()
  await page.keyboard.press('p')
  await expect.poll(() => selectedRow(page)).toContain('request-processor')
  await panel.getByText('user: null').waitFor()
  await panel.getByRole('button', { name: /^went to Post Analysis › event/ }).first().click()
  await expect.poll(() => selectedRow(page)).toContain('analyse')
  await context.close()
})

test('c draws the critical path, Shift+P the way from the cause, each again nothing', async () => {
  const { page, context } = await openTx(story)
  for (const [key, path] of [['c', 'critical'], ['c', null], ['Shift+P', 'cause'], ['c', 'critical']]) {
    await page.keyboard.press(key)
    await expect.poll(() => param(page, 'path')).toBe(path)
  }
  await rows(page).filter({ hasText: 'on critical path' }).first().waitFor()
  expect(await page.getByTestId('graph').locator('path[class*=criticalEdge]').count()).toBe(4)
  await page.reload()
  await rows(page).filter({ hasText: 'on critical path' }).first().waitFor()
  await context.close()
})

test('cost stands in the facts, on the rows and as arithmetic in the panel', async () => {
  const { page, context } = await openTx(story)
  await page.locator('header').getByText('$9.80/M').waitFor()
  await page.locator('header').getByText('of billed time waiting').waitFor()
  expect(await rows(page).filter({ hasText: 'DynamoDB.PutItem' }).innerText()).toContain('$0.63/M')
  expect(await rows(page).filter({ hasText: 'blog-new-posts send' }).innerText()).toContain('–')
  await page.keyboard.press('p')
  const panel = page.getByTestId('panel')
  await panel.getByRole('tab', { name: 'Cost' }).click()
  await panel.getByText('0.38 s × 0.5 GB × $0.0000166667/GB-s').waitFor()
  await panel.getByRole('heading', { name: /78% of the billed time waiting/ }).waitFor()
  await context.close()
})

test('the life of a message is told from both ends', async () => {
  const { page, context } = await openTx(`${story}?pane=links`)
  await rows(page).filter({ hasText: 'blog-new-posts send' }).click()
  const panel = page.getByTestId('panel')
  await panel.getByRole('heading', { name: 'Message out' }).waitFor()
  await panel.getByRole('button', { name: 'Post Analysis post-analysis' }).click()
  await panel.getByRole('heading', { name: 'Message in' }).waitFor()
  await panel.getByText('still being tried').waitFor()
  await context.close()
})

test('Shift+L puts log lines among the spans by time', async () => {
  const { page, context } = await openTx(story)
  const before = Number(await page.locator('[role=treegrid]').getAttribute('aria-rowcount'))
  await page.keyboard.press('Shift+L')
  await page.getByText(/log lines among the spans/).waitFor()
  const lines = rows(page).filter({ hasText: 'verifying the author' })
  expect(await lines.count()).toBeGreaterThan(0)
  expect(Number(await page.locator('[role=treegrid]').getAttribute('aria-rowcount'))).toBeGreaterThan(before)
  await lines.first().click()
  await expect.poll(() => param(page, 'span')).not.toBeNull()
  await page.keyboard.press('Shift+L')
  await expect.poll(() => page.locator('[role=treegrid]').getAttribute('aria-rowcount').then(Number)).toBe(before)
  await context.close()
})

test('the graph fits the width of a small screen', async () => {
  const { page, context } = await openTx(story, { viewport: { width: 1280, height: 800 } })
  const graph = page.getByTestId('graph').getByRole('group')
  expect(await graph.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(0)
  const cut = await page.getByTestId('graph').locator('[data-node] b').evaluateAll((names) => names.filter((b) => b.scrollHeight > b.clientHeight + 1).map((b) => b.textContent))
  expect(cut).toEqual([])
  await context.close()
})

test('previous and next walk the list a transaction was opened from', async () => {
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  const [, second, third] = await page.$$eval('[data-id]', (all) => all.map((r) => r.dataset.id))
  await page.locator(`[data-id="${second}"] a`).click()
  await page.getByRole('button', { name: 'Next in the list' }).click()
  await page.waitForURL(`**/tx/${third}`)
  await page.waitForSelector('[role=treegrid] [role=row]')
  await page.keyboard.press('[')
  await page.waitForURL(`**/tx/${second}`)
  await context.close()
})

test('from the overview to the cause in two clicks and a key, and in five keys', async () => {
  const { page, context, wrong } = await open(browser, mock, '')
  await page.getByRole('link', { name: "KeyError: 'user' in Post Analysis" }).click()
  await page.getByTestId('issue-cause').getByText('37 of 41').waitFor()
  await page.getByRole('link', { name: 'Last transaction' }).click()
  await page.waitForSelector('[role=treegrid] [role=row]')
  await page.keyboard.press('p')
  await expect.poll(() => selectedRow(page)).toContain('request-processor')

  await page.goto(mock.url)
  await page.getByRole('link', { name: "KeyError: 'user' in Post Analysis" }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('i')
  await page.waitForSelector('[data-issue]')
  await page.keyboard.press('Enter')
  await page.getByTestId('issue-cause').waitFor()
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=treegrid] [role=row]')
  await page.keyboard.press('p')
  await expect.poll(() => selectedRow(page)).toContain('request-processor')
  expect(wrong).toEqual([])
  await context.close()
})

test('an issue is resolved, leaves the active ones, and is opened again', async () => {
  const { page, context } = await open(browser, mock, 'issues')
  const timeout = page.locator('[data-issue]', { hasText: 'View Post timed out' })
  await timeout.getByText('regressed').waitFor()
  await timeout.getByRole('link').click()
  await page.getByRole('button', { name: 'Resolve' }).click()
  await page.getByRole('button', { name: 'Reopen' }).waitFor()
  await page.keyboard.press('Escape')
  await page.waitForURL('**/issues')
  await expect.poll(() => page.locator('[data-issue]').count()).toBe(1)
  await page.getByRole('button', { name: 'Resolved' }).click()
  await timeout.getByRole('link').click()
  await page.getByRole('button', { name: 'Reopen' }).click()
  await page.getByRole('button', { name: 'Ignore 8 h' }).waitFor()
  await context.close()
})

test('a box on the heat map narrows the list, says what differs, and is in the address', async () => {
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  const field = page.getByTestId('heat').getByRole('img')
  const box = await field.boundingBox()
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width - 2, box.y + box.height * 0.7, { steps: 4 })
  await page.mouse.up()
  await page.getByTestId('differ').getByRole('row').nth(1).getByText('faas.version').waitFor()
  const address = page.url()
  expect(param(page, 'box')).toMatch(/^\d+-\d+_\d+-\d+$/)
  await page.reload()
  await page.getByTestId('differ').getByText('faas.version').waitFor()
  expect(page.url()).toBe(address)
  await page.getByRole('button', { name: 'Leave the box' }).click()
  await expect.poll(() => param(page, 'box')).toBeNull()
  await page.getByRole('button', { name: 'As table' }).click()
  await page.getByTestId('heat').locator('tbody button').first().click()
  await expect.poll(() => param(page, 'box')).not.toBeNull()
  await context.close()
})

test('columns and keys sort the list', async () => {
  const { page, context } = await open(browser, mock, 'tx')
  await page.waitForSelector('[data-id]')
  await page.keyboard.press('s')
  await page.keyboard.press('t')
  await expect.poll(() => param(page, 'sort')).toBe('slow')
  await expect.poll(() => page.locator('[data-id]').first().innerText()).toContain('3.01 s')
  await page.getByRole('button', { name: 'Total' }).click()
  await expect.poll(() => param(page, 'sort')).toBeNull()
  await page.getByRole('button', { name: 'Cost' }).click()
  await expect.poll(() => page.locator('[data-id]').first().innerText()).toContain('$9.80/M')
  await context.close()
})
