/** Where a record certainly begins: at `{` and the key that records begin with. */
import { isSpace } from './json-scan.ts'

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b

/** Keys of records are shorter; `Records` and `digestStartTime` are, too. */
export const MAX_KEY_BYTES = 96

/** A view, no copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The first key of an object, with its quotes. */
export function firstKeyOf(record: Uint8Array): string | undefined {
  if (record[0] !== OPEN_BRACE) return undefined
  let from = 1
  while (from < record.length && isSpace(record[from]!)) from++
  if (record[from] !== QUOTE) return undefined
  for (let i = from + 1; i < record.length && i - from < MAX_KEY_BYTES; i++) {
    if (record[i] === BACKSLASH) return undefined
    if (record[i] === QUOTE) return i === from + 1 ? undefined : asBuffer(record).toString('utf8', from, i + 1)
  }
  return undefined
}

/** The index of the `{` of the first `{"key":` at or after `from`, or -1. */
export function anchorWithKey(bytes: Buffer, quotedKey: string, from: number): number {
  const length = Buffer.byteLength(quotedKey)
  for (let at = bytes.indexOf(quotedKey, from); at !== -1; at = bytes.indexOf(quotedKey, at + 1)) {
    let after = at + length
    while (after < bytes.length && isSpace(bytes[after]!)) after++
    if (bytes[after] !== COLON) continue
    let before = at - 1
    while (before >= from && isSpace(bytes[before]!)) before--
    if (before >= from && bytes[before] === OPEN_BRACE) return before
  }
  return -1
}
