/** Faults on purpose: what is done to the pipeline, and what may come of it. Each row of docs/reliability.md is one. */
import { BucketwatchError, type ErrorCode } from '../../shared/contracts/errors.ts'
import { type LogsFailure, type LogsPort, LogsPortError, type ObjectStore } from '../../shared/contracts/ports.ts'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'
import type { LogsFault } from '../../shared/local/memory-logs.ts'
import {
  account,
  BUCKET,
  BULKY,
  CLOUDTRAIL_GROUP,
  createInstance,
  createWorld,
  never,
  PIPELINE_GROUP,
  trail,
  type World,
} from '../support/instance.ts'
import { memoryStore } from '../support/ports.ts'
import { notification, type RunOptions, runQueue } from '../support/queue.ts'

export interface Outcome {
  readonly attempts: number
  readonly recordsIn: number
  readonly delivered: number
  readonly doubled: number
  readonly lost: number
  readonly said: string
}

export interface Scenario {
  readonly fault: string
  /** Records that may stand there twice; 0 where nothing is said. */
  readonly mayDouble?: number
  /** Records that never arrive, since they never could: they are told. */
  readonly mayLose?: number
  readonly run: () => Promise<Outcome & { readonly receipts: readonly Receipt[] }>
}

const KEY = 'trail.json.gz'
/** Five batches. */
const RECORDS = 1_200
const DAY = 86_400_000

const body = (records = RECORDS, from = 0) => trail(records, from, BULKY)
const objects = (records = RECORDS) => memoryStore({ [`${BUCKET}/${KEY}`]: body(records) }, 20_000)

/** The receipts' states in order, like ones counted. */
function say(receipts: readonly Receipt[], dead: readonly string[] = []): string {
  const said: { word: string; times: number }[] = []
  for (const { status, error, ledger, maybeDelivered } of receipts) {
    const why = status === 'failed' || status === 'quarantined' ? error?.code : undefined
    const word = [
      status,
      ...(why === undefined ? [] : [why]),
      ...(maybeDelivered > 0 ? ['maybeDelivered'] : []),
      ...(ledger === undefined ? [] : ['ledger unavailable']),
    ].join(' ')
    const last = said.at(-1)
    if (last?.word === word) last.times += 1
    else said.push({ word, times: 1 })
  }
  if (said.length > 8) {
    const total = (word: string) => said.filter((one) => one.word === word).reduce((sum, { times }) => sum + times, 0)
    const all = [...new Set(said.map(({ word }) => word))].map((word) => ({ word, times: total(word) }))
    said.splice(0, said.length, ...all)
  }
  const words = said.map(({ word, times }) => (times === 1 ? word : `${word} × ${times}`))
  return [...words, ...(dead.length > 0 ? [`dead letters: ${dead.length}`] : [])].join(', ')
}

async function outcome(world: World, records: number, ran: Awaited<ReturnType<typeof runQueue>>) {
  const { invocations, receipts, dead } = ran
  const { lost, ...arrived } = account(world.logs, records)
  // What waits in the dead-letter queue is not lost.
  return {
    attempts: invocations,
    recordsIn: records,
    ...arrived,
    lost: dead.length > 0 ? 0 : lost,
    said: say(receipts, dead),
    receipts,
  }
}

/** One object, one message. */
async function one(
  faults: readonly LogsFault[],
  make: (world: World) => Partial<RunOptions> = () => ({}),
  options: Parameters<typeof createWorld>[0] = {},
) {
  const world = createWorld({ ...options, faults })
  const ran = await runQueue(world, [notification(KEY)], { store: objects(), fresh: true, ...make(world) })
  return outcome(world, RECORDS, ran)
}

/** A store whose first `times` opens fail. */
function failing(code: ErrorCode, times: number): ObjectStore {
  const store = objects()
  let calls = 0
  return {
    open: async (address) => {
      calls += 1
      if (calls <= times) throw new BucketwatchError(code, 'told by the test')
      return store.open(address)
    },
  }
}

/** A store whose first body breaks after a share of its bytes. */
function breaking(share: number): ObjectStore {
  const whole = body()
  let calls = 0
  return {
    async open() {
      calls += 1
      const isFirst = calls === 1
      async function* bytes() {
        const end = isFirst ? Math.floor(whole.length * share) : whole.length
        for (let at = 0; at < end; at += 20_000) yield whole.subarray(at, Math.min(end, at + 20_000))
        if (isFirst) throw new BucketwatchError('OBJECT_READ', 'the connection broke')
      }
      return { body: bytes() }
    },
  }
}

const inRecords: LogsFault['when'] = ({ logGroupName }) => logGroupName === CLOUDTRAIL_GROUP
const puts = (failure: LogsFailure, more: Partial<LogsFault> = {}): LogsFault => ({ failure, when: inRecords, ...more })

/** Every n-th PutLogEvents is stored, and then has no answer. */
function losing(logs: LogsPort, every: number): LogsPort {
  let calls = 0
  return {
    ...logs,
    async putLogEvents(input) {
      const result = await logs.putLogEvents(input)
      if (input.logGroupName === CLOUDTRAIL_GROUP && ++calls % every === 0) {
        throw new LogsPortError('unavailable', 'TimeoutError: no answer')
      }
      return result
    },
  }
}

/** An endpoint that never answers: each call takes all the time that it is given. */
function hanging({ clock, logs }: World, isMended: () => boolean): LogsPort {
  const hang = async (timeoutMs = 20_000) => {
    clock.advance(timeoutMs)
    throw new LogsPortError('unavailable', 'TimeoutError: no answer')
  }
  return {
    ...logs,
    putLogEvents: async (input) => (isMended() ? logs.putLogEvents(input) : hang(input.timeoutMs)),
    getLogEvents: async (input) => (isMended() ? logs.getLogEvents(input) : hang(input.timeoutMs)),
  }
}

function brokenState(state: StateStore, failure: 'throttled' | 'unavailable'): StateStore {
  const fail = async (): Promise<never> => {
    throw new StateError(failure, 'told by the test')
  }
  return { ...state, get: fail, write: fail, writeAll: fail, remove: fail }
}

/** Kills an instance in its n-th PutLogEvents of records, before or after it is stored; then another takes over. */
async function killed(call: number, isStored: boolean) {
  const world = createWorld()
  const dying: LogsPort = {
    ...world.logs,
    putLogEvents: (() => {
      let calls = 0
      return async (input) => {
        if (input.logGroupName === CLOUDTRAIL_GROUP && ++calls >= call) {
          if (isStored && calls === call) await world.logs.putLogEvents(input)
          return never()
        }
        return world.logs.putLogEvents(input)
      }
    })(),
  }
  const first = createInstance(world, { store: objects(), logs: dying })
  void first.pipeline.process({ bucket: BUCKET, key: KEY, eTag: 'e' })
  for (let turns = 0; turns < 40; turns++) await new Promise((resolve) => setTimeout(resolve, 5))
  world.clock.advance(30 * 60_000)
  const ran = await runQueue(world, [notification(KEY)], { store: objects(), fresh: true })
  const result = await outcome(world, RECORDS, ran)
  return { ...result, attempts: result.attempts + 1, said: `(killed), ${result.said}` }
}

async function poisonAmongGood(keys: number) {
  const world = createWorld()
  const good = Object.fromEntries(
    Array.from({ length: keys }, (_, index) => [`${BUCKET}/good-${index}.json.gz`, trail(1, index)]),
  )
  const store = memoryStore({
    ...good,
    ...Object.fromEntries(Object.keys(good).map((name) => [name.replace('good', 'poison'), 'no log at all'])),
  })
  const bodies = Array.from({ length: keys }, (_, index) => [
    notification(`good-${index}.json.gz`),
    notification(`poison-${index}.json.gz`),
  ]).flat()
  const ran = await runQueue(world, bodies, { store, batchSize: 1_000 })
  return outcome(world, keys, ran)
}

async function tenOneGone() {
  const world = createWorld()
  const keys = Array.from({ length: 10 }, (_, index) => `k-${index}.json.gz`)
  const store = memoryStore(
    Object.fromEntries(keys.slice(1).map((key, index) => [`${BUCKET}/${key}`, trail(100, index * 100)])),
  )
  const ran = await runQueue(world, [notification(...keys)], { store, fresh: true })
  return outcome(world, 900, ran)
}

async function concurrently(instances: number) {
  const world = createWorld()
  const ref = { bucket: BUCKET, key: KEY, eTag: 'e' }
  const all = Array.from({ length: instances }, () => createInstance(world, { store: objects() }))
  const results = await Promise.all(all.map(({ pipeline }) => pipeline.process(ref)))
  await Promise.all(all.map(({ pipeline }) => pipeline.flushReceipts()))
  const again = await runQueue(world, [notification(KEY)], { store: objects(), fresh: true })
  const receipts = [...results.map(({ receipt }) => receipt), ...again.receipts]
  const sorted = receipts.toSorted((a, b) => a.status.localeCompare(b.status))
  return { attempts: receipts.length, recordsIn: RECORDS, ...account(world.logs, RECORDS), said: say(sorted), receipts }
}

export const SCENARIOS: readonly Scenario[] = [
  { fault: 'none', run: () => one([]) },
  {
    fault: 'the notification comes three times',
    run: async () => {
      const world = createWorld()
      const ran = await runQueue(world, Array(3).fill(notification(KEY)), {
        store: objects(),
        fresh: true,
        batchSize: 1,
      })
      return outcome(world, RECORDS, ran)
    },
  },
  { fault: 'three instances get the notification at once', run: () => concurrently(3) },
  {
    fault: 'two objects hold the same events, told in the wrong order, to one instance',
    run: async () => {
      const world = createWorld()
      const store = memoryStore({ [`${BUCKET}/a`]: body(700), [`${BUCKET}/b`]: body(RECORDS) }, 20_000)
      const ran = await runQueue(world, [notification('b'), notification('a')], { store, batchSize: 1 })
      return outcome(world, RECORDS, ran)
    },
  },
  { fault: 'killed before the third batch is stored', run: () => killed(3, false) },
  { fault: 'killed after the third batch is stored', run: () => killed(3, true) },
  { fault: 'S3 answers 503 three times', run: () => one([], () => ({ store: failing('OBJECT_READ', 3) })) },
  { fault: 'the body breaks at 90 %', run: () => one([], () => ({ store: breaking(0.9) })) },
  {
    fault: 'S3 or KMS denies, and is mended after three receives',
    run: () => one([], () => ({ store: failing('OBJECT_ACCESS_DENIED', 3) })),
  },
  {
    fault: 'the object is gone',
    run: () => one([], () => ({ store: failing('OBJECT_NOT_FOUND', 99) })),
  },
  { fault: 'one of ten objects of a message is gone', run: tenOneGone },
  { fault: '1,000 objects that are no logs among 1,000 good ones', run: () => poisonAmongGood(1_000) },
  { fault: 'PutLogEvents throttles 40 calls', run: () => one([puts('throttled', { times: 40 })]) },
  { fault: 'PutLogEvents answers 5xx for 40 calls', run: () => one([puts('unavailable', { times: 40 })]) },
  { fault: 'one call is stored and has no answer', run: () => one([puts('unavailable', { stored: true })]) },
  {
    fault: 'every second call is stored and has no answer',
    run: () => one([], ({ logs }) => ({ ports: () => ({ logs: losing(logs, 2) }) })),
  },
  {
    fault: 'every call is stored and has no answer',
    run: () => one([], ({ logs }) => ({ ports: () => ({ logs: losing(logs, 1) }) })),
  },
  { fault: 'so, as an unknown 400', run: () => one([puts('other', { stored: true, times: 99 })]) },
  {
    fault: 'every call is stored and has no answer, and the stream cannot be read: five receives',
    // Three calls a batch and receive, of four batches on their way.
    mayDouble: 5 * 3 * RECORDS,
    run: () =>
      one([
        puts('unavailable', { stored: true, times: 9_999 }),
        { failure: 'denied', operation: 'getLogEvents', times: 9_999 },
      ]),
  },
  {
    fault: 'the records are too old for CloudWatch Logs (own times)',
    run: () =>
      one([], ({ clock }) => {
        clock.advance(20 * DAY)
        return { env: { BUCKETWATCH_TIMESTAMP: 'event' } }
      }),
  },
  {
    fault: 'the records are older than the retention (own times)',
    run: () =>
      one(
        [],
        ({ clock }) => {
          clock.advance(2 * DAY)
          return { env: { BUCKETWATCH_TIMESTAMP: 'event' } }
        },
        { retentionDays: 1 },
      ),
  },
  {
    fault: 'the clock is 3 hours ahead, for two receives',
    run: () =>
      one([], ({ clock }) => ({
        ports: (instance) => (instance <= 2 ? { now: () => clock.now() + 3 * 3_600_000 } : {}),
      })),
  },
  {
    fault: 'the clock is 3 hours behind',
    run: () => one([], ({ clock }) => ({ ports: () => ({ now: () => clock.now() - 3 * 3_600_000 }) })),
  },
  {
    fault: 'receipts are rejected, for two receives',
    run: () =>
      one([], ({ logs }) => ({
        ports: (instance) =>
          instance > 2
            ? {}
            : {
                logs: {
                  ...logs,
                  putLogEvents: async (input) =>
                    input.logGroupName === PIPELINE_GROUP
                      ? { rejectedLogEventsInfo: { tooNewLogEventStartIndex: 0 } }
                      : logs.putLogEvents(input),
                },
              },
      })),
  },
  {
    fault: 'the log group is deleted while an object is delivered',
    // What had been stored is gone with it.
    mayLose: RECORDS,
    run: () =>
      one([], ({ logs }) => {
        let calls = 0
        return {
          env: { BUCKETWATCH_MAX_IN_FLIGHT: '1' },
          ports: () => ({
            logs: {
              ...logs,
              async putLogEvents(input) {
                if (input.logGroupName === CLOUDTRAIL_GROUP && ++calls === 4) {
                  ;(logs.groups as Map<string, unknown>).delete(CLOUDTRAIL_GROUP)
                }
                return logs.putLogEvents(input)
              },
            },
          }),
        }
      }),
  },
  {
    fault: 'the table throttles',
    run: () => one([], ({ state }) => ({ ports: () => ({ state: brokenState(state, 'throttled') }) })),
  },
  {
    fault: 'the table is down, and the notification comes twice, to two instances',
    mayDouble: RECORDS,
    run: async () => {
      const world = createWorld()
      const ran = await runQueue(world, [notification(KEY), notification(KEY)], {
        store: objects(),
        fresh: true,
        batchSize: 1,
        ports: () => ({ state: brokenState(world.state, 'unavailable') }),
      })
      return outcome(world, RECORDS, ran)
    },
  },
  {
    fault: 'an object takes more time than an invocation has',
    run: () =>
      one([], ({ clock, logs }) => ({
        remainingMs: 30_000,
        env: { BUCKETWATCH_MAX_IN_FLIGHT: '1' },
        ports: () => ({
          logs: {
            ...logs,
            async putLogEvents(input) {
              if (input.logGroupName === CLOUDTRAIL_GROUP) clock.advance(9_000)
              return logs.putLogEvents(input)
            },
          },
        }),
      })),
  },
  {
    fault: 'CloudWatch Logs hangs for three invocations, with ten messages',
    run: async () => {
      const world = createWorld()
      let isMended = false
      const keys = Array.from({ length: 10 }, (_, index) => `k-${index}.json.gz`)
      const store = memoryStore(
        Object.fromEntries(keys.map((key, index) => [`${BUCKET}/${key}`, trail(100, index * 100)])),
      )
      const ran = await runQueue(
        world,
        keys.map((key) => notification(key)),
        {
          store,
          fresh: true,
          ports: () => ({ logs: hanging(world, () => isMended) }),
          after: (invocation) => {
            isMended = invocation >= 3
          },
        },
      )
      return outcome(world, 1_000, ran)
    },
  },
]
