import { isObject } from '../basics/is-object.ts'
import type { JsonObject } from '../derive/json.ts'
import { personOf } from '../derive/person.ts'
import { redactSecrets } from '../derive/redact.ts'
import { completeMember, leftOutOf } from '../object/complete.ts'
import { describeRequest, opensBucket } from './request.ts'

/** What an alert tells of one matching log event; what the record does not say is left out. */
export interface EventFacts {
  /** When it happened, ISO 8601: the record's own time, else the log event's. */
  readonly time: string
  /** The API call; for our own records what kind of record it is. */
  readonly eventName?: string
  readonly outcome?: string
  readonly errorCode?: string
  readonly actor?: string
  readonly actorType?: string
  /** Who it was in person, as far as the record tells; of IAM users their name. */
  readonly person?: string
  /** The access key id. */
  readonly keyId?: string
  /** The name of the role's session. */
  readonly session?: string
  /** `yes` or `no`, where the record tells. */
  readonly mfa?: string
  readonly sourceIPAddress?: string
  readonly ipClass?: string
  readonly tool?: string
  readonly userAgent?: string
  readonly bucket?: string
  readonly key?: string
  readonly accountId?: string
  readonly awsRegion?: string
  readonly eventID?: string
  readonly requestID?: string
  /** What the request asks for or does, where that matters: the statement that lets everybody in, bytes, the refusal. */
  readonly detail?: string
  /** `everyone`: from here on anybody may do with the bucket what the request says. */
  readonly opens?: string
  /** What else there is to say: the reason of a receipt, the text that could not be read. */
  readonly note?: string
  readonly logGroupName: string
}

/** As much of a text as an alert needs; object keys have at most 1,024 bytes. */
const MAX_TEXT = 1024
const MAX_NOTE = 300

/**
 * Reads the facts off a log event: a normalized record, a receipt, or any other text. Records are redacted
 * when they are written; it is done again here, since what comes out goes by e-mail.
 *
 * @param given the message parsed as JSON; anything but an object is taken for text.
 */
export function readFacts(
  given: unknown,
  event: { readonly timestamp: number; readonly message: string; readonly logGroupName: string },
): EventFacts {
  const { timestamp, message, logGroupName } = event
  if (!isObject(given))
    return { time: isoTime(timestamp), note: shorten(redactSecrets(message), MAX_NOTE), logGroupName }
  const record = membersOf(given)
  const parameters = isObject(record.requestParameters) ? record.requestParameters : {}
  const identity = isObject(record.userIdentity) ? record.userIdentity : {}
  const facts: Record<keyof EventFacts, string | undefined> = {
    time: cleanText(recordTime(record)) ?? isoTime(timestamp),
    eventName: cleanText(record.eventName) ?? kindOf(record),
    outcome: cleanText(record.outcome) ?? cleanText(record.status),
    errorCode: cleanText(record.errorCode),
    actor: cleanText(record.actor),
    actorType: cleanText(record.actorType) ?? (record.anonymous === true ? 'anonymous' : undefined),
    person: cleanText(record.person) ?? cleanText(personOf(identity)),
    keyId: cleanText(record.keyId) ?? cleanText(identity.accessKeyId),
    session: cleanText(sessionIn(cleanText(identity.arn))),
    mfa: typeof record.mfa === 'boolean' ? (record.mfa ? 'yes' : 'no') : undefined,
    sourceIPAddress: cleanText(record.sourceIPAddress),
    ipClass: cleanText(record.ipClass),
    tool: cleanText(record.tool),
    userAgent: cleanText(record.userAgent),
    bucket: cleanText(parameters.bucketName) ?? cleanText(record.bucket),
    key: cleanText(parameters.key) ?? cleanText(record.key),
    accountId: cleanText(record.recipientAccountId),
    awsRegion: cleanText(record.awsRegion),
    eventID: cleanText(record.eventID),
    requestID: cleanText(record.requestID),
    detail: cleanText(describeRequest(record)),
    opens: opensBucket(record) ? 'everyone' : undefined,
    note: noteOf(record),
    logGroupName,
  }
  return told(facts)
}

/** The members that facts are read of. Written out, so that all have one shape: thousands are read in a row. */
function membersOf(given: JsonObject) {
  const left = leftOutOf(given)
  return {
    kind: completeMember(given, left, 'kind'),
    time: completeMember(given, left, 'time'),
    eventTime: completeMember(given, left, 'eventTime'),
    eventName: completeMember(given, left, 'eventName'),
    eventID: completeMember(given, left, 'eventID'),
    requestID: completeMember(given, left, 'requestID'),
    outcome: completeMember(given, left, 'outcome'),
    status: completeMember(given, left, 'status'),
    errorCode: completeMember(given, left, 'errorCode'),
    errorMessage: completeMember(given, left, 'errorMessage'),
    actor: completeMember(given, left, 'actor'),
    actorType: completeMember(given, left, 'actorType'),
    anonymous: completeMember(given, left, 'anonymous'),
    person: completeMember(given, left, 'person'),
    keyId: completeMember(given, left, 'keyId'),
    mfa: completeMember(given, left, 'mfa'),
    userIdentity: completeMember(given, left, 'userIdentity'),
    sourceIPAddress: completeMember(given, left, 'sourceIPAddress'),
    ipClass: completeMember(given, left, 'ipClass'),
    tool: completeMember(given, left, 'tool'),
    userAgent: completeMember(given, left, 'userAgent'),
    bucket: completeMember(given, left, 'bucket'),
    key: completeMember(given, left, 'key'),
    recipientAccountId: completeMember(given, left, 'recipientAccountId'),
    awsRegion: completeMember(given, left, 'awsRegion'),
    requestParameters: completeMember(given, left, 'requestParameters'),
    service: completeMember(given, left, 'service'),
    action: completeMember(given, left, 'action'),
    change: completeMember(given, left, 'change'),
    weakens: completeMember(given, left, 'weakens'),
    public: completeMember(given, left, 'public'),
    external: completeMember(given, left, 'external'),
    expireDays: completeMember(given, left, 'expireDays'),
    bytesIn: completeMember(given, left, 'bytesIn'),
    bytesOut: completeMember(given, left, 'bytesOut'),
    error: completeMember(given, left, 'error'),
    reason: completeMember(given, left, 'reason'),
    raw: completeMember(given, left, 'raw'),
  }
}

/** Without what the record does not say. */
function told(all: Readonly<Record<keyof EventFacts, string | undefined>>): EventFacts {
  const facts: Partial<Record<keyof EventFacts, string>> = {}
  for (const name of Object.keys(all) as (keyof EventFacts)[]) {
    const value = all[name]
    if (value !== undefined) facts[name] = value
  }
  return facts as EventFacts
}

/** The name of the session that an ARN ends with. */
function sessionIn(arn: string | undefined): string | undefined {
  return arn === undefined ? undefined : /:assumed-role\/[^/]+\/(.+)$/.exec(arn)?.[1]
}

/** When what a record tells of happened, as the record has it. */
export function recordTime(record: Readonly<Record<string, unknown>>): string | undefined {
  return [record.eventTime, record.time].find((value): value is string => typeof value === 'string' && value !== '')
}

/** A text as an alert may show it: secrets replaced, not too long; undefined where there is none. */
export function cleanText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? shorten(redactSecrets(value), MAX_TEXT) : undefined
}

function kindOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const kind = cleanText(record.kind)
  return kind === 'event' ? undefined : kind
}

/** Receipts and rejected records say why, records kept as text hold it. */
function noteOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const error = isObject(record.error) ? [cleanText(record.error.code), cleanText(record.error.message)] : []
  const said = [cleanText(record.reason), ...error, record.eventName === undefined ? cleanText(record.raw) : undefined]
  const note = said.filter((part) => part !== undefined).join(': ')
  return note === '' ? undefined : shorten(note, MAX_NOTE)
}

export function isoTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : ''
}

/** Cuts a text, never through a surrogate pair. */
export function shorten(value: string, max: number): string {
  if (value.length <= max) return value
  const end = max - 1
  const code = value.charCodeAt(end - 1)
  return `${value.slice(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end)}…`
}
