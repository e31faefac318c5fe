import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AssociateKmsKeyCommand,
  CloudWatchLogsClient,
  PutLogGroupDeletionProtectionCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, describe, expect, test } from 'vitest'
import { policySize, type Resources } from '../../infra/cfn.ts'
import type { Context } from '../../infra/context.ts'
import { ACTIONS_OF, deployerPolicy } from '../../infra/deployer-policy.ts'
import { compileKnown, detections } from '../../infra/detections.ts'
import { applyToExistingGroups } from '../../infra/existing-groups.ts'
import { readParameters } from '../../infra/parameters.ts'
import { shorten } from '../../infra/queues.ts'
import { makeTemplate, merge } from '../../infra/template.ts'
import { parseAlarmRule } from '../../shared/alarm/composite.ts'
import { defaultParameters, packageTemplate } from './support/packaged.ts'

const defaults = defaultParameters()
const buckets = { cloudTrailBuckets: 'amzn-s3-demo-trail', accessLogBuckets: 'amzn-s3-demo-access' }
const make = async (given: Record<string, unknown>): Promise<Resources> =>
  (await makeTemplate('prod', { ...defaults, ...given })).resources.Resources
// biome-ignore lint/suspicious/noExplicitAny: see support/packaged.ts
const properties = (resources: Resources, id: string): any => resources[id]?.Properties
const senders = (resources: Resources) =>
  properties(resources, 'CloudTrailQueuePolicy')
    .PolicyDocument.Statement.filter((s: { Effect: string }) => s.Effect === 'Allow')
    .map((s: { Principal: { Service: string } }) => s.Principal.Service)

describe('feeds', () => {
  test('a queue takes messages only from the feeds in use', async () => {
    expect(senders(await make({}))).toEqual([])
    const given = { ...buckets, canary: 'false' }
    expect(senders(await make(given))).toEqual(['s3.amazonaws.com'])
    expect(senders(await make({ ...given, feeds: 'sns' }))).toEqual(['sns.amazonaws.com'])
    expect(senders(await make({ ...given, feeds: 'eventbridge' }))).toEqual(['events.amazonaws.com'])
  })

  test('a canary goes the way of the kinds that are fed, unless it is switched off', async () => {
    const sids = (resources: Resources) =>
      properties(resources, 'AlertRole').Policies[0].PolicyDocument.Statement.map(({ Sid }: { Sid: string }) => Sid)
    const on = await make({ cloudTrailBuckets: 'amzn-s3-demo-trail' })
    expect(properties(on, 'CanaryBucket').NotificationConfiguration.QueueConfigurations).toHaveLength(1)
    expect(on.PipelineAlarmCanaryCloudtrail?.Properties?.AlarmActions).toEqual([{ Ref: 'AlertsTopic' }])
    expect(on.PipelineAlarmCanaryAccessLog).toBeUndefined()
    expect(sids(on)).toContain('Canary')
    for (const off of [await make({ ...buckets, canary: 'false' }), await make({})]) {
      expect(Object.keys(off).filter((id) => id.includes('Canary'))).toEqual([])
      expect(sids(off)).not.toContain('Canary')
    }
  })

  test('of a long stage the bucket of the canary has a name that CloudFormation cuts', async () => {
    const stage = 'a-stage-of-thirty-two-characters'
    const { resources } = await makeTemplate(stage, { ...defaults, ...buckets })
    const statements = properties(resources.Resources, 'CloudTrailQueuePolicy').PolicyDocument.Statement
    const canary = statements.find(({ Sid }: { Sid: string }) => Sid === 'AllowCanary')
    expect(JSON.stringify(canary.Condition.ArnLike)).toContain(':s3:::bucketwatch-a-stage-of-t*')
  })

  test('without a bucket nothing may be read and nothing can be silent', async () => {
    const resources = await make({})
    const sids = properties(resources, 'CloudTrailRole').Policies[0].PolicyDocument.Statement.map(
      (s: { Sid: string }) => s.Sid,
    )
    expect(sids).not.toContain('LogObjects')
    expect(Object.keys(resources).filter((id) => /Silence/.test(id))).toEqual([])
  })

  test('topics that exist are subscribed to, in their Region; none is made', async () => {
    const resources = await make({
      ...buckets,
      feeds: 'sns',
      cloudTrailTopicArns: 'arn:aws:sns:eu-west-1:444455556666:trail-a,arn:aws:sns:us-east-1:444455556666:trail-b',
    })
    expect(properties(resources, 'CloudTrailObjectsTopicSubscription1')).toMatchObject({ Region: 'eu-west-1' })
    expect(properties(resources, 'CloudTrailObjectsTopicSubscription2')).toMatchObject({ Region: 'us-east-1' })
    expect(resources.CloudTrailObjectsTopic).toBeUndefined()
    expect(resources.AccessLogObjectsTopic).toBeDefined()
  })

  test('buckets of an organization: its id stands for the accounts', async () => {
    const resources = await make({ ...buckets, organizationId: 'o-exampleorgid', feeds: 'notification,eventbridge' })
    expect(properties(resources, 'CloudTrailQueuePolicy').PolicyDocument.Statement[0].Condition.StringEquals).toEqual({
      'aws:SourceOrgID': 'o-exampleorgid',
    })
    expect(properties(resources, 'ObjectEventsFromOrganization').Statement.Condition.StringEquals).toMatchObject({
      'aws:PrincipalOrgID': 'o-exampleorgid',
    })
  })

  test('more buckets than an event pattern holds are refused by name', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `amzn-s3-demo-bucket-with-a-long-name-${i}`).join(',')
    await expect(make({ cloudTrailBuckets: many, feeds: 'eventbridge' })).rejects.toThrow(
      /EventBridge pattern for cloudtrail takes \d+ characters/,
    )
    await expect(make({ cloudTrailBuckets: many })).resolves.toBeDefined()
  })
})

describe('rules that could not do their work are left out, and named', () => {
  const leftOut = async (given: Record<string, unknown>) =>
    (await makeTemplate('prod', { ...defaults, ...given })).leftOut.map((line) => line.split(':')[0])

  test('those that need a setting which is empty', async () => {
    expect(await leftOut(buckets)).toContain('ip-outside-allow')
    expect(await leftOut({ ...buckets, settingsFile: 'test/infra/support/settings.yml' })).not.toContain(
      'ip-outside-allow',
    )
    const { AlarmIpOutsideAllow, FilterIpOutsideAllowCloudtrail } = await make(buckets)
    expect([AlarmIpOutsideAllow, FilterIpOutsideAllowCloudtrail]).toEqual([undefined, undefined])
  })

  test('those that wait for silence where nothing is to come', async () => {
    expect(await leftOut({})).toContain('pipe-trail-silent')
    expect(await leftOut({ accessLogBuckets: 'amzn-s3-demo-access' })).toContain('pipe-trail-silent')
    expect(await leftOut(buckets)).not.toContain('pipe-trail-silent')
  })

  test('those that nothing feeds, and the filters on groups that nothing comes to', async () => {
    const accessLogOnly = await make({ accessLogBuckets: 'amzn-s3-demo-access' })
    const filters = Object.keys(accessLogOnly).filter((id) => /^Filter.*(Cloudtrail|AccessLog)$/.test(id))
    expect(filters.length).toBeGreaterThan(10)
    expect(filters.filter((id) => id.endsWith('Cloudtrail'))).toEqual([])
    expect(accessLogOnly.AlarmS3PolicyPublic).toBeUndefined()
    expect(accessLogOnly.AlarmSalAnonWrite).toBeDefined()
    expect(await leftOut({ accessLogBuckets: 'amzn-s3-demo-access' })).toContain('s3-policy-public')
    // A topic feeds as well as a bucket does.
    const byTopic = { feeds: 'sns', cloudTrailTopicArns: 'arn:aws:sns:us-east-1:444455556666:trail' }
    expect((await make(byTopic)).AlarmS3PolicyPublic).toBeDefined()
  })

  test('a stack that reads nothing says so', async () => {
    const warnings = async (given: Record<string, unknown>) =>
      (await makeTemplate('prod', { ...defaults, ...given })).warnings
    expect(await warnings({})).toEqual([expect.stringMatching(/^No bucket is named/)])
    expect(await warnings(buckets)).toEqual([])
  })
})

describe('many buckets', () => {
  const names = (count: number, name = (i: number) => `amzn-s3-demo-logs-${i}-of-an-account`) =>
    Array.from({ length: count }, (_, i) => name(i)).join(',')
  const size = (policy: unknown) => policySize(policy)

  test('100 are named one by one, and what may be read stands in the role', async () => {
    const resources = await make({ cloudTrailBuckets: names(100) })
    const { Condition } = properties(resources, 'CloudTrailQueuePolicy').PolicyDocument.Statement[0]
    expect(Condition.ArnEquals['aws:SourceArn']).toHaveLength(100)
    expect(Object.keys(resources).filter((id) => id.startsWith('CloudTrailRole'))).toEqual(['CloudTrailRole'])
  })

  test('300 fit: names are joined by their beginnings, and reading goes to managed policies', async () => {
    const resources = await make({ cloudTrailBuckets: names(300) })
    const document = properties(resources, 'CloudTrailQueuePolicy').PolicyDocument
    expect(size(document)).toBeLessThanOrEqual(8192)
    const patterns: string[] = document.Statement[0].Condition.ArnLike['aws:SourceArn'].map(
      (arn: { 'Fn::Sub': string }) => arn['Fn::Sub'].split(':::')[1],
    )
    for (const name of names(300).split(',')) {
      expect(patterns.some((p) => (p.endsWith('*') ? name.startsWith(p.slice(0, -1)) : name === p))).toBe(true)
    }
    expect(document.Statement[0].Condition.StringEquals).toEqual({ 'aws:SourceAccount': [{ Ref: 'AWS::AccountId' }] })
    const managed = Object.entries(resources).filter(([id]) => /^CloudTrailRoleObjects\d+$/.test(id))
    const readable = managed.flatMap(([, r]) => {
      const { PolicyDocument, Roles } = r.Properties as {
        PolicyDocument: { Statement: { Resource: unknown[] }[] }
        Roles: unknown
      }
      expect(size(PolicyDocument)).toBeLessThanOrEqual(6144)
      expect(Roles).toEqual([{ Ref: 'CloudTrailRole' }])
      return PolicyDocument.Statement.flatMap(({ Resource }) => Resource)
    })
    expect(new Set(readable.map((r) => JSON.stringify(r))).size).toBe(300)
    expect(size(properties(resources, 'CloudTrailRole').Policies[0].PolicyDocument)).toBeLessThanOrEqual(10_240)
  })

  test('what no policy holds is refused with the number', async () => {
    const many = names(1200, (i) => `${i}-amzn-s3-demo-logs-of-a-bucket-with-a-very-long-name-${i}`)
    await expect(make({ cloudTrailBuckets: many })).rejects.toThrow(/need \d+ managed policies; IAM attaches 10/)
    const accounts = Array.from({ length: 700 }, (_, i) => String(111122223333 + i)).join(',')
    await expect(make({ ...buckets, sourceAccounts: accounts })).rejects.toThrow(
      /policy of the cloudtrail queue is over/,
    )
  })

  test.each([
    [['a-1', 'a-2', 'b'], 2, ['a-*', 'b']],
    [['a-1', 'a-2', 'a-31', 'a-32'], 3, ['a-1', 'a-2', 'a-3*']],
    [['x', 'y'], 1, ['*']],
    [['x', 'x'], 5, ['x']],
  ])('%j in %i', (given, count, expected) => {
    expect(shorten(given, count)).toEqual(expected)
  })
})

describe('roles', () => {
  test('a boundary and a path, where an account asks for them', async () => {
    const permissionsBoundaryArn = 'arn:aws:iam::111122223333:policy/boundary'
    const resources = await make({ ...buckets, permissionsBoundaryArn, rolePath: '/security/' })
    for (const id of ['CloudTrailRole', 'AccessLogRole', 'AlertRole'])
      expect(properties(resources, id)).toMatchObject({
        PermissionsBoundary: permissionsBoundaryArn,
        Path: '/security/',
      })
    const plain = properties(await make(buckets), 'AlertRole')
    expect([plain.PermissionsBoundary, plain.Path]).toEqual([undefined, undefined])
  })

  test('the deployer’s policy names the calls for every type of resource that a stack can have', async () => {
    const all = {
      ...buckets,
      backfill: 'true',
      replayResults: 'amzn-s3-demo-results',
      cloudTrailLogGroups: '/aws/cloudtrail/native',
      athena: 'true',
      athenaAccounts: '111122223333',
      requestMetrics: 'amzn-s3-demo-bucket:requests=anomaly',
      feeds: 'notification,sns,eventbridge',
      organizationId: 'o-exampleorgid',
    }
    const many = Array.from({ length: 300 }, (_, i) => `amzn-s3-demo-logs-${i}-of-an-account`).join(',')
    const framework = [
      ...['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::Lambda::Function', 'AWS::Lambda::EventSourceMapping'],
      'AWS::Lambda::EventInvokeConfig',
    ]
    const types = new Set([
      ...framework,
      ...Object.values(await make({ ...all, alertEmails: 'a@example.com' })).map(({ Type }) => Type),
      ...Object.values(await make({ cloudTrailBuckets: many })).map(({ Type }) => Type),
      ...Object.values(await make({ cloudTrailLogGroups: '/aws/native', nativeDelivery: 'logAlarms' })).map(
        ({ Type }) => Type,
      ),
    ])
    expect([...types].filter((type) => ACTIONS_OF[type] === undefined)).toEqual([])
    expect(Object.keys(ACTIONS_OF).filter((type) => !types.has(type))).toEqual([])
    const { Statement } = deployerPolicy('prod')
    const sqs = Statement.find(({ Sid }) => Sid === 'DeploySqs')!
    expect(sqs.Resource).toEqual(['arn:*:sqs:*:*:bucketwatch-prod-*'])
    expect(sqs.Action).toContain('sqs:CreateQueue')
    // One managed policy holds it; a new type of resource takes some 100 characters, and is to find room.
    const left = 6144 - policySize(deployerPolicy('a'.repeat(32)))
    expect(left, `${left} characters are left of 6,144 for the longest stage`).toBeGreaterThanOrEqual(150)
  })
})

describe('evidence', () => {
  const groups = (resources: Resources) => Object.entries(resources).filter(([, r]) => r.Type === 'AWS::Logs::LogGroup')

  test('delete: groups go with the stack', async () => {
    for (const [, group] of groups(await make({ evidence: 'delete' })))
      expect(group.DeletionPolicy ?? 'Delete').toBe('Delete')
  })

  test('existing: groups are taken as they are, and nothing waits for them', async () => {
    const resources = await make({ evidence: 'existing' })
    expect(groups(resources).map(([, group]) => group.Properties!.LogGroupName)).toEqual([
      '/aws/lambda/bucketwatch-prod-cloudtrail',
      '/aws/lambda/bucketwatch-prod-access-log',
      '/aws/lambda/bucketwatch-prod-alert',
    ])
    for (const [id, resource] of Object.entries(resources)) {
      for (const dependency of [resource.DependsOn ?? []].flat())
        expect(resources, `${id} needs ${dependency}`).toHaveProperty(dependency)
    }
  })

  test('existing: retention, key and protection are set by the deployment, on every group', async () => {
    const kmsKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const given = { evidence: 'existing', logRetentionDays: '365', deletionProtection: 'true' }
    const { existingGroups } = await makeTemplate('prod', {
      ...defaults,
      ...given,
      encryptLogGroups: 'true',
      kmsKeyArn,
    })
    expect(existingGroups.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays])).toEqual([
      ['/bucketwatch/prod/cloudtrail', 365],
      ['/bucketwatch/prod/access-log', 365],
      ['/bucketwatch/prod/history', 90],
      ['/bucketwatch/prod/pipeline', 90],
      ['/bucketwatch/prod/findings', 365],
    ])
    const sent: unknown[] = []
    const client = mockClient(CloudWatchLogsClient)
    for (const command of [PutRetentionPolicyCommand, AssociateKmsKeyCommand, PutLogGroupDeletionProtectionCommand])
      client.on(command as never).callsFake((input) => sent.push(input))
    await applyToExistingGroups(new CloudWatchLogsClient({ region: 'us-east-1' }), existingGroups.slice(0, 1))
    expect(sent).toEqual([
      { logGroupName: '/bucketwatch/prod/cloudtrail', retentionInDays: 365 },
      { logGroupName: '/bucketwatch/prod/cloudtrail', kmsKeyId: kmsKeyArn },
      { logGroupIdentifier: '/bucketwatch/prod/cloudtrail', deletionProtectionEnabled: true },
    ])
    client.restore()
    expect((await makeTemplate('prod', { ...defaults, ...buckets })).existingGroups).toEqual([])
    await expect(make({ evidence: 'existing', encryptLogGroups: 'true' })).rejects.toThrow(/give kmsKeyArn/)
  })

  test('protected groups cannot be deleted, and those are not deleted with the stack', async () => {
    expect(properties(await make({ deletionProtection: 'true' }), 'PipelineLogs').DeletionProtectionEnabled).toBe(true)
    expect(properties(await make({}), 'PipelineLogs').DeletionProtectionEnabled).toBeUndefined()
    await expect(make({ deletionProtection: 'true', evidence: 'delete' })).rejects.toThrow(
      /deletionProtection: groups that are protected/,
    )
  })

  test('a key of one’s own: the stack makes none, and the key stays with encrypted evidence', async () => {
    const kmsKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const resources = await make({ kmsKeyArn, encryptLogGroups: 'true' })
    expect(resources.EncryptionKey).toBeUndefined()
    expect(properties(resources, 'PipelineLogs').KmsKeyId).toBe(kmsKeyArn)
    expect(properties(resources, 'AlertsTopic').KmsMasterKeyId).toBe(kmsKeyArn)
    expect((await make({ encryptLogGroups: 'true' })).EncryptionKey).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
    })
  })
})

describe('what a stack and a log group can hold', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bucketwatch-rules-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Rules after one of our own, `count` to a pack. */
  function rules(
    name: string,
    packs: Readonly<Record<string, number>>,
    change = (text: string, _pack: string) => text,
  ): string {
    const base = readFileSync('infra/detections/s3-control/s3-policy-deleted.yml', 'utf8')
    for (const [pack, count] of Object.entries(packs)) {
      mkdirSync(join(folder, name, pack), { recursive: true })
      for (let i = 0; i < count; i += 1) {
        const id = `${pack}-rule-${i}`
        writeFileSync(join(folder, name, pack, `${id}.yml`), change(base.replace(/^id:.*$/m, `id: ${id}`), pack))
      }
    }
    return join(folder, name)
  }

  const context = (given: Record<string, unknown> = {}): Context => ({
    stage: 'prod',
    name: 'bucketwatch-prod',
    logGroupPrefix: '/bucketwatch/prod',
    parameters: readParameters({ ...defaults, ...given }),
  })
  const oneSource = (text: string) => text.replace(/^sources:.*$/m, 'sources: [cloudtrail]')

  test('100 metric filters a log group', async () => {
    await expect(compileKnown(context(), [rules('full', { a: 100 }, oneSource)])).resolves.toBeDefined()
    await expect(compileKnown(context(), [rules('over', { a: 60, b: 41 }, oneSource)])).rejects.toThrow(
      /bucketwatch\/prod\/cloudtrail' has 101 metric filters/,
    )
  })

  test('a severity with many rules has as many composite alarms as CloudWatch needs, each within its limits', async () => {
    const known = await compileKnown(context(), [rules('severity', { a: 100 }, oneSource)])
    const { resources, composites } = detections(context(), known, 'main')
    expect(composites).toHaveLength(2)
    const children = composites.map((id) => {
      const rule = properties(resources, id).AlarmRule['Fn::Sub'].replaceAll(
        /\$\{(\w+)\}/g,
        (_: string, alarm: string) => String(properties(resources, alarm).AlarmName),
      )
      return JSON.stringify(parseAlarmRule(rule)).match(/"alarmName"/g)!.length
    })
    expect(children).toEqual([75, 25])
  })

  test('packs can go to a sibling stack, which reports to the same topic', async () => {
    const folder = rules('split', { a: 2, b: 3 }, oneSource)
    const inSibling = context({ siblingPacks: 'b' })
    const known = await compileKnown(inSibling, [folder])
    const main = detections(inSibling, known, 'main')
    const sibling = detections(inSibling, known, 'sibling')
    expect(main.packSizes).toEqual([['a', 4]])
    expect(sibling.packSizes).toEqual([['b', 6]])
    expect(Object.keys(main.resources).filter((id) => sibling.resources[id] !== undefined)).toEqual([])
    expect(properties(sibling.resources, 'AlarmBRule0').AlarmActions).toEqual([
      { 'Fn::Sub': `arn:\${AWS::Partition}:sns:\${AWS::Region}:\${AWS::AccountId}:bucketwatch-prod-alarms` },
    ])
    await expect(compileKnown(context({ siblingPacks: 'c' }), [folder])).rejects.toThrow(
      /there is no pack c; there are a, b/,
    )
  })

  test('a pattern that CloudWatch Logs would reject stops the packaging', async () => {
    const broken = rules('broken', { a: 1 }, (text) =>
      oneSource(text).replace(/^pattern:[\s\S]*?(?=^\w)/m, 'pattern: "{ $.change == \\"policy\\" }"\n'),
    )
    await expect(compileKnown(context(), [broken])).rejects.toThrow(/a-rule-0/)
  })

  test('500 resources a stack; the refusal says what each pack takes, and siblingPacks helps', async () => {
    const sources: Record<string, string> = { a: 'cloudtrail', b: 'access-log', c: 'pipeline' }
    const spread = (text: string, pack: string) =>
      text.replace(/^sources:.*$/m, `sources: [${sources[pack]}]`).replaceAll('kind: cloudtrail', 'kind: record')
    const folder = rules('large', { a: 100, b: 80, c: 60 }, spread)
    await expect(makeTemplate('prod', defaults, [folder])).rejects.toThrow(
      /would have 5\d\d resources; CloudFormation allows 500.*siblingPacks.*a 200, b 160, c 120/,
    )
    const { resources, sibling } = await makeTemplate('prod', { ...defaults, siblingPacks: 'c' }, [folder])
    expect(Object.keys(sibling.Resources)).toHaveLength(120 + 1)
    expect(Object.keys(resources.Resources).length).toBeLessThan(500)
  })

  test('two resources of one name are refused', () => {
    const one = { Same: { Type: 'AWS::SQS::Queue' } }
    expect(() => merge([one, { Other: one.Same }])).not.toThrow()
    expect(() => merge([one, one])).toThrow(/logical id Same/)
  })
})

test('the sibling stack packages, with what the main stack left to it', async () => {
  const sibling = await packageTemplate({
    parameters: { siblingPacks: 's3-control' },
    config: 'serverless.detections.yml',
  })
  const types = Object.entries(sibling.Resources).filter(([id]) => !id.startsWith('Serverless'))
  expect(types.length).toBeGreaterThan(0)
  for (const [, { Type }] of types)
    expect(['AWS::Logs::MetricFilter', 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']).toContain(Type)
})
