/**
 * Decodes the object key of an S3 event record, which is form-urlencoded: `+` is a space, `%XX` a byte of UTF-8.
 * Decodes exactly once, so that an object really named `5%3A00.log` (notified as `5%253A00.log`) is found. What is no
 * valid escape stays as it is. Never throws.
 *
 * Source: Amazon S3 User Guide, "Event message structure". Keys in EventBridge events are not encoded: leave them alone.
 *
 * @example
 * decodeS3Key('logs/a+b%282%29.gz') // 'logs/a b(2).gz'
 */
export function decodeS3Key(key: string): string {
  const spaced = key.includes('+') ? key.replaceAll('+', ' ') : key
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced.replace(/(?:%[0-9a-fA-F]{2})+/g, decodeRun)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes the escapes of one run that are UTF-8, and keeps the others. */
function decodeRun(run: string): string {
  const bytes = Uint8Array.from(run.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at]!)
    try {
      text += utf8.decode(bytes.subarray(at, at + length))
      at += length
    } catch {
      text += run.slice(at * 3, at * 3 + 3)
      at++
    }
  }
  return text
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4
  if (lead >= 0xe0) return 3
  return lead >= 0xc0 ? 2 : 1
}
