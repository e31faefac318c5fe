/** The section of a report that shows what `bucketwatch coverage` told. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { REPORT_PAGE } from '../../shared/files/report-page.ts'
import { renderHtml } from '../../shared/report/html.ts'
import type { CoverageReport } from '../../shared/sources/coverage.ts'
import { model } from '../report/model.ts'
import { coverageReport, HOSTILE_NAME, largeCoverage } from '../sources/support/coverage-report.ts'
import { openPage, startBrowser } from './browser.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-coverage-'))
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

const WIDE = { viewport: { width: 1440, height: 900 } }
const PHONE = { viewport: { width: 390, height: 844 } }

function open(name: string, coverage: CoverageReport | undefined, options: BrowserContextOptions = WIDE) {
  const file = path.join(folder, `${name}.html`)
  writeFileSync(file, renderHtml(model(), { page, version: '0.2.0', coverage }))
  return openPage(browser, pathToFileURL(file).href, options)
}

test('is there where somebody asked, and only there', async () => {
  const without = await open('without', undefined)
  expect(await without.page.locator('#coverage').count()).toBe(0)
  const { page: on, faults } = await open('with', await coverageReport())
  expect(await on.locator('nav a[href="#coverage"]').textContent()).toBe('What is seen')
  expect([...without.faults, ...faults]).toEqual([])
})

test('shows each source of each bucket, by word and not by colour alone', async () => {
  const report = await coverageReport()
  const { page: on, faults } = await open('cells', report)
  const rows = await on.locator('#coverage table.sources tbody tr').all()
  const shown = await Promise.all(
    rows.map(async (row) => [
      await row.locator('th').textContent(),
      ...(await row.locator('td').allTextContents()).slice(1),
    ]),
  )
  const wanted = report.accounts.flatMap(({ buckets }) =>
    buckets.map(({ bucket, cells }) => [
      bucket,
      ...Object.values(cells).map(({ state }) => (state === 'wrong' ? 'WRONG' : state)),
    ]),
  )
  expect(shown).toEqual(wanted)
  expect(shown.flat()).toEqual(expect.arrayContaining(['on', 'part', 'off', 'WRONG', 'unknown']))
  await on.getByText('What stands behind it').click()
  const notes = await on.locator('#coverage details li').allTextContents()
  expect(notes.join('\n')).toContain('holds CloudTrail logs.')
  expect(notes.join('\n')).toContain('Its access logs come back to it')
  expect(faults).toEqual([])
})

test('says of each rule that is blind or sees a part why, what shows it, and the price', async () => {
  const report = await coverageReport()
  const { page: on, faults } = await open('rules', report)
  const text = (await on.locator('#coverage').textContent())!
  for (const { id, sight, reasons, remedies, cost } of report.rules) {
    if (sight === 'all') continue
    for (const part of [id, ...reasons, ...remedies, ...(cost === undefined ? [] : [cost])])
      expect(text).toContain(part)
  }
  expect(report.rules.some(({ sight }) => sight === 'part')).toBe(true)
  expect(report.rules.some(({ cost }) => cost !== undefined)).toBe(true)
  expect(await on.locator('#coverage .about').first().textContent()).toMatch(/^\d of 7 rules see everything\. /)
  expect(faults).toEqual([])
})

test('shows what strangers wrote as text', async () => {
  const { page: on, faults } = await open('hostile', await coverageReport())
  expect(await on.locator('#coverage').textContent()).toContain(HOSTILE_NAME.replace('\u202e', 'U+202E'))
  expect(await on.locator('#coverage img, #coverage script').count()).toBe(0)
  expect(await on.evaluate(() => 'hacked' in window)).toBe(false)
  expect(faults).toEqual([])
})

test('300 buckets stand in a box of their own, with their heads in sight', async () => {
  const { page: on, faults } = await open('large', await largeCoverage(300))
  expect(await on.locator('#coverage tbody tr').count()).toBe(300)
  const box = on.locator('#coverage .tall')
  expect((await box.boundingBox())!.height).toBeLessThan(700)
  await box.evaluate((node) => node.scrollTo(0, node.scrollHeight))
  const [head, frame] = [await box.locator('thead th').first().boundingBox(), await box.boundingBox()]
  expect(Math.abs(head!.y - frame!.y)).toBeLessThan(3)
  expect(faults).toEqual([])
})

test.each([
  ['wide', WIDE, 'light'],
  ['wide', WIDE, 'dark'],
  ['phone', PHONE, 'light'],
  ['phone', PHONE, 'dark'],
] as const)('fits a %s screen, %j %s', async (name, options, colorScheme) => {
  const { page: on, faults } = await open(`${name}-${colorScheme}`, await coverageReport(), { ...options, colorScheme })
  const width = await on.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBeLessThanOrEqual(options.viewport.width)
  if (SCREENSHOTS !== undefined && SCREENSHOTS !== '') {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await on.locator('#coverage').screenshot({ path: path.join(SCREENSHOTS, `coverage-${name}-${colorScheme}.png`) })
  }
  expect(faults).toEqual([])
  await on.context().close()
})
