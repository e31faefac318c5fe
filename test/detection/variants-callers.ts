/** The same harm by whatever tool says it is, by way of services, to this very stack; and the ordinary calls that look alike. */
import { B, bob, data, ev, SERIOUS, TOLD, type Variant } from './variant-calls.ts'

const US = '111122223333'
const THEM = '444455556666'
const T = (value: unknown): string => JSON.stringify(value)
const via = (service: string) => ({
  userIdentity: { ...bob, invokedBy: `${service}.amazonaws.com` },
  sourceIPAddress: `${service}.amazonaws.com`,
  userAgent: `${service}.amazonaws.com`,
})
const open = (bucketPolicy: unknown) => ({ bucketName: B, policy: '', bucketPolicy })
const PUB = { Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }] }
const TF = { userAgent: 'APN/1.0 HashiCorp/1.0 Terraform/1.9.5' }

export const CALLERS: readonly Variant[] = [
  ...['cloudformation', 'ssm', 'config', 'servicecatalog', 'states', 'proton', 'backup', 'codepipeline', 'lambda'].map(
    (s): Variant => [`public policy via ${s}`, ev('s3', 'PutBucketPolicy', open(PUB), via(s)), ['s3-policy-public']],
  ),
  ...['athena', 'glue', 'ssm', 'elasticmapreduce', 'cloudformation'].map(
    (s): Variant => [
      `cred file via ${s}`,
      data('GetObject', { key: 'home/.aws/credentials' }, via(s)),
      ['data-cred-file'],
    ],
  ),
  ['trail stop via cfn', ev('cloudtrail', 'StopLogging', { name: 't' }, via('cloudformation')), ['trail-stopped']],
  ['trail delete tf', ev('cloudtrail', 'DeleteTrail', { name: 't' }, TF), ['trail-deleted']],
  ['bpa off tf', ev('s3', 'DeleteBucketPublicAccessBlock', { bucketName: B }, TF), ['s3-bpa-bucket']],
  [
    'versioning off tf',
    ev('s3', 'PutBucketVersioning', { bucketName: B, VersioningConfiguration: { Status: 'Suspended' } }, TF),
    ['s3-versioning-off'],
  ],
  [
    'object lock tf',
    ev(
      's3',
      'PutObjectLockConfiguration',
      { bucketName: B, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } },
      TF,
    ),
    ['s3-object-lock'],
  ],
  [
    'logging off tf',
    ev('s3', 'PutBucketLogging', { bucketName: B, BucketLoggingStatus: {} }, TF),
    ['s3-logging-disabled'],
  ],
  ['encryption deleted tf', ev('s3', 'DeleteBucketEncryption', { bucketName: B }, TF), ['s3-encryption-removed']],
  [
    'lifecycle 1 tf',
    ev(
      's3',
      'PutBucketLifecycle',
      { bucketName: B, LifecycleConfiguration: { Rule: { Status: 'Enabled', Filter: '', Expiration: { Days: 1 } } } },
      TF,
    ),
    ['s3-lifecycle-short'],
  ],
  ['replication gone tf', ev('s3', 'DeleteBucketReplication', { bucketName: B }, TF), ['s3-replication-removed']],
  ['acl public tf', ev('s3', 'PutBucketAcl', { bucketName: B, 'x-amz-acl': 'public-read' }, TF), ['s3-acl-public']],
  [
    'kms policy tf',
    ev(
      'kms',
      'PutKeyPolicy',
      {
        keyId: 'k',
        policy: T({ Statement: [{ Effect: 'Allow', Principal: { AWS: THEM }, Action: 'kms:*', Resource: '*' }] }),
      },
      TF,
    ),
    ['kms-policy'],
  ],
  [
    'own alarm tf',
    ev('monitoring', 'DeleteAlarms', { alarmNames: ['bucketwatch-prod-trail-stopped'] }, TF),
    ['mon-self-guard'],
  ],
  [
    'own filter tf',
    ev('logs', 'DeleteMetricFilter', { logGroupName: '/bucketwatch/prod/cloudtrail', filterName: 'x' }, TF),
    ['mon-self-guard'],
  ],
  [
    'own sub',
    ev('sns', 'SetSubscriptionAttributes', {
      subscriptionArn: 'arn:aws:sns:eu-central-1:111122223333:bucketwatch-prod-alerts:1',
      attributeName: 'RawMessageDelivery',
      attributeValue: 'true',
    }),
    ['mon-self-guard'],
  ],
  [
    'own sns publish fake quiet',
    ev('sns', 'Subscribe', {
      topicArn: 'arn:aws:sns:eu-central-1:111122223333:bucketwatch-prod-alerts',
      protocol: 'email',
    }),
    ['mon-self-guard'],
  ],
  [
    'own alarm tagged',
    ev('monitoring', 'TagResource', {
      resourceARN: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:bucketwatch-prod-x',
    }),
    ['mon-self-guard'],
  ],
  [
    'own alarm rename evasion composite',
    ev('monitoring', 'PutCompositeAlarm', { alarmName: 'bucketwatch-prod-high', alarmRule: 'FALSE' }),
    ['mon-self-guard'],
  ],
  [
    'own rule events',
    ev('events', 'RemoveTargets', { rule: 'bucketwatch-prod-canary', ids: ['a'] }),
    ['mon-self-guard'],
  ],
  [
    'own stack sdk',
    ev('cloudformation', 'CreateChangeSet', {
      stackName: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/bucketwatch-prod/0a1b',
    }),
    ['mon-self-guard'],
  ],
  ['own kms key by alias', ev('kms', 'DisableKey', { keyId: 'alias/bucketwatch-prod' }), [TOLD]],
  [
    'own dynamodb throttle',
    ev('dynamodb', 'UpdateTable', { tableName: 'bucketwatch-prod-state', provisionedThroughput: {} }),
    ['mon-self-guard'],
  ],
  ['own dynamodb ttl', ev('dynamodb', 'UpdateTimeToLive', { tableName: 'bucketwatch-prod-state' }), ['mon-self-guard']],
  [
    'own lambda url',
    ev('lambda', 'CreateFunctionUrlConfig', { functionName: 'bucketwatch-prod-alert' }),
    ['mon-self-guard'],
  ],
  [
    'own lambda alias',
    ev('lambda', 'PutRuntimeManagementConfig', { functionName: 'bucketwatch-prod-alert' }),
    ['mon-self-guard'],
  ],
  [
    'own log retention 1',
    ev('logs', 'PutRetentionPolicy', { logGroupName: '/bucketwatch/prod/findings', retentionInDays: 1 }),
    ['mon-self-guard'],
  ],
  [
    'own log kms',
    ev('logs', 'AssociateKmsKey', {
      logGroupName: '/bucketwatch/prod/cloudtrail',
      kmsKeyId: 'arn:aws:kms:eu-central-1:111122223333:key/1',
    }),
    ['mon-self-guard'],
  ],
  [
    'own log delete stream',
    ev('logs', 'DeleteLogStream', { logGroupName: '/bucketwatch/prod/findings', logStreamName: 's' }),
    ['mon-self-guard'],
  ],
  ['scp detach quiet?', ev('organizations', 'DetachPolicy', { policyId: 'p-1', targetId: US }), ['cis-15-org']],
  // root/login
  [
    'root login',
    ev('signin', 'ConsoleLogin', null, {
      userIdentity: { type: 'Root', arn: `arn:aws:iam::${US}:root`, accountId: US },
      responseElements: { ConsoleLogin: 'Success' },
      eventType: 'AwsConsoleSignIn',
    }),
    ['root-login', 'cis-03-root-usage'],
  ],
  [
    'root key',
    ev('iam', 'CreateAccessKey', null, {
      userIdentity: { type: 'Root', arn: `arn:aws:iam::${US}:root`, accountId: US },
    }),
    ['root-access-key'],
  ],
  [
    'assume root session policy delete',
    ev(
      's3',
      'DeleteBucketPolicy',
      { bucketName: B },
      {
        userIdentity: {
          type: 'Root',
          arn: `arn:aws:iam::${US}:root`,
          accountId: US,
          sessionContext: { assumedRoot: 'true' },
        },
      },
    ),
    ['s3-policy-deleted'],
  ],
  [
    'quarantine',
    ev('iam', 'AttachUserPolicy', {
      userName: 'x',
      policyArn: 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3',
    }),
    ['key-quarantine'],
  ],
  ['pacu ua', data('ListObjects', {}, { userAgent: 'Boto3/1.9 Python/3 Linux/kali Pacu' }), ['offensive-ua']],
  // sessions
  [
    'lambda creds curl',
    data(
      'GetObject',
      { key: 'a' },
      {
        userIdentity: {
          ...bob,
          arn: 'arn:aws:sts::111122223333:assumed-role/fn/my-fn',
          inScopeOf: {
            issuerType: 'AWS::Lambda::Function',
            credentialsIssuedTo: 'arn:aws:lambda:eu-central-1:111122223333:function:my-fn',
          },
        },
        userAgent: 'curl/8.5.0',
      },
    ),
    ['session-laptop', 'session-elsewhere'],
  ],
  [
    'ec2 creds mac',
    ev('sts', 'GetCallerIdentity', null, {
      userIdentity: { ...bob, arn: 'arn:aws:sts::111122223333:assumed-role/web/i-0abcdef0123456789' },
      readOnly: true,
      userAgent: 'aws-cli/2.1 os/macos#23',
    }),
    ['session-laptop'],
  ],
  // q ordinary
  [
    'q own tf bucket policy closed',
    ev(
      's3',
      'PutBucketPolicy',
      open({
        Statement: [
          { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${US}:role/app` }, Action: 's3:GetObject', Resource: '*' },
        ],
      }),
      TF,
    ),
    [SERIOUS],
  ],
  [
    'q versioning on, by Terraform',
    ev('s3', 'PutBucketVersioning', { bucketName: B, VersioningConfiguration: { Status: 'Enabled' } }, TF),
    [SERIOUS],
  ],
  [
    'q create bucket',
    ev('s3', 'CreateBucket', { bucketName: B, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
    [SERIOUS],
  ],
  ['q tagging', ev('s3', 'PutBucketTagging', { bucketName: B, Tagging: { TagSet: { Tag: [] } } }), [SERIOUS]],
  [
    'q metrics config',
    ev('s3', 'PutBucketMetricsConfiguration', { bucketName: B, MetricsConfiguration: { Id: 'all' } }),
    [SERIOUS],
  ],
  [
    'q accelerate',
    ev('s3', 'PutBucketAccelerateConfiguration', { bucketName: B, AccelerateConfiguration: { Status: 'Enabled' } }),
    [SERIOUS],
  ],
  [
    'q tiering',
    ev('s3', 'PutBucketIntelligentTieringConfiguration', {
      bucketName: B,
      IntelligentTieringConfiguration: { Id: 'x' },
    }),
    [SERIOUS],
  ],
  [
    'q inventory ours',
    ev('s3', 'PutBucketInventoryConfiguration', {
      bucketName: B,
      InventoryConfiguration: {
        Id: 'x',
        Destination: { S3BucketDestination: { AccountId: US, Bucket: 'arn:aws:s3:::y' } },
      },
    }),
    [SERIOUS],
  ],
  ['q restore', data('RestoreObject', { key: 'a' }), [SERIOUS]],
  ['q describe', ev('kms', 'DescribeKey', { keyId: 'k' }, { readOnly: true }), [SERIOUS]],
  [
    'q grant for rds by rds',
    ev(
      'kms',
      'CreateGrant',
      {
        keyId: 'k',
        granteePrincipal: `arn:aws:iam::${US}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`,
        retiringPrincipal: 'rds.eu-central-1.amazonaws.com',
      },
      via('rds'),
    ),
    [SERIOUS],
  ],
  [
    'q log stream create',
    ev('logs', 'CreateLogStream', { logGroupName: '/aws/lambda/x', logStreamName: 's' }),
    [SERIOUS],
  ],
  ['q put metric data', ev('monitoring', 'PutDashboard', { dashboardName: 'x' }), [SERIOUS]],
]
