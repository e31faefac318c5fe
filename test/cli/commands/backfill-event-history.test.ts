import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Context } from 'aws-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../../shared/contracts/record.ts'
import { createForwarder } from '../../../shared/lambda/handler.ts'
import { createMemoryLogs } from '../../../shared/local/memory-logs.ts'
import { readConfig } from '../../../shared/settings/config.ts'
import { createMemoryState } from '../../../shared/state/memory.ts'
import { cli } from '../../support/cli.ts'
import { memoryStore } from '../../support/ports.ts'

// The time between two look-ups is the reader's, and its own test's.
vi.mock('node:timers/promises', () => ({ setTimeout: async () => {} }))

const cloudFormation = mockClient(CloudFormationClient)
const cloudTrail = mockClient(CloudTrailClient)
const sqs = mockClient(SQSClient)
const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/111122223333/bucketwatch-dev-cloudtrail'
const NOW = Date.parse('2026-03-18T00:40:00Z')
const now = () => NOW
const ARGS = ['backfill', '--event-history', '--region', 'eu-central-1', '--yes']
const DAY = [...ARGS, '--from', '2026-03-17', '--to', '2026-03-18']

const cwd = process.cwd()
let folder: string
let bodies: string[]
let history: ReturnType<typeof event>[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bucketwatch-backfill-history-'))
  process.chdir(folder)
  bodies = []
  for (const mock of [cloudFormation, cloudTrail, sqs]) mock.reset()
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'bucketwatch-dev',
        StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/bucketwatch-dev/1',
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: [{ OutputKey: 'CloudTrailQueueUrl', OutputValue: QUEUE }],
      },
    ],
  })
  // 120 events, one every five minutes from 23:55 on downwards: three pages, ten hours.
  history = Array.from({ length: 120 }, (_, index) => event(index, Date.UTC(2026, 2, 17, 23, 55) - index * 300_000))
  cloudTrail.on(LookupEventsCommand).callsFake(lookup)
  sqs.on(SendMessageBatchCommand).callsFake(accept)
})
afterEach(() => {
  process.chdir(cwd)
  rmSync(folder, { recursive: true, force: true })
})

function event(id: number, time: number) {
  const record = {
    eventVersion: '1.11',
    eventID: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    eventTime: new Date(time).toISOString().replace('.000', ''),
    eventSource: 's3.amazonaws.com',
    eventName: 'DeleteBucketPolicy',
    awsRegion: 'eu-central-1',
    sourceIPAddress: '192.0.2.10',
    userIdentity: { type: 'Root', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:root' },
    eventType: 'AwsApiCall',
    recipientAccountId: '111122223333',
  }
  return { EventId: record.eventID, EventTime: new Date(time), CloudTrailEvent: JSON.stringify(record) }
}

/** As the service: latest first, both times inclusive, pages of 50. */
function lookup({ StartTime, EndTime, NextToken = '0' }: { StartTime: Date; EndTime: Date; NextToken?: string }) {
  const all = history.filter(({ EventTime }) => EventTime >= StartTime && EventTime <= EndTime)
  const end = Number(NextToken) + 50
  return { Events: all.slice(Number(NextToken), end), ...(end < all.length && { NextToken: String(end) }) }
}

function accept({ Entries }: { Entries: { MessageBody: string }[] }) {
  bodies.push(...Entries.map(({ MessageBody }) => MessageBody))
  return { Successful: Entries }
}

/** The stack's function and its table. */
function stack() {
  const logs = createMemoryLogs({ now, faults: [] })
  const state = createMemoryState({ now })
  const metrics = new Metrics({ namespace: 'bucketwatch', serviceName: 'cloudtrail' })
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => metrics)
  const hits: unknown[] = []
  async function take(messages: readonly string[]) {
    // Another instance each time: only the table knows what was before.
    const handler = createForwarder({
      functionName: 'cloudtrail',
      instanceId: 'i-1',
      config: readConfig({ BUCKETWATCH_STAGE: 'dev' }),
      environment: EMPTY_ENVIRONMENT,
      rules: [],
      hits: { put: async (more) => void hits.push(...more) },
      store: memoryStore({}),
      logs,
      state,
      now,
      sleep: async () => {},
      random: () => 0,
      logger: new Logger({ logLevel: 'SILENT' }),
      metrics,
    })
    const Records = messages.map((body, index) => ({ messageId: `m-${index}`, eventSource: 'aws:sqs', body }))
    const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 300_000 } as unknown as Context
    expect(await handler({ Records }, context)).toEqual({ batchItemFailures: [] })
  }
  const ids = () =>
    logs
      .events('/bucketwatch/dev/history')
      .map(({ message }) => JSON.parse(message) as { eventID?: string })
      .flatMap(({ eventID }) => eventID ?? [])
      .sort()
  return { take, ids, logs, hits }
}

const every = () => history.map(({ EventId }) => EventId).sort()

test('says what it comes to, sends each event once to the group history, and nothing to any that alarms', async () => {
  const { code, out } = await cli(DAY, { now })
  expect(out).toEqual([
    'eu-central-1: Event history from 2026-03-17T00:00:00Z to 2026-03-18T00:00:00Z, to the group history, which never alarms',
    expect.stringMatching(/^ {2}roughly \d+ events, 1 minute \(two requests a second\), about \$0\.00 for ingestion/),
    'eu-central-1: 120 events sent',
  ])
  expect(code).toBe(0)
  const { take, ids, logs, hits } = stack()
  await take(bodies)
  expect(ids()).toEqual(every())
  expect([...logs.groups.keys()]).toEqual(['/bucketwatch/dev/history'])
  expect(hits).toEqual([])
  expect(globSync('.bucketwatch/backfill/*')).toEqual([])
})

test('a second run adds nothing, in whatever order events of one second come; a later hour is added', async () => {
  history = history.map(({ EventId }, index) =>
    event(Number(EventId.slice(-12)), NOW - Math.floor(index / 40) * 3_600_000 - 7_200_000),
  )
  const { take, ids } = stack()
  await cli(DAY, { now })
  await take(bodies)
  expect(ids()).toEqual(every())
  history = history.toSorted(
    (a, b) => b.EventTime.getTime() - a.EventTime.getTime() || (a.EventId < b.EventId ? 1 : -1),
  )
  bodies = []
  await cli(DAY, { now })
  await take(bodies)
  expect(ids()).toEqual(every())
  // A time that begins and ends within hours: they are the same hours.
  bodies = []
  history.unshift(event(500, Date.parse('2026-03-18T00:10:00Z')))
  await cli([...ARGS, '--from', '2026-03-17T00:20Z', '--to', '2026-03-18T00:30Z'], { now: () => NOW + 3_600_000 })
  await take(bodies)
  expect(ids()).toEqual(every())
})

test('interrupted, it goes on before the hour it had come to, and all is there once', async () => {
  const stop = new AbortController()
  sqs.on(SendMessageBatchCommand).callsFake((input) => {
    if (bodies.length === 3) stop.abort()
    return accept(input)
  })
  const first = await cli(DAY, { now, signal: stop.signal })
  expect([first.code, first.err.at(-1)]).toEqual([130, 'interrupted: the same command goes on where it was.'])
  const sent = bodies.length
  expect(sent).toBeLessThan(10)
  sqs.on(SendMessageBatchCommand).callsFake(accept)
  const second = await cli(DAY, { now })
  expect([second.code, second.out.at(-1)]).toEqual([0, 'eu-central-1: 120 events sent'])
  expect(second.err[0]).toMatch(/^eu-central-1: going on before 2026-03-17T\d\d:00:00Z \(48 events sent/)
  expect([bodies.length, new Set(bodies).size]).toEqual([10, 10])
  const { take, ids } = stack()
  await take(bodies)
  expect(ids()).toEqual(every())
})

test('an hour whose sending failed half-way is sent again, and adds nothing', async () => {
  const { take, ids } = stack()
  sqs
    .on(SendMessageBatchCommand)
    .callsFakeOnce(accept)
    .rejectsOnce(Object.assign(new Error('no'), { name: 'AccessDenied' }))
  const first = await cli(DAY, { now })
  expect([first.code, first.err.at(-1)]).toEqual([1, expect.stringContaining('AWS_CALL')])
  sqs.reset()
  sqs.on(SendMessageBatchCommand).callsFake(accept)
  rmSync('.bucketwatch', { recursive: true })
  await cli(DAY, { now })
  expect(bodies).toHaveLength(11)
  await take(bodies)
  expect(ids()).toEqual(every())
})

test('--dry-run sends nothing; nobody to ask, nothing there, and a denied look-up are said', async () => {
  const dry = await cli([...DAY, '--dry-run'], { now })
  expect([dry.code, bodies]).toEqual([0, []])
  const unasked = await cli(
    DAY.filter((arg) => arg !== '--yes'),
    { now },
  )
  expect([unasked.code, unasked.err[0]]).toEqual([2, expect.stringContaining('nobody is there to ask')])
  history = []
  const none = await cli(DAY, { now })
  expect([none.code, none.err.at(-1)]).toEqual([1, expect.stringContaining('has nothing in that time')])
  cloudTrail
    .on(LookupEventsCommand)
    .rejects(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }))
  const denied = await cli(DAY, { now })
  expect([denied.code, denied.err[0]]).toEqual([1, expect.stringContaining('cloudtrail:LookupEvents: AccessDenied')])
  expect(bodies).toEqual([])
})

test('each Region is its own', async () => {
  history = history.slice(0, 3)
  const { code, out } = await cli([...DAY, '--history-region', 'us-east-1', '--history-region', 'eu-central-1'], {
    now,
  })
  expect([code, out.slice(-2)]).toEqual([0, ['us-east-1: 3 events sent', 'eu-central-1: 3 events sent']])
  expect(new Set(bodies).size).toBe(2)
})

test.each([
  [['s3://amzn-s3-demo-trail/'], /reads no bucket/],
  [['--kind', 'access-log'], /is CloudTrail/],
  [['--rate', '5'], /--rate is not for/],
  [['--from', '2026-03-18', '--to', '2026-03-17'], /no whole hour/],
  [['--from', '2026-03-18T00:00Z'], /no whole hour/],
  [['--to', '2025-01-01'], /no whole hour/],
])('wrong usage: %j', async (args, message) => {
  const { code, err } = await cli([...ARGS, ...args], { now: () => Date.parse('2026-03-18T01:05:00Z') })
  expect([code, err[0]]).toEqual([2, expect.stringMatching(message)])
})
