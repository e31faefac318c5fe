/** From an account that logs nothing to one that sees everything, and back: `setup --new-trail` against an account in memory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { CoverageReport } from '../../../shared/sources/coverage.ts'
import { ACCOUNT, queueArn, REGION } from '../../doctor/support/facts.ts'
import { fakeAccount } from '../../sources/support/account.ts'
import { deliveryPolicy } from '../../sources/support/account-facts.ts'
import { ruleFolder } from '../../sources/support/rules.ts'
import { run } from '../../sources/support/run.ts'
import { fakeSourcesStack } from '../../sources/support/sources-stack.ts'

const DATA = 'amzn-s3-demo-data'
const THEIRS = 'amzn-s3-demo-theirs'
const TRAIL_BUCKET = 'bucketwatch-prod-sources-trailbucket-example'
const LOG_BUCKET = `bucketwatch-logs-${ACCOUNT}-${REGION}`
const PROD = ['--stage', 'prod', '--region', REGION]

let rules: string
beforeAll(() => {
  rules = ruleFolder()
})
afterAll(() => rmSync(rules, { recursive: true }))

let aws: ReturnType<typeof fakeAccount>
let stacks: ReturnType<typeof fakeSourcesStack>
let folder: string
let state: string
beforeEach(() => {
  aws = fakeAccount()
  stacks = fakeSourcesStack(aws)
  folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-new-trail-'))
  state = path.join(folder, 'state.json')
  aws.addBucket(DATA)
  // What others have configured, and nobody may lose.
  aws.addBucket(THEIRS, {
    metrics: new Map([['theirs', { Id: 'theirs', Filter: { Prefix: 'x/' } }]]),
    notification: { EventBridgeConfiguration: {} },
    publicAccessBlock: { BlockPublicAcls: true },
    policy: '{"Statement":[]}',
  })
})
afterEach(() => rmSync(folder, { recursive: true }))

const setup = (...args: string[]) => run(['setup', ...args, ...PROD, '--yes', '--state', state])
async function coverage() {
  const { code, out } = await run(['coverage', ...PROD, '--json', '--folder', rules])
  return { code, ...(JSON.parse(out) as CoverageReport) }
}

it('a bare account is made fully covered, and bare again by undo; nothing of others is overwritten', async () => {
  const before = aws.snapshot()
  const bare = await coverage()
  expect(bare.totals).toEqual({ all: 0, part: 0, blind: bare.rules.length, unknown: 0 })

  // A trail and its buckets, then all else that needs no stack; what is left is a deployment.
  const first = await setup('--new-trail')
  expect(first, first.err).toMatchObject({ code: 0 })
  expect([...stacks.keys()]).toEqual(['bucketwatch-prod-sources'])
  expect(first.err).toContain(`--param="cloudTrailBuckets=${TRAIL_BUCKET}" --param="accessLogBuckets=${LOG_BUCKET}"`)
  expect(aws.writes.map(({ name }) => name)).not.toContain('CreateBucket')
  for (const bucket of [DATA, THEIRS])
    expect(aws.buckets.get(bucket)!.logging).toMatchObject({ TargetBucket: LOG_BUCKET })
  expect(aws.buckets.get(THEIRS)).toMatchObject({
    notification: { EventBridgeConfiguration: {} },
    publicAccessBlock: { BlockPublicAcls: true },
    policy: '{"Statement":[]}',
  })
  expect(aws.buckets.get(THEIRS)!.metrics.get('theirs')).toEqual({ Id: 'theirs', Filter: { Prefix: 'x/' } })

  aws.addStack({ cloudtrail: TRAIL_BUCKET, 'access-log': LOG_BUCKET })
  const second = await setup()
  expect(second, second.err).toMatchObject({ code: 0 })
  expect(aws.buckets.get(TRAIL_BUCKET)!.notification.QueueConfigurations).toMatchObject([
    { QueueArn: queueArn('cloudtrail') },
  ])
  const full = await coverage()
  expect(full.rules.filter(({ sight }) => sight !== 'all')).toEqual([])
  expect(full.code).toBe(0)
  for (const bucket of [DATA, THEIRS]) {
    const { cells } = full.accounts[0]!.buckets.find((one) => one.bucket === bucket)!
    expect(cells).toMatchObject({
      managementEvents: { state: 'on' },
      dataReads: { state: 'on' },
      dataWrites: { state: 'on' },
      accessLogs: { state: 'on' },
      requestMetrics: { state: 'on' },
    })
  }
  // The buckets that hold logs are no part of the data events, so nothing echoes.
  for (const bucket of [TRAIL_BUCKET, LOG_BUCKET])
    expect(full.accounts[0]!.buckets.find((one) => one.bucket === bucket)!.cells).toMatchObject({
      dataWrites: { state: 'off' },
      notification: { state: 'on' },
    })
  expect((await setup()).out).toContain('Nothing to change')

  const undo = await run(['setup', '--undo', state, ...PROD, '--yes'])
  expect(undo, undo.err).toMatchObject({ code: 0 })
  expect(aws.snapshot()).toEqual(before)
  expect([...stacks.keys()]).toEqual([])
})

it('undo leaves logs that were delivered meanwhile', async () => {
  await setup('--new-trail', '--only', 'data-events')
  aws.buckets.get(TRAIL_BUCKET)!.objects = 3
  const { code, err } = await run(['setup', '--undo', state, ...PROD, '--yes'])
  expect(code).toBe(0)
  expect(err).toContain(`${TRAIL_BUCKET} holds logs: it stays`)
  expect(aws.trails.size).toBe(0)
  expect([...aws.buckets.keys()]).toEqual([DATA, THEIRS, TRAIL_BUCKET])
})

it('without data events, none are paid for', async () => {
  const { err } = await setup('--new-trail', '--only', 'access-logs')
  const [trail] = aws.trails.values()
  expect(trail!.selectors.AdvancedEventSelectors).toHaveLength(1)
  expect(err).not.toContain('$1.00 per million')
})

it('makes none where a trail logs, and does not touch a stack of that name that is there', async () => {
  aws.addTrail('theirs', THEIRS)
  const { err } = await setup('--new-trail', '--only', 'request-metrics')
  expect(err).toContain('The trail theirs logs already: no new one is made.')
  expect([...stacks.keys()]).toEqual([])
  aws.trails.clear()
  await setup('--new-trail', '--only', 'data-events')
  aws.trails.get(`arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/bucketwatch-prod`)!.logging = false
  const again = await setup('--new-trail', '--only', 'data-events')
  expect(again.code).toBe(1)
  expect(again.err).toContain(`aws cloudtrail start-logging --name bucketwatch-prod --region ${REGION}`)
  expect(aws.writes.filter(({ name }) => name === 'CreateStack')).toHaveLength(1)
})

it('a bucket for access logs that is there, of another stage or of a time before, is used and not made again', async () => {
  aws.addBucket(LOG_BUCKET, { policy: deliveryPolicy(LOG_BUCKET), objects: 5 })
  const before = aws.snapshot()
  const { code, err } = await setup('--new-trail')
  expect({ code, err }).toMatchObject({ code: 0 })
  expect(aws.buckets.get(DATA)!.logging).toMatchObject({ TargetBucket: LOG_BUCKET })
  expect((await run(['setup', '--undo', state, ...PROD, '--yes'])).code).toBe(0)
  expect(aws.snapshot()).toEqual(before)
})

it('buckets of another Region get a bucket for access logs there', async () => {
  aws.addBucket('amzn-s3-demo-us', { region: 'us-east-1' })
  await setup('--new-trail')
  expect(aws.buckets.get('amzn-s3-demo-us')!.logging).toMatchObject({
    TargetBucket: `bucketwatch-logs-${ACCOUNT}-us-east-1`,
  })
  // Its trail leaves those out from the beginning: no selector has to be put again.
  expect(aws.writes.map(({ name }) => name)).not.toContain('PutEventSelectors')
})
