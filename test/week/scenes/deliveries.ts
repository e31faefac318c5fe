/** What S3 and others deliver by themselves, and the landing zone. */
import {
  ACCESS_LOGS,
  BACKUPS,
  CLOUDTRAIL_SERVICE,
  CUSTOMER_DATA,
  REPORTS,
  SITE_ASSETS,
  TRAIL_LOGS,
} from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import { awsService, type Bucket, canonicalUser, lifecycleLine } from '../../support/log-shapes.ts'
import * as cast from '../cast.ts'
import type { Scene } from '../script.ts'
import { SETTINGS, under } from './shared.ts'

/** S3 by itself: lifecycle, replication, inventory. */
export const storage: Scene = (hour, script, random) => {
  if (hour.hour === 1) {
    const expire = (bucket: Bucket, prefix: string, count: number): void => {
      for (let n = 0; n < count; n += 1) {
        const time = hour.start + n * 700
        const operation =
          n % 4 === 3 ? 'S3.CREATE.DELETEMARKER' : n % 5 === 0 ? 'S3.TRANSITION_SIA.OBJECT' : 'S3.EXPIRE.OBJECT'
        script.line({
          time,
          bucket,
          line: lifecycleLine({
            time,
            bucket,
            operation,
            key: `${prefix}${random.hex(10)}`,
            objectSize: 4000,
            requestId: random.upper(16),
            hostId: random.base64(64),
          }),
        })
      }
    }
    expire(BACKUPS, 'nightly/old/', 700)
    expire(cast.LAKE, 'events/date=2025-03-16/', 900)
    expire(CUSTOMER_DATA, 'tmp/', 60)
  }
  if (hour.hour === 4 || hour.hour === 5) {
    const role = cast.session('s3-replication', 's3-replication', hour.start, { invokedBy: 's3.amazonaws.com' })
    throughout(random, hour.start, hour.end, 60, (time) => {
      const size = random.int(8_000_000, 90_000_000)
      script.s3({
        ...under(role, 's3'),
        time,
        api: 'GetObject',
        bucket: BACKUPS,
        key: `nightly/${hour.day}/${random.hex(10)}.tar.zst`,
        bytesOut: size,
        objectSize: size,
      })
    })
  }
  if (hour.hour === 6) {
    const from = under(awsService('s3.amazonaws.com'), 's3')
    for (const name of ['manifest.json', 'manifest.checksum', 'data/part-0.parquet'])
      script.s3({
        ...from,
        time: hour.start + 60_000,
        api: 'PutObject',
        bucket: REPORTS,
        key: `inventory/${CUSTOMER_DATA.name}/all/${hour.day}/${name}`,
        bytesIn: 90_000,
      })
  }
}

/** Logs that AWS delivers: the trail's, access logs, the load balancer's, CloudFront's. */
export const deliveries: Scene = (hour, script, random) => {
  const trail = under(CLOUDTRAIL_SERVICE, 'cloudtrail')
  throughout(random, hour.start, hour.end, 14, (time) => {
    script.s3({
      ...trail,
      time,
      api: 'PutObject',
      bucket: TRAIL_LOGS,
      key: `AWSLogs/${cast.ACCOUNT}/CloudTrail/${cast.HOME_REGION}/${random.upper(16)}.json.gz`,
      bytesIn: 30_000,
    })
  })
  script.setting(hour.start + 1000, 'GetBucketAcl', TRAIL_LOGS, trail)
  const logging = under(awsService('logging.s3.amazonaws.com'), 'logging.s3')
  throughout(random, hour.start, hour.end, 10, (time) => {
    script.s3({
      ...logging,
      time,
      api: 'PutObject',
      bucket: ACCESS_LOGS,
      key: `${SITE_ASSETS.name}/${random.upper(16)}`,
      bytesIn: 30_000,
    })
  })
  const balancer = canonicalUser('d1a2'.repeat(16))
  const elb = {
    caller: { ...balancer, userIdentity: { type: 'AWSAccount', principalId: '', accountId: '054676820928' } },
    sourceIp: '10.172.3.9',
    userAgent: 'elasticloadbalancing.amazonaws.com',
  }
  throughout(random, hour.start, hour.end, 12, (time) => {
    script.s3({
      ...elb,
      time,
      api: 'PutObject',
      bucket: cast.LOAD_BALANCER_LOGS,
      key: `AWSLogs/${cast.ACCOUNT}/elasticloadbalancing/${random.hex(8)}.log.gz`,
      bytesIn: 30_000,
    })
  })
  // bucketwatch reads what was delivered.
  const forwarder = {
    caller: cast.session('bucketwatch-forwarder', 'bucketwatch-cloudtrail', hour.start),
    sourceIp: '10.0.20.91',
    userAgent: 'aws-sdk-js/3.709.0 ua/2.1 os/linux#5.10.230 lang/js md/nodejs#24.1.0 api/s3#3.709.0',
  }
  throughout(random, hour.start, hour.end, 14, (time) => {
    script.s3({
      ...forwarder,
      time,
      api: 'GetObject',
      bucket: TRAIL_LOGS,
      key: `AWSLogs/${cast.ACCOUNT}/CloudTrail/${cast.HOME_REGION}/${random.upper(16)}.json.gz`,
      bytesOut: 30_000,
      objectSize: 30_000,
    })
  })
}

/** The landing zone: baselines that are looked at, and once in the week rolled out anew. */
export const controlTower: Scene = (hour, script) => {
  const execution = cast.session('AWSControlTowerExecution', 'AWSControlTower', hour.start)
  const from = { caller: execution, sourceIp: 'controltower.amazonaws.com', userAgent: 'controltower.amazonaws.com' }
  if (hour.hour % 8 === 0)
    script.calls(hour.start + 40_000, from, [
      'config:DescribeConfigurationRecorders',
      'config:DescribeDeliveryChannels',
      'cloudtrail:DescribeTrails',
      'cloudformation:DescribeStackInstance',
    ])
  if (hour.day !== 2 || hour.hour !== 13) return
  const stackSet = cast.session('stacksets-exec-0123456789abcdef', 'AWSCloudFormation', hour.start, {
    invokedBy: 'cloudformation.amazonaws.com',
  })
  const by = under(stackSet, 'cloudformation')
  script.calls(hour.start, from, ['cloudformation:UpdateStackInstances'])
  script.calls(hour.start + 60_000, by, ['config:PutConfigurationRecorder'], {
    configurationRecorder: {
      name: 'aws-controltower-BaselineConfigRecorder',
      recordingGroup: { allSupported: true, includeGlobalResourceTypes: true },
    },
  })
  script.calls(hour.start + 62_000, by, ['config:PutDeliveryChannel'], {
    deliveryChannel: { name: 'aws-controltower-BaselineConfigDeliveryChannel', s3BucketName: cast.CONFIG_HISTORY.name },
  })
  script.calls(
    hour.start + 64_000,
    by,
    [
      'config:StartConfigurationRecorder',
      'config:PutConfigRule',
      'sns:Subscribe',
      'sns:SetTopicAttributes',
      'lambda:UpdateFunctionCode20150331v2',
      'logs:PutRetentionPolicy',
      'iam:UpdateAssumeRolePolicy',
      'iam:PutRolePolicy',
    ],
    {},
  )
  script.calls(hour.start + 90_000, by, ['cloudtrail:UpdateTrail'], {
    name: 'management-trail',
    isMultiRegionTrail: true,
    includeGlobalServiceEvents: true,
    enableLogFileValidation: true,
  })
}

/** A vendor's posture scanner: a role of ours that their account may assume; some of what it asks for it may not. */
export const posture: Scene = (hour, script, random) => {
  if (hour.hour % 12 !== 3) return
  const from = {
    caller: cast.session('vendor-security-audit', 'scan', hour.start),
    sourceIp: '198.51.100.140',
    userAgent: 'Boto3/1.34.162 Python/3.11.8 Linux/6.1.115 Botocore/1.34.162',
  }
  script.calls(
    hour.start,
    {
      ...from,
      caller: {
        requester: '-',
        userIdentity: {
          type: 'AWSAccount',
          principalId: 'AROAVENDOR00000EXAMPLE:scan',
          accountId: cast.VENDOR_ACCOUNT,
        },
      },
    },
    ['sts:AssumeRole'],
    {
      roleArn: `arn:aws:iam::${cast.ACCOUNT}:role/vendor-security-audit`,
      roleSessionName: 'scan',
      externalId: 'example',
    },
  )
  script.calls(hour.start + 5000, from, [
    'sts:GetCallerIdentity',
    's3:ListBuckets',
    'iam:GetAccountAuthorizationDetails',
    'iam:GenerateCredentialReport',
    'iam:GetCredentialReport',
    'ec2:DescribeInstances',
    'ec2:DescribeSecurityGroups',
    'rds:DescribeDBInstances',
    'cloudtrail:DescribeTrails',
    'kms:ListKeys',
    'guardduty:ListDetectors',
  ])
  for (const [n, bucket] of cast.BUCKETS.entries())
    for (const [m, [api, errorCode]] of SETTINGS.entries())
      script.setting(hour.start + 30_000 + n * 4000 + m * 300, api, bucket, from, undefined, errorCode)
  // What the audit policy leaves out, in every Region that it looks at.
  for (let n = 0; n < 17; n += 1) {
    const service = random.pick(['macie2', 'shield', 'ce', 'wellarchitected'])
    script.call({
      ...from,
      time: hour.start + 120_000 + n * 2000,
      service,
      eventName: 'ListFindings',
      readOnly: true,
      errorCode: 'AccessDeniedException',
      errorMessage: 'User is not authorized to perform this action',
    })
  }
}
