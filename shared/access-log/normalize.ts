import type { ErrorClass, NormalizedRecord, NormalizeOptions, Outcome } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import { prepareEnvironment } from '../derive/environment.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import { createIpClassifier } from '../derive/ip.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { parseErrorRecord } from '../derive/parse-error.ts'
import { redactSecrets } from '../derive/redact.ts'
import { deriveTool } from '../derive/tool.ts'
import { createConnectionRenderer, isPlainHttp, isPresigned } from './connection.ts'
import type { AccessLogFields } from './fields.ts'
import { decodeLogged, decodeOnce } from './key.ts'
import { LEAN, type Omissions } from './lean.ts'
import { describeOperation, type OperationFacts } from './operation.ts'
import { parseAccessLogLine } from './parse.ts'
import { isPlainUri } from './request-line.ts'
import {
  ANONYMOUS,
  AWS_INTERNAL,
  isInternalFailure,
  isOtherOwner,
  type RequesterFacts,
  readRequester,
  requesterFacts,
  S3_ITSELF,
} from './requester.ts'
import { hash, LIMIT, mixText, quote, remember } from './text.ts'

/** Longer client texts are cut, with `truncated: true`: no header that S3 accepts is longer. Characters. */
const MAX_TEXT = 16_384
/** Characters of a text that could not be read. */
const MAX_RAW = 65_536
/** Trailing fields that are not known: kept up to this many. */
const MAX_EXTRA = 32
const MAX_EXTRA_TEXT = 1024

/** Remembered at once. A session is a requester of its own, so there are many; user agents are few but can be long. */
const MAX_REQUESTERS = 16_384
const MAX_CLIENTS = 2048

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
  omissions: Omissions,
): StatusFacts {
  const errorClass = deriveErrorClass(errorCode, httpStatus)
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
    const { httpStatus, errorCode } = fields
    let byStatus = known.get(facts)
    if (byStatus === undefined) {
      if (known.size >= LIMIT) known.clear()
      byStatus = new Map()
      known.set(facts, byStatus)
    }
    const id = errorCode === undefined && httpStatus !== undefined ? httpStatus : `${httpStatus} ${errorCode}`
    const hit = byStatus.get(id)
    if (hit !== undefined) return hit
    if (byStatus.size >= 512) byStatus.clear()
    const value = statusFacts(operation, facts, httpStatus, errorCode, omissions)
    byStatus.set(typeof id === 'string' ? detach(id) : id, value)
    return value
  }
}

const HEAD = '{"kind":"event","source":"s3access","service":"s3"'

/**
 * A text that is no access-log line as a record of `kind: "parseError"`: the text is kept (secrets replaced, at most
 * 64 Ki characters) and nothing is read from it.
 *
 * @param reason a sentence that says why.
 * @param cut whether the text is only the beginning of a longer one.
 */
export function rawAccessLogRecord(text: string, reason: string, cut = false): NormalizedRecord {
  return parseErrorRecord({
    source: 's3access',
    service: 's3',
    eventSource: 's3.amazonaws.com',
    text: text.length > MAX_RAW ? text.slice(0, MAX_RAW) : text,
    reason,
    truncated: cut || text.length > MAX_RAW,
  })
}

/** `oversize`: the line is only the beginning of one that is too long, as the line splitter says. */
export type AccessLogNormalizer = (line: string, oversize?: boolean) => NormalizedRecord

/**
 * Makes the normalizer of access-log lines: one line (text or JSON form, see {@link parseAccessLogLine}) → one record in
 * CloudTrail's vocabulary with the derived fields. Never throws on content: what cannot be read becomes a record of
 * `kind: "parseError"` with its text.
 *
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
export function createAccessLogNormalizer(options: NormalizeOptions): AccessLogNormalizer {
  const { environment, now } = options
  const omissions: Omissions = options.detail === 'full' ? () => 'never' : (field) => LEAN[field]
  const omitEventId = omissions('eventID') !== 'never'
  const omitUri = omissions('requestURI')
  const omitTurnAround = omissions('turnAroundTimeMs') !== 'never'
  const omitHostId = omissions('hostId') !== 'never'
  const omitRequester = omissions('requester') !== 'never'
  const omitKeyLogged = omissions('keyLogged') !== 'never'
  const omitOwner = omissions('bucketOwner') !== 'never'
  const head = omissions('eventSource') === 'never' ? `${HEAD},"eventSource":"s3.amazonaws.com"` : HEAD
  const headWithTime = `${head},"eventTime":"`

  const classifyIp = createIpClassifier(environment)
  const { isForeign, isLogBucket, knowsActor } = prepareEnvironment(environment)
  // Without knowing which account is ours, nobody can be said to be a stranger.
  const isStranger = (accountId: string) => environment.account !== undefined && isForeign(accountId, undefined)

  const requesters = remember((text) => requesterFacts(readRequester(text), isStranger, omissions), MAX_REQUESTERS)
  const anonymous = requesterFacts(ANONYMOUS, isStranger, omissions)
  const s3Itself = requesterFacts(S3_ITSELF, isStranger, omissions)
  const awsInternal = requesterFacts(AWS_INTERNAL, isStranger, omissions)
  const statuses = createStatusMemory(omissions)
  const clients = remember((userAgent) => {
    const { tool, toolRisk } = deriveTool(userAgent)
    const tools = `,"tool":"${tool}","toolRisk":"${toolRisk}"`
    return { json: `,"userAgent":${quote(redactSecrets(userAgent))}`, tools }
  }, MAX_CLIENTS)
  const noClient = { json: '', tools: ',"tool":"none","toolRisk":"none"' }
  const addresses = remember((ip) => {
    const ipClass = classifyIp(ip)
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
    return { name, json: `"bucketName":${quote(name)}`, logBucket, watched, derived, mark: mixText(1, name) }
  })
  const connectionJson = createConnectionRenderer(omissions)

  return (line, oversize = false) => {
    if (oversize) return rawAccessLogRecord(line, 'The line is longer than the limit for one line.', true)
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
    const path = fields.key === undefined ? undefined : decodeLogged(fields.key, operation.startsWith('BATCH.'))
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
    if (!omitRequester && fields.requester !== undefined) json += `,"requester":${quote(fields.requester)}`
    if (key !== undefined) {
      const name = bucket === undefined ? '' : `${bucket.json},`
      json += `,"requestParameters":{${name}"key":${quote(clip === undefined ? key : clip.text(key))}}`
      if (!omitKeyLogged && fields.key !== key) {
        json += `,"keyLogged":${quote(clip === undefined ? fields.key! : clip.text(fields.key!))}`
      }
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
        identity:
          requestId === undefined
            ? `${hash(line)}/${line.length}`
            : facts.oneLine
              ? requestId + lineCheck(fields, facts.mark ^ (bucket?.mark ?? 0))
              : `${requestId} ${lineIdentity(fields)}`,
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

/**
 * Eight letters that tell lines with one request id apart, where S3 itself never gives two lines the same. Logs made by
 * hand do; and a text of this length is cheap to remember.
 */
function lineCheck(fields: AccessLogFields, mark: number): string {
  const { httpStatus = -1, key, timeMs = 0, versionId } = fields
  let a = Math.imul(mark ^ httpStatus, 0x85ebca6b) ^ (timeMs / 1000)
  let b = (fields.bytesSent ?? -1) ^ Math.imul(fields.totalTime ?? -1, 0xc2b2ae35)
  if (key !== undefined) {
    for (let i = 0; i < key.length; i++) {
      const c = key.charCodeAt(i)
      a = Math.imul(a ^ c, 0x9e3779b1) ^ (a >>> 15)
      b = Math.imul(b ^ c, 0x85ebca6b)
    }
  }
  if (versionId !== undefined) a = mixText(a, versionId)
  b ^= b >>> 13
  return String.fromCharCode(
    32 + (a & 63),
    32 + ((a >>> 6) & 63),
    32 + ((a >>> 12) & 63),
    32 + ((a >>> 18) & 63),
    32 + (b & 63),
    32 + ((b >>> 6) & 63),
    32 + ((b >>> 12) & 63),
    32 + ((b >>> 18) & 63),
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
