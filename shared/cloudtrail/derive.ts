import type {
  ActorType,
  ErrorClass,
  IpClass,
  KeyClass,
  Outcome,
  RecordKind,
  Tool,
  ToolRisk,
} from '../contracts/record.ts'
import { isPublicAcl } from '../derive/acl.ts'
import { deriveAction, serviceOf } from '../derive/action.ts'
import { type ConfigChange, isForeignKey, readConfigChange, sseOf } from '../derive/config-change.ts'
import type { PreparedEnvironment } from '../derive/environment.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import { accountIdOf, deriveIdentity } from '../derive/identity.ts'
import { booleanOf, firstText, type JsonObject, listOf, numberOf, objectOf, textOf } from '../derive/json.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { parseIsoTime } from '../derive/time.ts'
import { deriveTls } from '../derive/tls.ts'
import { deriveTool } from '../derive/tool.ts'

/**
 * The derived fields of a CloudTrail record, in the order in which they are written. docs/record.md says what each
 * means. Those that may be undefined are left out of the record then.
 */
export interface DerivedFields {
  readonly kind: RecordKind
  readonly source: 'cloudtrail'
  readonly service: string
  readonly action: string
  readonly change: string
  readonly outcome: Outcome
  readonly errorClass: ErrorClass
  readonly actorType: ActorType
  readonly awsService: boolean
  readonly anonymous: boolean
  readonly tool: Tool
  readonly toolRisk: ToolRisk
  readonly weakens: boolean
  readonly actor: string | undefined
  readonly actorAccount: string | undefined
  readonly root: true | undefined
  readonly crossAccount: true | undefined
  readonly mfa: boolean | undefined
  readonly ipClass: IpClass | undefined
  readonly https: true | undefined
  readonly tlsVersion: string | undefined
  readonly tlsOutdated: true | undefined
  readonly presigned: true | undefined
  readonly website: boolean | undefined
  readonly aclRequired: true | undefined
  readonly bytesIn: number | undefined
  readonly bytesOut: number | undefined
  readonly public: true | undefined
  readonly external: true | undefined
  readonly expireDays: number | undefined
  readonly sse: string | undefined
  readonly kmsExternal: true | undefined
  readonly keyClass: KeyClass | undefined
  readonly logBucket: true | undefined
  readonly watched: true | undefined
  readonly actorKnown: boolean | undefined
  readonly keyQuarantine: true | undefined
  readonly truncated: true | undefined
  readonly timeMissing: true | undefined
  readonly lagSeconds: number | undefined
}

/** What the normalizer reads off a record besides the derived fields. */
export interface RecordFacts {
  readonly derived: DerivedFields
  readonly eventName: string | undefined
  readonly eventSource: string | undefined
  readonly eventCategory: string | undefined
  /** The text of the time; eventTimeMs is undefined where it cannot be read. */
  readonly eventTime: string | undefined
  readonly eventTimeMs: number | undefined
  readonly readOnly: boolean | undefined
  readonly recipientAccountId: string | undefined
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** An S3 data event: the kind of which there are most, and of which least is kept. */
  readonly isObjectEvent: boolean
}

/** What deriving needs to know besides the record. */
export interface DeriveContext {
  readonly environment: PreparedEnvironment
  readonly classifyIp: (ip: string | undefined) => IpClass | undefined
  readonly now: () => number
}

const NO_CHANGE: Omit<ConfigChange, 'change'> = { weakens: false, public: false, external: false, kmsExternal: false }
export const WRITES_OBJECT = 'object.write'
const QUARANTINE = 'AWSCompromisedKeyQuarantine'

function yes(condition: boolean): true | undefined {
  return condition ? true : undefined
}

/**
 * Derives everything that a filter pattern cannot compute, from one parsed CloudTrail record. Never throws.
 *
 * @see CloudTrail User Guide, "CloudTrail record contents"
 */
export function deriveFacts(record: JsonObject, context: DeriveContext): RecordFacts {
  const { environment } = context
  // An Insight event has its name and source one level down, and is about calls without being one.
  const insight = record.insightDetails === undefined ? undefined : objectOf(record.insightDetails)
  const eventName = textOf(record.eventName) ?? textOf(insight?.eventName)
  const eventSource = textOf(record.eventSource) ?? textOf(insight?.eventSource)
  const eventTime = textOf(record.eventTime) ?? textOf(insight?.eventTime)
  const eventTimeMs = eventTime === undefined ? undefined : parseIsoTime(eventTime)
  const eventCategory = textOf(record.eventCategory)
  const isInsight = insight !== undefined || eventCategory === 'Insight'
  const eventType = textOf(record.eventType)
  const recipientAccountId = accountIdOf(record.recipientAccountId)
  const isForeign = (accountId: string): boolean => environment.isForeign(accountId, recipientAccountId)

  const given = booleanOf(record.readOnly)
  const names = deriveAction(eventSource, eventName, given)
  const service = serviceOf(eventSource)
  const isS3 = service === 's3'
  const action = isInsight ? `${service}.${names.readOnly ? 'read' : 'write'}` : names.action

  const sourceIPAddress = textOf(record.sourceIPAddress)
  const identity = deriveIdentity(record.userIdentity, sourceIPAddress, eventType)
  const { tool, toolRisk } = deriveTool(textOf(record.userAgent))
  const parameters = objectOf(record.requestParameters)
  const extra = objectOf(record.additionalEventData)

  const failure = failureOf(record, eventName, service)
  const config = isInsight
    ? undefined
    : configOf(names.change, action, service, eventName ?? '', parameters, isForeign, eventTimeMs)
  const change = isInsight ? 'none' : (config?.change ?? names.change)
  const verdict = config ?? NO_CHANGE

  const bucket = isS3 ? bucketOf(parameters, record.resources) : undefined
  const key = isS3 ? firstText(parameters.key) : undefined
  const actorKnown = bucket === undefined ? undefined : environment.knowsActor(bucket, identity.actor)
  // The CIS pattern for sign-ins goes by the name alone, and reads what object events do without.
  const isObjectEvent = isS3 && eventName !== 'ConsoleLogin' && isDataEvent(record, eventCategory, action)
  const isWrite = isS3 && action === WRITES_OBJECT

  const tlsDetails = objectOf(record.tlsDetails)
  const { tlsVersion, tlsOutdated } = deriveTls(textOf(tlsDetails.tlsVersion))
  const bytesIn = numberOf(extra.bytesTransferredIn)
  const bytesOut = numberOf(extra.bytesTransferredOut)
  const { actorAccount } = identity

  const derived: DerivedFields = {
    kind: 'event',
    source: 'cloudtrail',
    service,
    action,
    change,
    outcome: failure === 'none' ? 'success' : 'failure',
    errorClass: failure,
    actorType: identity.actorType,
    awsService: identity.awsService,
    anonymous: identity.anonymous,
    tool,
    toolRisk,
    weakens: verdict.weakens,
    actor: identity.actor,
    // That of the log itself goes without saying.
    actorAccount: actorAccount === recipientAccountId ? undefined : actorAccount,
    root: yes(identity.root),
    crossAccount: yes(actorAccount !== undefined && !identity.awsService && isForeign(actorAccount)),
    mfa: mfaOf(eventName, extra, identity.sessionMfa, identity.awsService),
    ipClass: context.classifyIp(sourceIPAddress),
    https: yes(tlsVersion !== undefined || isCipher(tlsDetails.cipherSuite) || isCipher(extra.CipherSuite)),
    tlsVersion,
    tlsOutdated: yes(tlsOutdated),
    presigned: yes(isS3 && isPresigned(parameters, extra)),
    website: isS3 && identity.anonymous ? isWebsite(parameters, tlsDetails) : undefined,
    aclRequired: yes(extra.aclRequired === 'Yes'),
    bytesIn: bytesIn === 0 ? undefined : bytesIn,
    bytesOut: bytesOut === 0 ? undefined : bytesOut,
    public: yes(verdict.public),
    external: yes(verdict.external || (isS3 && isCopy(eventName) && hasForeignBucket(record.resources, isForeign))),
    expireDays: verdict.expireDays,
    sse: isWrite ? objectSse(parameters, extra, record.responseElements) : verdict.sse,
    kmsExternal: yes(verdict.kmsExternal || (isWrite && isForeignKey(writeKey(parameters, record), isForeign))),
    keyClass: classifyObjectName(key),
    logBucket: yes(bucket !== undefined && environment.isLogBucket(bucket)),
    watched: yes(actorKnown !== undefined),
    actorKnown,
    keyQuarantine: yes(service === 'iam' && isQuarantine(eventName, parameters)),
    truncated: yes(parameters.omitted === true || extra.omitted === true),
    timeMissing: yes(eventTimeMs === undefined),
    lagSeconds: eventTimeMs === undefined ? undefined : Math.max(0, Math.round((context.now() - eventTimeMs) / 1000)),
  }
  return {
    derived,
    eventName,
    eventSource,
    eventCategory,
    eventTime,
    eventTimeMs,
    // An Insight event is no call, and without a name there is nothing to tell it from.
    readOnly: isInsight ? given : eventName === undefined ? given : names.readOnly,
    recipientAccountId,
    bucket,
    key,
    isObjectEvent,
  }
}

function failureOf(record: JsonObject, eventName: string | undefined, service: string): ErrorClass {
  const errorCode = textOf(record.errorCode)
  if (errorCode !== undefined) return deriveErrorClass(errorCode)
  // Sign-ins say in words, or in their response, that they failed; never with a code.
  if (service !== 'signin' && eventName !== 'ConsoleLogin') return 'none'
  const response = objectOf(record.responseElements)
  const failed =
    textOf(record.errorMessage) !== undefined || (eventName !== undefined && response[eventName] === 'Failure')
  return failed ? 'client' : 'none'
}

function configOf(
  change: string,
  action: string,
  service: string,
  eventName: string,
  parameters: JsonObject,
  isForeign: (accountId: string) => boolean,
  eventTimeMs: number | undefined,
): ConfigChange | undefined {
  if (change !== 'none') return readConfigChange({ eventName, change, parameters, isForeign, eventTimeMs })
  if (service === 's3' && (action === WRITES_OBJECT || action === 'bucket.create')) {
    // Writing an object or creating a bucket changes access only where an ACL that opens it comes along.
    return isPublicAcl(parameters) ? { ...NO_CHANGE, change: 'acl', public: true, weakens: true } : undefined
  }
  if (service === 'kms' && (eventName === 'PutKeyPolicy' || eventName === 'CreateKey')) {
    return { ...readConfigChange({ eventName, change: 'policy', parameters, isForeign }), change }
  }
  return undefined
}

function isDataEvent(record: JsonObject, eventCategory: string | undefined, action: string): boolean {
  if (eventCategory !== undefined) return eventCategory === 'Data'
  const isManagement = booleanOf(record.managementEvent)
  if (isManagement !== undefined) return !isManagement
  return action.startsWith('object.') || action === 'bucket.list'
}

const BUCKET_ARN = /^arn:[^:]*:s3:::([^/*]+)$/

function bucketOf(parameters: JsonObject, resources: unknown): string | undefined {
  const named = firstText(parameters.bucketName) ?? firstText(parameters.bucket) ?? firstText(parameters.Bucket)
  // Through an access point the name is the access point's; the bucket behind it is among the resources.
  if (named !== undefined && !named.startsWith('arn:') && !named.endsWith('-s3alias')) return named
  for (const resource of listOf(resources)) {
    const { ARN, arn, type } = objectOf(resource)
    const bucket = type === 'AWS::S3::Bucket' ? BUCKET_ARN.exec(textOf(ARN) ?? textOf(arn) ?? '')?.[1] : undefined
    if (bucket !== undefined) return bucket
  }
  return named
}

export function isCopy(eventName: string | undefined): boolean {
  return eventName === 'CopyObject' || eventName === 'UploadPartCopy'
}

function hasForeignBucket(resources: unknown, isForeign: (accountId: string) => boolean): boolean {
  return listOf(resources).some((item) => {
    const resource = objectOf(item)
    const accountId = resource.type === 'AWS::S3::Bucket' ? accountIdOf(resource.accountId) : undefined
    return accountId !== undefined && isForeign(accountId)
  })
}

function mfaOf(
  eventName: string | undefined,
  extra: JsonObject,
  sessionMfa: boolean | undefined,
  awsService: boolean,
): boolean | undefined {
  if (eventName === 'ConsoleLogin') {
    const used = textOf(extra.MFAUsed)
    if (used !== undefined) return used === 'Yes'
  }
  return awsService ? undefined : sessionMfa
}

/** A cipher suite; CloudTrail sometimes logs the field's own name instead. */
export function isCipher(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value !== '-' && value !== 'cipherSuite'
}

function isPresigned(parameters: JsonObject, extra: JsonObject): boolean {
  return extra.AuthenticationMethod === 'QueryString' || parameters['X-Amz-SignedHeaders'] !== undefined
}

function isWebsite(parameters: JsonObject, tlsDetails: JsonObject): boolean {
  const host = firstText(parameters.Host) ?? firstText(parameters.host) ?? textOf(tlsDetails.clientProvidedHostHeader)
  return host !== undefined && /\.s3-website[.-]/.test(host)
}

const CUSTOMER_ALGORITHM = 'x-amz-server-side-encryption-customer-algorithm'
const ENCRYPTION = 'x-amz-server-side-encryption'
const KMS_KEY = 'x-amz-server-side-encryption-aws-kms-key-id'

export function objectSse(parameters: JsonObject, extra: JsonObject, response: unknown): string | undefined {
  const answered = objectOf(response)
  if (firstText(parameters[CUSTOMER_ALGORITHM]) ?? firstText(answered[CUSTOMER_ALGORITHM])) return 'c'
  return (
    sseOf(textOf(extra.SSEApplied)) ??
    sseOf(firstText(parameters[ENCRYPTION])) ??
    sseOf(firstText(answered[ENCRYPTION]))
  )
}

export function writeKey(parameters: JsonObject, record: JsonObject): unknown {
  return parameters[KMS_KEY] ?? objectOf(record.responseElements)[KMS_KEY]
}

function isQuarantine(eventName: string | undefined, parameters: JsonObject): boolean {
  if (eventName === undefined || !/^(?:Attach|Put)/.test(eventName)) return false
  const { policyArn, policyName } = parameters
  return (textOf(policyArn) ?? textOf(policyName) ?? '').includes(QUARANTINE)
}
