/**
 * Notifications in the order and at the times at which they came: what SQS, S3 and EventBridge would invoke the
 * functions with, on a clock that is set to each delivery.
 */
import { isObject } from '../shared/basics/is-object.ts'
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'

/** One invocation of one function. */
export interface Delivery {
  /** ms since the epoch. */
  readonly at: number
  readonly functionName: LogKind
  /** The file that it comes from. */
  readonly name: string
  readonly event: unknown
}

/** SQS hands over up to so many messages at once, and waits for them no longer than the batching window. */
const BATCH_SIZE = 10
const BATCH_WINDOW_MS = 60_000

/**
 * Takes sample events apart into deliveries, oldest first. SQS messages of one file that were sent within a minute of
 * each other come in one batch, as an event source mapping would collect them. An event without a time comes at `now`.
 *
 * @example
 * deliveries([{ name: 'sqs-s3-cloudtrail.json', event }], Date.now())[0].at
 */
export function deliveries(files: readonly { name: string; event: unknown }[], now: number): Delivery[] {
  const all: Delivery[] = []
  for (const { name, event } of files) {
    const functionName = LOG_KINDS.find((kind) => name.includes(kind)) ?? 'cloudtrail'
    for (const { at, event: part } of split(event, now)) all.push({ at, functionName, name, event: part })
  }
  return all.sort((a, b) => a.at - b.at)
}

function split(event: unknown, now: number): { at: number; event: unknown }[] {
  const records = isObject(event) && Array.isArray(event.Records) ? (event.Records as unknown[]) : undefined
  if (records === undefined) return [{ at: timeOf(event) ?? now, event }]
  const timed = records.map((record) => ({ at: timeOf(record) ?? now, record })).sort((a, b) => a.at - b.at)
  const batches: { at: number; first: number; records: unknown[] }[] = []
  for (const { at, record } of timed) {
    const open = batches.at(-1)
    if (open !== undefined && at - open.first <= BATCH_WINDOW_MS && open.records.length < BATCH_SIZE) {
      open.records.push(record)
      open.at = at
    } else batches.push({ at, first: at, records: [record] })
  }
  return batches.map(({ at, records: batch }) => ({ at, event: { ...(event as object), Records: batch } }))
}

/** SQS: attributes.SentTimestamp. S3: eventTime. SNS: Sns.Timestamp. EventBridge: time. */
function timeOf(record: unknown): number | undefined {
  if (!isObject(record)) return undefined
  const sent = isObject(record.attributes) ? Number(record.attributes.SentTimestamp) : Number.NaN
  if (Number.isFinite(sent)) return sent
  const text = record.eventTime ?? record.time ?? (isObject(record.Sns) ? record.Sns.Timestamp : undefined)
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isFinite(time) ? time : undefined
}

/**
 * A clock that is set to a time, and goes on by a millisecond each time it is read: what comes out of a replay does not
 * depend on how fast the machine is.
 */
export function createReplayClock(start: number): { now(): number; set(time: number): void } {
  let time = start
  return {
    now: () => time++,
    set(next) {
      time = Math.max(time, next)
    },
  }
}
