import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { readLastReceipt, receiptPattern } from '../../shared/aws/receipts.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'

const NOW = Date.parse('2026-03-17T13:00:00Z')
const GROUP = '/bucketwatch/prod/pipeline'
const logs = mockClient(CloudWatchLogsClient)
const clients = { logs: new CloudWatchLogsClient({ region: 'eu-west-1' }) }
const receipt = (more: object) => JSON.stringify({ kind: 'receipt', status: 'ok', key: 'k', ...more })

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
    expect(await readLastReceipt(clients, GROUP, 'x', NOW)).toEqual({ time: NOW - minute, status: 'ok', key: 'k59' })
    expect(logs.commandCalls(FilterLogEventsCommand).length).toBeLessThan(8)
  })

  it('of days ago', async () => {
    const error = { code: 'OBJECT_NOT_FOUND', message: 'gone' }
    groupOf([{ timestamp: NOW - 3 * 1440 * minute, message: receipt({ status: 'failed', error }) }])
    expect(await readLastReceipt(clients, GROUP, 'x', NOW)).toEqual({
      time: NOW - 3 * 1440 * minute,
      status: 'failed',
      key: 'k',
      error,
    })
  })

  it('none within a week', async () => {
    groupOf([{ timestamp: NOW - 8 * 1440 * minute, message: receipt({}) }])
    expect(await readLastReceipt(clients, GROUP, 'x', NOW)).toBeUndefined()
  })

  it('what is no receipt does not count', async () => {
    groupOf([
      { timestamp: NOW - minute, message: 'text' },
      { timestamp: NOW - 2 * minute, message: '{"kind":"receipt"}' },
    ])
    expect(await readLastReceipt(clients, GROUP, 'x', NOW)).toBeUndefined()
  })
})

describe('receiptPattern', () => {
  it.each<[string, Parameters<typeof receiptPattern>, object, boolean]>([
    ['the function', ['cloudtrail'], { function: 'cloudtrail', bucket: 'b' }, true],
    ['another function', ['cloudtrail'], { function: 'access-log', bucket: 'b' }, false],
    ['the bucket', ['cloudtrail', 'a.b'], { function: 'cloudtrail', bucket: 'a.b' }, true],
    ['another bucket', ['cloudtrail', 'a.b'], { function: 'cloudtrail', bucket: 'a-b' }, false],
    ['below the prefix', ['cloudtrail', 'b', 'x "y"/'], { function: 'cloudtrail', bucket: 'b', key: 'x "y"/z' }, true],
    ['not below the prefix', ['cloudtrail', 'b', 'x/'], { function: 'cloudtrail', bucket: 'b', key: 'y/z' }, false],
    [
      'a prefix that would be a glob',
      ['cloudtrail', 'b', 'x*y'],
      { function: 'cloudtrail', bucket: 'b', key: 'z' },
      true,
    ],
  ])('%s', (_, args, record, expected) => {
    const parsed = parseFilterPattern(receiptPattern(...args))
    if (!parsed.ok) throw new Error(parsed.error.message)
    expect(compileFilterPattern(parsed.pattern).match(receipt(record))).toBe(expected)
  })
})
