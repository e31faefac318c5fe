import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { NormalizedRecord } from '../../shared/contracts/record.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { guarded, parseErrorRecord } from '../../shared/derive/parse-error.ts'
import { abortable } from '../../shared/forward/abortable.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { memoryLog, memoryStore } from '../support/ports.ts'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

const record = (number: number, parameters: string, category = 'Management') =>
  `{"eventVersion":"1.11","eventTime":"2026-03-17T07:18:02Z","eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy",` +
  `"eventID":"00000001-0000-4000-8000-00000000000${number}","eventCategory":"${category}",` +
  `"recipientAccountId":"111122223333","requestParameters":${parameters}}`

describe('whatever one record makes us throw is that record’s', () => {
  test.each(['lean', 'full'].flatMap((detail) => [2_400, 4_500, 400_000].map((levels) => ({ detail, levels }))))(
    '$levels levels of nesting, detail $detail: three records in, three delivered',
    async ({ detail, levels }) => {
      const odd = [
        record(2, `{"n":12345678901234567890,"bucketPolicy":${nested(levels)}}`),
        record(2, `{"bucketPolicy":"${nested(levels)}"}`),
        record(2, `{"u":"X-Amz-Signature=abc","bucketPolicy":${nested(levels)}}`),
        record(2, `{"bucketName":"b","x-amz-meta":${nested(levels)}}`, 'Data'),
      ]
      for (const two of odd) {
        const logs = createMemoryLogs({ now: Date.now })
        const pipeline = createPipeline({
          functionName: 'test',
          instanceId: 'i',
          config: readConfig({ BUCKETWATCH_DETAIL: detail }),
          environment: EMPTY_ENVIRONMENT,
          store: memoryStore({ 'b/k.json.gz': gzipSync(`{"Records":[${record(1, '{}')},${two},${record(3, '{}')}]}`) }),
          logs,
          now: Date.now,
          sleep: async () => {},
          random: () => 0,
          log: memoryLog(),
        })
        const { receipt } = await pipeline.process({ bucket: 'b', key: 'k.json.gz' })
        expect(receipt).toMatchObject({ status: 'ok', recordsIn: 3, delivered: 3 })
      }
    },
  )

  test('a normalizer that throws makes a parse error with the text', () => {
    const normalize = guarded<string>(
      () => {
        throw new RangeError('Maximum call stack size exceeded')
      },
      (text, reason) => parseErrorRecord({ source: 'cloudtrail', service: 'unknown', eventSource: '', text, reason }),
    )
    const { message, view } = normalize('{"a":1}')
    expect(view.kind).toBe('parseError')
    expect(JSON.parse(message)).toMatchObject({
      raw: '{"a":1}',
      parseErrorReason: expect.stringContaining('call stack'),
    })
  })
})

const TINY = '{"eventName":"a","eventSource":"b","eventTime":"2026-03-17T07:18:02Z"}'

test('an object of many tiny records is not split ahead of who takes them', async () => {
  const bytes = gzipSync(`{"Records":[${`${TINY},`.repeat(100_000)}${TINY}]}`)
  const readers = createReaders({ environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: Date.now })
  const taken: NormalizedRecord[] = []
  let pieces = 0
  const stuck = new Promise<void>(() => {})
  void readLog(
    (async function* () {
      yield bytes
    })(),
    {
      readers,
      object: 'cloudtrail',
      maxInflatedBytes: 1e9,
      maxRecordBytes: 1e6,
      onRecord(one) {
        taken.push(one)
        return stuck
      },
      onUnreadable() {
        pieces += 1
      },
    },
  )
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
  // One window of 256 KiB at the most.
  expect([taken.length, pieces]).toEqual([1, 0])
})

describe('a source that hangs', () => {
  const never = () => new Promise<never>(() => {})
  test.each([
    ['before it opens', never],
    ['in the middle', async () => ({ [Symbol.asyncIterator]: () => ({ next: never, return: never }) })],
  ])('%s, is given up in time', async (_, open) => {
    const read = async () => {
      for await (const _chunk of abortable(open, 20)) throw new Error('nothing comes')
    }
    await expect(read()).rejects.toMatchObject({ code: 'OBJECT_READ' })
  })

  test('one that does not is read to its end, and closed where the reader stops', async () => {
    let closed = 0
    async function* source() {
      try {
        yield Buffer.from('a')
        yield Buffer.from('b')
      } finally {
        closed += 1
      }
    }
    const chunks: string[] = []
    for await (const chunk of abortable(async () => source(), Number.POSITIVE_INFINITY)) chunks.push(String(chunk))
    expect([chunks, closed]).toEqual([['a', 'b'], 1])
    for await (const _chunk of abortable(async () => source(), 10_000)) break
    expect(closed).toBe(2)
  })
})
