import { describe, expect, test } from 'vitest'
import type { LogsPort, PutLogEventsInput } from '../../shared/contracts/ports.ts'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import { ledgerKey } from '../../shared/state/ledger.ts'
import { account, BUCKET, CLOUDTRAIL_GROUP, createInstance, createWorld, never, trail } from '../support/instance.ts'
import { memoryStore } from '../support/ports.ts'

const KEY = 'trail.json.gz'
const REF = { bucket: BUCKET, key: KEY, eTag: '"0123"' }
/** Several MB of messages: some five batches. */
const LARGE = 8_000
const objects = (records: number) => memoryStore({ [`${BUCKET}/${KEY}`]: trail(records) }, 64_000)

/** Counts the calls of a state. */
function counted(state: StateStore) {
  const calls: string[] = []
  const count =
    <Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) =>
    (...args: Args) => {
      calls.push(name)
      return call(...args)
    }
  return {
    calls,
    state: {
      get: count('get', state.get),
      write: count('write', state.write),
      writeAll: count('writeAll', state.writeAll),
      remove: count('remove', state.remove),
    },
  }
}

/** A LogsPort that dies in the n-th PutLogEvents of the records' group: before it is stored, or after. */
function dying(logs: LogsPort, at: number, isStored: boolean): LogsPort {
  let calls = 0
  return {
    ...logs,
    async putLogEvents(input: PutLogEventsInput) {
      if (input.logGroupName.endsWith('/cloudtrail') && ++calls >= at) {
        if (isStored && calls === at) await logs.putLogEvents(input)
        return never()
      }
      return logs.putLogEvents(input)
    },
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 50))

describe('an object that comes again', () => {
  test('a small one costs one write; its coming again costs none, and reads nothing of it', async () => {
    const world = createWorld()
    const { calls, state } = counted(world.state)
    const first = createInstance(world, { store: objects(100), state })
    expect((await first.pipeline.process(REF)).receipt).toMatchObject({
      status: 'ok',
      delivered: 100,
      resumedFrom: undefined,
    })
    expect(calls).toEqual(['get', 'write'])
    const second = createInstance(world, { store: { open: () => Promise.reject(new Error('not to be read')) }, state })
    expect((await second.pipeline.process(REF)).receipt).toMatchObject({
      status: 'duplicate',
      recordsIn: 100,
      delivered: 0,
      duplicates: 100,
    })
    expect(calls).toEqual(['get', 'write', 'get'])
    expect(account(world.logs, 100)).toEqual({ delivered: 100, doubled: 0, lost: 0 })
  })

  test('one that cannot be opened costs no write: nothing was begun', async () => {
    const world = createWorld()
    const { calls, state } = counted(world.state)
    const store = { open: () => Promise.reject(new Error('no way')) }
    expect((await createInstance(world, { store, state }).pipeline.process(REF)).receipt.status).toBe('failed')
    expect(calls).toEqual(['get'])
    expect((await createInstance(world, { store: objects(10) }).pipeline.process(REF)).receipt).toMatchObject({
      status: 'ok',
      delivered: 10,
    })
  })

  test('what is sent later tells the lag of the time at which the object was begun', async () => {
    const world = createWorld()
    world.clock.advance(2 * 60 * 60_000)
    const first = createInstance(world, { store: objects(LARGE), logs: dying(world.logs, 3, false) })
    void first.pipeline.process(REF)
    await turn()
    world.clock.advance(20 * 60_000)
    await createInstance(world, { store: objects(LARGE) }).pipeline.process(REF)
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
    const lags = world.logs.events(CLOUDTRAIL_GROUP).map(({ message }) => JSON.parse(message).lagSeconds)
    expect(new Set(lags)).toEqual(new Set([3 * 3600]))
  })

  test('a large one costs a claim, at most a write a batch, and its end', async () => {
    const world = createWorld()
    const { calls, state } = counted(world.state)
    const { pipeline } = createInstance(world, { store: objects(LARGE), state })
    const { receipt } = await pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'ok', delivered: LARGE })
    expect(calls.filter((call) => call === 'write').length).toBeLessThanOrEqual(2 + receipt.putLogEventsCalls)
    expect((await createInstance(world, { store: objects(LARGE) }).pipeline.process(REF)).receipt.status).toBe(
      'duplicate',
    )
  })

  test('one without a single record to send is over as well', async () => {
    const world = createWorld()
    const env = { BUCKETWATCH_EXCLUDE_EVENT_NAMES: '*' }
    expect((await createInstance(world, { store: objects(10), env }).pipeline.process(REF)).receipt.filtered).toBe(10)
    expect((await createInstance(world, { store: objects(10), env }).pipeline.process(REF)).receipt).toMatchObject({
      status: 'duplicate',
      duplicates: 10,
    })
  })

  test('what was sent and whose answer never came is looked up, and sent where it is not there', async () => {
    for (const isStored of [true, false]) {
      const world = createWorld()
      const first = createInstance(world, { store: objects(100), logs: dying(world.logs, 2, isStored) })
      void first.pipeline.process(REF)
      await turn()
      world.clock.advance(20 * 60_000)
      const again = await createInstance(world, { store: objects(100) }).pipeline.process(REF)
      expect(again.receipt).toMatchObject(isStored ? { status: 'duplicate' } : { status: 'ok', delivered: 100 })
      expect(account(world.logs, 100)).toEqual({ delivered: 100, doubled: 0, lost: 0 })
    }
  })

  test.each([
    [{ versionId: 'v1', eTag: 'e', sequencer: 's' }, 'v=v1'],
    [{ versionId: 'null', eTag: '"e"', sequencer: 's' }, 'e=e'],
    [{ sequencer: 's', size: 5 }, 's=s'],
    [{ size: 5 }, 'b=5'],
    [{}, ''],
  ])('%o is told by %s', (version, text) => {
    expect(ledgerKey({ bucket: 'b', key: 'k/ü', ...version })).toBe(`object#b/k/ü#${text}`)
    expect(ledgerKey({ bucket: 'b', key: 'k', ...version, history: true })).toBe(`history#b/k#${text}`)
  })
})

describe('an object that somebody else has', () => {
  test('is postponed until the claim is over, and nothing of it is read', async () => {
    const world = createWorld()
    const first = createInstance(world, { store: objects(LARGE), logs: dying(world.logs, 3, true) })
    const endsAt = world.clock.now() + 60_000
    void first.pipeline.process(REF, { handOverAt: endsAt, endsAt, recordedBy: endsAt })
    await turn()
    const busy = createInstance(world, { store: { open: () => Promise.reject(new Error('not to be read')) } })
    const { receipt, error } = await busy.pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'postponed', recordsIn: 0, delivered: 0 })
    expect(error).toMatchObject({ code: 'OBJECT_BUSY', details: { until: endsAt + 10_000 } })
    world.clock.advance(71_000)
    const next = await createInstance(world, { store: objects(LARGE) }).pipeline.process(REF)
    expect(next.receipt.status).toBe('ok')
    expect(next.receipt.resumedFrom).toBeDefined()
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
  })

  test('is taken over at once where that instance is known to be gone', async () => {
    const world = createWorld()
    const first = createInstance(world, { store: objects(LARGE), logs: dying(world.logs, 3, true) })
    void first.pipeline.process(REF)
    await turn()
    const isGone = (instanceId: string) => instanceId === first.instanceId
    const { receipt } = await createInstance(world, { store: objects(LARGE), isGone }).pipeline.process(REF)
    expect(receipt.status).toBe('ok')
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
  })

  test('who has lost the claim meanwhile stops', async () => {
    const world = createWorld()
    const slow = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const first = createInstance(world, {
      store: objects(LARGE),
      env: { BUCKETWATCH_MAX_IN_FLIGHT: '1' },
      logs: {
        ...world.logs,
        async putLogEvents(input) {
          started.resolve()
          await slow.promise
          return world.logs.putLogEvents(input)
        },
      },
    })
    const late = first.pipeline.process(REF)
    await started.promise
    world.clock.advance(30 * 60_000)
    const second = await createInstance(world, { store: objects(LARGE) }).pipeline.process(REF)
    expect(second.receipt).toMatchObject({ status: 'ok', delivered: LARGE })
    slow.resolve()
    const { receipt, error } = await late
    expect([receipt.status, error?.code]).toEqual(['postponed', 'OBJECT_BUSY'])
    // It had a call on its way, half an hour late: that is the window that stays.
    const { doubled, lost } = account(world.logs, LARGE)
    expect(lost).toBe(0)
    expect(doubled).toBeLessThan(LARGE)
  })
})

describe('an object that was interrupted', () => {
  test.each([
    [1, true],
    [1, false],
    [2, true],
    [3, false],
    [4, true],
    [5, true],
  ])('by a kill in call %i (stored: %s), goes on after its last accepted batch', async (call, isStored) => {
    const world = createWorld()
    const first = createInstance(world, { store: objects(LARGE), logs: dying(world.logs, call, isStored) })
    void first.pipeline.process(REF)
    await turn()
    world.clock.advance(20 * 60_000)
    const { receipt } = await createInstance(world, { store: objects(LARGE) }).pipeline.process(REF)
    expect(receipt.status).toBe('ok')
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
    // What the killed attempt had settled and told nobody stands in this receipt.
    expect(receipt.recordsIn).toBe(LARGE)
    expect(receipt.delivered + receipt.duplicates).toBe(LARGE)
    expect(receipt.maybeDoubled).toBeUndefined()
  })

  test('several times, by kills in every second call', async () => {
    const world = createWorld()
    for (let attempt = 0; attempt < 3; attempt++) {
      void createInstance(world, {
        store: objects(LARGE),
        logs: dying(world.logs, 2, attempt % 2 === 0),
      }).pipeline.process(REF)
      await turn()
      world.clock.advance(20 * 60_000)
    }
    const { receipt } = await createInstance(world, { store: objects(LARGE) }).pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'ok', recordsIn: LARGE })
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
  })

  test('and comes with other settings: goes on after what is settled, and says that some may be doubled', async () => {
    const world = createWorld()
    void createInstance(world, { store: objects(LARGE), logs: dying(world.logs, 3, true) }).pipeline.process(REF)
    await turn()
    world.clock.advance(20 * 60_000)
    const env = { BUCKETWATCH_DETAIL: 'full' }
    const { receipt } = await createInstance(world, { store: objects(LARGE), env }).pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'ok', maybeDoubled: true })
    const { doubled, lost } = account(world.logs, LARGE)
    expect(lost).toBe(0)
    expect(doubled).toBeLessThanOrEqual(4 * 2_000)
  })

  test('a claim that a wrong clock wrote for hours ahead does not hold', async () => {
    const world = createWorld()
    const ahead = () => world.clock.now() + 3 * 3_600_000
    void createInstance(world, {
      store: objects(LARGE),
      logs: dying(world.logs, 1, false),
      now: ahead,
    }).pipeline.process(REF)
    await turn()
    const { receipt } = await createInstance(world, { store: objects(LARGE) }).pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'ok', delivered: LARGE })
  })
})

describe('a table that fails', () => {
  const failing = (failure: 'throttled' | 'unavailable' | 'denied', after: number): StateStore => {
    let calls = 0
    const world = createWorld()
    const fail =
      <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
      async (...args: Args) => {
        if (++calls > after) throw new StateError(failure, 'told by the test')
        return call(...args)
      }
    const { state } = world
    return {
      get: fail(state.get),
      write: fail(state.write),
      writeAll: fail(state.writeAll),
      remove: fail(state.remove),
    }
  }

  test.each([
    ['throttled', 0],
    ['unavailable', 1],
    ['unavailable', 2],
    ['denied', 3],
  ] as const)('%s after %i calls: everything is delivered, and the receipt says so', async (failure, after) => {
    const world = createWorld()
    const { pipeline, log } = createInstance(world, { store: objects(LARGE), state: failing(failure, after) })
    const { receipt } = await pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'ok', delivered: LARGE, ledger: 'unavailable' })
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
    expect(log.lines.some(({ message }) => message.includes('The ledger failed'))).toBe(true)
  })
})

describe('an object for which there is no time', () => {
  /** Until the clock says so, an invocation may read. */
  const until = (handOverAt: number) => ({ handOverAt, endsAt: handOverAt + 60_000, recordedBy: handOverAt + 90_000 })
  const enough = until(Number.POSITIVE_INFINITY)

  test('is handed over where it is, and gone on with there: nothing is lost or doubled', async () => {
    const world = createWorld()
    const store = objects(LARGE)
    const parts: number[] = []
    for (let tries = 0; tries < 50; tries++) {
      const time = until(world.clock.now() + 400)
      const { receipt, error } = await createInstance(world, { store }).pipeline.process(REF, time)
      parts.push(receipt.delivered)
      if (receipt.status === 'ok') break
      expect(receipt.status).toBe('handedOver')
      expect(error?.code).toBe('TIME_UP')
    }
    expect(parts.length).toBeGreaterThan(2)
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(LARGE)
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
  })

  test('and that gets no further twice in a row is an error, not a loop', async () => {
    const world = createWorld()
    const store = objects(LARGE)
    const attempt = async (time: ReturnType<typeof until>) =>
      (await createInstance(world, { store }).pipeline.process(REF, time)).receipt
    const over = () => attempt(until(world.clock.now()))
    expect((await over()).status).toBe('handedOver')
    const stalled = await over()
    expect(stalled).toMatchObject({ status: 'failed', error: { code: 'OBJECT_STALLED' } })
    // It is no end: with time, all of it is delivered.
    expect(await attempt(enough)).toMatchObject({ status: 'ok', delivered: LARGE })
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
  })

  test('has not stalled where an attempt between two got further', async () => {
    const world = createWorld()
    const store = objects(LARGE)
    const attempt = async (time: ReturnType<typeof until>) =>
      (await createInstance(world, { store }).pipeline.process(REF, time)).receipt
    expect((await attempt(until(world.clock.now()))).status).toBe('handedOver')
    const some = await attempt(until(world.clock.now() + 60))
    expect(some.status).toBe('handedOver')
    expect(some.delivered).toBeGreaterThan(0)
    expect((await attempt(until(world.clock.now()))).status).toBe('handedOver')
    expect((await attempt(enough)).status).toBe('ok')
    expect(account(world.logs, LARGE)).toEqual({ delivered: LARGE, doubled: 0, lost: 0 })
  })

  test('fails where there is no ledger to go on from', async () => {
    const world = createWorld()
    const fail = () => Promise.reject(new StateError('unavailable', 'told by the test'))
    const state = { get: fail, write: fail, writeAll: fail, remove: fail }
    const { pipeline } = createInstance(world, { store: objects(LARGE), state })
    const { receipt, error } = await pipeline.process(REF, until(world.clock.now()))
    expect(receipt.status).toBe('failed')
    expect(error?.code).toBe('TIME_UP')
  })
})
