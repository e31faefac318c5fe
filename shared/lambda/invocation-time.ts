import type { Time } from '../forward/time.ts'

/** Of the time kept for the end, so much is for receipts and for the queue alone. */
const RECORDING_SHARE = 1 / 3
const RECORDING_MS = 5_000
const QUEUE_MS = 1_500
/** The stack's least timeout is 30 s: a caller that tells less than this (some tests and emulators do) keeps no time. */
const LEAST_MS = 3_000

/**
 * How the time of an invocation is spent: with `handOverMs` left no more of an object is read, with a third of that (5 s
 * at most) nothing of it is sent any more, and the last second and a half belongs to the queue. Where the invocation has
 * less than twice that time, half of it is kept.
 *
 * @param remainingMs what `context.getRemainingTimeInMillis()` says at the start.
 * @example
 * invocationTime({ now: Date.now(), remainingMs: 300_000, handOverMs: 15_000 })
 */
export function invocationTime(given: {
  readonly now: number
  readonly remainingMs: number
  readonly handOverMs: number
}): Time {
  const { now, remainingMs, handOverMs } = given
  const end = Number.isFinite(remainingMs) && remainingMs >= LEAST_MS ? now + remainingMs : Number.POSITIVE_INFINITY
  const kept = Math.min(handOverMs, remainingMs / 2)
  const recording = Math.min(RECORDING_MS, kept * RECORDING_SHARE)
  return { handOverAt: end - kept, endsAt: end - recording, recordedBy: end - Math.min(QUEUE_MS, recording / 2) }
}
