import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReportPage } from '../../infra/report-page.ts'
import { REPORT_PAGE } from '../../shared/files/report-page.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { renderHtml } from '../../shared/report/html.ts'
import { emptyModel, HOSTILE, hostileModel, largeModel, model, quietModel } from '../report/model.ts'
import { openPage, startBrowser } from './browser.ts'
import { hashIn, PICTURE, reportHash } from './picture.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-report-'))
const page = readFileSync(REPORT_PAGE, 'utf8')
const { SCREENSHOTS } = process.env
let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

/** A busy machine takes its time. */
const POLL = { timeout: 30_000 }
const WIDE = { viewport: { width: 1440, height: 900 } }
const PHONE = { viewport: { width: 390, height: 844 } }

async function open(name: string, given: ReplayModel, options: BrowserContextOptions = WIDE) {
  const file = path.join(folder, `${name}.html`)
  writeFileSync(file, renderHtml(given, { page, version: '0.2.0' }))
  return openPage(browser, pathToFileURL(file).href, options)
}

const status = (on: Page) => on.locator('#records [role=status]').textContent()
const times = (on: Page) => on.locator('#records tbody button.open').allTextContents()

test('the page is its sources (npm run report-page builds it)', async () => {
  expect(page === (await buildReportPage()), 'stale: run npm run report-page').toBe(true)
})

test('docs/report.png is of docs/report.html (npm run readme takes it)', () => {
  expect(hashIn(readFileSync(PICTURE)) === reportHash(), 'stale: run npm run readme').toBe(true)
})

describe('the report', () => {
  test('says first what happened', async () => {
    const { page: on, faults } = await open('story', model())
    expect(await on.title()).toBe('1 incident: 1 critical · bucketwatch report')
    expect(await on.locator('h1').textContent()).toBe('1 incident: 1 critical')
    expect(await on.locator('#title .moments li').allTextContents()).toEqual([
      '07:15 PutBucketPolicy on amzn-s3-demo-bucket: lets everybody s3:GetObject',
      '08:00 540 × DeleteObject on amzn-s3-demo-bucket',
    ])
    expect(await on.locator('#incidents .story li').allTextContents()).toHaveLength(3)
    expect(await on.locator('#incidents dd').first().textContent()).toBe('alice')
    // Above the fold of a laptop: what, when, by whom, and where on the time.
    const fold = await on.locator('#timeline .lane').first().boundingBox()
    expect(fold!.y).toBeLessThan(900)
    expect(faults).toEqual([])
  })

  test('zooms by hand and by keys, and the records follow', async () => {
    const { page: on, faults } = await open('zoom', model())
    expect(await status(on)).toBe('1–50 of 120 records')
    const plot = await on.locator('#timeline .u-over').boundingBox()
    const x = (share: number) => plot!.x + share * plot!.width
    const y = plot!.y + plot!.height / 2
    await on.mouse.move(x(0), y)
    await on.mouse.down()
    await on.mouse.move(x(0.1), y, { steps: 4 })
    await on.mouse.up()
    // A tenth of 6 hours.
    await expect.poll(() => status(on), POLL).toMatch(/of 3[5-8] records/)
    expect(await on.locator('#filters').textContent()).toContain('2026-03-17 06:00–06:3')
    await on.locator('#timeline .u-over').dblclick()
    await expect.poll(() => status(on), POLL).toBe('1–50 of 120 records')
    expect(await on.locator('#filters').isVisible()).toBe(false)
    await on.locator('#timeline .plot').focus()
    await on.keyboard.press('+')
    await on.keyboard.press('ArrowLeft')
    await expect.poll(() => status(on), POLL).not.toContain('of 120 records')
    await on.keyboard.press('0')
    await expect.poll(() => status(on), POLL).toBe('1–50 of 120 records')
    await on.getByRole('button', { name: 'Zoom to it' }).click()
    await expect.poll(() => status(on), POLL).toBe('1–48 of 48 records')
    await on.locator('#filters button').first().click()
    await expect.poll(() => status(on), POLL).toBe('1–50 of 120 records')
    expect(faults).toEqual([])
  })

  test('shows each measure, and the same as a table', async () => {
    const { page: on, faults } = await open('measures', model())
    for (const option of await on.locator('#measure option').all()) {
      await on.locator('#measure').selectOption((await option.getAttribute('value'))!)
      expect(await on.locator('#timeline canvas').count()).toBe(1)
    }
    await on.locator('#measure').selectOption('requests')
    await on.getByText('The same as a table').click()
    const cells = await on.locator('#timeline tbody td.number').allTextContents()
    const sum = cells.reduce((all, cell) => all + Number(cell.replaceAll(',', '')), 0)
    const requests = model().traffic.kinds.cloudtrail!.requests.reduce((all, value) => all + value, 0)
    expect(sum).toBe(requests)
    expect(faults).toEqual([])
  })

  test('searches, sorts and pages the records', async () => {
    const { page: on, faults } = await open('records', model())
    await on.locator('#search').fill('exports/7. action:delete')
    await expect.poll(() => status(on), POLL).toBe('1–1 of 1 record')
    await on.locator('#search').fill('')
    await expect.poll(() => status(on), POLL).toBe('1–50 of 120 records')
    await on.getByRole('button', { name: 'Next page' }).click()
    expect(await status(on)).toBe('51–100 of 120 records')
    expect((await times(on))[0]).toBe('2026-03-17 06:50:00')
    await on.locator('#records th button', { hasText: 'Time' }).click()
    expect((await times(on))[0]).toBe('2026-03-17 07:59:00')
    expect(await on.locator('#records th[aria-sort]').getAttribute('aria-sort')).toBe('descending')
    await on.locator('#severity').selectOption('1')
    await expect.poll(() => status(on), POLL).toBe('No record fits.')
    await on.locator('#severity').selectOption('5')
    await on.locator('#records tbody button.open').first().click()
    expect(await on.locator('#records tr.more:not([hidden])').textContent()).toContain('logs/a.json.gz, record 120')
    expect(faults).toEqual([])
  })

  test('goes from an incident, a rule and a value to their records', async () => {
    const { page: on, faults } = await open('links', model())
    await on.getByRole('button', { name: 'Its 120 records' }).click()
    await expect.poll(() => on.locator('#filters').textContent(), POLL).toContain('the incident of alice')
    await on.locator('#rule-data-mass-delete summary').click()
    await on.locator('#rule-data-mass-delete').getByRole('button', { name: 'Its records' }).click()
    await expect.poll(() => on.locator('#rule').inputValue(), POLL).toBe('data-mass-delete')
    await on.getByRole('button', { name: 'Clear all' }).click()
    await on.locator('#tops').getByRole('button', { name: '198.51.100.9' }).click()
    await expect.poll(() => status(on), POLL).toBe('No record fits.')
    await on.locator('#matrix td button').first().click()
    expect(await on.locator('#matrix .behind').textContent()).toContain('DeleteObject')
    expect(faults).toEqual([])
  })

  test('tells of a rule: datapoints against the threshold, noise, and what would quiet it', async () => {
    const { page: on, faults } = await open('rules', model())
    expect(await on.locator('#rules > .about').textContent()).toBe(
      '2 matched, 1 watched and matched nothing, 1 had nothing to watch.',
    )
    await on.locator('#rule-data-mass-delete summary').click()
    const panel = on.locator('#rule-data-mass-delete')
    await expect.poll(() => panel.locator('canvas').count(), POLL).toBe(1)
    const text = await panel.textContent()
    expect(text).toContain('1 incident and 0.5 alarms a day, 1.4 % of the time in ALARM; 100 % by alice')
    expect(text).toContain('allowActors')
    await on.getByText('Blind: had nothing to watch (1)').click()
    expect(await on.locator('#rules').textContent()).toContain('no access logs')
    expect(faults).toEqual([])
  })

  test('shows the traffic first where nothing happened, and says so where nothing was read', async () => {
    const quiet = await open('quiet', quietModel())
    expect(await quiet.page.locator('h1').textContent()).toBe('No incident')
    const order = await quiet.page.locator('main > section').evaluateAll((all) => all.map(({ id }) => id))
    expect(order.slice(0, 3)).toEqual(['timeline', 'traffic', 'incidents'])
    expect(await quiet.page.locator('#traffic .tiles').textContent()).toContain('Requests')
    expect(await quiet.page.locator('#traffic .grid tbody tr').count()).toBe(7)
    const empty = await open('empty', emptyModel())
    expect(await empty.page.locator('h1').textContent()).toBe('No record was read')
    expect(await empty.page.locator('#footnotes').textContent()).toContain('OBJECT_KIND')
    expect([...quiet.faults, ...empty.faults]).toEqual([])
  })

  test('shows what strangers wrote, and never runs it', async () => {
    const { page: on, faults } = await open('hostile', hostileModel())
    for (const details of await on.locator('details > summary').all()) await details.click()
    await on.locator('#matrix td button').first().click()
    await on.locator('#which').selectOption('all')
    for (const button of await on.locator('#records tbody button.open').all()) await button.click()
    const text = (await on.locator('body').textContent())!
    expect(text).toContain('<img src=x onerror="window.hacked=1">')
    expect(text).toContain('</script><script>window.hacked=1</script>')
    expect(text).toContain('{{model}} $& $1 $`')
    const visible = (await on.locator('main').textContent())!
    expect(visible).toContain('U+202Eexe.fdpU+2066')
    expect(visible).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000]/)
    expect(await on.evaluate(() => 'hacked' in window)).toBe(false)
    expect(await on.locator('main img, main script, main svg, main iframe, main a[href^="javascript"]').count()).toBe(0)
    expect(HOSTILE.length).toBeGreaterThan(5)
    expect(faults).toEqual([])
  })

  test('lets nothing run that is not its own', async () => {
    const { page: on } = await open('policy', model())
    const ran = await on.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.hacked = 1'
      document.body.append(script)
      return 'hacked' in window
    })
    expect(ran).toBe(false)
  })

  test('is quick at 100,000 records', async () => {
    const { page: on, faults } = await open('large', largeModel(100_000))
    expect(await status(on)).toBe('1–50 of 100,000 records')
    expect(await on.locator('#records tbody tr').count()).toBe(100)
    await on.locator('#search').fill('person-7 part-11.')
    await expect.poll(() => status(on), POLL).not.toContain('100,000')
    await on.locator('#search').fill('')
    await on.getByRole('button', { name: 'Last page' }).click()
    expect(await status(on)).toContain('of 100,000 records')
    expect(faults).toEqual([])
  })

  test.each([
    ['wide', WIDE, 'light'],
    ['wide', WIDE, 'dark'],
    ['phone', PHONE, 'light'],
    ['phone', PHONE, 'dark'],
  ] as const)('fits a %s screen, %j %s', async (name, options, colorScheme) => {
    for (const [kind, given] of [
      ['story', model()],
      ['quiet', quietModel()],
      ['hostile', hostileModel()],
    ] as const) {
      const { page: on, faults } = await open(`${kind}-${name}-${colorScheme}`, given, { ...options, colorScheme })
      await expect.poll(() => on.locator('#timeline canvas').count(), POLL).toBe(1)
      const width = await on.evaluate(() => document.documentElement.scrollWidth)
      expect(width, kind).toBeLessThanOrEqual(options.viewport.width)
      // A record is read without moving it to and fro.
      const records = await on
        .locator('#records .scroll')
        .evaluateAll((all) => all.map((one) => one.scrollWidth - one.clientWidth))
      if (name === 'phone' || kind !== 'hostile') expect(Math.max(0, ...records), kind).toBe(0)
      const background = await on.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(18, 21, 26)' : 'rgb(245, 246, 248)')
      if (SCREENSHOTS !== undefined && SCREENSHOTS !== '') {
        mkdirSync(SCREENSHOTS, { recursive: true })
        await on.screenshot({ path: path.join(SCREENSHOTS, `report-${kind}-${name}-${colorScheme}.png`) })
      }
      expect(faults).toEqual([])
      await on.context().close()
    }
  })

  test('turns dark and back at a button', async () => {
    const { page: on, faults } = await open('theme', model(), { ...WIDE, colorScheme: 'light' })
    const background = () => on.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await on.getByRole('button', { name: 'Show it dark' }).click()
    expect(await background()).toBe('rgb(18, 21, 26)')
    await on.getByRole('button', { name: 'Show it light' }).click()
    expect(await background()).toBe('rgb(245, 246, 248)')
    expect(faults).toEqual([])
  })

  test('is told to those who do not see it: landmarks, names, headings in order', async () => {
    const { page: on } = await open('names', model())
    for (const details of await on.locator('details > summary').all()) await details.click()
    const wrong = await on.evaluate(() => {
      const named = (node: Element): boolean =>
        (node.getAttribute('aria-label') ?? node.textContent ?? '').trim() !== '' ||
        document.querySelector(`label[for="${node.id}"]`) !== null
      const controls = [...document.querySelectorAll('button, a, select, input')].filter((node) => !named(node))
      const tables = [...document.querySelectorAll('table')].filter(
        (node) => node.className !== 'u-legend u-inline u-live' && node.querySelector('caption') === null,
      )
      const levels = [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName[1]))
      const jumps = levels.filter((level, index) => index > 0 && level > levels[index - 1]! + 1)
      return [controls.length, tables.length, jumps.length, document.querySelectorAll('h1').length]
    })
    expect(wrong).toEqual([0, 0, 0, 1])
    for (const landmark of ['banner', 'main', 'navigation', 'contentinfo'] as const)
      expect(await on.getByRole(landmark).count(), landmark).toBe(1)
    for (const section of await on.locator('main > section').all())
      expect(await section.getAttribute('aria-labelledby')).not.toBeNull()
  })

  test('is walked with the keyboard alone', async () => {
    const { page: on } = await open('keys', model())
    await on.keyboard.press('Tab')
    expect(await on.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the incidents')
    const seen = new Set<string>()
    for (let press = 0; press < 60; press += 1) {
      await on.keyboard.press('Tab')
      const at = await on.evaluate(() => {
        const node = document.activeElement
        const outline = node === null ? '' : getComputedStyle(node).outlineStyle
        return { id: node?.closest('section')?.id ?? '', outline }
      })
      expect(at.outline).not.toBe('none')
      seen.add(at.id)
    }
    expect([...seen]).toEqual(expect.arrayContaining(['timeline', 'incidents', 'records']))
  })
})
