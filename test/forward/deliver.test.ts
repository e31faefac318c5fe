import { PutLogEventsCommand, type PutLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLogsClient } from '../../shared/aws/clients.ts'
import { createCloudWatchLogs } from '../../shared/aws/logs.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { LogsPort, OperatorLog } from '../../shared/contracts/ports.ts'
import { PUT_LOG_EVENTS_LIMITS, type PutLogEventsLimits } from '../../shared/forward/batch.ts'
import { createDelivery, type DeliveryOptions, type QuarantinedEvent } from '../../shared/forward/deliver.ts'
import type { DeliveryReport } from '../../shared/forward/delivery-report.ts'
import { createMemoryLogs, type LogsFault } from '../../shared/local/memory-logs.ts'
import { fakeLogsClient, logsException } from '../ports/fake-aws.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 10, 25, 12)
const GROUP = '/bucketwatch/test/cloudtrail'
const STREAM = '2026/11/25/cloudtrail/3f9c'
const now = () => NOW

const quiet: OperatorLog = { debug() {}, info() {}, warn() {}, error() {} }

function setUp(logs: LogsPort, options: Partial<DeliveryOptions<string>> = {}) {
  const delivered: string[] = []
  const quarantined: QuarantinedEvent<string>[] = []
  const slept: number[] = []
  const delivery = createDelivery<string>({
    logs,
    logGroupName: GROUP,
    logStreamName: STREAM,
    now,
    sleep: async (ms) => {
      slept.push(ms)
    },
    random: () => 0.5,
    shrink: (message, maxBytes) => message.slice(0, maxBytes),
    onDelivered: (tags) => {
      delivered.push(...tags)
    },
    onQuarantine: (event) => {
      quarantined.push(event)
    },
    log: quiet,
    ...options,
  })
  return { delivery, delivered, quarantined, slept }
}

/** Memory behind the SDK's client, so that exceptions, mapping and limits are those of the real path. */
function aws(options: { faults?: readonly LogsFault[]; retentionDays?: number; limits?: PutLogEventsLimits } = {}) {
  const memory = createMemoryLogs({ now, ...options })
  return { memory, logs: createCloudWatchLogs({ client: fakeLogsClient(memory) }) }
}

async function created(memory: ReturnType<typeof createMemoryLogs>) {
  await memory.createLogGroup(GROUP)
  await memory.createLogStream(GROUP, STREAM)
  return memory.calls.length
}

const messagesOf = (memory: ReturnType<typeof createMemoryLogs>) => memory.events(GROUP).map(({ message }) => message)

const sumOf = ({ delivered, quarantined, undelivered }: DeliveryReport) =>
  delivered + undelivered + Object.values(quarantined).reduce((sum, count) => sum + count, 0)

describe('createDelivery', () => {
  test('delivers, stamps with the processing time, reports and confirms', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery, delivered } = setUp(logs)
    expect(delivery.add('one', undefined, 'a')).toBeUndefined()
    void delivery.add('zwö')
    void delivery.add('three', undefined, 'c')
    expect(await delivery.flush()).toEqual({
      added: 3,
      delivered: 3,
      bytes: 3 * 26 + 12,
      batches: 1,
      calls: 1,
      retries: 0,
      restamped: 0,
      shrunk: 0,
      quarantined: { tooOld: 0, tooNew: 0, expired: 0, invalid: 0, empty: 0, tooLarge: 0 },
      undelivered: 0,
      maybeDelivered: 0,
      lookups: 0,
    })
    expect(memory.events(GROUP).map(({ timestamp, message }) => [timestamp, message])).toEqual([
      [NOW, 'one'],
      [NOW, 'zwö'],
      [NOW, 'three'],
    ])
    expect(delivered).toEqual(['a', 'c'])
  })

  test('an empty flush makes no call', async () => {
    const { memory, logs } = aws()
    const report = await setUp(logs).delivery.flush()
    expect(report).toMatchObject({ added: 0, delivered: 0, calls: 0 })
    expect(memory.calls).toEqual([])
  })

  test('can be used again after a flush, with new counts', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery } = setUp(logs)
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ added: 1, delivered: 1, calls: 1 })
    void delivery.add('two')
    void delivery.add('three')
    expect(await delivery.flush()).toMatchObject({ added: 2, delivered: 2, calls: 1 })
    expect(messagesOf(memory)).toEqual(['one', 'two', 'three'])
  })

  test('a flush during a flush gets the same report, also of what was added meanwhile', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery } = setUp(logs)
    void delivery.add('one')
    const first = delivery.flush()
    void delivery.add('two')
    const second = delivery.flush()
    expect(await first).toBe(await second)
    expect((await first).delivered).toBe(2)
  })

  test('a large load: within the limits, in as few calls as they allow', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery } = setUp(logs)
    for (let index = 0; index < 25_000; index++) await delivery.add(`${index}`)
    expect(await delivery.flush()).toMatchObject({ delivered: 25_000, batches: 3, calls: 3 })
    expect(new Set(messagesOf(memory)).size).toBe(25_000)
  })

  test('event times come in any order and over several days', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery } = setUp(logs)
    const times = [NOW, NOW - 3 * DAY, NOW - HOUR, NOW - DAY, NOW - 3 * DAY + 1, undefined]
    for (const time of times) void delivery.add(`${time}`, time)
    expect(await delivery.flush()).toMatchObject({ delivered: 6, restamped: 0, batches: 3 })
    expect(messagesOf(memory)).toEqual([
      `${NOW - 3 * DAY}`,
      `${NOW - 3 * DAY + 1}`,
      `${NOW - DAY}`,
      `${NOW - HOUR}`,
      `${NOW}`,
      'undefined',
    ])
  })
})

describe('refused messages', () => {
  test('empty ones and those that do not shrink are quarantined, the others delivered', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery, quarantined, delivered } = setUp(logs, { shrink: (message) => message })
    void delivery.add('one', undefined, 'a')
    void delivery.add('', undefined, 'b')
    void delivery.add('x'.repeat(1_048_551), undefined, 'c')
    const report = await delivery.flush()
    expect(report).toMatchObject({ added: 3, delivered: 1, quarantined: { empty: 1, tooLarge: 1 }, undelivered: 0 })
    expect(report.error).toBeUndefined()
    expect(quarantined.map(({ reason, tag }) => [reason, tag])).toEqual([
      ['empty', 'b'],
      ['tooLarge', 'c'],
    ])
    expect(delivered).toEqual(['a'])
  })

  test('large ones are shrunk', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery } = setUp(logs)
    void delivery.add('x'.repeat(3_000_000))
    expect(await delivery.flush()).toMatchObject({ delivered: 1, shrunk: 1, bytes: 1_048_576 })
  })
})

describe('rejected log events', () => {
  test.each([
    { kind: 'tooOld', time: NOW - 14 * DAY - 1, retentionDays: undefined },
    { kind: 'tooNew', time: NOW + 2 * HOUR + 1, retentionDays: undefined },
    { kind: 'expired', time: NOW - 2 * DAY, retentionDays: 1 },
  ])('$kind: sent again with the processing time', async ({ time, retentionDays }) => {
    const { memory, logs } = aws(retentionDays === undefined ? {} : { retentionDays })
    await created(memory)
    const { delivery, delivered, quarantined } = setUp(logs)
    void delivery.add('late', time, 'a')
    void delivery.add('in time', NOW - 1, 'b')
    const report = await delivery.flush()
    expect(report).toMatchObject({ added: 2, delivered: 2, restamped: 1, bytes: 4 + 7 + 52, undelivered: 0 })
    expect(memory.events(GROUP).map(({ timestamp, message }) => [timestamp, message])).toEqual([
      [NOW - 1, 'in time'],
      [NOW, 'late'],
    ])
    expect(delivered.sort()).toEqual(['a', 'b'])
    expect(quarantined).toEqual([])
  })

  test('all three in one batch, each once', async () => {
    const { memory, logs } = aws({ retentionDays: 7, limits: { ...PUT_LOG_EVENTS_LIMITS, maxSpanMs: 100 * DAY } })
    await created(memory)
    const { delivery, delivered } = setUp(logs, { limits: { ...PUT_LOG_EVENTS_LIMITS, maxSpanMs: 100 * DAY } })
    const times = [NOW - 20 * DAY, NOW - 10 * DAY, NOW - 9 * DAY, NOW - DAY, NOW, NOW + DAY]
    for (const [index, time] of times.entries()) void delivery.add(`${index}`, time, `${index}`)
    expect(await delivery.flush()).toMatchObject({ delivered: 6, restamped: 4, calls: 2, batches: 2 })
    expect(delivered.sort()).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(messagesOf(memory)).toEqual(['3', '4', '0', '1', '2', '5'])
  })

  test('rejected twice: quarantined with the reason, the others are delivered', async () => {
    // CloudWatch Logs' clock is 3 hours behind ours: what we stamp is too new for it, again and again.
    const memory = createMemoryLogs({ now: () => NOW - 3 * HOUR })
    await created(memory)
    const { delivery, delivered, quarantined } = setUp(memory)
    void delivery.add('ours', undefined, 'a')
    void delivery.add('theirs', NOW - 3 * HOUR, 'b')
    const report = await delivery.flush()
    expect(report).toMatchObject({
      added: 2,
      delivered: 1,
      restamped: 1,
      calls: 2,
      quarantined: { tooNew: 1, tooOld: 0, expired: 0 },
      undelivered: 0,
    })
    expect(report.error).toBeUndefined()
    expect(delivered).toEqual(['b'])
    expect(quarantined).toEqual([{ timestamp: NOW, message: 'ours', reason: 'tooNew', tag: 'a' }])
  })

  test('a quarantine that fails makes the delivery fail', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const { delivery } = setUp(logs, {
      onQuarantine: async () => {
        throw new Error('no room')
      },
    })
    void delivery.add('')
    const report = await delivery.flush()
    expect(report).toMatchObject({ added: 1, undelivered: 1, quarantined: { empty: 0 } })
    expect(report.error).toMatchObject({ code: 'LOGS_PUT' })
    expect(report.error?.message).toContain('no room')
  })
})

describe('retries', () => {
  test('throttled, then success', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'throttled', times: 3 }] })
    await created(memory)
    const { delivery, slept } = setUp(logs)
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ delivered: 1, calls: 4, retries: 3, batches: 1, lookups: 0 })
    expect(slept).toEqual([50, 100, 200])
    expect(messagesOf(memory)).toEqual(['one'])
  })

  test('unavailable, then success: each time the stream is read first', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'unavailable', times: 3 }] })
    await created(memory)
    const { delivery, slept } = setUp(logs)
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ delivered: 1, calls: 4, retries: 3, batches: 1, lookups: 3 })
    const looking = [250, 1_000, 4_000]
    expect(slept).toEqual([...looking, 50, ...looking, 100, ...looking, 200])
    expect(messagesOf(memory)).toEqual(['one'])
  })

  test('full jitter between 0 and the capped exponential', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'throttled', times: 7 }] })
    await created(memory)
    const { delivery, slept } = setUp(logs, { random: () => 1, baseDelayMs: 100, maxDelayMs: 1_000 })
    void delivery.add('one')
    expect((await delivery.flush()).error).toBeUndefined()
    expect(slept).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000])
  })

  test('given up after maxAttempts: LOGS_PUT, nothing lost silently', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'throttled', times: 99 }] })
    await created(memory)
    const { delivery, delivered } = setUp(logs, { maxAttempts: 3 })
    void delivery.add('one', undefined, 'a')
    void delivery.add('two', undefined, 'b')
    const report = await delivery.flush()
    expect(report).toMatchObject({ added: 2, delivered: 0, calls: 3, retries: 2, undelivered: 2 })
    expect(report.error).toBeInstanceOf(BucketwatchError)
    expect(report.error).toMatchObject({
      code: 'LOGS_PUT',
      retryable: true,
      details: { failure: 'throttled', attempts: 3, delivered: 0, undelivered: 2, logGroupName: GROUP },
    })
    expect(report.error?.message).toContain('0 delivered, 2 not delivered')
    expect(delivered).toEqual([])
  })

  test.each(['unavailable', 'other'] as const)(
    'an answer that got lost (%s): what is stored is not sent again',
    async (failure) => {
      const { memory, logs } = aws({ faults: [{ failure, stored: true, times: 99 }] })
      await created(memory)
      const { delivery, delivered } = setUp(logs)
      void delivery.add('one', undefined, 'a')
      void delivery.add('one', undefined, 'b')
      expect(await delivery.flush()).toMatchObject({ added: 2, delivered: 2, retries: 0, lookups: 1 })
      expect(messagesOf(memory)).toEqual(['one', 'one'])
      expect(delivered).toEqual(['a', 'b'])
    },
  )

  test('of a lost answer only what was not stored is sent again, also with times of their own', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'unavailable', stored: true }] })
    await created(memory)
    const { delivery, delivered } = setUp(logs)
    void delivery.add('too old', NOW - 15 * DAY, 'a')
    void delivery.add('fresh', NOW, 'b')
    const report = await delivery.flush()
    expect(report).toMatchObject({ delivered: 2, restamped: 1, undelivered: 0 })
    expect(messagesOf(memory).sort()).toEqual(['fresh', 'too old'])
    expect(delivered.sort()).toEqual(['a', 'b'])
  })

  test('what shows late is found late; what never shows is sent again', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'unavailable', stored: true }] })
    await created(memory)
    let hidden = 2
    const late: LogsPort = {
      ...logs,
      getLogEvents: async (input) => (hidden-- > 0 ? { events: [] } : logs.getLogEvents(input)),
    }
    const { delivery } = setUp(late)
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ delivered: 1, calls: 1 })
    expect(messagesOf(memory)).toEqual(['one'])
  })

  test('where the stream cannot be read back, at most three copies, and the report says maybe', async () => {
    const { memory, logs } = aws({
      faults: [
        { failure: 'unavailable', stored: true, times: 99 },
        { failure: 'denied', operation: 'getLogEvents', times: 99 },
      ],
    })
    await created(memory)
    const { delivery, delivered } = setUp(logs)
    void delivery.add('one', undefined, 'a')
    const report = await delivery.flush()
    expect(report).toMatchObject({ delivered: 0, undelivered: 1, maybeDelivered: 1, calls: 3, lookups: 3 })
    expect(report.error?.code).toBe('LOGS_PUT')
    expect(messagesOf(memory)).toEqual(['one', 'one', 'one'])
    expect(delivered).toEqual([])
  })

  test('at the deadline nothing more is begun, and no call lasts longer', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'throttled', times: 99 }] })
    await created(memory)
    let time = NOW
    const timeouts: (number | undefined)[] = []
    const { delivery } = setUp(
      {
        ...logs,
        putLogEvents: (input) => {
          timeouts.push(input.timeoutMs)
          time += 3_000
          return logs.putLogEvents(input)
        },
      },
      {
        now: () => time,
        deadline: NOW + 10_000,
        callTimeoutMs: 5_000,
        sleep: async (ms) => {
          time += ms
        },
      },
    )
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ undelivered: 1, maybeDelivered: 0, calls: 4 })
    expect(timeouts).toEqual([5_000, 5_000, 3_850, 650])
  })

  test('says how far the input is settled, in order, and asks before the first call', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'throttled' }] })
    await created(memory)
    let position = 0
    const settled: number[] = []
    const asked: boolean[] = []
    const slept = Promise.withResolvers<void>()
    const { delivery } = setUp(logs, {
      limits: { ...PUT_LOG_EVENTS_LIMITS, maxEvents: 2 },
      sleep: () => slept.promise,
      position: () => position,
      onSettled: (upTo) => settled.push(upTo),
      onFirstBatch: async (_, alone) => void asked.push(alone),
    })
    for (const message of ['a', 'b', 'c', 'd', 'e']) {
      const wait = delivery.add(message)
      position++
      await wait
    }
    await new Promise((resolve) => setImmediate(resolve))
    // The first batch was throttled and waits; the second is stored, but what is before it is not settled.
    expect(messagesOf(memory)).toEqual(['c', 'd'])
    expect(settled).toEqual([])
    slept.resolve()
    await delivery.flush()
    expect(settled.at(-1)).toBe(5)
    expect(asked).toEqual([false])
    void delivery.add('f')
    await delivery.flush()
    expect(asked).toEqual([false, true])
  })

  test('nothing is sent where the first question is answered by an error, which is the one reported', async () => {
    const { memory, logs } = aws()
    await created(memory)
    const busy = new BucketwatchError('OBJECT_READ', 'somebody else has it')
    const { delivery } = setUp(logs, { onFirstBatch: () => Promise.reject(busy) })
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ undelivered: 1, calls: 0, error: busy })
    expect(messagesOf(memory)).toEqual([])
  })

  test('a sleep that is aborted ends the retries', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'throttled', times: 99 }] })
    await created(memory)
    const { delivery } = setUp(logs, { sleep: () => Promise.reject(new Error('aborted')) })
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ calls: 1, undelivered: 1, error: { code: 'LOGS_PUT' } })
  })
})

describe('unrecoverable failures', () => {
  test.each(['denied', 'other'] as const)('%s: at once, and waiting batches are not begun', async (failure) => {
    const { memory, logs } = aws({
      faults: [{ failure, times: 99, when: ({ logEvents }) => logEvents[0]?.message !== '0' }],
    })
    await created(memory)
    const { delivery, delivered } = setUp(logs, {
      maxInFlight: 1,
      limits: { ...PUT_LOG_EVENTS_LIMITS, maxEvents: 1 },
    })
    for (let index = 0; index < 5; index++) void delivery.add(`${index}`, undefined, `${index}`)
    const report = await delivery.flush()
    expect(report).toMatchObject({ added: 5, delivered: 1, undelivered: 4, calls: 2, retries: 0 })
    expect(report.error).toMatchObject({ code: 'LOGS_PUT', details: { failure, delivered: 1, undelivered: 4 } })
    expect(delivered).toEqual(['0'])
    expect(messagesOf(memory)).toEqual(['0'])
  })

  test('add throws once it has failed, until the next flush', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'denied' }] })
    await created(memory)
    const { delivery } = setUp(logs, { maxInFlight: 1, limits: { ...PUT_LOG_EVENTS_LIMITS, maxEvents: 1 } })
    void delivery.add('one')
    void delivery.add('two')
    await new Promise((resolve) => setImmediate(resolve))
    expect(() => delivery.add('three')).toThrow(expect.objectContaining({ code: 'LOGS_PUT' }))
    expect(await delivery.flush()).toMatchObject({ added: 2, undelivered: 2, error: { code: 'LOGS_PUT' } })
    void delivery.add('four')
    const report = await delivery.flush()
    expect(report).toMatchObject({ added: 1, delivered: 1 })
    expect(report.error).toBeUndefined()
  })

  test('what is no LogsPortError counts as other', async () => {
    const memory = createMemoryLogs({ now })
    await created(memory)
    const { delivery } = setUp({
      ...memory,
      putLogEvents: async () => {
        throw new TypeError('a bug')
      },
    })
    void delivery.add('one')
    const { error } = await delivery.flush()
    expect(error).toMatchObject({ code: 'LOGS_PUT', details: { failure: 'other' } })
    expect(error?.cause).toBeInstanceOf(TypeError)
  })
})

describe('a batch refused as invalid', () => {
  const refusing = (isBad: (message: string) => boolean): LogsFault => ({
    failure: 'invalid',
    times: Number.POSITIVE_INFINITY,
    when: ({ logEvents }) => logEvents.some(({ message }) => isBad(message)),
  })

  test.each([1, 2, 3, 1_000])('one bad event among %i and one: only that one is put aside', async (others) => {
    const { memory, logs } = aws({ faults: [refusing((message) => message === 'bad')] })
    await created(memory)
    const { delivery, delivered, quarantined } = setUp(logs)
    for (let index = 0; index < others; index++) void delivery.add(`${index}`, undefined, `${index}`)
    void delivery.add('bad', undefined, 'bad')
    const report = await delivery.flush()
    expect(report.error).toBeUndefined()
    expect(report).toMatchObject({ added: others + 1, delivered: others, quarantined: { invalid: 1 }, undelivered: 0 })
    expect(report.calls).toBeLessThan(25)
    expect(quarantined.map(({ message, reason, tag }) => [message, reason, tag])).toEqual([['bad', 'invalid', 'bad']])
    expect(delivered).toHaveLength(others)
    expect(new Set(messagesOf(memory)).size).toBe(others)
  })

  test('several bad events', async () => {
    const { memory, logs } = aws({ faults: [refusing((message) => /^(17|500|999)$/.test(message))] })
    await created(memory)
    const { delivery, quarantined } = setUp(logs)
    for (let index = 0; index < 1_000; index++) void delivery.add(`${index}`)
    expect(await delivery.flush()).toMatchObject({ delivered: 997, quarantined: { invalid: 3 } })
    expect(quarantined.map(({ message }) => message).sort()).toEqual(['17', '500', '999'])
  })

  test.each([1, 5, 1_000])('everything refused (%i events): the fault is not theirs, LOGS_INVALID', async (count) => {
    const { memory, logs } = aws({ faults: [refusing(() => true)] })
    await created(memory)
    const { delivery, quarantined } = setUp(logs)
    for (let index = 0; index < count; index++) void delivery.add(`${index}`)
    const report = await delivery.flush()
    expect(report).toMatchObject({ added: count, delivered: 0, undelivered: count, quarantined: { invalid: 0 } })
    expect(report.error).toMatchObject({ code: 'LOGS_INVALID', details: { undelivered: count } })
    expect(report.calls).toBeLessThanOrEqual(101)
    expect(quarantined).toEqual([])
  })

  test('a bad name of the stream is LOGS_PUT, not the events', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'invalid', operation: 'createLogStream', times: 99 }] })
    await memory.createLogGroup(GROUP)
    const { delivery } = setUp(logs)
    void delivery.add('one')
    const report = await delivery.flush()
    expect(report).toMatchObject({ undelivered: 1, error: { code: 'LOGS_PUT', details: { failure: 'invalid' } } })
  })
})

describe('log group and stream', () => {
  const oneEach: PutLogEventsLimits = { ...PUT_LOG_EVENTS_LIMITS, maxEvents: 1 }

  test('created on demand, once for all batches', async () => {
    const { memory, logs } = aws()
    const { delivery } = setUp(logs, { limits: oneEach, maxAttempts: 1 })
    for (let index = 0; index < 10; index++) void delivery.add(`${index}`)
    const report = await delivery.flush()
    expect(report.error).toBeUndefined()
    expect(report.delivered).toBe(10)
    expect(memory.calls.filter((call) => call !== 'putLogEvents')).toEqual([
      'createLogStream',
      'createLogGroup',
      'createLogStream',
    ])
    expect([...(memory.groups.get(GROUP)?.keys() ?? [])]).toEqual([STREAM])
  })

  test('a call that was on its way while another batch created the stream does not create it again', async () => {
    const memory = createMemoryLogs({ now })
    let refuseLate: (() => void) | undefined
    const late = new Promise<void>((resolve) => {
      refuseLate = resolve
    })
    let first = true
    const logs: LogsPort = {
      ...memory,
      async putLogEvents(input) {
        if (!first) return memory.putLogEvents(input).finally(() => memory.groups.size > 0 && refuseLate?.())
        first = false
        const refused = await memory.putLogEvents(input).catch((error) => error)
        await late
        throw refused
      },
    }
    const { delivery } = setUp(logs, { limits: oneEach })
    for (const message of ['0', '1']) void delivery.add(message)
    expect(await delivery.flush()).toMatchObject({ delivered: 2 })
    expect(memory.calls.filter((call) => call === 'createLogStream')).toHaveLength(2)
  })

  test('an existing group is not created', async () => {
    const { memory, logs } = aws()
    await memory.createLogGroup(GROUP)
    const before = memory.calls.length
    const { delivery, slept } = setUp(logs)
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ delivered: 1, calls: 2, retries: 1 })
    expect(memory.calls.slice(before)).toEqual(['putLogEvents', 'createLogStream', 'putLogEvents'])
    expect(slept).toEqual([])
  })

  test('no right to create: LOGS_PUT', async () => {
    const { logs } = aws({ faults: [{ failure: 'denied', operation: 'createLogGroup', times: 9 }] })
    const { delivery } = setUp(logs)
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ undelivered: 1, error: { details: { failure: 'denied' } } })
  })

  test('throttled while creating, and not there at once afterwards', async () => {
    const { memory, logs } = aws({
      faults: [
        { failure: 'throttled', operation: 'createLogStream', times: 2 },
        { failure: 'notFound', times: 3 },
      ],
    })
    const { delivery, slept } = setUp(logs)
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({ delivered: 1, undelivered: 0 })
    expect(slept.length).toBeGreaterThan(0)
    expect(messagesOf(memory)).toEqual(['one'])
  })

  test('never there: given up', async () => {
    const { memory, logs } = aws({ faults: [{ failure: 'notFound', times: 99 }] })
    const { delivery } = setUp(logs, { maxAttempts: 4 })
    void delivery.add('one')
    expect(await delivery.flush()).toMatchObject({
      calls: 5,
      undelivered: 1,
      error: { details: { failure: 'notFound' } },
    })
    expect(memory.events(GROUP)).toEqual([])
  })

  test('deleted between two batches: created again', async () => {
    const { memory, logs } = aws()
    const { delivery } = setUp(logs)
    void delivery.add('one')
    await delivery.flush()
    ;(memory.groups as Map<string, unknown>).delete(GROUP)
    void delivery.add('two')
    expect(await delivery.flush()).toMatchObject({ delivered: 1 })
    expect(messagesOf(memory)).toEqual(['two'])
  })
})

describe('concurrency', () => {
  /** A CloudWatch Logs whose calls end when we say so. */
  function gated() {
    const open: (() => void)[] = []
    let inFlight = 0
    let most = 0
    const client = createLogsClient({ region: 'eu-central-1' })
    const mock = mockClient(client)
    const sent: string[] = []
    mock.on(PutLogEventsCommand).callsFake(async (input: PutLogEventsCommandInput) => {
      inFlight++
      most = Math.max(most, inFlight)
      await new Promise<void>((resolve) => open.push(resolve))
      inFlight--
      sent.push(...(input.logEvents ?? []).map(({ message }) => message ?? ''))
      return {}
    })
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    return {
      logs: createCloudWatchLogs({ client }),
      sent,
      most: () => most,
      inFlight: () => inFlight,
      async release() {
        open.shift()?.()
        await turn()
      },
      turn,
    }
  }
  const limits: PutLogEventsLimits = { ...PUT_LOG_EVENTS_LIMITS, maxEvents: 1 }

  test('never more than maxInFlight calls; add waits when they are all under way', async () => {
    const gate = gated()
    const { delivery } = setUp(gate.logs, { limits, maxInFlight: 2 })
    // An event stays open until the next one comes: the batches under way are 0 and 1.
    expect(delivery.add('0')).toBeUndefined()
    expect(delivery.add('1')).toBeUndefined()
    expect(delivery.add('2')).toBeUndefined()
    const wait = delivery.add('3')
    expect(wait).toBeInstanceOf(Promise)
    let resumed = false
    void wait?.then(() => {
      resumed = true
    })
    await gate.turn()
    expect([gate.inFlight(), resumed]).toEqual([2, false])
    await gate.release()
    expect([gate.inFlight(), resumed]).toEqual([2, true])
    expect(delivery.add('4')).toBeInstanceOf(Promise)
    const flushed = delivery.flush()
    for (let index = 0; index < 5; index++) await gate.release()
    expect(await flushed).toMatchObject({ added: 5, delivered: 5 })
    expect(gate.most()).toBe(2)
    expect(gate.sent.sort()).toEqual(['0', '1', '2', '3', '4'])
  })

  test('who does not wait loses nothing, and the bound holds all the same', async () => {
    const gate = gated()
    const { delivery } = setUp(gate.logs, { limits, maxInFlight: 3 })
    for (let index = 0; index < 50; index++) void delivery.add(`${index}`)
    const flushed = delivery.flush()
    for (let index = 0; index < 50; index++) await gate.release()
    expect(await flushed).toMatchObject({ delivered: 50 })
    expect(gate.most()).toBe(3)
  })

  test('the default is 4', async () => {
    const gate = gated()
    const { delivery } = setUp(gate.logs, { limits })
    for (let index = 0; index < 9; index++) void delivery.add(`${index}`)
    await gate.turn()
    expect(gate.inFlight()).toBe(4)
    const flushed = delivery.flush()
    for (let index = 0; index < 9; index++) await gate.release()
    await flushed
  })
})

test('the SDK does not retry on its own: each of our calls is one call', async () => {
  const client = createLogsClient({ region: 'eu-central-1' })
  expect(await client.config.maxAttempts()).toBe(1)
  const mock = mockClient(client)
  mock.on(PutLogEventsCommand).rejectsOnce(logsException('throttled')).resolves({})
  const { delivery } = setUp(createCloudWatchLogs({ client }))
  void delivery.add('one')
  expect(await delivery.flush()).toMatchObject({ calls: 2, retries: 1, delivered: 1 })
  expect(mock.commandCalls(PutLogEventsCommand)).toHaveLength(2)
})

test('property: whatever goes wrong, every message is delivered or accounted for', async () => {
  const limits: PutLogEventsLimits = { ...PUT_LOG_EVENTS_LIMITS, maxBatchBytes: 300, maxEventBytes: 150, maxEvents: 4 }
  const failure = fc.constantFrom('throttled', 'unavailable', 'invalid', 'notFound', 'denied', 'other' as const)
  const fault = fc.record({
    failure: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('throttled', 'unavailable', 'notFound' as const) },
      failure,
    ),
    times: fc.integer({ min: 1, max: 4 }),
    operation: fc.constantFrom('putLogEvents', 'putLogEvents', 'createLogStream', 'createLogGroup' as const),
    stored: fc.constant(false),
  })
  const offset = fc.option(fc.constantFrom(0, -HOUR, HOUR, -2 * DAY, -13 * DAY, -15 * DAY, 3 * HOUR), {
    nil: undefined,
  })
  const message = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.integer({ min: 100, max: 140 }).map((size) => 'x'.repeat(size)),
    fc.constantFrom('poison', '', 'ü'.repeat(70)),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(message, offset), { maxLength: 30 }),
      fc.array(fault, { maxLength: 5 }),
      fc.integer({ min: 1, max: 3 }),
      async (events, faults, maxInFlight) => {
        const poison: LogsFault = {
          failure: 'invalid',
          times: Number.POSITIVE_INFINITY,
          when: ({ logEvents }) => logEvents.some((event) => event.message === 'poison'),
        }
        const memory = createMemoryLogs({ now, limits, faults: [...(faults as LogsFault[]), poison] })
        const { delivery, delivered, quarantined } = setUp(memory, { limits, maxInFlight, maxAttempts: 3 })
        let added = 0
        try {
          for (const [index, [text, ms]] of events.entries()) {
            // Records have ids: of two with the very same text, one that is stored answers for the other.
            const own = text === '' || text === 'poison' ? text : `${index} ${text}`
            const wait = delivery.add(own, ms === undefined ? undefined : NOW + ms, `${index}`)
            added++
            if (wait !== undefined) await wait
          }
        } catch (error) {
          expect(error).toBeInstanceOf(BucketwatchError)
        }
        const report = await delivery.flush()
        expect(report.added).toBe(added)
        expect(sumOf(report)).toBe(added)
        expect(report.undelivered > 0 || added < events.length).toBe(report.error !== undefined)
        // No duplicates, since no answer was lost: what is confirmed is stored exactly once.
        expect(memory.events(GROUP)).toHaveLength(report.delivered)
        expect(delivered).toHaveLength(report.delivered)
        const settled = [...delivered, ...quarantined.map(({ tag }) => tag)]
        expect(new Set(settled).size).toBe(settled.length)
        expect(settled.length + report.undelivered).toBe(added)
      },
    ),
    { numRuns: 300 },
  )
})
