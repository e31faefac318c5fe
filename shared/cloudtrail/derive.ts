import type { ActorType, ErrorClass, IpClass, Outcome, Tool, ToolRisk } from '../contracts/record.ts'
import { isPublicAcl } from '../derive/acl.ts'
import { deriveAction, serviceOf } from '../derive/action.ts'
import { principalFromArn } from '../derive/arn.ts'
import { type ConfigChange, readConfigChange, sseOf } from '../derive/config-change.ts'
import type { PreparedEnvironment } from '../derive/environment.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import { accountIdOf, actorTypeOfType, deriveIdentity } from '../derive/identity.ts'
import { booleanOf, firstText, type JsonObject, listOf, objectOf, textOf } from '../derive/json.ts'
import type { Known } from '../derive/strangers.ts'
import { deriveTls } from '../derive/tls.ts'
import { deriveTool } from '../derive/tool.ts'

/**
 * What is derived from a CloudTrail record: each function is given the members that it reads, and no others (facts.ts says
 * which), as an object in the shape of the record. None throws, whatever the values are.
 *
 * @see CloudTrail User Guide, "CloudTrail record contents"
 */

/** What deriving needs to know besides the record. */
export interface DeriveContext {
  readonly environment: PreparedEnvironment
  readonly classifyIp: (ip: string | undefined) => IpClass | undefined
  readonly now: () => number
}

/** What the names of a call say. */
export interface CallFacts {
  readonly eventName: string | undefined
  readonly eventSource: string | undefined
  readonly eventCategory: string | undefined
  readonly readOnly: boolean | undefined
  readonly service: string
  readonly action: string
  readonly change: string
  /** An Insight event or a summary: about calls without being one. */
  readonly isCall: boolean
  readonly isS3: boolean
  /** An S3 data event: the kind of which there are most, and of which least is kept. */
  readonly isObjectEvent: boolean
  readonly writesObject: boolean
  /** The values of the call are settings, to be read. */
  readonly isSetting: boolean
  /** It changes what it names, which may be the stack's own. */
  readonly isChange: boolean
  readonly isCopy: boolean
  readonly isLogin: boolean
  /** How it ended may stand elsewhere than in an error code. */
  readonly isSignIn: boolean
  readonly mayQuarantine: boolean
}

export const OBJECT_WRITE = 'object.write'
const PERSONS_SIGN_IN = /^(?:CredentialVerification|CredentialChallenge|UserAuthentication|Authenticate|Federate)$/

/** What bits a call's facts depend on: the record has insightDetails. */
export const HAS_INSIGHT = 1

/** From `eventSource eventName readOnly eventCategory managementEvent`. */
export function deriveCall(record: JsonObject, bits: number): CallFacts {
  const eventName = textOf(record.eventName)
  const eventSource = textOf(record.eventSource)
  const eventCategory = textOf(record.eventCategory)
  const given = booleanOf(record.readOnly)
  const names = deriveAction(eventSource, eventName, given)
  const service = serviceOf(eventSource)
  const isS3 = service === 's3'
  const isSummary = eventCategory === 'Aggregated'
  const isInsight = (bits & HAS_INSIGHT) !== 0 || eventCategory === 'Insight'
  const isCall = !isSummary && !isInsight
  const action = isCall ? names.action : `${service}.${isSummary ? 'summary' : names.readOnly ? 'read' : 'write'}`
  const facts = {
    eventName,
    eventSource,
    eventCategory,
    // An Insight event is no call, and without a name there is nothing to tell it from.
    readOnly: !isCall || eventName === undefined ? given : names.readOnly,
    service,
    action,
    change: isCall ? names.change : 'none',
    isCall,
    isS3,
    // The CIS pattern for sign-ins goes by the name alone, and reads what object events do without.
    isObjectEvent: isS3 && isCall && eventName !== 'ConsoleLogin' && isDataEvent(record, eventCategory, action),
    writesObject: isS3 && isCall && action === OBJECT_WRITE,
    isSetting: isCall && (names.change !== 'none' || (isS3 && action === 'bucket.create')),
    isCopy: isS3 && (eventName === 'CopyObject' || eventName === 'UploadPartCopy'),
    isLogin: eventName === 'ConsoleLogin',
    isSignIn:
      eventName === 'ConsoleLogin' ||
      ((service === 'signin' || service === 'sso') && PERSONS_SIGN_IN.test(eventName ?? '')) ||
      service === 'signin',
    mayQuarantine: service === 'iam' && /^(?:Attach|Put)/.test(eventName ?? ''),
  }
  return { ...facts, isChange: isChange(facts) }
}

/** The service is the first label of the source, and need not be said. */
export function isPlainService({ eventSource, service }: CallFacts): boolean {
  return eventSource !== undefined && service === /^[^.]*/.exec(eventSource)![0]
}

function isDataEvent(record: JsonObject, eventCategory: string | undefined, action: string): boolean {
  if (eventCategory !== undefined) return eventCategory === 'Data'
  const isManagement = booleanOf(record.managementEvent)
  if (isManagement !== undefined) return !isManagement
  return action.startsWith('object.') || action === 'bucket.list'
}

/** Who acted, seen from the account that the record was logged in. */
export interface ActorFacts {
  readonly actorType: ActorType
  readonly awsService: boolean
  readonly anonymous: boolean
  readonly actor: string | undefined
  /** Where it is not that of the log itself, which goes without saying. */
  readonly actorAccount: string | undefined
  readonly person: string | undefined
  /** The person is the IAM user or the EC2 instance that the ARN ends with. */
  readonly personIsInArn: boolean
  readonly root: boolean
  readonly crossAccount: boolean
  readonly onBehalf: boolean
  readonly mfa: boolean | undefined
  readonly hasArn: boolean
  /** What `userIdentity.type` alone says. */
  readonly typeSaysActorType: boolean
  /** The ARN names the account that the record was logged in, and that is our own. */
  readonly isOwnByArn: boolean
  /** All that the issuer's members say follows from the session's ARN. */
  readonly arnSaysRole: boolean
}

/** From `userIdentity` (in parts), `sourceIPAddress` where it is a name, `eventType`, `recipientAccountId`. */
export function deriveActor(record: JsonObject, isSignIn: boolean, { environment }: DeriveContext): ActorFacts {
  const recipientAccountId = accountIdOf(record.recipientAccountId)
  const userIdentity = objectOf(record.userIdentity)
  // A person who signs in acts, though CloudTrail calls it an event of the service.
  const isPersonal = isSignIn && textOf(userIdentity.type) !== undefined && userIdentity.type !== 'AWSService'
  const eventType = isPersonal ? undefined : textOf(record.eventType)
  const identity = deriveIdentity(record.userIdentity, textOf(record.sourceIPAddress), eventType)
  const { actorAccount, awsService } = identity
  const arn = textOf(userIdentity.arn)
  const signedIn = textOf(objectOf(record.additionalEventData).UserName)
  return {
    actorType: identity.actorType,
    awsService,
    anonymous: identity.anonymous,
    actor: identity.actor,
    actorAccount: actorAccount === recipientAccountId ? undefined : actorAccount,
    person: isPersonal && textOf(userIdentity.userName) === undefined ? (signedIn ?? identity.person) : identity.person,
    personIsInArn: identity.personInArn !== undefined,
    root: identity.root,
    crossAccount: actorAccount !== undefined && !awsService && environment.isForeign(actorAccount, recipientAccountId),
    onBehalf: identity.onBehalf,
    mfa: awsService ? undefined : identity.sessionMfa,
    hasArn: arn !== undefined,
    typeSaysActorType: identity.actorType === actorTypeOfType(textOf(userIdentity.type)),
    isOwnByArn:
      environment.isOwn(recipientAccountId) &&
      (userIdentity.accountId ?? recipientAccountId) === recipientAccountId &&
      principalFromArn(arn ?? '')?.accountId === recipientAccountId,
    arnSaysRole: arn !== undefined && saysRole(arn, objectOf(objectOf(userIdentity.sessionContext).sessionIssuer)),
  }
}

const ROLE_ARN = /^arn:[\w-]+:iam::(\d+):role\/([^/]+)$/

function saysRole(sessionArn: string, issuer: JsonObject): boolean {
  const [, account, role] = ROLE_ARN.exec(textOf(issuer.arn) ?? '') ?? []
  if (role === undefined || role !== issuer.userName) return false
  return sessionArn.includes(`:${account}:assumed-role/${role}/`)
}

/** From `userAgent`. */
export function deriveClient(record: JsonObject): { readonly tool: Tool; readonly toolRisk: ToolRisk } {
  return deriveTool(textOf(record.userAgent))
}

export interface OutcomeFacts {
  readonly outcome: Outcome
  readonly errorClass: ErrorClass
}

/**
 * From `errorCode`, where no more is to be known. CloudTrail tells of a success by telling of no error; so do only records
 * that are whole, and of calls.
 */
export function deriveOutcome(record: JsonObject, isWhole: boolean): OutcomeFacts {
  const errorCode = textOf(record.errorCode)
  const errorClass = errorCode === undefined ? 'none' : deriveErrorClass(errorCode)
  return outcomeOf(errorClass, isWhole || record.errorCode !== undefined)
}

/**
 * From `errorCode errorMessage responseElements serviceEventDetails eventName`: sign-ins say in words, in their response
 * or in the event's details how they ended, some services give the result of a call there, and who tells of an error in
 * words only has had one.
 */
export function deriveOutcomeElsewhere(record: JsonObject, isWhole: boolean): OutcomeFacts {
  if (textOf(record.errorCode) !== undefined) return deriveOutcome(record, isWhole)
  const eventName = textOf(record.eventName) ?? ''
  const response = objectOf(record.responseElements)
  const details = objectOf(record.serviceEventDetails)
  const said = [response[eventName], details[eventName], objectOf(details.result).statusType].filter(
    (text) => typeof text === 'string',
  )
  const failed = said.some((text) => /^fail(?:ed|ure)?$|^error$/i.test(text))
  if (failed || textOf(record.errorMessage) !== undefined) return outcomeOf('client', true)
  return outcomeOf('none', isWhole || record.errorCode !== undefined || said.some((text) => /^succe/i.test(text)))
}

function outcomeOf(errorClass: ErrorClass, isTold: boolean): OutcomeFacts {
  if (errorClass !== 'none') return { outcome: 'failure', errorClass }
  return { outcome: isTold ? 'success' : 'unknown', errorClass }
}

export interface TlsFacts {
  readonly https: boolean
  readonly tlsVersion: string | undefined
  readonly tlsOutdated: boolean
}

/** From `tlsDetails.tlsVersion tlsDetails.cipherSuite additionalEventData.CipherSuite`. */
export function deriveConnection(record: JsonObject): TlsFacts {
  const tlsDetails = objectOf(record.tlsDetails)
  const { tlsVersion, tlsOutdated } = deriveTls(textOf(tlsDetails.tlsVersion))
  const hasCipher = isCipher(tlsDetails.cipherSuite) || isCipher(objectOf(record.additionalEventData).CipherSuite)
  return { https: tlsVersion !== undefined || hasCipher, tlsVersion, tlsOutdated }
}

/** A cipher suite; CloudTrail sometimes logs the field's own name instead. */
function isCipher(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value !== '-' && value !== 'cipherSuite'
}

/** The bucket that is named in `requestParameters`; `isPlain` where that is the bucket's own name. */
export interface BucketFacts {
  readonly name: string | undefined
  readonly isPlain: boolean
}

/** From `requestParameters.bucketName .bucket .Bucket`. Through an access point the name is the access point's. */
export function deriveBucket(record: JsonObject): BucketFacts {
  const parameters = objectOf(record.requestParameters)
  const name = firstText(parameters.bucketName) ?? firstText(parameters.bucket) ?? firstText(parameters.Bucket)
  return { name, isPlain: name !== undefined && !name.startsWith('arn:') && !name.endsWith('-s3alias') }
}

const BUCKET_ARN = /^arn:[^:]*:s3:::([^/*]+)$/

/** The first bucket among the `resources`: the one behind an access point. */
export function bucketAmong(resources: unknown): string | undefined {
  for (const resource of listOf(resources)) {
    const { ARN, arn, type } = objectOf(resource)
    const bucket = type === 'AWS::S3::Bucket' ? BUCKET_ARN.exec(textOf(ARN) ?? textOf(arn) ?? '')?.[1] : undefined
    if (bucket !== undefined) return bucket
  }
  return undefined
}

/** Whether a bucket among the `resources` is somebody else's. */
export function hasForeignBucket(resources: unknown, isForeign: (accountId: string) => boolean): boolean {
  return listOf(resources).some((item) => {
    const resource = objectOf(item)
    const accountId = resource.type === 'AWS::S3::Bucket' ? accountIdOf(resource.accountId) : undefined
    return accountId !== undefined && isForeign(accountId)
  })
}

/** How an object that is written is encrypted: see {@link deriveWrite}. */
export interface WriteFacts {
  readonly sse: string | undefined
  readonly isPublic: boolean
}

const CUSTOMER_ALGORITHM = 'x-amz-server-side-encryption-customer-algorithm'
const ENCRYPTION = 'x-amz-server-side-encryption'

/** From the encryption and ACL headers of request and response, and `additionalEventData.SSEApplied`. */
export function deriveWrite(record: JsonObject): WriteFacts {
  const asked = objectOf(record.requestParameters)
  const answered = objectOf(record.responseElements)
  const isByCustomer = firstText(asked[CUSTOMER_ALGORITHM]) ?? firstText(answered[CUSTOMER_ALGORITHM])
  const applied = textOf(objectOf(record.additionalEventData).SSEApplied)
  const sse =
    isByCustomer !== undefined
      ? 'c'
      : (sseOf(applied) ?? sseOf(firstText(asked[ENCRYPTION])) ?? sseOf(firstText(answered[ENCRYPTION])))
  return { sse, isPublic: isPublicAcl(asked) }
}

/** What a setting's values say: from all of `requestParameters`. */
export function deriveSetting(
  call: CallFacts,
  parameters: JsonObject,
  isForeign: (accountId: string) => boolean,
  known: Known,
  eventTimeMs: number | undefined,
): ConfigChange | undefined {
  const { action, change, isS3, service } = call
  const given = { eventName: call.eventName ?? '', service, parameters, isForeign, known, eventTimeMs }
  if (change !== 'none') return readConfigChange({ ...given, change })
  // Writing an object or creating a bucket changes access only where an ACL that opens it comes along.
  if (!isS3 || (action !== OBJECT_WRITE && action !== 'bucket.create')) return undefined
  const acl = readConfigChange({ ...given, change: 'acl' })
  if (acl.weakens || action === OBJECT_WRITE) return acl.weakens ? acl : undefined
  // Or that lets ACLs count at all.
  const ownership = readConfigChange({ ...given, change: 'ownershipControls' })
  return ownership.weakens ? ownership : undefined
}

/** Calls that use a stack's resources, as the stack itself does all day. */
const USES =
  /^(?:CreateLogStream|PutLogEvents|SendMessage(?:Batch)?|ReceiveMessage|DeleteMessage(?:Batch)?|ChangeMessageVisibility(?:Batch)?|Publish(?:Batch)?|(?:Put|Update|Delete)Item|BatchWriteItem|TransactWriteItems|Invoke\w*|StartExecution|StartSyncExecution|PutMetricData|Decrypt|GenerateDataKey\w*|ReEncrypt\w*|AssumeRole|StartQuery|StopQuery|TestMetricFilter)$/

/** Whether a call changes, rather than uses, what it names. */
function isChange({ action, eventName = '', isCall, isS3, readOnly, isSetting }: Omit<CallFacts, 'isChange'>): boolean {
  if (!isCall || readOnly !== false) return false
  return isS3 ? isSetting || action === 'bucket.delete' : !USES.test(eventName)
}

/** From `requestParameters.Host .host` and `tlsDetails.clientProvidedHostHeader`. */
export function isWebsite(record: JsonObject): boolean {
  const parameters = objectOf(record.requestParameters)
  const host =
    firstText(parameters.Host) ??
    firstText(parameters.host) ??
    textOf(objectOf(record.tlsDetails).clientProvidedHostHeader)
  return host !== undefined && /\.s3-website[.-]/.test(host)
}

/** AWS attaches a policy of this name to a key that it found published. */
export function isQuarantine({ policyArn, policyName }: JsonObject): boolean {
  return (textOf(policyArn) ?? textOf(policyName) ?? '').includes('AWSCompromisedKeyQuarantine')
}
