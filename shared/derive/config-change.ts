import { isPublicAcl } from './acl.ts'
import { parseArn } from './arn.ts'
import { booleanOf, firstText, isEmpty, isObject, type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts'
import { analyzePolicy, type IsForeign } from './policy.ts'
import { parseIsoTime } from './time.ts'

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
  readonly eventTimeMs?: number | undefined
}

/** Lifecycle rules that expire objects within this many days destroy rather than tidy up. */
const SHORT_EXPIRY_DAYS = 7
const DAY_MS = 86_400_000

type Verdict = Partial<Omit<ConfigChange, 'change'>> & { readonly change?: string }
type Reader = (call: ConfigCall, removed: boolean) => Verdict

const READERS: Readonly<Record<string, Reader>> = {
  policy: readPolicy,
  accessPoint: readPolicy,
  accessGrants: readPolicy,
  acl: ({ parameters }) => {
    const isPublic = isPublicAcl(parameters)
    return { public: isPublic, weakens: isPublic }
  },
  bucketPublicAccessBlock: readPublicAccessBlock,
  accountPublicAccessBlock: readPublicAccessBlock,
  logging: ({ parameters }) => ({ weakens: !isEmpty(parameters) && !hasLogging(parameters) }),
  versioning: readVersioning,
  encryption: readEncryption,
  lifecycle: readLifecycle,
  replication: readReplication,
  objectLock: readObjectLock,
  ownershipControls: readOwnership,
  cors: readCors,
  notification: ({ parameters }) => ({ weakens: !isEmpty(parameters) && !hasNotification(parameters) }),
  trail: readTrail,
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
  const known = call.parameters.omitted === true ? { ...call, parameters: {} } : call
  const verdict = READERS[call.change]?.(known, call.eventName.startsWith('Delete'))
  return verdict === undefined ? { ...NOTHING, change: call.change } : { ...NOTHING, change: call.change, ...verdict }
}

function readPolicy({ parameters, isForeign }: ConfigCall, removed: boolean): Verdict {
  if (removed) return {}
  const facts = policiesIn(parameters).map((policy) => analyzePolicy(policy, isForeign))
  const isPublic = facts.some((fact) => fact.public)
  const isExternal = facts.some((fact) => fact.external)
  return { public: isPublic, external: isExternal, weakens: isPublic || isExternal }
}

const POLICY_NAME = /^(?:bucket|access ?point|resource|key)?policy(?:document|text)?$/i

/** `bucketPolicy`, `policy`, `Policy` …; s3control nests it one level deeper, in its request's own name. */
export function policiesIn(parameters: JsonObject): readonly unknown[] {
  const nested = Object.values(parameters).filter(isObject)
  return [parameters, ...nested].flatMap((object) =>
    Object.entries(object).flatMap(([name, value]) => (POLICY_NAME.test(name) && !isEmpty(value) ? [value] : [])),
  )
}

const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const

function readPublicAccessBlock({ parameters }: ConfigCall, removed: boolean): Verdict {
  if (removed) return { weakens: true }
  const blocks = parameters.PublicAccessBlockConfiguration
  if (!isObject(blocks)) return {}
  // S3 takes a flag that is not sent as false.
  return { weakens: BLOCKS.some((flag) => booleanOf(blocks[flag]) !== true) }
}

function hasLogging(parameters: JsonObject): boolean {
  const status = listOf(parameters.BucketLoggingStatus).map(objectOf)
  const targets = status.flatMap((one) => listOf(one.LoggingEnabled)).map(objectOf)
  if (targets.some((target) => !isEmpty(target.TargetBucket))) return true
  // Some tools log the settings under the subresource's own name; S3 itself logs an empty text there.
  return listOf(parameters.logging).some((one) => isObject(one) && !isEmpty(one))
}

function readVersioning({ parameters }: ConfigCall): Verdict {
  const settings = objectOf(parameters.VersioningConfiguration)
  const status = textOf(settings.Status)
  const mfaDelete = textOf(settings.MfaDelete) ?? textOf(settings.MFADelete)
  if (status === 'Suspended' || status === 'Disabled') return { weakens: true }
  if (mfaDelete === undefined) return {}
  return { change: 'mfaDelete', weakens: mfaDelete === 'Disabled' }
}

function readEncryption({ parameters, isForeign }: ConfigCall, removed: boolean): Verdict {
  if (removed) return { weakens: true }
  const given = listOf(objectOf(parameters.ServerSideEncryptionConfiguration).Rule).map(objectOf)
  const rules = given.map((rule) => objectOf(rule.ApplyServerSideEncryptionByDefault))
  // Keys that the customer brings are blocked since 2026: NONE lets them in again, and with them ransom.
  const isUnblocked = given
    .flatMap((rule) => listOf(objectOf(rule.BlockedEncryptionTypes).EncryptionType))
    .some((type) => typeof type === 'string' && type.toUpperCase() === 'NONE')
  return {
    weakens: isUnblocked,
    sse: rules.map((rule) => sseOf(firstText(rule.SSEAlgorithm))).find((sse) => sse !== undefined),
    kmsExternal: rules.some((rule) => isForeignKey(rule.KMSMasterKeyID, isForeign)),
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

function readLifecycle({ parameters, eventTimeMs }: ConfigCall, removed: boolean): Verdict {
  if (removed) return {}
  const settings = objectOf(parameters.LifecycleConfiguration)
  const days = listOf(settings.Rule ?? settings.Rules).flatMap((item) => {
    const rule = objectOf(item)
    if (rule.Status !== undefined && rule.Status !== 'Enabled') return []
    const expirations = listOf(rule.Expiration).map(objectOf)
    const noncurrent = listOf(rule.NoncurrentVersionExpiration).map(objectOf)
    return [
      ...expirations.map((one) => numberOf(one.Days) ?? daysUntil(one.Date, eventTimeMs)),
      ...noncurrent.map((one) => numberOf(one.NoncurrentDays) ?? numberOf(one.Days)),
    ].filter((value) => value !== undefined)
  })
  if (days.length === 0) return {}
  const expireDays = Math.min(...days)
  return { expireDays, weakens: expireDays <= SHORT_EXPIRY_DAYS }
}

function daysUntil(date: unknown, eventTimeMs: number | undefined): number | undefined {
  const text = textOf(date)
  if (text === undefined || eventTimeMs === undefined) return undefined
  const time = parseIsoTime(text) ?? parseIsoTime(`${text}T00:00:00Z`)
  return time === undefined ? undefined : Math.max(0, Math.ceil((time - eventTimeMs) / DAY_MS))
}

function readReplication({ parameters, isForeign }: ConfigCall, removed: boolean): Verdict {
  if (removed) return { weakens: true }
  const settings = objectOf(parameters.ReplicationConfiguration)
  const isExternal = listOf(settings.Rule ?? settings.Rules).some((item) => {
    const rule = objectOf(item)
    if (rule.Status === 'Disabled') return false
    return listOf(rule.Destination).some((item) => {
      const destination = objectOf(item)
      const account = destination.Account
      const accountId = typeof account === 'number' ? String(account).padStart(12, '0') : textOf(account)
      if (accountId !== undefined) return isForeign(accountId)
      // A destination need not name its account; a key it is encrypted with tells it.
      return isForeignKey(objectOf(destination.EncryptionConfiguration).ReplicaKmsKeyID, isForeign)
    })
  })
  return { external: isExternal, weakens: isExternal }
}

/** A lock taken off an object: a legal hold that ends, or governance retention that is bypassed. */
function readObjectLock({ parameters }: ConfigCall): Verdict {
  const bypass = parameters['x-amz-bypass-governance-retention']
  const isBypassed = booleanOf(bypass) ?? booleanOf(firstText(bypass))
  return { weakens: isBypassed === true || textOf(objectOf(parameters.LegalHold).Status) === 'OFF' }
}

/** `*`, `https://*`: scripts of every website. `https://*.example.com` names whose. */
const ANY_ORIGIN = /^(?:https?:\/\/)?\*(?::\*|:\d+)?$/

function readCors({ parameters }: ConfigCall): Verdict {
  const rules = listOf(objectOf(parameters.CORSConfiguration).CORSRule).map(objectOf)
  return {
    weakens: rules.some((rule) =>
      listOf(rule.AllowedOrigin).some((origin) => typeof origin === 'string' && ANY_ORIGIN.test(origin)),
    ),
  }
}

function readOwnership({ parameters }: ConfigCall, removed: boolean): Verdict {
  if (removed) return { weakens: true }
  const rules = listOf(objectOf(parameters.OwnershipControls).Rule).map((rule) =>
    textOf(objectOf(rule).ObjectOwnership),
  )
  return { weakens: rules.some((rule) => rule !== undefined && rule !== 'BucketOwnerEnforced') }
}

function hasNotification(parameters: JsonObject): boolean {
  return listOf(parameters.NotificationConfiguration).some((settings) =>
    Object.entries(objectOf(settings)).some(
      // An EventBridgeConfiguration is always empty: being there is what turns it on.
      ([name, value]) => name !== 'xmlns' && (!isEmpty(value) || name === 'EventBridgeConfiguration'),
    ),
  )
}

const TRAIL_ENDS = new Set(['StopLogging', 'DeleteTrail', 'DeleteEventDataStore', 'StopEventDataStoreIngestion'])
const TRAIL_FLAGS = [
  'isMultiRegionTrail',
  'enableLogFileValidation',
  'includeGlobalServiceEvents',
  'isOrganizationTrail',
  'multiRegionEnabled',
  'organizationEnabled',
] as const

function readTrail({ eventName, parameters }: ConfigCall): Verdict {
  if (TRAIL_ENDS.has(eventName)) return { weakens: true }
  if (!/^(?:Update|Put)/.test(eventName)) return {}
  return { weakens: TRAIL_FLAGS.some((flag) => booleanOf(parameters[flag]) === false) || isNarrowed(parameters) }
}

/** No selector is left that records every management event. */
function isNarrowed(parameters: JsonObject): boolean {
  const { eventSelectors, advancedEventSelectors, insightSelectors } = parameters
  if (Array.isArray(insightSelectors) && insightSelectors.length === 0) return true
  const isGiven = eventSelectors !== undefined || advancedEventSelectors !== undefined
  if (!isGiven || (eventSelectors === null && advancedEventSelectors === null)) return false
  return !listOf(eventSelectors).some(isFullSelector) && !listOf(advancedEventSelectors).some(isFullAdvancedSelector)
}

function isFullSelector(item: unknown): boolean {
  const selector = objectOf(item)
  return (
    booleanOf(selector.includeManagementEvents) !== false &&
    (textOf(selector.readWriteType) ?? 'All') === 'All' &&
    isEmpty(selector.excludeManagementEventSources)
  )
}

function isFullAdvancedSelector(item: unknown): boolean {
  const fields = listOf(objectOf(item).fieldSelectors).map(objectOf)
  return (
    fields.length > 0 &&
    fields.every((field) => field.field === 'eventCategory' && listOf(field.equals).includes('Management'))
  )
}
