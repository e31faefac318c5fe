import { Buffer } from 'node:buffer'
import type { NormalizeOptions } from '../contracts/record.ts'
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
const OWN_REGION = 5
/** From here on: conditions that {@link RecordFacts} has the answer to. */
const OF_RECORD = 6
const RECORD_CONDITIONS = ['knownTool', 'notRoot', 'hasArn', 'isOwnByArn', 'arnSaysRole', 'bucketIsNamed'] as const

function ruleOf(condition: Condition | undefined): number {
  if (condition === undefined) return KEEP
  const simple = { always: ALWAYS, ordinary: ORDINARY, awsHost: AWS_HOST, own: OWN, ownRegion: OWN_REGION } as const
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

/** Which members of a record stay is told by the facts of it. */
export type LeanWriter = (facts: RecordFacts) => void

/**
 * Makes the writer of a scanned record's members behind the derived fields: those that the table keeps, as they stand in
 * the record. Null and empty ones go; a value beyond the cap gives way to a marker in CloudTrail's own shape (`omitted`,
 * `originalSize`, `reason`).
 */
export function createLeanWriter(
  record: RecordScanner,
  { capBytes, environment }: Pick<NormalizeOptions, 'capBytes' | 'environment'>,
  out: Output,
): LeanWriter {
  const { at } = record
  const ownRegion = Buffer.from(JSON.stringify(environment.region ?? ''))
  let { bytes, ends, names, nexts, slots, values } = record
  let rules = OF_ANY_EVENT.rules
  let isPruned = OF_ANY_EVENT.isPruned
  let isObjectEvent = false
  let isLong = false
  let facts: RecordFacts

  function goes(entry: number, isTop: boolean): boolean {
    const from = values[entry]!
    const to = ends[entry]!
    if (to - from <= 4 && (isTop || isObjectEvent) && isNothing(bytes, from, to)) return true
    const slot = slots[entry]!
    if (slot === NONE) return false
    const rule = rules[slot]!
    return rule !== KEEP && isSaidElsewhere(rule, slot, from, to)
  }

  function isSaidElsewhere(rule: number, slot: number, from: number, to: number): boolean {
    switch (rule) {
      case ALWAYS:
        return true
      case ORDINARY:
        return isUsual(bytes, slot, from, to)
      case AWS_HOST:
        return isServiceHost(bytes, from, to)
      case OWN_REGION:
        return facts.notRoot && isText(bytes, from, to, ownRegion)
      case OWN:
        return isSame(from, to, at[RECIPIENT]!)
      default:
        if (!facts[RECORD_CONDITIONS[rule - OF_RECORD]!]) return false
        return slot !== EVENT_TYPE || isUsual(bytes, slot, from, to)
    }
  }

  function isSame(from: number, to: number, other: number): boolean {
    if (other === NONE || ends[other]! - values[other]! !== to - from) return false
    for (let i = from, j = values[other]!; i < to; i++, j++) if (bytes[i] !== bytes[j]) return false
    return true
  }

  /** Members that stay side by side are copied in one piece: from `from`, where there is any, to `to`. */
  function copyRun(from: number, to: number, comma: boolean): boolean {
    if (to < 0) return comma
    if (comma) out.byte(0x2c)
    out.copy(bytes, from, to)
    return true
  }

  /** The members between two entries. */
  function members(first: number, after: number, isTop: boolean): boolean {
    let from = 0
    let to = -2
    let comma = isTop
    for (let entry = first; entry < after; entry = nexts[entry]!) {
      if (goes(entry, isTop)) continue
      const slot = slots[entry]!
      const isCut = isTop && isLong && isLarge(record, entry, capBytes)
      if (isCut || (slot !== NONE && isPruned[slot] === 1 && nexts[entry]! > entry + 1)) {
        comma = copyRun(from, to, comma)
        to = -2
        comma = opened(entry, comma, isCut)
      } else {
        if (names[entry] !== to + 1) {
          comma = copyRun(from, to, comma)
          from = names[entry]!
        }
        to = ends[entry]!
      }
    }
    return copyRun(from, to, comma)
  }

  /** A member that stays in parts, or as a marker. */
  function opened(entry: number, comma: boolean, isCut: boolean): boolean {
    const before = out.length()
    if (comma) out.byte(0x2c)
    out.copy(bytes, names[entry]!, values[entry]!)
    if (isCut) {
      out.text(JSON.stringify(marker(record, entry, capBytes)))
      return true
    }
    out.byte(0x7b)
    if (members(entry + 1, nexts[entry]!, false)) {
      out.byte(0x7d)
      return true
    }
    out.rewind(before)
    return comma
  }

  return (given) => {
    ;({ bytes, ends, names, nexts, slots, values } = record)
    facts = given
    isObjectEvent = facts.isObjectEvent
    ;({ isPruned, rules } = isObjectEvent ? OF_OBJECT_EVENT : OF_ANY_EVENT)
    isLong = record.end - record.start > capBytes
    members(0, record.count, true)
    if (!isObjectEvent || facts.readOnly !== true) addReadOnly(record, facts, out)
    out.byte(0x7d)
  }
}

/** `null`, or nothing between quotes, braces or brackets. */
function isNothing(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === 2 ? isEmptyPair(bytes, from) : to - from === 4 && bytes[from] === 0x6e
}

function isUsual(bytes: Uint8Array, slot: number, from: number, to: number): boolean {
  for (const usual of USUAL[slot]!) if (isText(bytes, from, to, usual)) return true
  return false
}

function isText(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (expected.length !== to - from) return false
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false
  return true
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
  return isText(bytes, end - expected.length, end, expected)
}
