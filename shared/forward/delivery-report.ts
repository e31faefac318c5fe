import type { BucketwatchError } from '../contracts/errors.ts'
import type { Refusal, Rejection } from './batch.ts'

/**
 * Why a message was put aside: rejected twice by CloudWatch Logs (`tooOld`, `tooNew`, `expired`), refused on its own
 * while others of its batch were taken (`invalid`), or not sendable at all (`empty`, `tooLarge`).
 */
export type QuarantineReason = Rejection | Refusal | 'invalid'

/** What became of the messages added since the previous flush: `added = delivered + Σ quarantined + undelivered`. */
export interface DeliveryReport {
  readonly added: number
  /** Events that CloudWatch Logs confirmed. */
  readonly delivered: number
  /** Of those, the bytes AWS counts (and bills): UTF-8 plus 26 an event. */
  readonly bytes: number
  /** Accepted PutLogEvents calls. */
  readonly batches: number
  /** All PutLogEvents calls. */
  readonly calls: number
  /** Calls repeated after throttling, an outage or a missing stream. */
  readonly retries: number
  /** Events that were sent once more, stamped with the processing time, after CloudWatch Logs rejected their time. */
  readonly restamped: number
  /** Messages that had to be shrunk to fit into one event. */
  readonly shrunk: number
  readonly quarantined: Readonly<Record<QuarantineReason, number>>
  /** Events that were not confirmed; 0 unless `error` is set. */
  readonly undelivered: number
  /** Of the undelivered: those whose last call ended without an answer, and which could not be looked up either. */
  readonly maybeDelivered: number
  /** Calls that ended without an answer, and were looked up in the stream before anything was sent again. */
  readonly lookups: number
  /** LOGS_PUT or LOGS_INVALID with the counts in `details`, or what `onFirstBatch` threw. */
  readonly error?: BucketwatchError | undefined
}

/** A report in the making. */
export type MutableReport = { -readonly [K in keyof Omit<DeliveryReport, 'error'>]: DeliveryReport[K] } & {
  quarantined: Record<QuarantineReason, number>
}

/** Nothing has become of anything yet. */
export function emptyReport(): MutableReport {
  return {
    added: 0,
    delivered: 0,
    bytes: 0,
    batches: 0,
    calls: 0,
    retries: 0,
    restamped: 0,
    shrunk: 0,
    quarantined: { tooOld: 0, tooNew: 0, expired: 0, invalid: 0, empty: 0, tooLarge: 0 },
    undelivered: 0,
    maybeDelivered: 0,
    lookups: 0,
  }
}
