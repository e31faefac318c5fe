import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Batch,
  type BatcherOptions,
  createBatcher,
  createStamp,
  logEventBytes,
  PUT_LOG_EVENTS_LIMITS,
  type PutLogEventsLimits,
  readRejections,
  sliceBatch,
} from '../../shared/forward/batch.ts'
import { logStreamName } from '../../shared/forward/log-stream-name.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const DAY = 86_400_000

const cut = (message: string, maxBytes: number) => Buffer.from(message).subarray(0, maxBytes).toString('latin1')

function collect(options: Partial<BatcherOptions<number>> = {}) {
  const batches: Batch<number>[] = []
  const refused: { reason: string; tag: number | undefined }[] = []
  const batcher = createBatcher<number>({
    stamp: createStamp(() => NOW),
    // ASCII, so that a cut is never inside a character.
    shrink: (message, maxBytes) => cut(message.replace(/[^ -~]/g, '?'), maxBytes),
    onRefused: (_, reason, tag) => refused.push({ reason, tag }),
    ...options,
  })
  let tags = 0
  const add = (message: string, timestamp?: number) => {
    batches.push(...(batcher.add(message, timestamp, tags++) ?? []))
  }
  const seal = () => {
    batches.push(...batcher.seal())
    return batches
  }
  return { add, seal, refused, batcher }
}

function breaches({ logEvents, tags, bytes }: Batch<number>, limits: PutLogEventsLimits): string[] {
  const found: string[] = []
  const sizes = logEvents.map(({ message }) => logEventBytes(message, limits))
  if (logEvents.length === 0) found.push('empty batch')
  if (logEvents.length > limits.maxEvents) found.push('too many events')
  if (sizes.some((size) => size > limits.maxEventBytes)) found.push('event too large')
  if (sizes.reduce((sum, size) => sum + size, 0) !== bytes) found.push('bytes miscounted')
  if (bytes > limits.maxBatchBytes) found.push('batch too large')
  if (tags.length !== logEvents.length) found.push('tags out of step')
  if (logEvents.some(({ message }) => message.length === 0)) found.push('empty message')
  const times = logEvents.map(({ timestamp }) => timestamp)
  if (times.some((time, index) => index > 0 && time < times[index - 1]!)) found.push('not ascending')
  if (times.at(-1)! - times[0]! >= limits.maxSpanMs) found.push('spans 24 hours')
  return found
}

describe('createBatcher', () => {
  test.each([
    ['10,000 events', 10_000, 'x', [10_000]],
    ['10,001 events', 10_001, 'x', [10_000, 1]],
    ['exactly 1,048,576 bytes', 1_024, 'x'.repeat(998), [1_024]],
    ['26 bytes an event count', 1_025, 'x'.repeat(998), [1_024, 1]],
    ['bytes, not characters', 1_025, 'ü'.repeat(499), [1_024, 1]],
    ['four-byte characters', 1_025, `${'\u{1f4a3}'.repeat(249)}ab`, [1_024, 1]],
  ])('%s', (_, count, message, sizes) => {
    const { add, seal } = collect()
    for (let index = 0; index < count; index++) add(message)
    const batches = seal()
    expect(batches.map(({ logEvents }) => logEvents.length)).toEqual(sizes)
    expect(batches.flatMap((batch) => breaches(batch, PUT_LOG_EVENTS_LIMITS))).toEqual([])
  })

  test('the largest event passes as it is, one byte more is shrunk', () => {
    let shrinks = 0
    const asked: number[] = []
    const { add, seal } = collect({
      onShrunk: () => shrinks++,
      shrink: (message, maxBytes) => {
        asked.push(maxBytes)
        return message.slice(0, maxBytes)
      },
    })
    add('x'.repeat(1_048_550))
    expect(shrinks).toBe(0)
    add('x'.repeat(1_048_551))
    expect(shrinks).toBe(1)
    expect(asked).toEqual([1_048_550])
    expect(seal().map(({ bytes }) => bytes)).toEqual([1_048_576, 1_048_576])
  })

  test.each([
    ['an empty message', '', undefined, 'empty'],
    ['a message shrunk to nothing', 'x'.repeat(2_000_000), () => '', 'empty'],
    ['a message that does not shrink', 'x'.repeat(2_000_000), (message: string) => message, 'tooLarge'],
    [
      'a shrink that throws',
      'x'.repeat(2_000_000),
      () => {
        throw new Error('fault')
      },
      'tooLarge',
    ],
  ])('%s is refused, the others are not', (_, message, shrink, reason) => {
    const { add, seal, refused } = collect(shrink === undefined ? {} : { shrink })
    add('before')
    add(message)
    add('after')
    expect(seal().flatMap(({ tags }) => tags)).toEqual([0, 2])
    expect(refused).toEqual([{ reason, tag: 1 }])
  })

  test('a lone surrogate becomes U+FFFD', () => {
    const { add, seal } = collect()
    add('a\ud83db')
    expect(seal()[0]?.logEvents[0]?.message).toBe('a\ufffdb')
  })

  test('event times: sorted, equal ones in the order they came, split before 24 hours', () => {
    const { add, seal } = collect()
    for (const offset of [5, 3, DAY + 3, 3, DAY + 2, 0, DAY]) add(`+${offset}`, NOW + offset)
    expect(seal().map(({ tags }) => tags)).toEqual([
      [5, 1, 3, 0],
      [6, 4, 2],
    ])
  })

  test('exactly 24 hours is split too', () => {
    const { add, seal } = collect()
    add('a', NOW)
    add('b', NOW + DAY)
    expect(seal()).toHaveLength(2)
  })

  test.each([undefined, Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300])(
    'time %s becomes the processing time',
    (time) => {
      const { add, seal } = collect()
      add('a', time)
      expect(seal()[0]?.logEvents[0]?.timestamp).toBe(NOW)
    },
  )

  test('a fraction of a millisecond is cut off', () => {
    const { add, seal } = collect()
    add('a', NOW + 0.9)
    expect(seal()[0]?.logEvents[0]?.timestamp).toBe(NOW)
  })

  test('property: no batch breaks a limit, every message is in one batch or refused, once and in order', () => {
    const limits: PutLogEventsLimits = {
      ...PUT_LOG_EVENTS_LIMITS,
      maxBatchBytes: 400,
      maxEventBytes: 200,
      maxEvents: 6,
      maxSpanMs: 1_000,
    }
    const message = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.integer({ min: 160, max: 210 }).map((size) => 'x'.repeat(size)),
      fc.integer({ min: 80, max: 100 }).map((size) => 'ü'.repeat(size)),
      fc.integer({ min: 50, max: 60 }).map((size) => '日'.repeat(size)),
      fc.constantFrom('', '\ud800', '\u{1f4a3}'.repeat(43), '\u{1f4a3}'.repeat(44)),
    )
    const time = fc.option(fc.integer({ min: NOW - 2_500, max: NOW + 2_500 }), { nil: undefined })
    fc.assert(
      fc.property(fc.array(fc.tuple(message, time), { maxLength: 60 }), fc.boolean(), (events, ownTimes) => {
        const { add, seal, refused, batcher } = collect({ limits })
        for (const [text, timestamp] of events) add(text, ownTimes ? timestamp : undefined)
        const batches = seal()
        expect(batches.flatMap((batch) => breaches(batch, limits))).toEqual([])
        expect(batcher.open()).toBe(0)
        const sent = batches.flatMap(({ tags }) => tags)
        if (!ownTimes) expect(sent).toEqual(sent.toSorted((a, b) => a! - b!))
        const seen = [...sent, ...refused.map(({ tag }) => tag)].sort((a, b) => a! - b!)
        expect(seen).toEqual(events.map((_, index) => index))
        for (const { logEvents, tags } of batches) {
          for (const [index, event] of logEvents.entries()) {
            const [text, timestamp] = events[tags[index]!]!
            if (logEventBytes(text.toWellFormed(), limits) <= 200) expect(event.message).toBe(text.toWellFormed())
            expect(event.timestamp).toBe((ownTimes ? timestamp : undefined) ?? NOW)
          }
        }
      }),
    )
  })
})

test('createStamp never goes back and gives whole milliseconds', () => {
  const clock = [10.7, 12, 11, 9, 12, 13]
  const stamp = createStamp(() => clock.shift()!)
  expect([stamp(), stamp(), stamp(), stamp(), stamp(), stamp()]).toEqual([10, 12, 12, 12, 12, 13])
})

test('sliceBatch keeps tags and counts bytes again', () => {
  const batch: Batch<string> = {
    logEvents: ['a', 'ü', 'c'].map((message) => ({ timestamp: NOW, message })),
    tags: ['A', undefined, 'C'],
    bytes: 82,
  }
  expect(sliceBatch(batch, 1, 3)).toEqual({
    logEvents: batch.logEvents.slice(1),
    tags: [undefined, 'C'],
    bytes: 55,
  })
  expect(sliceBatch(batch, 0, 3)).toBe(batch)
})

describe('readRejections', () => {
  const run = (start: number, end: number, rejection?: string) =>
    rejection ? { start, end, rejection } : { start, end }
  test.each([
    ['nothing rejected', undefined, [run(0, 6)]],
    ['an empty answer', {}, [run(0, 6)]],
    ['too old, exclusive', { tooOldLogEventEndIndex: 2 }, [run(0, 2, 'tooOld'), run(2, 6)]],
    ['expired, exclusive', { expiredLogEventEndIndex: 1 }, [run(0, 1, 'expired'), run(1, 6)]],
    ['too new, inclusive', { tooNewLogEventStartIndex: 5 }, [run(0, 5), run(5, 6, 'tooNew')]],
    ['too new from the first', { tooNewLogEventStartIndex: 0 }, [run(0, 6, 'tooNew')]],
    [
      'all three',
      { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 3, tooNewLogEventStartIndex: 5 },
      [run(0, 1, 'tooOld'), run(1, 3, 'expired'), run(3, 5), run(5, 6, 'tooNew')],
    ],
    [
      'expired within too old',
      { tooOldLogEventEndIndex: 3, expiredLogEventEndIndex: 2 },
      [run(0, 3, 'tooOld'), run(3, 6)],
    ],
    [
      'nothing left',
      { tooOldLogEventEndIndex: 3, tooNewLogEventStartIndex: 3 },
      [run(0, 3, 'tooOld'), run(3, 6, 'tooNew')],
    ],
    ['overlap', { tooOldLogEventEndIndex: 4, tooNewLogEventStartIndex: 2 }, [run(0, 4, 'tooOld'), run(4, 6, 'tooNew')]],
    ['beyond the batch', { tooOldLogEventEndIndex: 99, tooNewLogEventStartIndex: 99 }, [run(0, 6, 'tooOld')]],
    ['nonsense', { tooOldLogEventEndIndex: -3, expiredLogEventEndIndex: Number.NaN }, [run(0, 6)]],
  ])('%s', (_, info, expected) => {
    expect(readRejections(6, info)).toEqual(expected)
  })

  test('property: the runs cover the batch exactly once', () => {
    const index = fc.option(fc.integer({ min: -5, max: 25 }), { nil: undefined })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), index, index, index, (count, tooNew, tooOld, expired) => {
        const ranges = readRejections(count, {
          tooNewLogEventStartIndex: tooNew,
          tooOldLogEventEndIndex: tooOld,
          expiredLogEventEndIndex: expired,
        })
        const covered = ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i))
        expect(covered).toEqual(Array.from({ length: count }, (_, i) => i))
      }),
    )
  })
})

describe('logStreamName', () => {
  const now = () => Date.UTC(2026, 10, 25, 23, 59, 59)
  test.each([
    ['cloudtrail', '3f9c', '2026/11/25/cloudtrail/3f9c'],
    ['bucketwatch-dev-cloudtrail', '[$LATEST]3f9c', '2026/11/25/bucketwatch-dev-cloudtrail/[$LATEST]3f9c'],
    ['a:b*c', 'x\ny', '2026/11/25/a-b-c/x-y'],
    ['', '', '2026/11/25/-/-'],
  ])('%s %s', (functionName, instanceId, expected) => {
    expect(logStreamName({ functionName, instanceId, now })).toBe(expected)
  })

  test('stays within 512 characters', () => {
    const name = logStreamName({ functionName: 'f'.repeat(600), instanceId: 'i'.repeat(600), now })
    expect(name.length).toBeLessThanOrEqual(512)
  })
})
