/** CloudWatch Logs in memory, with AWS's limits and, on demand, its faults. */

import { type LogsFailure, type LogsPort, LogsPortError, type PutLogEventsInput } from '../contracts/ports.ts'
import type { PutLogEventsLimits } from '../forward/batch.ts'
import { checkLogGroupName, checkLogStreamName, checkPutLogEvents, notFound } from './put-log-events.ts'

/** A log event as it is stored. */
export interface StoredLogEvent {
  readonly timestamp: number
  readonly ingestionTime: number
  readonly message: string
  readonly logStreamName: string
}

/** Makes calls fail: the first fault with `times` left that fits the call is used. */
export interface LogsFault {
  readonly failure: LogsFailure
  /** Default `putLogEvents`. */
  readonly operation?: keyof LogsPort | undefined
  /** How many calls fail, default 1. */
  readonly times?: number | undefined
  /** Only calls for which this is true. */
  readonly when?: ((input: PutLogEventsInput) => boolean) | undefined
  /** Of putLogEvents: the events are stored all the same; the answer was lost on its way. */
  readonly stored?: boolean | undefined
}

export interface MemoryLogs extends LogsPort {
  /** The stored events of a group (of one stream of it), by timestamp. */
  events(logGroupName: string, logStreamName?: string): readonly StoredLogEvent[]
  /** Names of the calls made, failed ones included, in order. */
  readonly calls: readonly (keyof LogsPort)[]
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, readonly StoredLogEvent[]>>
}

/**
 * A LogsPort in memory that enforces PutLogEvents' documented limits, see `checkPutLogEvents`.
 *
 * @example
 * const logs = createMemoryLogs({ now: Date.now, faults: [{ failure: 'throttled', times: 2 }] })
 */
export function createMemoryLogs(options: {
  readonly now: () => number
  readonly faults?: readonly LogsFault[] | undefined
  readonly retentionDays?: number | undefined
  readonly limits?: PutLogEventsLimits | undefined
}): MemoryLogs {
  const { now, retentionDays, limits } = options
  const faults = (options.faults ?? []).map((fault) => ({ ...fault, left: fault.times ?? 1 }))
  const groups = new Map<string, Map<string, StoredLogEvent[]>>()
  const calls: (keyof LogsPort)[] = []

  function begin(operation: keyof LogsPort, input?: PutLogEventsInput) {
    calls.push(operation)
    const fault = faults.find(
      ({ left, when, operation: on = 'putLogEvents' }) =>
        left > 0 && on === operation && (when === undefined || (input !== undefined && when(input))),
    )
    if (fault === undefined) return undefined
    fault.left--
    const error = new LogsPortError(fault.failure, `Injected fault: ${fault.failure}.`)
    if (fault.stored !== true) throw error
    return error
  }

  return {
    groups,
    calls,
    events(logGroupName, logStreamName) {
      const streams = groups.get(logGroupName)
      if (streams === undefined) return []
      const stored = logStreamName === undefined ? [...streams.values()].flat() : (streams.get(logStreamName) ?? [])
      return stored.toSorted((a, b) => a.timestamp - b.timestamp)
    },
    async putLogEvents(input) {
      const lost = begin('putLogEvents', input)
      const ingestionTime = now()
      const { start, end, rejectedLogEventsInfo } = checkPutLogEvents(input, {
        now: ingestionTime,
        retentionDays,
        limits,
      })
      const { logGroupName, logStreamName } = input
      const stream = groups.get(logGroupName)?.get(logStreamName)
      if (stream === undefined) throw notFound(groups.has(logGroupName) ? 'log stream' : 'log group')
      for (const { timestamp, message } of input.logEvents.slice(start, end)) {
        stream.push({ timestamp, ingestionTime, message, logStreamName })
      }
      if (lost !== undefined) throw lost
      return { rejectedLogEventsInfo }
    },
    async getLogEvents({ logGroupName, logStreamName, startTime, endTime, limit = 10_000, nextToken = '0' }) {
      begin('getLogEvents')
      const stream = groups.get(logGroupName)?.get(logStreamName)
      if (stream === undefined) throw notFound(groups.has(logGroupName) ? 'log stream' : 'log group')
      const found = stream
        .filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime)
        .sort((a, b) => a.timestamp - b.timestamp)
      const from = Number(nextToken)
      const events = found.slice(from, from + limit).map(({ timestamp, message }) => ({ timestamp, message }))
      return { events, nextToken: from + limit < found.length ? String(from + limit) : undefined }
    },
    async createLogGroup(logGroupName) {
      begin('createLogGroup')
      checkLogGroupName(logGroupName)
      if (!groups.has(logGroupName)) groups.set(logGroupName, new Map())
    },
    async createLogStream(logGroupName, logStreamName) {
      begin('createLogStream')
      checkLogGroupName(logGroupName)
      checkLogStreamName(logStreamName)
      const streams = groups.get(logGroupName)
      if (streams === undefined) throw notFound('log group')
      if (!streams.has(logStreamName)) streams.set(logStreamName, [])
    },
  }
}
