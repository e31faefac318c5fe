/**
 * Realistic log traffic for benches and property tests: a few hundred actors, a few dozen user agents and thousands
 * of keys come again and again, while every id is new, which is what makes real CloudTrail shrink to about a sixth.
 * Everything follows from the seed.
 */
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Bucket, Caller, CloudTrailRecord, S3ApiName, S3Request } from './log-shapes.ts'
import {
  ANONYMOUS,
  accessLogBytes,
  accessLogLine,
  assumedRole,
  awsService,
  batchDeleteLine,
  canonicalUser,
  clfTime,
  foreignRole,
  iamUser,
  lifecycleLine,
  managementRecord,
  originAccessIdentity,
  s3CloudTrailRecord,
  s3Host,
} from './log-shapes.ts'
import type { Random } from './random.ts'
import { createRandom, weighted } from './random.ts'
import { BROWSER_AGENTS, CLI_AGENTS, SDK_AGENTS, TERRAFORM_AGENT } from './user-agents.ts'

const ACCOUNT = '111122223333'
const PARTNER = '444455556666'
/** Canonical user ids: 64 hex digits in real life, an account id over and over here. */
const OWNER = ACCOUNT.repeat(6).slice(0, 64)
const PARTNER_CANONICAL = PARTNER.repeat(6).slice(0, 64)
const REGION = 'eu-central-1'
/** 2026-03-17T06:00:00Z */
const START = 1773727200000

interface Actor {
  /** Its sessions: a role has many at a time. */
  readonly callers: readonly Caller[]
  readonly userAgent: string
  readonly ips: readonly string[]
  readonly vpcEndpointId?: string | undefined
  readonly buckets: readonly Bucket[]
}

interface World {
  readonly roles: readonly Actor[]
  readonly users: readonly Actor[]
  readonly buckets: readonly Bucket[]
  readonly keys: ReadonlyMap<string, readonly string[]>
}

const WORDS = ['orders', 'invoices', 'media', 'events', 'reports', 'sensor', 'backup', 'catalog', 'uploads', 'models']
const ROLE_WORDS = ['reader', 'writer', 'etl', 'api', 'worker', 'ingest', 'export', 'query', 'sync', 'batch']
const PEOPLE = ['akua', 'alejandro', 'ana', 'arnav', 'carlos', 'diego', 'efua', 'jane', 'john', 'jorge', 'kwaku', 'li']

let sharedWorld: World | undefined

/** Everybody meets the same actors and buckets whatever the seed: both logs tell of one account. */
function theWorld(): World {
  sharedWorld ??= createWorld(createRandom(20260317))
  return sharedWorld
}

function createWorld(random: Random): World {
  const buckets = Array.from({ length: 24 }, (_, i): Bucket => {
    const name = `amzn-s3-demo-${WORDS[i % WORDS.length]}-${1 + Math.floor(i / WORDS.length)}`
    return { name, region: REGION, owner: OWNER, account: ACCOUNT }
  })
  const keys = new Map(buckets.map((bucket) => [bucket.name, Array.from({ length: 400 }, () => objectKey(random))]))
  const choice = (): Bucket[] => [random.pickSkewed(buckets), random.pickSkewed(buckets), random.pick(buckets)]
  const address = (inside: boolean): string =>
    inside
      ? `10.${random.int(0, 3)}.${random.int(0, 40)}.${random.int(4, 250)}`
      : `${random.pick(['203.0.113', '198.51.100', '192.0.2'])}.${random.int(1, 254)}`
  const roles = Array.from({ length: 200 }, (_, i): Actor => {
    const role = `${WORDS[(i * 7) % WORDS.length]}-${ROLE_WORDS[i % ROLE_WORDS.length]}${i >= 100 ? '-staging' : ''}-role`
    const inside = random.chance(0.8)
    const ec2 = random.chance(0.5)
    const principalId = `AROA${random.upper(10)}EXAMPLE`
    return {
      callers: Array.from({ length: 40 }, () =>
        assumedRole({
          account: ACCOUNT,
          role,
          session: ec2 ? `i-${random.hex(17)}` : `${role.slice(0, -5)}-${random.hex(8)}`,
          principalId,
          accessKeyId: `ASIA${random.upper(9)}EXAMPLE`,
          createdAt: START - random.int(0, 5 * 3_600_000),
          ec2,
        }),
      ),
      userAgent: random.pickSkewed(SDK_AGENTS),
      ips: Array.from({ length: 6 }, () => address(inside)),
      vpcEndpointId: inside ? `vpce-${random.hex(17)}` : undefined,
      buckets: choice(),
    }
  })
  const users = Array.from({ length: 60 }, (_, i): Actor => {
    const user = `${PEOPLE[i % PEOPLE.length]}${i < PEOPLE.length ? '' : `-${Math.floor(i / PEOPLE.length)}`}`
    return {
      callers: [
        iamUser({
          account: ACCOUNT,
          user,
          principalId: `AIDA${random.upper(10)}EXAMPLE`,
          accessKeyId: `AKIA${random.upper(9)}EXAMPLE`,
        }),
      ],
      userAgent: random.chance(0.7) ? random.pick(CLI_AGENTS) : random.pick(SDK_AGENTS),
      ips: [address(false), address(false)],
      buckets: choice(),
    }
  })
  return { roles, users, buckets, keys }
}

function objectKey(random: Random): string {
  const day = String(random.int(1, 17)).padStart(2, '0')
  const hour = String(random.int(0, 23)).padStart(2, '0')
  const kind = random.int(0, 9)
  if (kind < 3)
    return `${random.pick(WORDS)}/date=2026-03-${day}/hour=${hour}/part-${String(random.int(0, 199)).padStart(5, '0')}-${random.hex(8)}.parquet`
  if (kind < 7) return `media/${random.hex(2)}/${random.hex(8)}/${random.pick(['original', 'large', 'thumb'])}.jpg`
  if (kind < 9) return `${random.pick(WORDS)}/2026/03/${day}/${hour}/${random.hex(12)}.json.gz`
  return `${random.pick(WORDS)}/team share/Quarterly report (${random.int(1, 40)}).xlsx`
}

export interface CloudTrailOptions {
  /** How many records. */
  readonly records: number
  readonly seed?: number | undefined
  /** Share of S3 data events, 0 to 1; the rest are management calls of a dozen services. Default 0.7. */
  readonly s3DataShare?: number | undefined
  /** Share of records with an error, 0 to 1. Default 0.03. */
  readonly errorShare?: number | undefined
  /** Time of the first record, ms since the epoch; default 2026-03-17T06:00:00Z. */
  readonly startTime?: number | undefined
  /** The records lie within this many ms. Default 300,000: the five minutes of one CloudTrail file. */
  readonly span?: number | undefined
}

/**
 * Yields CloudTrail records, 1.2 to 1.9 KB of JSON each. Nothing is kept: any number can be asked for.
 *
 * @example
 * const records = [...generateCloudTrail({ records: 100, seed: 1 })]
 */
export function* generateCloudTrail(o: CloudTrailOptions): Generator<CloudTrailRecord, void, undefined> {
  const random = createRandom(o.seed ?? 1)
  const world = theWorld()
  const s3DataShare = o.s3DataShare ?? 0.7
  const errorShare = o.errorShare ?? 0.03
  const start = o.startTime ?? START
  const span = o.span ?? 300_000
  for (let i = 0; i < o.records; i++) {
    // Files are nearly, not quite, in order of time.
    const time = start + Math.min(span - 1, Math.floor((i / o.records) * span) + random.int(0, 20_000))
    yield random.next() < s3DataShare
      ? s3CloudTrailRecord(dataRequest(random, world, time, errorShare))
      : management(random, world, time, random.chance(errorShare))
  }
}

/** As {@link generateCloudTrail}, each record as compact JSON text. */
export function* generateCloudTrailText(o: CloudTrailOptions): Generator<string, void, undefined> {
  for (const record of generateCloudTrail(o)) yield JSON.stringify(record)
}

const DATA_APIS = weighted<S3ApiName>([
  ['GetObject', 62],
  ['PutObject', 16],
  ['HeadObject', 10],
  ['ListObjects', 8],
  ['DeleteObject', 2],
  ['CopyObject', 1],
  ['UploadPart', 1],
])

function dataRequest(random: Random, world: World, time: number, errorShare: number): S3Request {
  const actor = random.chance(0.84) ? random.pickSkewed(world.roles) : random.pickSkewed(world.users)
  const api = DATA_APIS(random)
  return s3Request(random, world, {
    actor,
    api,
    time,
    failure: random.chance(errorShare) ? (random.chance(0.5) ? 'AccessDenied' : 'NoSuchKey') : undefined,
  })
}

interface RequestChoice {
  readonly actor: Actor
  readonly api: S3ApiName
  readonly time: number
  readonly failure?: 'AccessDenied' | 'NoSuchKey' | undefined
}

function s3Request(random: Random, world: World, { actor, api, time, failure }: RequestChoice): S3Request {
  const bucket = random.pick(actor.buckets)
  const listing = api === 'ListObjects'
  const writing = api === 'PutObject' || api === 'UploadPart'
  const key = listing ? undefined : random.pickSkewed(world.keys.get(bucket.name)!, 1.3)
  const size = Math.floor(200 * 10 ** (random.next() * 5))
  const ranged = api === 'GetObject' && random.chance(0.3)
  const turnAroundTime = random.int(4, 90)
  const prefix = listing ? `${random.pick(WORDS)}/2026/03/` : ''
  return {
    time,
    api,
    bucket,
    key,
    caller: random.pick(actor.callers),
    sourceIp: random.pick(actor.ips),
    userAgent: actor.userAgent,
    status:
      failure === undefined ? (api === 'DeleteObject' ? 204 : ranged ? 206 : 200) : failure === 'NoSuchKey' ? 404 : 403,
    errorCode: failure,
    bytesOut:
      failure !== undefined
        ? 243
        : api === 'GetObject'
          ? ranged
            ? Math.min(size, 65_536)
            : size
          : listing
            ? random.int(400, 9000)
            : 0,
    bytesIn: writing && failure === undefined ? size : 0,
    objectSize: failure !== undefined || listing ? undefined : size,
    totalTime: turnAroundTime + random.int(0, 40),
    turnAroundTime,
    requestId: random.upper(16),
    hostId: `${random.base64(75)}=`,
    eventId: random.uuid(),
    vpcEndpointId: actor.vpcEndpointId,
    query: listing
      ? `list-type=2&prefix=${prefix.replaceAll('/', '%2F')}&encoding-type=url`
      : ranged
        ? undefined
        : `x-id=${api}`,
    parameters: listing
      ? { 'list-type': '2', prefix, 'encoding-type': 'url' }
      : api === 'CopyObject'
        ? { 'x-amz-copy-source': `${bucket.name}/${key ?? ''}` }
        : writing
          ? { 'x-id': api, 'x-amz-storage-class': 'STANDARD' }
          : ranged
            ? {}
            : { 'x-id': api },
    responseElements: writing
      ? {
          'x-amz-server-side-encryption': 'AES256',
          'x-amz-version-id': random.base64(32).replaceAll('/', '.').replaceAll('+', '_'),
        }
      : undefined,
    tlsVersion: random.chance(0.15) ? 'TLSv1.2' : 'TLSv1.3',
  }
}

type Management = (random: Random, world: World, time: number, failed: boolean) => CloudTrailRecord

function call(
  service: string,
  eventName: string,
  readOnly: boolean,
  parameters: (random: Random, actor: Actor) => CloudTrailRecord | null,
  errorCode = 'AccessDenied',
  responseElements?: (random: Random) => CloudTrailRecord,
): Management {
  return (random, world, time, failed) => {
    const actor = random.chance(0.85) ? random.pickSkewed(world.roles) : random.pickSkewed(world.users)
    const caller = random.pick(actor.callers)
    const terraform = !readOnly && random.chance(0.5)
    return managementRecord({
      time,
      region: REGION,
      account: ACCOUNT,
      service,
      eventName,
      readOnly,
      caller,
      sourceIp: actor.ips[0]!,
      userAgent: terraform ? TERRAFORM_AGENT : actor.userAgent,
      eventId: random.uuid(),
      requestId: random.uuid(),
      errorCode: failed ? errorCode : undefined,
      errorMessage: failed
        ? `User: ${caller.requester} is not authorized to perform: ${service}:${eventName} because no identity-based policy allows the ${service}:${eventName} action`
        : undefined,
      parameters: parameters(random, actor),
      responseElements: failed || responseElements === undefined ? null : responseElements(random),
    })
  }
}

/** A service assumes a role: the bulk of STS events. */
const assumeRole: Management = (random, world, time) => {
  const role = random.pickSkewed(world.roles)
  const service = random.pick(['lambda.amazonaws.com', 'ecs-tasks.amazonaws.com', 'ec2.amazonaws.com'])
  const issuer = role.callers[0]!.userIdentity.sessionContext as { sessionIssuer: { arn: string; principalId: string } }
  const session = random.hex(32)
  const roleName = issuer.sessionIssuer.arn.slice(issuer.sessionIssuer.arn.lastIndexOf('/') + 1)
  return managementRecord({
    time,
    region: REGION,
    account: ACCOUNT,
    service: 'sts',
    eventName: 'AssumeRole',
    readOnly: true,
    caller: awsService(service),
    sourceIp: service,
    userAgent: service,
    eventId: random.uuid(),
    requestId: random.uuid(),
    sharedEventId: random.uuid(),
    parameters: { roleArn: issuer.sessionIssuer.arn, roleSessionName: session },
    responseElements: {
      credentials: {
        accessKeyId: `ASIA${random.upper(9)}EXAMPLE`,
        sessionToken: 'redacted-session-token',
        expiration: 'Mar 17, 2026, 6:59:59 PM',
      },
      assumedRoleUser: {
        assumedRoleId: `${issuer.sessionIssuer.principalId}:${session}`,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleName}/${session}`,
      },
    },
    resources: [{ accountId: ACCOUNT, type: 'AWS::IAM::Role', ARN: issuer.sessionIssuer.arn }],
  })
}

const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const MANAGEMENT = weighted<Management>([
  [assumeRole, 22],
  [call('sts', 'GetCallerIdentity', true, () => null), 6],
  [
    call('kms', 'Decrypt', true, (random) => ({
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::amzn-s3-demo-${random.pick(WORDS)}-1` },
      keyId: KEY_ARN,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    })),
    20,
  ],
  [
    call('kms', 'GenerateDataKey', true, (random) => ({
      keySpec: 'AES_256',
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::amzn-s3-demo-${random.pick(WORDS)}-1` },
      keyId: KEY_ARN,
    })),
    10,
  ],
  [
    call(
      'ec2',
      'DescribeInstances',
      true,
      (random) => ({ instancesSet: { items: [{ instanceId: `i-${random.hex(17)}` }] }, filterSet: {} }),
      'Client.UnauthorizedOperation',
    ),
    10,
  ],
  [
    call(
      'ec2',
      'DescribeNetworkInterfaces',
      true,
      () => ({
        networkInterfaceIdSet: {},
        filterSet: { items: [{ name: 'status', valueSet: { items: [{ value: 'in-use' }] } }] },
      }),
      'Client.UnauthorizedOperation',
    ),
    4,
  ],
  [call('iam', 'GetRole', true, (_, actor) => ({ roleName: actor.callers[0]!.requester.split('/')[1] ?? 'none' })), 5],
  [
    call('iam', 'ListAttachedRolePolicies', true, (_, actor) => ({
      roleName: actor.callers[0]!.requester.split('/')[1] ?? 'none',
    })),
    4,
  ],
  [
    call(
      'lambda',
      'GetFunction20150331v2',
      true,
      (random) => ({ functionName: `${random.pick(WORDS)}-${random.pick(ROLE_WORDS)}` }),
      'AccessDeniedException',
    ),
    5,
  ],
  [
    call('logs', 'CreateLogStream', false, (random) => ({
      logGroupName: `/aws/lambda/${random.pick(WORDS)}-${random.pick(ROLE_WORDS)}`,
      logStreamName: `2026/03/17/[$LATEST]${random.hex(32)}`,
    })),
    6,
  ],
  [
    call('secretsmanager', 'GetSecretValue', true, (random) => ({
      secretId: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:app/${random.pick(WORDS)}-AbCdEf`,
    })),
    3,
  ],
  [
    call(
      'ssm',
      'UpdateInstanceInformation',
      false,
      (random) => ({
        instanceId: `i-${random.hex(17)}`,
        agentVersion: '3.3.987.0',
        agentStatus: 'Active',
        platformType: 'Linux',
        platformName: 'Amazon Linux',
        platformVersion: '2023',
        agentName: 'amazon-ssm-agent',
      }),
      'AccessDeniedException',
    ),
    3,
  ],
  [
    call(
      'ec2',
      'CreateTags',
      false,
      (random) => ({
        resourcesSet: { items: [{ resourceId: `i-${random.hex(17)}` }] },
        tagSet: { items: [{ key: 'Name', value: random.pick(WORDS) }] },
      }),
      'Client.UnauthorizedOperation',
      (random) => ({ requestId: random.uuid(), _return: true }),
    ),
    1,
  ],
])

function management(random: Random, world: World, time: number, failed: boolean): CloudTrailRecord {
  return MANAGEMENT(random)(random, world, time, failed)
}

export interface WrittenObject {
  readonly records: number
  /** Bytes on disk, and before compression. */
  readonly bytes: number
  readonly inflatedBytes: number
}

export interface WriteOptions extends Omit<CloudTrailOptions, 'records'> {
  /** zlib level, 0 to 9. Default 6. */
  readonly level?: number | undefined
}

/**
 * Writes a CloudTrail object, `{"Records":[…]}` gzipped, with any number of records in constant memory.
 *
 * @example
 * await writeCloudTrailObject('/tmp/big.json.gz', 400_000, { seed: 7 })
 */
export async function writeCloudTrailObject(
  path: string,
  records: number,
  o: WriteOptions = {},
): Promise<WrittenObject> {
  return await writeObject(path, records, o.level ?? 6, cloudTrailChunks({ ...o, records }))
}

function* cloudTrailChunks(o: CloudTrailOptions): Generator<string, void, undefined> {
  let chunk = '{"Records":['
  let first = true
  for (const text of generateCloudTrailText(o)) {
    chunk += first ? text : `,${text}`
    first = false
    if (chunk.length > 262_144) {
      yield chunk
      chunk = ''
    }
  }
  yield `${chunk}]}`
}

async function writeObject(
  path: string,
  records: number,
  level: number | undefined,
  chunks: Iterable<string>,
): Promise<WrittenObject> {
  let inflatedBytes = 0
  function* counted(): Generator<Uint8Array, void, undefined> {
    for (const chunk of chunks) {
      const bytes = accessLogBytes(chunk)
      inflatedBytes += bytes.length
      yield bytes
    }
  }
  const file = createWriteStream(path)
  if (level === undefined) await pipeline(counted, file)
  else await pipeline(counted, createGzip({ level, chunkSize: 65_536 }), file)
  return { records, bytes: file.bytesWritten, inflatedBytes }
}

/** What an odd access-log line shows; see {@link generateAccessLog}. */
export const ODD_KINDS = [
  'forgedReferer',
  'quoteInAgent',
  'quoteInUri',
  'ipv6',
  'lifecycle',
  'batchDelete',
  'serviceRequester',
  'originAccessIdentity',
  'doubleEncoded',
  'invalidUtf8',
  'unusualSeparators',
  'fewerFields',
  'moreFields',
  'truncated',
  'dashes',
  'copySource',
] as const
export type OddKind = (typeof ODD_KINDS)[number]

export interface AccessLogOptions {
  readonly lines: number
  readonly seed?: number | undefined
  /** Share of odd lines, 0 to 1. Default 0.005. */
  readonly oddShare?: number | undefined
  readonly startTime?: number | undefined
  /** The lines lie within this many ms. Default one hour. */
  readonly span?: number | undefined
}

export interface AccessLogSample {
  /** The line, without its line end. U+FFFD stands for a byte that is no UTF-8. */
  readonly line: string
  /** What was asked of S3: the truth to compare a parser with. Lifecycle lines have none. */
  readonly request?: S3Request | undefined
  readonly odd?: OddKind | undefined
}

/**
 * Yields access-log lines with what they were made from: 490–725 bytes and 27 fields, about 96 % GETs; requesters
 * are assumed roles (80 %), users, canonical ids, nobody (1 %) and partners.
 *
 * @example
 * for (const { line, request } of generateAccessLog({ lines: 100, seed: 1 })) …
 */
export function* generateAccessLog(o: AccessLogOptions): Generator<AccessLogSample, void, undefined> {
  const random = createRandom(o.seed ?? 1)
  const world = theWorld()
  const visitors = createVisitors(random, world)
  const oddShare = o.oddShare ?? 0.005
  const start = o.startTime ?? START
  const span = o.span ?? 3_600_000
  for (let i = 0; i < o.lines; i++) {
    const time = start + Math.floor((i / o.lines) * span)
    const request = accessRequest(random, world, visitors, time)
    if (!random.chance(oddShare)) yield { line: accessLogLine(request), request }
    else {
      const odd = random.pick(ODD_KINDS)
      yield { ...oddLine(random, odd, request), odd }
    }
  }
}

/** As {@link generateAccessLog}, the lines only. */
export function* generateAccessLogLines(o: AccessLogOptions): Generator<string, void, undefined> {
  for (const { line } of generateAccessLog(o)) yield line
}

/** Writes an access-log object of any number of lines: plain text, or gzipped where a level is given. */
export async function writeAccessLogObject(
  path: string,
  lines: number,
  o: Omit<AccessLogOptions, 'lines'> & { readonly level?: number | undefined } = {},
): Promise<WrittenObject> {
  return await writeObject(path, lines, o.level, accessLogChunks({ ...o, lines }))
}

function* accessLogChunks(o: AccessLogOptions): Generator<string, void, undefined> {
  let chunk = ''
  for (const line of generateAccessLogLines(o)) {
    chunk += `${line}\n`
    if (chunk.length > 262_144) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}

interface Visitors {
  readonly canonical: Actor
  readonly anonymous: readonly Actor[]
  readonly partner: Actor
}

function createVisitors(random: Random, world: World): Visitors {
  const outside = (): string[] => [`203.0.113.${random.int(1, 254)}`, `198.51.100.${random.int(1, 254)}`]
  const buckets = world.buckets.slice(0, 3)
  return {
    canonical: { callers: [canonicalUser(PARTNER_CANONICAL)], userAgent: SDK_AGENTS[0]!, ips: outside(), buckets },
    anonymous: BROWSER_AGENTS.map((userAgent) => ({ callers: [ANONYMOUS], userAgent, ips: outside(), buckets })),
    partner: {
      callers: [foreignRole(PARTNER, 'partner-analytics', 'nightly-export', 'AROAPARTNERANEXAMPLE')],
      userAgent: SDK_AGENTS[7]!,
      ips: outside(),
      buckets,
    },
  }
}

const ACCESS_APIS = weighted<S3ApiName>([
  ['GetObject', 90],
  ['ListObjects', 6],
  ['PutObject', 2.2],
  ['HeadObject', 1.3],
  ['DeleteObject', 0.5],
])
const ACCESS_STATUS = weighted<200 | 206 | 304 | 403 | 404>([
  [206, 52],
  [200, 42],
  [304, 3],
  [404, 2],
  [403, 1],
])
const REQUESTERS = weighted<'role' | 'user' | 'canonical' | 'anonymous' | 'partner'>([
  ['role', 80],
  ['user', 16],
  ['canonical', 2],
  ['anonymous', 1],
  ['partner', 1],
])

function accessRequest(random: Random, world: World, visitors: Visitors, time: number): S3Request {
  const who = REQUESTERS(random)
  const actor =
    who === 'role'
      ? random.pickSkewed(world.roles)
      : who === 'user'
        ? random.pickSkewed(world.users)
        : who === 'anonymous'
          ? random.pick(visitors.anonymous)
          : visitors[who]
  const api = ACCESS_APIS(random)
  const status = ACCESS_STATUS(random)
  const failure = status === 403 ? 'AccessDenied' : status === 404 ? 'NoSuchKey' : undefined
  const request = s3Request(random, world, { actor, api, time, failure })
  if (failure !== undefined || api !== 'GetObject') return request
  return { ...request, status, bytesOut: status === 304 ? 0 : request.bytesOut }
}

function oddLine(random: Random, odd: OddKind, request: S3Request): Omit<AccessLogSample, 'odd'> {
  const line = accessLogLine(request)
  const withAgent = (userAgent: string): AccessLogSample => {
    const changed = { ...request, userAgent }
    return { line: accessLogLine(changed), request: changed }
  }
  switch (odd) {
    case 'forgedReferer': {
      const referer = `foo" "Amazon CloudFront" - ${random.base64(75)}= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader ${s3Host(request.bucket)} TLSv1.2 - - ${request.bucket.region}`
      const forged: S3Request = {
        ...request,
        caller: ANONYMOUS,
        status: 403,
        bytesOut: 243,
        objectSize: undefined,
        errorCode: 'AccessDenied',
        referer,
        userAgent: 'curl/8.5.0',
      }
      return { line: accessLogLine(forged), request: forged }
    }
    case 'quoteInAgent':
      return withAgent(`${BROWSER_AGENTS[1]}"`)
    case 'quoteInUri': {
      const probe = `GET /${request.key === undefined ? '' : 'index.php'}?s=index/think&content=<?php$p%20=%20"x";$c%20=%20explode(".","a.b.c");?> HTTP/1.1`
      return { line: line.replace(/"[^"]* HTTP\/1\.1"/, () => `"${probe}"`), request }
    }
    case 'ipv6': {
      const changed: S3Request = {
        ...request,
        sourceIp: `2001:db8:${random.hex(4)}::${random.hex(4)}:${random.hex(4)}`,
        dualStack: true,
      }
      return { line: accessLogLine(changed), request: changed }
    }
    case 'lifecycle':
      return {
        line: lifecycleLine({
          time: request.time,
          bucket: request.bucket,
          operation: random.pick(['S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER', 'S3.TRANSITION_SIA.OBJECT']),
          key: request.key ?? 'tmp/scratch',
          objectSize: 4096,
          requestId: random.chance(0.2) ? random.uuid() : random.upper(16),
          hostId: request.hostId,
        }),
      }
    case 'batchDelete': {
      const deleted: S3Request = { ...request, api: 'DeleteObject', key: request.key ?? 'a b.txt', status: 204 }
      return { line: batchDeleteLine(deleted), request: deleted }
    }
    case 'serviceRequester': {
      const changed: S3Request = { ...request, caller: awsService('delivery.logs.amazonaws.com'), userAgent: '-' }
      return { line: accessLogLine(changed), request: changed }
    }
    case 'originAccessIdentity': {
      const changed: S3Request = {
        ...request,
        caller: originAccessIdentity('E2EXAMPLEOAI1'),
        userAgent: 'Amazon CloudFront',
      }
      return { line: accessLogLine(changed), request: changed }
    }
    case 'doubleEncoded': {
      const changed: S3Request = {
        ...request,
        api: 'GetObject',
        key: `exports/date=2026-03-17/50% "final"+draft é ${random.hex(4)}.csv`,
      }
      return { line: accessLogLine(changed), request: changed }
    }
    case 'invalidUtf8':
      return withAgent(`scanner/\uFFFD${random.hex(4)}\uFFFD`)
    case 'unusualSeparators':
      return withAgent(`odd\u2028agent\fwith\ttab\u0085/${random.hex(4)}`)
    case 'fewerFields':
      // Until 2019 a line ended with the version id; then with TLS version, access point, ACL required.
      return { line: line.split(' ').slice(0, -random.int(1, 3)).join(' '), request }
    case 'moreFields':
      return { line: `${line} future-field-${random.hex(4)} "another one"`, request }
    case 'truncated':
      return { line: line.slice(0, random.int(1, line.length - 120)), request }
    case 'dashes':
      return {
        line: `${request.bucket.owner} ${request.bucket.name} ${clfTime(request.time)} - - ${request.requestId} REST.GET.OBJECT - - - - - - - - - - - ${request.hostId} - - - - - - - -`,
        request,
      }
    case 'copySource': {
      const source = line.replace(/ REST\.\w+\.\w+ /, ' REST.COPY.OBJECT_GET ').replace(/"[^"]* HTTP\/1\.1"/, () => '-')
      return { line: source.replace(` "-" "${request.userAgent}" `, ' - - '), request }
    }
  }
}
