/** What a rule must be shown: the calls of its own examples that hit. */
import { isObject } from '../basics/is-object.ts'
import { completeCloudTrailRecord } from '../detection/example-input.ts'
import type { Detection } from '../detection/schema.ts'

/** A call as CloudTrail would log it, as far as event selectors look at it. */
export interface Witness {
  readonly category: 'Data' | 'Management'
  readonly eventSource: string
  readonly eventName: string
  readonly readOnly: boolean
}

export interface RuleNeeds {
  /** The calls of the rule's examples; none where it watches no CloudTrail records. */
  readonly calls: readonly Witness[]
  /** True where lines of access logs can make it hit. */
  readonly accessLog: boolean
  /** True where it is about what the pipeline tells of itself, whatever the sources. */
  readonly pipeline: boolean
}

/**
 * aws: S3 User Guide, "Amazon S3 CloudTrail events", the object-level ones. Everything else of S3 is a management event.
 */
const OBJECT_LEVEL =
  /^(?:(?:Get|Head|Put|Delete|Post|Copy|Restore|Rename|Append|Update|Select)Objects?(?:$|[A-Z])|(?:Create|Complete|Abort|List)MultipartUploads?$|UploadPart(?:Copy)?$|ListParts$|ListObjects(?:V2)?$|ListObjectVersions$|HeadBucket$|CreateSession$)/

/** Settings of a bucket that carry an object in their name. */
const BUCKET_LEVEL = /^(?:Get|Put)ObjectLockConfiguration$/

/** True for S3's object-level calls, which only data events show. */
export const isObjectLevel = (eventSource: string, eventName: string): boolean =>
  eventSource === 's3.amazonaws.com' && OBJECT_LEVEL.test(eventName) && !BUCKET_LEVEL.test(eventName)

/**
 * What a rule needs to see: its own examples say so, and detections' tests hold them to what the rule matches.
 *
 * @example
 * needsOf(detection).calls // [{ category: 'Data', eventSource: 's3.amazonaws.com', eventName: 'GetObject', readOnly: true }]
 */
export function needsOf({ sources, examples }: Pick<Detection, 'sources' | 'examples'>): RuleNeeds {
  const calls = new Map<string, Witness>()
  for (const example of sources.includes('cloudtrail') ? examples.hits : []) {
    if (example.kind === 'access-log') continue
    const record =
      example.kind === 'cloudtrail' && !example.verbatim ? completeCloudTrailRecord(example.input) : example.input
    const call = witnessOf(record)
    if (call !== undefined) calls.set(JSON.stringify(call), call)
  }
  return {
    calls: [...calls.values()],
    accessLog: sources.includes('access-log'),
    pipeline: sources.includes('pipeline'),
  }
}

function witnessOf(record: Readonly<Record<string, unknown>>): Witness | undefined {
  const { eventName, eventSource } = record
  if (typeof eventName !== 'string' || typeof eventSource !== 'string') return undefined
  // Line records that an example gives as a record name the source of their own.
  if (isObject(record) && record.source === 's3access') return undefined
  const data = record.eventCategory === 'Data' || isObjectLevel(eventSource, eventName)
  return {
    category: data ? 'Data' : 'Management',
    eventSource,
    eventName,
    readOnly: isRead(record.readOnly, eventName),
  }
}

/** Old records write it as text, and examples leave it out. */
function isRead(readOnly: unknown, eventName: string): boolean {
  if (typeof readOnly === 'boolean') return readOnly
  if (typeof readOnly === 'string') return readOnly.toLowerCase() === 'true'
  return /^(?:Get|List|Head|Describe|Lookup|Select)/.test(eventName)
}
