/** The log group `findings`: one record a finding, and one for each alarm that only repeats what findings have told. */
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { type LogsPort, LogsPortError } from '../contracts/ports.ts'
import type { CanaryNote } from '../incident/canary.ts'
import type { FindingTarget } from '../incident/ports.ts'

/** An alarm that was not mailed, since incidents have told of its records. */
export interface NotedAlarm {
  readonly kind: 'noted'
  readonly version: 1
  /** When it was noted, ISO 8601. */
  readonly time: string
  readonly alarmName: string
  readonly newState: string
  readonly stateChangeTime: string
  /** The rule's id. */
  readonly detection?: string
  /** Why it was not mailed, a sentence. */
  readonly reason: string
  /** Matching records, and the incidents that have told of them. */
  readonly matches: number
  readonly incidentIds: readonly string[]
  readonly stage: string
}

export interface FindingsLog extends FindingTarget {
  note(what: NotedAlarm | CanaryNote): Promise<void>
}

/** CloudWatch Logs takes events of 1 MiB, and 26 bytes of each are its own. */
const MAX_EVENT_BYTES = 1_048_576 - 26

/**
 * The log group as the first target of every finding. The group is the stack's; the stream is made where it is not there.
 *
 * @throws BucketwatchError LOGS_PUT where CloudWatch Logs does not take the record.
 * @example
 * const record = createFindingsLog({ logs, logGroupName: '/bucketwatch/prod/findings', logStreamName, now: Date.now })
 */
export function createFindingsLog(options: {
  readonly logs: Pick<LogsPort, 'putLogEvents' | 'createLogStream'>
  readonly logGroupName: string
  readonly logStreamName: string
  readonly now: () => number
}): FindingsLog {
  const { logs, logGroupName, logStreamName, now } = options

  async function write(message: string): Promise<void> {
    const event = { timestamp: now(), message }
    const put = () => logs.putLogEvents({ logGroupName, logStreamName, logEvents: [event] })
    try {
      await put().catch(async (error) => {
        if (!(error instanceof LogsPortError && error.failure === 'notFound')) throw error
        await logs.createLogStream(logGroupName, logStreamName)
        return put()
      })
    } catch (error) {
      throw new BucketwatchError(
        'LOGS_PUT',
        `${logGroupName}: ${errorMessage(error)}`,
        { logGroupName },
        { cause: error },
      )
    }
  }

  return {
    name: 'findings',
    async send(finding) {
      const json = JSON.stringify(finding)
      // Never seen: a dossier has 32 KB. What is longest goes.
      const fits = Buffer.byteLength(json) <= MAX_EVENT_BYTES
      await write(fits ? json : JSON.stringify({ ...finding, story: [], why: [], runbook: [], falsePositives: [] }))
    },
    note: (what) => write(JSON.stringify(what)),
  }
}
