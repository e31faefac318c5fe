import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { readLastCanary, readLastReceipt, receiptPattern } from '../../shared/aws/receipts.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'

const NOW = Date.parse('2026-03-17T13:00:00Z')
const GROUP = '/bucketwatch/prod/pipeline'
const logs = mockClient(CloudWatchLogsClient)
const clients = { logs: new CloudWatchLogsClient({ region: 'eu-west-1' }) }
const WANTED = { functionName: 'cloudtrail' }
const receipt = (more: object) =>
  JSON.stringify({ kind: 'receipt', function: 'cloudtrail', status: 'ok', key: 'k', ...more })

/** A group with these events; pages of two. */
function groupOf(events: readonly { timestamp: number; message: string }[]) {
  logs.on(FilterLogEventsCommand).callsFake(({ startTime = 0, endTime = Infinity, nextToken = '0' }) => {
    const inside = events.filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
    const from = Number(nextToken)
    return {
      events: inside.slice(from, from + 2),
      ...(from + 2 < inside.length && { nextToken: String(from + 2) }),
    }
  })
}

beforeEach(() => logs.reset())

describe('readLastReceipt', () => {
  const minute = 60_000
  it('the youngest of a busy group, without reading it all', async () => {
    groupOf(
      Array.from({ length: 60 }, (_, i) => ({
        timestamp: NOW - (60 - i) * minute,
        message: receipt({ key: `k${i}` }),
      })),
    )
    expect(await readLastReceipt(clients, GROUP, WANTED, NOW)).toEqual({ time: NOW - minute, status: 'ok', key: 'k59' })
    expect(logs.commandCalls(FilterLogEventsCommand).length).toBeLessThan(8)
  })

  it('of days ago', async () => {
    const error = { code: 'OBJECT_NOT_FOUND', message: 'gone' }
    groupOf([{ timestamp: NOW - 3 * 1440 * minute, message: receipt({ status: 'failed', error }) }])
    expect(await readLastReceipt(clients, GROUP, WANTED, NOW)).toEqual({
      time: NOW - 3 * 1440 * minute,
      status: 'failed',
      key: 'k',
      error,
    })
  })

  it('none within a week', async () => {
    groupOf([{ timestamp: NOW - 8 * 1440 * minute, message: receipt({}) }])
    expect(await readLastReceipt(clients, GROUP, WANTED, NOW)).toBeUndefined()
  })

  it('what is no receipt does not count', async () => {
    groupOf([
      { timestamp: NOW - minute, message: 'text' },
      { timestamp: NOW - 2 * minute, message: '{"kind":"receipt","function":"cloudtrail"}' },
    ])
    expect(await readLastReceipt(clients, GROUP, WANTED, NOW)).toBeUndefined()
  })
})

describe('what is wanted', () => {
  it.each<[string, Parameters<typeof receiptPattern>[0], object, boolean]>([
    ['the function', WANTED, { bucket: 'b' }, true],
    ['another function', WANTED, { function: 'access-log', bucket: 'b' }, false],
    ['the bucket', { ...WANTED, bucket: 'a.b' }, { bucket: 'a.b' }, true],
    ['another bucket', { ...WANTED, bucket: 'a.b' }, { bucket: 'a-b' }, false],
    ['below the prefix', { ...WANTED, bucket: 'b', prefix: 'x "y"/' }, { bucket: 'b', key: 'x "y"/z' }, true],
    ['not below the prefix', { ...WANTED, bucket: 'b', prefix: 'x/' }, { bucket: 'b', key: 'y/z' }, false],
    ['no receipt', WANTED, { kind: 'rejected' }, false],
  ])('%s: by pattern and by reading', async (_, wanted, more, expected) => {
    const message = receipt(more)
    const parsed = parseFilterPattern(receiptPattern(wanted))
    if (!parsed.ok) throw new Error(parsed.error.message)
    expect(compileFilterPattern(parsed.pattern).match(message)).toBe(expected)
    groupOf([{ timestamp: NOW - 1000, message }])
    expect((await readLastReceipt(clients, GROUP, wanted, NOW)) !== undefined).toBe(expected)
  })

  it('a star in the prefix is no wildcard', async () => {
    const wanted = { ...WANTED, bucket: 'b', prefix: 'x*/' }
    const parsed = parseFilterPattern(receiptPattern(wanted))
    expect(parsed.ok && compileFilterPattern(parsed.pattern).match(receipt({ bucket: 'b', key: 'x*/z' }))).toBe(true)
    groupOf([{ timestamp: NOW - 1000, message: receipt({ bucket: 'b', key: 'xy/z' }) }])
    expect(await readLastReceipt(clients, GROUP, wanted, NOW)).toBeUndefined()
  })
})

describe('readLastCanary', () => {
  const canary = (source: string, more: object = {}) => JSON.stringify({ kind: 'canary', source, seconds: 40, ...more })

  it('is the youngest of its own kind', async () => {
    groupOf([
      { timestamp: NOW - 900_000, message: canary('cloudtrail', { seconds: 61 }) },
      { timestamp: NOW - 300_000, message: canary('cloudtrail') },
      { timestamp: NOW - 200_000, message: canary('access-log') },
      { timestamp: NOW - 100_000, message: canary('cloudtrail', { kind: 'finding' }) },
      { timestamp: NOW - 50_000, message: 'no JSON' },
    ])
    expect(await readLastCanary(clients, GROUP, 'cloudtrail', NOW)).toEqual({ time: NOW - 300_000, seconds: 40 })
    expect(await readLastCanary(clients, GROUP, 'access-log', NOW)).toEqual({ time: NOW - 200_000, seconds: 40 })
  })

  it('none that is older than a day', async () => {
    groupOf([{ timestamp: NOW - 25 * 3_600_000, message: canary('cloudtrail') }])
    expect(await readLastCanary(clients, GROUP, 'cloudtrail', NOW)).toBeUndefined()
  })
})
