import type { Buffer } from 'node:buffer'
import { isPublicAcl } from '../derive/acl.ts'
import { deriveAction, serviceOf } from '../derive/action.ts'
import { memoizePieces } from '../derive/bounded-memo.ts'
import { isForeignKey } from '../derive/config-change.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import { accountIdOf, deriveIdentity, isAwsSource } from '../derive/identity.ts'
import { holdsLongNumber, isEmpty, isObject, type JsonObject, numberOf, objectOf, textOf } from '../derive/json.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { isSecretName, mayHoldSecrets } from '../derive/redact.ts'
import { parseIsoTime } from '../derive/time.ts'
import { deriveTls } from '../derive/tls.ts'
import { deriveTool } from '../derive/tool.ts'
import type { NormalizedRecord, RecordView } from '../record.ts'
import { type DeriveContext, isCipher, isCopy, objectSse, WRITES_OBJECT, writeKey } from './derive.ts'
import { createJsonIndex } from './json-index.ts'
import { isOrdinaryTool, leanIdentity } from './lean.ts'

/** The members of a record in the order in which CloudTrail writes them, and we too. The index is a member's slot. */
const MEMBERS = [
  'eventVersion',
  'userIdentity',
  'eventTime',
  'eventSource',
  'eventName',
  'awsRegion',
  'sourceIPAddress',
  'userAgent',
  'errorCode',
  'errorMessage',
  'requestParameters',
  'responseElements',
  'additionalEventData',
  'requestID',
  'eventID',
  'readOnly',
  'resources',
  'eventType',
  'apiVersion',
  'managementEvent',
  'recipientAccountId',
  'sharedEventID',
  'vpcEndpointId',
  'eventCategory',
  'tlsDetails',
  'insightDetails',
  'serviceEventDetails',
].map(ascii)
const slot = (name: string): number => MEMBERS.findIndex((member) => holds(member, 0, member.length, ascii(name)))

const USER_IDENTITY = slot('userIdentity')
const EVENT_TIME = slot('eventTime')
const EVENT_SOURCE = slot('eventSource')
const EVENT_NAME = slot('eventName')
const SOURCE_IP_ADDRESS = slot('sourceIPAddress')
const USER_AGENT = slot('userAgent')
const ERROR_CODE = slot('errorCode')
const REQUEST_PARAMETERS = slot('requestParameters')
const RESPONSE_ELEMENTS = slot('responseElements')
const ADDITIONAL_EVENT_DATA = slot('additionalEventData')
const EVENT_ID = slot('eventID')
const READ_ONLY = slot('readOnly')
const EVENT_TYPE = slot('eventType')
const MANAGEMENT_EVENT = slot('managementEvent')
const RECIPIENT_ACCOUNT_ID = slot('recipientAccountId')
const EVENT_CATEGORY = slot('eventCategory')
const TLS_DETAILS = slot('tlsDetails')
const INSIGHT_DETAILS = slot('insightDetails')
const SERVICE_EVENT_DETAILS = slot('serviceEventDetails')

/** Texts that are copied as they are, before and after the values that are pruned. */
const HEAD = [
  EVENT_TIME,
  EVENT_SOURCE,
  EVENT_NAME,
  slot('awsRegion'),
  SOURCE_IP_ADDRESS,
  USER_AGENT,
  ERROR_CODE,
  slot('errorMessage'),
]
const TAIL = [
  slot('requestID'),
  EVENT_ID,
  READ_ONLY,
  slot('apiVersion'),
  RECIPIENT_ACCOUNT_ID,
  slot('sharedEventID'),
  slot('vpcEndpointId'),
  EVENT_CATEGORY,
]
/** Members that may be texts only, and never empty ones. */
const TEXTS = [...HEAD, EVENT_TYPE, ...TAIL].filter((one) => one !== READ_ONLY)
/** Members without which a record goes the other way. */
const REQUIRED = [
  USER_IDENTITY,
  EVENT_TIME,
  EVENT_SOURCE,
  EVENT_NAME,
  SOURCE_IP_ADDRESS,
  USER_AGENT,
  EVENT_ID,
  READ_ONLY,
  EVENT_TYPE,
  MANAGEMENT_EVENT,
  RECIPIENT_ACCOUNT_ID,
  EVENT_CATEGORY,
]

const QUOTE = 0x22
const OPEN_BRACE = 0x7b
const SMALL_A = 0x61
const SMALL_N = 0x6e
const SMALL_T = 0x74
const DASH = 0x2d

const AWS_API_CALL = ascii('AwsApiCall')
const DATA = ascii('Data')
const MANAGEMENT = ascii('Management')
const BUCKET_NAME = ascii('bucketName')
const KEY = ascii('key')
const VERSION_ID = ascii('versionId')
const OMITTED = ascii('omitted')
const CONSOLE_LOGIN = ascii('ConsoleLogin')
const BYTES_IN = ascii('bytesTransferredIn')
const BYTES_OUT = ascii('bytesTransferredOut')
const CIPHER_SUITE = ascii('CipherSuite')
const AUTHENTICATION_METHOD = ascii('AuthenticationMethod')
const AUTH_HEADER = ascii('AuthHeader')
const ACL_REQUIRED = ascii('aclRequired')
const YES = ascii('Yes')

/** More parameters than this are not looked through for doubles. */
const MAX_KEPT = 16

/** What a call's source and name say. */
interface Call {
  readonly eventSource: string
  readonly eventName: string
  readonly action: string
  readonly isS3: boolean
  readonly isWrite: boolean
  /** Nothing but the values below has to be read of such a call. */
  readonly isSimple: boolean
  readonly json: string
}

/** What an identity says, seen from one account and one kind of address. */
interface Actor {
  readonly isSimple: boolean
  readonly actor: string | undefined
  readonly awsService: boolean
  readonly anonymous: boolean
  /** The pruned identity of an S3 data event, and of any other. */
  readonly brief: string
  readonly whole: string
  /** The derived fields that are always there, and those that come after `weakens`. */
  readonly always: string
  readonly sometimes: string
}

interface Identity {
  readonly value: JsonObject | undefined
  recipientAccountId: string
  byAws: Actor | undefined
  byAnybody: Actor | undefined
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function holds(bytes: Uint8Array, from: number, to: number, text: Uint8Array): boolean {
  if (to - from !== text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false
  return true
}

function readCall(text: string, readOnly: boolean): Call {
  const { eventName, eventSource } = JSON.parse(`{${text}}`) as { eventName: string; eventSource: string }
  const service = serviceOf(eventSource)
  const { action, change } = deriveAction(eventSource, eventName, readOnly)
  return {
    eventSource,
    eventName,
    action,
    isS3: service === 's3',
    isWrite: service === 's3' && action === WRITES_OBJECT,
    isSimple: change === 'none' && !hasMoreToRead(service, eventName, action),
    json: fragment({ kind: 'event', source: 'cloudtrail', service, action, change }),
  }
}

/** Calls of which values are read that no other call has. */
function hasMoreToRead(service: string, eventName: string, action: string): boolean {
  if (eventName === 'ConsoleLogin' || eventName === 'CreateAccessKey' || eventName === 'CreateKey') return true
  if (service === 'signin') return true
  if (service === 's3') return isCopy(eventName) || action === 'bucket.create'
  return /^(?:Attach|Put)/.test(eventName) && (service === 'iam' || service === 'kms')
}

/** The members of an object as JSON, without its braces. */
function fragment(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).slice(1, -1)
}

/** As {@link fragment}, to be put behind other members. */
function further(fields: Readonly<Record<string, unknown>>): string {
  const json = fragment(fields)
  return json === '' ? '' : `,${json}`
}

function yes(condition: boolean): true | undefined {
  return condition ? true : undefined
}

/**
 * Makes the fast way to lean records, for the records that there are most of: S3 data events and other ordinary calls,
 * written as CloudTrail writes them. It does not parse a record but finds its members' bytes, remembers what those say
 * that come again and again (identities, calls, user agents, addresses), and copies what stays.
 *
 * Undefined for every record that has anything unusual about it: that one must be parsed. Where it does answer, the
 * message is the same to the byte, and the view is equal: see normalize-fast.test.ts.
 *
 * @param capBytes as for leanRecord.
 */
export function createFastLean(
  context: DeriveContext,
  capBytes: number,
): (bytes: Buffer) => NormalizedRecord | undefined {
  const { environment } = context
  const index = createJsonIndex()
  const { ends, names, nexts, values } = index
  /** The entry of each member, by slot; -1 where the record does not have it. */
  const at = new Int32Array(MEMBERS.length)
  const kept = new Int32Array(MAX_KEPT)

  const reads = memoizePieces((text) => readCall(text, true))
  const writes = memoizePieces((text) => readCall(text, false))
  const times = memoizePieces((text) => ({ ms: parseIsoTime(text) }), 1024)
  const accounts = memoizePieces((text) => ({ accountId: accountIdOf(text) }), 1024)
  const addresses = memoizePieces((text) => ({
    text,
    isAws: isAwsSource(text),
    json: further({ ipClass: context.classifyIp(text) }),
  }))
  const agents = memoizePieces((text) => {
    const { tool, toolRisk } = deriveTool(text)
    return { text, tool, isOrdinary: isOrdinaryTool(tool), json: fragment({ tool, toolRisk }) }
  })
  const errors = memoizePieces((text) => {
    const errorClass = deriveErrorClass(text)
    const outcome = errorClass === 'none' ? 'success' : 'failure'
    return { outcome, errorClass, json: fragment({ outcome, errorClass }) } as const
  }, 1024)
  const success = { outcome: 'success', errorClass: 'none', json: fragment({ outcome: 'success', errorClass: 'none' }) } as const
  const tls = memoizePieces((text) => {
    const details = objectOf(JSON.parse(text))
    const { tlsVersion, tlsOutdated } = deriveTls(textOf(details.tlsVersion))
    return {
      isHttps: tlsVersion !== undefined || isCipher(details.cipherSuite),
      json: further({ tlsVersion, tlsOutdated: yes(tlsOutdated) }),
    }
  })
  const noTls = { isHttps: false, json: '' }
  const ciphers = memoizePieces((text) => ({ isCipher: isCipher(text) }), 1024)
  const buckets = memoizePieces((name) => ({
    name,
    isSimple:
      !name.startsWith('arn:') &&
      !name.endsWith('-s3alias') &&
      !environment.isLogBucket(name) &&
      environment.knowsActor(name, undefined) === undefined,
  }))
  const identities = memoizePieces(
    (text): Identity => {
      const value: unknown = JSON.parse(text)
      return {
        value: isObject(value) ? value : undefined,
        recipientAccountId: '',
        byAws: undefined,
        byAnybody: undefined,
      }
    },
    4096,
    4096,
  )

  function actorOf(identity: Identity, address: { text: string; isAws: boolean }, recipientAccountId: string): Actor {
    if (identity.recipientAccountId !== recipientAccountId) {
      identity.recipientAccountId = recipientAccountId
      identity.byAws = identity.byAnybody = undefined
    }
    if (address.isAws) return (identity.byAws ??= readActor(identity.value, address.text, recipientAccountId))
    return (identity.byAnybody ??= readActor(identity.value, address.text, recipientAccountId))
  }

  function readActor(value: JsonObject | undefined, sourceIPAddress: string, recipientAccountId: string): Actor {
    const facts = deriveIdentity(value, sourceIPAddress, 'AwsApiCall')
    const { actor, actorAccount, actorType, anonymous, awsService } = facts
    const isForeign = actorAccount !== undefined && environment.isForeign(actorAccount, recipientAccountId)
    // Without one of these the actor may be the very address, and an anonymous caller's website has to be read.
    const isNamed = textOf(value?.arn) !== undefined || textOf(value?.invokedBy) !== undefined
    return {
      isSimple: isNamed && !anonymous && actorType !== 'root',
      actor,
      awsService,
      anonymous,
      brief: further({ userIdentity: leanIdentity(value, true, recipientAccountId) }),
      whole: further({ userIdentity: leanIdentity(value, false, recipientAccountId) }),
      always: fragment({ actorType, awsService, anonymous }),
      sometimes: further({
        actor,
        actorAccount: actorAccount === recipientAccountId ? undefined : actorAccount,
        crossAccount: yes(isForeign && !awsService),
        mfa: awsService ? undefined : facts.sessionMfa,
      }),
    }
  }

  /** Fills `at`; false where a member is there twice. */
  function locate(bytes: Uint8Array): boolean {
    at.fill(-1)
    let next = 0
    for (let entry = 0; entry < index.count; entry = nexts[entry]!) {
      const found = slotOf(bytes, names[entry]! + 1, values[entry]! - 2, next)
      if (found === -1) continue
      if (at[found] !== -1) return false
      at[found] = entry
      next = found + 1
    }
    return true
  }

  function isNull(bytes: Uint8Array, one: number): boolean {
    const entry = at[one]!
    return entry === -1 || bytes[values[entry]!] === SMALL_N
  }

  function hasOnlyTexts(bytes: Uint8Array): boolean {
    for (const one of TEXTS) {
      const entry = at[one]!
      if (entry === -1) continue
      if (bytes[values[entry]!] !== QUOTE || ends[entry]! - values[entry]! === 2) return false
    }
    for (const one of REQUIRED) if (at[one] === -1) return false
    return at[INSIGHT_DETAILS] === -1 && at[SERVICE_EVENT_DETAILS] === -1
  }

  /** Whether a member is this text, or the text is there as a name inside of it. */
  function isText(bytes: Uint8Array, entry: number, text: Uint8Array): boolean {
    return bytes[values[entry]!] === QUOTE && holds(bytes, values[entry]! + 1, ends[entry]! - 1, text)
  }

  function isName(bytes: Uint8Array, entry: number, name: Uint8Array): boolean {
    return holds(bytes, names[entry]! + 1, values[entry]! - 2, name)
  }

  function hasMember(bytes: Uint8Array, one: number, name: Uint8Array): boolean {
    const outer = at[one]!
    if (outer === -1) return false
    for (let entry = outer + 1; entry < nexts[outer]!; entry = nexts[entry]!) if (isName(bytes, entry, name)) return true
    return false
  }

  function jsonOf(text: string, one: number): unknown {
    const entry = at[one]!
    return entry === -1 ? undefined : JSON.parse(text.slice(values[entry], ends[entry]))
  }

  /** The members as they stand, separated by commas; neighbours in one piece. */
  function copy(text: string, slots: readonly number[]): string {
    let copied = ''
    let from = -1
    let to = -1
    for (const one of slots) {
      const entry = at[one]!
      if (entry === -1) continue
      if (names[entry] !== to + 1) {
        if (from !== -1) copied += `${text.slice(from, to)},`
        from = names[entry]!
      }
      to = ends[entry]!
    }
    return copied + text.slice(from, to)
  }

  /** What readObject found. */
  const object = { isHttps: false, aclRequired: false, bytesIn: 0, bytesOut: 0, bucket: '', key: -1, json: '' }

  /** Reads an S3 data event's parameters and additional data into `object`; false where there is anything unusual. */
  function readObject(text: string, bytes: Buffer): boolean {
    object.isHttps = object.aclRequired = false
    object.bytesIn = object.bytesOut = 0
    object.key = -1
    object.json = ''
    let bucket = -1
    let version = -1
    let count = 0
    const parameters = at[REQUEST_PARAMETERS]!
    if (parameters === -1 || bytes[values[parameters]!] !== OPEN_BRACE) return false
    for (let entry = parameters + 1; entry < nexts[parameters]!; entry = nexts[entry]!) {
      if (isName(bytes, entry, BUCKET_NAME)) {
        if (bucket !== -1) return false
        bucket = entry
      } else if (isName(bytes, entry, KEY)) {
        if (object.key !== -1) return false
        object.key = entry
      } else if (isName(bytes, entry, VERSION_ID)) {
        if (version !== -1) return false
        version = entry
      } else if (isName(bytes, entry, OMITTED)) {
        return false
      } else if (!isAmz(bytes, names[entry]! + 1)) {
        continue
      } else if (bytes[names[entry]! + 1] !== 0x78 || isSecretName(text.slice(names[entry]! + 1, values[entry]! - 2))) {
        return false
      }
      // An empty text is not kept, and a value inside of others may look different once parsed.
      if (bytes[values[entry]!] !== QUOTE || ends[entry]! - values[entry]! === 2 || count === MAX_KEPT) return false
      for (let other = 0; other < count; other++) {
        const before = kept[other]!
        if (holds(bytes, names[entry]!, values[entry]!, bytes.subarray(names[before], values[before]))) return false
      }
      kept[count++] = entry
      object.json += `${count === 1 ? '' : ','}${text.slice(names[entry], ends[entry])}`
    }
    if (bucket === -1) return false
    const { isSimple, name } = buckets(text, bytes, values[bucket]! + 1, ends[bucket]! - 1)
    object.bucket = name
    return isSimple && readExtra(text, bytes)
  }

  function readExtra(text: string, bytes: Buffer): boolean {
    const extra = at[ADDITIONAL_EVENT_DATA]!
    if (extra === -1) return true
    let seen = 0
    for (let entry = extra + 1; entry < nexts[extra]!; entry = nexts[entry]!) {
      const value = values[entry]!
      let bit = 0
      if (isName(bytes, entry, BYTES_IN)) {
        bit = 1
        if (bytes[value] === QUOTE) return false
        object.bytesIn = Number(text.slice(value, ends[entry]))
      } else if (isName(bytes, entry, BYTES_OUT)) {
        bit = 2
        if (bytes[value] === QUOTE) return false
        object.bytesOut = Number(text.slice(value, ends[entry]))
      } else if (isName(bytes, entry, CIPHER_SUITE)) {
        bit = 4
        object.isHttps = bytes[value] === QUOTE && ciphers(text, bytes, value + 1, ends[entry]! - 1).isCipher
      } else if (isName(bytes, entry, AUTHENTICATION_METHOD)) {
        bit = 8
        if (!isText(bytes, entry, AUTH_HEADER)) return false
      } else if (isName(bytes, entry, ACL_REQUIRED)) {
        bit = 16
        object.aclRequired = isText(bytes, entry, YES)
      } else if (isName(bytes, entry, OMITTED)) {
        return false
      }
      if ((seen & bit) !== 0) return false
      seen |= bit
    }
    // null and true have no number either.
    return object.bytesIn >= 0 && object.bytesOut >= 0
  }

  return (bytes) => {
    if (!index.scan(bytes) || !locate(bytes) || !hasOnlyTexts(bytes)) return undefined
    if (!isText(bytes, at[EVENT_TYPE]!, AWS_API_CALL)) return undefined
    const isData = isText(bytes, at[EVENT_CATEGORY]!, DATA)
    if (!isData && !isText(bytes, at[EVENT_CATEGORY]!, MANAGEMENT)) return undefined
    if (bytes[values[at[MANAGEMENT_EVENT]!]!] !== (isData ? 0x66 : SMALL_T)) return undefined
    const source = at[EVENT_SOURCE]!
    const name = at[EVENT_NAME]!
    const isReadOnly = bytes[values[at[READ_ONLY]!]!] === SMALL_T
    if (nexts[source] !== name || (!isReadOnly && bytes[values[at[READ_ONLY]!]!] !== 0x66)) return undefined

    const text = bytes.toString('latin1')
    const call = (isReadOnly ? reads : writes)(text, bytes, names[source]!, ends[name]!)
    if (!call.isSimple || (call.isS3 && !isData)) return undefined
    const piece = <T>(memo: (text: string, bytes: Buffer, from: number, to: number) => T, entry: number): T =>
      memo(text, bytes, values[entry]! + 1, ends[entry]! - 1)
    const { ms } = piece(times, at[EVENT_TIME]!)
    const { accountId } = piece(accounts, at[RECIPIENT_ACCOUNT_ID]!)
    if (ms === undefined || accountId === undefined) return undefined
    const address = piece(addresses, at[SOURCE_IP_ADDRESS]!)
    const agent = piece(agents, at[USER_AGENT]!)
    const error = at[ERROR_CODE] === -1 ? success : piece(errors, at[ERROR_CODE]!)
    const identity = at[USER_IDENTITY]!
    const actor = actorOf(identities(text, bytes, values[identity]!, ends[identity]!), address, accountId)
    if (!actor.isSimple) return undefined
    const details = at[TLS_DETAILS]!
    const { isHttps, json: tlsJson } = details === -1 ? noTls : tls(text, bytes, values[details]!, ends[details]!)
    if (!isNull(bytes, RESPONSE_ELEMENTS) && hasMember(bytes, RESPONSE_ELEMENTS, CONSOLE_LOGIN)) return undefined

    let middle = ''
    let rest = ''
    let key: string | undefined
    let bucket: string | undefined
    let bytesOut: number | undefined
    if (call.isS3) {
      if (!readObject(text, bytes)) return undefined
      bucket = object.bucket
      middle = `${actor.brief},"requestParameters":{${object.json}}`
      if (agent.isOrdinary) at[USER_AGENT] = -1
      if (isHttps || object.isHttps) rest = ',"https":true'
      rest += tlsJson
      if (object.aclRequired) rest += ',"aclRequired":true'
      if (object.bytesIn !== 0) rest += `,"bytesIn":${object.bytesIn}`
      if (object.bytesOut !== 0) {
        bytesOut = object.bytesOut
        rest += `,"bytesOut":${bytesOut}`
      }
      if (call.isWrite) {
        const parameters = objectOf(jsonOf(text, REQUEST_PARAMETERS))
        const response = objectOf(jsonOf(text, RESPONSE_ELEMENTS))
        const isForeign = (id: string): boolean => environment.isForeign(id, accountId)
        if (isPublicAcl(parameters)) return undefined
        if (isForeignKey(writeKey(parameters, { responseElements: response }), isForeign)) return undefined
        const sse = objectSse(parameters, objectOf(jsonOf(text, ADDITIONAL_EVENT_DATA)), response)
        if (sse !== undefined) rest += `,"sse":"${sse}"`
      }
      if (object.key !== -1) {
        key = bytes.toString('latin1', values[object.key]! + 1, ends[object.key]! - 1)
        const keyClass = classifyObjectName(key)
        if (keyClass !== undefined) rest += `,"keyClass":"${keyClass}"`
      }
    } else {
      const parameters = jsonOf(text, REQUEST_PARAMETERS)
      const extra = jsonOf(text, ADDITIONAL_EVENT_DATA)
    }
    return undefined
  }

  function slotOf(bytes: Uint8Array, from: number, to: number, guess: number): number {
    for (let one = guess; one < MEMBERS.length; one++) if (holds(bytes, from, to, MEMBERS[one]!)) return one
    for (let one = 0; one < guess; one++) if (holds(bytes, from, to, MEMBERS[one]!)) return one
    return -1
  }

  function isAmz(bytes: Uint8Array, name: number): boolean {
    return (
      (bytes[name]! | 0x20) === 0x78 &&
      bytes[name + 1] === DASH &&
      (bytes[name + 2]! | 0x20) === SMALL_A &&
      (bytes[name + 3]! | 0x20) === 0x6d &&
      (bytes[name + 4]! | 0x20) === 0x7a &&
      bytes[name + 5] === DASH
    )
  }
}
