import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { isGzip } from '../shared/object/inflate.ts'

/** What is inflated to vary an object, at the most; more would have to be streamed. */
const MAX_BYTES = 128 * 1024 * 1024
/** `"eventID":"` of JSON, and all of an access-log line that stands before its request id. */
const BEFORE_ID = /"event_?id"\s*:\s*"|^\S+ \S+ \[[^\]\n]*\] \S+ \S+ (?=[0-9A-Za-z]{8})/gim

/**
 * Writes copies of a log object that hold the same records under other identities (`eventID`, the request id), so that a
 * function instance that has read one takes the next for a new object. Their paths; none where it is too large.
 *
 * @example
 * varyObject('trail.json.gz', 8, folder) // ['/tmp/…/0', …]
 */
export function varyObject(file: string, copies: number, folder: string): readonly string[] {
  const stored = readFileSync(file)
  const bytes = inflated(stored)
  if (bytes === undefined) return []
  const places = Array.from(
    bytes.toString('latin1').matchAll(BEFORE_ID),
    ({ 0: before, index }) => index + before.length,
  )
  return Array.from({ length: copies }, (_, copy) => {
    // No eventID begins with a Z.
    const digits = `Z${copy.toString(36).padStart(3, '0').toUpperCase()}`
    for (const at of places) bytes.write(digits, at, 'latin1')
    const to = path.join(folder, String(copy))
    writeFileSync(to, isGzip(stored) ? gzipSync(bytes) : bytes)
    return to
  })
}

function inflated(stored: Buffer): Buffer | undefined {
  if (stored.length > MAX_BYTES) return undefined
  try {
    return isGzip(stored) ? gunzipSync(stored, { maxOutputLength: MAX_BYTES }) : stored
  } catch {
    return undefined
  }
}
