import { Buffer } from 'node:buffer'
import { isLarge, marker } from './cap.ts'
import type { RecordFacts } from './facts.ts'
import { type Condition, MEMBERS } from './members.ts'
import type { Output } from './output.ts'
import type { RecordScanner } from './scan.ts'
import { NONE, slotOf } from './slots.ts'

const KEEP = 0
const ALWAYS = 1
const ORDINARY = 2
const AWS_HOST = 3
const OWN = 4
/** From here on: conditions that {@link RecordFacts} has the answer to. */
const OF_RECORD = 5
const RECORD_CONDITIONS = ['knownTool', 'notRoot', 'hasArn', 'isOwnByArn', 'arnSaysRole', 'bucketIsNamed'] as const

function ruleOf(condition: Condition | undefined): number {
  if (condition === undefined) return KEEP
  const simple = { always: ALWAYS, ordinary: ORDINARY, awsHost: AWS_HOST, own: OWN } as const
  if (condition in simple) return simple[condition as keyof typeof simple]
  return OF_RECORD + RECORD_CONDITIONS.indexOf(condition as (typeof RECORD_CONDITIONS)[number])
}

/** By slot: when the member goes, and whether something inside of it may. */
function rulesOf(conditionOf: (row: (typeof MEMBERS)[number]) => Condition | undefined) {
  const rules = Uint8Array.from(MEMBERS, (row) => ruleOf(conditionOf(row)))
  const isPruned = Uint8Array.from(MEMBERS, ({ path }) =>
    MEMBERS.some((row) => row.path.startsWith(`${path}.`) && conditionOf(row) !== undefined) ? 1 : 0,
  )
  return { rules, isPruned }
}
const OF_ANY_EVENT = rulesOf(({ drop }) => drop)
const OF_OBJECT_EVENT = rulesOf(({ drop, object }) => drop ?? object)

const USUAL = MEMBERS.map(({ usual = [] }) => usual.map((json) => Buffer.from(json)))
const EVENT_TYPE = slotOf('eventType')
const RECIPIENT = slotOf('recipientAccountId')
const READ_ONLY = slotOf('readOnly')
const SERVICE_DOMAINS = ['.amazonaws.com', '.amazonaws.com.cn'].map((domain) => Buffer.from(domain))
const HOST_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => (/[\w.-]/.test(String.fromCharCode(byte)) ? 1 : 0))

/**
 * Writes a record's members behind the derived fields: those that the table keeps, as they stand in the record. Null and
 * empty ones go; a value beyond the cap gives way to a marker in CloudTrail's own shape (`omitted`, `originalSize`,
 * `reason`).
 */
export function writeLean(record: RecordScanner, facts: RecordFacts, capBytes: number, out: Output): void {
  const { isPruned, rules } = facts.isObjectEvent ? OF_OBJECT_EVENT : OF_ANY_EVENT
  const { bytes, ends, names, nexts, slots, values } = record
  const isLong = record.end - record.start > capBytes

  function goes(entry: number, isTop: boolean): boolean {
    const from = values[entry]!
    const to = ends[entry]!
    const isEmpty = to - from === 2 ? isEmptyPair(bytes, from) : to - from === 4 && bytes[from] === 0x6e
    if (isEmpty && (isTop || facts.isObjectEvent)) return true
    const slot = slots[entry]!
    if (slot === NONE) return false
    const rule = rules[slot]!
    if (rule === KEEP) return false
    switch (rule) {
      case ALWAYS:
        return true
      case ORDINARY:
        return isUsual(slot, from, to)
      case AWS_HOST:
        return isServiceHost(bytes, from, to)
      case OWN:
        return isSame(from, to, record.at[RECIPIENT]!)
      default:
        if (!facts[RECORD_CONDITIONS[rule - OF_RECORD]!]) return false
        return slot !== EVENT_TYPE || isUsual(slot, from, to)
    }
  }

  function isUsual(slot: number, from: number, to: number): boolean {
    return USUAL[slot]!.some((usual) => {
      if (usual.length !== to - from) return false
      for (let i = 0; i < usual.length; i++) if (bytes[from + i] !== usual[i]) return false
      return true
    })
  }

  function isSame(from: number, to: number, other: number): boolean {
    if (other === NONE || ends[other]! - values[other]! !== to - from) return false
    for (let i = from, j = values[other]!; i < to; i++, j++) if (bytes[i] !== bytes[j]) return false
    return true
  }

  /** The members between two entries; those that stay side by side are copied in one piece. */
  function members(first: number, after: number, isTop: boolean): boolean {
    let from = 0
    let to = -2
    let comma = isTop
    for (let entry = first; entry < after; entry = nexts[entry]!) {
      if (goes(entry, isTop)) continue
      const slot = slots[entry]!
      const isCut = isTop && isLong && isLarge(record, entry, capBytes)
      const isOpened = slot !== NONE && isPruned[slot] === 1 && nexts[entry]! > entry + 1
      if (!isCut && !isOpened) {
        if (names[entry] !== to + 1) {
          if (to >= 0) {
            if (comma) out.byte(0x2c)
            comma = true
            out.copy(bytes, from, to)
          }
          from = names[entry]!
        }
        to = ends[entry]!
        continue
      }
      if (to >= 0) {
        if (comma) out.byte(0x2c)
        comma = true
        out.copy(bytes, from, to)
        to = -2
      }
      const before = out.length()
      if (comma) out.byte(0x2c)
      out.copy(bytes, names[entry]!, values[entry]!)
      if (isCut) {
        out.text(JSON.stringify(marker(record, entry, capBytes)))
      } else {
        out.byte(0x7b)
        if (!members(entry + 1, nexts[entry]!, false)) {
          out.rewind(before)
          continue
        }
        out.byte(0x7d)
      }
      comma = true
    }
    if (to >= 0) {
      if (comma) out.byte(0x2c)
      comma = true
      out.copy(bytes, from, to)
    }
    return comma
  }

  members(0, record.count, true)
  addReadOnly(record, facts, out)
  out.byte(0x7d)
}

/** Writes the record as it came, behind the derived fields. */
export function writeFull(record: RecordScanner, facts: RecordFacts, out: Output): void {
  const { bytes, end, ends, start, values } = record
  const entry = record.at[READ_ONLY]!
  if (record.count > 0) out.byte(0x2c)
  if (entry !== NONE && facts.readOnly !== undefined && bytes[values[entry]!] === 0x6e) {
    // A null would stand beside the answer, and of two members with one name each reader takes another.
    out.copy(bytes, start + 1, values[entry]!)
    out.text(String(facts.readOnly))
    out.copy(bytes, ends[entry]!, end - 1)
  } else {
    if (record.count > 0) out.copy(bytes, start + 1, end - 1)
    addReadOnly(record, facts, out)
  }
  out.byte(0x7d)
}

/** A record that does not say whether it only read gets told: every filter asks. */
function addReadOnly(record: RecordScanner, facts: RecordFacts, out: Output): void {
  const entry = record.at[READ_ONLY]!
  const isThere = entry !== NONE && record.bytes[record.values[entry]!] !== 0x6e
  if (!isThere && facts.readOnly !== undefined) out.text(`,"readOnly":${facts.readOnly}`)
}

/** `""`, `{}`, `[]`. */
function isEmptyPair(bytes: Uint8Array, from: number): boolean {
  const first = bytes[from]
  return first === 0x22 || first === 0x7b || first === 0x5b
}

/** A text like `bucket.s3.eu-central-1.amazonaws.com`. */
function isServiceHost(bytes: Uint8Array, from: number, to: number): boolean {
  const end = to - 1
  if (bytes[from] !== 0x22 || !SERVICE_DOMAINS.some((domain) => endsWith(bytes, end, domain))) return false
  for (let i = from + 1; i < end; i++) if (HOST_BYTES[bytes[i]!] === 0) return false
  return true
}

function endsWith(bytes: Uint8Array, end: number, expected: Uint8Array): boolean {
  const from = end - expected.length
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false
  return true
}
