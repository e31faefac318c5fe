/** A deployed stack and two buckets in which nothing is wrong; tests change one thing. */

import type { BucketFacts, KindFacts, StackFacts, TopicFacts } from '../../../shared/doctor/facts.ts'
import { known } from '../../../shared/doctor/finding.ts'
import type { LogKind } from '../../../shared/kinds/kinds.ts'

export const NOW = Date.parse('2026-03-17T13:00:00Z')
export const ACCOUNT = '111122223333'
export const ARCHIVE = '444455556666'
export const REGION = 'eu-west-1'
export const TRAIL = 'amzn-s3-demo-trail'
export const ACCESS = 'amzn-s3-demo-access'
export const minutesAgo = (minutes: number): number => NOW - minutes * 60_000

export const queueArn = (kind: LogKind): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:bucketwatch-prod-${kind}`
export const roleArn = (kind: LogKind): string =>
  `arn:aws:iam::${ACCOUNT}:role/bucketwatch-prod-${kind === 'cloudtrail' ? 'CloudTrail' : 'AccessLog'}Role-EXAMPLE`
export const TRAIL_KEY = `AWSLogs/${ACCOUNT}/CloudTrail/eu-west-1/2026/03/17/${ACCOUNT}_CloudTrail_eu-west-1_20260317T1255Z_ExampleExample00.json.gz`
export const ACCESS_KEY = 'logs/2026-03-17-12-50-00-EXAMPLE0EXAMPLE0'

const bucketOf = (kind: LogKind) =>
  kind === 'cloudtrail' ? { bucket: TRAIL, prefix: '' } : { bucket: ACCESS, prefix: 'logs/' }

export function queuePolicy(kind: LogKind, condition?: object, principal = 's3.amazonaws.com'): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AllowBuckets',
        Effect: 'Allow',
        Principal: { Service: principal },
        Action: 'sqs:SendMessage',
        Resource: queueArn(kind),
        Condition: condition ?? {
          ArnEquals: { 'aws:SourceArn': [`arn:aws:s3:::${bucketOf(kind).bucket}`] },
          StringEquals: { 'aws:SourceAccount': [ACCOUNT] },
        },
      },
      {
        Sid: 'DenyWithoutTls',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:*',
        Resource: queueArn(kind),
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  })
}

export function kindFacts(kind: LogKind, more: Partial<KindFacts> = {}): KindFacts {
  const { bucket, prefix } = bucketOf(kind)
  return {
    kind,
    queueArn: queueArn(kind),
    roleArn: roleArn(kind),
    queue: known({ policy: queuePolicy(kind), kmsKeyId: undefined, waiting: 0 }),
    queueKey: known(undefined),
    deadLetters: known(0),
    oldestMessageSeconds: known(undefined),
    rolePolicies: known([
      JSON.stringify({
        Statement: [
          { Effect: 'Allow', Action: ['sqs:ReceiveMessage'], Resource: queueArn(kind) },
          {
            Sid: 'LogObjects',
            Effect: 'Allow',
            Action: ['s3:GetObject', 's3:GetObjectVersion'],
            Resource: [`arn:aws:s3:::${bucket}/${prefix}*`],
          },
        ],
      }),
    ]),
    locations: known([{ bucket, prefix }]),
    functionState: known('Active'),
    mappingState: known('Enabled'),
    lastCanary: known({ time: minutesAgo(7), seconds: 12 }),
    lastReceipt: known({ time: minutesAgo(3), status: 'ok', key: TRAIL_KEY }),
    ...more,
  }
}

export function topicFacts(name: string, more: Partial<TopicFacts> = {}): TopicFacts {
  return {
    arn: `arn:aws:sns:${REGION}:${ACCOUNT}:bucketwatch-prod-${name}`,
    key: known({
      arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
      state: 'Enabled',
      awsManaged: false,
      policy: known(
        JSON.stringify({
          Statement: [
            { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
            {
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
              Resource: '*',
              Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
            },
          ],
        }),
      ),
    }),
    subscriptions: known([
      name === 'alarms'
        ? { protocol: 'lambda', endpoint: 'arn:aws:lambda:eu-west-1:111122223333:function:x', confirmed: true }
        : { protocol: 'email', endpoint: 'security@example.com', confirmed: true },
    ]),
    ...more,
  }
}

export function stackFacts(more: Partial<StackFacts> = {}): StackFacts {
  return {
    stage: 'prod',
    name: 'bucketwatch-prod',
    accountId: ACCOUNT,
    region: REGION,
    status: 'UPDATE_COMPLETE',
    canaryBucket: 'bucketwatch-prod-canarybucket-example',
    pipelineLogGroup: '/bucketwatch/prod/pipeline',
    kinds: [kindFacts('cloudtrail'), kindFacts('access-log')],
    alarms: topicFacts('alarms'),
    alerts: topicFacts('alerts'),
    alertDeadLetters: known(0),
    ...more,
  }
}

export const statement = (more: object): object => ({ Effect: 'Allow', Resource: '*', ...more })
export const policy = (...statements: object[]): string => JSON.stringify({ Statement: statements })

/** The statements that the CloudTrail and S3 guides give. */
export const DELIVERY: Readonly<Record<LogKind, readonly object[]>> = {
  cloudtrail: [
    statement({
      Sid: 'AWSCloudTrailAclCheck20150319',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: 's3:GetBucketAcl',
      Resource: `arn:aws:s3:::${TRAIL}`,
    }),
    statement({
      Sid: 'AWSCloudTrailWrite20150319',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${TRAIL}/AWSLogs/${ACCOUNT}/*`,
      Condition: {
        StringEquals: {
          's3:x-amz-acl': 'bucket-owner-full-control',
          'aws:SourceArn': `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/management`,
        },
      },
    }),
  ],
  'access-log': [
    statement({
      Sid: 'S3ServerAccessLogsPolicy',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Action: ['s3:PutObject'],
      Resource: `arn:aws:s3:::${ACCESS}/logs*`,
      Condition: {
        ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::amzn-s3-demo-source' },
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
      },
    }),
  ],
}

export function bucketFacts(kind: LogKind, more: Partial<BucketFacts> = {}): BucketFacts {
  const { bucket, prefix } = bucketOf(kind)
  return {
    bucket,
    kind,
    prefix,
    region: known(REGION),
    owner: known(ACCOUNT),
    notification: known({
      QueueConfigurations: [
        {
          Id: `bucketwatch-prod-${kind}`,
          QueueArn: queueArn(kind),
          Events: ['s3:ObjectCreated:*'],
          Filter: {
            Key: { FilterRules: [{ Name: 'Prefix', Value: kind === 'cloudtrail' ? 'AWSLogs/' : 'logs/' }] },
          },
        },
      ],
    }),
    policy: known(policy(...DELIVERY[kind])),
    logging: known(undefined),
    loggingOfTargets: new Map(),
    encryption: known({ algorithm: 'AES256', key: known(undefined) }),
    defaultRetention: known(false),
    requesterPays: known(false),
    ownership: known('BucketOwnerEnforced'),
    logDeliveryByAcl: known(false),
    lastObject: known({
      key: kind === 'cloudtrail' ? TRAIL_KEY : ACCESS_KEY,
      time: minutesAgo(5),
      encryptionKey: known(undefined),
    }),
    lastReceipt: known({ time: minutesAgo(4), status: 'ok', key: TRAIL_KEY }),
    ...more,
  }
}
