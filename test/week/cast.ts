/**
 * Who and what there is in the ordinary week: the account of the sample morning, with all that such an account has
 * besides. Addresses, accounts, names and ids are those kept for documentation.
 */
import {
  ACCESS_LOGS,
  ACCOUNT,
  BACKUPS,
  CUSTOMER_DATA,
  DEPLOY_ARTIFACTS,
  HOME_REGION,
  REPORTS,
  SITE_ASSETS,
  TRAIL_LOGS,
} from '../../events/story/cast.ts'
import { assumedRole, type Bucket, type Caller, iamUser } from '../support/log-shapes.ts'

/** Monday, 00:00 UTC. The sample morning is its Tuesday. */
export const WEEK_START = Date.UTC(2026, 2, 16)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const WEEK_END = WEEK_START + 7 * DAY

export const ORGANIZATION = 'o-exampleorgid'
export const VENDOR_ACCOUNT = '123456789012'
export const DISTRIBUTION = 'E1EXAMPLE2EXAMPLE'

const bucket = (name: string): Bucket => ({
  name: `amzn-s3-demo-${name}`,
  region: HOME_REGION,
  owner: CUSTOMER_DATA.owner,
  account: ACCOUNT,
})

/** Served by its website endpoint, and linked to by the REST endpoint, too. */
export const WWW = bucket('www')
/** Disk images and data sets that anybody may list and fetch. */
export const DOWNLOADS = bucket('downloads')
export const LAKE = bucket('lake')
export const QUERY_RESULTS = bucket('query-results')
export const TERRAFORM_STATE = bucket('terraform-state')
export const PARTNER_INBOX = bucket('partner-inbox')
export const CONFIG_HISTORY = bucket('config-history')
export const LOAD_BALANCER_LOGS = bucket('load-balancer-logs')
export const REPLICA = bucket('backups-replica')
export const previewBucket = (pull: number): Bucket => bucket(`preview-${pull}-uploads`)

/** All that stands for longer than a day. */
export const BUCKETS = [
  ...[CUSTOMER_DATA, BACKUPS, REPORTS, SITE_ASSETS, DEPLOY_ARTIFACTS, TRAIL_LOGS, ACCESS_LOGS, WWW, DOWNLOADS, LAKE],
  ...[QUERY_RESULTS, TERRAFORM_STATE, PARTNER_INBOX, CONFIG_HISTORY, LOAD_BALANCER_LOGS, REPLICA],
] as const

export const DATA_EVENT_BUCKETS: ReadonlySet<string> = new Set(
  [CUSTOMER_DATA, BACKUPS, REPORTS, LAKE, QUERY_RESULTS, TERRAFORM_STATE, PARTNER_INBOX].map(({ name }) => name),
)
export const ACCESS_LOGGED: ReadonlySet<string> = new Set(
  [CUSTOMER_DATA, BACKUPS, SITE_ASSETS, TRAIL_LOGS, WWW, DOWNLOADS, LAKE, PARTNER_INBOX].map(({ name }) => name),
)

/** Workloads without a VPC endpoint leave by this one. */
export const NAT = '203.0.113.60'
export const OFFICE = ['203.0.113.10', '203.0.113.11', '203.0.113.12', '203.0.113.13'] as const
/** Hosted runners come from another address every time. */
export const runnerAddress = (n: number): string => `198.51.100.${64 + (n % 60)}`

function exampleId(prefix: 'AROA' | 'AIDA' | 'ASIA', word: string): string {
  const room = (prefix === 'ASIA' ? 20 : 21) - prefix.length - 'EXAMPLE'.length
  const letters = word.toUpperCase().replace(/[^A-Z0-9]/g, '')
  return `${prefix}${letters.padEnd(room, '0').slice(-room)}EXAMPLE`
}

/** A session of a role, opened at `at`. */
export function session(
  name: string,
  sessionName: string,
  at: number,
  more: {
    readonly invokedBy?: string
    readonly path?: string
    readonly ec2?: boolean
    readonly mfa?: boolean
    readonly account?: string
  } = {},
): Caller {
  return assumedRole({
    account: ACCOUNT,
    role: name,
    session: sessionName,
    principalId: exampleId('AROA', name.replace(/^AWS(ServiceRoleFor|ReservedSSO_)/, '').slice(0, 10)),
    accessKeyId: exampleId('ASIA', sessionName.slice(-9)),
    createdAt: at,
    ...more,
  })
}

/** A role that a service has made for itself. */
export const serviceLinked = (name: string, service: string, sessionName: string, at: number): Caller =>
  session(`AWSServiceRoleFor${name}`, sessionName, at, {
    invokedBy: `${service}.amazonaws.com`,
    path: `/aws-service-role/${service}.amazonaws.com/`,
  })

const DEVELOPERS = ['akua', 'jorge', 'li', 'mateo', 'nikki', 'saanvi'] as const

/** Signed in through Identity Center. */
export const staff = (n: number, permissionSet: 'ReadOnly' | 'Developer' | 'Admin', at: number): Caller =>
  session(`AWSReservedSSO_${permissionSet}_0123456789abcdef`, `${DEVELOPERS[n % DEVELOPERS.length]}@example.com`, at, {
    path: `/aws-reserved/sso.amazonaws.com/${HOME_REGION}/`,
  })

/** One of the few users that are left. */
export const user = (name: string, at: number): Caller =>
  iamUser({
    account: ACCOUNT,
    user: name,
    principalId: exampleId('AIDA', name),
    accessKeyId: exampleId('ASIA', name),
    session: { createdAt: at, mfa: true },
  })

export { ACCOUNT, HOME_REGION }
