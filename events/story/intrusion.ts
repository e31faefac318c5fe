/**
 * The intrusion: a forgotten job's access key, used from an address and a distribution that nobody here uses. Looks
 * around, opens a bucket, drains it, blinds the logs, deletes, and leaves a note. events/README.md has the timeline.
 */

import type { CloudTrailRecord, S3ApiName } from '../../test/support/log-shapes.ts'
import { ANONYMOUS, batchDeleteLine } from '../../test/support/log-shapes.ts'
import type { Random } from '../../test/support/random.ts'
import { BROWSER_AGENTS, CONSOLE_AGENT } from '../../test/support/user-agents.ts'
import * as cast from './cast.ts'
import { at } from './cast.ts'
import type { RequestScene, Script } from './script.ts'

export const DOWNLOADS = 64
export const DELETED_FROM_CUSTOMER_DATA = 540
export const DELETED_FROM_BACKUPS = 620

const CURL_AGENT = 'curl/8.5.0'

export function playIntrusion(script: Script, random: Random): void {
  playReconnaissance(script)
  playDeniedBurst(script, '07:21:10')
  playDeniedBurst(script, '07:26:40')
  playCredentials(script)
  playOpening(script)
  playDownloads(script, random)
  playBlinding(script)
  playDeletion(script, random)
  playBackupDeletion(script, random)
  playResponse(script)
}

/** A command of the intruder: the call, and the agent that its tool shows. */
function command(api: S3ApiName, name: string): Pick<RequestScene, 'api' | 'caller' | 'sourceIp' | 'userAgent'> {
  return { api, caller: cast.LEAKED_USER, sourceIp: cast.INTRUDER_IP, userAgent: cast.kaliAgent(name) }
}

const DASHED: Readonly<Record<string, string>> = {
  GetBucketPolicyStatus: 's3api.get-bucket-policy-status',
  GetBucketPublicAccessBlock: 's3api.get-public-access-block',
}

function playReconnaissance(script: Script): void {
  const caller = cast.LEAKED_USER
  const sourceIp = cast.INTRUDER_IP
  script.call({
    time: at('07:12:05'),
    service: 'sts',
    eventName: 'GetCallerIdentity',
    readOnly: true,
    caller,
    sourceIp,
    userAgent: cast.kaliAgent('sts.get-caller-identity'),
    parameters: null,
  })
  for (const clock of ['07:12:20', '07:13:01', '07:15:30', '07:19:12']) {
    script.call({
      time: at(clock),
      service: 's3',
      eventName: 'ListBuckets',
      readOnly: true,
      caller,
      sourceIp,
      userAgent: `[${cast.kaliAgent('s3api.list-buckets')}]`,
      parameters: { Host: `s3.${cast.HOME_REGION}.amazonaws.com` },
    })
  }
  // Seven buckets, ten settings each, all within the minute of 07:16.
  const apis: readonly (readonly [S3ApiName, string?])[] = [
    ['GetBucketLocation'],
    ['GetBucketAcl'],
    ['GetBucketPolicy', 'NoSuchBucketPolicy'],
    ['GetBucketPolicyStatus', 'NoSuchBucketPolicy'],
    ['GetBucketPublicAccessBlock'],
    ['GetBucketVersioning'],
    ['GetBucketLogging'],
    ['GetBucketEncryption'],
    ['GetBucketLifecycle'],
    ['GetBucketReplication', 'ReplicationConfigurationNotFoundError'],
  ]
  const buckets = [
    cast.CUSTOMER_DATA,
    cast.BACKUPS,
    cast.REPORTS,
    cast.SITE_ASSETS,
    cast.DEPLOY_ARTIFACTS,
    cast.TRAIL_LOGS,
    cast.ACCESS_LOGS,
  ]
  buckets.forEach((bucket, i) => {
    apis.forEach(([api, errorCode], j) => {
      script.s3({
        ...command(api, DASHED[api] ?? `s3api.${api.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase()}`),
        time: at('07:16:02') + (i * apis.length + j) * 700,
        bucket,
        bytesOut: 312,
        ...(errorCode === undefined ? {} : { status: 404, errorCode }),
      })
    })
  })
  script.call({
    time: at('07:17:40'),
    service: 'cloudtrail',
    eventName: 'DescribeTrails',
    readOnly: true,
    caller,
    sourceIp,
    userAgent: cast.kaliAgent('cloudtrail.describe-trails'),
    parameters: { trailNameList: [], includeShadowTrails: true },
  })
}

/** Everything else is tried, and refused: forty-two calls in the home region and six to IAM. */
function playDeniedBurst(script: Script, clock: string): void {
  const tries: readonly (readonly [string, string, CloudTrailRecord | null])[] = [
    ['ec2', 'DescribeInstances', { maxResults: 1000 }],
    ['ec2', 'DescribeSnapshots', { maxResults: 1000 }],
    ['lambda', 'ListFunctions20150331', null],
    ['secretsmanager', 'ListSecrets', { maxResults: 100 }],
    ['kms', 'ListKeys', null],
    ['dynamodb', 'ListTables', null],
    ['rds', 'DescribeDBInstances', null],
    ['ssm', 'DescribeParameters', null],
    ['sqs', 'ListQueues', null],
    ['sns', 'ListTopics', null],
    ['logs', 'DescribeLogGroups', null],
    ['ecr', 'DescribeRepositories', null],
    ['ecs', 'ListClusters', null],
    ['guardduty', 'ListDetectors', null],
  ]
  const iam = [
    'ListUsers',
    'ListRoles',
    'ListGroups',
    'ListPolicies',
    'GetAccountAuthorizationDetails',
    'ListAccessKeys',
  ]
  const attempt = (
    time: number,
    service: string,
    eventName: string,
    region: string,
    parameters: CloudTrailRecord | null,
  ): void => {
    const errorCode =
      service === 'ec2'
        ? 'Client.UnauthorizedOperation'
        : ['iam', 'rds', 'sqs'].includes(service)
          ? 'AccessDenied'
          : 'AccessDeniedException'
    script.call({
      time,
      service,
      region,
      eventName,
      readOnly: true,
      caller: cast.LEAKED_USER,
      sourceIp: cast.INTRUDER_IP,
      userAgent: cast.kaliAgent(
        `${service}.${eventName
          .replace(/\d+$/, '')
          .replace(/(?!^)([A-Z])/g, '-$1')
          .toLowerCase()}`,
      ),
      errorCode,
      errorMessage: `User: ${cast.LEAKED_USER.requester} is not authorized to perform: ${service}:${eventName} because no identity-based policy allows the ${service}:${eventName} action`,
      parameters,
    })
  }
  for (let round = 0; round < 3; round++) {
    tries.forEach(([service, eventName, parameters], i) => {
      attempt(at(clock) + (round * tries.length + i) * 3000, service, eventName, cast.HOME_REGION, parameters)
    })
  }
  iam.forEach((eventName, i) => {
    attempt(at(clock) + 130_000 + i * 3000, 'iam', eventName, cast.GLOBAL_REGION, null)
  })
}

function playCredentials(script: Script): void {
  for (const [clock, key] of [
    ['07:36:18', 'ops/bootstrap/credentials'],
    ['07:36:41', 'ops/bootstrap/deploy-key.pem'],
  ] as const) {
    script.s3({
      ...command('GetObject', 's3.cp'),
      time: at(clock),
      bucket: cast.CUSTOMER_DATA,
      key,
      bytesOut: 1704,
      objectSize: 1704,
    })
  }
}

function playOpening(script: Script): void {
  script.s3({
    ...command('DeleteBucketPublicAccessBlock', 's3api.delete-public-access-block'),
    time: at('07:46:10'),
    bucket: cast.CUSTOMER_DATA,
    status: 204,
  })
  script.s3({
    ...command('PutBucketPolicy', 's3api.put-bucket-policy'),
    time: at('07:48:02'),
    bucket: cast.CUSTOMER_DATA,
    status: 204,
    bytesIn: 284,
    parameters: {
      bucketPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Everyone',
            Effect: 'Allow',
            Principal: '*',
            Action: ['s3:GetObject', 's3:ListBucket'],
            Resource: [`arn:aws:s3:::${cast.CUSTOMER_DATA.name}`, `arn:aws:s3:::${cast.CUSTOMER_DATA.name}/*`],
          },
        ],
      },
    },
  })
}

/** Without a signature, from exit nodes: a listing, then 64 objects of about a gigabyte each. */
function playDownloads(script: Script, random: Random): void {
  const nobody = { caller: ANONYMOUS, bucket: cast.CUSTOMER_DATA, userAgent: CURL_AGENT } as const
  for (let page = 0; page < 6; page++) {
    script.s3({
      ...nobody,
      api: 'ListObjects',
      time: at('07:51:05') + page * 20_000,
      sourceIp: cast.EXIT_NODES[0],
      bytesOut: 301_224,
      query: `list-type=2&prefix=exports%2F${page === 0 ? '' : `&start-after=page-${page}`}`,
      parameters: { 'list-type': '2', prefix: 'exports/' },
    })
  }
  for (let i = 0; i < DOWNLOADS; i++) {
    const size = random.int(940_000_000, 1_140_000_000)
    script.s3({
      ...nobody,
      api: 'GetObject',
      time: at('08:01:02') + i * 15_000,
      key: `exports/crm/full/customers-${String(i).padStart(5, '0')}.parquet`,
      sourceIp: cast.EXIT_NODES[i % cast.EXIT_NODES.length]!,
      userAgent: i % 2 === 0 ? CURL_AGENT : BROWSER_AGENTS[2]!,
      bytesOut: size,
      objectSize: size,
      totalTime: random.int(21_000, 43_000),
      turnAroundTime: random.int(20, 90),
    })
  }
}

function playBlinding(script: Script): void {
  script.s3({
    ...command('PutBucketLogging', 's3api.put-bucket-logging'),
    time: at('08:19:40'),
    bucket: cast.CUSTOMER_DATA,
    bytesIn: 108,
    parameters: { BucketLoggingStatus: { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' } },
  })
  script.s3({
    ...command('PutBucketVersioning', 's3api.put-bucket-versioning'),
    time: at('08:21:15'),
    bucket: cast.CUSTOMER_DATA,
    bytesIn: 124,
    parameters: {
      VersioningConfiguration: { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/', Status: 'Suspended' },
    },
  })
  script.call({
    time: cast.TRAIL_STOPPED_AT,
    service: 'cloudtrail',
    eventName: 'StopLogging',
    readOnly: false,
    caller: cast.LEAKED_USER,
    sourceIp: cast.INTRUDER_IP,
    userAgent: cast.kaliAgent('cloudtrail.stop-logging'),
    parameters: { name: cast.TRAIL_ARN },
  })
}

/** `aws s3 rm --recursive`: one DeleteObject a key, all between 08:30 and 08:35; then the note. */
function playDeletion(script: Script, random: Random): void {
  for (let i = 0; i < DELETED_FROM_CUSTOMER_DATA; i++) {
    script.s3({
      ...command('DeleteObject', 's3.rm'),
      time: at('08:30:05') + Math.floor(i / 2) * 1000,
      bucket: cast.CUSTOMER_DATA,
      key: `archive/2025/invoice-${String(i).padStart(6, '0')}.pdf`,
      turnAroundTime: random.int(10, 30),
    })
  }
  script.s3({
    ...command('PutObject', 's3.cp'),
    time: at('08:36:30'),
    bucket: cast.CUSTOMER_DATA,
    key: 'HOW_TO_RECOVER_YOUR_FILES.txt',
    bytesIn: 1337,
    objectSize: 1337,
    responseElements: { 'x-amz-server-side-encryption': 'AES256' },
  })
}

/** The trail is off: of this only the access log of the bucket tells. Two DeleteObjects calls, 310 keys each. */
function playBackupDeletion(script: Script, random: Random): void {
  for (let call = 0; call < 2; call++) {
    const time = at('08:57:10') + call * 40_000
    const shared = {
      ...command('DeleteObjects', 's3api.delete-objects'),
      time,
      bucket: cast.BACKUPS,
      requestId: random.upper(16),
      hostId: `${random.base64(75)}=`,
    }
    script.s3({ ...shared, bytesOut: 31_990, bytesIn: 28_400, turnAroundTime: 900 })
    for (let i = 0; i < DELETED_FROM_BACKUPS / 2; i++) {
      const n = call * (DELETED_FROM_BACKUPS / 2) + i
      script.line({
        time: time + Math.floor(i / 60) * 1000,
        bucket: cast.BACKUPS,
        line: batchDeleteLine({
          ...shared,
          time: time + Math.floor(i / 60) * 1000,
          key: `nightly/2026-03-16/volume-${1 + (n % 6)}/${n % 50 === 7 ? 'disk image' : 'disk'}-${String(n).padStart(4, '0')}.tar.zst`,
          status: 204,
          objectSize: 1_000_000 + n * 4096,
          totalTime: 0,
          eventId: '',
        }),
      })
    }
  }
  script.s3({
    ...command('PutObject', 's3.cp'),
    time: at('09:03:10'),
    bucket: cast.BACKUPS,
    key: 'RANSOM_NOTE.txt',
    bytesIn: 1337,
    objectSize: 1337,
  })
}

/** The one on call has read the alarms: switches the trail on again and the key off. */
function playResponse(script: Script): void {
  const martha = { caller: cast.MARTHA, sourceIp: cast.OFFICE[1], userAgent: BROWSER_AGENTS[1]!, console: true }
  script.call({
    ...martha,
    time: cast.TRAIL_RESTARTED_AT,
    service: 'cloudtrail',
    eventName: 'StartLogging',
    readOnly: false,
    parameters: { name: cast.TRAIL_ARN },
  })
  script.call({
    ...martha,
    time: at('10:33:05'),
    service: 'iam',
    region: cast.GLOBAL_REGION,
    eventName: 'UpdateAccessKey',
    readOnly: false,
    parameters: { userName: 'legacy-report-export', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', status: 'Inactive' },
  })
  for (const api of ['GetBucketPolicy', 'GetBucketPolicyStatus', 'GetBucketPublicAccessBlock'] as const) {
    script.s3({
      time: at('10:35:20'),
      api,
      bucket: cast.CUSTOMER_DATA,
      caller: cast.MARTHA,
      sourceIp: cast.OFFICE[1],
      userAgent: CONSOLE_AGENT,
      ...(api === 'GetBucketPublicAccessBlock'
        ? { status: 404, errorCode: 'NoSuchPublicAccessBlockConfiguration' }
        : {}),
    })
  }
}
