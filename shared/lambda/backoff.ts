import { BucketwatchError } from '../contracts/errors.ts'

/** Each further failed receive waits so many times as long as the one before. */
const GROWTH = 6
const LONGEST_SECONDS = 3_600
/** A message that was only sent back is received again at once. */
const AT_ONCE_SECONDS = 1
/** Seconds added to a claim's end, so that it is over by then. */
const AFTER_CLAIM_SECONDS = 2

/**
 * After how many seconds a failed message is received again: 10 s, 1 min, 6 min, 36 min after its first, second … failed
 * receive (± 20 %, so that many do not come at once), when its claim is over where another invocation has the object, and
 * at once where this one had no time for it.
 *
 * @param firstSeconds after the first failed receive; 0: whenever the queue says, which is undefined.
 * @param receives how often it was received, SQS's `ApproximateReceiveCount`.
 * @param random [0, 1)
 * @example
 * retrySeconds(error, { firstSeconds: 10, receives: 2, now: Date.now(), random: 0.5 }) // 60
 */
export function retrySeconds(
  error: unknown,
  given: {
    readonly firstSeconds: number
    readonly receives: number
    readonly now: number
    readonly random: number
  },
): number | undefined {
  if (error instanceof BucketwatchError) {
    if (error.code === 'TIME_UP') return AT_ONCE_SECONDS
    const { until } = error.details
    if (error.code === 'OBJECT_BUSY' && typeof until === 'number' && until > given.now) {
      return Math.min(LONGEST_SECONDS, Math.ceil((until - given.now) / 1000) + AFTER_CLAIM_SECONDS)
    }
  }
  if (given.firstSeconds === 0) return undefined
  const seconds = given.firstSeconds * GROWTH ** (Math.max(1, given.receives) - 1)
  return Math.round(Math.min(LONGEST_SECONDS, seconds) * (0.8 + 0.4 * given.random))
}
