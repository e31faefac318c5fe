import { isObject } from '../basics/is-object.ts'
import { personOf } from '../derive/person.ts'
import { redactSecrets } from '../derive/redact.ts'
import { completeRecord } from '../object/complete.ts'
import { describeRequest, opensBucket } from './request.ts'

/** What an alert tells of one matching log event; what the record does not say is left out. */
export interface EventFacts {
  /** When it happened, ISO 8601: the record's own time, else the log event's. */
  readonly time: string
  /** The last time, of records that stand for many events (rollups). */
  readonly lastTime?: string
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
  /** What else there is to say: the counts of a rollup, the reason of a receipt, the text that could not be read. */
  readonly note?: string
  readonly logGroupName: string
}

/** As much of a text as an alert needs; object keys have at most 1,024 bytes. */
const MAX_TEXT = 1024
const MAX_NOTE = 300

/**
 * Reads the facts off a log event: a normalized record, a rollup, a receipt, or any other text. Records are redacted
 * when they are written; it is done again here, since what comes out goes by e-mail.
 *
 * @param given the message parsed as JSON; anything but an object is taken for text.
 */
export function readFacts(
  given: unknown,
  event: { readonly timestamp: number; readonly message: string; readonly logGroupName: string },
): EventFacts {
  const { timestamp, message, logGroupName } = event
  const logTime = isoTime(timestamp)
  if (!isObject(given)) return { time: logTime, note: shorten(redactSecrets(message), MAX_NOTE), logGroupName }
  const record = completeRecord(given)
  const parameters = isObject(record.requestParameters) ? record.requestParameters : {}
  const identity = isObject(record.userIdentity) ? record.userIdentity : {}
  const facts: Record<keyof EventFacts, string | undefined> = {
    time: text(recordTime(record)) ?? logTime,
    lastTime: text(record.lastEventTime),
    eventName: text(record.eventName) ?? kindOf(record),
    outcome: text(record.outcome) ?? text(record.status),
    errorCode: text(record.errorCode),
    actor: text(record.actor),
    actorType: text(record.actorType) ?? (record.anonymous === true ? 'anonymous' : undefined),
    person: text(record.person) ?? text(personOf(identity)),
    keyId: text(record.keyId) ?? text(identity.accessKeyId),
    session: text(/:assumed-role\/[^/]+\/(.+)$/.exec(text(identity.arn) ?? '')?.[1]),
    mfa: typeof record.mfa === 'boolean' ? (record.mfa ? 'yes' : 'no') : undefined,
    sourceIPAddress: text(record.sourceIPAddress),
    ipClass: text(record.ipClass),
    tool: text(record.tool),
    userAgent: text(record.userAgent),
    bucket: text(parameters.bucketName) ?? text(record.bucket),
    key: text(parameters.key) ?? text(record.key),
    accountId: text(record.recipientAccountId),
    awsRegion: text(record.awsRegion),
    eventID: text(record.eventID),
    requestID: text(record.requestID),
    detail: text(describeRequest(record)),
    opens: opensBucket(record) ? 'everyone' : undefined,
    note: noteOf(record),
    logGroupName,
  }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as unknown as EventFacts
}

/** When what a record tells of happened, as the record has it; a rollup's is its first event's. */
export function recordTime(record: Readonly<Record<string, unknown>>): string | undefined {
  return [record.eventTime, record.firstEventTime, record.time].find(
    (value): value is string => typeof value === 'string' && value !== '',
  )
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? shorten(redactSecrets(value), MAX_TEXT) : undefined
}

function kindOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const kind = text(record.kind)
  return kind === 'event' ? undefined : kind
}

/** Rollups say how much, receipts and rejected records why, records kept as text hold it. */
function noteOf(record: Readonly<Record<string, unknown>>): string | undefined {
  if (record.kind === 'rollup') {
    const counts = ['events', 'denied', 'notFound', 'deletes', 'keys', 'bytesOut'].flatMap((name) =>
      typeof record[name] === 'number' && record[name] > 0 ? [`${name} ${record[name]}`] : [],
    )
    return counts.join(', ')
  }
  const error = isObject(record.error) ? [text(record.error.code), text(record.error.message)] : []
  const said = [text(record.reason), ...error, record.eventName === undefined ? text(record.raw) : undefined]
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
