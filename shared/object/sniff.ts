import { OBJECTS, type ObjectKind } from '../kinds/kinds.ts'

// Longer than any access-log line's start, and long enough to see the first keys of a wrapper with odd members.
const SNIFF_BYTES = 16 * 1024
// Lines looked at before text is given up: a log may begin in the middle of one.
const MAX_LINES = 8

const QUOTE = 0x22
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** What an object begins with: its text, and the member names of its first JSON object (none: it is no JSON). */
export interface Beginning {
  readonly text: string
  readonly names: readonly string[]
}

/** Looks at the first bytes: a few KB are enough, and a cut-off end does no harm. */
export function readBeginning(firstBytes: Uint8Array): Beginning {
  const head = firstBytes.subarray(0, SNIFF_BYTES)
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF?\s*/, '')
  return { text, names: text.startsWith('{') || text.startsWith('[') ? topLevelKeys(text) : [] }
}

/**
 * Tells from the first (inflated) bytes of an object which log it is. CloudTrail in any of its shapes (wrapper, list,
 * bare record, NDJSON), a digest, CloudTrail's validation message, server access-log lines, or the JSON form in which
 * AWS delivers access logs natively. What wraps such records is told by tellForm, what is something else by foreign.ts.
 *
 * @example
 * sniffContent(Buffer.from('{"Records":[{"eventVersion":"1.11"')) // 'cloudtrail'
 */
export function sniffContent(firstBytes: Uint8Array): ObjectKind | 'unknown' {
  return sniffBeginning(readBeginning(firstBytes))
}

export function sniffBeginning({ text, names }: Beginning): ObjectKind | 'unknown' {
  const isJson = text.startsWith('{') || text.startsWith('[')
  return (isJson ? sniffJson(text, names) : sniffText(text)) ?? 'unknown'
}

function sniffText(text: string): ObjectKind | undefined {
  const lines = text.split('\n', MAX_LINES)
  return OBJECTS.find(
    ({ row }) =>
      row.text?.test(text) === true || (row.line !== undefined && lines.some((line) => row.line?.test(line))),
  )?.object
}

function sniffJson(text: string, names: readonly string[]): ObjectKind | undefined {
  // An empty list can only be one of records.
  if (/^\[\s*\]\s*$/.test(text)) return 'cloudtrail'
  return OBJECTS.find(({ row }) => row.json?.(names) === true)?.object
}

/** The keys of the first object: of the document, or of the first element of its list. The text may be cut off. */
function topLevelKeys(text: string): string[] {
  const keys: string[] = []
  const open = text.startsWith('[') ? /^\[\s*\{/.exec(text)?.[0].length : 1
  if (open === undefined) return keys
  let depth = 1
  const colon = /\s*:/y
  for (let at = open; at < text.length && depth > 0; at++) {
    const code = text.charCodeAt(at)
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--
    else if (code === QUOTE) {
      const end = stringEnd(text, at + 1)
      if (end === text.length) break
      colon.lastIndex = end + 1
      if (depth === 1 && colon.test(text)) keys.push(unescaped(text.slice(at + 1, end)))
      at = end
    }
  }
  return keys
}

/** Where the closing quote of a string is; the end of the text where that is cut off. */
function stringEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at++
  }
  return text.length
}

function unescaped(key: string): string {
  if (!key.includes('\\')) return key
  try {
    return JSON.parse(`"${key}"`) as string
  } catch {
    return key
  }
}
