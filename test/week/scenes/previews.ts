import type { Caller } from '../../support/log-shapes.ts'
import * as cast from '../cast.ts'
import type { From, Scene } from '../script.ts'
import { job, policyOf } from './shared.ts'

const CDK =
  'aws-sdk-js/3.758.0 ua/2.1 os/linux lang/js md/nodejs#22.14.0 api/cloudformation#3.758.0 m/E app/aws-cdk-cli/2.1005.0'

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
