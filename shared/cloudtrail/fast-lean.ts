import type { NormalizedRecord } from '../contracts/record.ts'
import { mayHideValue } from '../derive/redact.ts'
import type { DeriveContext } from './derive.ts'
import { createActorMemory } from './fast-actor.ts'
import { createFastFacts, NO_TLS, SUCCESS } from './fast-facts.ts'
import { createObjectReader } from './fast-object.ts'
import { createOtherReader } from './fast-other.ts'
import { ABSENT, copyText, type JsonIndex, jsonAt, nameAt } from './json-index.ts'
import { copyMembers, HEAD, isCall, SLOT, TAIL } from './record-layout.ts'

/**
 * Makes the fast way to lean records, for the records that there are most of: S3 data events and other ordinary calls,
 * as CloudTrail itself writes them. Such a record is not parsed: its members are found in its text, what recurs is
 * remembered, and what stays is copied.
 *
 * Takes an indexed record. Undefined for every one that has anything unusual about it; that one must be parsed. Where
 * there is an answer, it is the one that parsing gives: the same message to the byte, an equal view.
 *
 * @param capBytes as for leanRecord.
 */
export function createFastLean(
  context: DeriveContext,
  capBytes: number,
): (index: JsonIndex) => NormalizedRecord | undefined {
  const facts = createFastFacts(context)
  const recallActor = createActorMemory(context)
  const readObject = createObjectReader(context, facts)
  const readOther = createOtherReader(facts, capBytes)

  return (index) => {
    if (!isCall(index) || hasConsoleLogin(index)) return undefined
    const { ends, entries, names, values } = index
    const category = jsonAt(index, entries[SLOT.eventCategory]!)
    const isData = category === '"Data"'
    if (!isData && category !== '"Management"') return undefined
    if (jsonAt(index, entries[SLOT.managementEvent]!) !== (isData ? 'false' : 'true')) return undefined
    if (jsonAt(index, entries[SLOT.eventType]!) !== '"AwsApiCall"') return undefined
    const given = jsonAt(index, entries[SLOT.readOnly]!)
    const readOnly = given === 'true'
    if (!readOnly && given !== 'false') return undefined
    const source = entries[SLOT.eventSource]!
    const name = entries[SLOT.eventName]!
    const address = entries[SLOT.sourceIPAddress]!
    const agent = entries[SLOT.userAgent]!
    if (name !== source + 1 || agent !== address + 1) return undefined

    const call = (readOnly ? facts.read : facts.write)(index, names[source]!, ends[name]!)
    if (!call.isSimple) return undefined
    const isObjectEvent = call.isS3 && isData
    const client = facts.client(index, names[address]!, ends[agent]!)
    const recipient = entries[SLOT.recipientAccountId]!
    const account = facts.account(index, values[recipient]!, ends[recipient]!)
    const time = entries[SLOT.eventTime]!
    const { eventTimeMs } = facts.time(index, values[time]!, ends[time]!)
    if (eventTimeMs === undefined || !account.isId) return undefined
    const userIdentity = entries[SLOT.userIdentity]!
    const acting = recallActor(index, values[userIdentity]!, ends[userIdentity]!, {
      sourceIPAddress: client.sourceIPAddress,
      isAws: client.isAws,
      isObjectEvent,
      recipientAccountId: account.id,
    })
    const actor = acting.facts
    if (!actor.isSimple) return undefined
    const code = entries[SLOT.errorCode]!
    const error = code === ABSENT ? SUCCESS : facts.error(index, values[code]!, ends[code]!)
    const connection = entries[SLOT.tlsDetails]!
    const tls = connection === ABSENT ? NO_TLS : facts.tls(index, values[connection]!, ends[connection]!)
    const details = isObjectEvent ? readObject(index, call, account.id) : readOther(index, call)
    if (details === undefined) return undefined

    const isAgentKnown = isObjectEvent ? client.isOrdinary : client.isRepeated && !call.isS3
    const head = copyMembers(index, HEAD, isAgentKnown ? SLOT.userAgent : ABSENT)
    const tail = copyMembers(index, TAIL, ABSENT)
    if (mayHideValue(head) || mayHideValue(tail)) return undefined
    const { aclRequired, bytesIn, bytesOut } = details
    const lagSeconds = Math.max(0, Math.round((context.now() - eventTimeMs) / 1000))
    const message =
      `{${head}${acting.json}${details.json},${tail},${code === ABSENT ? call.succeeded : call.json + error.json}` +
      `${actor.before}${client.tool}${actor.after}${client.ipClass}` +
      `${tls.isHttps || details.isHttps ? ',"https":true' : ''}${tls.json}${aclRequired ? ',"aclRequired":true' : ''}` +
      `${bytesIn ? `,"bytesIn":${bytesIn}` : ''}${bytesOut ? `,"bytesOut":${bytesOut}` : ''}${details.more}` +
      `,"lagSeconds":${lagSeconds}}`
    return {
      message,
      view: {
        kind: 'event',
        source: 'cloudtrail',
        eventTimeMs,
        identity: `${copyText(index, entries[SLOT.eventID]!)}/${account.id}`,
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
        sourceIPAddress: client.sourceIPAddress,
        bucket: details.bucket,
        key: details.key,
        bytesOut: bytesOut === 0 ? undefined : bytesOut,
        logBucket: false,
        truncated: undefined,
      },
    }
  }
}

/** How a sign-in ended stands in the response, and only there. */
function hasConsoleLogin(index: JsonIndex): boolean {
  const response = index.entries[SLOT.responseElements]!
  if (response === ABSENT) return false
  for (let entry = response + 1; entry < index.nexts[response]!; entry = index.nexts[entry]!) {
    if (nameAt(index, entry) === 'ConsoleLogin') return true
  }
  return false
}
