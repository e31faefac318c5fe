import { principalFromArn } from '../derive/arn.ts'
import { prepareEnvironment } from '../derive/environment.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import { deriveIdentity } from '../derive/identity.ts'
import { createIpClassifier } from '../derive/ip.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { redactSecrets } from '../derive/redact.ts'
import { deriveTls } from '../derive/tls.ts'
import { deriveTool } from '../derive/tool.ts'
import type { ErrorClass, IpClass, NormalizedRecord, NormalizeOptions, Normalizer, Outcome } from '../record.ts'
import { describeOperation, type OperationFacts } from './operation.ts'
import { type AccessLogFields, parseAccessLogLine } from './parse.ts'

/**
 * What `detail: "lean"` leaves out. `always`: not in lean records. `plain`: left out where it tells nothing that the
 * rest of the record does not tell. `never`: kept. This table is the one place to choose bytes against facts. In front,
 * what a field costs in bytes a record, were it kept in all: measured on realistic lines of 659 bytes, whose lean record
 * has 1,171 bytes and whose full record 1,584.
 */
export const LEAN = {
  /** 88: for AWS Support. */
  hostId: 'always',
  /** 84. Plain: the operation's method, the key, and a query such as `?acl` that the operation has said. */
  requestURI: 'plain',
  /** 81: the canonical id of the account that owns the bucket, the same in every line. */
  bucketOwner: 'always',
  /** 67. Plain: an S3 endpoint of this bucket in this Region. */
  hostHeader: 'plain',
  /** 40. */
  cipherSuite: 'always',
  /** 33: always `s3.amazonaws.com`. */
  eventSource: 'never',
  /** 29. Plain: the requestID again, which it is but for copies and batch deletes (one request, several lines). */
  eventID: 'never',
  /** 29. Plain: also in userIdentity. */
  actorAccount: 'never',
  /** 27. Plain: also in actorAccount. */
  'userIdentity.accountId': 'never',
  /** 27. */
  awsRegion: 'never',
  /** 25. Plain: also at the end of the ARN, or before its session. */
  'userIdentity.userName': 'never',
  /** 24. Plain: `AuthHeader`. */
  authType: 'plain',
  /** 23: follows from the operation. */
  eventCategory: 'never',
  /** 22. */
  turnAroundTimeMs: 'always',
  /** 13. Plain: true, with a tlsVersion that says so too. False is always kept. */
  https: 'plain',
} as const satisfies Readonly<Record<string, Omission>>

/** When a field is left out. */
export type Omission = 'always' | 'plain' | 'never'
/** A field that {@link LEAN} decides on. */
export type LeanField = keyof typeof LEAN
/** What is left out for one `detail`. */
type Omissions = (field: LeanField) => Omission

/** Longer client texts are cut, with `truncated: true`: no header that S3 accepts is longer. Characters. */
const MAX_TEXT = 16_384
/** Characters of a text that could not be read. */
const MAX_RAW = 65_536
/** Trailing fields that are not known: kept up to this many. */
const MAX_EXTRA = 32
const MAX_EXTRA_TEXT = 1024
const _NOTHING = { json: '' }
/** Entries of each memory; the texts in it are no longer than MAX_REMEMBERED. */
const LIMIT = 8192
const MAX_REMEMBERED = 2048

/** A JSON string. For short plain texts a loop is cheaper than JSON.stringify, for longer ones it is not. */
function quote(text: string): string {
  if (text.length > 24) return JSON.stringify(text)
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 32 || c === 34 || c === 92 || c > 126) return JSON.stringify(text)
  }
  return `"${text}"`
}

/** A copy that shares no memory with the line it comes from: what a memory keeps must not keep whole lines alive. */
function detach(text: string): string {
  return Buffer.from(text).toString()
}

/** Remembers what was computed of a text, and detaches the text; long ones are computed each time. */
function remember<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    const own = detach(text)
    const value = compute(own)
    if (own.length <= MAX_REMEMBERED) {
      if (known.size >= LIMIT) known.clear()
      known.set(own, value)
    }
    return value
  }
}

/** 53 bits of a text, as base 36: short, and good enough to tell the keys of one request apart. Not cryptographic. */
function hash(text: string): string {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 2654435761)
    b = Math.imul(b ^ c, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return ((b >>> 0) * 2 ** 21 + ((a >>> 0) & 0x1f_ffff)).toString(36)
}

// ---------------------------------------------------------------- key

/**
 * The object's name: access logs encode it twice, so it is decoded twice, each time only if that is valid (a key that
 * was encoded once keeps its `%`). In the lines of a batch delete `+` stands for a space. Never throws.
 *
 * @example
 * decodeKey('date_%253D2026', false) // 'date_=2026'
 */
export function decodeKey(key: string, batchDelete: boolean): string {
  return decodeOnce(decodePlus(key, batchDelete))
}

/** The key, decoded once: as the request line has it. */
function decodePlus(key: string, batchDelete: boolean): string {
  return decodeOnce(batchDelete && key.includes('+') ? key.replaceAll('+', ' ') : key)
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  const lower = c | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** decodeURIComponent that gives an invalid text back as it is; five times as fast for the escapes of ASCII. */
function decodeOnce(text: string): string {
  let at = text.indexOf('%')
  if (at === -1) return text
  let out = ''
  let from = 0
  while (at !== -1) {
    const high = hexDigit(text.charCodeAt(at + 1))
    const low = hexDigit(text.charCodeAt(at + 2))
    if (high < 0 || low < 0) return text
    if (high > 7) return decodeAny(text)
    out += text.slice(from, at) + String.fromCharCode(high * 16 + low)
    from = at + 3
    at = text.indexOf('%', from)
  }
  return out + text.slice(from)
}

function decodeAny(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// ---------------------------------------------------------------- requester

interface RequesterFacts {
  /** `,"userIdentity":{…}` */
  readonly identityJson: string
  /** `,"actorType":…,"awsService":…,"anonymous":…` and the actor's other fields. */
  readonly derivedJson: string
  readonly actor: string | undefined
  readonly awsService: boolean
  readonly anonymous: boolean
  readonly canonicalId: string | undefined
}

interface Identity {
  readonly type: string
  readonly principalId?: string | undefined
  readonly arn?: string | undefined
  readonly accountId?: string | undefined
  readonly userName?: string | undefined
  readonly invokedBy?: string | undefined
}

const ANONYMOUS: Identity = { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL' }
const S3_ITSELF: Identity = { type: 'AWSService', invokedBy: 's3.amazonaws.com' }
const AWS_INTERNAL: Identity = { type: 'AWSService', invokedBy: 'AWS Internal' }

/** The requester in CloudTrail's words. */
function readRequester(requester: string): Identity {
  if (requester.startsWith('arn:')) {
    const principal = principalFromArn(requester)
    if (principal === undefined) return { type: 'Unknown', arn: requester }
    const { type, accountId, userName } = principal
    // The only service that has a user ARN: a CloudFront origin access identity.
    const invokedBy = type === 'AWSService' ? 'cloudfront.amazonaws.com' : undefined
    return { type, arn: requester, accountId, userName, invokedBy }
  }
  if (requester.startsWith('svc:')) return { type: 'AWSService', invokedBy: requester.slice(4) }
  if (requester === 'AmazonS3') return S3_ITSELF
  if (/^[\w.-]+\.amazonaws\.com(?:\.cn)?$/.test(requester)) return { type: 'AWSService', invokedBy: requester }
  if (/^[0-9a-f]{64}$/i.test(requester)) return { type: 'AWSAccount', principalId: requester }
  if (/^\d{12}$/.test(requester)) return { type: 'AWSAccount', accountId: requester }
  // Lines of 2006 say so instead of a dash.
  if (requester === 'Anonymous') return ANONYMOUS
  return { type: 'Unknown', userName: requester }
}

function requesterFacts(
  identity: Identity,
  isForeign: (accountId: string) => boolean,
  omissions: Omissions,
): RequesterFacts {
  const facts = deriveIdentity(identity, undefined, undefined)
  const { actorType, actor, actorAccount, awsService, anonymous } = facts
  const derived = {
    actorType,
    awsService,
    anonymous,
    actor,
    actorAccount: omissions('actorAccount') === 'never' ? actorAccount : undefined,
    root: facts.root ? true : undefined,
    crossAccount: actorAccount !== undefined && !awsService && isForeign(actorAccount) ? true : undefined,
  }
  return {
    identityJson: `,"userIdentity":${JSON.stringify({
      ...identity,
      // Anonymous callers are known by this very id.
      accountId: anonymous || omissions('userIdentity.accountId') === 'never' ? identity.accountId : undefined,
      userName:
        identity.arn === undefined || omissions('userIdentity.userName') === 'never' ? identity.userName : undefined,
    })}`,
    derivedJson: `,${JSON.stringify(derived).slice(1, -1)}`,
    actor,
    awsService,
    anonymous,
    canonicalId: identity.principalId?.toLowerCase(),
  }
}

/**
 * A user agent proves nothing, so it makes nobody a service, with one exception: Amazon's own client whose signature S3
 * did not accept has no requester. Such a request has failed, so nobody gains anything by claiming this.
 */
function isInternalFailure(fields: AccessLogFields, errorClass: ErrorClass): boolean {
  return (
    fields.requester === undefined &&
    fields.signatureVersion !== undefined &&
    errorClass !== 'none' &&
    fields.userAgent?.startsWith('aws-internal/') === true
  )
}

// ---------------------------------------------------------------- status

interface StatusFacts {
  /** `,"eventName":…` to `"errorClass":…`: everything that operation, status and error code decide. */
  readonly head: string
  /** `,"parse":"exact","action":…` and so on. */
  readonly exact: string
  readonly recovered: string
  readonly outcome: Outcome
  readonly errorClass: ErrorClass
}

function statusFacts(
  operation: string,
  facts: OperationFacts,
  httpStatus: number | undefined,
  errorCode: string | undefined,
  judgedStatus: number | undefined,
  omissions: Omissions,
): StatusFacts {
  const errorClass = deriveErrorClass(errorCode, judgedStatus)
  const outcome: Outcome = errorClass === 'none' ? 'success' : 'failure'
  const head = {
    eventName: facts.eventName,
    eventCategory: omissions('eventCategory') === 'never' ? facts.eventCategory : undefined,
    readOnly: facts.readOnly,
    operation,
    httpStatus,
    errorCode,
  }
  const derived = {
    action: facts.action,
    change: facts.change,
    outcome,
    errorClass,
    weakens: facts.weakens,
    website: facts.website ? true : undefined,
  }
  return {
    head: `,${JSON.stringify(head).slice(1, -1)}`,
    exact: `,"parse":"exact",${JSON.stringify(derived).slice(1, -1)}`,
    recovered: `,"parse":"recovered",${JSON.stringify(derived).slice(1, -1)}`,
    outcome,
    errorClass,
  }
}

function createStatusMemory(omissions: Omissions) {
  const known = new Map<OperationFacts, Map<number | string, StatusFacts>>()
  return (operation: string, facts: OperationFacts, fields: AccessLogFields): StatusFacts => {
    const { httpStatus, errorCode, ambiguousStatus } = fields
    const judged = httpStatus ?? ambiguousStatus
    let byStatus = known.get(facts)
    if (byStatus === undefined) {
      if (known.size >= LIMIT) known.clear()
      byStatus = new Map()
      known.set(facts, byStatus)
    }
    const id = errorCode === undefined && httpStatus !== undefined ? httpStatus : `${httpStatus} ${judged} ${errorCode}`
    const hit = byStatus.get(id)
    if (hit !== undefined) return hit
    if (byStatus.size >= 512) byStatus.clear()
    const value = statusFacts(operation, facts, httpStatus, errorCode, judged, omissions)
    byStatus.set(typeof id === 'string' ? detach(id) : id, value)
    return value
  }
}

// ---------------------------------------------------------------- small facts

const PRESIGNED = /[?&](?:x-amz-signature|x-amz-credential|awsaccesskeyid)=/i
/** Number of fields up to and with the authentication type. */
const FIELDS_TO_AUTH_TYPE = 22
const FIELDS_TO_TLS = 24

function isPresigned(fields: AccessLogFields): boolean {
  if (fields.authenticationType !== undefined) return fields.authenticationType === 'QueryString'
  // A line of before 2019 has no such field; later a dash in it says that nothing was signed.
  if (fields.fieldCount >= FIELDS_TO_AUTH_TYPE || fields.requestUri === undefined) return false
  return PRESIGNED.test(fields.requestUri)
}

/** What a host header says where it is one of S3's own endpoints. */
interface Endpoint {
  /** Empty for path-style requests. */
  readonly bucket: string
  /** Empty for the global endpoint. */
  readonly region: string
}

function readEndpoint(host: string): { endpoint: Endpoint | undefined } {
  const match =
    /^(?:(.+)\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-]([a-z]{2,}(?:-[a-z]+)+-\d+))?\.amazonaws\.com(?:\.cn)?(?::\d+)?$/.exec(
      host,
    )
  return { endpoint: match === null ? undefined : { bucket: match[1] ?? '', region: match[2] ?? '' } }
}

/** `?acl`, `?uploads=`, `?x-id=GetObject`: the operation has said it. */
const EMPTY_QUERY = /^\?(?:[A-Za-z-]+=?|x-id=[A-Za-z]+)$/

/** Whether a request line says no more than the operation's method, bucket and key; `path` is the key, encoded once. */
function isPlainUri(
  uri: string,
  operation: string,
  method: string,
  bucket: string | undefined,
  path: string | undefined,
): boolean {
  if (uri.length === operation.length && uri === operation) return true
  if (!uri.startsWith(method) || uri.charCodeAt(method.length) !== 32) return false
  const end = uri.length - 9
  if (!uri.startsWith(' HTTP/', end)) return false
  let at = method.length + 1
  if (uri.charCodeAt(at) !== 47) return false
  at++
  if (path === undefined) {
    if (bucket !== undefined && uri.startsWith(bucket, at)) {
      at += bucket.length
      if (uri.charCodeAt(at) === 47) at++
    }
    return at === end || EMPTY_QUERY.test(uri.slice(at, end))
  }
  if (uri.slice(at, at + path.length) !== path) {
    if (bucket === undefined || !uri.startsWith(bucket, at) || uri.charCodeAt(at + bucket.length) !== 47) return false
    at += bucket.length + 1
    if (uri.slice(at, at + path.length) !== path) return false
  }
  at += path.length
  return at === end || (uri.charCodeAt(at) === 63 && EMPTY_QUERY.test(uri.slice(at, end)))
}

/**
 * Renders what a line says about the connection: Region, signature, TLS, host … These fields are the same over many
 * lines, so of each host the last rendering is kept and used again when none of them has changed.
 */
function createConnectionRenderer(omissions: Omissions): (fields: AccessLogFields) => string {
  const omitRegion = omissions('awsRegion') !== 'never'
  const omitCipher = omissions('cipherSuite') !== 'never'
  const omitHttps = omissions('https') !== 'never'
  const omitAuthType = omissions('authType')
  const omitHost = omissions('hostHeader')
  const endpoints = remember(readEndpoint)
  // Signed, presigned and anonymous requests to one host come mixed.
  const remembered = [1, 2, 3].map(() => new Map<string, { readonly fields: Connection; readonly json: string }>())

  function render(fields: AccessLogFields): string {
    const { signatureVersion, cipherSuite, authenticationType, hostHeader, tlsVersion, accessPointArn } = fields
    let json = ''
    if (fields.sourceRegion !== undefined && !omitRegion) json += `,"awsRegion":${quote(fields.sourceRegion)}`
    if (signatureVersion !== undefined) json += `,"signatureVersion":${quote(signatureVersion)}`
    if (cipherSuite !== undefined && !omitCipher) json += `,"cipherSuite":${quote(cipherSuite)}`
    if (authenticationType !== undefined && omitAuthType !== 'always') {
      const plain = omitAuthType === 'plain' && authenticationType === 'AuthHeader'
      if (!plain) json += `,"authType":${quote(authenticationType)}`
    }
    if (hostHeader !== undefined && omitHost !== 'always') {
      const plain = omitHost === 'plain' && isPlainHost(endpoints(hostHeader).endpoint, fields)
      if (!plain) json += `,"hostHeader":${quote(hostHeader)}`
    }
    if (accessPointArn !== undefined) json += `,"accessPointArn":${quote(accessPointArn)}`
    const tls = deriveTls(tlsVersion)
    if (tls.tlsVersion !== undefined) json += `,"tlsVersion":${quote(tls.tlsVersion)}`
    if (tls.tlsOutdated) json += ',"tlsOutdated":true'
    if ((tls.tlsVersion !== undefined && !omitHttps) || (tls.tlsVersion === undefined && cipherSuite !== undefined)) {
      json += ',"https":true'
    }
    if (fields.aclRequired === 'Yes') json += ',"aclRequired":true'
    return detach(json)
  }

  return (fields) => {
    const host = fields.hostHeader ?? ''
    const auth = fields.authenticationType
    const lastOf = remembered[auth === undefined ? 0 : auth === 'AuthHeader' ? 1 : 2]!
    const last = lastOf.get(host)
    if (last !== undefined && sameConnection(last.fields, fields)) return last.json
    const json = render(fields)
    if (host.length > MAX_REMEMBERED) return json
    if (lastOf.size >= LIMIT) lastOf.clear()
    // Only what is compared is kept, and apart from its line.
    lastOf.set(detach(host), { fields: connectionOf(fields), json })
    return json
  }
}

type Connection = Pick<
  AccessLogFields,
  | 'sourceRegion'
  | 'signatureVersion'
  | 'cipherSuite'
  | 'authenticationType'
  | 'hostHeader'
  | 'tlsVersion'
  | 'accessPointArn'
  | 'aclRequired'
  | 'bucket'
>

function connectionOf(fields: Connection): Connection {
  const own = (text: string | undefined) => (text === undefined ? undefined : detach(text))
  return {
    sourceRegion: own(fields.sourceRegion),
    signatureVersion: own(fields.signatureVersion),
    cipherSuite: own(fields.cipherSuite),
    authenticationType: own(fields.authenticationType),
    hostHeader: own(fields.hostHeader),
    tlsVersion: own(fields.tlsVersion),
    accessPointArn: own(fields.accessPointArn),
    aclRequired: own(fields.aclRequired),
    bucket: own(fields.bucket),
  }
}

function sameConnection(a: Connection, b: Connection): boolean {
  return (
    a.sourceRegion === b.sourceRegion &&
    a.signatureVersion === b.signatureVersion &&
    a.cipherSuite === b.cipherSuite &&
    a.authenticationType === b.authenticationType &&
    a.hostHeader === b.hostHeader &&
    a.tlsVersion === b.tlsVersion &&
    a.accessPointArn === b.accessPointArn &&
    a.aclRequired === b.aclRequired &&
    a.bucket === b.bucket
  )
}

// ---------------------------------------------------------------- the normalizer

const HEAD = '{"kind":"event","source":"s3access","service":"s3"'

/** Of a text that cannot be read every field says the least that it can, as in CloudTrail's parse errors. */
const NOTHING_KNOWN = {
  kind: 'parseError',
  source: 's3access',
  parse: 'raw',
  service: 's3',
  action: 'unknown',
  change: 'none',
  outcome: 'success',
  errorClass: 'none',
  actorType: 'unknown',
  awsService: false,
  anonymous: false,
  tool: 'none',
  toolRisk: 'none',
  weakens: false,
} as const

/**
 * A text that is no access-log line, or was cut by the line splitter, as a record of `kind: "parseError"`: the text is
 * kept (secrets replaced, at most 64 Ki characters) and nothing is read from it.
 *
 * @param reason a sentence that says why.
 */
export function rawAccessLogRecord(text: string, reason: string): NormalizedRecord {
  const truncated = text.length > MAX_RAW
  const kept = redactSecrets(truncated ? text.slice(0, MAX_RAW) : text)
  const message = JSON.stringify({
    ...NOTHING_KNOWN,
    parseErrorReason: reason,
    raw: kept,
    truncated: truncated || undefined,
  })
  return {
    message,
    view: {
      kind: 'parseError',
      source: 's3access',
      parse: 'raw',
      eventName: '',
      eventSource: 's3.amazonaws.com',
      action: 'unknown',
      outcome: 'success',
      errorClass: 'none',
      awsService: false,
      anonymous: false,
      logBucket: false,
      truncated: truncated ? true : undefined,
    },
  }
}

/**
 * Makes the normalizer of access-log lines: one line (text or JSON form, see {@link parseAccessLogLine}) → one record in
 * CloudTrail's vocabulary with the derived fields. Never throws on content: what cannot be read becomes a record of
 * `kind: "parseError"` with its text.
 *
 * - A line whose status is uncertain counts as a success if one of its readings is one.
 * - `detail: "lean"` leaves out what the table {@link LEAN} says; `"full"` has every field of the line.
 * - `requestURI`, `referer` and `userAgent` are cut at 16 Ki characters (`truncated`), their presigned secrets replaced.
 * - What repeats (requesters, user agents, addresses, buckets, operations) is rendered once and remembered, bounded.
 *
 * @throws BucketwatchError SETTINGS_INVALID where an address range of the environment is none (when made, not later).
 * @see Amazon S3 User Guide, "Amazon S3 server access log format"
 * @example
 * const normalize = createAccessLogNormalizer({ environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: Date.now })
 * normalize(line).message // '{"kind":"event","source":"s3access",…}'
 */
export function createAccessLogNormalizer(options: NormalizeOptions): Normalizer<string> {
  const { environment, now } = options
  const omissions: Omissions = options.detail === 'full' ? () => 'never' : (field) => LEAN[field]
  const omitEventId = omissions('eventID') !== 'never'
  const omitUri = omissions('requestURI')
  const omitTurnAround = omissions('turnAroundTimeMs') !== 'never'
  const omitHostId = omissions('hostId') !== 'never'
  const omitOwner = omissions('bucketOwner') !== 'never'
  const head = omissions('eventSource') === 'never' ? `${HEAD},"eventSource":"s3.amazonaws.com"` : HEAD
  const headWithTime = `${head},"eventTime":"`

  const classifyIp = createIpClassifier(environment)
  const { isForeign, isLogBucket, knowsActor } = prepareEnvironment(environment)
  // Without knowing which account is ours, nobody can be said to be a stranger.
  const isStranger = (accountId: string) => environment.account !== undefined && isForeign(accountId, undefined)

  const requesters = remember((text) => requesterFacts(readRequester(text), isStranger, omissions))
  const anonymous = requesterFacts(ANONYMOUS, isStranger, omissions)
  const s3Itself = requesterFacts(S3_ITSELF, isStranger, omissions)
  const awsInternal = requesterFacts(AWS_INTERNAL, isStranger, omissions)
  const statuses = createStatusMemory(omissions)
  const clients = remember((userAgent) => {
    const { tool, toolRisk } = deriveTool(userAgent)
    const tools = `,"tool":"${tool}","toolRisk":"${toolRisk}"`
    return { json: `,"userAgent":${quote(redactSecrets(userAgent))}`, tools }
  })
  const noClient = { json: '', tools: ',"tool":"none","toolRisk":"none"' }
  const addresses = remember((ip) => {
    const ipClass: IpClass | undefined = classifyIp(ip)
    return {
      ip,
      json: `,"sourceIPAddress":${quote(ip)}`,
      derived: ipClass === undefined ? '' : `,"ipClass":"${ipClass}"`,
    }
  })
  const buckets = remember((name) => {
    const logBucket = isLogBucket(name)
    const watched = knowsActor(name, undefined) !== undefined
    const derived = `${logBucket ? ',"logBucket":true' : ''}${watched ? ',"watched":true' : ''}`
    return { name, json: `"bucketName":${quote(name)}`, logBucket, watched, derived }
  })
  const connectionJson = createConnectionRenderer(omissions)

  return (line) => {
    const fields = parseAccessLogLine(line)
    const { operation } = fields
    if (fields.parse === 'raw' || operation === undefined) {
      return rawAccessLogRecord(line, fields.reason ?? 'No operation was found.')
    }
    const facts = describeOperation(operation, fields.key !== undefined)
    const status = statuses(operation, facts, fields)
    const requester = findRequester(fields, facts, status.errorClass)
    const client = fields.userAgent === undefined ? noClient : clients(fields.userAgent)
    const address = fields.remoteIp === undefined ? undefined : addresses(fields.remoteIp)
    const bucket = fields.bucket === undefined ? undefined : buckets(fields.bucket)
    const path = fields.key === undefined ? undefined : decodePlus(fields.key, operation.startsWith('BATCH.'))
    const key = path === undefined ? undefined : decodeOnce(path)
    const { requestId, time, timeMs, requestUri, referer } = fields
    // Only a long line can hold a text that is too long.
    const clip = line.length > MAX_TEXT ? createClip() : undefined

    let json = time === undefined ? head + status.head : `${headWithTime}${time}"${status.head}`
    if (address !== undefined) json += address.json
    json +=
      clip === undefined || fields.userAgent === undefined ? client.json : clippedUserAgent(fields.userAgent, clip)
    if (requestId !== undefined) {
      const id = quote(requestId)
      if (facts.severalLines) json += `,"eventID":${quote(`${requestId}/${hash(lineIdentity(fields))}`)}`
      else if (!omitEventId) json += `,"eventID":${id}`
      json += `,"requestID":${id}`
    }
    json += requester.identityJson
    if (key !== undefined) {
      const name = bucket === undefined ? '' : `${bucket.json},`
      json += `,"requestParameters":{${name}"key":${quote(clip === undefined ? key : clip.text(key))}}`
    } else if (bucket !== undefined) json += `,"requestParameters":{${bucket.json}}`

    if (fields.bytesSent !== undefined) json += `,"bytesOut":${fields.bytesSent}`
    if (fields.objectSize !== undefined) json += `,"objectSize":${fields.objectSize}`
    if (fields.totalTime !== undefined) json += `,"totalTimeMs":${fields.totalTime}`
    if (!omitTurnAround && fields.turnAroundTime !== undefined) json += `,"turnAroundTimeMs":${fields.turnAroundTime}`
    if (requestUri !== undefined && omitUri !== 'always') {
      const plain = omitUri === 'plain' && isPlainUri(requestUri, operation, facts.method, fields.bucket, path)
      if (!plain)
        json += `,"requestURI":${quote(redactSecrets(clip === undefined ? requestUri : clip.text(requestUri)))}`
    }
    if (referer !== undefined) {
      json += `,"referer":${quote(redactSecrets(clip === undefined ? referer : clip.text(referer)))}`
    }
    if (fields.versionId !== undefined) json += `,"versionId":${quote(fields.versionId)}`
    json += connectionJson(fields)
    if (!omitHostId && fields.hostId !== undefined) json += `,"hostId":${quote(fields.hostId)}`
    if (!omitOwner && fields.bucketOwner !== undefined) json += `,"bucketOwner":${quote(fields.bucketOwner)}`
    if (fields.extra.length > 0) json += `,"unknownFields":${unknownFields(fields.extra)}`

    if (fields.parse !== 'exact') {
      json += `,"parseErrorReason":${quote(fields.reason ?? '')}${fields.partial ? ',"partial":true' : ''}`
    }
    json += (fields.parse === 'exact' ? status.exact : status.recovered) + requester.derivedJson + client.tools
    if (requester.canonicalId !== undefined && isOtherOwner(requester.canonicalId, fields.bucketOwner)) {
      json += ',"crossAccount":true'
    }
    if (address !== undefined) json += address.derived
    if (fields.tlsVersion === undefined && facts.rest && isPlainHttp(fields)) json += ',"https":false'
    if (isPresigned(fields)) json += ',"presigned":true'
    // Detections test `website IS FALSE` on anonymous requests.
    if (requester.anonymous && !facts.website) json += ',"website":false'
    const keyClass = classifyObjectName(key)
    if (keyClass !== undefined) json += `,"keyClass":"${keyClass}"`
    if (bucket !== undefined) {
      json += bucket.derived
      if (bucket.watched) json += `,"actorKnown":${knowsActor(bucket.name, requester.actor) === true}`
    }
    if (clip?.cut()) json += ',"truncated":true'
    json +=
      timeMs === undefined
        ? ',"timeMissing":true}'
        : `,"lagSeconds":${Math.max(0, Math.round((now() - timeMs) / 1000))}}`

    return {
      message: json,
      view: {
        kind: 'event',
        source: 's3access',
        parse: fields.parse,
        eventTimeMs: timeMs,
        identity: requestId === undefined ? `${hash(line)}/${line.length}` : `${requestId} ${lineIdentity(fields)}`,
        eventName: facts.eventName,
        eventSource: 's3.amazonaws.com',
        eventCategory: facts.eventCategory,
        action: facts.action,
        outcome: status.outcome,
        errorClass: status.errorClass,
        readOnly: facts.readOnly,
        actor: requester.actor,
        awsService: requester.awsService,
        anonymous: requester.anonymous,
        sourceIPAddress: address?.ip,
        bucket: bucket?.name,
        key,
        bytesOut: fields.bytesSent,
        logBucket: bucket?.logBucket === true,
        truncated: clip?.cut() ? true : undefined,
      },
    }
  }

  function findRequester(fields: AccessLogFields, facts: OperationFacts, errorClass: ErrorClass): RequesterFacts {
    if (fields.requester !== undefined) return requesters(fields.requester)
    if (facts.internal) return s3Itself
    return isInternalFailure(fields, errorClass) ? awsInternal : anonymous
  }
}

/** What tells the lines of one request apart; a line that S3 delivers twice has it twice. */
function lineIdentity(fields: AccessLogFields): string {
  const id = `${fields.operation} ${fields.bucket} ${fields.key}`
  return fields.versionId === undefined ? id : `${id} ${fields.versionId}`
}

/** A canonical user id can be compared with the bucket owner's; which account it is, no line says. */
function isOtherOwner(canonicalId: string, bucketOwner: string | undefined): boolean {
  return bucketOwner !== undefined && bucketOwner.length === 64 && bucketOwner.toLowerCase() !== canonicalId
}

function isPlainHost(endpoint: Endpoint | undefined, fields: AccessLogFields): boolean {
  return (
    endpoint !== undefined &&
    (endpoint.bucket === '' || endpoint.bucket === fields.bucket) &&
    (endpoint.region === '' || endpoint.region === fields.sourceRegion)
  )
}

interface Clip {
  text(text: string): string
  /** Whether anything was cut so far. */
  cut(): boolean
}

function createClip(): Clip {
  let cut = false
  return {
    text(text) {
      if (text.length <= MAX_TEXT) return text
      cut = true
      return text.slice(0, MAX_TEXT)
    },
    cut: () => cut,
  }
}

function clippedUserAgent(userAgent: string, clip: Clip): string {
  return `,"userAgent":${quote(redactSecrets(clip.text(userAgent)))}`
}

function unknownFields(extra: readonly string[]): string {
  return JSON.stringify(extra.slice(0, MAX_EXTRA).map((text) => redactSecrets(text.slice(0, MAX_EXTRA_TEXT))))
}

/** A request without TLS: the fields are there, and say so. */
function isPlainHttp(fields: AccessLogFields): boolean {
  return (
    fields.fieldCount >= FIELDS_TO_TLS &&
    fields.cipherSuite === undefined &&
    fields.tlsVersion === undefined &&
    (fields.hostHeader !== undefined || fields.requestUri !== undefined)
  )
}
