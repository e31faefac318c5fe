import { isObject } from '../basics/is-object.ts'
import { own } from '../basics/own.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { ObjectAddress, RecordRange } from '../contracts/ports.ts'
import { decodeS3Key } from './s3-key.ts'
import { readSubscription } from './subscription.ts'

/** An object that a notification names. What the notification does not say is left out. */
export interface ObjectRef extends ObjectAddress {
  readonly size?: number
  readonly eTag?: string
  /** Orders the events of one key, see `compareSequencer`. */
  readonly sequencer?: string
  /** `ObjectCreated:Put` and the like; for EventBridge the detail-type, `Object Created`. */
  readonly eventName?: string
  /** ISO 8601. */
  readonly eventTime?: string
  readonly awsRegion?: string
  /** The account that the EventBridge event comes from. */
  readonly account?: string
  /** Sent by a backfill: its records go to the group `history`, which no metric filter watches. */
  readonly history?: true
  /** Of a replay: only these records are delivered. */
  readonly records?: readonly RecordRange[]
  /** The object itself, where the message brought it: log events of a subscription. There is nothing to fetch then. */
  readonly content?: string
}

/**
 * Why something in a notification calls for nothing. `testEvent`: S3 tried out its configuration. `removal`: an object
 * is gone. `otherEvent`: restore, tagging, replication … `folderMarker`: an empty object whose key ends with "/".
 * `validation`: CloudTrail's "CloudTrail validation message." `subscription`: SNS asks for, or tells of, a subscription.
 * `empty`: an event without records. `control`: CloudWatch Logs tries whether a subscription's target can be reached.
 */
export type IgnoredReason =
  | 'testEvent'
  | 'removal'
  | 'otherEvent'
  | 'folderMarker'
  | 'validation'
  | 'subscription'
  | 'control'
  | 'empty'

export interface Ignored {
  readonly reason: IgnoredReason
  readonly bucket?: string
  readonly key?: string
  /** The event's name, for the log. */
  readonly detail?: string
}

/**
 * What one message says. `objects` and `error` may both be there, when one of several records is bad: process the
 * objects, and report the message as failed, so that it ends in the dead-letter queue instead of vanishing. Its good
 * objects then come again, and the ledger knows them.
 */
export interface ParsedMessage {
  /** The SQS message id, to report in batchItemFailures. */
  readonly messageId?: string
  readonly objects: readonly ObjectRef[]
  readonly ignored: readonly Ignored[]
  /** NOTIFICATION_NOT_JSON, NOTIFICATION_UNKNOWN, NOTIFICATION_VERSION or NOTIFICATION_RECORD: the first fault. */
  readonly error?: BucketwatchError
}

/** What a function was invoked with. */
export interface Invocation {
  readonly source: 'sqs' | 's3' | 'sns' | 'eventbridge' | 'logs' | 'unknown'
  readonly messages: readonly ParsedMessage[]
}

interface Findings {
  readonly objects: ObjectRef[]
  readonly ignored: Ignored[]
  error?: BucketwatchError
}

// SQS in a redrive, SNS in SQS, a JSON string in a JSON string: deeper than this nobody nests on purpose.
const MAX_DEPTH = 6
const S3_EVENT_MAJOR = '2'
const VALIDATION_MESSAGE = /^\s*"?CloudTrail validation message\.?"?\s*$/

/**
 * Reads the event that a Lambda function was invoked with: an SQS batch, or an S3, SNS or EventBridge event directly.
 * Every SQS message is one ParsedMessage; so is every SNS record; a direct S3 or EventBridge event is a single one.
 * Never throws: a body that cannot be read is the `error` of its message, and of no other.
 *
 * @example
 * const { messages } = parseInvocation(event)
 * const failed = messages.filter((message) => message.error !== undefined).map((message) => message.messageId)
 */
export function parseInvocation(event: unknown): Invocation {
  const records = list(event, 'Records')
  if (records !== undefined) {
    const first = records[0]
    const source = text(first, 'eventSource') ?? text(first, 'EventSource')
    if (source === 'aws:sqs') {
      return { source: 'sqs', messages: records.map(parseSqsRecord) }
    }
    if (source === 'aws:sns') {
      return { source: 'sns', messages: records.map((record) => parseNotificationBody({ Records: [record] })) }
    }
  }
  const message = parseNotificationBody(event)
  return { source: records !== undefined ? sourceOfRecords(records) : sourceOf(event), messages: [message] }
}

/**
 * Reads one notification: an S3 event, an SNS envelope around one (any depth within reason), an EventBridge event, log
 * events of a CloudWatch Logs subscription,
 * `s3:TestEvent`, CloudTrail's own `{"s3Bucket", "s3ObjectKey"}` or its validation message; as text or parsed already.
 * Reads the members it needs and ignores all others. Never throws.
 *
 * Keys are decoded as their source encodes them: form-urlencoded in S3 records, plain in EventBridge events and in
 * CloudTrail's notifications.
 *
 * Sources: Amazon S3 User Guide, "Event message structure" and "EventBridge event schema"; AWS CloudTrail User Guide,
 * "Configuring Amazon SNS notifications for CloudTrail".
 *
 * @example
 * parseNotificationBody('{"Records":[{"eventVersion":"2.1","s3":{…}}]}').objects[0] // { bucket, key, size, … }
 */
export function parseNotificationBody(body: unknown): ParsedMessage {
  const findings: Findings = { objects: [], ignored: [] }
  try {
    readBody(body, findings, 0)
  } catch (error) {
    // A getter or a proxy may throw; nothing that came out of JSON does.
    fault(findings, 'NOTIFICATION_UNKNOWN', errorMessage(error))
  }
  return findings
}

function parseSqsRecord(record: unknown): ParsedMessage {
  const messageId = text(record, 'messageId')
  const body = member(record, 'body')
  const parsed =
    typeof body === 'string' || isObject(body)
      ? parseNotificationBody(body)
      : faulty('NOTIFICATION_UNKNOWN', 'The SQS message has no body.')
  return messageId === undefined ? parsed : { messageId, ...parsed }
}

function readBody(body: unknown, findings: Findings, depth: number): void {
  if (depth > MAX_DEPTH) {
    fault(findings, 'NOTIFICATION_UNKNOWN', `It is wrapped more than ${MAX_DEPTH} times.`)
    return
  }
  if (typeof body === 'string') {
    readText(body, findings, depth)
    return
  }
  // A bare list of records is what some relays make of `Records`.
  const bare = Array.isArray(body) && body.length > 0 ? (body as readonly unknown[]) : undefined
  if (!isObject(body) && bare === undefined) {
    fault(findings, 'NOTIFICATION_UNKNOWN', 'It is no object.')
    return
  }
  const records = bare ?? list(body, 'Records')
  if (records !== undefined) {
    if (records.length === 0) findings.ignored.push({ reason: 'empty' })
    const known = findings.objects.length
    for (const record of records) readRecord(record, findings, depth)
    addOwn(body, findings, known)
  } else if (isTestEvent(body)) {
    ignore(findings, 'testEvent', { detail: 's3:TestEvent', bucket: text(body, 'Bucket') })
  } else if (text(member(body, 'awslogs'), 'data') !== undefined) {
    readLogEvents(body, findings)
  } else if (text(member(member(body, 'bucketwatch'), 'awslogs'), 'data') !== undefined) {
    const known = findings.objects.length
    readLogEvents(member(body, 'bucketwatch'), findings)
    addOwn(body, findings, known)
  } else if (text(body, 'detail-type') !== undefined) {
    readEventBridge(body, findings)
  } else if (text(body, 'Type')?.endsWith('Confirmation') === true) {
    findings.ignored.push({ reason: 'subscription', detail: text(body, 'Type')! })
  } else if (typeof member(body, 'Message') === 'string') {
    readBody(text(body, 'Message'), findings, depth + 1)
  } else if (text(body, 's3Bucket') !== undefined) {
    readCloudTrailNotification(body, findings)
  } else if (isObject(member(body, 's3'))) {
    readS3Record(body, findings)
  } else if (isObject(member(body, 'requestPayload'))) {
    // What Lambda sends to an on-failure destination: the event that failed, wrapped.
    readBody(member(body, 'requestPayload'), findings, depth + 1)
  } else {
    fault(findings, 'NOTIFICATION_UNKNOWN', `Its members are ${memberNames(body)}.`)
  }
}

/** What only our own senders add, see shared/backfill/notification.ts; undefined where it asks for nothing we know. */
function ownMember(own: unknown): Pick<ObjectRef, 'history' | 'records'> | undefined {
  const isRange = (range: unknown): range is RecordRange => {
    const [from, to] = [member(range, 'from'), member(range, 'to')]
    return Number.isSafeInteger(from) && (to === undefined || Number.isSafeInteger(to))
  }
  const records = list(own, 'records')?.filter(isRange)
  const history = text(own, 'group') === 'history'
  if (!history && records === undefined) return undefined
  return { ...(history && { history: true as const }), ...(records !== undefined && { records }) }
}

/** Adds it to the objects that this notification brought. */
function addOwn(body: unknown, findings: Findings, known: number): void {
  const own = ownMember(member(body, 'bucketwatch'))
  if (own !== undefined)
    findings.objects.push(...findings.objects.splice(known).map((object) => ({ ...object, ...own })))
}

function readText(body: string, findings: Findings, depth: number): void {
  let parsed: unknown
  try {
    // A byte order mark is no part of JSON.
    parsed = JSON.parse(body.charCodeAt(0) === 0xfeff ? body.slice(1) : body)
  } catch (error) {
    if (VALIDATION_MESSAGE.test(body)) findings.ignored.push({ reason: 'validation' })
    else fault(findings, 'NOTIFICATION_NOT_JSON', errorMessage(error), { body: body.slice(0, 200) })
    return
  }
  if (typeof parsed === 'string' && VALIDATION_MESSAGE.test(parsed)) findings.ignored.push({ reason: 'validation' })
  else readBody(parsed, findings, depth + 1)
}

function readRecord(record: unknown, findings: Findings, depth: number): void {
  const sns = member(record, 'Sns')
  if (isObject(sns)) readBody(sns, findings, depth + 1)
  else if (text(record, 'eventSource') === 'aws:sqs') readBody(member(record, 'body'), findings, depth + 1)
  else if (isTestEvent(record)) readBody(record, findings, depth + 1)
  else if (isObject(member(record, 's3')) || text(record, 'eventSource') === 'aws:s3') readS3Record(record, findings)
  else fault(findings, 'NOTIFICATION_UNKNOWN', `A record has the members ${memberNames(record)}.`)
}

function readS3Record(record: unknown, findings: Findings): void {
  const version = versionOf(record, 'eventVersion')
  if (version !== undefined && majorOf(version) !== S3_EVENT_MAJOR) {
    fault(findings, 'NOTIFICATION_VERSION', `The S3 event has eventVersion ${version}; 2.x is supported.`, { version })
    return
  }
  const s3 = member(record, 's3')
  const object = member(s3, 'object')
  const bucket =
    text(member(s3, 'bucket'), 'name') ?? text(member(s3, 'bucket'), 'arn')?.replace(/^arn:[^:]*:s3:::/, '')
  const encodedKey = text(object, 'key')
  const key = encodedKey === undefined ? undefined : decodeS3Key(encodedKey)
  const eventName = text(record, 'eventName')?.replace(/^s3:/, '')
  if (eventName !== undefined && !eventName.startsWith('ObjectCreated')) {
    const isRemoval = eventName.startsWith('ObjectRemoved') || eventName.startsWith('LifecycleExpiration')
    ignore(findings, isRemoval ? 'removal' : 'otherEvent', { bucket, key, detail: eventName })
    return
  }
  add(findings, {
    bucket,
    key,
    versionId: text(object, 'versionId'),
    size: count(object, 'size'),
    eTag: text(object, 'eTag'),
    sequencer: text(object, 'sequencer'),
    eventName,
    eventTime: text(record, 'eventTime'),
    awsRegion: text(record, 'awsRegion'),
  })
}

function readEventBridge(event: unknown, findings: Findings): void {
  const detailType = text(event, 'detail-type')!
  const source = text(event, 'source')
  const detail = member(event, 'detail')
  if (source !== undefined && source !== 'aws.s3') {
    const message = `The EventBridge event "${detailType}" comes from ${source}, not from aws.s3.`
    fault(findings, 'NOTIFICATION_UNKNOWN', message, { source, detailType })
    return
  }
  // S3's detail has `version` "0". Some senders add `event-version`, where "1.x" says the same; 2.x is S3's own format.
  for (const [name, majors] of [
    ['version', ['0']],
    ['event-version', ['0', '1']],
  ] as const) {
    const version = versionOf(detail, name)
    if (version !== undefined && !majors.some((major) => major === majorOf(version))) {
      fault(findings, 'NOTIFICATION_VERSION', `The EventBridge event has detail.${name} ${version}.`, { version })
      return
    }
  }
  const object = member(detail, 'object')
  const bucket = text(member(detail, 'bucket'), 'name')
  const key = text(object, 'key')
  if (detailType !== 'Object Created') {
    ignore(findings, detailType === 'Object Deleted' ? 'removal' : 'otherEvent', { bucket, key, detail: detailType })
    return
  }
  add(findings, {
    bucket,
    key,
    versionId: text(object, 'version-id'),
    size: count(object, 'size'),
    eTag: text(object, 'etag'),
    sequencer: text(object, 'sequencer'),
    eventName: detailType,
    eventTime: text(event, 'time'),
    awsRegion: text(event, 'region'),
    account: text(event, 'account'),
  })
}

/** The events of a subscription are an object of their own: the log group for a bucket, the stream and first event for a key. */
function readLogEvents(body: unknown, findings: Findings): void {
  const found = readSubscription(text(member(body, 'awslogs'), 'data')!)
  if (found === undefined) {
    fault(
      findings,
      'NOTIFICATION_UNKNOWN',
      'Its awslogs.data is not what CloudWatch Logs sends: JSON, gzipped, in base64.',
    )
    return
  }
  const { logGroup, logStream, firstId, bytes, isControl } = found
  if (isControl) ignore(findings, 'control', { bucket: logGroup })
  else if (firstId === undefined) ignore(findings, 'empty', { bucket: logGroup, key: logStream })
  else
    add(findings, {
      bucket: logGroup,
      key: `${logStream}/${firstId}`,
      size: bytes,
      content: JSON.stringify({ awslogs: member(body, 'awslogs') }),
    })
}

function readCloudTrailNotification(body: unknown, findings: Findings): void {
  const bucket = text(body, 's3Bucket')
  const keys = list(body, 's3ObjectKey') ?? [member(body, 's3ObjectKey')]
  if (keys.length === 0) ignore(findings, 'empty', { bucket })
  for (const key of keys) add(findings, { bucket, key: typeof key === 'string' ? key : undefined })
}

type Loose<T> = { readonly [Name in keyof T]?: T[Name] | undefined }

function add(findings: Findings, found: Loose<ObjectRef>): void {
  const { bucket, key } = found
  if (bucket === undefined || bucket === '' || key === undefined || key === '') {
    const missing = bucket === undefined || bucket === '' ? 'bucket' : 'key'
    fault(findings, 'NOTIFICATION_RECORD', `The ${missing} is missing.`, { ...defined({ bucket, key }) })
    return
  }
  if (key.endsWith('/') && (found.size ?? 0) === 0) {
    ignore(findings, 'folderMarker', { bucket, key, detail: found.eventName })
    return
  }
  findings.objects.push(defined({ ...found, bucket, key }) as unknown as ObjectRef)
}

function ignore(findings: Findings, reason: IgnoredReason, where: Loose<Omit<Ignored, 'reason'>>): void {
  findings.ignored.push({ reason, ...defined(where) } as Ignored)
}

function fault(
  findings: Findings,
  code: 'NOTIFICATION_NOT_JSON' | 'NOTIFICATION_UNKNOWN' | 'NOTIFICATION_VERSION' | 'NOTIFICATION_RECORD',
  message: string,
  details: Record<string, unknown> = {},
): void {
  findings.error ??= new BucketwatchError(code, message, details)
}

function faulty(code: 'NOTIFICATION_UNKNOWN', message: string): ParsedMessage {
  return { objects: [], ignored: [], error: new BucketwatchError(code, message) }
}

function sourceOf(event: unknown): Invocation['source'] {
  if (text(event, 'detail-type') !== undefined) return 'eventbridge'
  if (isObject(member(event, 'awslogs'))) return 'logs'
  if (isTestEvent(event) || isObject(member(event, 's3'))) return 's3'
  if (text(event, 'Type') !== undefined && text(event, 'TopicArn') !== undefined) return 'sns'
  return 'unknown'
}

function sourceOfRecords(records: readonly unknown[]): Invocation['source'] {
  return records.some((record) => isObject(member(record, 's3'))) ? 's3' : 'unknown'
}

function isTestEvent(value: unknown): boolean {
  return text(value, 'Event') === 's3:TestEvent'
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? own(value, name) : undefined
}

function text(value: unknown, name: string): string | undefined {
  const found = member(value, name)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** A version may come as a number from senders other than S3. */
function versionOf(value: unknown, name: string): string | undefined {
  const found = member(value, name)
  return typeof found === 'number' ? String(found) : text(value, name)
}

function majorOf(version: string): string {
  return version.split('.', 1)[0]!.trim()
}

function count(value: unknown, name: string): number | undefined {
  const found = member(value, name)
  const number = typeof found === 'string' && /^\d+$/.test(found) ? Number(found) : found
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

function list(value: unknown, name: string): readonly unknown[] | undefined {
  const found = member(value, name)
  return Array.isArray(found) ? found : undefined
}

function memberNames(value: unknown): string {
  if (!isObject(value)) return 'of no object'
  const names = Object.keys(value)
  return names.length === 0 ? 'none' : names.slice(0, 8).join(', ').slice(0, 200)
}

function defined<T extends object>(value: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, found]) => found !== undefined)) as never
}
