/** What a CloudTrail call changes of what is recorded, and where it goes. */

import { parseArn } from './arn.ts'
import { booleanOf, isEmpty, type JsonObject, listOf, objectOf, textOf } from './json.ts'
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
  if (!isGiven || (eventSelectors === null && advancedEventSelectors === null)) return {}
  const basic = listOf(eventSelectors).map(objectOf)
  const advanced = listOf(advancedEventSelectors).map((one) => listOf(objectOf(one).fieldSelectors).map(objectOf))
  if (!basic.some(isFullSelector) && !advanced.some(isFullAdvanced)) return { weakens: true }
  const isWhole =
    basic.some((one) => recordsAllObjects(one, known)) || advanced.some((one) => recordsObjects(one, known))
  return isWhole ? {} : { change: 'dataEvents', weakens: true }
}

/** To another place than those that logs are known to go to, or with a key of somebody else, or none; no longer to CloudWatch. */
function isRedirected(parameters: JsonObject, isForeign: IsForeign, known: Known): boolean {
  const bucket = textOf(parameters.s3BucketName)
  if (bucket !== undefined && known.isLogBucket(bucket) === false) return true
  const key = textOf(parameters.kmsKeyId)
  if (key !== undefined && sideOfArn(key, isForeign, known) === 'stranger') return true
  // To another prefix of the same bucket, where nobody may be looking; together with a bucket it may be as it was.
  if (bucket === undefined && parameters.s3KeyPrefix !== undefined) return true
  return parameters.cloudWatchLogsLogGroupArn === '' || parameters.kmsKeyId === ''
}

function isFullSelector(selector: JsonObject): boolean {
  return (
    booleanOf(selector.includeManagementEvents) !== false &&
    (textOf(selector.readWriteType) ?? 'All') === 'All' &&
    isEmpty(selector.excludeManagementEventSources)
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
    return type === OBJECTS && !isEmpty(values) && listOf(values).every((value) => isWholeBucket(String(value), known))
  })
}

/** `arn:aws:s3`, `arn:aws:s3:::`, `arn:aws:s3:::bucket/`: no part of a bucket. */
function isWholeBucket(text: string, known: Known): boolean {
  if (/^arn:[^:]*:s3(?::::?)?$/.test(text)) return true
  const [bucket = '', ...key] = (parseArn(text)?.resource ?? '').split('/')
  // Of a bucket that logs go to, a part may be enough.
  return bucket !== '' && (key.join('/') === '' || known.isLogBucket(bucket) === true)
}

/** Leaving out the log bucket keeps a trail from recording itself. */
function isLogBucketsOnly(values: readonly unknown[], known: Known): boolean {
  return values.every((value) => {
    const bucket = (parseArn(String(value))?.resource ?? '').split('/')[0] ?? ''
    return known.isLogBucket(bucket) === true
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
    return isLogBucketsOnly(left, known) && taken.every((value) => isWholeBucket(String(value), known))
  })
}
