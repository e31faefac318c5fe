import { Buffer } from 'node:buffer'
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
import type { Tool } from '../record.ts'
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
 * Prunes a CloudTrail record to what filters, alerts and people read. Names, nesting and JSON types stay CloudTrail's;
 * null and empty members go. S3 data events, the bulk of all traffic, keep of their parameters the bucket, the key, the
 * version and the `x-amz-*` ones, and of the identity what the derived fields do not say already.
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
  const { isObjectEvent } = facts
  const core = {
    eventTime: facts.eventTime ?? scalarText(record.eventTime),
    eventSource: facts.eventSource ?? scalarText(record.eventSource),
    eventName: facts.eventName ?? scalarText(record.eventName),
    eventType: isObjectEvent ? objectEventType(record.eventType, facts) : scalarText(record.eventType),
    eventCategory: scalarText(record.eventCategory),
    awsRegion: scalarText(record.awsRegion),
    recipientAccountId: facts.recipientAccountId ?? scalarText(record.recipientAccountId),
    sourceIPAddress: scalarText(record.sourceIPAddress),
    userAgent: isObjectEvent && ORDINARY_TOOLS.has(facts.derived.tool) ? undefined : scalarText(record.userAgent),
    errorCode: scalarText(record.errorCode),
    errorMessage: scalarText(record.errorMessage),
    readOnly: facts.readOnly,
    eventID: scalarText(record.eventID),
    requestID: scalarText(record.requestID),
    userIdentity: leanIdentity(record.userIdentity, facts),
    requestParameters: isObjectEvent
      ? objectParameters(record.requestParameters)
      : cap(record.requestParameters, 'requestParameters'),
    responseElements: leanResponse(record.responseElements, facts.eventName),
    additionalEventData: isObjectEvent ? undefined : cap(record.additionalEventData, 'additionalEventData'),
    sharedEventID: scalarText(record.sharedEventID),
    vpcEndpointId: scalarText(record.vpcEndpointId),
    // The category says the same, where there is one.
    managementEvent: isObjectEvent && facts.eventCategory !== undefined ? undefined : booleanOf(record.managementEvent),
    apiVersion: scalarText(record.apiVersion),
    insightDetails: cap(record.insightDetails, 'insightDetails'),
    serviceEventDetails: cap(record.serviceEventDetails, 'serviceEventDetails'),
  }
  if (facts.eventCategory === undefined || KNOWN_CATEGORIES.has(facts.eventCategory)) {
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

/** The ordinary type says nothing, except to the patterns about the root user: they ask that it is there. */
function objectEventType(value: unknown, facts: RecordFacts): string | undefined {
  const eventType = scalarText(value)
  return eventType === 'AwsApiCall' && facts.derived.actorType !== 'root' ? undefined : eventType
}

/**
 * Of the identity on an S3 data event the ARN and the derived fields say most: what they repeat goes, and so does an
 * account that is the recipient's own (a pattern that looks for foreign accounts misses it either way).
 */
function leanIdentity(value: unknown, facts: RecordFacts): unknown {
  if (!isObject(value)) return isEmpty(value) ? undefined : value
  const { isObjectEvent, recipientAccountId } = facts
  const arn = textOf(value.arn)
  const accountId = accountIdOf(value.accountId) ?? scalarText(value.accountId)
  const isBrief = isObjectEvent && arn !== undefined
  return {
    type: textOf(value.type),
    arn,
    accountId: isBrief && accountId === recipientAccountId ? undefined : accountId,
    principalId: isBrief ? undefined : scalarText(value.principalId),
    userName: scalarText(value.userName),
    invokedBy: scalarText(value.invokedBy),
    identityProvider: scalarText(value.identityProvider),
    onBehalfOf: isEmpty(value.onBehalfOf) ? undefined : value.onBehalfOf,
    sessionContext: isBrief ? undefined : leanSession(value.sessionContext),
  }
}

function leanSession(value: unknown): unknown {
  if (!isObject(value)) return undefined
  const issuer = objectOf(value.sessionIssuer)
  const arn = textOf(issuer.arn)
  const userName = textOf(issuer.userName)
  const mfaAuthenticated = objectOf(value.attributes).mfaAuthenticated
  const hasIssuer = arn !== undefined || userName !== undefined
  if (!hasIssuer && isEmpty(mfaAuthenticated)) return undefined
  return {
    sessionIssuer: hasIssuer ? { arn, userName } : undefined,
    // The text "true" or "false", as in CloudTrail.
    attributes: isEmpty(mfaAuthenticated) ? undefined : { mfaAuthenticated: String(mfaAuthenticated) },
  }
}

/** How much of a value that is too large may stay in its marker. */
const MARKER_BYTES = 2048
const AMZ = /^x-amz-/i

function objectParameters(value: unknown): unknown {
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
