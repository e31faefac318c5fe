/**
 * Which events a trail's selectors let through: of one event, and of all events of a class ("reads of objects of this
 * bucket, whatever the key and whoever reads"), decided exactly and not by reading the conditions.
 *
 * Source: CloudTrail User Guide, "Filtering data events by using advanced event selectors", "How CloudTrail evaluates
 * multiple conditions for a field": Equals, StartsWith and EndsWith are alternatives, each Not… forbids, and both must
 * hold; the fields of a selector must all hold, one selector is enough.
 */
import { type AdvancedSelector, type FieldSelector, OPERATORS } from './selectors.ts'

/** An event by the names of selector fields; a field that is absent matches no positive condition and no negative one. */
export type SelectedEvent = Readonly<Record<string, string | undefined>>

/** True where a trail with these selectors logs the event. */
export function logsEvent(selectors: readonly AdvancedSelector[], event: SelectedEvent): boolean {
  return selectors.some(({ FieldSelectors = [] }) =>
    (FieldSelectors as readonly FieldSelector[]).every((field) => fieldHolds(field, event[field.Field ?? ''])),
  )
}

/** An empty list of values is none. */
const selectsByValue = ({ Equals = [], StartsWith = [], EndsWith = [] }: FieldSelector): boolean =>
  Equals.length + StartsWith.length + EndsWith.length > 0

function fieldHolds(field: FieldSelector, value: string | undefined): boolean {
  const wanted = selectsByValue(field)
  if (value === undefined) return !wanted
  const selected =
    !wanted ||
    field.Equals?.includes(value) === true ||
    field.StartsWith?.some((text) => value.startsWith(text)) === true ||
    field.EndsWith?.some((text) => value.endsWith(text)) === true
  const deselected =
    field.NotEquals?.includes(value) === true ||
    field.NotStartsWith?.some((text) => value.startsWith(text)) === true ||
    field.NotEndsWith?.some((text) => value.endsWith(text)) === true
  return selected && !deselected
}

/**
 * What a field of a class can be: one text, any text that begins so, or any at all (absent, too).
 */
export type FieldClass = { readonly is: string } | { readonly startsWith: string } | 'any'
/** Fields that are not named can be anything. */
export type EventClass = Readonly<Record<string, FieldClass>>

/** `all`: each event of the class is logged; `part`: some are and some are not; `none`. */
export type Share = 'all' | 'part' | 'none'

export interface ClassCoverage {
  readonly share: Share
  /** Of a class seen in part: an event that is not logged, and what tells it from those that are. */
  readonly unseen?: SelectedEvent | undefined
}

/** So many combinations are looked at; conditions beyond that are answered with `part` and no example. */
const MAX_EVENTS = 200_000

/**
 * How much of a class of events is logged by any of the selectors. Conditions compare texts with the beginnings, ends
 * and wholes of finitely many values, so a finite number of events stands for all there can be: for each field each
 * value itself, and each beginning with each end. Every combination of them is asked.
 *
 * @param selectors of all trails that log the place, as advanced selectors
 * @example
 * coverClass(toAdvanced(selectors), {
 *   eventCategory: { is: 'Data' }, 'resources.type': { is: 'AWS::S3::Object' },
 *   'resources.ARN': { startsWith: 'arn:aws:s3:::amzn-s3-demo-bucket/' }, readOnly: { is: 'false' },
 * }).share
 */
export function coverClass(selectors: readonly AdvancedSelector[], wanted: EventClass): ClassCoverage {
  // What the class decides by itself is decided once, and not for each of its events.
  const open = selectors.flatMap((selector) => narrow(selector, wanted))
  const names = [...new Set(open.flatMap(({ FieldSelectors = [] }) => fieldNames(FieldSelectors)))]
  const values = names.map((name) => witnesses(open, name, wanted[name] ?? 'any'))
  if (open.length === 0) return { share: 'none' }
  if (values.reduce((product, list) => product * list.length, 1) > MAX_EVENTS) return { share: 'part' }
  let seen = false
  let unseen: SelectedEvent | undefined
  for (const event of combinations(names, values)) {
    if (logsEvent(open, event)) seen = true
    else unseen ??= event
    if (seen && unseen !== undefined) return { share: 'part', unseen }
  }
  return { share: seen ? 'all' : 'none' }
}

const fieldNames = (fields: AdvancedSelector['FieldSelectors']): string[] =>
  (fields ?? []).flatMap(({ Field }) => (Field === undefined ? [] : [Field]))

/** The selector as far as it tells events of the class apart; none: it logs no event of it. */
function narrow({ FieldSelectors = [] }: AdvancedSelector, wanted: EventClass): AdvancedSelector[] {
  const left: FieldSelector[] = []
  for (const field of FieldSelectors as readonly FieldSelector[]) {
    const found = narrowField(field, wanted[field.Field ?? ''] ?? 'any')
    if (found === 'never') return []
    if (found !== 'always') left.push(found)
  }
  return [{ FieldSelectors: left }]
}

function narrowField(field: FieldSelector, allowed: FieldClass): FieldSelector | 'always' | 'never' {
  if (allowed === 'any') return field
  if ('is' in allowed) return fieldHolds(field, allowed.is) ? 'always' : 'never'
  const base = allowed.startsWith
  const within = (values: readonly string[] | undefined) => values?.filter((value) => value.startsWith(base)) ?? []
  const holdsForAll = (values: readonly string[] | undefined) =>
    values?.some((value) => base.startsWith(value)) === true
  if (holdsForAll(field.NotStartsWith)) return 'never'
  const { Field, EndsWith = [], NotEndsWith = [] } = field
  const open = selectsByValue(field) && !holdsForAll(field.StartsWith)
  const positive = { Equals: within(field.Equals), StartsWith: within(field.StartsWith), EndsWith }
  if (open && Object.values(positive).every(isEmpty)) return 'never'
  const negative = { NotEquals: within(field.NotEquals), NotStartsWith: within(field.NotStartsWith), NotEndsWith }
  if (!open && Object.values(negative).every(isEmpty)) return 'always'
  return { Field, ...(open && positive), ...negative }
}

const isEmpty = (values: readonly string[]): boolean => values.length === 0

/** A text that no condition names: stands for "anything else". */
const OTHER = '\u0000'

/** Fields that have no other values. */
const CLOSED: Readonly<Record<string, readonly (string | undefined)[]>> = {
  readOnly: ['true', 'false'],
  sessionCredentialFromConsole: ['true', undefined],
}

/** Fields that not every event has. aws: CloudTrail User Guide, "CloudTrail record contents". */
const OPTIONAL: ReadonlySet<string> = new Set(['userIdentity.arn', 'errorCode', 'vpcEndpointId'])

/**
 * Texts of the class that together meet every combination of conditions that any text of it meets. Which beginnings a
 * text has is decided by its longest one, which ends by its longest one, and a whole value by itself.
 */
function witnesses(selectors: readonly AdvancedSelector[], name: string, allowed: FieldClass): (string | undefined)[] {
  if (allowed !== 'any' && 'is' in allowed) return [allowed.is]
  const closed = CLOSED[name]
  if (closed !== undefined) return [...closed]
  const base = allowed === 'any' ? '' : allowed.startsWith
  const fields = selectors.flatMap(({ FieldSelectors = [] }) =>
    (FieldSelectors as readonly FieldSelector[]).filter(({ Field }) => Field === name),
  )
  const valuesOf = (...operators: readonly (typeof OPERATORS)[number][]) => [
    ...new Set(fields.flatMap((field) => operators.flatMap((operator) => field[operator] ?? []))),
  ]
  const wholes = valuesOf(...OPERATORS).filter((value) => value.startsWith(base))
  // A beginning that is no longer than what all texts of the class begin with is met by all or by none.
  const beginnings = [base, ...valuesOf('StartsWith', 'NotStartsWith').filter((value) => value.startsWith(base))]
  const ends = ['', ...valuesOf('EndsWith', 'NotEndsWith')]
  const texts = new Set([
    base,
    ...wholes,
    ...beginnings.flatMap((beginning) => ends.map((end) => `${beginning}${OTHER}${end}`)),
    // An end may begin before the beginning is over.
    ...beginnings.flatMap((beginning) => ends.flatMap((end) => overlaps(beginning, end))),
  ])
  return allowed === 'any' && OPTIONAL.has(name) ? [...texts, undefined] : [...texts]
}

/** `('…/logs', 'gs/x')` → `['…/logs/x']`, for every length by which the two can overlap. */
function overlaps(beginning: string, end: string): string[] {
  const found: string[] = []
  for (let length = Math.min(beginning.length, end.length); length > 0; length -= 1) {
    if (beginning.endsWith(end.slice(0, length))) found.push(beginning + end.slice(length))
  }
  return found
}

function* combinations(
  names: readonly string[],
  values: readonly (readonly (string | undefined)[])[],
): Generator<Record<string, string | undefined>> {
  const at = names.map(() => 0)
  for (;;) {
    yield Object.fromEntries(names.map((name, index) => [name, values[index]![at[index]!]]))
    let index = 0
    while (index < at.length && ++at[index]! === values[index]!.length) at[index++] = 0
    if (index === at.length) return
  }
}

/** What tells the event apart, for people: the fields that the class leaves open. */
export function describeEvent(event: SelectedEvent, wanted: EventClass): string {
  return Object.entries(event)
    .filter(([name]) => !isFixed(wanted[name]))
    .map(([name, value]) => `${name} ${value === undefined ? 'absent' : value.replace(OTHER, '…')}`)
    .join(', ')
}

const isFixed = (allowed: FieldClass | undefined): boolean =>
  allowed !== undefined && allowed !== 'any' && 'is' in allowed
