import { type LoggedCall, type NormalizeOptions, type RecordView, TOLD } from '../contracts/record.ts'
import { type ConfigChange, isForeignKey } from '../derive/config-change.ts'
import { prepareEnvironment } from '../derive/environment.ts'
import { accountIdOf, isAwsSource } from '../derive/identity.ts'
import { createIpClassifier } from '../derive/ip.ts'
import { numberOf, objectOf, textOf } from '../derive/json.ts'
import { lagOf, USUAL_LAG_SECONDS } from '../derive/lean.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { parseIsoTime } from '../derive/time.ts'
import { isOrdinaryAgent } from '../derive/tool.ts'
import { holdsLarge } from './cap.ts'
import {
  bucketAmong,
  type CallFacts,
  deriveActor,
  deriveBucket,
  deriveCall,
  deriveClient,
  deriveConnection,
  deriveOutcome,
  deriveOutcomeElsewhere,
  deriveSetting,
  deriveWrite,
  HAS_INSIGHT,
  hasForeignBucket,
  isPlainService,
  isQuarantine,
  isWebsite,
  type WriteFacts,
} from './derive.ts'
import { ABSENT, type DerivedField } from './derived.ts'
import { createFacets, jsonAt, membersAt, valueAt } from './facets.ts'
import { type Chunk, chunkOf as chunk, type Output } from './output.ts'
import { NOTICED, type RecordScanner } from './scan.ts'
import { NONE, type Slot, slotOf } from './slots.ts'

/** What the writer of the members needs to know of a record: see {@link createFacts}. */
export interface RecordFacts {
  view: RecordView
  readOnly: boolean | undefined
  isObjectEvent: boolean
  /** The conditions of the table that look at the record. */
  knownTool: boolean
  notRoot: boolean
  hasArn: boolean
  isOwnByArn: boolean
  arnSaysRole: boolean
  bucketIsNamed: boolean
}

const S = {
  version: slotOf('eventVersion'),
  errorCode: slotOf('errorCode'),
  errorMessage: slotOf('errorMessage'),
  eventTime: slotOf('eventTime'),
  eventID: slotOf('eventID'),
  requestID: slotOf('requestID'),
  sharedEventID: slotOf('sharedEventID'),
  endpoint: slotOf('vpcEndpointId'),
  endpointAccount: slotOf('vpcEndpointAccountId'),
  recipient: slotOf('recipientAccountId'),
  address: slotOf('sourceIPAddress'),
  accessKeyId: slotOf('userIdentity.accessKeyId'),
  parameters: slotOf('requestParameters'),
  key: slotOf('requestParameters.key'),
  omitted: slotOf('requestParameters.omitted'),
  signedHeaders: slotOf('requestParameters.X-Amz-SignedHeaders'),
  extraOmitted: slotOf('additionalEventData.omitted'),
  method: slotOf('additionalEventData.AuthenticationMethod'),
  aclRequired: slotOf('additionalEventData.aclRequired'),
  bytesIn: slotOf('additionalEventData.bytesTransferredIn'),
  bytesOut: slotOf('additionalEventData.bytesTransferredOut'),
  mfaUsed: slotOf('additionalEventData.MFAUsed'),
  insight: slotOf('insightDetails'),
  details: slotOf('serviceEventDetails'),
  resources: slotOf('resources'),
} as const
const slotsOf = (...paths: readonly string[]): Int16Array => Int16Array.from(paths, slotOf)
const ELSEWHERE = slotsOf('errorCode', 'errorMessage', 'eventName', 'responseElements', 'serviceEventDetails')
const HOSTS = slotsOf('requestParameters.Host', 'requestParameters.host', 'tlsDetails.clientProvidedHostHeader')

const IDENTITY = (
  'type principalId arn accountId userName invokedBy onBehalfOf invokedByDelegate sessionContext.sourceIdentity ' +
  'sessionContext.sessionIssuer.arn sessionContext.sessionIssuer.accountId sessionContext.sessionIssuer.userName ' +
  'sessionContext.attributes.mfaAuthenticated'
)
  .split(' ')
  .map((name) => `userIdentity.${name}`)
const SSE = 'x-amz-server-side-encryption'
const WRITE_HEADERS = [SSE, `${SSE}-customer-algorithm`]
const KMS_KEYS = [`requestParameters.${SSE}-aws-kms-key-id`, `responseElements.${SSE}-aws-kms-key-id`].map(slotOf)

/** Which bits an actor's facts depend on. */
const SIGN_IN = 1
const FROM_AWS = 2
/** Which bit an outcome depends on: a record that tells of no error tells of a success. */
const WHOLE = 1

const member = (name: DerivedField, value: unknown): string =>
  value === undefined || value === false ? '' : `,"${name}":${JSON.stringify(value)}`

/**
 * Makes the reader of all that is derived from a record. It writes the derived fields, in the order of docs/record.md, as
 * the beginning of the message, and gives back what else there is to know.
 */
export function createFacts(options: NormalizeOptions, out: Output) {
  // The full record keeps values of any size.
  const capBytes = options.detail === 'full' ? Number.POSITIVE_INFINITY : options.capBytes
  const environment = prepareEnvironment(options.environment)
  const classifyIp = createIpClassifier(options.environment)
  const context = { environment, classifyIp, now: options.now }
  const { facet, counts } = createFacets()
  const isLean = options.detail === 'lean'
  const shortestLag = isLean ? USUAL_LAG_SECONDS : -1

  /** `,"name":value`; nothing where a lean record leaves it out: it has the value that absence means, or is said elsewhere. */
  const said = (name: DerivedField, value: unknown, isPlain = ABSENT.get(name) === value): string =>
    value === undefined || (isLean && isPlain) ? '' : `,"${name}":${JSON.stringify(value)}`

  const callOf = facet(
    'call',
    ['eventSource', 'eventName', 'readOnly', 'eventCategory', 'managementEvent'],
    2048,
    96,
    (members, bits) => {
      const call = deriveCall(members, bits)
      const { action, change, service } = call
      return {
        ...call,
        head: chunk(
          `{${(
            said('kind', 'event') +
              said('source', 'cloudtrail') +
              said('service', service, isPlainService(call)) +
              member('action', action)
          ).slice(1)}`,
        ),
        changed: chunk(said('change', change)),
      }
    },
  )
  const actorOf = facet(
    'actor',
    [...IDENTITY, 'eventType', 'recipientAccountId', 'additionalEventData.UserName'],
    4096,
    512,
    (members, bits) => {
      const sourceIPAddress = (bits & FROM_AWS) === 0 ? undefined : 'AWS Internal'
      const actor = deriveActor({ ...members, sourceIPAddress }, (bits & SIGN_IN) !== 0, context)
      const { actorAccount, actorType, anonymous, awsService, crossAccount, onBehalf, person, root } = actor
      return {
        ...actor,
        kind: chunk(
          said('actorType', actorType, actor.typeSaysActorType) +
            said('awsService', awsService) +
            said('anonymous', anonymous),
        ),
        who: chunk(
          said('actor', actor.actor, actor.hasArn) +
            member('actorAccount', actorAccount) +
            said('person', person, actor.personIsInArn),
        ),
        how: chunk(member('root', root) + member('crossAccount', crossAccount) + member('onBehalf', onBehalf)),
        mfa: chunk(said('mfa', actor.mfa, true)),
        isRoot: actorType === 'root',
        identityType: textOf(objectOf(members.userIdentity).type),
      }
    },
  )
  const clientOf = facet('client', ['userAgent'], 4096, 192, (members) => {
    const { tool, toolRisk } = deriveClient(members)
    const userAgent = textOf(members.userAgent)
    const isOrdinary = isOrdinaryAgent(userAgent ?? '', tool)
    return { json: chunk(member('tool', tool) + said('toolRisk', toolRisk)), isOrdinary, tool, toolRisk, userAgent }
  })
  const outcomeJson = ({ outcome, errorClass }: ReturnType<typeof deriveOutcome>, given: unknown) => ({
    outcome,
    errorClass,
    errorCode: textOf(given),
    told: given === undefined || textOf(given) !== undefined ? 0 : TOLD.oddErrorCode,
    json: chunk(member('outcome', outcome) + said('errorClass', errorClass)),
  })
  const outcomeByCode = facet('outcome', ['errorCode'], 512, 48, (members, bits) =>
    outcomeJson(deriveOutcome(members, (bits & WHOLE) !== 0), members.errorCode),
  )
  function outcomeOf(record: RecordScanner, call: CallFacts): ReturnType<typeof outcomeJson> {
    const { at } = record
    // What has neither is an excerpt, in which the error may just not be among what was asked for.
    const isWhole = call.isCall && (at[S.version] !== NONE || at[S.eventID] !== NONE || at[S.requestID] !== NONE)
    const hasCode = at[S.errorCode] !== NONE && isSomeText(record, at[S.errorCode]!)
    const isElsewhere = call.isSignIn || at[S.details] !== NONE || (at[S.errorMessage] !== NONE && !hasCode)
    if (!isElsewhere) return outcomeByCode(record, isWhole ? WHOLE : 0)
    const members = membersAt(record, ELSEWHERE)
    return outcomeJson(deriveOutcomeElsewhere(members, isWhole), members.errorCode)
  }
  const connectionOf = facet(
    'connection',
    ['tlsDetails.tlsVersion', 'tlsDetails.cipherSuite', 'additionalEventData.CipherSuite'],
    256,
    96,
    (members) => {
      const { https, tlsOutdated, tlsVersion } = deriveConnection(members)
      const inDetails =
        isLean && textOf(objectOf(members.tlsDetails).tlsVersion) !== undefined && tlsVersion !== undefined
      const outdated = member('tlsOutdated', tlsOutdated)
      return {
        json: chunk((inDetails ? '' : member('https', https) + member('tlsVersion', tlsVersion)) + outdated),
        ofObject: chunk(member('https', https) + said('tlsVersion', tlsVersion, !tlsOutdated) + outdated),
      }
    },
  )
  const timeOf = facet('time', ['eventTime'], 512, 32, ({ eventTime }) => ({
    ms: typeof eventTime === 'string' ? parseIsoTime(eventTime) : undefined,
  }))
  const accountOf = facet('account', ['recipientAccountId'], 512, 24, ({ recipientAccountId }) => ({
    id: accountIdOf(recipientAccountId),
  }))
  const parameterNames = ['bucketName', 'bucket', 'Bucket'].map((name) => `requestParameters.${name}`)
  const bucketOf = facet('bucket', parameterNames, 2048, 72, (members) => {
    const bucket = deriveBucket(members)
    return { ...bucket, isLog: bucket.name !== undefined && environment.isLogBucket(bucket.name) }
  })
  const writeOf = facet(
    'write',
    [
      'requestParameters.x-amz-acl',
      ...WRITE_HEADERS.flatMap((name) => [`requestParameters.${name}`, `responseElements.${name}`]),
      'additionalEventData.SSEApplied',
    ],
    1024,
    192,
    (members) => {
      const write = deriveWrite(members)
      return { ...write, json: chunk(member('sse', write.sse)) }
    },
  )

  function settingOf(
    record: RecordScanner,
    call: CallFacts,
    write: WriteFacts | undefined,
    recipient: string | undefined,
    time: number | undefined,
  ): ConfigChange | undefined {
    // Of an object that is written only the ACL matters: parsed where there is more than the header that is known.
    const isRead = call.isSetting || (write !== undefined && (write.isPublic || mayGrant(record)))
    if (!isRead) return undefined
    const parameters = objectOf(valueAt(record, S.parameters))
    return deriveSetting(
      call,
      parameters,
      (accountId) => environment.isForeign(accountId, recipient),
      environment.known,
      time,
    )
  }

  function countAt(record: RecordScanner, slot: Slot): number | undefined {
    const entry = record.at[slot]!
    if (entry === NONE) return undefined
    const { bytes } = record
    const to = record.ends[entry]!
    let sum = 0
    for (let i = record.values[entry]!; i < to; i++) {
      const digit = bytes[i]! - 0x30
      if (digit < 0 || digit > 9 || sum > 1e14) return oddCount(valueAt(record, slot))
      sum = sum * 10 + digit
    }
    return sum === 0 ? undefined : sum
  }

  /** @param slot where it stands in the record, with the digits of what a double cannot hold. */
  function writeCount(json: Chunk, value: number, record: RecordScanner, slot: Slot): void {
    out.put(json)
    if (Number.isSafeInteger(value) && value >= 0) out.number(value)
    else out.text(JSON_NUMBER.exec(jsonAt(record, slot) ?? '')?.[1] ?? JSON.stringify(value))
  }

  const DOES_NOT_WEAKEN = chunk(said('weakens', false))
  const WEAKENS = chunk(',"weakens":true')
  const IP_CLASS = {
    public: chunk(said('ipClass', 'public')),
    private: chunk(',"ipClass":"private"'),
    aws: chunk(',"ipClass":"aws"'),
    allow: chunk(',"ipClass":"allow"'),
    block: chunk(',"ipClass":"block"'),
  }
  const KEY_ID = chunk(',"keyId":')
  const BYTES_IN = chunk(',"bytesIn":')
  const BYTES_OUT = chunk(',"bytesOut":')
  const LAG = chunk(',"lagSeconds":')

  function read(record: RecordScanner): RecordFacts {
    const { at } = record
    const call = callOf(record, at[S.insight] === NONE ? 0 : HAS_INSIGHT)
    const { isObjectEvent, isS3 } = call
    const recipient = accountOf(record).id
    const sourceIPAddress = textAt(record, S.address)
    const actor = actorOf(record, (call.isSignIn ? SIGN_IN : 0) | (isAwsSource(sourceIPAddress) ? FROM_AWS : 0))
    const client = clientOf(record)
    const eventTimeMs = timeOf(record).ms
    const outcome = outcomeOf(record, call)
    const write = call.writesObject ? writeOf(record) : undefined
    const setting = settingOf(record, call, write, recipient, eventTimeMs)
    const named = isS3 ? bucketOf(record) : undefined
    const bucket =
      named === undefined || named.isPlain ? named?.name : (bucketAmong(valueAt(record, S.resources)) ?? named.name)
    const key = isS3 ? keyOf(record) : undefined
    const actorKnown = bucket === undefined ? undefined : environment.knowsActor(bucket, actor.actor)
    const isForeign = (accountId: string): boolean => environment.isForeign(accountId, recipient)
    const bytesOut = countAt(record, S.bytesOut)
    const bytesIn = countAt(record, S.bytesIn)
    const isLogBucket = bucket !== undefined && (named?.name === bucket ? named.isLog : environment.isLogBucket(bucket))
    const isTruncated = holdsLarge(record, capBytes) || isTrue(record, S.omitted) || isTrue(record, S.extraOmitted)

    out.clear()
    out.put(call.head)
    const isAsNamed = setting === undefined || setting.change === call.change
    out.put(isAsNamed ? call.changed : chunk(said('change', setting.change)))
    out.put(outcome.json)
    out.put(actor.kind)
    out.put(client.json)
    out.put(setting?.weakens === true ? WEAKENS : DOES_NOT_WEAKEN)
    out.put(actor.who)
    const accessKey = at[S.accessKeyId]!
    if (!isLean && accessKey !== NONE && isSomeText(record, accessKey)) {
      out.put(KEY_ID)
      out.copy(record.bytes, record.values[accessKey]!, record.ends[accessKey]!)
    }
    out.put(actor.how)
    const mfaUsed = call.isLogin ? textOf(valueAt(record, S.mfaUsed)) : undefined
    if (mfaUsed !== undefined) out.text(`,"mfa":${mfaUsed === 'Yes'}`)
    else out.put(actor.mfa)
    const ipClass = classifyIp(sourceIPAddress)
    if (ipClass !== undefined) out.put(IP_CLASS[ipClass])
    const connection = connectionOf(record)
    out.put(isObjectEvent ? connection.ofObject : connection.json)
    if (isS3 && (at[S.signedHeaders] !== NONE || is(record, S.method, '"QueryString"'))) out.text(',"presigned":true')
    const isSite = isS3 && actor.anonymous && isWebsite(membersAt(record, HOSTS))
    if (isS3 && actor.anonymous) out.text(said('website', isSite))
    if (is(record, S.aclRequired, '"Yes"')) out.text(',"aclRequired":true')
    if (bytesIn !== undefined) writeCount(BYTES_IN, bytesIn, record, S.bytesIn)
    if (bytesOut !== undefined) writeCount(BYTES_OUT, bytesOut, record, S.bytesOut)
    const isCopied = call.isCopy && hasForeignBucket(valueAt(record, S.resources), isForeign)
    if (setting?.public === true) out.text(',"public":true')
    const isExternal = setting?.external === true || isCopied
    if (isExternal) out.text(',"external":true')
    if (setting?.expireDays !== undefined) out.text(`,"expireDays":${setting.expireDays}`)
    if (write !== undefined) out.put(write.json)
    else if (setting?.sse !== undefined) out.text(`,"sse":"${setting.sse}"`)
    const isKmsExternal =
      setting?.kmsExternal === true || (write !== undefined && isForeignKey(keyOfWrite(record), isForeign))
    if (isKmsExternal) out.text(',"kmsExternal":true')
    const keyClass = classifyObjectName(key)
    if (keyClass !== undefined) out.text(`,"keyClass":"${keyClass}"`)
    if (isLogBucket) out.text(',"logBucket":true')
    const isOwnStack = call.isChange && namesStack(record, environment.stackNames)
    if (isOwnStack) {
      out.text(environment.isDeployer(actor.actor) ? ',"ownStack":true,"deployer":true' : ',"ownStack":true')
    }
    if (actorKnown !== undefined) out.text(`,"watched":true,"actorKnown":${actorKnown}`)
    if (call.mayQuarantine && isQuarantine(objectOf(valueAt(record, S.parameters)))) out.text(',"keyQuarantine":true')
    if (isTruncated) out.text(',"truncated":true')
    if (eventTimeMs === undefined) {
      out.text(',"timeMissing":true')
    } else {
      const lag = lagOf(eventTimeMs, options.now(), shortestLag)
      if (lag !== undefined) writeCount(LAG, lag, record, S.eventTime)
    }
    const eventID = textAt(record, S.eventID)
    const told =
      outcome.told |
      (setting?.public === true ? TOLD.public : 0) |
      (isExternal ? TOLD.external : 0) |
      (isKmsExternal ? TOLD.kmsExternal : 0) |
      (setting?.weakens === true ? TOLD.weakens : 0) |
      (isOwnStack ? TOLD.ownStack : 0) |
      (isSite ? TOLD.website : 0) |
      (isTrue(record, S.omitted) ? TOLD.omitted : 0) |
      (accessKey === NONE || !isLongLived(record, accessKey) ? TOLD.noLongLivedKey : 0) |
      (key !== undefined && record.bytes[record.values[at[S.key]!]!] === 0x22 ? TOLD.key : 0)
    return {
      readOnly: call.readOnly,
      isObjectEvent,
      knownTool: client.isOrdinary,
      notRoot: !actor.isRoot,
      hasArn: actor.hasArn,
      // Whoever asks for foreign endpoints compares the two.
      isOwnByArn:
        actor.isOwnByArn && (at[S.endpointAccount] === NONE || textAt(record, S.endpointAccount) === recipient),
      arnSaysRole: actor.arnSaysRole,
      bucketIsNamed: named?.isPlain === true && !isCopied && !holdsForeignAccount(record, recipient),
      view: {
        kind: 'event',
        source: 'cloudtrail',
        eventTimeMs,
        identity: eventID === undefined ? undefined : `${eventID}/${recipient ?? ''}`,
        eventName: call.eventName ?? '',
        eventSource: call.eventSource ?? '',
        eventCategory: call.eventCategory,
        action: call.action,
        outcome: outcome.outcome,
        errorClass: outcome.errorClass,
        readOnly: call.readOnly,
        actor: actor.actor,
        awsService: actor.awsService,
        anonymous: actor.anonymous,
        sourceIPAddress,
        bucket,
        key,
        bytesOut,
        logBucket: isLogBucket,
        change: isAsNamed ? call.change : setting.change,
        toolRisk: client.toolRisk,
        ipClass,
        keyClass: keyClass ?? 'none',
        crossAccount: actor.crossAccount,
        truncated: isTruncated ? true : undefined,
        call: loggedCall(record, call, recipient),
        told,
        tool: client.tool,
        actorType: actor.actorType,
        person: actor.person,
        errorCode: outcome.errorCode,
        identityType: actor.identityType,
        sse: write === undefined ? setting?.sse : write.sse,
        userAgent: client.userAgent,
      },
    }
  }

  return { read, counts }
}

/** A number that is no plain run of digits, or a long one. */
function oddCount(value: unknown): number | undefined {
  const number = numberOf(value)
  return number === undefined || number === 0 || !Number.isFinite(number) ? undefined : number
}
/** A JSON number, also one written as a text. */
const JSON_NUMBER = /^"?(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)"?$/

/**
 * Where the same call may be logged again: for another account (both records then have a sharedEventID), or as a
 * network-activity event (both then have the VPC endpoint and the request id).
 */
function loggedCall(record: RecordScanner, call: CallFacts, recipient: string | undefined): LoggedCall | undefined {
  const { at } = record
  if (at[S.sharedEventID] === NONE && at[S.endpoint] === NONE) return undefined
  const shared = textAt(record, S.sharedEventID)
  const request = at[S.endpoint] === NONE ? undefined : textAt(record, S.requestID)
  const ids = [
    ...(shared === undefined ? [] : [`shared/${shared}`]),
    ...(request === undefined ? [] : [`${request}/${call.eventName ?? ''}`]),
  ]
  return ids.length === 0 ? undefined : { ids, loggedAs: `${call.eventCategory ?? ''}/${recipient ?? ''}` }
}

/** Whether the parameters name a resource of the stack: `bucketwatch-prod-alert`, `/bucketwatch/prod/cloudtrail`. */
function namesStack(record: RecordScanner, names: readonly string[]): boolean {
  const entry = record.at[S.parameters]!
  if (entry === NONE) return false
  // Only these bytes: what is searched for is nearly never there, and behind them may be megabytes of other records.
  const bytes = (record.bytes as Buffer).subarray(record.values[entry], record.ends[entry])
  return names.some((name) => {
    for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + 1)) {
      if (isNameStart(bytes[at - 1]!) && isNameEnd(bytes[at + name.length]!)) return true
    }
    return false
  })
}

/** A quotation mark, slash or colon: a name begins. */
const isNameStart = (byte: number): boolean => byte === 0x22 || byte === 0x2f || byte === 0x3a
/** It ends, or goes on with a hyphen or slash. */
const isNameEnd = (byte: number): boolean => isNameStart(byte) || byte === 0x2d

/** Whether parameters may hold grants besides the known headers. */
function mayGrant(record: RecordScanner): boolean {
  return (record.noticed & NOTICED.header) !== 0 || GRANTS.some((slot) => record.at[slot] !== NONE)
}
const GRANTS = ['AccessControlPolicy', 'accessControlPolicy', 'accessControlList', 'AccessControlList'].map((name) =>
  slotOf(`requestParameters.${name}`),
)

/** The KMS key that a written object was asked to be encrypted with, or that it was. */
function keyOfWrite(record: RecordScanner): unknown {
  const slot = KMS_KEYS.find((one) => record.at[one] !== NONE)
  return slot === undefined ? undefined : (textAt(record, slot) ?? valueAt(record, slot))
}

const ACCOUNT = Buffer.from('"accountId":"')
const ACCO = ACCOUNT.readInt32LE(1)

/** Whether the `resources` name an account that is not the recipient: read off the text, since all do. */
function holdsForeignAccount(record: RecordScanner, recipient: string | undefined): boolean {
  const entry = record.at[S.resources]!
  if (entry === NONE) return false
  const { bytes, view } = record
  const end = record.ends[entry]! - ACCOUNT.length
  for (let at = record.values[entry]!; at < end; at++) {
    if (bytes[at] !== 0x22 || view.getInt32(at + 1, true) !== ACCO || !isAt(bytes, at, ACCOUNT)) continue
    const from = at + ACCOUNT.length
    if (recipient === undefined) return true
    for (let i = 0; i < recipient.length; i++) if (bytes[from + i] !== recipient.charCodeAt(i)) return true
  }
  return false
}

function isAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}

function keyOf(record: RecordScanner): string | undefined {
  const entry = record.at[S.key]!
  if (entry === NONE) return undefined
  // Old events have an array.
  if (record.bytes[record.values[entry]!] === 0x5b) {
    const first = (valueAt(record, S.key) as readonly unknown[])[0]
    return textOf(first)
  }
  return textAt(record, S.key)
}

function isSomeText({ bytes, ends, values }: RecordScanner, entry: number): boolean {
  return bytes[values[entry]!] === 0x22 && ends[entry]! - values[entry]! > 2
}

/** `"AKIA`. */
function isLongLived({ bytes, values }: RecordScanner, entry: number): boolean {
  const at = values[entry]!
  return bytes[at + 1] === 0x41 && bytes[at + 2] === 0x4b && bytes[at + 3] === 0x49 && bytes[at + 4] === 0x41
}

/** A member's value where it is a text that is not empty. */
function textAt(record: RecordScanner, slot: Slot): string | undefined {
  const entry = record.at[slot]!
  if (entry === NONE || !isSomeText(record, entry)) return undefined
  const bytes = record.bytes as Buffer
  const from = record.values[entry]! + 1
  const to = record.ends[entry]! - 1
  if ((record.noticed & (NOTICED.escape | NOTICED.wide)) === 0) return bytes.toString('latin1', from, to)
  const text = bytes.toString('utf8', from, to)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}

function is(record: RecordScanner, slot: Slot, json: string): boolean {
  const entry = record.at[slot]!
  if (entry === NONE) return false
  const from = record.values[entry]!
  if (record.ends[entry]! - from !== json.length) return false
  for (let i = 0; i < json.length; i++) if (record.bytes[from + i] !== json.charCodeAt(i)) return false
  return true
}

function isTrue(record: RecordScanner, slot: Slot): boolean {
  return is(record, slot, 'true')
}
