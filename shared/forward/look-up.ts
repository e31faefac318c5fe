import { errorMessage } from '../contracts/errors.ts'
import { type LogEvent, type LogsPort, LogsPortError, type OperatorLog } from '../contracts/ports.ts'

/**
 * What was accepted shows in the stream a moment later. After a call without an answer it is looked for after each of
 * these waits; not found at last, it is taken for not stored. Milliseconds.
 */
const LOOKUP_DELAYS_MS = [250, 1_000, 4_000]
/** Pages of a look-up before it is given up; one batch is one or two, unless events bring times of their own. */
const LOOKUP_PAGES = 40

export interface LookUpOptions {
  readonly logs: LogsPort
  readonly logGroupName: string
  readonly logStreamName: string
  readonly callTimeoutMs: number
  /** Until the deadline, ms. */
  readonly remaining: () => number
  /** False where there is no time for it. */
  readonly pause: (ms: number) => Promise<boolean>
  readonly log: OperatorLog
}

/** Which of the events the stream holds; undefined where it cannot be read. */
export type LookUp = (logEvents: readonly LogEvent[]) => Promise<readonly boolean[] | undefined>

/** Reads a stream back after a call without an answer. Never rejects. */
export function createLookUp(options: LookUpOptions): LookUp {
  const { logs, logGroupName, logStreamName, callTimeoutMs, remaining, pause, log } = options

  async function lookUp(logEvents: readonly LogEvent[]): Promise<readonly boolean[] | undefined> {
    let stored: readonly boolean[] | undefined
    for (const delay of LOOKUP_DELAYS_MS) {
      if (!(await pause(delay))) return stored
      try {
        stored = await readBack(logEvents)
      } catch (error) {
        // Where there is no stream there is nothing in it.
        if (error instanceof LogsPortError && error.failure === 'notFound') return logEvents.map(() => false)
        log.warn('A call to CloudWatch Logs had no answer, and the stream cannot be read back.', {
          logGroupName,
          logStreamName,
          error: errorMessage(error),
        })
        if (error instanceof LogsPortError && (error.failure === 'throttled' || error.failure === 'unavailable'))
          continue
        return undefined
      }
      if (stored === undefined || stored.includes(true)) return stored
    }
    return stored
  }

  async function readBack(logEvents: readonly LogEvent[]): Promise<readonly boolean[] | undefined> {
    const wanted = new Map<string, number>()
    for (const { message } of logEvents) wanted.set(message, (wanted.get(message) ?? 0) + 1)
    const found = new Map<string, number>()
    let missing = logEvents.length
    let nextToken: string | undefined
    for (let page = 0; page < LOOKUP_PAGES; page++) {
      const answer = await logs.getLogEvents({
        logGroupName,
        logStreamName,
        startTime: logEvents[0]!.timestamp,
        endTime: logEvents.at(-1)!.timestamp + 1,
        nextToken,
        timeoutMs: Math.max(1, Math.min(callTimeoutMs, remaining())),
      })
      for (const { message } of answer.events) {
        const count = found.get(message) ?? 0
        if (count >= (wanted.get(message) ?? 0)) continue
        found.set(message, count + 1)
        missing--
      }
      nextToken = answer.nextToken
      if (missing === 0 || nextToken === undefined) {
        return logEvents.map(({ message }) => {
          const count = found.get(message) ?? 0
          if (count > 0) found.set(message, count - 1)
          return count > 0
        })
      }
    }
    return undefined
  }

  return lookUp
}
