/** How the account changes: deployments, Terraform, previews of pull requests, and bucketwatch's own stack. */
import { CUSTOMER_DATA, DEPLOY_ARTIFACTS, SITE_ASSETS, VPC_ENDPOINT } from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import type { Bucket, S3ApiName } from '../../support/log-shapes.ts'
import { TERRAFORM_AGENT } from '../../support/user-agents.ts'
import * as cast from '../cast.ts'
import type { From, Hour, Scene, WeekScript } from '../script.ts'
import { job, policyOf } from './shared.ts'

const CLI =
  'aws-cli/2.22.12 md/awscrt#0.23.4 ua/2.0 os/linux#6.8.0-1017-azure md/arch#x86_64 lang/python#3.12.6 md/command#s3.sync'

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
