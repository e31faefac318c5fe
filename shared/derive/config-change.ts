import { isExternalAcl, isPublicAcl } from './acl.ts'
import { parseArn } from './arn.ts'
import { readBackup } from './backup-change.ts'
import { deliversOut, replicatesNothing, replicatesOut, sendsLogsOut } from './delivery-change.ts'
import { lowersGuard } from './guards.ts'
import { anyText, booleanOf, firstText, isEmpty, isObject, type JsonObject, listOf, objectOf, textOf } from './json.ts'
import { readKeyChange } from './key-change.ts'
import { readLifecycle, readRecordExpiration, readSnapshots } from './lifecycle-change.ts'
import { analyzePolicy } from './policy.ts'
import { readShare } from './share-change.ts'
import { type IsForeign, type Known, NOBODY, sideOfAccount, sideOfArn, sideOfPrincipal } from './strangers.ts'
import { readTrailChange } from './trail-change.ts'

/** What a call's values say about the guard it changes. */
export interface ConfigChange {
  readonly change: string
  /** The change, where it succeeds, lowers the guard. */
  readonly weakens: boolean
  readonly public: boolean
  readonly external: boolean
  /** The shortest expiry of an enabled lifecycle rule, in days. */
  readonly expireDays?: number | undefined
  /** Default encryption being set: `s3`, `kms`, `dsse`. */
  readonly sse?: string | undefined
  readonly kmsExternal: boolean
}

/** What is known about the call. */
export interface ConfigCall {
  readonly eventName: string
  readonly change: string
  readonly parameters: JsonObject
  readonly isForeign: IsForeign
  /** Who and what else is ours; absent: nobody. */
  readonly known?: Known | undefined
  /** The service, as serviceOf gives it; where the event's name does not tell. */
  readonly service?: string | undefined
  readonly eventTimeMs?: number | undefined
}

type Verdict = Partial<Omit<ConfigChange, 'change'>> & { readonly change?: string | undefined }
type KnownCall = ConfigCall & { readonly known: Known }
type Reader = (call: KnownCall, removed: boolean) => Verdict

const READERS: Readonly<Record<string, Reader>> = {
  policy: readPolicy,
  accessPoint: readAccessPoint,
  accessGrants: readAccessGrants,
  abac: ({ parameters }) => ({ weakens: textOf(objectOf(parameters.AbacStatus).Status) === 'Enabled' }),
  acl: ({ parameters, known }) => {
    const isPublic = isPublicAcl(parameters)
    const external = isExternalAcl(parameters, known)
    return { public: isPublic, external, weakens: isPublic || external }
  },
  bucketPublicAccessBlock: readPublicAccessBlock,
  accountPublicAccessBlock: readPublicAccessBlock,
  logging: readLogging,
  versioning: readVersioning,
  encryption: readEncryption,
  creation: (call) => {
    const kmsExternal = readEncryption(call, false).kmsExternal === true
    return { change: kmsExternal ? 'encryption' : 'none', kmsExternal }
  },
  lifecycle: ({ parameters, eventTimeMs }, removed) => (removed ? {} : readLifecycle(parameters, eventTimeMs)),
  maintenance: ({ parameters }) => readSnapshots(parameters),
  recordExpiration: ({ parameters }) => ({ change: 'lifecycle', ...readRecordExpiration(parameters) }),
  replication: ({ parameters, isForeign, known }, removed) => {
    if (removed) return { weakens: true }
    const external = replicatesOut(parameters, isForeign, known)
    return { external, weakens: external || replicatesNothing(parameters) }
  },
  backup: ({ eventName, parameters, isForeign }) => readBackup(eventName, parameters, isForeign),
  share: ({ parameters, isForeign, known }) => readShare(parameters, isForeign, known),
  objectLock: readObjectLock,
  ownershipControls: readOwnership,
  cors: readCors,
  notification: ({ parameters }, removed) => ({
    weakens: removed || (!isEmpty(parameters) && !hasNotification(parameters)),
  }),
  inventory: readDelivery,
  analytics: readDelivery,
  metadata: readDelivery,
  storageLens: readDelivery,
  export: readDelivery,
  key: ({ eventName, parameters, isForeign, known }) => readKeyChange(eventName, parameters, isForeign, known),
  monitoring: readGuard,
  securityService: readGuard,
  trail: ({ eventName, parameters, isForeign, known }) => readTrailChange(eventName, parameters, isForeign, known),
}

const NOTHING: Omit<ConfigChange, 'change'> = { weakens: false, public: false, external: false, kmsExternal: false }

/**
 * Reads what a configuration write sets, from its values: one object or an array of them, any statement, any rule.
 * Says what the call asks for; whether it succeeded is the record's `outcome`. Values that CloudTrail left out because
 * of their size, or that the source does not log, are unknown and weaken nothing.
 *
 * @param call `change` as {@link deriveAction} gives it; `parameters` are the record's requestParameters.
 * @see Amazon S3 API Reference (PutBucketPolicy, PutPublicAccessBlock, PutBucketLifecycleConfiguration …);
 *   AWS CloudTrail API Reference (PutEventSelectors, UpdateTrail)
 * @example
 * readConfigChange({
 *   eventName: 'DeleteBucketEncryption', change: 'encryption', parameters: {}, isForeign: () => false,
 * }).weakens // true
 */
export function readConfigChange(call: ConfigCall): ConfigChange {
  // CloudTrail's marker for values that were too large: unknown, and not empty.
  const parameters = call.parameters.omitted === true ? {} : call.parameters
  const known = call.known ?? NOBODY
  const verdict = READERS[call.change]?.({ ...call, parameters, known }, call.eventName.startsWith('Delete'))
  return { ...NOTHING, ...verdict, change: verdict?.change ?? call.change }
}

function readPolicy({ parameters, isForeign, known }: KnownCall, removed: boolean): Verdict {
  if (removed) return {}
  const facts = policiesIn(parameters).map((policy) => analyzePolicy(policy, isForeign, known))
  const isPublic = facts.some((fact) => fact.public)
  const isExternal = facts.some((fact) => fact.external)
  const isLockout = facts.some((fact) => fact.lockout)
  return { public: isPublic, external: isExternal, weakens: isPublic || isExternal || isLockout }
}

const POLICY_NAME = /^(?:bucket|access ?point|resource|key)?policy(?:document|text)?$/i
/** s3control nests a call's values in its request's own name; Multi-Region access points once more. */
const REQUEST_NAME = /Request$|^Details$/

/** `bucketPolicy`, `policy`, `Policy` …; Glacier has the text inside an object. */
export function policiesIn(parameters: JsonObject): readonly unknown[] {
  return Object.keys(parameters).flatMap((name): readonly unknown[] => {
    if (REQUEST_NAME.test(name)) return policiesIn(objectOf(parameters[name]))
    if (!POLICY_NAME.test(name)) return []
    const value = parameters[name]
    const inner = isObject(value) ? value.Policy : undefined
    return isEmpty(value) ? [] : [inner ?? value]
  })
}

/** The values of a request, where they are nested in its name. */
function requestIn(parameters: JsonObject): JsonObject {
  const name = Object.keys(parameters).find((one) => REQUEST_NAME.test(one))
  if (name === undefined) return parameters
  return requestIn(objectOf(parameters[name]))
}

function readAccessPoint(call: KnownCall, removed: boolean): Verdict {
  if (removed) return {}
  const { isForeign, known } = call
  const {
    Bucket,
    BucketAccountId,
    Configuration,
    PublicAccessBlockConfiguration,
    PublicAccessBlock,
    Regions,
    VpcConfiguration,
  } = requestIn(call.parameters)
  const accounts = [
    BucketAccountId,
    ...listOf(Regions)
      .flatMap((item) => listOf(objectOf(item).Region ?? item))
      .map((item) => objectOf(item).BucketAccountId),
  ]
  const isBucketForeign = typeof Bucket === 'string' && sideOfArn(Bucket, isForeign, known) === 'stranger'
  const isForeignBucket = accounts.some((id) => typeof id === 'string' && sideOfAccount(id, isForeign) === 'stranger')
  // The function of an Object Lambda access point sees, and may change, all that is read.
  const functions = listOf(objectOf(Configuration).TransformationConfigurations)
    .flatMap((item) => listOf(objectOf(item).TransformationConfiguration ?? item))
    .map((item) => objectOf(objectOf(objectOf(item).ContentTransformation).AwsLambda).FunctionArn)
  const isForeignFunction = functions.some((arn) => sideOfArn(anyText(arn), isForeign, known) === 'stranger')
  const vpc = textOf(objectOf(VpcConfiguration).VpcId)
  const isForeignVpc = vpc !== undefined && known.tells('vpcs') && !known.isOurs('vpcs', vpc)
  const isOpen = [PublicAccessBlockConfiguration, PublicAccessBlock].some((one) => isObject(one) && !blocksAll(one))
  const policy = readPolicy(call, removed)
  const external = isBucketForeign || isForeignBucket || isForeignFunction || isForeignVpc || policy.external === true
  return { public: policy.public === true, external, weakens: policy.weakens === true || external || isOpen }
}

function readAccessGrants(call: KnownCall, removed: boolean): Verdict {
  if (removed) return {}
  const { Grantee } = requestIn(call.parameters)
  const who = textOf(objectOf(Grantee).GranteeIdentifier)
  const isStranger = who !== undefined && sideOfPrincipal(who, call.isForeign, call.known) === 'stranger'
  const policy = readPolicy(call, removed)
  const external = isStranger || policy.external === true
  return { public: policy.public === true, external, weakens: policy.weakens === true || external }
}

const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const

function readPublicAccessBlock({ parameters }: KnownCall, removed: boolean): Verdict {
  if (removed) return { weakens: true }
  const blocks = parameters.PublicAccessBlockConfiguration
  return isObject(blocks) ? { weakens: !blocksAll(blocks) } : {}
}

/** S3 takes a flag that is not sent as false. */
function blocksAll(blocks: JsonObject): boolean {
  return BLOCKS.every((flag) => booleanOf(blocks[flag]) === true)
}

/** Access logs: switched off, sent to a bucket that logs are not known to go to, or readable for somebody else. */
function readLogging({ parameters, known }: KnownCall): Verdict {
  const status = listOf(parameters.BucketLoggingStatus).map(objectOf)
  const targets = status.flatMap((one) => listOf(one.LoggingEnabled)).map(objectOf)
  const buckets = targets.flatMap((target) => textOf(target.TargetBucket) ?? [])
  if (buckets.length === 0) return { weakens: isLoggingOff(parameters) }
  const grants = targets.map((target) => ({ AccessControlPolicy: { AccessControlList: target.TargetGrants } }))
  const isPublic = grants.some(isPublicAcl)
  // A bucket that logs are not known to go to may be a new one: nothing is switched off.
  const isRedirected = buckets.some((bucket) => known.isLogBucket(bucket, 'access-log') === false)
  const external = isRedirected || grants.some((grant) => isExternalAcl(grant, known))
  return { public: isPublic, external, weakens: isPublic }
}

/** What the record does not show is unknown, and weakens nothing. */
function isLoggingOff(parameters: JsonObject): boolean {
  if (parameters.BucketLoggingStatus !== undefined) return true
  // Some tools log the settings under the subresource's own name; S3 itself logs an empty text there.
  return parameters.logging !== undefined && !listOf(parameters.logging).some((one) => isObject(one) && !isEmpty(one))
}

function readVersioning({ parameters }: KnownCall): Verdict {
  const settings = objectOf(parameters.VersioningConfiguration)
  const status = textOf(settings.Status)
  const mfaDelete = textOf(settings.MfaDelete) ?? textOf(settings.MFADelete)
  if (status === 'Suspended' || status === 'Disabled') return { weakens: true }
  if (mfaDelete === undefined) return {}
  return { change: 'mfaDelete', weakens: mfaDelete === 'Disabled' }
}

function readEncryption({ parameters, isForeign }: KnownCall, removed: boolean): Verdict {
  if (removed) return { weakens: true }
  const given = listOf(objectOf(parameters.ServerSideEncryptionConfiguration).Rule).map(objectOf)
  const rules = given.map((rule) => objectOf(rule.ApplyServerSideEncryptionByDefault))
  // Tables and vectors have one, under names of their own.
  const other = objectOf(parameters.encryptionConfiguration)
  // Keys that the customer brings are blocked since 2026: NONE lets them in again, and with them ransom.
  const isUnblocked = given
    .flatMap((rule) => listOf(objectOf(rule.BlockedEncryptionTypes).EncryptionType))
    .some((type) => typeof type === 'string' && type.toUpperCase() === 'NONE')
  const objects = objectOf(objectOf(parameters.ObjectEncryption).SSEKMS)
  const keys = [...rules.map((rule) => rule.KMSMasterKeyID), other.kmsKeyArn, objects.KMSKeyArn]
  const kmsExternal = keys.some((key) => isForeignKey(key, isForeign))
  const algorithms = [...rules.map((rule) => rule.SSEAlgorithm), other.sseAlgorithm, other.sseType]
  return {
    weakens: isUnblocked,
    sse: algorithms.map((name) => sseOf(firstText(name))).find((sse) => sse !== undefined),
    kmsExternal,
  }
}

/**
 * Encryption in one word: `c` (customer's key), `kms`, `dsse` (two layers, KMS), `s3`; undefined where unknown. Takes
 * the request header's value and CloudTrail's `SSEApplied`.
 *
 * @see Amazon S3 User Guide, "Identifying requests using CloudTrail" (SSEApplied)
 * @example
 * sseOf('aws:kms') // 'kms'
 */
export function sseOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/dsse/i.test(text)) return 'dsse'
  if (/kms/i.test(text)) return 'kms'
  if (/^(?:default_)?sse[_-]c$/i.test(text)) return 'c'
  return /^aes256$|sse[_-]s3$/i.test(text) ? 's3' : undefined
}

/** Whether a KMS key is named by an ARN of an account that is not ours; key ids and aliases do not tell. */
export function isForeignKey(key: unknown, isForeign: IsForeign): boolean {
  const text = firstText(key)
  if (text === undefined || !text.startsWith('arn:')) return false
  const accountId = parseArn(text)?.accountId
  return accountId !== undefined && /^\d+$/.test(accountId) && isForeign(accountId)
}

function readDelivery({ parameters, isForeign, known }: KnownCall, removed: boolean): Verdict {
  if (removed) return {}
  const external = deliversOut(parameters, isForeign, known)
  return { external, weakens: external }
}

function readGuard({ eventName, parameters, isForeign, service = '' }: KnownCall): Verdict {
  // Whatever is logged goes to somebody else from now on, too.
  if (service === 'logs' && sendsLogsOut(eventName, parameters, isForeign))
    return { change: 'export', external: true, weakens: true }
  return { weakens: lowersGuard(service, eventName, parameters, isForeign) }
}

/** A lock taken off: a legal or event hold that ends, retention that is bypassed or removed, no default any more. */
function readObjectLock({ eventName, parameters }: KnownCall): Verdict {
  const bypass = parameters['x-amz-bypass-governance-retention']
  const isBypassed = (booleanOf(bypass) ?? booleanOf(firstText(bypass))) === true
  const { LegalHold, Retention, ObjectLockConfiguration } = parameters
  const isReleased = [objectOf(LegalHold).Status, objectOf(Retention).EventHold].some((status) => status === 'OFF')
  const isRemoved = isObject(Retention) && isEmpty(Retention.Mode) && isEmpty(Retention.EventHold)
  const isWithout = isObject(ObjectLockConfiguration) && isEmpty(ObjectLockConfiguration.Rule)
  // The lock of a vault, before it is final.
  const isAborted = eventName === 'AbortVaultLock' || eventName === 'DeleteBackupVaultLockConfiguration'
  return { weakens: isBypassed || isReleased || isRemoved || isWithout || isAborted }
}

/** `*`, `https://*`: scripts of every website. `null` is what any page can be in a frame of its own. `https://*.example.com` names whose. */
const ANY_ORIGIN = /^(?:null|(?:https?:\/\/)?\*(?::\*|:\d+)?)$/

function readCors({ parameters }: KnownCall): Verdict {
  const rules = listOf(objectOf(parameters.CORSConfiguration).CORSRule).map(objectOf)
  return {
    weakens: rules.some((rule) =>
      listOf(rule.AllowedOrigin).some((origin) => typeof origin === 'string' && ANY_ORIGIN.test(origin)),
    ),
  }
}

function readOwnership({ parameters }: KnownCall, removed: boolean): Verdict {
  if (removed) return { weakens: true }
  const rules = listOf(objectOf(parameters.OwnershipControls).Rule).map((rule) =>
    textOf(objectOf(rule).ObjectOwnership),
  )
  // CreateBucket has it as a header.
  const given = [...rules, firstText(parameters['x-amz-object-ownership'])]
  return { weakens: given.some((rule) => rule !== undefined && rule !== 'BucketOwnerEnforced') }
}

function hasNotification(parameters: JsonObject): boolean {
  return listOf(parameters.NotificationConfiguration).some((settings) =>
    Object.entries(objectOf(settings)).some(
      // An EventBridgeConfiguration is always empty: being there is what turns it on.
      ([name, value]) => name !== 'xmlns' && (!isEmpty(value) || name === 'EventBridgeConfiguration'),
    ),
  )
}
