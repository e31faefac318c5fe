/** What AWS does by itself, and what was set up long ago and goes on: records, scans, backups, copies, deliveries. */
import { AUTOSCALING, BACKUPS, CUSTOMER_DATA, REPORTS } from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import * as cast from '../cast.ts'
import type { Scene } from '../script.ts'
import { SETTINGS, under } from './shared.ts'

export const config: Scene = (hour, script, random) => {
  const role = cast.serviceLinked('Config', 'config', 'AWSConfig-Describe', hour.start)
  const from = under(role, 'config')
  throughout(random, hour.start, hour.end, 3, (time) => {
    const bucket = random.pick(cast.BUCKETS)
    for (const [n, [api, errorCode]] of SETTINGS.entries())
      script.setting(time + n * 400, api, bucket, from, undefined, errorCode)
    script.calls(time, from, [
      'iam:ListRoles',
      'iam:GetAccountSummary',
      'ec2:DescribeSecurityGroups',
      'lambda:ListFunctions20150331',
      'kms:ListKeys',
    ])
  })
  if (hour.hour % 6 === 0)
    script.s3({
      time: hour.start + 300_000,
      api: 'PutObject',
      bucket: cast.CONFIG_HISTORY,
      key: `AWSLogs/${cast.ACCOUNT}/Config/${hour.hour}.json.gz`,
      ...from,
      bytesIn: 20_000,
    })
  // Conformance packs and Security Hub's checks.
  throughout(random, hour.start, hour.end, 3, (time) => {
    script.calls(time, from, ['config:PutEvaluations', 'securityhub:BatchImportFindings'])
    script.calls(time, under(cast.serviceLinked('SecurityHub', 'securityhub', 'securityhub', time), 'securityhub'), [
      'config:DescribeConfigRules',
      'config:GetComplianceDetailsByConfigRule',
    ])
    script.calls(
      time,
      under(cast.serviceLinked('AccessAnalyzer', 'access-analyzer', 'access-analyzer', time), 'access-analyzer'),
      ['s3:ListBuckets', 'iam:ListRoles', 'kms:GetKeyPolicy'],
    )
    script.calls(
      time,
      under(cast.serviceLinked('TrustedAdvisor', 'trustedadvisor', 'TrustedAdvisor', time), 'trustedadvisor'),
      ['s3:ListBuckets', 'ec2:DescribeInstances'],
    )
  })
  throughout(random, hour.start, hour.end, 8, (time) => {
    script.calls(time, under(AUTOSCALING, 'autoscaling'), ['ec2:DescribeInstances', 'ec2:DescribeLaunchTemplates'])
  })
}

/** Sensitive data discovery: looks into every object, those with secrets in them too. */
export const macie: Scene = (hour, script, random) => {
  if (hour.hour !== 2) return
  const from = under(cast.serviceLinked('AmazonMacie', 'macie', 'classification', hour.start), 'macie')
  script.calls(hour.start, from, ['s3:ListBuckets'])
  throughout(random, hour.start, hour.end, 250, (time) => {
    const bucket = random.pick([CUSTOMER_DATA, REPORTS])
    const key = random.chance(0.05) ? 'ops/bootstrap/deploy-key.pem' : `customers/${random.int(1, 900)}/contract.pdf`
    const size = random.int(1_000_000, 90_000_000)
    script.s3({ ...from, time, api: 'GetObject', bucket, key, bytesOut: size, objectSize: size })
  })
}

/** AWS Backup under its role, and the nightly job that was there before it. */
export const backup: Scene = (hour, script, random) => {
  if (hour.hour === 0) {
    const role = cast.session('AWSBackupDefaultServiceRole', 'AWSBackup-AWSBackupDefaultServiceRole', hour.start, {
      invokedBy: 'backup.amazonaws.com',
      path: '/service-role/',
    })
    const from = under(role, 'backup')
    script.calls(hour.start, from, [
      'backup:StartBackupJob',
      'dynamodb:StartAwsBackupJob',
      'ec2:CreateSnapshot',
      'ec2:CreateTags',
      'rds:CreateDBSnapshot',
    ])
    script.setting(hour.start + 8000, 'PutBucketNotification', CUSTOMER_DATA, from, {
      NotificationConfiguration: { EventBridgeConfiguration: '', xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' },
      notification: '',
    })
    throughout(random, hour.start, hour.end, 160, (time) => {
      const size = random.int(20_000_000, 200_000_000)
      script.s3({
        ...from,
        time,
        api: 'GetObject',
        bucket: CUSTOMER_DATA,
        key: `customers/${random.int(1, 900)}/contract.pdf`,
        bytesOut: size,
        objectSize: size,
      })
    })
    script.calls(hour.end - 60_000, from, ['ec2:DeleteSnapshot', 'rds:DeleteDBSnapshot'])
  }
  if (hour.hour === 4 || hour.hour === 5) {
    const from = {
      caller: cast.session('backup-job', `backup-${hour.day}`, hour.start),
      sourceIp: '10.0.30.9',
      userAgent: 'aws-cli/2.22.12 md/awscrt#0.23.4 ua/2.0 os/linux#6.1.115 lang/python#3.12.6 md/command#s3.sync',
      vpcEndpointId: 'vpce-0a1b2c3d4e5f60718',
    }
    throughout(random, hour.start, hour.end, 90, (time) => {
      const size = random.int(8_000_000, 90_000_000)
      script.s3({
        ...from,
        time,
        api: 'PutObject',
        bucket: BACKUPS,
        key: `nightly/${hour.day}/${random.hex(10)}.tar.zst`,
        bytesIn: size,
        objectSize: size,
      })
    })
  }
}
