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
  const { kind = 'event' } = record
  const source = sourceOf(record)
  if (kind !== 'event' || source === undefined) return record
  const said: Record<string, unknown> = { kind, ...LEFT_OUT[source](record) }
  for (const [name, value] of Object.entries(record)) {
    // An object is left out in part, or not at all.
    said[name] = isObject(value) && isObject(said[name]) ? { ...said[name], ...value } : value
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}

/** CloudTrail's records need not say that they are; what says nothing and has no `action` is none of ours. */
function sourceOf({ action, source }: Json): RecordSource | undefined {
  if (source === undefined) return typeof action === 'string' ? 'cloudtrail' : undefined
  return isSource(source) ? source : undefined
}

const isSource = (source: unknown): source is RecordSource =>
  typeof source === 'string' && Object.hasOwn(LEFT_OUT, source)
