/**
 * docs/report.png, the first screen of docs/report.html; `npm run readme` takes it where there is a Chromium. Of which
 * report it is stands in the picture itself, so that a test can say when it is of another.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'
import { openPage, startBrowser } from './browser.ts'

export const PICTURE = 'docs/report.png'
const REPORT = 'docs/report.html'
const WIDE = { viewport: { width: 1440, height: 900 }, colorScheme: 'light' } as const
/** Of PNG: what is before the first chunk, and around the data of each. */
const SIGNATURE_BYTES = 8
const AROUND_BYTES = 12
const KEYWORD = 'Source\0'

/** Tells one report from another. */
export const reportHash = (): string => createHash('sha256').update(readFileSync(REPORT)).digest('hex')

/** The report that a picture says it is of; undefined: it does not say. */
export function hashIn(png: Uint8Array): string | undefined {
  const bytes = Buffer.from(png)
  for (let at = SIGNATURE_BYTES; at < bytes.length; at += AROUND_BYTES + bytes.readUInt32BE(at)) {
    const text = bytes.toString('latin1', at + 8, at + 8 + bytes.readUInt32BE(at))
    if (bytes.toString('latin1', at + 4, at + 8) === 'tEXt' && text.startsWith(KEYWORD))
      return text.slice(KEYWORD.length)
  }
  return undefined
}

/** Takes the picture. */
export async function takePicture(): Promise<void> {
  const browser = await startBrowser()
  try {
    const { page } = await openPage(browser, pathToFileURL(REPORT).href, WIDE)
    const png = await page.screenshot()
    const end = png.length - AROUND_BYTES
    writeFileSync(PICTURE, Buffer.concat([png.subarray(0, end), textChunk(reportHash()), png.subarray(end)]))
  } finally {
    await browser.close()
  }
}

function textChunk(text: string): Buffer {
  const data = Buffer.from(`tEXt${KEYWORD}${text}`, 'latin1')
  const chunk = Buffer.alloc(data.length + 8)
  chunk.writeUInt32BE(data.length - 4)
  data.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(data), data.length + 4)
  return chunk
}
