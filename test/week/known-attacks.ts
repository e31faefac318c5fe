/**
 * Harm of one call each, as it has been published or was tried on earlier versions, and calls that only look like it. In
 * the week each is the doing of somebody who does nothing else, so that whose incident it is tells which it was.
 */
import { CUSTOMER_DATA, SITE_ASSETS, TRAIL_LOGS } from '../../events/story/cast.ts'
import { completeCloudTrailRecord } from '../../shared/detection/example-input.ts'
import { type CloudTrailRecord, isoTime } from '../support/log-shapes.ts'
import { TERRAFORM_AGENT } from '../support/user-agents.ts'
import * as cast from './cast.ts'
import type { Besides } from './objects.ts'

type Json = Readonly<Record<string, unknown>>

/** A call of the week, whose it is, and what has to come of it. */
export interface KnownCall {
  readonly name: string
  readonly principal: string
  /** The rule that must not tell it; undefined: some rule of medium severity or more must. */
  readonly notBy: string | undefined
}

interface Call {
  readonly name: string
  /** `service:EventName`. */
  readonly call: string
  readonly parameters: Json
  readonly more?: Json
  readonly notBy?: string
  /** How often, eight calls a second; default once. */
  readonly times?: number
}

const STRANGER = '555566667777'
const DATA = CUSTOMER_DATA.name
const LOGS = TRAIL_LOGS.name
const STACK = 'bucketwatch-prod'
const QUEUE = { queueUrl: `https://sqs.${cast.HOME_REGION}.amazonaws.com/${cast.ACCOUNT}/${STACK}-cloudtrail` }
const LEFT_OVER = { managementEvent: false, eventCategory: 'Data' }
const BEHALF = (service: string): Json => ({
  sourceIPAddress: `${service}.amazonaws.com`,
  userAgent: `${service}.amazonaws.com`,
})

const policy = (name: string, statement: Json): Call => ({
  name,
  call: 's3:PutBucketPolicy',
  parameters: {
    bucketName: DATA,
    policy: '',
    bucketPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${DATA}/*`, ...statement }],
    },
  },
})
const anybodyWho = (condition: Json): Json => ({ Principal: '*', Condition: condition })
const acl = (name: string, call: string, more: Json): Call => ({
  name,
  call,
  parameters: { bucketName: DATA, acl: '', ...more },
})
const put = (key: string, bucketName = SITE_ASSETS.name): Pick<Call, 'call' | 'parameters' | 'more'> => ({
  call: 's3:PutObject',
  parameters: { bucketName, key },
  more: LEFT_OVER,
})
const get = (key: string): Pick<Call, 'call' | 'parameters' | 'more'> => ({
  call: 's3:GetObject',
  parameters: { bucketName: SITE_ASSETS.name, key },
  more: { ...LEFT_OVER, readOnly: true },
})
const selectors = (name: string, fields: Json): Call => ({
  name,
  call: 'cloudtrail:PutEventSelectors',
  parameters: {
    trailName: 'management-trail',
    advancedEventSelectors: [
      { fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] },
      {
        fieldSelectors: [
          { field: 'eventCategory', equals: ['Data'] },
          { field: 'resources.type', equals: ['AWS::S3::Object'] },
          fields,
        ],
      },
    ],
  },
})
const guard = (name: string, call: string, parameters: Json = {}): Call => ({ name, call, parameters })

/** Whom policies, lists and grants let in. */
const LET_IN: readonly Call[] = [
  policy('anybody from one address', anybodyWho({ IpAddress: { 'aws:SourceIp': '192.0.2.231/32' } })),
  policy(
    "anybody through a stranger's endpoint",
    anybodyWho({ StringEquals: { 'aws:SourceVpce': 'vpce-0strangers0example' } }),
  ),
  policy("anybody in a stranger's VPC", anybodyWho({ StringEquals: { 'aws:SourceVpc': 'vpc-0strangers0example' } })),
  policy(
    'anybody with the id of a role elsewhere',
    anybodyWho({ StringLike: { 'aws:userid': 'AROASTRANGERSEXAMPLE:*' } }),
  ),
  policy('a canonical user id', { Principal: { CanonicalUser: '7'.repeat(64) } }),
  policy('an origin access identity of somebody', {
    Principal: { AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E9STRANGEREXAMPLE' },
  }),
  policy('CloudFront, for a distribution elsewhere', {
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Condition: { StringEquals: { 'AWS:SourceArn': `arn:aws:cloudfront::${STRANGER}:distribution/E9STRANGEREXAMPLE` } },
  }),
  policy('CloudFront, for whomever', { Principal: { Service: 'cloudfront.amazonaws.com' } }),
  acl('a list names another canonical id', 's3:PutBucketAcl', {
    AccessControlPolicy: {
      Owner: { ID: '1'.repeat(64) },
      AccessControlList: {
        Grant: [{ Grantee: { 'xsi:type': 'CanonicalUser', ID: '8'.repeat(64) }, Permission: 'FULL_CONTROL' }],
      },
    },
  }),
  acl('a header names another canonical id', 's3:PutBucketAcl', {
    'x-amz-grant-full-control': `id="${'8'.repeat(64)}"`,
  }),
  acl('a header names an e-mail address', 's3:PutObjectAcl', {
    key: 'customers/7/contract.pdf',
    'x-amz-grant-read': 'emailAddress="stranger@example.com"',
  }),
  guard('a vector bucket for everybody', 's3vectors:PutVectorBucketPolicy', {
    vectorBucketName: 'amzn-s3-demo-embeddings',
    policy: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3vectors:*","Resource":"*"}]}',
  }),
  guard('a vault for everybody', 'glacier:SetVaultAccessPolicy', {
    vaultName: 'archive',
    accountId: '-',
    policy: { Policy: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"glacier:*","Resource":"*"}]}' },
  }),
  guard('a grant on a key', 'kms:CreateGrant', {
    keyId: `arn:aws:kms:${cast.HOME_REGION}:${cast.ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
    granteePrincipal: `arn:aws:iam::${STRANGER}:role/reader`,
    operations: ['Decrypt'],
  }),
]

/** Where data goes, and what becomes of it. */
const TAKEN: readonly Call[] = [
  guard('a replica for an unnamed account', 's3:PutBucketReplication', {
    bucketName: DATA,
    replication: '',
    ReplicationConfiguration: {
      Role: `arn:aws:iam::${cast.ACCOUNT}:role/replication`,
      Rule: {
        Status: 'Enabled',
        Priority: 1,
        Filter: { Prefix: '' },
        DeleteMarkerReplication: { Status: 'Disabled' },
        Destination: { Bucket: 'arn:aws:s3:::amzn-s3-demo-strangers' },
      },
    },
  }),
  guard('an inventory for a stranger', 's3:PutBucketInventoryConfiguration', {
    bucketName: DATA,
    inventory: '',
    InventoryConfiguration: {
      Id: 'all',
      IsEnabled: true,
      Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::amzn-s3-demo-strangers', AccountId: STRANGER } },
    },
  }),
  guard('a snapshot of a database', 'rds:StartExportTask', { s3BucketName: 'amzn-s3-demo-strangers' }),
  guard('a table bucket deleted', 's3tables:DeleteTableBucket', {
    tableBucketARN: `arn:aws:s3tables:${cast.HOME_REGION}:${cast.ACCOUNT}:bucket/amzn-s3-demo-tables`,
  }),
  {
    name: 'a bucket deleted, by Terraform so it says',
    call: 's3:DeleteBucket',
    parameters: { bucketName: DATA },
    more: { userAgent: `[${TERRAFORM_AGENT}]` },
  },
  {
    // One object that goes is no harm; it is that they all do.
    name: 'objects deleted by a runbook of Systems Manager',
    times: 600,
    call: 's3:DeleteObject',
    parameters: { bucketName: DATA, key: 'customers/7/contract.pdf' },
    more: { ...LEFT_OVER, ...BEHALF('ssm') },
  },
  { name: 'a script of the website', ...put('static/js/main.5d1b.js'), more: { ...LEFT_OVER, user: 'oscar' } },
  { name: 'a stranger writes', ...put('updates/agent.exe', DATA), more: { ...LEFT_OVER, account: STRANGER } },
  { name: 'where a tool keeps its keys', ...get('home/.aws/config') },
  { name: 'a note: whose it is now', ...put('ALL_YOUR_DATA_BELONGS_TO_US.txt') },
  { name: 'a note: how to get it', ...put('how_to_get_your_data.txt') },
]

/** What records, watches and tells. */
const BLINDED: readonly Call[] = [
  guard('access logs go elsewhere', 's3:PutBucketLogging', {
    bucketName: DATA,
    logging: '',
    BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'amzn-s3-demo-elsewhere', TargetPrefix: 'x/' } },
  }),
  selectors('a bucket is left out of data events', {
    field: 'resources.ARN',
    notStartsWith: [`arn:aws:s3:::${DATA}/`],
  }),
  selectors('data events of uploads only', { field: 'eventName', equals: ['PutObject'] }),
  {
    name: 'a log file is overwritten',
    ...put(
      `AWSLogs/${cast.ACCOUNT}/CloudTrail/${cast.HOME_REGION}/2026/03/16/${cast.ACCOUNT}_CloudTrail_${cast.HOME_REGION}_20260316T0900Z_AbCdEfGhIjKlMnOp.json.gz`,
      LOGS,
    ),
  },
  {
    name: "the log bucket's notifications go elsewhere, by way of CloudFormation",
    call: 's3:PutBucketNotification',
    parameters: {
      bucketName: LOGS,
      notification: '',
      NotificationConfiguration: {
        QueueConfiguration: {
          Queue: `arn:aws:sqs:${cast.HOME_REGION}:${cast.ACCOUNT}:elsewhere`,
          Event: 's3:ObjectCreated:*',
        },
      },
    },
    more: BEHALF('cloudformation'),
  },
  guard('an alarm without actions', 'monitoring:PutMetricAlarm', {
    alarmName: `${STACK}-s3-policy-public`,
    threshold: 1e9,
    actionsEnabled: false,
  }),
  guard('a filter that never matches', 'logs:PutMetricFilter', {
    logGroupName: '/bucketwatch/prod/cloudtrail',
    filterName: 's3-policy-public',
    filterPattern: '{ $.never = "ever" }',
  }),
  guard('the queue is deleted', 'sqs:DeleteQueue', QUEUE),
  guard('the queue is emptied', 'sqs:PurgeQueue', QUEUE),
  guard('nobody may send to the queue', 'sqs:SetQueueAttributes', { ...QUEUE, attributes: { Policy: '' } }),
  guard('no instance of the function', 'lambda:PutFunctionConcurrency20171031', {
    functionName: `${STACK}-alert`,
    reservedConcurrentExecutions: 0,
  }),
  guard('other code', 'lambda:UpdateFunctionCode20150331v2', { functionName: `${STACK}-cloudtrail` }),
  guard('another environment', 'lambda:UpdateFunctionConfiguration20150331v2', {
    functionName: `${STACK}-cloudtrail`,
    environment: {},
  }),
  guard('a mapping is switched off', 'lambda:UpdateEventSourceMapping20150331', {
    uUID: '0a1b2c3d-0000-4000-8000-012345678901',
    enabled: false,
  }),
  guard('the function may not be called', 'lambda:RemovePermission20150331v2', {
    functionName: `${STACK}-alert`,
    statementId: 'sns',
  }),
  guard('a subscription lets nothing through', 'sns:SetSubscriptionAttributes', {
    subscriptionArn: `arn:aws:sns:${cast.HOME_REGION}:${cast.ACCOUNT}:on-call:0a1b2c3d`,
    attributeName: 'FilterPolicy',
    attributeValue: '{"nothing":["ever"]}',
  }),
  guard('nobody may publish', 'sns:SetTopicAttributes', {
    topicArn: `arn:aws:sns:${cast.HOME_REGION}:${cast.ACCOUNT}:on-call`,
    attributeName: 'Policy',
    attributeValue: '{}',
  }),
  guard('the role loses its rights', 'iam:DeleteRolePolicy', { roleName: `${STACK}-cloudtrail`, policyName: 'p' }),
  guard('the stack is deleted', 'cloudformation:DeleteStack', { stackName: STACK }),
  guard('findings are archived', 'guardduty:CreateFilter', { detectorId: 'd', name: 'quiet', action: 'ARCHIVE' }),
  guard('addresses are trusted', 'guardduty:CreateIPSet', { detectorId: 'd', name: 'friends', activate: true }),
  guard('Macie is off', 'macie2:DisableMacie'),
  guard('Security Hub is off', 'securityhub:DisableSecurityHub'),
  guard('a rule of Config is dropped', 'config:DeleteConfigRule', { configRuleName: 's3-bucket-public-read' }),
  guard('a delivery of access logs ends', 'logs:DeleteDelivery', { id: 'delivery-1' }),
]

const lifecycle = (prefix: string, days: number): Call => ({
  name: `${prefix} is kept for ${days} days`,
  call: 's3:PutBucketLifecycle',
  parameters: {
    bucketName: 'amzn-s3-demo-lake-scratch',
    lifecycle: '',
    LifecycleConfiguration: {
      Rule: { ID: 'short', Status: 'Enabled', Filter: { Prefix: prefix }, Expiration: { Days: days } },
    },
  },
  more: { userAgent: `[${TERRAFORM_AGENT}]` },
  notBy: 's3-lifecycle-short',
})

/** What only looks like it. */
const LIKE_IT: readonly Call[] = [
  ...['docs/how-to-restore-your-data.pdf', 'kb/how_to_recover_deleted_files.md', 'downloads/recovery-manual.pdf'].map(
    (key): Call => ({ name: key, ...put(key), notBy: 'data-ransom-note' }),
  ),
  ...['certs/global-bundle.pem', 'ca/isrgrootx1.pem', 'tls/ca-bundle.pem'].map(
    (key): Call => ({ name: key, ...get(key), notBy: 'data-cred-file' }),
  ),
  { ...guard("another service's call of that name", 'ec2:DeleteBucketReplication'), notBy: 's3-replication-removed' },
  {
    ...guard('logging is set, to what is not logged', 's3:PutBucketLogging', { bucketName: DATA }),
    notBy: 's3-logging-disabled',
  },
  {
    ...guard("a key's default policy", 'kms:PutKeyPolicy', {
      keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
      policyName: 'default',
      policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${cast.ACCOUNT}:root"},"Action":"kms:*","Resource":"*"}]}`,
    }),
    notBy: 'kms-policy',
  },
  lifecycle('tmp/', 3),
  lifecycle('athena-results/', 1),
]

const MINUTE = 60_000

/**
 * Buckets of which nobody has heard yet, each read by nobody in particular, one after the other through the week: whether
 * another bucket is told while the alarm of the rule is on for the public ones.
 */
export function otherBuckets(count: number): { readonly besides: Besides; readonly principals: readonly string[] } {
  const names = Array.from({ length: count }, (_, n) => `amzn-s3-demo-forgotten-${n}`)
  const trail = names.map((bucketName, n) => {
    const time = cast.WEEK_START + Math.floor(((n + 0.5) * 7 * cast.DAY) / count)
    const record = completeCloudTrailRecord({
      ...LEFT_OVER,
      userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' },
      sourceIPAddress: `192.0.2.${130 + (n % 100)}`,
      eventSource: 's3.amazonaws.com',
      eventName: 'GetObject',
      readOnly: true,
      requestParameters: { bucketName, key: 'backup.sql' },
      eventTime: isoTime(time),
      requestID: `OTHER${String(n).padStart(11, '0')}`,
      eventID: `OTHER${String(n).padStart(11, '0')}`,
    }) as CloudTrailRecord
    return { time, region: cast.HOME_REGION, record }
  })
  return { besides: { trail, accessLog: [] }, principals: names.map((name) => `anonymous@${name}`) }
}

/** All of them, at times of their own. */
export function knownAttacks(): { readonly besides: Besides; readonly calls: readonly KnownCall[] } {
  const besides = { trail: [] as Besides['trail'][number][], accessLog: [] }
  const calls = [...LET_IN, ...TAKEN, ...BLINDED, ...LIKE_IT].map((call, n): KnownCall => {
    const time = cast.WEEK_START + 17 * MINUTE + ((n * 163 * MINUTE) % (6.5 * cast.DAY))
    const { record, principal } = recordOf(call, n, time)
    for (let m = 0; m < (call.times ?? 1); m += 1)
      besides.trail.push({ time, region: cast.HOME_REGION, record: m === 0 ? record : again(record, time, m) })
    return { name: call.name, principal, notBy: call.notBy }
  })
  return { besides, calls }
}

/** The same, an eighth of a second later, of another key. */
function again(record: CloudTrailRecord, time: number, m: number): CloudTrailRecord {
  const id = `AGAIN${String(m).padStart(11, '0')}`
  const requestParameters = { ...(record.requestParameters as Json), key: `customers/${m}/contract.pdf` }
  return {
    ...record,
    requestParameters,
    eventTime: isoTime(time + m * 125),
    requestID: id,
    eventID: id,
  } as CloudTrailRecord
}

function recordOf({ call, parameters, more = {} }: Call, n: number, time: number) {
  const { user, account = cast.ACCOUNT, ...fields } = more
  const [service = '', eventName = ''] = call.split(':')
  const role = `ops-${String(n).padStart(2, '0')}`
  const isUser = user !== undefined
  const who = isUser
    ? { type: 'IAMUser', arn: `arn:aws:iam::${account}:user/${user}`, userName: user, principalId: 'AIDAOSCAREXAMPLE' }
    : {
        type: 'AssumedRole',
        arn: `arn:aws:sts::${account}:assumed-role/${role}/session`,
        principalId: `AROA${n}EXAMPLE:session`,
      }
  const onBehalf = String(fields.sourceIPAddress ?? '').endsWith('.amazonaws.com')
  const record = completeCloudTrailRecord({
    sourceIPAddress: `192.0.2.${130 + (n % 100)}`,
    readOnly: false,
    ...fields,
    userIdentity: {
      ...who,
      accountId: account,
      accessKeyId: `ASIA${String(n).padStart(9, '0')}EXAMPLE`,
      ...(onBehalf ? { invokedBy: fields.sourceIPAddress } : {}),
    },
    eventSource: `${service}.amazonaws.com`,
    eventName,
    requestParameters: parameters,
    eventTime: isoTime(time),
    requestID: `KNOWN${String(n).padStart(11, '0')}`,
    eventID: `KNOWN${String(n).padStart(11, '0')}`,
  }) as CloudTrailRecord
  const principal = isUser ? `person:${account}/${user}` : `actor:arn:aws:sts::${account}:assumed-role/${role}`
  return { record, principal }
}
