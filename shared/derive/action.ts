import { own } from '../basics/own.ts'
import { BACKUP_CHANGES } from './backup-change.ts'
import { detach } from './detach.ts'
import { guardOf } from './guards.ts'
import { KEY_CHANGES } from './key-change.ts'
import { SHARE_CHANGES } from './share-change.ts'

/** What a call does, in words both sources share. */
export interface ActionFacts {
  /** `object.read`, `config.write`, `trail.write` …, else `<service>.read` or `<service>.write`. */
  readonly action: string
  /** What a configuration write changes (`policy`, `acl`, `lifecycle` …), else `none`. */
  readonly change: string
  readonly readOnly: boolean
}

/** S3 operations that are about objects and buckets themselves. Left of the colon the action, right the API names. */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  'object.read': 'GetObject GetObjectTorrent SelectObjectContent GetObjectAnnotation',
  'object.head': 'HeadObject GetObjectAttributes OptionsObject PreflightObject',
  'object.write':
    'PutObject PostObject CopyObject UploadPart UploadPartCopy CreateMultipartUpload InitiateMultipartUpload ' +
    'CompleteMultipartUpload AbortMultipartUpload RenameObject AppendObject UpdateObjectEncryption',
  'object.delete': 'DeleteObject DeleteObjects DeleteObjectVersion DeleteMultipleObjects',
  // Lifecycle acts for the bucket's owner: nobody asked for these deletes at this moment.
  'object.expire': 'S3.EXPIRE.OBJECT S3.CREATE.DELETEMARKER S3.DELETE.UPLOAD S3.EXPIRE.OBJECT_VERSION',
  'object.copyOut': 'REST.COPY.OBJECT_GET REST.COPY.PART_GET',
  'object.restore': 'RestoreObject S3.RESTORE.OBJECT',
  'bucket.list': 'ListObjects ListObjectsV2 ListObjectVersions ListMultipartUploads ListParts',
  'bucket.head': 'HeadBucket',
  'bucket.create': 'CreateBucket',
  'bucket.delete': 'DeleteBucket',
  'account.listBuckets': 'ListBuckets ListAllMyBuckets ListDirectoryBuckets',
  'acl.write': 'PutBucketAcl PutObjectAcl',
}
const S3_ACTION_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(S3_ACTIONS).flatMap(([action, names]) => names.split(' ').map((name) => [name, action] as const)),
)
const S3_READS = new Set([
  'object.read',
  'object.head',
  'object.copyOut',
  'bucket.list',
  'bucket.head',
  'account.listBuckets',
])

/**
 * What an S3 configuration write is about, by what its name holds; the first hit wins. CloudTrail's names and the
 * API's differ in small ways (PutBucketLifecycle, PutBucketLifecycleConfiguration), so names are not listed one by one.
 */
const S3_CHANGES: readonly (readonly [RegExp, string])[] = [
  [/Tagging|^(?:Unt|T)agResource/, 'tagging'],
  [/Abac$/, 'abac'],
  [/AccessGrant/, 'accessGrants'],
  [/AccessPoint/, 'accessPoint'],
  [/AccountPublicAccessBlock/, 'accountPublicAccessBlock'],
  [/PublicAccessBlock/, 'bucketPublicAccessBlock'],
  [/StorageLens/, 'storageLens'],
  [/Policy/, 'policy'],
  [/Acl$/, 'acl'],
  [/Logging/, 'logging'],
  [/Versioning/, 'versioning'],
  [/Encryption/, 'encryption'],
  [/Lifecycle/, 'lifecycle'],
  [/Replication/, 'replication'],
  [/ObjectLock|ObjectRetention|ObjectLegalHold/, 'objectLock'],
  [/OwnershipControls/, 'ownershipControls'],
  [/Website/, 'website'],
  [/Cors/i, 'cors'],
  [/Notification/, 'notification'],
  [/Metadata/, 'metadata'],
  [/Inventory/, 'inventory'],
  [/RequestPayment/, 'requestPayment'],
  [/Accelerat/, 'acceleration'],
  [/Analytics/, 'analytics'],
  [/Metrics/, 'metrics'],
  [/IntelligentTiering/, 'intelligentTiering'],
]

/** CloudTrail writes that are no change of what is recorded: tags, queries. */
const TRAIL_NEUTRAL = /^(?:AddTags|RemoveTags|StartQuery|CancelQuery|GenerateQuery|SearchSampleQueries)/
const TRAIL_NAME = /^(?:Create|Update|Delete)Trail$|^(?:Start|Stop)Logging$/
const TRAIL_QUERY = /^(?:StartQuery|CancelQuery|GenerateQuery|SearchSampleQueries)/

/** Verbs of calls that only read; for records whose source says nothing itself (old events, access logs). */
const READ_VERB =
  /^(?:Get|BatchGet|List|Describe|BatchDescribe|Head|Lookup|Search|View|Query|Scan|Select|Check|Count|Discover|Download|Filter|Preview|Simulate|Estimate|Test|Validate|Verify|Evaluate|Is[A-Z]|Assume(?:Role|Root)|Decrypt|Encrypt|GenerateDataKey|GenerateMac|GenerateRandom|Sign$|ConsoleLogin$)/

/** What the other kinds of buckets are changed by: tables, vectors, vaults, those of AWS Backup too; the first hit wins. */
const OTHER_STORES: ReadonlySet<string> = new Set(['s3tables', 's3vectors', 'glacier', 'backup'])
const OTHER_CHANGES: readonly (readonly [RegExp, string])[] = [
  [/^(?:Unt|T)agResource$|TagsToVault$|TagsFromVault$/, 'tagging'],
  [/Policy/, 'policy'],
  [/Encryption/, 'encryption'],
  // What is created may be encrypted with a stranger's key from the start.
  [/^Create(?:TableBucket|Table|VectorBucket|Index)$/, 'creation'],
  [/Replication/, 'replication'],
  [/RecordExpiration/, 'recordExpiration'],
  [/Maintenance/, 'maintenance'],
  [/MetricsConfiguration/, 'metrics'],
  [/MetadataLocation/, 'metadata'],
  [/VaultLock/, 'objectLock'],
  [/VaultNotifications/, 'notification'],
]

/** Calls that write data of other services to a bucket. */
const EXPORTS: Readonly<Record<string, ReadonlySet<string>>> = {
  rds: new Set(['StartExportTask']),
  dynamodb: new Set(['ExportTableToPointInTime']),
  logs: new Set(['CreateExportTask']),
  ec2: new Set(['CreateInstanceExportTask', 'ExportImage', 'CreateStoreImageTask']),
  elasticache: new Set(['CopySnapshot', 'ExportServerlessCacheSnapshot']),
  ssm: new Set(['CreateResourceDataSync']),
}

/** What a write of any other service changes that we know how to read. */
function changeElsewhere(service: string, name: string): string {
  if (service === 'backup' && BACKUP_CHANGES.has(name)) return 'backup'
  if (service === 'ram' && SHARE_CHANGES.has(name)) return 'share'
  if (OTHER_STORES.has(service)) return OTHER_CHANGES.find(([pattern]) => pattern.test(name))?.[1] ?? 'none'
  if (service === 'kms' && KEY_CHANGES.has(name)) return 'key'
  if (own(EXPORTS, service)?.has(name) === true) return 'export'
  return guardOf(service, name) ?? 'none'
}

const SERVICE_OF_S3_NAMES: ReadonlySet<string> = new Set(['s3', 's3express', 's3-outposts', 's3-object-lambda'])

/**
 * The service that a call went to: the first label of its eventSource. S3's other endpoints (s3express, s3-outposts,
 * s3-object-lambda) count as `s3` since they serve the same API names on the same kind of data; s3tables and
 * s3vectors are services of their own. `unknown` where there is no eventSource.
 *
 * @example
 * serviceOf('kms.amazonaws.com') // 'kms'
 */
export function serviceOf(eventSource: string | undefined): string {
  if (eventSource === undefined || eventSource === '') return 'unknown'
  const label = /^[^.]*/.exec(eventSource)?.[0].toLowerCase() ?? ''
  if (SERVICE_OF_S3_NAMES.has(label)) return 's3'
  return label === '' ? 'unknown' : label
}

function s3Facts(name: string, readOnly: boolean): ActionFacts {
  const action = S3_ACTION_OF.get(name)
  if (action !== undefined) {
    const change = action === 'acl.write' ? 'acl' : name === 'UpdateObjectEncryption' ? 'encryption' : 'none'
    return { action, change, readOnly: S3_READS.has(action) }
  }
  // Reading a setting: GetBucketPolicy, ListAccessPoints, GetObjectTagging.
  if (readOnly) return { action: /^(?:Get|List)/.test(name) ? 'config.read' : 's3.read', change: 'none', readOnly }
  const change = S3_CHANGES.find(([pattern]) => pattern.test(name))?.[1]
  const isConfig =
    /^(?:Put|Delete|Create|Update|Submit|Associate|Dissociate|Tag|Untag)/.test(name) && change !== undefined
  if (isConfig) return { action: 'config.write', change, readOnly }
  return { action: /^(?:Put|Delete)Bucket/.test(name) ? 'config.write' : 's3.write', change: 'none', readOnly }
}

function trailFacts(name: string, readOnly: boolean): ActionFacts {
  if (readOnly || TRAIL_QUERY.test(name)) return { action: 'trail.read', change: 'none', readOnly }
  const change = name.endsWith('ResourcePolicy') ? 'policy' : TRAIL_NEUTRAL.test(name) ? 'tagging' : 'trail'
  return { action: 'trail.write', change, readOnly }
}

function compute(source: string, name: string, given: boolean | undefined): ActionFacts {
  const service = serviceOf(source)
  const readOnly = given ?? READ_VERB.test(name)
  if (name === 'ConsoleLogin' && (service === 'signin' || service === 'unknown')) {
    return { action: 'auth.login', change: 'none', readOnly: given ?? false }
  }
  // A record without its eventSource is malformed, but an S3 or trail name still says what was done.
  if (service === 's3' || (service === 'unknown' && (S3_ACTION_OF.has(name) || name.includes('Bucket')))) {
    const facts = s3Facts(name, readOnly)
    return given === undefined ? facts : { ...facts, readOnly }
  }
  if (service === 'cloudtrail' || (service === 'unknown' && TRAIL_NAME.test(name))) return trailFacts(name, readOnly)
  // Vectors are to their index what objects are to a bucket.
  if (service === 's3vectors' && name === 'DeleteVectors') return { action: 'object.delete', change: 'none', readOnly }
  return {
    action: `${service}.${readOnly ? 'read' : 'write'}`,
    change: readOnly ? 'none' : changeElsewhere(service, name),
    readOnly,
  }
}

/** Facts by name and then by source and readOnly: no text has to be put together to look them up. */
const known = new Map<string, (ActionFacts & { readonly source: string; readonly given: boolean | undefined })[]>()
const LIMIT = 8192
const MAX_LENGTH = 256

/**
 * What a call does. S3 (also by access-log operation texts such as `S3.EXPIRE.OBJECT`), CloudTrail and console
 * sign-ins have actions of their own; every other service's is `<service>.read` or `<service>.write`. `change` says
 * what a configuration write is about. Derived from names only: whether a change weakens anything is another matter.
 * Results are remembered.
 *
 * @param eventSource e.g. `s3.amazonaws.com`.
 * @param eventName the API name (or the operation text) as in the record.
 * @param readOnly what the record itself says, where it says something; otherwise it follows from the name.
 * @see CloudTrail record contents (readOnly); Amazon S3 User Guide, "Amazon S3 CloudTrail events"
 * @example
 * deriveAction('s3.amazonaws.com', 'PutBucketPolicy', false)
 * // { action: 'config.write', change: 'policy', readOnly: false }
 */
export function deriveAction(
  eventSource: string | undefined,
  eventName: string | undefined,
  readOnly?: boolean | undefined,
): ActionFacts {
  const name = eventName ?? ''
  const source = eventSource ?? ''
  const facts = known.get(name)
  if (facts !== undefined) {
    for (const one of facts) if (one.source === source && one.given === readOnly) return one
  }
  const found = { ...compute(source, name, readOnly), source: detach(source), given: readOnly }
  if (name.length > MAX_LENGTH || source.length > MAX_LENGTH) return found
  if (facts !== undefined && facts.length < 16) {
    facts.push(found)
    return found
  }
  if (known.size >= LIMIT) known.clear()
  known.set(detach(name), [found])
  return found
}
