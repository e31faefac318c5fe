import {
  type ErrorClass,
  type IpClass,
  type NormalizedRecord,
  type NormalizeOptions,
  TOLD,
} from '../contracts/record.ts'
import { prepareEnvironment } from '../derive/environment.ts'
import { createIpClassifier } from '../derive/ip.ts'
import { lagOf, USUAL_LAG_SECONDS } from '../derive/lean.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { parseErrorRecord } from '../derive/parse-error.ts'
import { mayHideValue, redactSecrets } from '../derive/redact.ts'
import { deriveTool, isOrdinaryAgent } from '../derive/tool.ts'
import { clippedUserAgent, createClip, MAX_TEXT, unknownFields } from './clip.ts'
import { createConnectionRenderer, isPlainHttp, isPresigned } from './connection.ts'
import type { AccessLogFields } from './fields.ts'
import { decodeKey, decodeLogged, decodeOnce } from './key.ts'
import { lineCheck, lineIdentity } from './line-identity.ts'
import { describeOperation, type OperationFacts } from './operation.ts'
import { readAccessLogLine } from './parse.ts'
import { isPlainUri, type Presigned, readPresigned } from './request-line.ts'
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
import { createStatusMemory, EVENT_SOURCE } from './status.ts'
import { omissionsOf } from './table.ts'
import { escaped, hash, mixText, quote, remember } from './text.ts'

/** Characters of a text that could not be read: no line of an object is longer, see the line splitter. */
const MAX_RAW = 1_048_576
/** Remembered at once. A session is a requester of its own, so there are many; user agents are few but can be long. */
const MAX_REQUESTERS = 16_384
const MAX_CLIENTS = 2048

const HEAD = '"source":"s3access"'

/**
 * A text that is no access-log line as a record of `kind: "parseError"`: the text is kept (secrets replaced, at most
 * MAX_RAW characters) and nothing is read from it.
 *
 * @param reason a sentence that says why.
 */
export function rawAccessLogRecord(text: string, reason: string): NormalizedRecord {
  return parseErrorRecord({
    source: 's3access',
    service: 's3',
    eventSource: 's3.amazonaws.com',
    text: text.length > MAX_RAW ? text.slice(0, MAX_RAW) : text,
    reason,
    truncated: text.length > MAX_RAW,
  })
}

export type AccessLogNormalizer = (line: string) => NormalizedRecord

/**
 * Makes the normalizer of access-log lines: one line (text or JSON form, see {@link parseAccessLogLine}) → one record in
 * CloudTrail's vocabulary with the derived fields. Never throws on content: what cannot be read becomes a record of
 * `kind: "parseError"` with its text.
 *
 * - `detail: "lean"` leaves out what the tables of {@link omissionsOf} say; `"full"` has every field of the line.
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
  const omissions = omissionsOf(options.detail)
  const omitEventId = omissions('eventID') !== 'never'
  const omitUri = omissions('requestURI') !== 'never'
  const omitSize = omissions('objectSize') !== 'never'
  const omitTotalTime = omissions('totalTimeMs') !== 'never'
  const omitTurnAround = omissions('turnAroundTimeMs') !== 'never'
  const omitHostId = omissions('hostId') !== 'never'
  const omitRequester = omissions('requester') !== 'never'
  const omitKeyLogged = omissions('keyLogged') !== 'never'
  const omitOwner = omissions('bucketOwner') !== 'never'
  const omitWebsite = omissions('website') !== 'never'
  const shortestLag = omissions('lagSeconds') === 'never' ? -1 : USUAL_LAG_SECONDS
  const kind = omissions('kind') === 'never' ? '{"kind":"event",' : '{'
  const head = kind + (omissions('service') === 'never' ? `${HEAD},"service":"s3"` : HEAD)
  const headWithTime = `${head},"eventTime":"`

  const classifyIp = createIpClassifier(environment)
  const { isForeign, isLogBucket, knowsActor } = prepareEnvironment(environment)
  // Without knowing which account is ours, nobody can be said to be a stranger.
  const isStranger = (accountId: string) => environment.account !== undefined && isForeign(accountId, undefined)

  const requesters = remember(
    (text) => requesterFacts(readRequester(redactSecrets(text)), isStranger, omissions),
    MAX_REQUESTERS,
  )
  const anonymous = requesterFacts(ANONYMOUS, isStranger, omissions)
  const s3Itself = requesterFacts(S3_ITSELF, isStranger, omissions)
  const awsInternal = requesterFacts(AWS_INTERNAL, isStranger, omissions)
  const statuses = createStatusMemory(omissions)
  const noTool = omissions('tool') === 'plain' ? '' : ',"tool":"none"'
  const clients = remember((userAgent) => {
    const { tool, toolRisk } = deriveTool(userAgent)
    const plain = omissions('userAgent') === 'plain' && isOrdinaryAgent(userAgent, tool)
    const risk = toolRisk === 'none' && omissions('toolRisk') === 'plain' ? '' : `,"toolRisk":"${toolRisk}"`
    return {
      json: plain ? '' : `,"userAgent":${quote(redactSecrets(userAgent))}`,
      plain,
      tool,
      toolRisk,
      tools: (tool === 'none' ? noTool : `,"tool":"${tool}"`) + risk,
    }
  }, MAX_CLIENTS)
  const noClient = {
    json: '',
    plain: true,
    tool: 'none' as const,
    toolRisk: 'none' as const,
    tools: noTool + (omissions('toolRisk') === 'plain' ? '' : ',"toolRisk":"none"'),
  }
  const omitPublic = omissions('ipClass') === 'plain'
  /** Many addresses are seen once only: not worth remembering. */
  const ipJson = (ipClass: IpClass | undefined) =>
    ipClass === undefined || (omitPublic && ipClass === 'public') ? '' : `,"ipClass":"${ipClass}"`
  const buckets = remember((name) => {
    const logBucket = isLogBucket(name)
    const watched = knowsActor(name, undefined) !== undefined
    const derived = `${logBucket ? ',"logBucket":true' : ''}${watched ? ',"watched":true' : ''}`
    const json = `,"requestParameters":{"bucketName":${quote(redactSecrets(name))}`
    return { name, json, jsonToKey: `${json},"key":`, logBucket, watched, derived, mark: mixText(1, name) }
  })
  const connectionJson = createConnectionRenderer(omissions)

  return (line) => {
    const fields = readAccessLogLine(line)
    const { operation } = fields
    if (fields.parse === 'raw' || operation === undefined) {
      return rawAccessLogRecord(line, fields.reason ?? 'No operation was found.')
    }
    const facts = describeOperation(operation, fields.key !== undefined)
    const status = statuses(operation, facts, fields)
    const requester = findRequester(fields, facts, status.errorClass)
    const client = fields.userAgent === undefined ? noClient : clients(fields.userAgent)
    const address = fields.remoteIp
    const bucket = fields.bucket === undefined ? undefined : buckets(fields.bucket)
    const path = fields.key === undefined ? undefined : decodeLogged(fields.key, operation.startsWith('BATCH.'))
    const decoded = path === undefined ? undefined : decodeOnce(path)
    const key = decoded === undefined || !mayHideValue(decoded) ? decoded : redactKey(fields.key!, operation)
    const { requestId, time, timeMs, requestUri, referer } = fields
    // Only a long line can hold a text that is too long.
    const clip = line.length > MAX_TEXT ? createClip() : undefined

    let json = time === undefined ? head + status.head : `${headWithTime}${time}"${status.head}`
    if (address !== undefined) json += `,"sourceIPAddress":"${escaped(address)}"`
    json +=
      clip === undefined || client.plain || fields.userAgent === undefined
        ? client.json
        : clippedUserAgent(fields.userAgent, clip)
    if (requestId !== undefined) {
      const id = escaped(requestId)
      if (facts.severalLines) json += `,"eventID":${quote(`${requestId}/${hash(lineIdentity(fields))}`)}`
      else if (!omitEventId) json += `,"eventID":"${id}"`
      json += `,"requestID":"${id}"`
    }
    json += requester.identityJson
    if (!omitRequester && fields.requester !== undefined)
      json += `,"requester":${quote(redactSecrets(fields.requester))}`
    const presigned = isPresigned(fields)
    const signing = presigned && requestUri !== undefined ? readPresigned(requestUri) : NOT_PRESIGNED
    if (key !== undefined) {
      json += bucket === undefined ? ',"requestParameters":{"key":' : bucket.jsonToKey
      json += `${quote(clip === undefined ? key : clip.text(key))}${signing.json}}`
      if (!omitKeyLogged && fields.key !== decoded) {
        json += `,"keyLogged":${quote(redactSecrets(clip === undefined ? fields.key! : clip.text(fields.key!)))}`
      }
    } else if (bucket !== undefined) json += `${bucket.json}${signing.json}}`

    if (fields.bytesSent !== undefined) json += `,"bytesOut":${fields.bytesSent}`
    if (fields.objectSize !== undefined && !(omitSize && fields.objectSize === fields.bytesSent))
      json += `,"objectSize":${fields.objectSize}`
    if (!omitTotalTime && fields.totalTime !== undefined) json += `,"totalTimeMs":${fields.totalTime}`
    if (!omitTurnAround && fields.turnAroundTime !== undefined) json += `,"turnAroundTimeMs":${fields.turnAroundTime}`
    if (requestUri !== undefined) {
      const plain = omitUri && isPlainUri(requestUri, operation, facts.method, fields.bucket, path, presigned)
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
      // Nothing of a line is lost: what is in no field is in its text.
      if (fields.unread) json += `,"raw":${quote(redactSecrets(clip === undefined ? line : clip.text(line)))}`
    }
    json += (fields.parse === 'exact' ? status.exact : status.recovered) + requester.derivedJson + client.tools
    const isOther = requester.canonicalId !== undefined && isOtherOwner(requester.canonicalId, fields.bucketOwner)
    if (isOther) json += ',"crossAccount":true'
    const ipClass = address === undefined ? undefined : classifyIp(address)
    json += ipJson(ipClass)
    if (facts.rest && isPlainHttp(fields)) json += ',"https":false'
    if (presigned) json += ',"presigned":true'
    if (signing.keyId !== undefined) json += `,"keyId":${quote(signing.keyId)}`
    // Detections test `website IS FALSE` on anonymous requests.
    if (requester.anonymous && !facts.website && !omitWebsite) json += ',"website":false'
    const keyClass = classifyObjectName(key)
    if (keyClass !== undefined) json += `,"keyClass":"${keyClass}"`
    if (bucket !== undefined) {
      json += bucket.derived
      if (bucket.watched) json += `,"actorKnown":${knowsActor(bucket.name, requester.actor) === true}`
    }
    if (clip?.cut()) json += ',"truncated":true'
    if (timeMs === undefined) json += ',"timeMissing":true'
    else {
      const lag = lagOf(timeMs, now(), shortestLag)
      if (lag !== undefined) json += `,"lagSeconds":${lag}`
    }
    json += '}'

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
              : // A copy: a text of this length is remembered as it is, and would keep its piece of the log alive.
                JSON.stringify(`${requestId} ${lineIdentity(fields)}`),
        eventName: facts.eventName,
        eventSource: EVENT_SOURCE,
        eventCategory: facts.eventCategory,
        action: facts.action,
        outcome: status.outcome,
        errorClass: status.errorClass,
        readOnly: facts.readOnly,
        actor: requester.actor,
        awsService: requester.awsService,
        anonymous: requester.anonymous,
        sourceIPAddress: address,
        bucket: bucket?.name,
        key,
        bytesOut: fields.bytesSent,
        logBucket: bucket?.logBucket === true,
        change: facts.change,
        toolRisk: client.toolRisk,
        ipClass,
        keyClass: keyClass ?? 'none',
        crossAccount: isOther || requester.crossAccount,
        truncated: clip?.cut() ? true : undefined,
        told:
          (facts.website ? TOLD.website : 0) |
          (facts.weakens ? TOLD.weakens : 0) |
          (signing.keyId === undefined ? TOLD.noLongLivedKey : 0) |
          (key !== undefined && clip === undefined ? TOLD.key : 0),
        tool: client.tool,
        actorType: requester.actorType,
        person: requester.person,
        errorCode: status.errorCode,
        identityType: requester.identityType,
      },
    }
  }

  function findRequester(fields: AccessLogFields, facts: OperationFacts, errorClass: ErrorClass): RequesterFacts {
    if (fields.requester !== undefined) return requesters(fields.requester)
    if (facts.internal) return s3Itself
    return isInternalFailure(fields, errorClass) ? awsInternal : anonymous
  }
}

const NOT_PRESIGNED: Presigned = { json: '' }

/** Before it is decoded an `&` that is a part of a secret can be told from one that ends it. */
function redactKey(logged: string, operation: string): string {
  return redactSecrets(decodeKey(redactSecrets(logged), operation.startsWith('BATCH.')))
}
