/** What a CloudTrail call changes of what is recorded, and where it goes. */

import { parseArn } from './arn.ts'
import { anyText, booleanOf, isEmpty, type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts'
import { type IsForeign, type Known, sideOfArn } from './strangers.ts'

const ENDS = new Set([
  'StopLogging',
  'DeleteTrail',
  'DeleteEventDataStore',
  'StopEventDataStoreIngestion',
  'DeregisterOrganizationDelegatedAdmin',
])
const FLAGS = [
  'isMultiRegionTrail',
  'enableLogFileValidation',
  'includeGlobalServiceEvents',
  'isOrganizationTrail',
  'multiRegionEnabled',
  'organizationEnabled',
  'terminationProtectionEnabled',
] as const

/** An event data store keeps a week at the least. */
const SHORT_RETENTION_DAYS = 7

/** `trail`: what is recorded at all; `dataEvents`: only the data events of S3 grew fewer. */
export interface TrailChange {
  readonly change?: 'dataEvents'
  readonly weakens?: boolean
}

/**
 * Reads a trail's (or an event data store's) settings: whether they record less than every management event and every
 * data event of S3, or send it elsewhere.
 *
 * @see AWS CloudTrail API Reference, "PutEventSelectors", "AdvancedFieldSelector", "UpdateTrail"
 */
export function readTrailChange(
  eventName: string,
  parameters: JsonObject,
  isForeign: IsForeign,
  known: Known,
): TrailChange {
  if (ENDS.has(eventName)) return { weakens: true }
  // Aggregated events say how often, not who, from where and which object.
  if (eventName === 'PutEventConfiguration') {
    return isEmpty(parameters.aggregationConfigurations) ? {} : { change: 'dataEvents', weakens: true }
  }
  if (!/^(?:Update|Put)/.test(eventName)) return {}
  if (FLAGS.some((flag) => booleanOf(parameters[flag]) === false)) return { weakens: true }
  if (isRedirected(parameters, isForeign, known)) return { weakens: true }
  const { advancedEventSelectors, eventSelectors, insightSelectors } = parameters
  if (Array.isArray(insightSelectors) && insightSelectors.length === 0) return { weakens: true }
  const isGiven = eventSelectors !== undefined || advancedEventSelectors !== undefined
  const days = numberOf(parameters.retentionPeriod)
  const kept = days !== undefined && days <= SHORT_RETENTION_DAYS ? { weakens: true } : {}
  if (!isGiven || (eventSelectors === null && advancedEventSelectors === null)) return kept
  const basic = listOf(eventSelectors).map(objectOf)
  const advanced = listOf(advancedEventSelectors).map((one) => listOf(objectOf(one).fieldSelectors).map(objectOf))
  if (!basic.some(isFullSelector) && !recordsBoth(advanced, isFullAdvanced)) return { weakens: true }
  const isWhole =
    basic.some((one) => recordsAllObjects(one, known)) || recordsBoth(advanced, (one) => recordsObjects(one, known))
  return isWhole ? kept : { change: 'dataEvents', weakens: true }
}

/** To another place than those that logs are known to go to, or with a key of somebody else, or none; no longer to CloudWatch. */
function isRedirected(parameters: JsonObject, isForeign: IsForeign, known: Known): boolean {
  const bucket = textOf(parameters.s3BucketName)
  if (bucket !== undefined && known.isLogBucket(bucket, 'cloudtrail') === false) return true
  const key = textOf(parameters.kmsKeyId)
  if (key !== undefined && sideOfArn(key, isForeign, known) === 'stranger') return true
  // To another prefix of the same bucket, where nobody may be looking; together with a bucket it may be as it was.
  if (bucket === undefined && parameters.s3KeyPrefix !== undefined) return true
  // Without its topic nobody hears of new files by it.
  return ['cloudWatchLogsLogGroupArn', 'kmsKeyId', 'snsTopicName'].some((name) => parameters[name] === '')
}

function isFullSelector(selector: JsonObject): boolean {
  return (
    booleanOf(selector.includeManagementEvents) !== false &&
    (textOf(selector.readWriteType) ?? 'All') === 'All' &&
    isEmpty(selector.excludeManagementEventSources)
  )
}

/** One selector records all, or one does the reads and another the writes. */
function recordsBoth(
  selectors: readonly (readonly JsonObject[])[],
  isFull: (fields: readonly JsonObject[]) => boolean,
): boolean {
  if (selectors.some(isFull)) return true
  return ['true', 'false'].every((half) =>
    selectors.some((fields) => {
      const rest = fields.filter(({ field }) => field !== 'readOnly')
      const isHalf = fields.some(
        ({ field, equals }) => field === 'readOnly' && listOf(equals).map(anyText).includes(half),
      )
      return isHalf && isFull(rest)
    }),
  )
}

function isFullAdvanced(fields: readonly JsonObject[]): boolean {
  return (
    fields.length > 0 &&
    fields.every((field) => field.field === 'eventCategory' && listOf(field.equals).includes('Management'))
  )
}

const OBJECTS = 'AWS::S3::Object'

/** Reads and writes of whole buckets; that it is some buckets and not others is a matter of cost. */
function recordsAllObjects(selector: JsonObject, known: Known): boolean {
  if ((textOf(selector.readWriteType) ?? 'All') !== 'All') return false
  return listOf(selector.dataResources).some((item) => {
    const { type, values } = objectOf(item)
    return type === OBJECTS && !isEmpty(values) && listOf(values).every((value) => isWholeBucket(anyText(value), known))
  })
}

/** `arn:aws:s3`, `arn:aws:s3:::`, `arn:aws:s3:::bucket/`: no part of a bucket. */
function isWholeBucket(text: string, known: Known): boolean {
  if (/^arn:[^:]*:s3(?::::?)?$/.test(text)) return true
  const [bucket = '', ...key] = (parseArn(text)?.resource ?? '').split('/')
  // Of a bucket that logs go to, a part may be enough.
  return bucket !== '' && (key.join('/') === '' || known.isLogBucket(bucket, 'cloudtrail') === true)
}

/** Leaving out the log bucket keeps a trail from recording itself. */
function isLogBucketsOnly(values: readonly unknown[], known: Known): boolean {
  return values.every((value) => {
    const bucket = (parseArn(anyText(value))?.resource ?? '').split('/')[0] ?? ''
    return known.isLogBucket(bucket, 'cloudtrail') === true
  })
}

function recordsObjects(fields: readonly JsonObject[], known: Known): boolean {
  const of = (name: string) => fields.find((field) => field.field === name)
  if (!listOf(of('eventCategory')?.equals).includes('Data')) return false
  if (!listOf(of('resources.type')?.equals).includes(OBJECTS)) return false
  return fields.every((field) => {
    if (field.field === 'eventCategory' || field.field === 'resources.type') return true
    // readOnly, eventName, userIdentity.arn …: some events of every bucket.
    if (field.field !== 'resources.ARN') return false
    const left = [field.notStartsWith, field.notEquals, field.notEndsWith].flatMap(listOf)
    const taken = [field.startsWith, field.equals, field.endsWith].flatMap(listOf)
    return isLogBucketsOnly(left, known) && taken.every((value) => isWholeBucket(anyText(value), known))
  })
}
