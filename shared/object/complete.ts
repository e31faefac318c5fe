import { leftOutOfAccessLog } from '../access-log/complete.ts'
import { isObject } from '../basics/is-object.ts'
import { leftOutOfCloudTrail } from '../cloudtrail/complete.ts'
import type { RecordSource } from '../kinds/kinds.ts'

type Json = Readonly<Record<string, unknown>>

/** What the lean records of each source leave out: from the record alone. */
const LEFT_OUT: Readonly<Record<RecordSource, (record: Json) => Json>> = {
  cloudtrail: leftOutOfCloudTrail,
  s3access: leftOutOfAccessLog,
}

/**
 * A record with what `detail: "lean"` leaves out because the rest of the record says it: for readers who want the words
 * and not the bytes (alerts, evidence, examples of rules). Full records and records of other kinds come back as they are.
 *
 * @param record a record's message, parsed as JSON.
 * @example
 * completeRecord({ source: 's3access', eventName: 'GetObject', userIdentity: { type: 'IAMUser', arn } }).actor // arn
 */
export function completeRecord(record: Json): Json {
  const left = leftOutOf(record)
  if (left === undefined) return record
  const said: Record<string, unknown> = { ...left }
  for (const [name, value] of Object.entries(record)) said[name] = together(value, said[name])
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}

/**
 * One member of the record that {@link completeRecord} gives, for whoever reads some of them, of many records. (No function for
 * each record: V8 would make code for it again and again.)
 *
 * @param record a record's message, parsed as JSON.
 * @param left what {@link leftOutOf} says of it.
 * @example
 * const record = { source: 's3access', eventName: 'GetObject', userIdentity: { type: 'IAMUser', arn } }
 * completeMember(record, leftOutOf(record), 'actor') // arn
 */
export function completeMember(record: Json, left: Json | undefined, name: string): unknown {
  const value = record[name]
  if (left === undefined) return value
  if (value === undefined) return Object.hasOwn(record, name) ? undefined : left[name]
  return together(value, left[name])
}

/** An object is left out in part, or not at all. */
const together = (value: unknown, left: unknown): unknown =>
  isObject(value) && isObject(left) ? { ...left, ...value } : value

/** What a record leaves out; undefined: nothing. */
export function leftOutOf(record: Json): Json | undefined {
  const { kind = 'event' } = record
  const source = sourceOf(record)
  return kind !== 'event' || source === undefined ? undefined : { kind, ...LEFT_OUT[source](record) }
}

/** CloudTrail's records need not say that they are; what says nothing and has no `action` is none of ours. */
function sourceOf({ action, source }: Json): RecordSource | undefined {
  if (source === undefined) return typeof action === 'string' ? 'cloudtrail' : undefined
  return isSource(source) ? source : undefined
}

const isSource = (source: unknown): source is RecordSource =>
  typeof source === 'string' && Object.hasOwn(LEFT_OUT, source)
