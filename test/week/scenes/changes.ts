/** How the account changes: deployments, Terraform, previews of pull requests, and bucketwatch's own stack. */
import { CUSTOMER_DATA, DEPLOY_ARTIFACTS, SITE_ASSETS, VPC_ENDPOINT } from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import type { Bucket, Caller, CloudTrailRecord, Json, S3ApiName } from '../../support/log-shapes.ts'
import type { Random } from '../../support/random.ts'
import { TERRAFORM_AGENT } from '../../support/user-agents.ts'
import * as cast from '../cast.ts'
import type { From, Hour, Scene, WeekScript } from '../script.ts'

const CLI =
  'aws-cli/2.22.12 md/awscrt#0.23.4 ua/2.0 os/linux#6.8.0-1017-azure md/arch#x86_64 lang/python#3.12.6 md/command#s3.sync'
const CDK =
  'aws-sdk-js/3.758.0 ua/2.1 os/linux lang/js md/nodejs#22.14.0 api/cloudformation#3.758.0 m/E app/aws-cdk-cli/2.1005.0'

/** A job of a hosted runner: its token becomes a session of a role, from an address that is nobody's tomorrow. */
function job(script: WeekScript, random: Random, role: string, time: number, userAgent: string): From {
  const sourceIp = cast.runnerAddress(random.int(0, 59))
  const subject = 'repo:example/shop:ref:refs/heads/main'
  const provider = `arn:aws:iam::${cast.ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`
  script.call({
    time: time - 3000,
    service: 'sts',
    eventName: 'AssumeRoleWithWebIdentity',
    readOnly: true,
    caller: {
      requester: '-',
      userIdentity: {
        type: 'WebIdentityUser',
        principalId: `${provider}:sts.amazonaws.com:${subject}`,
        userName: subject,
        identityProvider: provider,
      },
    },
    sourceIp,
    userAgent: 'aws-sdk-nodejs configure-aws-credentials-for-github-actions',
    parameters: { roleArn: `arn:aws:iam::${cast.ACCOUNT}:role/${role}`, roleSessionName: 'GitHubActions' },
  })
  const from = { caller: cast.session(role, 'GitHubActions', time), sourceIp, userAgent }
  script.calls(time - 1000, from, ['sts:GetCallerIdentity'])
  return from
}

/** Build, push, roll out; and the site's files, new and old. */
export const deployments: Scene = (hour, script, random) => {
  if (!hour.isWork) return
  throughout(random, hour.start, hour.end, 0.7, (time) => {
    const from = job(script, random, 'ci-deploy', time, CLI)
    script.calls(time, from, [
      'ecr:GetAuthorizationToken',
      'ecr:InitiateLayerUpload',
      'ecr:PutImage',
      'ecs:RegisterTaskDefinition',
      'ecs:UpdateService',
      'ecs:DescribeServices',
    ])
    script.calls(
      time + 10_000,
      from,
      [
        'lambda:GetFunction20150331v2',
        'lambda:UpdateFunctionCode20150331v2',
        'lambda:UpdateFunctionConfiguration20150331v2',
        'lambda:PublishVersion20150331',
      ],
      { functionName: 'thumbnailer', environment: {} },
    )
    const s3 = (at: number, api: S3ApiName, key: string): void =>
      script.s3({ ...from, time: at, api, bucket: SITE_ASSETS, key, bytesIn: api === 'PutObject' ? 30_000 : 0 })
    script.s3({ ...from, time: time + 20_000, api: 'ListObjects', bucket: SITE_ASSETS, bytesOut: 9000 })
    for (let n = 0; n < 12; n += 1)
      s3(time + 21_000 + n * 400, 'PutObject', `app.${random.hex(4)}.${random.pick(['js', 'css', 'html'])}`)
    for (let n = 0; n < 10; n += 1) s3(time + 27_000 + n * 400, 'DeleteObject', `app.${random.hex(4)}.js`)
    script.s3({
      ...from,
      time: time + 30_000,
      api: 'PutObject',
      bucket: DEPLOY_ARTIFACTS,
      key: `thumbnailer/${random.hex(8)}.zip`,
      bytesIn: 4_000_000,
    })
    script.calls(time + 32_000, from, ['cloudfront:CreateInvalidation'])
  })
}

const POLICY = 'policy'
const statement = (more: Readonly<Record<string, Json>>): Json => ({ Version: '2012-10-17', Statement: [more] })
const policyOf = (bucket: Bucket, more: Readonly<Record<string, Json>>): CloudTrailRecord => ({
  bucketPolicy: statement({ Resource: `arn:aws:s3:::${bucket.name}/*`, ...more }),
  [POLICY]: '',
})
const DENY_PLAIN = {
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
}

/** What a plan reads: the state, and every setting of every bucket. */
function plan(time: number, from: From, script: WeekScript, buckets: readonly Bucket[]): void {
  const state = { ...from, bucket: cast.TERRAFORM_STATE, key: 'shop/production/terraform.tfstate' }
  script.s3({ ...state, time, api: 'PutObject', key: `${state.key}.tflock`, bytesIn: 300 })
  script.s3({ ...state, time: time + 500, api: 'GetObject', bytesOut: 900_000, objectSize: 900_000 })
  const reads: readonly (readonly [S3ApiName, string?])[] = [
    ['GetBucketPolicy'],
    ['GetBucketAcl'],
    ['GetBucketVersioning'],
    ['GetBucketLogging'],
    ['GetBucketLifecycle', 'NoSuchLifecycleConfiguration'],
    ['GetBucketReplication', 'ReplicationConfigurationNotFoundError'],
    ['GetBucketEncryption'],
    ['GetBucketTagging', 'NoSuchTagSet'],
    ['GetBucketPublicAccessBlock'],
    ['GetBucketOwnershipControls'],
    ['GetBucketWebsite', 'NoSuchWebsiteConfiguration'],
  ]
  for (const [n, bucket] of buckets.entries())
    for (const [m, [api, errorCode]] of reads.entries())
      script.setting(time + 2000 + n * 900 + m * 60, api, bucket, from, undefined, errorCode)
  script.calls(time + 10_000, from, [
    'iam:GetRole',
    'iam:ListRolePolicies',
    'iam:GetPolicyVersion',
    'lambda:GetFunction20150331v2',
    'ec2:DescribeSecurityGroups',
    'kms:DescribeKey',
    'kms:GetKeyPolicy',
    'sqs:GetQueueAttributes',
    'sns:GetTopicAttributes',
    'logs:DescribeLogGroups',
    'monitoring:DescribeAlarms',
  ])
  script.s3({ ...state, time: time + 30_000, api: 'DeleteObject', key: `${state.key}.tflock` })
}

/** What an apply changes on an ordinary day. */
function apply(time: number, hour: Hour, from: From, script: WeekScript): void {
  const bucket = [CUSTOMER_DATA, cast.LAKE, DEPLOY_ARTIFACTS, SITE_ASSETS, cast.QUERY_RESULTS][hour.day]!
  const at = time + 40_000
  script.setting(at, 'PutBucketTagging', bucket, from, {
    Tagging: { TagSet: { Tag: { Key: 'team', Value: 'shop' } } },
    tagging: '',
  })
  script.setting(at + 1000, 'PutBucketLifecycle', bucket, from, {
    LifecycleConfiguration: {
      Rule: {
        ID: 'old-versions',
        Status: 'Enabled',
        Filter: { Prefix: '' },
        NoncurrentVersionExpiration: { NoncurrentDays: 90 },
      },
    },
    lifecycle: '',
  })
  script.setting(at + 2000, 'PutBucketPolicy', bucket, from, policyOf(bucket, DENY_PLAIN))
  if (bucket === SITE_ASSETS)
    script.setting(
      at + 3000,
      'PutBucketPolicy',
      bucket,
      from,
      policyOf(bucket, {
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 's3:GetObject',
        Condition: {
          StringEquals: { 'AWS:SourceArn': `arn:aws:cloudfront::${cast.ACCOUNT}:distribution/${cast.DISTRIBUTION}` },
        },
      }),
    )
  // On Tuesday the organization may read the lake; on Friday the network may write the queries' results.
  if (bucket === cast.LAKE)
    script.setting(
      at + 4000,
      'PutBucketPolicy',
      bucket,
      from,
      policyOf(bucket, {
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Condition: { StringEquals: { 'aws:PrincipalOrgID': cast.ORGANIZATION } },
      }),
    )
  if (bucket === cast.QUERY_RESULTS)
    script.setting(
      at + 4000,
      'PutBucketPolicy',
      bucket,
      from,
      policyOf(bucket, {
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:PutObject',
        Condition: { StringEquals: { 'aws:SourceVpce': VPC_ENDPOINT } },
      }),
    )
  script.calls(at + 6000, from, ['iam:PutRolePolicy', 'iam:AttachRolePolicy', 'iam:TagRole'], {
    roleName: 'report-job',
    policyArn: `arn:aws:iam::${cast.ACCOUNT}:policy/report-job`,
  })
  script.calls(at + 10_000, from, ['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'], {
    groupId: 'sg-0123456789abcdef0',
  })
  script.calls(at + 13_000, from, ['monitoring:PutMetricAlarm'], {
    alarmName: 'shop-latency',
    actionsEnabled: true,
    alarmActions: [`arn:aws:sns:${cast.HOME_REGION}:${cast.ACCOUNT}:on-call`],
  })
  script.calls(at + 14_000, from, ['logs:PutRetentionPolicy'], { logGroupName: '/ecs/web-app', retentionInDays: 30 })
  script.calls(at + 15_000, from, ['sqs:SetQueueAttributes', 'sns:SetTopicAttributes'], {
    queueUrl: `https://sqs.${cast.HOME_REGION}.amazonaws.com/${cast.ACCOUNT}/orders`,
  })
  if (hour.day === 3) replace(at + 20_000, from, script)
  script.s3({
    ...from,
    time: at + 60_000,
    api: 'PutObject',
    bucket: cast.TERRAFORM_STATE,
    key: 'shop/production/terraform.tfstate',
    bytesIn: 900_000,
  })
}

/** A service moves: its old key, alarms, log group and bucket go. */
function replace(time: number, from: From, script: WeekScript): void {
  script.calls(time, from, ['kms:CreateKey', 'kms:EnableKeyRotation', 'kms:CreateAlias'])
  script.calls(time + 4000, from, ['kms:ScheduleKeyDeletion'], {
    keyId: `arn:aws:kms:${cast.HOME_REGION}:${cast.ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321`,
    pendingWindowInDays: 30,
  })
  script.calls(time + 6000, from, ['monitoring:DeleteAlarms'], { alarms: ['mailer-errors'] })
  script.calls(time + 7000, from, ['logs:DeleteLogGroup'], { logGroupName: '/ecs/mailer' })
  script.calls(
    time + 8000,
    from,
    ['lambda:DeleteEventSourceMapping20150331', 'sqs:DeleteQueue', 'sns:DeleteTopic', 'events:DeleteRule'],
    { queueUrl: `https://sqs.${cast.HOME_REGION}.amazonaws.com/${cast.ACCOUNT}/mailer` },
  )
  const old: Bucket = cast.previewBucket(0)
  script.setting(time + 14_000, 'DeleteBucketPolicy', old, from)
  script.setting(time + 15_000, 'DeleteBucket', old, from)
}

export const terraform: Scene = (hour, script, random) => {
  const plans = hour.isWork ? 0.8 : 0
  throughout(random, hour.start, hour.end, plans, (time) => {
    plan(time, job(script, random, 'terraform-plan', time, TERRAFORM_AGENT), script, cast.BUCKETS.slice(0, 8))
  })
  // At night: whether anything has drifted.
  if (hour.hour === 3)
    plan(
      hour.start + 600_000,
      job(script, random, 'terraform-plan', hour.start + 600_000, TERRAFORM_AGENT),
      script,
      cast.BUCKETS,
    )
  if (hour.isWorkday && (hour.hour === 9 || hour.hour === 14)) {
    const time = hour.start + 1_800_000
    const from = job(script, random, 'terraform-apply', time, TERRAFORM_AGENT)
    plan(time, from, script, cast.BUCKETS.slice(0, 8))
    if (hour.hour === 9) apply(time, hour, from, script)
  }
}

/** CloudFormation works with the session that it was given. */
const behalf = (time: number): From => ({
  caller: cast.session('cdk-hnb659fds-cfn-exec-role', 'AWSCloudFormation', time, {
    invokedBy: 'cloudformation.amazonaws.com',
  }),
  sourceIp: 'cloudformation.amazonaws.com',
  userAgent: 'cloudformation.amazonaws.com',
})

/** A function that the stack brings along, to empty its bucket or to set its notifications. */
const customResource = (name: string, time: number): From => ({
  caller: cast.session(`preview-${name}`, `preview-${name}-${Math.floor(time / cast.DAY)}`, time),
  sourceIp: '192.0.2.200',
  userAgent:
    'Boto3/1.35.76 md/Botocore#1.35.76 ua/2.0 os/linux#5.10.230 lang/python#3.12.7 exec-env/AWS_Lambda_python3.12',
})

const ALL_BLOCKED = {
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  },
  publicAccessBlock: '',
}

/** Every pull request has its own stack from the morning to the evening. */
export const previews: Scene = (hour, script, random) => {
  if (!hour.isWorkday || (hour.hour !== 8 && hour.hour !== 10 && hour.hour !== 17 && hour.hour !== 19)) return
  const pull = 400 + hour.day * 2 + (hour.hour === 8 || hour.hour === 17 ? 0 : 1)
  const bucket = cast.previewBucket(pull)
  const time = hour.start + random.int(5, 40) * 60_000
  const from = job(script, random, 'ci-preview', time, CDK)
  const stack = { stackName: `preview-${pull}` }
  if (hour.hour <= 10) {
    script.calls(
      time,
      from,
      ['cloudformation:CreateChangeSet', 'cloudformation:DescribeChangeSet', 'cloudformation:ExecuteChangeSet'],
      stack,
    )
    const by = behalf(time)
    script.setting(time + 10_000, 'CreateBucket', bucket, by, {
      CreateBucketConfiguration: { LocationConstraint: cast.HOME_REGION },
    })
    script.setting(time + 12_000, 'PutBucketEncryption', bucket, by, {
      ServerSideEncryptionConfiguration: { Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } } },
      encryption: '',
    })
    script.setting(time + 13_000, 'PutBucketPublicAccessBlock', bucket, by, ALL_BLOCKED)
    script.setting(
      time + 14_000,
      'PutBucketPolicy',
      bucket,
      by,
      policyOf(bucket, {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${cast.ACCOUNT}:role/preview-auto-delete` },
        Action: ['s3:DeleteObject*', 's3:List*', 's3:PutBucketPolicy'],
      }),
    )
    script.calls(time + 16_000, by, [
      'kms:CreateKey',
      'lambda:CreateFunction20150331',
      'sqs:CreateQueue',
      'sns:CreateTopic',
      'iam:CreateRole',
      'iam:PutRolePolicy',
      'logs:CreateLogGroup',
      'monitoring:PutMetricAlarm',
      'cloudfront:CreateDistributionWithTags',
    ])
    script.setting(time + 30_000, 'PutBucketNotification', bucket, customResource('notifications', time), {
      NotificationConfiguration: {
        CloudFunctionConfiguration: {
          Id: 'uploads',
          CloudFunction: `arn:aws:lambda:${cast.HOME_REGION}:${cast.ACCOUNT}:function:preview-${pull}`,
          Event: 's3:ObjectCreated:*',
        },
      },
      notification: '',
    })
    return
  }
  script.calls(time, from, ['cloudformation:DeleteStack', 'cloudformation:DescribeStackEvents'], stack)
  const by = behalf(time)
  script.setting(time + 5000, 'PutBucketNotification', bucket, customResource('notifications', time), {
    NotificationConfiguration: { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' },
    notification: '',
  })
  const emptying = customResource('auto-delete', time)
  script.setting(
    time + 8000,
    'PutBucketPolicy',
    bucket,
    emptying,
    policyOf(bucket, { Effect: 'Deny', Principal: '*', Action: 's3:PutObject' }),
  )
  script.s3({ ...emptying, time: time + 9000, api: 'ListObjectVersions', bucket, bytesOut: 9000 })
  script.s3({ ...emptying, time: time + 10_000, api: 'DeleteObjects', bucket, bytesOut: 900 })
  script.setting(time + 20_000, 'DeleteBucketPolicy', bucket, by)
  script.setting(time + 22_000, 'DeleteBucket', bucket, by)
  script.calls(time + 24_000, by, ['kms:ScheduleKeyDeletion'], {
    keyId: 'arn:aws:kms:eu-central-1:111122223333:key/1111dcba-09fe-87dc-65ba-ab0987654321',
    pendingWindowInDays: 7,
  })
  script.calls(time + 26_000, by, ['monitoring:DeleteAlarms'], { alarms: [`preview-${pull}-errors`] })
  script.calls(time + 27_000, by, ['logs:DeleteLogGroup'], { logGroupName: `/aws/lambda/preview-${pull}` })
  script.calls(
    time + 28_000,
    by,
    [
      'lambda:DeleteFunction20150331',
      'sqs:DeleteQueue',
      'sns:Unsubscribe',
      'sns:DeleteTopic',
      'iam:DeleteRolePolicy',
      'iam:DeleteRole',
      'cloudfront:DeleteDistribution',
    ],
    { queueUrl: `https://sqs.${cast.HOME_REGION}.amazonaws.com/${cast.ACCOUNT}/preview-${pull}` },
  )
}

/** Once in the week bucketwatch itself is brought up to date. */
export const ownStack: Scene = (hour, script, random) => {
  if (hour.day !== 3 || hour.hour !== 12) return
  const time = hour.start + 900_000
  const from = job(
    script,
    random,
    'bucketwatch-deploy',
    time,
    'aws-sdk-nodejs/2.1692.0 linux/v24.1.0 exec-env/GitHubActions promise',
  )
  const behalfOf: Caller = cast.session('bucketwatch-deploy', 'GitHubActions', time, {
    invokedBy: 'cloudformation.amazonaws.com',
  })
  const by = { caller: behalfOf, sourceIp: 'cloudformation.amazonaws.com', userAgent: 'cloudformation.amazonaws.com' }
  script.calls(time, from, ['cloudformation:UpdateStack', 'cloudformation:DescribeStackEvents'], {
    stackName: 'bucketwatch-prod',
  })
  script.calls(
    time + 20_000,
    by,
    ['lambda:UpdateFunctionCode20150331v2', 'lambda:UpdateFunctionConfiguration20150331v2'],
    { functionName: 'bucketwatch-prod-cloudtrail' },
  )
  script.calls(time + 24_000, by, ['monitoring:PutMetricAlarm'], {
    alarmName: 'bucketwatch-prod-s3-policy-public',
    actionsEnabled: true,
  })
  script.calls(time + 26_000, by, ['logs:PutMetricFilter'], {
    logGroupName: '/bucketwatch/prod/cloudtrail',
    filterName: 'bucketwatch-prod-s3-policy-public',
  })
}
