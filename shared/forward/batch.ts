/**
 * Packs log events into PutLogEvents batches. Pure: no clock of its own, no I/O.
 */
import type { LogEvent, RejectedLogEventsInfo } from '../contracts/ports.ts'

/** What one PutLogEvents call may hold, and which events CloudWatch Logs takes. */
export interface PutLogEventsLimits {
  /** Σ (UTF-8 bytes of the message + eventOverheadBytes) over the batch. */
  readonly maxBatchBytes: number
  /** Counted on top of each message. */
  readonly eventOverheadBytes: number
  /** Log events in one batch. */
  readonly maxEvents: number
  /** One event, overhead included. */
  readonly maxEventBytes: number
  /** Milliseconds from the first to the last event of a batch. */
  readonly maxSpanMs: number
  /** An event further in the future than this is rejected (`tooNewLogEventStartIndex`). */
  readonly maxFutureMs: number
  /** An event older than this is rejected (`tooOldLogEventEndIndex`). */
  readonly maxPastMs: number
}

/**
 * AWS's own numbers. Source: CloudWatch Logs API Reference, "PutLogEvents". The page says "1 MB" for one event; we read
 * it as 1,048,576 bytes with the overhead of 26 counted in, which is the stricter of the usual readings of MB = MiB.
 */
export const PUT_LOG_EVENTS_LIMITS: PutLogEventsLimits = {
  maxBatchBytes: 1_048_576,
  eventOverheadBytes: 26,
  maxEvents: 10_000,
  maxEventBytes: 1_048_576,
  maxSpanMs: 24 * 3_600_000,
  maxFutureMs: 2 * 3_600_000,
  maxPastMs: 14 * 24 * 3_600_000,
}

/** One PutLogEvents batch; `tags[i]` belongs to `logEvents[i]`; `bytes` is counted as AWS counts. */
export interface Batch<Tag> {
  readonly logEvents: readonly LogEvent[]
  readonly tags: readonly (Tag | undefined)[]
  readonly bytes: number
}

/** Why a message cannot be sent at all: it is empty, or stays too large even after shrinking. */
export type Refusal = 'empty' | 'tooLarge'

export interface BatcherOptions<Tag> {
  readonly limits?: PutLogEventsLimits | undefined
  /** The processing time for events that bring no usable time: see {@link createStamp}. */
  readonly stamp: () => number
  /** Makes a message that is too large fit into `maxBytes` UTF-8 bytes. */
  readonly shrink: (message: string, maxBytes: number) => string
  /** Told of each message that was shrunk. */
  readonly onShrunk?: (() => void) | undefined
  /** Told of each message that cannot be sent; it is in no batch. */
  readonly onRefused: (event: LogEvent, reason: Refusal, tag: Tag | undefined) => void
}

export interface Batcher<Tag> {
  /** Takes one event; returns the batches that this one completes, if any. */
  add(message: string, timestamp?: number, tag?: Tag): readonly Batch<Tag>[] | undefined
  /** Closes and returns what is still open. */
  seal(): readonly Batch<Tag>[]
  /** Events taken that are in no sealed batch yet. */
  open(): number
}

/**
 * A clock that never goes back: the processing time in whole milliseconds, for the timestamps of log events.
 *
 * @example
 * const stamp = createStamp(Date.now)
 */
export function createStamp(now: () => number): () => number {
  let last = 0
  return () => {
    const time = Math.trunc(now())
    if (time > last) last = time
    return last
  }
}

/** The bytes that AWS counts for one event: UTF-8 bytes of the message plus the overhead of 26. */
export function logEventBytes(message: string, limits: PutLogEventsLimits = PUT_LOG_EVENTS_LIMITS): number {
  return Buffer.byteLength(message) + limits.eventOverheadBytes
}

/**
 * Packs events into batches that PutLogEvents accepts: at most 1,048,576 bytes (UTF-8 plus 26 an event) and 10,000
 * events, ascending timestamps (stable for equal ones), less than 24 hours from first to last.
 *
 * - An event without a usable `timestamp` (missing, negative, not finite) gets the processing time. Without any
 *   timestamps a batch is ascending as it stands and is never sorted.
 * - With timestamps of their own, events may come in any order: a batch is sorted when it is closed and split where it
 *   would span 24 hours or more. The limit itself would be allowed; staying below it costs nothing.
 * - A message larger than one event may be goes through `shrink`; an empty message (AWS: at least 1 character) and one
 *   that `shrink` cannot make fit are handed to `onRefused`.
 * - Lone surrogates, which UTF-8 cannot express, become U+FFFD, so that the size counted is the size sent.
 *
 * Source: CloudWatch Logs API Reference, "PutLogEvents" and "InputLogEvent".
 *
 * @example
 * const batcher = createBatcher({ stamp: createStamp(Date.now), shrink, onRefused })
 * for (const message of messages) for (const batch of batcher.add(message) ?? []) await send(batch)
 * for (const batch of batcher.seal()) await send(batch)
 */
export function createBatcher<Tag>(options: BatcherOptions<Tag>): Batcher<Tag> {
  const { limits = PUT_LOG_EVENTS_LIMITS, stamp, shrink, onShrunk, onRefused } = options
  const { eventOverheadBytes, maxBatchBytes, maxEvents, maxSpanMs } = limits
  const maxBytes = Math.min(limits.maxEventBytes, maxBatchBytes)

  let logEvents: LogEvent[] = []
  let tags: (Tag | undefined)[] = []
  let bytes = 0
  // No small integers: V8 compiles for what a variable held first.
  let first = Number.NEGATIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  let ascending = true

  function seal(): readonly Batch<Tag>[] {
    if (logEvents.length === 0) return []
    const batch: Batch<Tag> = { logEvents, tags, bytes }
    const fits = ascending && last - first < maxSpanMs
    logEvents = []
    tags = []
    bytes = 0
    ascending = true
    return fits ? [batch] : sortAndSplit(batch, limits)
  }

  function shrinkToFit(message: string): string | undefined {
    try {
      const shrunk = shrink(message, maxBytes - eventOverheadBytes).toWellFormed()
      return Buffer.byteLength(shrunk) + eventOverheadBytes <= maxBytes ? shrunk : undefined
    } catch {
      // A fault of `shrink` must not take the rest of the object with it: the message is refused, and reported.
      return undefined
    }
  }

  function add(message: string, timestamp?: number, tag?: Tag): readonly Batch<Tag>[] | undefined {
    const time = usableTimestamp(timestamp) ?? stamp()
    let text = message.isWellFormed() ? message : message.toWellFormed()
    let size = Buffer.byteLength(text) + eventOverheadBytes
    if (size > maxBytes) {
      const shrunk = shrinkToFit(text)
      if (shrunk === undefined) {
        onRefused({ timestamp: time, message }, 'tooLarge', tag)
        return undefined
      }
      onShrunk?.()
      text = shrunk
      size = Buffer.byteLength(text) + eventOverheadBytes
    }
    if (text.length === 0) {
      onRefused({ timestamp: time, message }, 'empty', tag)
      return undefined
    }
    const sealed = bytes + size > maxBatchBytes || logEvents.length >= maxEvents ? seal() : undefined
    if (logEvents.length === 0) first = time
    else if (time < last) ascending = false
    last = time
    logEvents.push({ timestamp: time, message: text })
    tags.push(tag)
    bytes += size
    return sealed
  }

  return {
    add,
    seal,
    open: () => logEvents.length,
  }
}

function usableTimestamp(timestamp: number | undefined): number | undefined {
  if (timestamp === undefined || !(timestamp >= 0)) return undefined
  const time = Math.trunc(timestamp)
  return Number.isSafeInteger(time) ? time : undefined
}

function sortAndSplit<Tag>(batch: Batch<Tag>, limits: PutLogEventsLimits): readonly Batch<Tag>[] {
  const { logEvents } = batch
  const time = (index: number) => logEvents[index]!.timestamp
  const order = Array.from(logEvents.keys()).sort((a, b) => time(a) - time(b))
  const pieces: Batch<Tag>[] = []
  let start = 0
  for (let end = 1; end <= order.length; end++) {
    if (end < order.length && time(order[end]!) - time(order[start]!) < limits.maxSpanMs) continue
    pieces.push(pick(batch, order.slice(start, end), limits))
    start = end
  }
  return pieces
}

/** The events at `indices` as a batch of its own; a part of a batch that fits always fits. */
function pick<Tag>(batch: Batch<Tag>, indices: readonly number[], limits: PutLogEventsLimits): Batch<Tag> {
  const logEvents = indices.map((index) => batch.logEvents[index]!)
  return {
    logEvents,
    tags: indices.map((index) => batch.tags[index]),
    // Counting again costs a pass over the text; most often the part is the whole, in another order.
    bytes: logEvents.length === batch.logEvents.length ? batch.bytes : countBytes(logEvents, limits),
  }
}

function countBytes(logEvents: readonly LogEvent[], limits: PutLogEventsLimits): number {
  return logEvents.reduce((sum, event) => sum + logEventBytes(event.message, limits), 0)
}

/** The events `start` (inclusive) to `end` (exclusive) as a batch of its own. */
export function sliceBatch<Tag>(
  batch: Batch<Tag>,
  start: number,
  end: number,
  limits: PutLogEventsLimits = PUT_LOG_EVENTS_LIMITS,
): Batch<Tag> {
  if (start === 0 && end === batch.logEvents.length) return batch
  const logEvents = batch.logEvents.slice(start, end)
  return { logEvents, tags: batch.tags.slice(start, end), bytes: countBytes(logEvents, limits) }
}

/** Why CloudWatch Logs rejected an event of a batch that it accepted otherwise. */
export type Rejection = 'tooOld' | 'expired' | 'tooNew'

/** A run of events, `start` inclusive, `end` exclusive, with what became of them. */
export interface RejectionRange {
  readonly start: number
  readonly end: number
  readonly rejection?: Rejection | undefined
}

/**
 * Reads `rejectedLogEventsInfo`: which events of a batch of `count` were taken and which rejected, as consecutive runs
 * that cover the batch exactly once. AWS's indices differ in kind: `tooNewLogEventStartIndex` is inclusive,
 * `tooOldLogEventEndIndex` and `expiredLogEventEndIndex` are exclusive. Where "too old" and "expired" overlap, the event
 * counts as too old; indices outside the batch are clamped.
 *
 * Source: CloudWatch Logs API Reference, "RejectedLogEventsInfo".
 *
 * @example
 * readRejections(5, { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 4 })
 * // [{ start: 0, end: 1, rejection: 'tooOld' }, { start: 1, end: 4 }, { start: 4, end: 5, rejection: 'tooNew' }]
 */
export function readRejections(count: number, info: RejectedLogEventsInfo | undefined): readonly RejectionRange[] {
  if (info === undefined) return [{ start: 0, end: count }]
  const clamp = (index: number | undefined, from: number, otherwise: number) =>
    index === undefined || Number.isNaN(index) ? otherwise : Math.min(Math.max(Math.trunc(index), from), count)
  const oldEnd = clamp(info.tooOldLogEventEndIndex, 0, 0)
  const expiredEnd = clamp(info.expiredLogEventEndIndex, oldEnd, oldEnd)
  const newStart = clamp(info.tooNewLogEventStartIndex, expiredEnd, count)
  const ranges: RejectionRange[] = [
    { start: 0, end: oldEnd, rejection: 'tooOld' },
    { start: oldEnd, end: expiredEnd, rejection: 'expired' },
    { start: expiredEnd, end: newStart },
    { start: newStart, end: count, rejection: 'tooNew' },
  ]
  return ranges.filter((range) => range.start < range.end)
}
