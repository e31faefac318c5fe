/** What a search looks at in a record: read off the view where there is one, off the text only where it must be. */
import type { NormalizedRecord } from '../contracts/record.ts'
import { isObject, type JsonObject, listOf, textOf } from '../derive/json.ts'
import { type EventFacts, readFacts } from '../incident/facts.ts'
import type { RecordSource } from '../kinds/kinds.ts'
import { completeRecord } from '../object/complete.ts'

/** A bucket, and an object in it, that a record names. */
export interface Target {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
}

/** All that is told of a record that was found. */
export interface FoundFacts extends EventFacts {
  readonly source?: string
  readonly action?: string
  /** The ARN as the log has it: of a role with its session. */
  readonly arn?: string
  /** Bytes that went out, or in. */
  readonly bytes?: number
}

/** A record as a search sees it. */
export interface Facets {
  /** The record's text, a line of JSON. */
  readonly message: string
  readonly source: RecordSource | undefined
  /** Event time, ms since the epoch; undefined where the record has none. */
  readonly time: number | undefined
  readonly action: string | undefined
  readonly eventName: string | undefined
  /** `anonymous` where nobody signed. */
  readonly actor: string | undefined
  readonly ip: string | undefined
  readonly target: Target
  /** What else it names: what was copied, the bucket behind an access point, the objects of one request. */
  others(): readonly Target[]
  facts(): FoundFacts
}

/** The facets of a record that was just read. */
export function facetsOf({ message, view }: NormalizedRecord): Facets {
  const record = once(() => parseRecord(message))
  return {
    message,
    source: view.source,
    time: view.eventTimeMs,
    action: view.action,
    eventName: view.eventName,
    actor: view.actor ?? (view.anonymous ? ANONYMOUS : undefined),
    ip: view.sourceIPAddress,
    target: { bucket: view.bucket, key: view.key },
    others: once(() => (MAY_NAME_OTHERS.test(message) ? otherTargets(record()) : [])),
    facts: once(() => foundFacts(record(), message, view.eventTimeMs ?? Number.NaN)),
  }
}

/**
 * The facets of a log event, as it stands in a log group.
 *
 * @returns undefined where the text is no record of a log: a rollup, a receipt, something else.
 */
export function facetsOfEvent({ message, timestamp }: { message: string; timestamp: number }): Facets | undefined {
  const record = parseRecord(message)
  if (textOf(record.eventName) === undefined && record.kind !== 'parseError') return undefined
  const facts = once(() => foundFacts(record, message, timestamp))
  const parameters = isObject(record.requestParameters) ? record.requestParameters : {}
  const time = Date.parse(textOf(record.eventTime) ?? '')
  return {
    message,
    source: textOf(record.source) as RecordSource | undefined,
    time: Number.isFinite(time) ? time : undefined,
    action: textOf(record.action),
    eventName: textOf(record.eventName),
    actor: actorOf(record),
    ip: textOf(record.sourceIPAddress),
    target: { bucket: textOf(parameters.bucketName), key: textOf(parameters.key) },
    others: once(() => otherTargets(record)),
    facts,
  }
}

export const ANONYMOUS = 'anonymous'

const MAY_NAME_OTHERS = /-copy-source"|"resources":/

const actorOf = (record: JsonObject): string | undefined =>
  textOf(record.actor) ?? (record.anonymous === true || record.actorType === ANONYMOUS ? ANONYMOUS : undefined)

function parseRecord(message: string): JsonObject {
  try {
    const value: unknown = JSON.parse(message)
    return isObject(value) ? completeRecord(value) : {}
  } catch {
    return {}
  }
}

function foundFacts(record: JsonObject, message: string, timestamp: number): FoundFacts {
  const facts = readFacts(record, { message, timestamp, logGroupName: '' })
  const identity = isObject(record.userIdentity) ? record.userIdentity : {}
  const actor = actorOf(record)
  const bytes = [record.bytesOut, record.bytesIn].find((value) => typeof value === 'number')
  const more = {
    source: textOf(record.source),
    action: textOf(record.action),
    arn: textOf(identity.arn),
    actor: facts.actor ?? actor,
    bytes,
  }
  return { ...facts, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) }
}

/** aws: CloudTrail User Guide, "CloudTrail record contents" (resources); S3 API Reference, CopyObject (x-amz-copy-source). */
function otherTargets(record: JsonObject): Target[] {
  const parameters = isObject(record.requestParameters) ? record.requestParameters : {}
  const copied = textOf(parameters['x-amz-copy-source'])
  const named = listOf(record.resources).flatMap((resource) => {
    const arn = isObject(resource) ? textOf(resource.ARN) : undefined
    return arn === undefined ? [] : targetOfArn(arn)
  })
  return copied === undefined ? named : [targetOfCopy(copied), ...named]
}

function targetOfArn(arn: string): Target[] {
  const [, bucket, key] = /^arn:aws[a-z-]*:s3:::([^/]+)(?:\/(.+))?$/s.exec(arn) ?? []
  return bucket === undefined ? [] : [{ bucket, key }]
}

/** `/bucket/key?versionId=…`, URL-encoded. */
function targetOfCopy(text: string): Target {
  const [bucket, ...key] = decoded(text.replace(/\?versionId=.*$/s, ''))
    .replace(/^\//, '')
    .split('/')
  return { bucket, key: key.join('/') }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
