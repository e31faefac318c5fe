/** Accounts that nobody would wish for: what may not be looked at, what others have configured, and how much of it. */
import { rmSync } from 'node:fs'
import type { AdvancedEventSelector } from '@aws-sdk/client-cloudtrail'
import { GetBucketAclCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CoverageReport } from '../../../shared/sources/coverage.ts'
import { ACCESS, ACCOUNT, queueArn, REGION, TRAIL } from '../../doctor/support/facts.ts'
import { fakeAccount } from '../../sources/support/account.ts'
import { deliveryPolicy } from '../../sources/support/account-facts.ts'
import { ruleFolder } from '../../sources/support/rules.ts'
import { run } from '../../sources/support/run.ts'

const DATA = 'amzn-s3-demo-data'
const PROD = ['--stage', 'prod', '--region', REGION]

let rules: string
beforeAll(() => {
  rules = ruleFolder()
})
afterAll(() => rmSync(rules, { recursive: true }))

let aws: ReturnType<typeof fakeAccount>
/** An account in which every rule sees everything. */
function sound(): void {
  aws = fakeAccount()
  aws.addStack()
  const told = (kind: 'cloudtrail' | 'access-log') => ({
    QueueConfigurations: [{ QueueArn: queueArn(kind), Events: ['s3:ObjectCreated:*' as const] }],
  })
  aws.addBucket(TRAIL, { notification: told('cloudtrail') })
  aws.addBucket(ACCESS, { notification: told('access-log'), policy: deliveryPolicy(ACCESS) })
  aws.addBucket(DATA, {
    logging: { TargetBucket: ACCESS, TargetPrefix: 'logs/' },
    metrics: new Map([['EntireBucket', { Id: 'EntireBucket' }]]),
    versioning: 'Enabled',
  })
  aws.beside.directoryBuckets.set(REGION, ['amzn-s3-demo-bucket--euw1-az1--x-s3'])
  aws.beside.eventDataStores.set(REGION, [{ Name: 'lake', EventDataStoreArn: 'arn:lake', Status: 'ENABLED' }])
  select(data())
}
beforeEach(sound)

const data = (...more: Fields): AdvancedEventSelector => ({
  Name: 'theirs',
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
    ...more,
  ],
})
const management: AdvancedEventSelector = { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] }
function select(...selectors: AdvancedEventSelector[]): void {
  aws.trails.clear()
  aws.addTrail('audit', TRAIL).selectors = { AdvancedEventSelectors: [management, ...selectors] }
}

async function look(...args: string[]): Promise<CoverageReport> {
  const { out, err } = await run(['coverage', ...args, ...PROD, '--json', '--folder', rules])
  if (out === '') throw new Error(err)
  return JSON.parse(out) as CoverageReport
}
const cellsOf = (report: CoverageReport, bucket = DATA) =>
  report.accounts[0]!.buckets.find((one) => one.bucket === bucket)!.cells

describe('whatever call is refused or throttled', () => {
  type Service = keyof typeof aws.mocks
  type Sent = { readonly service: Service; readonly type: Parameters<(typeof aws.mocks)['s3']['on']>[0] }

  /** Every command that a look sends. */
  async function sent(): Promise<Sent[]> {
    await look()
    return Object.entries(aws.mocks).flatMap(([service, mock]) =>
      [...new Set(mock.calls().map(({ args }) => args[0].constructor))].map(
        (type) => ({ service, type }) as unknown as Sent,
      ),
    )
  }

  it.each(['AccessDenied', 'ThrottlingException'])(
    '%s: it is said, nothing that was on is off, and no rule is blind',
    async (name) => {
      const before = await look()
      expect(before.rules.filter(({ sight }) => sight !== 'all')).toEqual([])
      const wanted = cellsByBucket(before)
      const calls = await sent()
      expect(calls.length).toBeGreaterThan(20)
      for (const { service, type } of calls) {
        if (type.name === 'GetCallerIdentityCommand') continue
        sound()
        const refusal = Object.assign(new Error('refused'), { name, $metadata: { httpStatusCode: 400 } })
        aws.mocks[service as 's3'].on(type).rejects(refusal)
        const { code, out, err } = await run(['coverage', ...PROD, '--json', '--folder', rules])
        const after = JSON.parse(out) as CoverageReport
        const what = `${service} ${type.name}`
        // Where the policy lets deliveries in, nobody has to know what the ACL says.
        const needless = ['GetBucketOwnershipControlsCommand', 'GetBucketAclCommand'].includes(type.name)
        if (needless) expect(after, what).toEqual(before)
        else expect(out + err, what).toContain(name)
        for (const [bucket, cells] of Object.entries(cellsByBucket(after)))
          for (const [cell, { state }] of Object.entries(cells)) {
            const was = wanted[bucket]?.[cell as keyof typeof cells].state
            if (was !== state) expect(state, `${what}: ${bucket} ${cell} was ${was}`).toBe('unknown')
          }
        for (const { id, sight } of after.rules) expect(['all', 'unknown'], `${what}: ${id}`).toContain(sight)
        if (after.rules.some(({ sight }) => sight === 'unknown')) expect(code, what).toBe(1)
      }
    },
  )

  it('where only the ACL could let log delivery in, and may not be looked at, that is not known', async () => {
    aws.buckets.get(ACCESS)!.policy = undefined
    aws.buckets.get(ACCESS)!.ownership = 'ObjectWriter'
    aws.mocks.s3.on(GetBucketAclCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }))
    expect(cellsOf(await look()).accessLogs).toMatchObject({
      state: 'unknown',
      what: expect.stringContaining('whether its ACL does could not be looked at'),
    })
    aws.buckets.get(ACCESS)!.ownership = 'BucketOwnerEnforced'
    expect(cellsOf(await look()).accessLogs.state).toBe('wrong')
  })

  const cellsByBucket = (report: CoverageReport) =>
    Object.fromEntries(report.accounts[0]!.buckets.map(({ bucket, cells }) => [bucket, cells]))
})

const arn = (bucket: string, key = '') => `arn:aws:s3:::${bucket}/${key}`
type Fields = NonNullable<AdvancedEventSelector['FieldSelectors']>
const is = (field: Fields[number]) => field

describe('selectors of others', () => {
  it.each<[string, AdvancedEventSelector[], 'on' | 'part' | 'off', 'on' | 'part' | 'off']>([
    ['leave this bucket out', [data(is({ Field: 'resources.ARN', NotStartsWith: [arn(DATA)] }))], 'off', 'off'],
    ['leave a folder out', [data(is({ Field: 'resources.ARN', NotStartsWith: [arn(DATA, 'tmp/')] }))], 'part', 'part'],
    [
      'leave a bucket out whose name begins so',
      [data(is({ Field: 'resources.ARN', NotStartsWith: [`arn:aws:s3:::${DATA}-archive/`] }))],
      'on',
      'on',
    ],
    [
      'select and leave out in one field',
      [data(is({ Field: 'resources.ARN', StartsWith: [arn(DATA)], NotEndsWith: ['.tmp'] }))],
      'part',
      'part',
    ],
    [
      'are two halves of one whole',
      [
        data(is({ Field: 'readOnly', Equals: ['true'] })),
        data(
          is({ Field: 'readOnly', Equals: ['false'] }),
          is({ Field: 'resources.ARN', StartsWith: ['arn:aws:s3:::amzn'] }),
        ),
      ],
      'on',
      'on',
    ],
    ['writes only', [data(is({ Field: 'readOnly', Equals: ['false'] }))], 'off', 'on'],
    ['some calls only', [data(is({ Field: 'eventName', Equals: ['DeleteObject', 'PutObject'] }))], 'part', 'part'],
    ['all calls but one', [data(is({ Field: 'eventName', NotEquals: ['HeadObject'] }))], 'part', 'part'],
    [
      'all callers but a role',
      [data(is({ Field: 'userIdentity.arn', NotStartsWith: ['arn:aws:sts::111122223333:assumed-role/backup/'] }))],
      'part',
      'part',
    ],
    [
      'network activity, which is none of it',
      [
        {
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['NetworkActivity'] },
            { Field: 'eventSource', Equals: ['s3.amazonaws.com'] },
            { Field: 'errorCode', Equals: ['VpceAccessDenied'] },
          ],
        },
      ],
      'off',
      'off',
    ],
    [
      'another kind of resource',
      [
        {
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Data'] },
            { Field: 'resources.type', Equals: ['AWS::S3::AccessPoint'] },
          ],
        },
      ],
      'off',
      'off',
    ],
    ['a field that nobody knows yet', [data(is({ Field: 'someday', Equals: ['x'] }))], 'part', 'part'],
    ['no field at all', [{ Name: 'empty', FieldSelectors: [] }], 'on', 'on'],
  ])('%s', async (_, selectors, reads, writes) => {
    select(...selectors)
    expect(cellsOf(await look())).toMatchObject({ dataReads: { state: reads }, dataWrites: { state: writes } })
  })

  it('of a trail with basic ones and of one with advanced ones count together', async () => {
    select(data(is({ Field: 'readOnly', Equals: ['true'] })))
    aws.addTrail('second', TRAIL).selectors = {
      EventSelectors: [
        {
          ReadWriteType: 'WriteOnly',
          IncludeManagementEvents: false,
          DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::'] }],
        },
      ],
    }
    expect(cellsOf(await look())).toMatchObject({
      dataReads: { state: 'on', what: 'audit' },
      dataWrites: { state: 'on', what: 'second' },
    })
  })

  it('500 conditions are judged, not given up on', async () => {
    const others = Array.from({ length: 497 }, (_, n) => arn(`amzn-s3-demo-other-${n}`))
    select(data(is({ Field: 'resources.ARN', NotStartsWith: others })))
    expect(cellsOf(await look()).dataReads.state).toBe('on')
  })
})

describe('trails', () => {
  it('of the organization, in another Region, and seen as a shadow in this one, log here and are not changed', async () => {
    aws.trails.clear()
    const home = 'us-east-1'
    const shadow = aws.addTrail('organization', TRAIL, {
      TrailARN: `arn:aws:cloudtrail:${home}:444455556666:trail/organization`,
      HomeRegion: home,
      IsOrganizationTrail: true,
    })
    shadow.selectors = { AdvancedEventSelectors: [management, data()] }
    const report = await look()
    expect(cellsOf(report)).toMatchObject({
      managementEvents: { state: 'on', what: 'organization' },
      dataReads: { state: 'on' },
    })
    expect(report.accounts[0]!.trails.map(({ scope, homeRegion }) => [scope, homeRegion])).toEqual([
      ['organization, all Regions', home],
    ])
    const { code, err } = await run(['setup', '--only', 'data-events', ...PROD, '--yes'])
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(aws.writes).toEqual([])
  })

  it('of one other Region see nothing here', async () => {
    aws.trails.clear()
    aws.addTrail('elsewhere', TRAIL, {
      TrailARN: `arn:aws:cloudtrail:us-west-2:${ACCOUNT}:trail/elsewhere`,
      HomeRegion: 'us-west-2',
      IsMultiRegionTrail: false,
    }).selectors = { AdvancedEventSelectors: [management, data()] }
    expect(cellsOf(await look())).toMatchObject({ managementEvents: { state: 'off' }, dataReads: { state: 'off' } })
  })

  it('whose aggregates are delivered show their events all the same, and no more', async () => {
    const [trail] = aws.trails.values()
    trail!.templates = ['RESOURCE_ACCESS']
    expect(cellsOf(await look()).dataReads.state).toBe('on')
    trail!.selectors = { AdvancedEventSelectors: [management] }
    expect(cellsOf(await look()).dataReads.state).toBe('off')
  })
})

it('300 buckets are one report: each of them once, and each rule told once', { timeout: 120_000 }, async () => {
  for (let n = 0; n < 300; n += 1) aws.addBucket(`amzn-s3-demo-many-${String(n).padStart(3, '0')}`)
  const report = await look()
  expect(report.accounts[0]!.buckets).toHaveLength(303)
  const rule = report.rules.find(({ id }) => id === 'sal-anon-write')!
  expect(rule).toMatchObject({
    sight: 'part',
    remedies: [`bucketwatch setup --only access-logs --stage prod --region ${REGION}`],
  })
  expect(rule.reasons).toEqual([
    'amzn-s3-demo-many-000, amzn-s3-demo-many-001 and 298 more: server access logging is off.',
  ])
})
