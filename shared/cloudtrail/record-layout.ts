import { ABSENT, isSomeText, type JsonIndex } from './json-index.ts'

/** The members of a record, in the order in which CloudTrail writes them. */
export const MEMBERS = [
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

/** Where each member stands in MEMBERS. */
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
const REQUIRED = new Set([
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
])
const TEXTS = new Set([...HEAD, ...TAIL, SLOT.eventType].filter((slot) => slot !== SLOT.readOnly))
/** Members of events that are no calls. */
const UNUSUAL = new Set([SLOT.insightDetails, SLOT.serviceEventDetails])

/** By slot: what is asked of the member. */
const MUST_BE = 1
const MUST_NOT_BE = 2
const IS_TEXT = 4
const RULES = Uint8Array.from(
  MEMBERS,
  (_, slot) =>
    (REQUIRED.has(slot) ? MUST_BE : 0) | (UNUSUAL.has(slot) ? MUST_NOT_BE : 0) | (TEXTS.has(slot) ? IS_TEXT : 0),
)

/**
 * Whether an indexed record is laid out as CloudTrail lays out the record of a call: it has the members that every such
 * record has, and what should be a text is one.
 */
export function isCall(index: JsonIndex): boolean {
  const { entries } = index
  for (let slot = 0; slot < RULES.length; slot++) {
    const rule = RULES[slot]!
    const entry = entries[slot]!
    if (entry === ABSENT) {
      if ((rule & MUST_BE) !== 0) return false
    } else if ((rule & MUST_NOT_BE) !== 0 || ((rule & IS_TEXT) !== 0 && !isSomeText(index, entry))) {
      return false
    }
  }
  return true
}

/**
 * The members in `slots` as they stand in the record's text, separated by commas. Neighbours, and as a rule nearly all
 * are, are taken in one piece.
 *
 * @param left a slot that is left out all the same.
 */
export function copyMembers(index: JsonIndex, slots: readonly number[], left: number): string {
  const { ends, entries, names, text } = index
  let copied = ''
  let from = 0
  let to = -1
  for (const slot of slots) {
    const entry = slot === left ? ABSENT : entries[slot]!
    if (entry === ABSENT) continue
    if (names[entry] !== to + 1) {
      if (to !== -1) copied += `${text.slice(from, to)},`
      from = names[entry]!
    }
    to = ends[entry]!
  }
  return to === -1 ? copied : copied + text.slice(from, to)
}
