import { type RecordView, TOLD } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import { mayHoldSecrets } from '../derive/redact.ts'
import type { JsonCondition } from '../filter-pattern/ast.ts'
import { compileFilterPattern } from '../filter-pattern/compile.ts'

/** A value as it stands in a record's JSON; undefined: there is no such field. */
export type FieldValue = string | number | boolean | undefined

/** What a field of the message may be, given the view: one of these. Undefined: anything. */
export type Possible = readonly FieldValue[] | undefined

/** Whether something holds of a record: yes, no, or it depends on what the view does not say. */
export type Verdict = boolean | undefined

/**
 * Values that a lean record may leave out, since their absence says as much. Not `success`: `outcome` stands in every
 * record, and nearly every rule asks for it.
 */
const USUAL: ReadonlySet<FieldValue> = new Set([
  false,
  'none',
  'event',
  'cloudtrail',
  'public',
  'Data',
  's3.amazonaws.com',
  's3',
])

const oneOf = (value: FieldValue): Possible => {
  // What is no text, or empty, was perhaps something else in the record.
  if (value === undefined || value === '') return undefined
  return USUAL.has(value) ? [value, undefined] : [value]
}

/** The view's members that are fields of the message. */
const FIELDS = [
  'kind',
  'source',
  'eventName',
  'eventSource',
  'eventCategory',
  'action',
  'outcome',
  'errorClass',
  'awsService',
  'anonymous',
  'logBucket',
  'change',
  'toolRisk',
  'ipClass',
  'keyClass',
  'crossAccount',
  'tool',
  'sse',
] as const satisfies readonly (keyof RecordView)[]

const IS_FIELD: ReadonlySet<string> = new Set(FIELDS)

const FLAGS = ['public', 'external', 'kmsExternal', 'weakens', 'ownStack', 'website'] as const
const IS_FLAG: ReadonlySet<string> = new Set(FLAGS)
/** `copy` is the first field of a message that is one, and in no other. */
const COPY = '{"copy":true,'

export const isCopy = ({ call }: RecordView, message: string): boolean => call !== undefined && message.startsWith(COPY)

/**
 * What records must have in common so that one answer serves all: the values that {@link possibleValues} goes by. Made
 * anew for each look, compared for each record.
 */
export interface Look extends Pick<RecordView, (typeof COMPARED)[number]> {
  readonly isCopy: boolean
  /** Of `bytesOut`. */
  readonly bytes: number
  /** Of `told`. */
  readonly asked: number
}

/** Bits that rules ask for; -1 where nothing is told. */
const ASKED =
  TOLD.public |
  TOLD.external |
  TOLD.kmsExternal |
  TOLD.weakens |
  TOLD.ownStack |
  TOLD.website |
  TOLD.omitted |
  TOLD.oddErrorCode
const askedOf = ({ told }: RecordView): number => (told === undefined ? -1 : told & ASKED)

const COMPARED = [...FIELDS, 'told', 'identityType', 'errorCode'] as const

/** Holds on to no record: texts may be pieces of one. */
export function lookOf(view: RecordView, copy: boolean): Look {
  const entries = COMPARED.map((name) => [name, typeof view[name] === 'string' ? detach(view[name]) : view[name]])
  return {
    ...(Object.fromEntries(entries) as Pick<RecordView, (typeof COMPARED)[number]>),
    isCopy: copy,
    bytes: classOf(view.bytesOut),
    asked: askedOf(view),
  }
}

/** What a look is made of, each by itself: the places of this list are names of parts. */
const PARTS = [...FIELDS, 'identityType', 'errorCode', 'isCopy', 'bytes', 'asked'] as const
export type LookPart = number
const partOf = (name: (typeof PARTS)[number]): LookPart => PARTS.indexOf(name)

const ASKED_BITS = new WeakMap<JsonCondition, number>()

/** The parts of a look that {@link possibleValues} goes by for a condition, as bits; 0: it knows nothing of it. */
export function partsAsked(condition: JsonCondition): number {
  let bits = ASKED_BITS.get(condition)
  if (bits === undefined) {
    bits = partsOf(condition).reduce((sum, part) => sum | bitOf(part), 0)
    ASKED_BITS.set(condition, bits)
  }
  return bits
}

export const bitOf = (part: LookPart): number => 1 << part

function partsOf(condition: JsonCondition): readonly LookPart[] {
  const name = topName(condition)
  if (name === undefined) {
    const path = pathOf(condition)
    if (path === 'userIdentity.type') return [partOf('asked'), partOf('identityType')]
    return path === 'requestParameters.omitted' ? [partOf('asked')] : []
  }
  if (name === 'copy') return [partOf('isCopy')]
  if (name === 'bytesOut') return [partOf('bytes')]
  if (name === 'errorCode' || name === 'sse') return [partOf('asked'), partOf(name)]
  if (IS_FLAG.has(name)) return [partOf('asked')]
  return IS_FIELD.has(name) ? [partOf(name as (typeof FIELDS)[number])] : []
}

export const EVENT_NAME: LookPart = partOf('eventName')

/** One part of a record's look. Written out, in the order of PARTS: this is done some times for each record. */
export function partIn(view: RecordView, message: string, part: LookPart): FieldValue {
  switch (part) {
    case 0:
      return view.kind
    case 1:
      return view.source
    case 2:
      return view.eventName
    case 3:
      return view.eventSource
    case 4:
      return view.eventCategory
    case 5:
      return view.action
    case 6:
      return view.outcome
    case 7:
      return view.errorClass
    case 8:
      return view.awsService
    case 9:
      return view.anonymous
    case 10:
      return view.logBucket
    case 11:
      return view.change
    case 12:
      return view.toolRisk
    case 13:
      return view.ipClass
    case 14:
      return view.keyClass
    case 15:
      return view.crossAccount
    case 16:
      return view.tool
    case 17:
      return view.sse
    case 18:
      return view.identityType
    case 19:
      return view.errorCode
    case 20:
      return isCopy(view, message)
    case 21:
      return classOf(view.bytesOut)
    default:
      return askedOf(view)
  }
}

/** What a selector's field may be in the message of a record that looks so. */
export function possibleValues(view: Look, condition: JsonCondition): Possible {
  const name = topName(condition)
  if (name === undefined) return insideValues(view, condition)
  if (name === 'copy') return [view.isCopy ? true : undefined]
  if (name === 'bytesOut') return [[undefined], [0, undefined], [LEAST], undefined][view.bytes]
  if (view.told !== undefined) {
    if (name === 'errorCode') return (view.told & TOLD.oddErrorCode) !== 0 ? undefined : [view.errorCode]
    if (name === 'sse' && view.sse === undefined) return [undefined]
    if (IS_FLAG.has(name)) return (view.told & TOLD[name as (typeof FLAGS)[number]]) !== 0 ? [true] : [false, undefined]
  }
  if (!IS_FIELD.has(name)) return undefined
  return oneOf(view[name as (typeof FIELDS)[number]])
}

/** Fields of members. */
function insideValues(view: Look, condition: JsonCondition): Possible {
  if (view.told === undefined) return undefined
  const path = pathOf(condition)
  if (path === 'userIdentity.type') return view.identityType === undefined ? undefined : [view.identityType]
  // Of any other value it is only known that it is not true.
  const asksForTrue = condition.type === 'is' && condition.value === 'TRUE'
  if (path === 'requestParameters.omitted' && asksForTrue) return [(view.told & TOLD.omitted) !== 0 ? true : undefined]
  return undefined
}

/** Fields of the view whose values are too many to be part of a look. */
type Various = 'person' | 'userAgent' | 'key'

/** The field of the view that says what a condition asks for; undefined: none does. */
function variousOf(condition: JsonCondition): Various | undefined {
  const path = pathOf(condition)
  if (path === 'person' || path === 'userAgent') return path
  return path === 'requestParameters.key' ? 'key' : undefined
}

/** Asks one record's view what a condition on such a field says. */
export type AskView = (view: RecordView) => Verdict

/**
 * What a condition says of a field whose values are too many to be part of a look; undefined: no view tells.
 *
 * @example
 * askVarious(condition)?.(view) // of $.userAgent = "*rclone*": false, where it is another one
 */
export function askVarious(condition: JsonCondition): AskView | undefined {
  const field = variousOf(condition)
  if (field === undefined) return undefined
  const test = quickTestOf(condition)
  if (field === 'key') return (view) => (isKeyTold(view) ? test(view.key) : undefined)
  const absent = test(undefined)
  return (view) => {
    // An access-log line's user agent is redacted and may be cut.
    if (view.told === undefined || (field === 'userAgent' && view.source !== 'cloudtrail')) return undefined
    const value = field === 'person' ? view.person : view.userAgent
    // A lean message may leave it out.
    return value === undefined || test(value) === absent ? absent : undefined
  }
}

/** What may hide a secret may be redacted; of what was cut nothing is known. */
function isKeyTold({ key, told, truncated }: RecordView): boolean {
  return (
    key !== undefined && told !== undefined && (told & TOLD.key) !== 0 && truncated !== true && !mayHoldSecrets(key)
  )
}

/** Numbers of one class are all alike to a condition that orders: none, 0, a count, anything else. */
function classOf(bytes: number | undefined): number {
  if (bytes === undefined) return 0
  if (bytes === 0) return 1
  return Number.isSafeInteger(bytes) && bytes > 0 ? 2 : 3
}

/** The name of a condition's field where it is one of the top. */
export function topName({ selector: { segments } }: JsonCondition): string | undefined {
  return segments.length === 1 && segments[0]!.type === 'name' ? segments[0]!.name : undefined
}

export function pathOf({ selector: { segments } }: JsonCondition): string | undefined {
  const names = segments.map((segment) => (segment.type === 'name' ? segment.name : undefined))
  return names.includes(undefined) ? undefined : names.join('.')
}

/** A number above 0 that views of one signature share stands for all of them. */
const LEAST = 1
const LARGEST = Number.MAX_SAFE_INTEGER

/** Conditions are compared with few values, each for ever. */
const HELD = new WeakMap<JsonCondition, { readonly test: Test; readonly values: Map<FieldValue, Verdict> }>()
const MAX_HELD = 512

type Test = (value: FieldValue) => boolean

/** Whether a condition holds where its field has this value: the very comparison that a match makes. */
export function holds(condition: JsonCondition, value: FieldValue): Verdict {
  let known = HELD.get(condition)
  if (known === undefined) {
    known = { test: testOf(condition), values: new Map() }
    HELD.set(condition, known)
  }
  const { test, values } = known
  if (!values.has(value)) {
    if (values.size >= MAX_HELD) values.clear()
    values.set(value, compare(condition, test, value))
  }
  return values.get(value)
}

/** The condition alone, on its field's value. */
function testOf(condition: JsonCondition): Test {
  const compiled = compileFilterPattern({ kind: 'json', expression: condition })
  const names = condition.selector.segments.flatMap((segment) => (segment.type === 'name' ? [segment.name] : []))
  return (value) =>
    compiled.matchParsed(
      value === undefined ? {} : names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value),
    )
}

/** The same, for values of which most do not hold what is looked for. */
function quickTestOf(condition: JsonCondition): Test {
  const test = testOf(condition)
  if (condition.type === 'notExists') {
    const isNone = test('')
    return (value) => (typeof value === 'string' ? isNone : test(value))
  }
  if (condition.type !== 'comparison' || condition.literal.type !== 'string') return test
  const { operator, literal } = condition
  if (operator !== '=' && operator !== '!=') return test
  const piece = literal.value.split('*').sort((a, b) => b.length - a.length)[0]!
  return (value) => (typeof value === 'string' && !value.includes(piece) ? operator === '!=' : test(value))
}

function compare(condition: JsonCondition, test: Test, value: FieldValue): Verdict {
  if (topName(condition) !== 'bytesOut' || typeof value !== 'number' || value === 0) return test(value)
  // Only an order is the same for all numbers between the two.
  const isOrder = condition.type !== 'comparison' || !(condition.operator === '=' || condition.operator === '!=')
  const verdict = test(LEAST)
  return isOrder && test(LARGEST) === verdict ? verdict : undefined
}
