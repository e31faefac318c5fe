/** Function instances over shared ports, for tests about what more than one of them does, or one that dies. */
import { gzipSync } from 'node:zlib'
import type { LogsPort, ObjectStore } from '../../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import type { StateStore } from '../../shared/contracts/state.ts'
import { PUT_LOG_EVENTS_LIMITS, type PutLogEventsLimits } from '../../shared/forward/batch.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'
import { createMemoryLogs, type MemoryLogs } from '../../shared/local/memory-logs.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { memoryLog } from './ports.ts'

export const BUCKET = 'amzn-s3-demo-logs'
export const CLOUDTRAIL_GROUP = '/bucketwatch/test/cloudtrail'
export const PIPELINE_GROUP = '/bucketwatch/test/pipeline'

/** A clock that goes on by itself by a millisecond a look, and by whatever is slept. */
export function createClock(start = Date.parse('2026-03-17T09:00:00Z')) {
  let time = start
  return {
    now: () => ++time,
    sleep: async (ms: number) => {
      time += ms
    },
    advance(ms: number) {
      time += ms
    },
  }
}
export type Clock = ReturnType<typeof createClock>

export const eventId = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** Some 4 KB a record: a batch of PutLogEvents holds about 250. */
export const BULKY = 3_800

/** A CloudTrail object of records that are numbered from `from`, each with so much more in it. */
export function trail(records: number, from = 0, padding = 0): Buffer {
  const list = Array.from({ length: records }, (_, index) => ({
    eventVersion: '1.11',
    eventTime: '2026-03-17T08:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'PutBucketPolicy',
    eventID: eventId(from + index),
    recipientAccountId: '111122223333',
    requestParameters: { bucketName: 'amzn-s3-demo-bucket', ...(padding > 0 && { text: 'x'.repeat(padding) }) },
  }))
  return gzipSync(JSON.stringify({ Records: list }))
}

/** The number of each record that stands in the cloudtrail group, in the order of its arrival. */
export function arrived(logs: MemoryLogs): number[] {
  const events = [...(logs.groups.get(CLOUDTRAIL_GROUP)?.values() ?? [])].flat()
  return events.flatMap(({ message }) => {
    const { eventID } = JSON.parse(message) as { eventID?: string }
    return eventID === undefined ? [] : [Number(eventID.slice(-12))]
  })
}

/** What became of records 0 to `count` − 1: how many arrived, how many of them more than once, how many never. */
export function account(logs: MemoryLogs, count: number) {
  const times = new Map<number, number>()
  for (const number of arrived(logs)) times.set(number, (times.get(number) ?? 0) + 1)
  const copies = [...times.values()].reduce((sum, number) => sum + number, 0)
  return { delivered: times.size, doubled: copies - times.size, lost: count - times.size }
}

export interface World {
  readonly clock: Clock
  readonly logs: MemoryLogs
  readonly state: StateStore
}

export function createWorld(options: Partial<Parameters<typeof createMemoryLogs>[0]> = {}): World {
  const clock = createClock()
  return {
    clock,
    logs: createMemoryLogs({ now: clock.now, ...options }),
    state: createMemoryState({ now: clock.now }),
  }
}

let instances = 0

/** A fresh function instance. `limits`: small batches make many of a few records. */
export function createInstance(
  { clock, logs, state }: World,
  given: {
    readonly store: ObjectStore
    readonly logs?: LogsPort
    readonly state?: StateStore | undefined
    readonly now?: () => number
    readonly env?: Readonly<Record<string, string>>
    readonly isGone?: (instanceId: string) => boolean
  },
) {
  const receipts: Receipt[] = []
  const log = memoryLog()
  const instanceId = `i-${++instances}`
  const pipeline = createPipeline({
    functionName: 'cloudtrail',
    instanceId,
    config: readConfig({ BUCKETWATCH_STAGE: 'test', ...given.env }),
    environment: EMPTY_ENVIRONMENT,
    store: given.store,
    logs: given.logs ?? logs,
    state: 'state' in given ? given.state : state,
    isGone: given.isGone,
    now: given.now ?? clock.now,
    sleep: clock.sleep,
    random: () => 0.5,
    log,
    onReceipt: (receipt) => void receipts.push(receipt),
  })
  return { pipeline, receipts, log, instanceId }
}

/** What ends a process in the middle: whatever waits for it waits for ever. */
export const never = (): Promise<never> => new Promise(() => {})

/** Limits under which a batch holds `events` events. */
export const batchesOf = (events: number): PutLogEventsLimits => ({ ...PUT_LOG_EVENTS_LIMITS, maxEvents: events })
