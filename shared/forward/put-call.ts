import type { ErrorCode } from '../contracts/errors.ts'
import {
  type LogEvent,
  type LogsFailure,
  type LogsPort,
  LogsPortError,
  type OperatorLog,
  type RejectedLogEventsInfo,
} from '../contracts/ports.ts'
import { createLookUp } from './look-up.ts'

/** Where the stream cannot be read back, a batch whose calls end without an answer is sent at most so often. */
const MAX_BLIND_CALLS = 3

/** Why a delivery fails. */
export interface Failure {
  readonly code: ErrorCode
  readonly failure: LogsFailure
  readonly attempts: number
  readonly cause: unknown
  /** The events may have been stored all the same. */
  readonly maybe?: boolean | undefined
}

/** What became of a call and those that repeat it. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly info: RejectedLogEventsInfo | undefined }
  /** The answer got lost, and the stream holds these of the events. */
  | { readonly kind: 'found'; readonly stored: readonly boolean[] }
  | { readonly kind: 'invalid'; readonly cause: unknown }
  | ({ readonly kind: 'failed' } & Failure)

export interface PutCallOptions {
  readonly logs: LogsPort
  readonly logGroupName: string
  readonly logStreamName: string
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  readonly random: () => number
  readonly maxAttempts: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  readonly deadline: number
  readonly callTimeoutMs: number
  readonly log: OperatorLog
  /** Called for each call, each that repeats one, and each look-up. */
  readonly count: (what: 'calls' | 'retries' | 'lookups') => void
}

/**
 * PutLogEvents to one stream until there is an answer: with retries, looking into the stream where an answer got lost,
 * and making the stream where there is none. Never rejects.
 */
export function createPutCall(options: PutCallOptions): (logEvents: readonly LogEvent[]) => Promise<Outcome> {
  const { logs, logGroupName, logStreamName, now, sleep, random, log, count } = options
  const { maxAttempts, baseDelayMs, maxDelayMs, deadline, callTimeoutMs } = options

  const remaining = () => deadline - now()
  const lookUp = createLookUp({ logs, logGroupName, logStreamName, callTimeoutMs, remaining, pause, log })

  async function put(logEvents: readonly LogEvent[]): Promise<Outcome> {
    let missing = false
    let forgiven = false
    let blind = 0
    for (let attempts = 1; ; attempts++) {
      let creating = missing
      let seen = generation
      if (remaining() <= 0) {
        const cause = new LogsPortError('unavailable', 'The time of this invocation is up.')
        return { kind: 'failed', code: 'LOGS_PUT', failure: 'unavailable', attempts, cause, maybe: blind > 0 }
      }
      try {
        if (missing) await createOnce()
        creating = false
        missing = false
        seen = generation
        count('calls')
        const timeoutMs = Math.min(callTimeoutMs, remaining())
        const { rejectedLogEventsInfo } = await logs.putLogEvents({ logGroupName, logStreamName, logEvents, timeoutMs })
        return { kind: 'accepted', info: rejectedLogEventsInfo }
      } catch (cause) {
        const failed = cause instanceof LogsPortError ? cause.failure : 'other'
        if (failed === 'invalid' && !creating) return { kind: 'invalid', cause }
        let maybe = false
        if (!creating && (failed === 'unavailable' || failed === 'other')) {
          count('lookups')
          const stored = await lookUp(logEvents)
          if (stored === undefined) {
            blind++
            maybe = true
          } else if (stored.includes(true)) return { kind: 'found', stored }
        }
        const given = { kind: 'failed', code: 'LOGS_PUT', failure: failed, attempts, cause, maybe } as const
        if (failed !== 'throttled' && failed !== 'unavailable' && failed !== 'notFound') return given
        if (failed === 'notFound' && !creating) {
          // Another batch may have created the stream while this call was on its way.
          missing = generation === seen
          // Once, that is the normal case of a new stream: no waiting, no attempt used up.
          if (!forgiven) {
            forgiven = true
            attempts--
            count('retries')
            continue
          }
        }
        if (attempts >= maxAttempts || blind >= MAX_BLIND_CALLS || remaining() <= 0) return given
        count('retries')
        if (!(await pause(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempts - 1))))) return given
      }
    }
  }

  /** False where there is no time for it, or the sleep was broken off. */
  async function pause(ms: number): Promise<boolean> {
    if (ms >= remaining()) return false
    try {
      await sleep(ms)
      return true
    } catch {
      return false
    }
  }

  let generation = 0
  let creation: Promise<void> | undefined

  function createOnce(): Promise<void> {
    creation ??= create().finally(() => {
      creation = undefined
    })
    return creation
  }

  async function create(): Promise<void> {
    try {
      await logs.createLogStream(logGroupName, logStreamName)
    } catch (error) {
      if (!(error instanceof LogsPortError && error.failure === 'notFound')) throw error
      await logs.createLogGroup(logGroupName)
      await logs.createLogStream(logGroupName, logStreamName)
      log.info('Created a log group.', { logGroupName })
    }
    generation++
  }

  return put
}
