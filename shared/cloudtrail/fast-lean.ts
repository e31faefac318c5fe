import type { Buffer } from 'node:buffer'
import { isPublicAcl } from '../derive/acl.ts'
import { isForeignKey } from '../derive/config-change.ts'
import { isEmpty, isObject, type JsonObject, numberOf, objectOf } from '../derive/json.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { mayHoldSecrets } from '../derive/redact.ts'
import { parseIsoTime } from '../derive/time.ts'
import type { NormalizedRecord } from '../record.ts'
import { type DeriveContext, isCipher, objectSse, writeKey } from './derive.ts'
import { createFastFacts, NO_TLS, SUCCESS } from './fast-facts.ts'
import { createObjectReader } from './fast-object.ts'
import { asciiBytes, booleanAt, createJsonIndex, isNamed, isText } from './json-index.ts'
import { ABSENT, copyMembers, createLayout, HEAD, readLayout, SLOT, TAIL } from './record-layout.ts'

const AWS_API_CALL = asciiBytes('AwsApiCall')
const DATA = asciiBytes('Data')
const MANAGEMENT = asciiBytes('Management')
const CONSOLE_LOGIN = asciiBytes('ConsoleLogin')
const OPEN_BRACE = 0x7b

/**
 * Makes the fast way to lean records, for the records that there are most of: S3 data events and other ordinary calls,
 * as CloudTrail itself writes them. Such a record is not parsed: its members are found in its bytes, what recurs is
 * remembered, and what stays is copied.
 *
 * Undefined for every record that has anything unusual about it; that one must be parsed. Where there is an answer, it
 * is the one that parsing gives: the same message to the byte, an equal view.
 *
 * @param capBytes as for leanRecord.
 */
export function createFastLean(
  context: DeriveContext,
  capBytes: number,
): (bytes: Buffer) => NormalizedRecord | undefined {
  const { environment, now } = context
  const facts = createFastFacts(context)
  const object = createObjectReader()
  const index = createJsonIndex()
  const { ends, names, nexts, values } = index
  const layout = createLayout()

  function parsed(text: string, slot: number): unknown {
    const entry = layout[slot]!
    return entry === ABSENT ? undefined : JSON.parse(text.slice(values[entry], ends[entry]))
  }

  function bytesOf(slot: number): number {
    const entry = layout[slot]!
    return entry === ABSENT ? 0 : ends[entry]! - values[entry]!
  }

  function hasConsoleLogin(): boolean {
    const response = layout[SLOT.responseElements]!
    if (response === ABSENT) return false
    for (let entry = response + 1; entry < nexts[response]!; entry = nexts[entry]!) {
      if (isNamed(index, entry, CONSOLE_LOGIN)) return true
    }
    return false
  }

  /** Encryption of an object being written; undefined where there is more to say about it. */
  function writtenObject(text: string, recipientAccountId: string): string | undefined {
    const parameters = objectOf(parsed(text, SLOT.requestParameters))
    const responseElements = objectOf(parsed(text, SLOT.responseElements))
    if (isPublicAcl(parameters)) return undefined
    const isForeign = (accountId: string): boolean => environment.isForeign(accountId, recipientAccountId)
    if (isForeignKey(writeKey(parameters, { responseElements }), isForeign)) return undefined
    const sse = objectSse(parameters, objectOf(parsed(text, SLOT.additionalEventData)), responseElements)
    return sse === undefined ? '' : `,"sse":"${sse}"`
  }

  return (bytes) => {
    if (!index.scan(bytes) || !readLayout(index, layout) || !isText(index, layout[SLOT.eventType]!, AWS_API_CALL)) {
      return undefined
    }
    const category = layout[SLOT.eventCategory]!
    const isData = isText(index, category, DATA)
    if (!isData && !isText(index, category, MANAGEMENT)) return undefined
    if (booleanAt(index, layout[SLOT.managementEvent]!) !== !isData) return undefined
    const readOnly = booleanAt(index, layout[SLOT.readOnly]!)
    const source = layout[SLOT.eventSource]!
    const name = layout[SLOT.eventName]!
    if (readOnly === undefined || nexts[source] !== name || hasConsoleLogin()) return undefined

    const text = bytes.toString('latin1')
    const call = (readOnly ? facts.call.ofRead : facts.call.ofWrite)(text, bytes, names[source]!, ends[name]!)
    if (!call.isSimple || (call.isS3 && !isData)) return undefined
    const time = layout[SLOT.eventTime]!
    const ms = parseIsoTime(text.slice(values[time]! + 1, ends[time]! - 1))
    const recipient = layout[SLOT.recipientAccountId]!
    const { accountId } = facts.account(text, bytes, values[recipient]! + 1, ends[recipient]! - 1)
    if (ms === undefined || accountId === undefined) return undefined
    const ip = layout[SLOT.sourceIPAddress]!
    const address = facts.address(text, bytes, values[ip]! + 1, ends[ip]! - 1)
    const userIdentity = layout[SLOT.userIdentity]!
    const identity = facts.identity(text, bytes, values[userIdentity]!, ends[userIdentity]!)
    const actor = facts.actorOf(identity, address, call.isS3, accountId)
    if (!actor.isSimple) return undefined
    const userAgent = layout[SLOT.userAgent]!
    const agent = facts.agent(text, bytes, values[userAgent]! + 1, ends[userAgent]! - 1)
    const code = layout[SLOT.errorCode]!
    const error = code === ABSENT ? SUCCESS : facts.error(text, bytes, values[code]! + 1, ends[code]! - 1)
    const details = layout[SLOT.tlsDetails]!
    const tls = details === ABSENT ? NO_TLS : facts.tls(text, bytes, values[details]!, ends[details]!)

    let { isHttps } = tls
    let inside: string
    let sse = ''
    let keyClass = ''
    let bucket: string | undefined
    let key: string | undefined
    let aclRequired = false
    let bytesIn: number | undefined
    let bytesOut: number | undefined
    if (call.isS3) {
      const parameters = layout[SLOT.requestParameters]!
      if (parameters === ABSENT || !object.read(text, index, parameters, layout[SLOT.additionalEventData]!)) {
        return undefined
      }
      const found = object.facts
      const known = facts.bucket(text, bytes, values[found.bucket]! + 1, ends[found.bucket]! - 1)
      if (!known.isSimple) return undefined
      if (call.writesObject) {
        const written = writtenObject(text, accountId)
        if (written === undefined) return undefined
        sse = written
      }
      if (!isHttps && found.cipher !== ABSENT) {
        isHttps = isCipher(JSON.parse(text.slice(values[found.cipher], ends[found.cipher])))
      }
      ;({ aclRequired, bytesIn, bytesOut } = found)
      bucket = known.name
      if (found.key !== ABSENT) {
        // A copy of its own, since rollups keep keys.
        key = bytes.toString('latin1', values[found.key]! + 1, ends[found.key]! - 1)
        const found2 = classifyObjectName(key)
        if (found2 !== undefined) keyClass = `,"keyClass":"${found2}"`
      }
      if (agent.isOrdinary) layout[SLOT.userAgent] = ABSENT
      inside = `${actor.json},"requestParameters":{${found.json}}`
    } else {
      if (bytesOf(SLOT.requestParameters) > capBytes || bytesOf(SLOT.additionalEventData) > capBytes) return undefined
      const parameters = parsed(text, SLOT.requestParameters) ?? undefined
      const extra = parsed(text, SLOT.additionalEventData) ?? undefined
      inside = actor.json
      if (parameters !== undefined) {
        if (!isObject(parameters) || parameters.omitted === true) return undefined
        if (!isEmpty(parameters)) inside += `,"requestParameters":${JSON.stringify(parameters)}`
      }
      if (extra !== undefined) {
        if (!isObject(extra) || extra.omitted === true) return undefined
        if (!isEmpty(extra)) inside += `,"additionalEventData":${JSON.stringify(extra)}`
        isHttps ||= isCipher(extra.CipherSuite)
        aclRequired = extra.aclRequired === 'Yes'
        bytesIn = numberOf(extra.bytesTransferredIn)
        bytesOut = numberOf(extra.bytesTransferredOut)
      }
      if (agent.tool === 'awsinternal' && agent.text === address.text) layout[SLOT.userAgent] = ABSENT
    }
    if (bytesIn === 0) bytesIn = undefined
    if (bytesOut === 0) bytesOut = undefined
    const message =
      `{${copyMembers(text, index, layout, HEAD)}${inside},${copyMembers(text, index, layout, TAIL)},` +
      `${call.json},${error.json},${actor.before},${agent.json},"weakens":false${actor.after}${address.json}` +
      `${isHttps ? ',"https":true' : ''}${tls.json}${aclRequired ? ',"aclRequired":true' : ''}` +
      `${bytesIn === undefined ? '' : `,"bytesIn":${bytesIn}`}${bytesOut === undefined ? '' : `,"bytesOut":${bytesOut}`}` +
      `${sse}${keyClass},"lagSeconds":${Math.max(0, Math.round((now() - ms) / 1000))}}`
    // As in normalize.ts: of an object event only what stands behind "=" can be a secret.
    const isPlain = call.isS3 && !message.includes('=') && !message.includes('%')
    if (!isPlain && mayHoldSecrets(message)) return undefined
    const id = layout[SLOT.eventID]!
    return {
      message,
      view: {
        kind: 'event',
        source: 'cloudtrail',
        eventTimeMs: ms,
        identity: `${bytes.toString('latin1', values[id]! + 1, ends[id]! - 1)}/${accountId}`,
        eventName: call.eventName,
        eventSource: call.eventSource,
        eventCategory: isData ? 'Data' : 'Management',
        action: call.action,
        outcome: error.outcome,
        errorClass: error.errorClass,
        readOnly,
        actor: actor.actor,
        awsService: actor.awsService,
        anonymous: actor.anonymous,
        sourceIPAddress: address.text,
        bucket,
        key,
        bytesOut,
        logBucket: false,
        truncated: undefined,
      },
    }
  }
}
