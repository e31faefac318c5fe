import type { RecordView } from '../contracts/record.ts'
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
] as const satisfies readonly (keyof RecordView)[]

const IS_FIELD: ReadonlySet<string> = new Set(FIELDS)

/** What a selector's field may be in the message of a record with this view. */
export function possibleValues(view: RecordView, condition: JsonCondition): Possible {
  const [segment, ...more] = condition.selector.segments
  if (segment?.type !== 'name' || more.length > 0) return undefined
  const { name } = segment
  if (name === 'bytesOut') return [[undefined], [0, undefined], [LEAST], undefined][classOf(view.bytesOut)]
  if (!IS_FIELD.has(name)) return undefined
  return oneOf(view[name as (typeof FIELDS)[number]])
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

/** A number above 0 that views of one signature share stands for all of them. */
const LEAST = 1
const LARGEST = Number.MAX_SAFE_INTEGER

/** Conditions are compared with few values, each for ever. */
const HELD = new WeakMap<JsonCondition, Map<FieldValue, Verdict>>()
const MAX_HELD = 512

/** Whether a condition holds where its field has this value: the very comparison that a match makes. */
export function holds(condition: JsonCondition, value: FieldValue): Verdict {
  let known = HELD.get(condition)
  if (known === undefined || known.size > MAX_HELD) {
    known = new Map()
    HELD.set(condition, known)
  }
  if (!known.has(value)) known.set(value, compare(condition, value))
  return known.get(value)
}

function compare(condition: JsonCondition, value: FieldValue): Verdict {
  const name = topName(condition)
  if (name === undefined) return undefined
  const test = (tried: FieldValue): boolean =>
    compileFilterPattern({ kind: 'json', expression: condition }).matchParsed(
      tried === undefined ? {} : { [name]: tried },
    )
  if (name !== 'bytesOut' || typeof value !== 'number' || value === 0) return test(value)
  // Only an order is the same for all numbers between the two.
  const isOrder = condition.type !== 'comparison' || !(condition.operator === '=' || condition.operator === '!=')
  const verdict = test(LEAST)
  return isOrder && test(LARGEST) === verdict ? verdict : undefined
}

const numbered = (names: readonly string[]): Readonly<Record<string, number>> =>
  Object.assign(Object.create(null), Object.fromEntries(names.map((name, index) => [name, index + 1])))
const ERROR_CLASS = numbered(['none', 'denied', 'notFound', 'throttled', 'client', 'server'])
const TOOL_RISK = numbered(['none', 'iac', 'bulk', 'offensive'])
const IP_CLASS = numbered(['public', 'private', 'aws', 'allow', 'block'])
const KEY_CLASS = numbered(['none', 'ransomNote', 'credential'])
const OUTCOME = numbered(['success', 'failure'])
const KIND = numbered(['event', 'parseError'])

/** All that the view says of fields with few values, as one number. */
export function bitsOf(view: RecordView): number {
  const { bytesOut, crossAccount } = view
  let bits = KIND[view.kind] ?? 0
  bits = bits * 2 + (view.source === 's3access' ? 1 : 0)
  bits = bits * 4 + (OUTCOME[view.outcome] ?? 0)
  bits = bits * 8 + (ERROR_CLASS[view.errorClass] ?? 0)
  bits = bits * 2 + (view.awsService ? 1 : 0)
  bits = bits * 2 + (view.anonymous ? 1 : 0)
  bits = bits * 2 + (view.logBucket ? 1 : 0)
  bits = bits * 8 + (view.toolRisk === undefined ? 0 : (TOOL_RISK[view.toolRisk] ?? 7))
  bits = bits * 8 + (view.ipClass === undefined ? 0 : (IP_CLASS[view.ipClass] ?? 7))
  bits = bits * 4 + (view.keyClass === undefined ? 0 : (KEY_CLASS[view.keyClass] ?? 0))
  bits = bits * 4 + (crossAccount === undefined ? 0 : crossAccount ? 2 : 1)
  return bits * 4 + classOf(bytesOut)
}
