import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeKeyCommand } from '@aws-sdk/client-kms'
import {
  GetBucketEncryptionCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import { ListSubscriptionsByTopicCommand } from '@aws-sdk/client-sns'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../../shared/doctor/finding.ts'
import {
  ACCESS,
  ACCOUNT,
  ARCHIVE,
  NOW,
  queuePolicy,
  REGION,
  roleArn,
  TRAIL,
  topicFacts,
} from '../../doctor/support/facts.ts'
import { answerSound, KEY_ARN, mockDoctor, named } from '../../doctor/support/sound-stack.ts'
import { cli } from '../../support/cli.ts'

const mocks = mockDoctor()
const { cloudWatch, iam, kms, lambda, logs, s3, sns, sqs } = mocks
beforeEach(() => answerSound(mocks))

/** The account's own sources have tests of their own. */
const PROD = ['--stage', 'prod', '--region', REGION, '--no-sources']

async function findings(...args: string[]): Promise<{ code: number; found: Finding[]; wrong: string[] }> {
  const { code, out } = await cli(['doctor', ...PROD, '--json', ...args], { now: NOW })
  const found = out.map((line) => JSON.parse(line) as Finding)
  return {
    code,
    found,
    wrong: found
      .filter(({ level }) => level !== 'ok')
      .map(({ level, subject, check }) => `${level} ${subject} ${check}`),
  }
}

describe('doctor', () => {
  it('finds nothing wrong with a sound stack, and says what it looked at', async () => {
    const { code, found, wrong } = await findings()
    expect(wrong).toEqual([])
    expect(code).toBe(0)
    expect([...new Set(found.map(({ subject }) => subject))]).toEqual([
      'bucketwatch-prod',
      'bucketwatch-prod-cloudtrail',
      'bucketwatch-prod-access-log',
      TRAIL,
      `${ACCESS}/logs/`,
    ])
  })

  it('asks for receipts in the log group that the function knows', async () => {
    await findings()
    const groups = logs.commandCalls(FilterLogEventsCommand).map(({ args }) => args[0].input.logGroupName)
    expect(new Set(groups)).toEqual(new Set(['/security/pipeline']))
  })

  it('reads, and changes nothing', async () => {
    await findings()
    const sent = Object.values(mocks).flatMap((mock) => mock.calls().map(({ args }) => args[0].constructor.name))
    expect(sent.length).toBeGreaterThan(50)
    expect(sent.filter((name) => !/^(Get|List|Describe|Head|Filter)/.test(name))).toEqual([])
  })

  it.each<[string, () => void, string]>([
    [
      'an unconfirmed subscription',
      () =>
        sns.on(ListSubscriptionsByTopicCommand, { TopicArn: topicFacts('alerts').arn }).resolves({
          Subscriptions: [{ Protocol: 'email', Endpoint: 'a@example.com', SubscriptionArn: 'PendingConfirmation' }],
        }),
      'fail bucketwatch-prod alerts-subscription',
    ],
    [
      'dead letters',
      () =>
        sqs
          .on(GetQueueAttributesCommand, { QueueUrl: 'https://sqs/access-log-dlq' })
          .resolves({ Attributes: { ApproximateNumberOfMessages: '4' } }),
      'fail bucketwatch-prod-access-log dead-letters',
    ],
    [
      'an old message',
      () =>
        cloudWatch.on(GetMetricStatisticsCommand).callsFake(({ Dimensions }) => ({
          Datapoints:
            Dimensions?.[0]?.Value === 'bucketwatch-prod-cloudtrail'
              ? [{ Timestamp: new Date(NOW), Maximum: 7200 }]
              : [],
        })),
      'warn bucketwatch-prod-cloudtrail oldest-message',
    ],
    [
      'a topic with the key of SNS',
      () =>
        kms
          .on(DescribeKeyCommand)
          .callsFake(({ KeyId }) => ({ KeyMetadata: { KeyId, Arn: KeyId, KeyState: 'Enabled', KeyManager: 'AWS' } })),
      'fail bucketwatch-prod alarms-key',
    ],
    [
      'a log bucket that logs to itself',
      () =>
        s3
          .on(GetBucketLoggingCommand, { Bucket: ACCESS })
          .resolves({ LoggingEnabled: { TargetBucket: ACCESS, TargetPrefix: 'logs/' } }),
      `fail ${ACCESS}/logs/ logging-loop`,
    ],
    [
      'two that log to each other',
      () => {
        for (const [Bucket, TargetBucket] of [
          [TRAIL, 'amzn-s3-demo-third'],
          ['amzn-s3-demo-third', TRAIL],
        ] as const)
          s3.on(GetBucketLoggingCommand, { Bucket }).resolves({ LoggingEnabled: { TargetBucket, TargetPrefix: '' } })
      },
      `fail ${TRAIL} logging-loop`,
    ],
    [
      'a target bucket with SSE-KMS',
      () =>
        s3.on(GetBucketEncryptionCommand, { Bucket: ACCESS }).resolves({
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY_ARN } }],
          },
        }),
      `fail ${ACCESS}/logs/ target-encryption`,
    ],
    [
      'a target bucket with Object Lock',
      () =>
        s3.on(GetObjectLockConfigurationCommand, { Bucket: ACCESS }).resolves({
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
          },
        }),
      `fail ${ACCESS}/logs/ target-object-lock`,
    ],
    [
      'objects under a key that the role may not use',
      () => s3.on(HeadObjectCommand, { Bucket: TRAIL }).resolves({ SSEKMSKeyId: KEY_ARN }),
      `fail ${TRAIL} role-key`,
    ],
    [
      'a bucket that tells nobody',
      () => s3.on(GetBucketNotificationConfigurationCommand, { Bucket: TRAIL }).resolves({}),
      `fail ${TRAIL} notification`,
    ],
    [
      'a bucket without a policy',
      () => {
        s3.on(GetBucketPolicyCommand, { Bucket: TRAIL }).rejects(named('NoSuchBucketPolicy', 404))
        s3.on(ListObjectsV2Command).resolves({})
      },
      `fail ${TRAIL} delivery-policy`,
    ],
    [
      'a bucket that is gone',
      () => s3.on(HeadBucketCommand, { Bucket: TRAIL }).rejects(named('NotFound', 404)),
      `fail ${TRAIL} bucket`,
    ],
  ])('finds %s', async (_, prepare, expected) => {
    prepare()
    const { code, wrong, found } = await findings()
    expect(wrong).toContain(expected)
    expect(code).toBe(expected.startsWith('fail') ? 1 : 0)
    const level = expected.split(' ')[0]
    expect(found.every(({ level: l, what }) => l !== level || what !== '')).toBe(true)
  })

  it('finds out whose bucket it is among the accounts that the queue expects', async () => {
    sqs.on(GetQueueAttributesCommand, { QueueUrl: 'https://sqs/cloudtrail' }).resolves({
      Attributes: {
        Policy: queuePolicy('cloudtrail', {
          ArnEquals: { 'aws:SourceArn': `arn:aws:s3:::${TRAIL}` },
          StringEquals: { 'aws:SourceAccount': [ARCHIVE] },
        }),
      },
    })
    s3.on(HeadBucketCommand, { Bucket: TRAIL, ExpectedBucketOwner: ACCOUNT }).rejects(named('Forbidden', 403))
    const { found } = await findings(TRAIL)
    expect(found.find(({ check }) => check === 'bucket-policy')).toMatchObject({
      level: 'fail',
      what: expect.stringContaining(`account ${ARCHIVE} owns it`),
      fix: expect.stringContaining(roleArn('cloudtrail')),
    })
  })

  it('looks at the buckets that are named, and at a bucket that the stack does not know', async () => {
    const { found } = await findings(ACCESS)
    expect(found.some(({ subject }) => subject.startsWith(TRAIL))).toBe(false)
    s3.on(GetBucketPolicyCommand).rejects(named('NoSuchBucketPolicy', 404))
    s3.on(GetBucketNotificationConfigurationCommand).resolves({})
    const { wrong } = await findings('amzn-s3-demo-new/x/', '--kind', 'access-log')
    expect(wrong).toEqual(
      expect.arrayContaining([
        'fail amzn-s3-demo-new/x/ role',
        'fail amzn-s3-demo-new/x/ notification',
        'fail amzn-s3-demo-new/x/ delivery-policy',
      ]),
    )
  })

  it('what it may not look at is a warning, not an end', async () => {
    for (const mock of [kms, iam, lambda]) mock.reset()
    kms.onAnyCommand().rejects(named('AccessDenied', 403))
    iam.onAnyCommand().rejects(named('AccessDenied', 403))
    lambda.onAnyCommand().rejects(named('AccessDenied', 403))
    logs.on(FilterLogEventsCommand).rejects(named('AccessDenied', 403))
    const { code, found } = await findings(TRAIL, '--kind', 'cloudtrail')
    expect(code).toBe(0)
    const warned = found.filter(({ level }) => level === 'warn').map(({ what }) => what)
    expect(warned).toContainEqual(expect.stringContaining('iam:ListRolePolicies: AccessDenied'))
    expect(warned).toContainEqual(expect.stringContaining('logs:FilterLogEvents: AccessDenied'))
    expect(logs.commandCalls(FilterLogEventsCommand)[0]?.args[0].input.logGroupName).toBe('/bucketwatch/prod/pipeline')
  })

  it('compares the stack with its template, and says how to restore it', async () => {
    sqs.on(GetQueueAttributesCommand, { QueueUrl: 'https://sqs/hits' }).resolves({
      Attributes: { MessageRetentionPeriod: '60' },
    })
    const { code, found } = await findings()
    expect(code).toBe(1)
    expect(found.filter(({ check }) => check === 'template')).toEqual([
      expect.objectContaining({
        level: 'fail',
        subject: 'bucketwatch-prod',
        what: 'The queue hits is not as the template says: MessageRetentionPeriod is 60, the template says 1209600.',
        fix: `aws sqs set-queue-attributes --region ${REGION} --queue-url https://sqs/hits --attributes '{"MessageRetentionPeriod":"1209600"}'`,
      }),
    ])
  })

  it('looks at the sources too, where no bucket is given; without the right to, it says so', async () => {
    const sts = mockClient(STSClient)
    sts.on(GetCallerIdentityCommand).rejects(named('AccessDenied', 403))
    const args = ['doctor', '--stage', 'prod', '--region', REGION, '--json']
    const { code, out } = await cli(args, { now: NOW })
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line)).filter(({ level }) => level !== 'ok')).toEqual([
      {
        check: 'sources',
        level: 'warn',
        subject: 'account',
        what: expect.stringContaining('sts:GetCallerIdentity: AccessDenied'),
      },
      {
        check: 'settings',
        level: 'note',
        subject: 'settings',
        what: expect.stringContaining('No settings file is given'),
        fix: expect.stringContaining('doctor --facts'),
      },
    ])
    sts.resetHistory()
    await cli([...args, TRAIL], { now: NOW })
    expect(sts.calls()).toEqual([])
    sts.restore()
  })

  it('prints for people: what, why, and the statement to add', async () => {
    s3.on(GetBucketPolicyCommand, { Bucket: TRAIL }).rejects(named('NoSuchBucketPolicy', 404))
    s3.on(ListObjectsV2Command, { Bucket: TRAIL }).resolves({})
    const { code, out } = await cli(['doctor', ...PROD], { now: NOW })
    expect(code).toBe(1)
    const text = out.join('\n')
    expect(text).toMatch(/^bucketwatch-prod$/m)
    expect(text).toMatch(
      /^ {2}FAIL {2}The bucket policy does not let cloudtrail\.amazonaws\.com deliver\. \[delivery-policy\]$/m,
    )
    expect(text).toMatch(/^ {8}→ Add to the policy of amzn-s3-demo-trail:$/m)
    expect(text).toContain('"Sid": "AWSCloudTrailWrite"')
    expect(out.at(-1)).toMatch(/^\d+ checks: \d+ ok, 1 to look at, 1 failed$/)
  })

  it.each([['--stage', 'a b'], ['--kind', 'flow'], ['--owner', 'me'], ['s3://bucket'], ['amzn-s3-demo-unknown']])(
    'wrong usage: %s %s',
    async (...args) => {
      expect((await cli(['doctor', ...PROD, ...args.filter((arg) => arg !== undefined)])).code).toBe(2)
    },
  )
})
