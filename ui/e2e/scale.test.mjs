import { afterAll, beforeAll, expect, test } from 'vitest'
import { ids, startMock } from '../test/mock-server.mjs'
import { launch, open } from './browser.mjs'
import { measured } from './results.mjs'

let browser
let mock
let page
let wrong
let session
beforeAll(async () => {
  mock = await startMock({ large: true })
  browser = await launch()
  const opened = await open(browser, mock, null)
  page = opened.page
  wrong = opened.wrong
  session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  await page.addInitScript(() => {
    window.seen = {}
    const look = () => {
      const grid = document.querySelector('[role=treegrid]')
      if (grid?.querySelector('[role=row]')) {
        window.seen.first ??= performance.now()
        if (grid.getAttribute('aria-busy') === 'false') window.seen.all ??= performance.now()
      }
      if (!window.seen.all) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
})
afterAll(async () => {
  await browser.close()
  await mock.close()
})

async function metric(name) {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find((m) => m.name === name).value
}

const rowCount = () => page.locator('[role=treegrid]').getAttribute('aria-rowcount').then(Number)

test('50,000 spans: first rows, all rows, heap', { timeout: 120_000 }, async () => {
  await page.goto(`${mock.url}tx/${ids.big}`)
  await page.waitForFunction(() => window.seen.all, undefined, { timeout: 60_000 })
  const seen = await page.evaluate(() => window.seen)
  measured('50,000 spans: first rows', seen.first, 600, 'ms')
  measured('50,000 spans: complete', seen.all, 1500, 'ms')
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  measured('50,000 spans: heap', (await metric('JSHeapUsedSize')) / 1e6, 60, 'MB')
  expect(await rowCount()).toBeGreaterThan(40_000)
})

// scroll moves the list by px in every frame and returns what the main thread
// worked in each, from its first callback to after layout and paint.
function scroll(frames, px) {
  return page.evaluate(async ({ frames, px }) => {
    const grid = document.querySelector('[role=treegrid]')
    const channel = new MessageChannel()
    const times = []
    for (let i = 0; i < frames; i++) {
      grid.scrollTop += px
      await new Promise((done) =>
        requestAnimationFrame(() => {
          const started = performance.now()
          channel.port1.onmessage = () => {
            times.push(performance.now() - started)
            done()
          }
          channel.port2.postMessage(0)
        }),
      )
    }
    return times.sort((a, b) => a - b)
  }, { frames, px })
}

test('50,000 spans: 240 frames of scrolling', { timeout: 120_000 }, async () => {
  for (const [name, px] of [['wheel', 180], ['fling', 3500]]) {
    await page.getByTestId('waterfall').evaluate((e) => e.scrollTo(0, 0))
    const times = await scroll(240, px)
    expect(await page.getByTestId('waterfall').evaluate((e) => e.scrollTop)).toBe(240 * px)
    expect(times).toHaveLength(240)
    measured(`50,000 spans: ${name}, main thread a frame, median`, times[times.length >> 1], 10, 'ms')
    measured(`50,000 spans: ${name}, main thread a frame, p95`, times[Math.floor(times.length * 0.95)], 17, 'ms')
  }
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length)
  measured('50,000 spans: DOM nodes', nodes, 1500, 'nodes')
  expect(nodes).toBeLessThanOrEqual(1500)
})

test('50,000 spans: fold all, unfold all, the selected row stays in place', { timeout: 120_000 }, async () => {
  const grid = page.locator('[role=treegrid]')
  await page.keyboard.press('n')
  await grid.locator('[aria-selected=true]').waitFor()
  const all = await rowCount()
  const act = async (key) => {
    const before = await metric('TaskDuration')
    await page.keyboard.press(key)
    await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))))
    return ((await metric('TaskDuration')) - before) * 1000
  }
  const closing = await act('Shift+ArrowLeft')
  expect(await rowCount()).toBeLessThan(5)
  const opening = await act('Shift+ArrowRight')
  expect(await rowCount()).toBe(all)
  measured('50,000 spans: fold all, thread time', closing, 50, 'ms')
  measured('50,000 spans: unfold all, thread time', opening, 50, 'ms')
  await grid.locator('[aria-selected=true]').waitFor()
  const box = await grid.boundingBox()
  const row = await grid.locator('[aria-selected=true]').boundingBox()
  expect(row.y).toBeGreaterThanOrEqual(box.y - 1)
  expect(row.y + row.height).toBeLessThanOrEqual(box.y + box.height + 1)
})

test('50,000 spans: find', async () => {
  await page.keyboard.press('f')
  await page.keyboard.insertText('step 17')
  await expect.poll(() => page.locator('input[aria-label="Find spans"] + span').innerText()).toMatch(/^\d/)
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('[role=treegrid] [aria-selected=true]').innerText()).toContain('step 17')
  await page.keyboard.press('Escape')
})

test('the overview zooms by dragging, and 0 fits', async () => {
  const box = await page.getByTestId('overview').boundingBox()
  await page.mouse.move(box.x + box.width * 0.25, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 4 })
  await page.mouse.up()
  await expect.poll(() => new URL(page.url()).searchParams.get('win')).toMatch(/^1[45]\d+/)
  await page.keyboard.press('0')
  await expect.poll(() => new URL(page.url()).searchParams.get('win')).toBeNull()
})

test('200,000 spans open, all of them', { timeout: 180_000 }, async () => {
  await page.goto(`${mock.url}tx/${ids.huge}`)
  await page.waitForFunction(() => window.seen.all, undefined, { timeout: 120_000 })
  measured('200,000 spans: complete', (await page.evaluate(() => window.seen)).all, 6000, 'ms')
  await page.keyboard.press('End')
  await expect.poll(() => page.locator('[role=treegrid] [aria-selected=true]').count()).toBe(1)
  expect(await rowCount()).toBeGreaterThan(100_000)
  expect(await page.locator('header').first().innerText()).toContain('200,000')
  expect(wrong).toEqual([])
})
