import { mkdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeState, encodeState } from '../../docs/playground/state.ts'
import { PLAYGROUND_PAGE } from '../../infra/playground.ts'
import { openPage, startBrowser } from './browser.ts'

const URL_OF_PAGE = pathToFileURL(PLAYGROUND_PAGE).href
const { SCREENSHOTS } = process.env
let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser?.close())

const LOGIN = '{"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"No"}}'
const address = (pattern: string, messages: string): string =>
  `${URL_OF_PAGE}#${encodeState({ pattern, messages, records: 'auto', literalStar: false, textAroundJson: false })}`
/** A busy machine takes its time. */
const POLL = { timeout: 30_000 }
const badges = (page: Page): Promise<string[]> => page.locator('#results .badge').allTextContents()

describe('the playground', () => {
  test('opens with samples, matched and explained', async () => {
    const { page, faults } = await openPage(browser, URL_OF_PAGE)
    await expect.poll(() => page.locator('#summary').textContent(), POLL).toBe('1 of 3 messages matches')
    expect(await badges(page)).toEqual(['match', 'no match', 'no match'])
    expect(faults).toEqual([])
  })

  test('a pattern is matched and explained as one types', async () => {
    const { page, faults } = await openPage(browser, address('', ''))
    await page.locator('#messages').fill(`${LOGIN}\n{\n  "eventName": "GetObject"\n}\nplain text`)
    await page.locator('#pattern').pressSequentially('{ $.eventName = "ConsoleLogin" }')
    await expect.poll(() => page.locator('#summary').textContent(), POLL).toBe('1 of 3 messages matches')
    expect(await badges(page)).toEqual(['match', 'no match', 'no match'])
    expect(await page.locator('#results li.match .tree').textContent()).toContain('saw "ConsoleLogin"')
    expect(await page.locator('#results').textContent()).toContain('the message is not one JSON object')
    expect(await page.locator('#kind').textContent()).toContain('JSON · 32 of 1,024')
    expect(faults).toEqual([])
  })

  test('lint findings follow the records, and their fix is one click', async () => {
    const { page, faults } = await openPage(browser, address('{ $.errorCode != "AccessDenied" }', LOGIN))
    const finding = page.locator('.finding.warning')
    expect(await finding.textContent()).toContain('$.errorCode != "AccessDenied" is false where $.errorCode is absent.')
    expect(await badges(page)).toEqual(['no match'])
    await finding.getByRole('button', { name: 'Apply' }).click()
    expect(await page.locator('#pattern').inputValue()).toBe(
      '{ ($.errorCode != "AccessDenied" || $.errorCode NOT EXISTS) }',
    )
    expect(await page.locator('.finding').count()).toBe(0)
    expect(await badges(page)).toEqual(['match'])
    await page.locator('#pattern').fill('{ $.eventName != "x" }')
    await expect.poll(() => page.locator('.finding').count(), POLL).toBe(0)
    await page.locator('#records').selectOption('none')
    expect(await page.locator('.finding').count()).toBe(1)
    expect(faults).toEqual([])
  })

  test('an invalid pattern says where, and offers the fix', async () => {
    const { page, faults } = await openPage(browser, address('ERROR || WARN', 'WARN x'))
    expect(await page.locator('#problem .where').textContent()).toBe('Line 1, column 7: ')
    expect(await page.locator('#pattern').getAttribute('aria-invalid')).toBe('true')
    expect(await page.locator('#problem mark').textContent()).toContain('|')
    expect(await page.locator('#summary').textContent()).toContain('invalid')
    await page.locator('#problem').getByRole('button', { name: 'Apply' }).click()
    expect(await page.locator('#pattern').inputValue()).toBe('?ERROR ?WARN')
    expect(await badges(page)).toEqual(['match'])
    await page.locator('#pattern').fill('{ $.a = 1 &&\n $.b }')
    await expect.poll(() => page.locator('#problem .where').textContent(), POLL).toBe('Line 2, column 6: ')
    expect(faults).toEqual([])
  })

  test('samples in three forms', async () => {
    const { page, faults } = await openPage(browser, address('{ $.eventName = "*" }', ''))
    const events = await page.locator('#sample-event option').allTextContents()
    expect(events.length).toBeGreaterThanOrEqual(5)
    for (const form of ['raw', 'lean', 'full']) {
      await page.locator('#sample-event').selectOption({ label: 'Bucket policy made public' })
      await page.locator('#sample-form').selectOption(form)
      await page.locator('#add').click()
    }
    expect(await badges(page)).toEqual(['match', 'match', 'match'])
    await page.locator('#sample-pattern').selectOption({ label: 'A bucket made public (bucketwatch record)' })
    expect(await badges(page)).toEqual(['no match', 'match', 'match'])
    await page.locator('#clear').click()
    expect(await page.locator('#summary').textContent()).toContain('No messages yet')
    expect(faults).toEqual([])
  })

  test('what AWS is not certain about can be switched', async () => {
    const { page } = await openPage(browser, address('{ $.a = "x*z" }', 'INFO {"a":"xyz"}'))
    expect(await badges(page)).toEqual(['no match'])
    await page.locator('.options summary').click()
    await page.locator('#text-around').check()
    expect(await badges(page)).toEqual(['match'])
    await page.locator('#literal-star').check()
    expect(await badges(page)).toEqual(['no match'])
  })

  test('the address holds the state, and a reload has it', async () => {
    const { page, faults } = await openPage(browser, URL_OF_PAGE)
    await page.locator('#pattern').fill('{ $.ä = "😀" }')
    await page.locator('#messages').fill('{"ä":"😀"}')
    await page.locator('#records').selectOption('native')
    await expect
      .poll(() => decodeState(new URL(page.url()).hash))
      .toMatchObject({ messages: '{"ä":"😀"}', records: 'native' })
    await page.reload()
    expect(await page.locator('#pattern').inputValue()).toBe('{ $.ä = "😀" }')
    expect(await page.locator('#records').inputValue()).toBe('native')
    await page.goto(`${URL_OF_PAGE}#garbage`)
    await page.reload()
    expect(await page.locator('#pattern').inputValue()).toContain('ConsoleLogin')
    expect(faults).toEqual([])
  })

  test('hostile text is shown and never run', async () => {
    const attack = '<img src=x onerror="alert(1)"><script>alert(2)</script><a href="javascript:alert(3)">x</a>\u202e'
    const messages = [
      attack,
      JSON.stringify({ eventName: attack, __proto__x: 1, constructor: attack }),
      `{"eventName":"</textarea><svg onload=alert(4)>"}`,
    ].join('\n')
    const { page, faults } = await openPage(browser, address('{ $.eventName = "*" }', messages))
    expect(await badges(page)).toEqual(['no match', 'match', 'match'])
    for (const summary of await page.locator('#results summary').all()) await summary.click()
    expect(await page.locator('#results').textContent()).toContain('<script>alert(2)</script>')
    expect(await page.locator('#results').textContent()).toContain('\\u202e')
    await page.locator('#pattern').fill(`{ $.eventName != "${attack.replaceAll('"', '\\"')}" && $.x != "<b>" }`)
    await expect.poll(() => page.locator('.finding').count(), POLL).toBeGreaterThan(0)
    await page.locator('#pattern').fill(`<img src=x onerror=alert(5)>`)
    await expect.poll(() => page.locator('#problem').textContent(), POLL).toContain('<img src=x')
    expect(await page.locator('main img, main script, main svg, main a').count()).toBe(0)
    await page.waitForTimeout(100)
    expect(faults).toEqual([])
  })

  test('nothing may be fetched and no foreign script runs, even if one got in', async () => {
    const { page, faults } = await openPage(browser, URL_OF_PAGE)
    const ran = await page.evaluate(async () => {
      const script = document.createElement('script')
      script.textContent = 'window.ran = true'
      document.body.append(script)
      const fetched = await fetch('https://example.com/').then(
        () => true,
        () => false,
      )
      return [(window as { ran?: boolean }).ran === true, fetched]
    })
    expect(ran).toEqual([false, false])
    expect(faults.every((fault) => fault.includes('Content Security Policy'))).toBe(true)
  })

  test('works by keyboard alone', async () => {
    const { page } = await openPage(browser, address('', ''))
    const seen: string[] = []
    for (let step = 0; step < 14; step += 1) {
      await page.keyboard.press('Tab')
      seen.push(
        await page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName.toLowerCase() || ''),
      )
    }
    expect(seen.filter((id) => id !== 'body' && id !== 'summary' && id !== 'a').slice(0, 9)).toEqual([
      'pattern',
      'sample-pattern',
      'records',
      'messages',
      'sample-event',
      'sample-form',
      'add',
      'clear',
      'share',
    ])
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>('textarea, select, input')]
        .filter((field) => field.labels?.length !== 1)
        .map(({ id }) => id),
    )
    expect(unnamed).toEqual([])
  })

  test('ten thousand messages stay counted', async () => {
    const messages = Array.from({ length: 10_000 }, (_, index) => `{"n":${index}}`).join('\n')
    const { page } = await openPage(browser, address('{ $.n < 2500 }', ''))
    // Typing so much would take the browser's editor long; the page gets it at once.
    await page.evaluate((text) => {
      const field = document.querySelector<HTMLTextAreaElement>('#messages')!
      field.value = text
      field.dispatchEvent(new Event('input'))
    }, messages)
    await expect.poll(() => page.locator('#summary').textContent(), POLL).toBe('2,500 of 10,000 messages match')
    expect(await page.locator('#results > li').count()).toBe(101)
  })

  test.each([
    ['desktop', 1440, 900],
    ['phone', 390, 844],
  ])('fits a %s, light and dark', async (name, width, height) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const options = { viewport: { width, height }, colorScheme }
      const { page, faults } = await openPage(browser, URL_OF_PAGE, options)
      const shots: readonly (readonly [string, string | undefined])[] = [
        ['match', undefined],
        ['lint', '{ ($.errorCode = "AccessDenied*") || ($.eventName = "ConsoleLogin") && $.userAgent != "*a*b" }'],
        [
          'invalid',
          '{ ($.eventName = "ConsoleLogin") && ($.sourceIPAddress == 192.0.2.1) && ($.eventSource = "signin.amazonaws.com") }',
        ],
      ]
      for (const [shot, pattern] of shots) {
        if (pattern !== undefined) await page.locator('#pattern').fill(pattern)
        await page.waitForTimeout(100)
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(overflow).toBeLessThanOrEqual(0)
        if (SCREENSHOTS !== undefined) {
          mkdirSync(SCREENSHOTS, { recursive: true })
          await page.screenshot({ path: `${SCREENSHOTS}/${name}-${colorScheme}-${shot}.png`, fullPage: true })
        }
      }
      const [back, front] = await page.evaluate(() => {
        const { backgroundColor, color } = getComputedStyle(document.body)
        return [backgroundColor, color]
      })
      expect(contrast(back!, front!)).toBeGreaterThan(7)
      expect(faults).toEqual([])
      await page.context().close()
    }
  })
})

/** WCAG 2's contrast ratio of two `rgb(…)` colours. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
      const share = Number(part) / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}
