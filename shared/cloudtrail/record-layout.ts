import { asciiBytes, holds, isSomeText, type JsonIndex } from './json-index.ts'

/** The members of a record, in the order in which CloudTrail writes them. A member's slot is its index. */
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
  'vpcEndpointAccountId',
  'eventCategory',
  'tlsDetails',
  'insightDetails',
  'serviceEventDetails',
] as const
type Member = (typeof MEMBERS)[number]

const NAMES = MEMBERS.map(asciiBytes)

/** The slot of each member. */
export const SLOT = Object.fromEntries(MEMBERS.map((name, slot) => [name, slot])) as Readonly<Record<Member, number>>

/** Texts that stay as they are: those before, and those after the members that are pruned inside. */
export const HEAD: readonly number[] = [
  SLOT.eventTime,
  SLOT.eventSource,
  SLOT.eventName,
  SLOT.awsRegion,
  SLOT.sourceIPAddress,
  SLOT.userAgent,
  SLOT.errorCode,
  SLOT.errorMessage,
]
export const TAIL: readonly number[] = [
  SLOT.requestID,
  SLOT.eventID,
  SLOT.readOnly,
  SLOT.apiVersion,
  SLOT.recipientAccountId,
  SLOT.sharedEventID,
  SLOT.vpcEndpointId,
  SLOT.eventCategory,
]
const TEXTS = [...HEAD, ...TAIL, SLOT.eventType].filter((slot) => slot !== SLOT.readOnly)
const REQUIRED = [
  SLOT.userIdentity,
  SLOT.eventTime,
  SLOT.eventSource,
  SLOT.eventName,
  SLOT.sourceIPAddress,
  SLOT.userAgent,
  SLOT.eventID,
  SLOT.readOnly,
  SLOT.eventType,
  SLOT.managementEvent,
  SLOT.recipientAccountId,
  SLOT.eventCategory,
]
/** Members of events that are no calls. */
const UNUSUAL = [SLOT.insightDetails, SLOT.serviceEventDetails]

/** A member that is not there. */
export const ABSENT = -1

/** Makes room for a layout: the entry in the index of each member, by slot, or {@link ABSENT}. */
export function createLayout(): Int32Array {
  return new Int32Array(MEMBERS.length)
}

/**
 * Finds the members of an indexed record. False where it is not laid out as CloudTrail lays out the record of a call: a
 * member is there twice, one that every such record has is missing, or what should be a text is none.
 */
export function readLayout(index: JsonIndex, layout: Int32Array): boolean {
  const { bytes, names, nexts, values } = index
  layout.fill(ABSENT)
  let next = 0
  for (let entry = 0; entry < index.count; entry = nexts[entry]!) {
    const slot = slotOf(bytes, names[entry]! + 1, values[entry]! - 2, next)
    if (slot === ABSENT) continue
    if (layout[slot] !== ABSENT) return false
    layout[slot] = entry
    next = slot + 1
  }
  for (const slot of REQUIRED) if (layout[slot] === ABSENT) return false
  for (const slot of UNUSUAL) if (layout[slot] !== ABSENT) return false
  for (const slot of TEXTS) if (layout[slot] !== ABSENT && !isSomeText(index, layout[slot]!)) return false
  return true
}

/** @param guess the slot after that of the member before: as a rule the name is found there or soon after. */
function slotOf(bytes: Uint8Array, from: number, to: number, guess: number): number {
  for (let slot = guess; slot < NAMES.length; slot++) if (holds(bytes, from, to, NAMES[slot]!)) return slot
  for (let slot = 0; slot < guess; slot++) if (holds(bytes, from, to, NAMES[slot]!)) return slot
  return ABSENT
}

/**
 * The members in `slots` as they stand in the record's text, separated by commas. Neighbours, and as a rule nearly all
 * are, are taken in one piece.
 */
export function copyMembers(text: string, index: JsonIndex, layout: Int32Array, slots: readonly number[]): string {
  const { ends, names } = index
  let copied = ''
  let from = 0
  let to = 0
  for (const slot of slots) {
    const entry = layout[slot]!
    if (entry === ABSENT) continue
    // The record's own first name is at 1: next to nothing, though it looks as if next to 0.
    if (to === 0 || names[entry] !== to + 1) {
      if (to !== 0) copied += `${text.slice(from, to)},`
      from = names[entry]!
    }
    to = ends[entry]!
  }
  return copied + text.slice(from, to)
}
