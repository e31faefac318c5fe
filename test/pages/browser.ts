import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Starts headless Chromium; stop it with `close()`. */
export function startBrowser(): Promise<Browser> {
  const { CHROMIUM } = process.env
  if (CHROMIUM === undefined) throw new Error('Run these tests with npm run test:pages: it finds a browser.')
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
}

/** A page, and what it did that no page of ours may do. */
export interface Watched {
  readonly page: Page
  /** Console errors and warnings, uncaught errors, dialogs, and requests for anything but the page. */
  readonly faults: readonly string[]
}

/** Opens the page at `url` in a context of its own, and watches it. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const address = request.url().split('#')[0]
    if (address !== url.split('#')[0] && !address!.startsWith('data:')) faults.push(`request: ${address}`)
  })
  await page.goto(url)
  return { page, faults }
}
