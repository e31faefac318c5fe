/**
 * Who and what appears in the sample morning: one ordinary account, and the one who does not belong. All addresses,
 * accounts, names and ids are those kept for documentation.
 */

import type { Bucket, Caller } from '../../test/support/log-shapes.ts'
import { assumedRole, awsService, foreignRole, iamUser, originAccessIdentity } from '../../test/support/log-shapes.ts'

export const ACCOUNT = '111122223333'
export const PARTNER_ACCOUNT = '444455556666'
export const HOME_REGION = 'eu-central-1'
/** Where IAM and console sign-in log. */
export const GLOBAL_REGION = 'us-east-1'
export const TRAIL = 'management-trail'
export const TRAIL_ARN = `arn:aws:cloudtrail:${HOME_REGION}:${ACCOUNT}:trail/${TRAIL}`

/** Tuesday 2026-03-17, `hh:mm:ss` UTC, as ms since the epoch. */
export function at(clock: string): number {
  return Date.parse(`2026-03-17T${clock.length === 5 ? `${clock}:00` : clock}Z`)
}

export const MORNING_START = at('06:00')
export const MORNING_END = at('12:00')
/** Nothing is in CloudTrail between these two. */
export const TRAIL_STOPPED_AT = at('08:50:41')
export const TRAIL_RESTARTED_AT = at('10:31:12')

const bucket = (name: string): Bucket => ({
  name: `amzn-s3-demo-${name}`,
  region: HOME_REGION,
  // A canonical user id is 64 hex digits; this one can be nobody's.
  owner: ACCOUNT.repeat(6).slice(0, 64),
  account: ACCOUNT,
})

export const CUSTOMER_DATA = bucket('customer-data')
export const BACKUPS = bucket('backups')
export const REPORTS = bucket('reports')
export const SITE_ASSETS = bucket('site-assets')
export const DEPLOY_ARTIFACTS = bucket('deploy-artifacts')
export const TRAIL_LOGS = bucket('trail-logs')
export const ACCESS_LOGS = bucket('access-logs')

/** Buckets whose object calls the trail records as data events. */
export const DATA_EVENT_BUCKETS: ReadonlySet<Bucket> = new Set([CUSTOMER_DATA, BACKUPS, REPORTS])
/** Buckets with server access logging; customer-data's ends minutes after the intruder switches it off. */
export const ACCESS_LOGGED: ReadonlyMap<Bucket, number> = new Map([
  [CUSTOMER_DATA, at('08:24')],
  [BACKUPS, MORNING_END],
  [SITE_ASSETS, MORNING_END],
  [TRAIL_LOGS, MORNING_END],
])

export const VPC_ENDPOINT = 'vpce-0a1b2c3d4e5f60718'
export const OFFICE = ['203.0.113.10', '203.0.113.11', '203.0.113.12'] as const
export const OFFICE_IPV6 = '2001:db8:0:10::a'
export const CI_RUNNER = '203.0.113.40'
export const INTRUDER_IP = '192.0.2.66'
/** Exit nodes on the block list, used for the anonymous downloads. */
export const EXIT_NODES = ['198.51.100.200', '198.51.100.213', '198.51.100.231'] as const
export const SCANNERS = ['192.0.2.17', '192.0.2.90', '198.51.100.23'] as const
export const CDN_EDGES = ['198.51.100.40', '198.51.100.41', '198.51.100.57', '198.51.100.77'] as const
export const PARTNER_IP = '203.0.113.200'

/** An access-key id that can be nobody's: the prefix, a word padded to length, and EXAMPLE. */
function exampleId(prefix: 'AROA' | 'AIDA' | 'ASIA', word: string, length: number): string {
  const room = length - prefix.length - 'EXAMPLE'.length
  return `${prefix}${word
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .padEnd(room, '0')
    .slice(0, room)}EXAMPLE`
}

function role(
  name: string,
  session: string,
  since: string,
  extra: { mfa?: boolean; invokedBy?: string; path?: string } = {},
): Caller {
  return assumedRole({
    account: ACCOUNT,
    role: name,
    session,
    principalId: exampleId('AROA', name.replace(/^AWS(ServiceRoleFor|ReservedSSO_)/, ''), 21),
    accessKeyId: exampleId('ASIA', session.slice(-9), 20),
    createdAt: at(since),
    ...extra,
  })
}

/** Three tasks of the web application. */
export const WEB_APP: readonly Caller[] = ['4f0c1d7a9b', '8d2e6b3c15', 'c7a95e0f42'].map((task) =>
  role('web-app', `ecs-task-${task}`, '05:12'),
)
export const WEB_APP_IPS = ['10.0.12.21', '10.0.12.34', '10.0.12.58'] as const
export const THUMBNAILER = role('thumbnailer', 'thumbnailer', '05:40')
export const THUMBNAILER_IP = '10.0.20.14'
export const REPORT_JOB = role('report-job', 'report-job', '05:58')
export const REPORT_JOB_IP = '10.0.20.77'
export const BACKUP_JOB = role('backup-job', 'backup-2026-03-17', '05:55')
export const BACKUP_JOB_IP = '10.0.30.9'
export const CI_DEPLOY = role('ci-deploy', 'pipeline-4711', '06:40')
export const FORWARDER = role('bucketwatch-forwarder', 'bucketwatch-cloudtrail', '05:30')
export const FORWARDER_IP = '10.0.20.91'
export const CONFIG_RECORDER = role('AWSServiceRoleForConfig', 'AWSConfig-Describe', '05:50', {
  invokedBy: 'config.amazonaws.com',
  path: '/aws-service-role/config.amazonaws.com/',
})
export const SSO_READER = role('AWSReservedSSO_ReadOnly_0123456789abcdef', 'nikki@example.com', '07:10', { mfa: false })
export const PARTNER = foreignRole(
  PARTNER_ACCOUNT,
  'partner-analytics',
  'nightly-export',
  exampleId('AROA', 'partneranalytics', 21),
)

const person = (user: string, since: string): Caller =>
  iamUser({
    account: ACCOUNT,
    user,
    principalId: exampleId('AIDA', user, 21),
    accessKeyId: exampleId('ASIA', user, 20),
    session: { createdAt: at(since), mfa: true },
  })
export const ALEJANDRO = person('alejandro', '06:50')
/** On call; it is she who switches the trail on again. */
export const MARTHA = person('martha', '10:24')

/** The user whose key has leaked: an old job's, with rights far beyond what it needs. */
export const LEAKED_USER = iamUser({
  account: ACCOUNT,
  user: 'legacy-report-export',
  principalId: exampleId('AIDA', 'legacyreport', 21),
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
})
export const LEGACY_JOB_IP = '10.0.40.9'

/** AWS acting on the root user's behalf: not a human. */
export const SUPPORT_AS_ROOT: Caller = {
  requester: '-',
  service: 'support.amazonaws.com',
  userIdentity: {
    type: 'Root',
    principalId: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:root`,
    accountId: ACCOUNT,
    invokedBy: 'support.amazonaws.com',
  },
}

export const CLOUDTRAIL_SERVICE = awsService('cloudtrail.amazonaws.com')
export const LAMBDA_SERVICE = awsService('lambda.amazonaws.com')
export const ECS_SERVICE = awsService('ecs-tasks.amazonaws.com')
export const AUTOSCALING = role('AWSServiceRoleForAutoScaling', 'AutoScaling', '05:45', {
  invokedBy: 'autoscaling.amazonaws.com',
  path: '/aws-service-role/autoscaling.amazonaws.com/',
})
export const CDN = originAccessIdentity('E2EXAMPLEOAI1')

export const KMS_KEY = `arn:aws:kms:${HOME_REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`

/** An offensive distribution's command line, by what it is running. */
export function kaliAgent(command: string): string {
  return `aws-cli/2.15.30 Python/3.11.8 Linux/6.6.15-amd64 exe/x86_64.kali.2024 prompt/off command/${command}`
}
