import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CoverageReport } from '../../../shared/sources/coverage.ts'
import { ACCESS, ACCOUNT, queueArn, REGION, TRAIL } from '../../doctor/support/facts.ts'
import { fakeAccount } from '../../sources/support/account.ts'
import { deliveryPolicy } from '../../sources/support/account-facts.ts'
import { ruleFolder } from '../../sources/support/rules.ts'
import { run } from '../../sources/support/run.ts'

const ONE = 'amzn-s3-demo-one'
const TWO = 'amzn-s3-demo-two'
const MADE = `bucketwatch-logs-${ACCOUNT}-${REGION}`
const PROD = ['--stage', 'prod', '--region', REGION]

let rules: string
beforeAll(() => {
  rules = ruleFolder()
})
afterAll(() => rmSync(rules, { recursive: true }))

let aws: ReturnType<typeof fakeAccount>
let folder: string
let state: string
beforeEach(() => {
  aws = fakeAccount()
  folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-setup-'))
  state = path.join(folder, 'state.json')
  aws.addStack()
  aws.addBucket(ONE)
  aws.addBucket(TWO)
  aws.addBucket(TRAIL)
  aws.addTrail('audit', TRAIL)
})
afterEach(() => rmSync(folder, { recursive: true }))

const setup = (...args: string[]) => run(['setup', ...args, ...PROD, '--yes', '--state', state])
const undo = (...args: string[]) => run(['setup', '--undo', state, ...args, ...PROD, '--yes'])
const trail = () => aws.trails.values().next().value!
async function sights(): Promise<CoverageReport['totals']> {
  return (JSON.parse((await run(['coverage', ...PROD, '--json', '--folder', rules])).out) as CoverageReport).totals
}

/** What others may have before us; none of it may change. */
function hostile(): void {
  trail().selectors = {
    EventSelectors: [
      {
        ReadWriteType: 'WriteOnly',
        IncludeManagementEvents: true,
        ExcludeManagementEventSources: ['kms.amazonaws.com'],
        DataResources: [
          { Type: 'AWS::Lambda::Function', Values: ['arn:aws:lambda'] },
          { Type: 'AWS::S3::Object', Values: [`arn:aws:s3:::${ONE}/payments/`] },
        ],
      },
    ],
  }
  aws.buckets.get(ONE)!.metrics.set('others', { Id: 'others', Filter: { Prefix: 'payments/' } })
  aws.buckets.get(ONE)!.metrics.set('EntireBucket', { Id: 'EntireBucket', Filter: { Prefix: 'x/' } })
  aws.buckets.get(TRAIL)!.notification = {
    TopicConfigurations: [
      { Id: 'siem', TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:siem`, Events: ['s3:ObjectRemoved:*'] },
    ],
    EventBridgeConfiguration: {},
  }
  aws.addBucket('amzn-s3-demo-others-logs', { policy: deliveryPolicy('amzn-s3-demo-others-logs') })
  aws.buckets.get(TWO)!.logging = { TargetBucket: 'amzn-s3-demo-others-logs', TargetPrefix: 'theirs/' }
}

describe('setup', () => {
  it('makes a bare account seen, and undo brings it back', async () => {
    const before = aws.snapshot()
    const bare = await sights()
    // A trail is there, and tells nobody.
    expect(bare).toEqual({ all: 1, part: 0, blind: 6, unknown: 0 })
    const { code, err } = await setup()
    expect({ code, err }).toMatchObject({ code: 0 })

    expect(aws.buckets.get(MADE)).toMatchObject({
      region: REGION,
      ownership: 'BucketOwnerEnforced',
      algorithm: 'AES256',
      publicAccessBlock: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      lifecycle: { Rules: [{ Expiration: { Days: 365 } }] },
    })
    for (const bucket of [ONE, TWO]) {
      expect(aws.buckets.get(bucket)!.logging).toEqual({
        TargetBucket: MADE,
        TargetPrefix: 'access-logs/',
        TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } },
      })
      expect([...aws.buckets.get(bucket)!.metrics.values()]).toEqual([{ Id: 'EntireBucket' }])
    }
    expect(aws.buckets.get(MADE)!.logging).toBeUndefined()
    expect(trail().selectors.AdvancedEventSelectors).toEqual([
      { Name: 'Management events', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
      {
        Name: 'bucketwatch-prod: S3 data events',
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['Data'] },
          { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
          {
            Field: 'resources.ARN',
            NotStartsWith: [TRAIL, ACCESS, MADE].map((bucket) => `arn:aws:s3:::${bucket}/`),
          },
        ],
      },
    ])
    expect(aws.buckets.get(TRAIL)!.notification.QueueConfigurations).toMatchObject([
      { QueueArn: queueArn('cloudtrail') },
    ])
    // The stack must be deployed for the new bucket before that can tell it anything.
    expect(err).toContain(`--param="accessLogBuckets=${ACCESS}/logs/,${MADE}"`)
    // Two by access logs alone, which the stack may not read yet: the one that data events show, too, is seen.
    expect(await sights()).toEqual({ all: 6, part: 0, blind: 1, unknown: 0 })

    const again = await setup()
    expect(again.code).toBe(0)
    expect(again.err).toContain('logs to')

    expect(await undo()).toMatchObject({ code: 0 })
    expect(aws.snapshot()).toEqual(before)
    expect((await undo()).out).toContain('taken back already')
  })

  it('keeps what others have, and gives it back as it was', async () => {
    hostile()
    const before = aws.snapshot()
    const { code, err } = await setup()
    expect({ code, err }).toMatchObject({ code: 0 })
    const [management, lambda, payments, ours, ...more] = trail().selectors.AdvancedEventSelectors!
    expect(more).toEqual([])
    expect(management!.FieldSelectors).toEqual([
      { Field: 'eventCategory', Equals: ['Management'] },
      { Field: 'readOnly', Equals: ['false'] },
      { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] },
    ])
    expect(lambda!.FieldSelectors).toContainEqual({ Field: 'resources.type', Equals: ['AWS::Lambda::Function'] })
    expect(payments!.FieldSelectors).toContainEqual({
      Field: 'resources.ARN',
      StartsWith: [`arn:aws:s3:::${ONE}/payments/`],
    })
    expect(ours!.Name).toBe('bucketwatch-prod: S3 data events')
    expect(aws.buckets.get(ONE)!.metrics.get('others')).toEqual({ Id: 'others', Filter: { Prefix: 'payments/' } })
    expect(aws.buckets.get(ONE)!.metrics.get('EntireBucket')).toEqual({ Id: 'EntireBucket', Filter: { Prefix: 'x/' } })
    expect(aws.buckets.get(ONE)!.metrics.get('EntireBucket-2')).toEqual({ Id: 'EntireBucket-2' })
    expect(aws.buckets.get(TWO)!.logging).toEqual({ TargetBucket: 'amzn-s3-demo-others-logs', TargetPrefix: 'theirs/' })
    // Where others of the Region log already, and it works, is where this one goes.
    expect(aws.buckets.get(ONE)!.logging).toMatchObject({ TargetBucket: 'amzn-s3-demo-others-logs' })
    expect(aws.buckets.get(TRAIL)!.notification).toMatchObject({
      TopicConfigurations: [{ Id: 'siem' }],
      EventBridgeConfiguration: {},
    })
    expect(aws.writes.map(({ name }) => name)).not.toContain('CreateBucket')
    expect(await undo()).toMatchObject({ code: 0 })
    expect(aws.snapshot()).toEqual(before)
  })

  it('undo leaves what somebody has changed since', async () => {
    await setup()
    const theirs = { Name: 'theirs', FieldSelectors: [{ Field: 'eventCategory', Equals: ['NetworkActivity'] }] }
    trail().selectors.AdvancedEventSelectors!.push(theirs)
    aws.buckets.get(ONE)!.logging = { TargetBucket: ACCESS, TargetPrefix: '' }
    aws.buckets.get(MADE)!.objects = 1
    aws.buckets.get(TRAIL)!.notification.LambdaFunctionConfigurations = [
      {
        Id: 'theirs',
        LambdaFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:x',
        Events: ['s3:ObjectRemoved:*'],
      },
    ]
    const { code, err } = await undo()
    expect(code).toBe(0)
    expect(trail().selectors.AdvancedEventSelectors).toEqual([
      { Name: 'Management events', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
      theirs,
    ])
    expect(aws.buckets.get(ONE)!.logging).toEqual({ TargetBucket: ACCESS, TargetPrefix: '' })
    expect(aws.buckets.get(TWO)!.logging).toBeUndefined()
    expect(aws.buckets.has(MADE)).toBe(true)
    expect(aws.buckets.get(TRAIL)!.notification).toMatchObject({ LambdaFunctionConfigurations: [{ Id: 'theirs' }] })
    expect(aws.buckets.get(TRAIL)!.notification.QueueConfigurations).toBeUndefined()
    expect(err).toContain(`${ONE}: somebody has changed it since`)
    expect(err).toContain(`${MADE} holds logs: it stays`)
  })

  it('names only the buckets asked for, adds to them later, and never narrows', async () => {
    await setup(ONE, '--only', 'data-events')
    const ours = () => trail().selectors.AdvancedEventSelectors!.at(-1)!.FieldSelectors!.at(-1)
    expect(ours()).toEqual({ Field: 'resources.ARN', StartsWith: [`arn:aws:s3:::${ONE}/`] })
    await setup(TWO, '--only', 'data-events')
    expect(ours()).toEqual({ Field: 'resources.ARN', StartsWith: [`arn:aws:s3:::${ONE}/`, `arn:aws:s3:::${TWO}/`] })
    const { err } = await setup(ONE, '--only', 'data-events')
    expect(err).toContain('logged already')
    aws.addBucket('amzn-s3-demo-three')
    await setup('--only', 'data-events')
    expect(ours()).toMatchObject({ NotStartsWith: expect.arrayContaining([`arn:aws:s3:::${TRAIL}/`]) })
    aws.addBucket('amzn-s3-demo-four')
    expect((await setup('amzn-s3-demo-four', '--only', 'data-events')).err).toContain('logged already')
    await undo()
    expect(trail().selectors).toEqual(fakeSelectors)
  })

  it('a bucket that holds logs is never selected', async () => {
    const { code, err } = await setup(TRAIL, '--only', 'data-events')
    expect(code).toBe(1)
    expect(err).toContain(`${TRAIL} holds logs`)
    expect(aws.writes).toEqual([])
  })

  it('a bucket does not log to itself, nor in a circle', async () => {
    const itself = await setup(ONE, '--only', 'access-logs', '--log-bucket', ONE)
    expect(itself.code).toBe(1)
    expect(itself.err).toContain('cannot log to itself')
    aws.addBucket(ACCESS, { policy: deliveryPolicy(ACCESS), logging: { TargetBucket: ONE, TargetPrefix: '' } })
    const circle = await setup(ONE, '--only', 'access-logs', '--log-bucket', ACCESS)
    expect(circle.code).toBe(1)
    expect(circle.err).toContain('can end in a circle')
    expect(aws.writes).toEqual([])
  })

  it.each<[string, () => void, string]>([
    [
      'of another Region',
      () => aws.addBucket(ACCESS, { region: 'us-west-2', policy: deliveryPolicy(ACCESS) }),
      'is in us-west-2',
    ],
    ['with SSE-KMS', () => aws.addBucket(ACCESS, { algorithm: 'aws:kms', policy: deliveryPolicy(ACCESS) }), 'aws:kms'],
    ['that lets nobody deliver', () => aws.addBucket(ACCESS), 'does not let logging.s3.amazonaws.com deliver'],
  ])('a target %s is refused', async (_, add, what) => {
    add()
    const { code, err } = await setup(ONE, '--only', 'access-logs', '--log-bucket', ACCESS)
    expect(code).toBe(1)
    expect(err).toContain(what)
    expect(aws.writes).toEqual([])
  })

  it("leaves others' access logging alone, even where it is of no use, and says how to mend it", async () => {
    aws.buckets.get(ONE)!.logging = { TargetBucket: ONE, TargetPrefix: 'x' }
    const { code, err } = await setup(ONE, '--only', 'access-logs')
    expect(code).toBe(1)
    expect(err).toContain(`${ONE} → ${ONE}`)
    expect(aws.writes).toEqual([])
  })

  it('makes a target for each Region', async () => {
    aws.addBucket('amzn-s3-demo-us', { region: 'us-east-1' })
    await setup('--only', 'access-logs')
    expect(aws.buckets.get(`bucketwatch-logs-${ACCOUNT}-us-east-1`)).toMatchObject({ region: 'us-east-1' })
    expect(aws.buckets.get('amzn-s3-demo-us')!.logging!.TargetBucket).toBe(`bucketwatch-logs-${ACCOUNT}-us-east-1`)
    expect(aws.buckets.get(ONE)!.logging!.TargetBucket).toBe(MADE)
  })

  it('counts prefixes where they are asked for', async () => {
    await setup(ONE, '--only', 'request-metrics', '--metrics-prefix', 'payments/', '--metrics-prefix', 'a b/')
    expect([...aws.buckets.get(ONE)!.metrics.values()]).toEqual([
      { Id: 'prefix-payments', Filter: { Prefix: 'payments/' } },
      { Id: 'prefix-a-b', Filter: { Prefix: 'a b/' } },
    ])
    expect((await setup(ONE, '--only', 'request-metrics', '--metrics-prefix', 'payments/')).out).toContain(
      'Nothing to change',
    )
  })

  it.each<[string, () => void, string]>([
    [
      'belongs to the organization',
      () =>
        void Object.assign(trail().trail, {
          TrailARN: `arn:aws:cloudtrail:${REGION}:444455556666:trail/audit`,
          IsOrganizationTrail: true,
        }),
      'no trail of its own',
    ],
    ['is stopped', () => void Object.assign(trail(), { logging: false }), 'No trail of this account logs now'],
    ['is one of two', () => void aws.addTrail('second', TRAIL), 'There are several trails'],
  ])('a trail that %s is not changed', async (_, spoil, what) => {
    spoil()
    const { code, err } = await setup('--only', 'data-events')
    expect(code).toBe(1)
    expect(err).toContain(what)
    expect(aws.writes).toEqual([])
  })

  it('refuses more conditions than CloudTrail takes', async () => {
    trail().selectors = {
      AdvancedEventSelectors: [
        {
          Name: 'theirs',
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Data'] },
            { Field: 'resources.type', Equals: ['AWS::Lambda::Function'] },
            { Field: 'resources.ARN', Equals: Array.from({ length: 496 }, (_, n) => `arn:aws:lambda:::${n}`) },
          ],
        },
      ],
    }
    const { code, err } = await setup(ONE, '--only', 'data-events')
    expect(code).toBe(1)
    expect(err).toContain('would have 501 conditions')
  })

  it('stops where somebody changed the setting since it was shown', async () => {
    const { cloudTrail } = aws.mocks
    const { GetEventSelectorsCommand } = await import('@aws-sdk/client-cloudtrail')
    let reads = 0
    cloudTrail.on(GetEventSelectorsCommand).callsFake(() => {
      reads += 1
      return reads === 1
        ? trail().selectors
        : {
            AdvancedEventSelectors: [
              { Name: 'theirs', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
            ],
          }
    })
    const { code, err } = await setup('--only', 'data-events')
    expect(code).toBe(1)
    expect(err).toContain('SETUP_RACE')
    expect(aws.writes).toEqual([])
  })

  it('what a failure leaves can be taken back', async () => {
    const before = aws.snapshot()
    const { PutBucketLoggingCommand } = await import('@aws-sdk/client-s3')
    aws.mocks.s3.on(PutBucketLoggingCommand).rejectsOnce(Object.assign(new Error('no'), { name: 'AccessDenied' }))
    const { code, err } = await setup()
    expect(code).toBe(1)
    expect(err).toContain('s3:PutBucketLogging: AccessDenied')
    expect(aws.buckets.has(MADE)).toBe(true)
    const statuses = JSON.parse(readFileSync(state, 'utf8')).changes.map((one: { status: string }) => one.status)
    expect(statuses).toEqual(['done', 'begun'])
    expect(await undo()).toMatchObject({ code: 0 })
    expect(aws.snapshot()).toEqual(before)
  })

  it('shows, and changes nothing with --dry-run, or without a yes', async () => {
    const { code, out, err } = await run(['setup', ...PROD, '--dry-run', '--state', state])
    expect(code).toBe(0)
    expect(out).toContain('would be made. Nothing was changed.')
    expect(err).toContain('costs: $1.00 per million requests')
    expect(err).toMatch(/^ {3}\+ {2}"AdvancedEventSelectors": \[$/m)
    expect((await run(['setup', ...PROD, '--state', state], 'n\n')).code).toBe(1)
    expect((await run(['setup', ...PROD, '--state', state])).err).toContain('nobody to ask')
    expect(aws.writes).toEqual([])
    expect(existsSync(state)).toBe(false)
    expect((await run(['setup', ONE, '--only', 'request-metrics', ...PROD, '--state', state], 'y\n')).code).toBe(0)
    expect(aws.writes).toHaveLength(1)
  })

  it.each<[string[], string]>([
    [['--only', 'cloudtrail'], '--only is of data-events'],
    [['--retention-days', '0'], 'whole number of days'],
    [['--profile', 'a,b'], 'one account at a time'],
    [['--undo', '/nowhere/state.json'], 'there is no file'],
  ])('%j is wrong usage', async (args, what) => {
    const { code, err } = await run(['setup', ...args, ...PROD])
    expect(code).toBe(2)
    expect(err).toContain(what)
  })

  it('a file of another account, or no such file, is not undone', async () => {
    writeFileSync(
      state,
      JSON.stringify({ version: 1, stage: 'prod', region: REGION, accountId: '444455556666', changes: [] }),
    )
    expect((await undo()).err).toContain('is of the account 444455556666')
    writeFileSync(state, '{"version":2}')
    expect((await undo()).err).toContain('is no file that setup has written')
  })
})

const fakeSelectors = {
  EventSelectors: [
    { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
  ],
}
