/**
 * Test code, standing in for what the emulator leaves out: CloudWatch Logs' limits on PutLogEvents, its rejections and
 * its bad days. A front that checks every PutLogEvents call by AWS's documented rules, answers as AWS does, and fails
 * on demand.
 */

import { LogsPortError, type PutLogEventsInput } from '../../../shared/contracts/ports.ts'
import { checkPutLogEvents } from '../../../shared/local/put-log-events.ts'
import { type Front, type FrontResponse, startFront } from './front.ts'

/** aws: CloudWatch Logs API Reference, "PutLogEvents"; written out here, so that a wrong constant of ours shows. */
const LIMITS = {
  maxBatchBytes: 1_048_576,
  maxEvents: 10_000,
  maxEventBytes: 1_048_576,
  eventOverheadBytes: 26,
  maxFutureMs: 2 * 3_600_000,
  maxPastMs: 14 * 86_400_000,
  maxSpanMs: 86_400_000,
}

/**
 * What becomes of a call: `throttle` and `unavailable` are refused; of `lost` the events are stored, but the answer
 * never comes; of `tooOld` AWS takes none, as if they were older than 14 days.
 */
export type Fault = 'throttle' | 'unavailable' | 'lost' | 'tooOld'

export interface SeenPut {
  readonly logGroupName: string
  readonly events: number
  /** `refused`: by the limits; `failed`: by the emulator (rights, no such group). */
  readonly outcome: 'stored' | 'refused' | 'failed' | Fault
  readonly problem?: string
}

export interface LogsFront extends Front {
  /** Every PutLogEvents call so far. */
  readonly puts: readonly SeenPut[]
  /** The next calls fail like this, in this order. */
  fail(...faults: readonly Fault[]): void
}

const TARGET = 'Logs_20140328.PutLogEvents'

export async function startLogsFront(targetPort: number): Promise<LogsFront> {
  const puts: SeenPut[] = []
  const faults: Fault[] = []
  const front = await startFront(targetPort, async (request, pass) => {
    if (request.headers['x-amz-target'] !== TARGET) return pass()
    const input = JSON.parse(request.body.toString('utf8')) as PutLogEventsInput
    const seen = { logGroupName: input.logGroupName, events: input.logEvents.length }
    let checked: ReturnType<typeof checkPutLogEvents>
    try {
      checked = checkPutLogEvents(input, { now: Date.now(), limits: LIMITS })
    } catch (error) {
      if (!(error instanceof LogsPortError)) throw error
      puts.push({ ...seen, outcome: 'refused', problem: error.message })
      return answer(400, { __type: 'InvalidParameterException', message: error.message })
    }
    const fault = faults.shift()
    if (fault !== undefined) puts.push({ ...seen, outcome: fault })
    if (fault === 'throttle') return answer(400, { __type: 'ThrottlingException', message: 'Rate exceeded' })
    if (fault === 'unavailable')
      return answer(503, { __type: 'ServiceUnavailableException', message: 'Service unavailable' })
    if (fault === 'tooOld')
      return answer(200, { rejectedLogEventsInfo: { tooOldLogEventEndIndex: input.logEvents.length } })
    if (fault === 'lost') {
      await pass()
      return undefined
    }
    if (checked.rejectedLogEventsInfo === undefined) {
      const response = await pass()
      if (response.status < 300) puts.push({ ...seen, outcome: 'stored' })
      else puts.push({ ...seen, outcome: 'failed', problem: response.body.toString('utf8') })
      return response
    }
    puts.push({ ...seen, outcome: 'stored' })
    const accepted = { ...input, logEvents: input.logEvents.slice(checked.start, checked.end) }
    if (accepted.logEvents.length > 0) await pass(Buffer.from(JSON.stringify(accepted)))
    return answer(200, { rejectedLogEventsInfo: checked.rejectedLogEventsInfo })
  })
  return { ...front, puts, fail: (...next) => void faults.push(...next) }
}

const answer = (status: number, body: unknown): FrontResponse => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: Buffer.from(JSON.stringify(body)),
})
