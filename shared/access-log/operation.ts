import { deriveAction } from '../derive/action.ts'
import { mixText } from './text.ts'

/** What an access-log operation is, in CloudTrail's words. */
export interface OperationFacts {
  /** The API name that CloudTrail uses; the operation text itself where no API call has that meaning. */
  readonly eventName: string
  readonly eventCategory: 'Data' | 'Management'
  readonly readOnly: boolean
  readonly action: string
  readonly change: string
  /** The operation alone says that the change lowers the guard: a protection is deleted. */
  readonly weakens: boolean
  /** A website endpoint served it. */
  readonly website: boolean
  /** Somebody's request on the REST endpoint, which can be plain HTTP; not an S3-internal operation. */
  readonly rest: boolean
  /** S3 did it itself: lifecycle and the like. */
  readonly internal: boolean
  /** One request of this kind logs several lines: one a key (batch delete), one a bucket (copy). */
  readonly severalLines: boolean
  /** One request of this kind logs one line, so that its request id says which line it is. */
  readonly oneLine: boolean
  /** The operation that S3 logs for this API call: the name says it. */
  readonly usual: boolean
  /** A number that tells operations apart. */
  readonly mark: number
  /** The HTTP method that the operation names; what the request line has can differ. */
  readonly method: string
}

const EVENT_SOURCE = 's3.amazonaws.com'
/** A table that has no other names than its own: an operation could be called `toString`. */
const table = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(entries))
const VERBS = table({ GET: 'Get', PUT: 'Put', DELETE: 'Delete' })

/**
 * `METHOD.RESOURCE` of requests → API name. Left of the bar where the line has a key, right of it where it has none;
 * without a bar for both. `*` is the verb of the method (GET Get, PUT Put, DELETE Delete), so that `*BucketPolicy`
 * stands for three operations.
 */
const NAMES = table({
  'GET.OBJECT': 'GetObject',
  'HEAD.OBJECT': 'HeadObject',
  'PUT.OBJECT': 'PutObject',
  'POST.OBJECT': 'PostObject',
  'POST.BUCKET': 'PostObject',
  'DELETE.OBJECT': 'DeleteObject',
  'COPY.OBJECT': 'CopyObject',
  'COPY.PART': 'UploadPartCopy',
  'PUT.PART': 'UploadPart',
  'GET.PART': 'GetObject',
  'HEAD.PART': 'HeadObject',
  'POST.MULTI_OBJECT_DELETE': 'DeleteObjects',
  'POST.UPLOADS': 'CreateMultipartUpload',
  'GET.UPLOADS': 'ListMultipartUploads',
  'POST.UPLOAD': 'CompleteMultipartUpload',
  'GET.UPLOAD': 'ListParts',
  'DELETE.UPLOAD': 'AbortMultipartUpload',
  'PUT.UPLOAD': 'UploadPart',
  'POST.RESTORE': 'RestoreObject',
  'POST.OBJECT_RESTORE': 'RestoreObject',
  'POST.SELECT': 'SelectObjectContent',
  'GET.TORRENT': 'GetObjectTorrent',
  'GET.OBJECT_ATTRIBUTES': 'GetObjectAttributes',
  'PUT.RENAME_OBJECT': 'RenameObject',
  'PUT.OBJECT_ENCRYPTION': 'UpdateObjectEncryption',
  'OPTIONS.PREFLIGHT': 'OptionsObject',
  'OPTIONS.OBJECT': 'OptionsObject',
  'GET.SERVICE': 'ListBuckets',
  'GET.SESSION': 'CreateSession',
  'GET.BUCKET': 'ListObjects',
  'HEAD.BUCKET': 'HeadBucket',
  'PUT.BUCKET': 'CreateBucket',
  'DELETE.BUCKET': 'DeleteBucket',
  'GET.BUCKETVERSIONS': 'ListObjectVersions',
})

/** `RESOURCE` → name with `*`, for GET, PUT and DELETE; bars as above. */
const SETTINGS = table({
  ACL: '*ObjectAcl|*BucketAcl',
  TAGGING: '*ObjectTagging|*BucketTagging',
  OBJECT_TAGGING: '*ObjectTagging',
  LEGAL_HOLD: '*ObjectLegalHold',
  OBJECT_LEGAL_HOLD: '*ObjectLegalHold',
  OBJECT_LOCK_LEGALHOLD: '*ObjectLegalHold',
  OBJECT_LOCK_LEGAL_HOLD: '*ObjectLegalHold',
  RETENTION: '*ObjectRetention',
  OBJECT_RETENTION: '*ObjectRetention',
  OBJECT_LOCK_RETENTION: '*ObjectRetention',
  OBJECT_LOCK: '*BucketObjectLockConfiguration',
  OBJECT_LOCK_CONFIGURATION: '*BucketObjectLockConfiguration',
  BUCKETPOLICY: '*BucketPolicy',
  POLICY_STATUS: '*BucketPolicyStatus',
  PUBLIC_ACCESS_BLOCK: '*BucketPublicAccessBlock',
  LOCATION: '*BucketLocation',
  VERSIONING: '*BucketVersioning',
  LOGGING: '*BucketLogging',
  LOGGING_STATUS: '*BucketLogging',
  LIFECYCLE: '*BucketLifecycle',
  NOTIFICATION: '*BucketNotification',
  REPLICATION: '*BucketReplication',
  ENCRYPTION: '*BucketEncryption',
  CORS: '*BucketCors',
  WEBSITE: '*BucketWebsite',
  REQUEST_PAYMENT: '*BucketRequestPayment',
  OWNERSHIP_CONTROLS: '*BucketOwnershipControls',
  ACCELERATE: '*AccelerateConfiguration',
  ANALYTICS: '*BucketAnalyticsConfiguration',
  INVENTORY: '*BucketInventoryConfiguration',
  METRICS: '*BucketMetricsConfiguration',
  INTELLIGENT_TIERING: '*BucketIntelligentTieringConfiguration',
  METADATA_TABLE: '*BucketMetadataTableConfiguration',
  METADATA_CONFIGURATION: '*BucketMetadataConfiguration',
  ABAC: '*BucketAbac',
})

/** SOAP's operations whose names are not API names of today. */
const SOAP = table({
  ListAllMyBuckets: 'ListBuckets',
  ListBucket: 'ListObjects',
  GetObjectExtended: 'GetObject',
  PutObjectInline: 'PutObject',
  GetBucketAccessControlPolicy: 'GetBucketAcl',
  SetBucketAccessControlPolicy: 'PutBucketAcl',
  GetObjectAccessControlPolicy: 'GetObjectAcl',
  SetObjectAccessControlPolicy: 'PutObjectAcl',
  GetBucketLoggingStatus: 'GetBucketLogging',
  SetBucketLoggingStatus: 'PutBucketLogging',
})

/** Deleting one of these takes a protection away, whatever was in it. */
const WEAKENING: ReadonlySet<string> = new Set([
  'DeleteBucketEncryption',
  'DeleteBucketPublicAccessBlock',
  'DeleteBucketReplication',
  'DeleteBucketOwnershipControls',
])

/** Data events that are not about one object. */
const BUCKET_DATA: ReadonlySet<string> = new Set(['bucket.list', 'bucket.head'])

function apiName(method: string, resource: string, hasKey: boolean): string | undefined {
  const named = NAMES.get(`${method}.${resource}`)
  if (named !== undefined) return named
  const setting = SETTINGS.get(resource)
  const verb = VERBS.get(method)
  if (setting === undefined || verb === undefined) return undefined
  const [withKey = setting, without = setting] = setting.split('|')
  return (hasKey ? withKey : without).replace('*', verb)
}

/** API name → the first `METHOD.RESOURCE` of the tables that has it, with and without a key. */
function usualResources(hasKey: boolean): ReadonlyMap<string, string> {
  const all = [
    ...NAMES.keys(),
    ...[...SETTINGS.keys()].flatMap((resource) => [...VERBS.keys()].map((method) => `${method}.${resource}`)),
  ]
  const usual = new Map<string, string>()
  for (const name of all) {
    const at = name.indexOf('.')
    const eventName = apiName(name.slice(0, at), name.slice(at + 1), hasKey)
    if (eventName !== undefined && !usual.has(eventName)) usual.set(eventName, name)
  }
  return usual
}
const USUAL = { withKey: usualResources(true), withoutKey: usualResources(false) }

/**
 * The operation that the REST endpoint logs for an API call; undefined where no request has that name.
 *
 * @example
 * usualOperation('GetObject', true) // 'REST.GET.OBJECT'
 */
export function usualOperation(eventName: string, hasKey: boolean): string | undefined {
  const resource = (hasKey ? USUAL.withKey : USUAL.withoutKey).get(eventName)
  return resource === undefined ? undefined : `REST.${resource}`
}

function isRead(method: string, resource: string, eventName: string): boolean {
  if (method === 'COPY') return resource.endsWith('_GET')
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || eventName === 'SelectObjectContent'
}

function compute(operation: string, hasKey: boolean): OperationFacts {
  const [family = '', ...parts] = operation.split('.')
  const [method = '', ...rest] = parts
  const resource = rest.join('.')
  const website = family === 'WEBSITE'
  const rest_ = family === 'REST'
  const internal = family === 'S3'
  const base = {
    website,
    rest: rest_,
    internal,
    method,
    severalLines: (family === 'BATCH' && method === 'DELETE') || method === 'COPY',
    oneLine: false,
    usual: false,
    mark: mixText(0, operation),
  }
  if (internal) {
    const { action, change } = deriveAction(EVENT_SOURCE, operation, false)
    // Lifecycle expires whatever resource is named, also ones that are not known yet.
    const expires = method === 'EXPIRE' || operation === 'S3.CREATE.DELETEMARKER' || operation === 'S3.DELETE.UPLOAD'
    return {
      ...base,
      eventName: operation,
      eventCategory: 'Data',
      readOnly: false,
      action: expires ? 'object.expire' : action,
      change,
      weakens: false,
    }
  }
  if (family === 'SOAP') {
    const eventName = SOAP.get(method) ?? (resource === '' ? method : operation)
    const facts = deriveAction(EVENT_SOURCE, eventName)
    return { ...base, ...facts, eventName, eventCategory: categoryOf(facts.action, eventName, hasKey), weakens: false }
  }
  const eventName = apiName(method, resource, hasKey) ?? operation
  // Website endpoints only read, whatever a client tries there (WEBSITE.INVALIDOPERATION).
  const readOnly = website || isRead(method, resource, eventName)
  const facts = deriveAction(EVENT_SOURCE, eventName, readOnly)
  let { action } = facts
  // The source's side of a copy: the only line that says this bucket was read.
  if (method === 'COPY' && resource.endsWith('_GET')) action = 'object.copyOut'
  // A browser's question, not access to an object; its refusals are daily noise.
  else if (method === 'OPTIONS') action = 's3.read'
  else if (eventName === operation) action = `${hasKey || website ? 's3' : 'config'}.${readOnly ? 'read' : 'write'}`
  return {
    ...base,
    eventName,
    eventCategory: categoryOf(action, eventName, hasKey),
    readOnly,
    action,
    change: facts.change,
    weakens: WEAKENING.has(eventName),
    usual: rest_ && usualOperation(eventName, hasKey) === operation,
    oneLine: (website || rest_) && eventName !== operation && !base.severalLines,
  }
}

function categoryOf(action: string, eventName: string, hasKey: boolean): 'Data' | 'Management' {
  if (action.startsWith('object.') || BUCKET_DATA.has(action)) return 'Data'
  if (eventName === 'OptionsObject' || eventName === 'CreateSession') return 'Data'
  return hasKey || /Object(?:Acl|Tagging|LegalHold|Retention)$/.test(eventName) ? 'Data' : 'Management'
}

const LIMIT = 1024
const withKey = new Map<string, OperationFacts>()
const withoutKey = new Map<string, OperationFacts>()

/**
 * What an operation is: the API name that CloudTrail has for it, its category, and what it does. The operation decides,
 * never the HTTP verb of the request. A copy logs `REST.COPY.OBJECT` on the destination (CopyObject, a write) and
 * `REST.COPY.OBJECT_GET` on the source (`object.copyOut`), which keeps its own text as its name, so that a copy is one
 * CopyObject and no GetObject. `S3.*` is S3 itself (lifecycle) and keeps its text; so does an operation that is not
 * known, with an action by its verb. Results are remembered.
 *
 * @param operation as logged, e.g. `REST.PUT.ACL`.
 * @param hasKey whether the line has a key: `REST.PUT.ACL` is PutObjectAcl or PutBucketAcl.
 * @see Amazon S3 User Guide, "Amazon S3 server access log format" (Operation), "Lifecycle and logging" and
 *   "Amazon S3 CloudTrail events"
 * @example
 * describeOperation('REST.GET.BUCKET', false).eventName // 'ListObjects'
 */
export function describeOperation(operation: string, hasKey: boolean): OperationFacts {
  const known = hasKey ? withKey : withoutKey
  const hit = known.get(operation)
  if (hit !== undefined) return hit
  // A copy of the text, since the operation is a slice that would keep its whole line alive.
  const text = Buffer.from(operation).toString()
  const facts = compute(text, hasKey)
  if (known.size >= LIMIT) known.clear()
  known.set(text, facts)
  return facts
}
