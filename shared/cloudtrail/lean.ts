import { Buffer } from 'node:buffer'
import type { Tool } from '../contracts/record.ts'
import { accountIdOf } from '../derive/identity.ts'
import {
  booleanOf,
  firstText,
  isEmpty,
  isObject,
  type JsonObject,
  objectOf,
  scalarText,
  textOf,
} from '../derive/json.ts'
import { isSecretName, REDACTED } from '../derive/redact.ts'
import type { RecordFacts } from './derive.ts'

/** The lean record without its derived fields; `truncated` tells that a value was replaced by a marker. */
export interface LeanRecord {
  readonly core: Readonly<Record<string, unknown>>
  readonly truncated: boolean
  /** The values in it that may hold numbers: all others are texts and booleans. */
  readonly loose: readonly unknown[]
}

/** The categories whose shape is known; of others (Aggregated …) nothing is pruned. */
export const KNOWN_CATEGORIES: ReadonlySet<string> = new Set(['Management', 'Data', 'NetworkActivity', 'Insight'])

/** What record.md calls the core, and what else a reader needs where CloudTrail sends it. */
const CORE = new Set(
  (
    'eventTime eventSource eventName eventType eventCategory awsRegion recipientAccountId sourceIPAddress userAgent ' +
    'errorCode errorMessage readOnly eventID requestID userIdentity requestParameters responseElements ' +
    'additionalEventData sharedEventID vpcEndpointId managementEvent apiVersion insightDetails serviceEventDetails ' +
    'eventVersion tlsDetails'
  ).split(' '),
)

/**
 * Clients whose user agent on an S3 data event says nothing more than `tool` does. Those of risky and unfamiliar
 * clients stay, so that patterns that look for one (`$.userAgent = "*rclone*"`) match as before.
 */
const ORDINARY_TOOLS: ReadonlySet<Tool> = new Set<Tool>([
  'awscli',
  'sdk',
  'boto',
  'console',
  'awsinternal',
  'mountpoint',
])

/**
 * Prunes a CloudTrail record to what filters, alerts and people read. Names, nesting, order and JSON types stay
 * CloudTrail's; null and empty members go, and so does what another member says as well. S3 data events, the bulk of
 * all traffic, keep of their parameters the bucket, the key, the version and the `x-amz-*` ones, and of the identity
 * what the derived fields do not say already.
 *
 * @param capBytes a management event's requestParameters and additionalEventData are each replaced by a marker beyond
 *   this many bytes of JSON; the marker has CloudTrail's own shape (`omitted`, `originalSize`, `reason`).
 * @param rawLength length of the record's text: a short record needs no measuring.
 * @param isReserved tells the names of derived fields, which a record's own members must not take.
 */
export function leanRecord(
  record: JsonObject,
  facts: RecordFacts,
  capBytes: number,
  rawLength: number,
  isReserved: (name: string) => boolean,
): LeanRecord {
  let truncated = false
  // Compact JSON is at most a few times longer than the text it came from (1e15 → 1000000000000000).
  const mayExceed = rawLength * 4 > capBytes
  const cap = (value: unknown, name: string): unknown => {
    if (isEmpty(value)) return undefined
    if (!mayExceed) return value
    const capped = capValue(value, name, capBytes)
    truncated ||= capped !== value
    return capped
  }
  const { eventCategory, isObjectEvent } = facts
  const isKnown = eventCategory === undefined || KNOWN_CATEGORIES.has(eventCategory)
  const core = {
    eventTime: facts.eventTime ?? scalarText(record.eventTime),
    eventSource: facts.eventSource ?? scalarText(record.eventSource),
    eventName: facts.eventName ?? scalarText(record.eventName),
    awsRegion: scalarText(record.awsRegion),
    sourceIPAddress: scalarText(record.sourceIPAddress),
    userAgent: leanUserAgent(record, facts),
    errorCode: scalarText(record.errorCode),
    errorMessage: scalarText(record.errorMessage),
    userIdentity: leanIdentity(record.userIdentity, facts.isObjectEvent, facts.recipientAccountId),
    requestParameters: isObjectEvent
      ? objectParameters(record.requestParameters)
      : cap(
          facts.derived.service === 's3' ? settingParameters(record.requestParameters) : record.requestParameters,
          'requestParameters',
        ),
    responseElements: leanResponse(record.responseElements, facts.eventName),
    additionalEventData: isObjectEvent ? undefined : cap(record.additionalEventData, 'additionalEventData'),
    requestID: scalarText(record.requestID),
    eventID: scalarText(record.eventID),
    readOnly: facts.readOnly,
    eventType: isKnown ? leanEventType(record.eventType, facts) : scalarText(record.eventType),
    apiVersion: scalarText(record.apiVersion),
    managementEvent: leanManagementEvent(record.managementEvent, eventCategory),
    recipientAccountId: facts.recipientAccountId ?? scalarText(record.recipientAccountId),
    sharedEventID: scalarText(record.sharedEventID),
    vpcEndpointId: scalarText(record.vpcEndpointId),
    eventCategory: scalarText(record.eventCategory),
    insightDetails: cap(record.insightDetails, 'insightDetails'),
    serviceEventDetails: cap(record.serviceEventDetails, 'serviceEventDetails'),
  }
  if (isKnown) {
    const { requestParameters, additionalEventData, insightDetails, serviceEventDetails, responseElements } = core
    const loose = isObjectEvent
      ? [requestParameters]
      : [requestParameters, additionalEventData, insightDetails, serviceEventDetails, responseElements]
    return { core, truncated, loose }
  }
  const rest = Object.entries(record).flatMap(([name, value]) => {
    if (CORE.has(name) || isReserved(name)) return []
    return [[name, cap(value, name)] as const]
  })
  return { core: { ...core, ...Object.fromEntries(rest) }, truncated, loose: [core, ...rest] }
}

/** Whether `tool` says all that this client's user agent on an S3 data event says. */
export function isOrdinaryTool(tool: Tool): boolean {
  return ORDINARY_TOOLS.has(tool)
}

/**
 * An AWS service puts its DNS name into the address and the user agent alike. On S3 calls it stays: patterns about
 * them exclude consoles and services by the user agent (`$.userAgent != "*S3Console*"`), which must be there for that.
 */
function leanUserAgent(record: JsonObject, facts: RecordFacts): string | undefined {
  const { derived, isObjectEvent } = facts
  if (isObjectEvent && isOrdinaryTool(derived.tool)) return undefined
  const userAgent = scalarText(record.userAgent)
  const isRepeated = userAgent === record.sourceIPAddress && derived.tool === 'awsinternal'
  return isRepeated && derived.service !== 's3' ? undefined : userAgent
}

/** The ordinary type says nothing, except to the patterns about the root user: they ask that it is there. */
function leanEventType(value: unknown, facts: RecordFacts): string | undefined {
  const eventType = scalarText(value)
  return eventType === 'AwsApiCall' && facts.derived.actorType !== 'root' ? undefined : eventType
}

/** The category says the same, where there is one. */
function leanManagementEvent(value: unknown, eventCategory: string | undefined): boolean | undefined {
  const isManagement = booleanOf(value)
  if (eventCategory === 'Management' && isManagement === true) return undefined
  return eventCategory === 'Data' && isManagement === false ? undefined : isManagement
}

/**
 * Of the identity on an S3 data event the ARN and the derived fields say most: what they repeat goes, and so does an
 * account that is the recipient's own (a pattern that looks for foreign accounts misses it either way). Other events
 * keep what the ARN does not say: a session's principalId is the role's id and the session, the issuer the role itself.
 */
export function leanIdentity(value: unknown, isObjectEvent: boolean, recipientAccountId: string | undefined): unknown {
  if (!isObject(value)) return isEmpty(value) ? undefined : value
  const type = textOf(value.type)
  const arn = textOf(value.arn)
  const accountId = accountIdOf(value.accountId) ?? scalarText(value.accountId)
  const principalId = scalarText(value.principalId)
  const isBrief = isObjectEvent && arn !== undefined
  const isSession = type === 'AssumedRole' && arn !== undefined
  return {
    type,
    principalId: isBrief || (isSession && repeatsSession(principalId, arn)) ? undefined : principalId,
    arn,
    accountId: isBrief && accountId === recipientAccountId ? undefined : accountId,
    userName: scalarText(value.userName),
    invokedBy: scalarText(value.invokedBy),
    identityProvider: scalarText(value.identityProvider),
    onBehalfOf: isEmpty(value.onBehalfOf) ? undefined : value.onBehalfOf,
    sessionContext: isBrief ? undefined : leanSession(value.sessionContext, isSession ? arn : undefined),
  }
}

/** Whether a principalId (`AROA…:session`) names the session that the ARN ends with. */
function repeatsSession(principalId: string | undefined, arn: string): boolean {
  const colon = principalId === undefined ? -1 : principalId.indexOf(':')
  return colon > 0 && principalId !== undefined && arn.endsWith(`/${principalId.slice(colon + 1)}`)
}

const ROLE_ARN = /^arn:[\w-]+:iam::(\d+):role\/([^/]+)$/

/** @param sessionArn the ARN of the session, where it names the role: then the role's own ARN adds at most its path. */
function leanSession(value: unknown, sessionArn: string | undefined): unknown {
  if (!isObject(value)) return undefined
  const issuer = objectOf(value.sessionIssuer)
  const arn = textOf(issuer.arn)
  const userName = textOf(issuer.userName)
  const mfaAuthenticated = objectOf(value.attributes).mfaAuthenticated
  const hasIssuer = arn !== undefined || userName !== undefined
  if (!hasIssuer && isEmpty(mfaAuthenticated)) return undefined
  const [, account, role] = (sessionArn !== undefined && arn !== undefined && ROLE_ARN.exec(arn)) || []
  const isRepeated =
    role !== undefined && role === userName && sessionArn?.includes(`:${account}:assumed-role/${role}/`)
  return {
    sessionIssuer: hasIssuer ? { arn: isRepeated === true ? undefined : arn, userName } : undefined,
    // The text "true" or "false", as in CloudTrail.
    attributes: isEmpty(mfaAuthenticated) ? undefined : { mfaAuthenticated: String(mfaAuthenticated) },
  }
}

/** The parameters of a call about a bucket's settings: its host is the bucket's name and the Region once more. */
export function settingParameters(value: unknown): unknown {
  if (!isObject(value) || typeof value.Host !== 'string' || !AWS_HOST.test(value.Host)) return value
  const { Host: _, ...rest } = value
  return rest
}
const AWS_HOST = /^[\w.-]+\.amazonaws\.com(?:\.cn)?$/

/** How much of a value that is too large may stay in its marker. */
const MARKER_BYTES = 2048
const AMZ = /^x-amz-/i

/** What an S3 data event keeps of its parameters; undefined where that is nothing. */
export function objectParameters(value: unknown): unknown {
  if (!isObject(value)) return isEmpty(value) ? undefined : value
  const kept: Record<string, unknown> = {}
  let isKept = false
  for (const name of Object.keys(value)) {
    const wanted = name === 'bucketName' || name === 'key' || name === 'versionId' || AMZ.test(name)
    if (!wanted || isEmpty(value[name])) continue
    kept[name] = isSecretName(name) ? REDACTED : value[name]
    isKept = true
  }
  // CloudTrail's own marker for parameters that were too large.
  if (value.omitted === true) return value
  return isKept ? kept : undefined
}

/** Only what filters read: how a sign-in ended, and the ids of keys that were made. */
function leanResponse(value: unknown, eventName: string | undefined): unknown {
  if (!isObject(value)) return undefined
  if (value.ConsoleLogin !== undefined) return { ConsoleLogin: value.ConsoleLogin }
  if (eventName === 'CreateAccessKey') {
    const { accessKeyId, userName, status } = objectOf(value.accessKey)
    return isEmpty(accessKeyId) ? undefined : { accessKey: { accessKeyId, userName, status } }
  }
  if (eventName === 'CreateKey') {
    const { keyId, arn } = objectOf(value.keyMetadata)
    return isEmpty(keyId) ? undefined : { keyMetadata: { keyId, arn } }
  }
  return undefined
}

/** A marker in CloudTrail's own shape; short scalars stay, since a filter may read them (policyArn, MFAUsed). */
function capValue(value: unknown, name: string, capBytes: number): unknown {
  const originalSize = Buffer.byteLength(JSON.stringify(value))
  if (originalSize <= capBytes) return value
  const marker = { omitted: true, originalSize, reason: `${name} larger than ${capBytes} bytes` }
  const kept: [string, unknown][] = []
  let room = Math.min(MARKER_BYTES, capBytes / 2)
  for (const [member, item] of Object.entries(objectOf(value))) {
    const text = firstText(item)
    const isName = member === 'bucketName' || member === 'key'
    if (isName && text !== undefined) kept.unshift([member, text.slice(0, 1024).toWellFormed()])
    else if (typeof item !== 'object' && !(member in marker)) {
      room -= Buffer.byteLength(member) + Buffer.byteLength(JSON.stringify(item)) + 4
      if (room > 0) kept.push([member, item])
    }
  }
  return { ...marker, ...Object.fromEntries(kept) }
}
