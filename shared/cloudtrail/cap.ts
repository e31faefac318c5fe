import { Buffer } from 'node:buffer'
import { firstText, isScalar, type JsonObject, objectOf, parseKeepingDigits } from '../derive/json.ts'
import type { RecordScanner } from './scan.ts'
import { NONE, nameOf, slotOf } from './slots.ts'

/** The members that may grow large. */
const CAPPED = new Set(
  [
    'requestParameters',
    'responseElements',
    'additionalEventData',
    'insightDetails',
    'serviceEventDetails',
    'summary',
    'resources',
  ].map(slotOf),
)

/** Whether a record holds a value beyond the cap. */
export function holdsLarge(record: RecordScanner, capBytes: number): boolean {
  if (record.end - record.start <= capBytes) return false
  for (let entry = 0; entry < record.count; entry = record.nexts[entry]!)
    if (isLarge(record, entry, capBytes)) return true
  return false
}

/** Whether a member on top is larger than that, and one that may be. */
export function isLarge({ ends, slots, values }: RecordScanner, entry: number, capBytes: number): boolean {
  const slot = slots[entry]!
  return ends[entry]! - values[entry]! > capBytes && (slot === NONE || CAPPED.has(slot))
}

/** How much of a value that is too large may stay in its marker. */
const MARKER_BYTES = 2048

/** A marker in CloudTrail's own shape; short scalars stay, since a filter may read them (policyArn, MFAUsed). */
export function marker(record: RecordScanner, entry: number, capBytes: number): JsonObject {
  const slot = record.slots[entry]!
  const bytes = record.bytes as Buffer
  const name =
    slot === NONE ? bytes.toString('utf8', record.names[entry]! + 1, record.values[entry]! - 2) : nameOf(slot)
  const value = parseKeepingDigits(bytes.toString('utf8', record.values[entry]!, record.ends[entry]!))
  const originalSize = record.ends[entry]! - record.values[entry]!
  const kept: [string, unknown][] = []
  let room = Math.min(MARKER_BYTES, capBytes / 2)
  const omitted = { omitted: true, originalSize, reason: `${name} larger than ${capBytes} bytes` }
  for (const [member, item] of Object.entries(objectOf(value))) {
    const text = firstText(item)
    const isName = member === 'bucketName' || member === 'key'
    if (isName && text !== undefined) {
      kept.unshift([member, text.slice(0, 1024).toWellFormed()])
    } else if (item !== null && isScalar(item) && !(member in omitted)) {
      room -= Buffer.byteLength(member) + Buffer.byteLength(JSON.stringify(item)) + 4
      if (room > 0) kept.push([member, item])
    }
  }
  return { ...omitted, ...Object.fromEntries(kept) }
}
