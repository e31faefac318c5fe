import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CoverageReport } from '../../../shared/sources/coverage.ts'
import { ACCESS, ACCOUNT, queueArn, REGION, TRAIL } from '../../doctor/support/facts.ts'
import { model } from '../../report/model.ts'
import { fakeAccount } from '../../sources/support/account.ts'
import { deliveryPolicy } from '../../sources/support/account-facts.ts'
import { ruleFolder } from '../../sources/support/rules.ts'
import { run as runCli } from '../../sources/support/run.ts'

const DATA = 'amzn-s3-demo-data'
const COUNTED = 'amzn-s3-demo-counted'
const PROD = ['--stage', 'prod', '--region', REGION]

let folder: string
beforeAll(() => {
  folder = ruleFolder()
})
afterAll(() => rmSync(folder, { recursive: true }))
const run = (args: readonly string[]) => runCli([...args, '--folder', folder])

let aws: ReturnType<typeof fakeAccount>
beforeEach(() => {
  aws = fakeAccount()
})

const told = (kind: 'cloudtrail' | 'access-log') => ({
  QueueConfigurations: [{ QueueArn: queueArn(kind), Events: ['s3:ObjectCreated:*' as const] }],
})

async function json(...args: string[]): Promise<CoverageReport> {
  const { out, err } = await run(['coverage', ...args, ...PROD, '--json'])
  if (out === '') throw new Error(err)
  return JSON.parse(out)
}

const cellsOf = (report: CoverageReport, bucket: string) =>
  report.accounts[0]!.buckets.find((one) => one.bucket === bucket)!.cells
const ruleOf = (report: CoverageReport, id: string) => report.rules.find((rule) => rule.id === id)!

describe('coverage of a bare account', () => {
  beforeEach(() => {
    aws.addBucket(DATA)
  })

  it('everything about buckets is blind, and says what would show it', async () => {
    const report = await json()
    expect(report.stack).toBe(false)
    expect(cellsOf(report, DATA)).toMatchObject({
      managementEvents: { state: 'off', what: 'no trail logs here' },
      dataReads: { state: 'off' },
      dataWrites: { state: 'off' },
      accessLogs: { state: 'off' },
      requestMetrics: { state: 'off' },
      versioning: { state: 'off', what: 'never switched on' },
      publicAccessBlock: { state: 'off' },
    })
    expect(report.totals).toEqual({ all: 0, part: 0, blind: report.rules.length, unknown: 0 })
    expect(ruleOf(report, 's3-policy-public')).toMatchObject({
      sight: 'blind',
      remedies: [`bucketwatch setup --new-trail --stage prod --region ${REGION}`],
    })
    expect(ruleOf(report, 'data-anon-read')).toMatchObject({
      sight: 'blind',
      remedies: [`bucketwatch setup ${DATA} --only data-events --stage prod --region ${REGION}`],
      cost: expect.stringContaining('$1.00 per million'),
    })
  })

  it('prints a table for people, and exits 1', async () => {
    const { code, out, err } = await run(['coverage', ...PROD])
    expect(code).toBe(1)
    expect(err).toContain('There is no stack of the stage prod')
    expect(out).toContain('No trail logs here.')
    expect(out).toMatch(/amzn-s3-demo-data +eu-west-1 +off +off +off +off +off/)
    expect(out).toMatch(/^BLIND {6}.*data-anon-read/m)
    expect(out).toMatch(/blind, 0 unknown, if a stack read these logs\.$/)
  })

  it('a bucket that is no bucket of the account is wrong usage', async () => {
    const { code, err } = await run(['coverage', 'amzn-s3-demo-nobody', ...PROD])
    expect(code).toBe(2)
    expect(err).toContain(`no such bucket in ${ACCOUNT}`)
  })

  it('reads only', async () => {
    await json()
    expect(aws.writes).toEqual([])
  })
})

describe('coverage of an account with logs', () => {
  beforeEach(() => {
    aws.addStack()
    aws.addBucket(TRAIL, { notification: told('cloudtrail') })
    aws.addBucket(ACCESS, { notification: told('access-log'), policy: deliveryPolicy(ACCESS) })
    aws.addBucket(DATA, { logging: { TargetBucket: ACCESS, TargetPrefix: '' }, versioning: 'Enabled' })
    aws.addBucket(COUNTED, { metrics: new Map([['EntireBucket', { Id: 'EntireBucket' }]]) })
    const { selectors } = aws.addTrail('management', TRAIL)
    selectors.EventSelectors = [
      {
        ReadWriteType: 'All',
        IncludeManagementEvents: true,
        DataResources: [{ Type: 'AWS::S3::Object', Values: [`arn:aws:s3:::${DATA}/reports/`] }],
      },
    ]
  })

  it('tells each source of each bucket', async () => {
    const report = await json()
    expect(report.stack).toBe(true)
    expect(cellsOf(report, DATA)).toMatchObject({
      managementEvents: { state: 'on', what: 'management' },
      dataReads: { state: 'part' },
      dataWrites: { state: 'part' },
      accessLogs: { state: 'on', what: `to ${ACCESS} (simple)` },
      requestMetrics: { state: 'off' },
      versioning: { state: 'on' },
    })
    expect(cellsOf(report, COUNTED)).toMatchObject({
      dataReads: { state: 'off', what: 'no trail selects them' },
      accessLogs: { state: 'off' },
      requestMetrics: { state: 'on', what: 'EntireBucket' },
    })
    expect(cellsOf(report, TRAIL).notification).toEqual({ state: 'on', what: 'CloudTrail logs: directly' })
    expect(cellsOf(report, ACCESS).notification).toEqual({ state: 'on', what: 'access logs: directly' })
    expect(report.accounts[0]!.buckets.find(({ bucket }) => bucket === TRAIL)!.holds).toEqual(['CloudTrail logs'])
  })

  it('as Markdown, where names are text', async () => {
    aws.addBucket('amzn-s3-demo-_x_', { logging: { TargetBucket: 'amzn-s3-demo-_x_', TargetPrefix: '' } })
    const { out } = await run(['coverage', ...PROD, '--markdown'])
    expect(out).toMatch(/^## What is seen: \d of 7 rules see everything$/m)
    expect(out).toMatch(
      /^- Trail management: account, all Regions, logging, to amzn-s3-demo-trail, SSE-S3, validation on/m,
    )
    expect(out).toMatch(/^\| amzn-s3-demo-trail \| eu-west-1 \| on \|/m)
    expect(out).toMatch(/^- amzn-s3-demo-trail holds CloudTrail logs\.$/m)
    expect(out).toMatch(/^\| amzn-s3-demo-\\_x\\_ .*\| \*\*wrong\*\* \|/m)
    expect(out).toContain('### Sees a part')
    expect((await run(['coverage', ...PROD, '--markdown', '--json'])).code).toBe(2)
  })

  it('as a section of a report', async () => {
    const saved = path.join(folder, 'replay.json')
    writeFileSync(saved, JSON.stringify(model()))
    const file = path.join(folder, 'coverage.json')
    writeFileSync(file, (await run(['coverage', ...PROD, '--json'])).out)
    const { code, out } = await runCli(['report', saved, '--markdown', '--coverage', file])
    expect(code).toBe(0)
    expect(out).toMatch(/^# 1 incident: 1 critical$/m)
    expect(out).toMatch(/^## What is seen: 4 of 7 rules see everything$/m)
    const html = path.join(folder, 'report.html')
    expect((await runCli(['report', saved, '--coverage', file, '-o', html])).code).toBe(0)
    const embedded = /<script type="application\/json" id="model">(.*?)<\/script>/s.exec(
      readFileSync(html, 'utf8'),
    )![1]!
    expect(JSON.parse(embedded).coverage).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  })

  it.each<[string, string, string]>([
    ['a replay', JSON.stringify(model()), 'is not what `bucketwatch coverage --json` prints'],
    ['no JSON', '{"kind":"coverage"', 'is not what'],
    ['no object', 'null', 'is not what'],
    ['of another version', '{"kind":"coverage","version":2}', 'made by another version'],
  ])('what is %s is no section', async (_, text, what) => {
    const saved = path.join(folder, 'replay.json')
    writeFileSync(saved, JSON.stringify(model()))
    const file = path.join(folder, 'other.json')
    writeFileSync(file, text)
    const { code, err } = await runCli(['report', saved, '--markdown', '--coverage', file])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(what) })
    const asCsv = await runCli(['report', saved, '--csv', 'incidents', '--coverage', file])
    expect(asCsv.err).toContain('not with --csv')
  })

  it('tells of rules what they see, and what the rest costs', async () => {
    const report = await json()
    expect(ruleOf(report, 's3-policy-public')).toMatchObject({ sight: 'all', reasons: ['By CloudTrail.'] })
    expect(ruleOf(report, 'trail-stopped').sight).toBe('all')
    // One bucket by its access log, the other not at all.
    expect(ruleOf(report, 'data-anon-read')).toMatchObject({
      sight: 'part',
      remedies: [`bucketwatch setup ${COUNTED} --only data-events --stage prod --region ${REGION}`],
      cost: expect.stringContaining('about $2.50 a month (2,500,000 requests'),
    })
    expect(ruleOf(report, 'sal-anon-write').sight).toBe('part')
    expect(ruleOf(report, 'pipe-parse-errors')).toMatchObject({ sight: 'all' })
    const blind = await json(COUNTED)
    expect(ruleOf(blind, 'sal-anon-write')).toMatchObject({
      sight: 'blind',
      remedies: [`bucketwatch setup ${COUNTED} --only access-logs --stage prod --region ${REGION}`],
    })
  })

  it('a trail that is stopped shows nothing', async () => {
    aws.trails.values().next().value!.logging = false
    const report = await json()
    expect(cellsOf(report, DATA).managementEvents.state).toBe('off')
    expect(ruleOf(report, 's3-policy-public').sight).toBe('blind')
    expect(report.accounts[0]!.trails[0]).toMatchObject({ logging: false, problems: ['It is stopped.'] })
  })

  it('a trail of one Region leaves the others out', async () => {
    aws.trails.values().next().value!.trail.IsMultiRegionTrail = false
    const rule = ruleOf(await json(), 's3-policy-public')
    expect(rule.sight).toBe('part')
    expect(rule.reasons.join()).toContain('in all other Regions')
  })

  it('what lies in a bucket that tells nobody is not seen', async () => {
    aws.buckets.get(TRAIL)!.notification = {}
    const rule = ruleOf(await json(), 's3-policy-public')
    expect(rule).toMatchObject({
      sight: 'blind',
      remedies: [`bucketwatch connect ${TRAIL} --kind cloudtrail --stage prod --region ${REGION}`],
    })
    expect(rule.reasons.join()).toContain('does not tell the stack')
  })

  it('what may not be looked at is unknown, never off', async () => {
    aws.buckets.get(DATA)!.denied = true
    const report = await json()
    for (const cell of ['accessLogs', 'requestMetrics', 'versioning', 'publicAccessBlock'] as const) {
      expect(cellsOf(report, DATA)[cell]).toMatchObject({
        state: 'unknown',
        what: expect.stringContaining('AccessDenied'),
      })
    }
    const { code, out } = await run(['coverage', DATA, ...PROD])
    expect(code).toBe(1)
    expect(out).toMatch(/unknown +sal-|^unknown +.*sal-anon-write/m)
  })

  it.each<[string, () => void, string]>([
    [
      'itself',
      () => {
        aws.buckets.get(DATA)!.logging = { TargetBucket: DATA, TargetPrefix: '' }
      },
      `${DATA} → ${DATA}`,
    ],
    [
      'a circle',
      () => {
        aws.buckets.get(ACCESS)!.logging = { TargetBucket: DATA, TargetPrefix: '' }
      },
      `${DATA} → ${ACCESS} → ${DATA}`,
    ],
    [
      'a target with SSE-KMS',
      () => {
        aws.buckets.get(ACCESS)!.algorithm = 'aws:kms'
      },
      'default encryption is aws:kms',
    ],
    [
      'a target whose policy lets nobody in',
      () => {
        aws.buckets.get(ACCESS)!.policy = undefined
      },
      'does not let logging.s3.amazonaws.com deliver',
    ],
    [
      'a target of another Region',
      () => {
        aws.buckets.get(ACCESS)!.region = 'eu-central-1'
      },
      'is in eu-central-1',
    ],
    [
      "a policy for another account's buckets",
      () => {
        aws.buckets.get(ACCESS)!.policy = deliveryPolicy(ACCESS, '444455556666')
      },
      'deliver',
    ],
  ])('access logs that go to %s are wrong', async (_, spoil, what) => {
    spoil()
    const cell = cellsOf(await json(), DATA).accessLogs
    expect(cell).toMatchObject({ state: 'wrong', what: expect.stringContaining(what) })
  })

  it('a bucket that logs to itself is watched like any other', async () => {
    aws.buckets.get(DATA)!.logging = { TargetBucket: DATA, TargetPrefix: '' }
    const rule = ruleOf(await json(), 'sal-anon-write')
    expect(rule.sight).toBe('blind')
    expect(rule.reasons.join()).toContain(`${DATA} → ${DATA}`)
  })

  it('aggregation is a fact of the trail', async () => {
    aws.trails.values().next().value!.templates = ['API_ACTIVITY']
    expect((await json()).accounts[0]!.trails[0]!.aggregation).toEqual(['API_ACTIVITY'])
  })
})

it('looks at several accounts', async () => {
  aws.addBucket(DATA)
  const { out } = await run([
    'coverage',
    ...PROD,
    '--role-arn',
    'arn:aws:iam::111122223333:role/a,arn:aws:iam::444455556666:role/b',
    '--json',
  ])
  const report = JSON.parse(out) as CoverageReport
  expect(report.accounts.map(({ via }) => via)).toEqual([
    'arn:aws:iam::111122223333:role/a',
    'arn:aws:iam::444455556666:role/b',
  ])
})

describe('what stands beside trails and buckets', () => {
  const storeArn = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:eventdatastore/EXAMPLE`
  const express = 'amzn-s3-demo-bucket--euw1-az1--x-s3'
  const block = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true }
  beforeEach(() => {
    aws.addBucket(DATA, { publicAccessBlock: { BlockPublicAcls: true } })
    aws.addTrail('management', TRAIL)
  })

  it('the account blocks what a bucket does not', async () => {
    expect(cellsOf(await json(), DATA).publicAccessBlock).toMatchObject({ state: 'part' })
    aws.beside.publicAccessBlock = { ...block, BlockPublicAcls: false }
    const report = await json()
    expect(cellsOf(report, DATA).publicAccessBlock).toEqual({ state: 'on', what: 'all four' })
    expect(report.accounts[0]!.settings.publicAccessBlock).toEqual({ state: 'part', what: 'without blockPublicAcls' })
    expect((await run(['coverage', ...PROD])).out).toContain('own Block Public Access: without blockPublicAcls.')
  })

  it('directory buckets are told, with data events of their own type, and no access logs', async () => {
    aws.beside.directoryBuckets.set(REGION, [express, 'amzn-s3-demo-no-directory'])
    const dataEvents = async () => (await json()).accounts[0]!.settings.directoryBuckets
    expect(await dataEvents()).toEqual([
      {
        bucket: express,
        region: REGION,
        dataEvents: { state: 'off', what: 'no trail selects AWS::S3Express::Object' },
      },
    ])
    const [trail] = aws.trails.values()
    const select = (...more: { Field: string; Equals?: string[]; NotStartsWith?: string[] }[]) => {
      trail!.selectors = {
        AdvancedEventSelectors: [
          {
            FieldSelectors: [
              { Field: 'eventCategory', Equals: ['Data'] },
              { Field: 'resources.type', Equals: ['AWS::S3Express::Object'] },
              ...more,
            ],
          },
        ],
      }
    }
    select()
    expect((await dataEvents())[0]!.dataEvents).toEqual({ state: 'on', what: 'management' })
    select({ Field: 'readOnly', Equals: ['false'] })
    expect((await dataEvents())[0]!.dataEvents).toMatchObject({ state: 'part', what: 'not readOnly true' })
    select({ Field: 'resources.ARN', NotStartsWith: [`arn:aws:s3express:${REGION}:${ACCOUNT}:bucket/`] })
    expect((await dataEvents())[0]!.dataEvents.state).toBe('off')
    expect((await run(['coverage', ...PROD])).out).toContain('it has no server access logs. No rule is judged by it.')
  })

  it('event data stores are told, and that nothing reads them', async () => {
    aws.beside.eventDataStores.set(REGION, [
      {
        Name: 'investigations',
        EventDataStoreArn: storeArn,
        Status: 'ENABLED',
        MultiRegionEnabled: true,
        AdvancedEventSelectors: [
          {
            FieldSelectors: [
              { Field: 'eventCategory', Equals: ['Data'] },
              { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
            ],
          },
        ],
      },
    ])
    const report = await json()
    expect(report.accounts[0]!.settings.eventDataStores).toEqual([
      {
        name: 'investigations',
        region: REGION,
        what: 'of the account, all Regions, ENABLED, S3 data events of all buckets',
      },
    ])
    // What is kept there shows no rule anything.
    expect(cellsOf(report, DATA).dataReads.state).toBe('off')
    expect((await run(['coverage', ...PROD, '--markdown'])).out).toContain('The stack does not read CloudTrail Lake.')
  })

  it('what could not be looked at there is said, and no rule is less known for it', async () => {
    const before = await json()
    for (const name of ['s3Control', 's3', 'cloudTrail'] as const) {
      const { GetPublicAccessBlockCommand } = await import('@aws-sdk/client-s3-control')
      const { ListDirectoryBucketsCommand } = await import('@aws-sdk/client-s3')
      const { ListEventDataStoresCommand } = await import('@aws-sdk/client-cloudtrail')
      const refusal = Object.assign(new Error('no'), { name: 'AccessDenied' })
      if (name === 's3Control') aws.mocks.s3Control.on(GetPublicAccessBlockCommand).rejects(refusal)
      if (name === 's3') aws.mocks.s3.on(ListDirectoryBucketsCommand).rejects(refusal)
      if (name === 'cloudTrail') aws.mocks.cloudTrail.on(ListEventDataStoresCommand).rejects(refusal)
    }
    const after = await json()
    expect(after.rules).toEqual(before.rules)
    expect(cellsOf(after, DATA).publicAccessBlock).toMatchObject({
      state: 'unknown',
      what: expect.stringContaining('s3:GetAccountPublicAccessBlock: AccessDenied'),
    })
    expect(after.accounts[0]!.settings.unknown).toEqual([
      expect.stringContaining('s3:GetAccountPublicAccessBlock: AccessDenied'),
      expect.stringMatching(
        /^directory buckets of eu-west-1, us-east-1: .*s3express:ListAllMyDirectoryBuckets: AccessDenied/,
      ),
      expect.stringMatching(
        /^event data stores of eu-west-1, us-east-1: .*cloudtrail:ListEventDataStores: AccessDenied/,
      ),
    ])
    expect((await run(['coverage', ...PROD])).out).toContain('Could not look at event data stores')
  })

  it('a Region without S3 Express has no directory buckets', async () => {
    const { ListDirectoryBucketsCommand } = await import('@aws-sdk/client-s3')
    aws.mocks.s3
      .on(ListDirectoryBucketsCommand)
      .rejects(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    expect((await json()).accounts[0]!.settings.unknown).toEqual([])
  })

  it('says what nobody looks at', async () => {
    expect((await run(['coverage', ...PROD])).out).toMatch(/^Not looked at: data events of access points/m)
  })
})
