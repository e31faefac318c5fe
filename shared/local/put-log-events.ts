/** PutLogEvents' rules as AWS documents them, for everything of ours that stands in for CloudWatch Logs. */

import { LogsPortError, type PutLogEventsInput, type RejectedLogEventsInfo } from '../contracts/ports.ts'
import { logEventBytes, PUT_LOG_EVENTS_LIMITS, type PutLogEventsLimits } from '../forward/batch.ts'

export interface CheckedPutLogEvents {
  /** The events taken are `start` (inclusive) to `end` (exclusive). */
  readonly start: number
  readonly end: number
  readonly rejectedLogEventsInfo?: RejectedLogEventsInfo | undefined
}

const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/
const STREAM_NAME = /^[^:*]{1,512}$/

/**
 * Checks a PutLogEvents call as CloudWatch Logs does: what AWS refuses as a whole throws a LogsPortError `invalid`
 * (no events, an empty message, size, count, order, a span over 24 hours among the events that are neither too old nor
 * too new); events more than 2 hours ahead, older than 14 days or older than the retention are rejected alone, by
 * AWS's indices.
 *
 * Source: CloudWatch Logs API Reference, "PutLogEvents", "RejectedLogEventsInfo".
 *
 * @example
 * const { start, end, rejectedLogEventsInfo } = checkPutLogEvents(input, { now: Date.now() })
 */
export function checkPutLogEvents(
  input: PutLogEventsInput,
  options: {
    readonly now: number
    readonly retentionDays?: number | undefined
    readonly limits?: PutLogEventsLimits | undefined
  },
): CheckedPutLogEvents {
  const { now, retentionDays } = options
  const limits = options.limits ?? PUT_LOG_EVENTS_LIMITS
  const { logEvents } = input
  checkLogGroupName(input.logGroupName)
  checkLogStreamName(input.logStreamName)
  if (logEvents.length === 0) throw invalid('a batch holds at least one log event')
  if (logEvents.length > limits.maxEvents) {
    throw invalid(`${logEvents.length} log events; a batch holds at most ${limits.maxEvents}`)
  }

  let bytes = 0
  let before = 0
  for (const [index, { timestamp, message }] of logEvents.entries()) {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw invalid(`log event ${index}: timestamp ${timestamp}`)
    if (message.length === 0) throw invalid(`log event ${index}: the message is empty`)
    if (timestamp < before) throw invalid(`log event ${index} is older than the one before it`)
    before = timestamp
    const size = logEventBytes(message, limits)
    if (size > limits.maxEventBytes) {
      throw invalid(`log event ${index} has ${size} bytes; the limit is ${limits.maxEventBytes}`)
    }
    bytes += size
  }
  if (bytes > limits.maxBatchBytes) throw invalid(`the batch has ${bytes} bytes; the limit is ${limits.maxBatchBytes}`)

  const olderThan = (time: number) => logEvents.findLastIndex((event) => event.timestamp < time) + 1
  const tooOld = olderThan(now - limits.maxPastMs)
  const expired = retentionDays === undefined ? 0 : olderThan(now - retentionDays * 86_400_000)
  const firstTooNew = logEvents.findIndex((event) => event.timestamp > now + limits.maxFutureMs)
  const tooNew = firstTooNew === -1 ? logEvents.length : firstTooNew

  if (tooOld < tooNew && logEvents[tooNew - 1]!.timestamp - logEvents[tooOld]!.timestamp > limits.maxSpanMs) {
    throw invalid('the log events span more than 24 hours')
  }

  const start = Math.max(tooOld, expired)
  return {
    start,
    end: tooNew,
    ...((start > 0 || tooNew < logEvents.length) && {
      rejectedLogEventsInfo: {
        ...(tooNew < logEvents.length && { tooNewLogEventStartIndex: tooNew }),
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(expired > 0 && { expiredLogEventEndIndex: expired }),
      },
    }),
  }
}

/** @throws LogsPortError `invalid`. Source: CloudWatch Logs API Reference, "CreateLogGroup". */
export function checkLogGroupName(logGroupName: string): void {
  if (!GROUP_NAME.test(logGroupName)) throw invalid(`log group name ${JSON.stringify(logGroupName)}`)
}

/** @throws LogsPortError `invalid`. Source: CloudWatch Logs API Reference, "CreateLogStream". */
export function checkLogStreamName(logStreamName: string): void {
  if (!STREAM_NAME.test(logStreamName)) throw invalid(`log stream name ${JSON.stringify(logStreamName)}`)
}

/** ResourceNotFoundException's counterpart. */
export function notFound(what: string): LogsPortError {
  return new LogsPortError('notFound', `The specified ${what} does not exist.`)
}

function invalid(what: string): LogsPortError {
  return new LogsPortError('invalid', `Invalid PutLogEvents call: ${what}.`)
}
