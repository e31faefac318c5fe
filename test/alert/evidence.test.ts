import { describe, expect, test } from 'vitest'
import { collectEvidence } from '../../shared/alert/evidence.ts'
import type { AlertRule } from '../../shared/alert/rules.ts'
import { type LogEvent, type LogSearch, type LogsFailure, LogsPortError } from '../../shared/contracts/ports.ts'
import { createLogSearchOver } from '../../shared/local/alert-memory.ts'
import { ACCESS_LOG, ACTOR, alertRule, CLOUDTRAIL, logEvent, policyRecord, T } from './support.ts'

const window = { start: T - 300_000, end: T }

interface Setting {
  readonly rule?: AlertRule
  readonly groups?: Readonly<Record<string, readonly LogEvent[]>>
  readonly search?: LogSearch
  readonly maxEvents?: number
  readonly signal?: AbortSignal
  readonly limits?: { top: number; records: number }
}

function collect(setting: Setting) {
  const { groups = {}, rule = alertRule(), maxEvents = 1000, signal = new AbortController().signal, limits } = setting
  const search = setting.search ?? createLogSearchOver((name) => groups[name] ?? [], 2)
  return collectEvidence({ search, rule, window, maxEvents, signal, limits })
}

function failing(failure: LogsFailure, only?: string, pages: readonly LogEvent[][] = []): LogSearch {
  return {
    async *filterLogEvents({ logGroupName }) {
      yield* pages
      if (only === undefined || only === logGroupName) throw new LogsPortError(failure, 'told by the test')
    },
  }
}

describe('collectEvidence', () => {
  test('counts who, from where, on what, and when', async () => {
    const records = [
      policyRecord({ eventTime: '2026-03-17T07:19:00Z' }),
      policyRecord({ requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: 'a/b.csv' } }),
      policyRecord({
        eventTime: '2026-03-17T07:18:30Z',
        actorType: 'anonymous',
        actor: undefined,
        tool: 'none',
        outcome: 'failure',
        errorCode: 'AccessDenied',
      }),
    ]
    const evidence = await collect({
      groups: { [CLOUDTRAIL]: records.map((record, i) => logEvent(T - 9 + i, record)) },
    })
    expect(evidence).toMatchObject({
      status: 'complete',
      problems: [],
      windowStart: '2026-03-17T07:15:31.000Z',
      windowEnd: '2026-03-17T07:20:31.000Z',
      total: 3,
      atLeast: false,
      firstTime: '2026-03-17T07:18:02Z',
      lastTime: '2026-03-17T07:19:00Z',
      eventNames: { top: [{ value: 'PutBucketPolicy', count: 3 }], distinct: 1 },
      outcomes: {
        top: [
          { value: 'success', count: 2 },
          { value: 'AccessDenied', count: 1 },
        ],
      },
      actors: {
        top: [
          { value: ACTOR, type: 'user', count: 2 },
          { value: 'anonymous', count: 1 },
        ],
        distinct: 2,
      },
      addresses: { top: [{ value: '198.51.100.23', type: 'public', count: 3 }] },
      tools: { top: [{ value: 'awscli', count: 2 }], distinct: 1 },
      buckets: { distinct: 2 },
      objects: { top: [{ value: 'amzn-s3-demo-bucket/a/b.csv', count: 1 }] },
      accounts: { top: [{ value: '111122223333', count: 3 }] },
    })
    expect(evidence.records).toHaveLength(3)
    expect(evidence.amount).toBeUndefined()
  })

  test('counts what matches the pattern only, whatever the search returns', async () => {
    const events = [policyRecord(), policyRecord({ public: false }), 'no JSON', policyRecord({ public: 'true' })]
    const evidence = await collect({ groups: { [CLOUDTRAIL]: events.map((event) => logEvent(T - 1, event)) } })
    expect(evidence.total).toBe(1)
  })

  test('adds up the groups of a rule, and keeps their records in order', async () => {
    const rule = alertRule({ logGroupNames: [CLOUDTRAIL, ACCESS_LOG] })
    const groups = {
      [CLOUDTRAIL]: [logEvent(T - 5, policyRecord({ eventID: '1' })), logEvent(T - 1, policyRecord({ eventID: '4' }))],
      [ACCESS_LOG]: [logEvent(T - 4, policyRecord({ eventID: '2' })), logEvent(T - 3, policyRecord({ eventID: '3' }))],
    }
    const evidence = await collect({ rule, groups })
    expect(evidence.byLogGroup).toEqual([
      { value: CLOUDTRAIL, count: 2 },
      { value: ACCESS_LOG, count: 2 },
    ])
    expect(evidence.records.map(({ eventID }) => eventID)).toEqual(['1', '2', '3', '4'])
  })

  test('keeps the first and the last records, and the most frequent values', async () => {
    const events = Array.from({ length: 50 }, (_, i) =>
      logEvent(T - 50 + i, policyRecord({ eventID: String(i), sourceIPAddress: `192.0.2.${i % 10}` })),
    )
    const evidence = await collect({ groups: { [CLOUDTRAIL]: events }, limits: { top: 3, records: 2 } })
    expect(evidence.records.map(({ eventID }) => eventID)).toEqual(['0', '1', '48', '49'])
    expect(evidence.addresses).toMatchObject({ distinct: 10, top: [{ count: 5 }, { count: 5 }, { count: 5 }] })
  })

  test('a metric that adds up a field: sums and ranks by it', async () => {
    const rule = alertRule({ metricValue: '$.bytesOut', unit: 'Bytes' })
    const events = [
      policyRecord({ sourceIPAddress: '192.0.2.1', bytesOut: 10 }),
      policyRecord({ sourceIPAddress: '192.0.2.1', bytesOut: 10 }),
      policyRecord({ sourceIPAddress: '192.0.2.2', bytesOut: 5000 }),
      policyRecord({ sourceIPAddress: '192.0.2.3' }),
    ]
    const evidence = await collect({ rule, groups: { [CLOUDTRAIL]: events.map((event) => logEvent(T - 1, event)) } })
    expect(evidence.amount).toBe(5020)
    expect(evidence.addresses.top.map(({ value, count, amount }) => [value, count, amount])).toEqual([
      ['192.0.2.2', 1, 5000],
      ['192.0.2.1', 2, 20],
      ['192.0.2.3', 1, 0],
    ])
  })

  test('receipts and text are told as what they are', async () => {
    const rule = alertRule({ pattern: '' })
    const events = [
      {
        kind: 'receipt',
        time: '2026-03-17T07:19:30Z',
        status: 'failed',
        bucket: 'b',
        key: 'k',
        error: { code: 'GZIP_CORRUPT', message: 'bad' },
      },
      'plain text with X-Amz-Signature=0123456789abcdef in it',
    ]
    const evidence = await collect({
      rule,
      groups: { [CLOUDTRAIL]: events.map((event, i) => logEvent(T - 9 + i, event)) },
    })
    expect(evidence.records).toEqual([
      expect.objectContaining({ eventName: 'receipt', outcome: 'failed', note: 'GZIP_CORRUPT: bad' }),
      expect.objectContaining({ note: 'plain text with X-Amz-Signature=REDACTED in it' }),
    ])
    expect(evidence).toMatchObject({ firstTime: '2026-03-17T07:19:30Z' })
  })

  test('stops at the most it counts, and says so', async () => {
    const events = Array.from({ length: 9 }, (_, i) => logEvent(T - 9 + i, policyRecord()))
    const evidence = await collect({ groups: { [CLOUDTRAIL]: events }, maxEvents: 5 })
    expect(evidence).toMatchObject({ status: 'partial', total: 5, atLeast: true })
    expect(evidence.problems).toEqual(['The search was ended at 5 matching records; there are more.'])
    const exact = await collect({ groups: { [CLOUDTRAIL]: events }, maxEvents: 9 })
    expect(exact).toMatchObject({ status: 'complete', total: 9, atLeast: false })
  })

  test('stops when time is up, and says so', async () => {
    const abort = new AbortController()
    const search: LogSearch = {
      async *filterLogEvents() {
        yield [logEvent(T - 2, policyRecord())]
        abort.abort()
        yield [logEvent(T - 1, policyRecord())]
        yield [logEvent(T, policyRecord())]
      },
    }
    const evidence = await collect({ search, signal: abort.signal })
    expect(evidence).toMatchObject({ status: 'partial', total: 2, atLeast: true })
    expect(evidence.problems.join()).toContain('took too long')
  })

  test.each<[LogsFailure, string]>([
    ['denied', 'access was denied'],
    ['notFound', 'it does not exist'],
    ['throttled', 'throttling'],
    ['unavailable', 'could not be reached'],
    ['invalid', 'refused the search'],
    ['other', 'CloudWatch Logs failed'],
  ])('a search that fails (%s) is said', async (failure, words) => {
    const evidence = await collect({ search: failing(failure) })
    expect(evidence).toMatchObject({ status: 'unavailable', total: 0, atLeast: true })
    expect(evidence.problems).toEqual([expect.stringContaining(words)])
    expect(evidence.problems[0]).toContain(CLOUDTRAIL)
  })

  test('what one group gave counts when the other fails, and what came before a failure', async () => {
    const rule = alertRule({ logGroupNames: [CLOUDTRAIL, ACCESS_LOG] })
    const search = failing('denied', ACCESS_LOG, [[logEvent(T, policyRecord())]])
    expect(await collect({ rule, search })).toMatchObject({ status: 'partial', total: 2, atLeast: true })
  })

  test('a pattern that cannot be read is said, too', async () => {
    const evidence = await collect({ rule: alertRule({ pattern: '{ $.a = }' }) })
    expect(evidence).toMatchObject({ status: 'unavailable', problems: [expect.stringContaining('filter pattern')] })
  })

  test('memory is bounded: different values beyond the limit are said to be more', async () => {
    const events = Array.from({ length: 5100 }, (_, i) =>
      logEvent(T - 1, policyRecord({ requestParameters: { bucketName: 'b', key: `k${i}` } })),
    )
    const evidence = await collect({ groups: { [CLOUDTRAIL]: events }, maxEvents: 10_000 })
    expect(evidence.objects).toMatchObject({ distinct: 5000, capped: true })
    expect(evidence.total).toBe(5100)
  })
})
