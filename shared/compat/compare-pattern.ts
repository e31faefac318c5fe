import { deriveCall, HAS_INSIGHT } from '../cloudtrail/derive.ts'
import { isObject, objectOf } from '../derive/json.ts'
import type { FilterPattern, JsonCondition, Term } from '../filter-pattern/ast.ts'
import { conditionsOf } from '../filter-pattern/ast.ts'
import { compileFilterPattern } from '../filter-pattern/compile.ts'
import { formatJsonCondition, formatTerm } from '../filter-pattern/format.ts'
import { compileNodes, formatSelector } from '../filter-pattern/selector.ts'
import { DETAILS, type Form, type RecordForms } from './forms.ts'

/** What a space-delimited pattern reads. */
export const THE_LINE = 'the line'

/** How an answer on our records differs from the one on the raw log event. */
export interface Difference {
  readonly detail: (typeof DETAILS)[number]
  /** Records that the pattern matches raw, and no longer; and the other way round. */
  readonly fewer: number
  readonly more: number
  /** The conditions that come out otherwise, the most frequent first. */
  readonly causes: readonly Cause[]
}

/** An S3 data event, any other CloudTrail event, or an access-log line: lean leaves more out of the many. */
export type RecordOf = 'event' | 'objectEvent' | 'line'

/** Why: a member that a condition reads is not there, is there only in our record, or has another value. */
export interface Cause {
  /** `$.userIdentity.accessKeyId`; the term, where the pattern looks at the text. */
  readonly member: string
  readonly change: 'missing' | 'added' | 'changed'
  /** What the raw log event has there. */
  readonly was: 'absent' | 'null' | 'empty' | 'placeholder' | 'value'
  /** In which records. */
  readonly of: RecordOf
  readonly condition: string
  /** The condition asks that the member is not there: `NOT EXISTS` is no way out. */
  readonly asksAbsence: boolean
  readonly records: number
}

export interface PatternComparison {
  /** How many of the records each form matches. For access-log records and JSON patterns `raw` is `full`. */
  readonly matches: { readonly raw: number; readonly lean: number; readonly full: number }
  readonly differences: readonly Difference[]
}

/**
 * Runs a filter pattern over the three forms of each record and tells where the answers part, and why. A JSON pattern
 * cannot match an access-log line, so on those `full` stands for the raw form.
 *
 * @example comparePattern(parsed.pattern, records).differences // [{ detail: 'lean', fewer: 3, more: 0, causes: […] }]
 */
export function comparePattern(pattern: FilterPattern, records: readonly RecordForms[]): PatternComparison {
  const { matchParsed } = compileFilterPattern(pattern)
  const blame = createBlame(pattern)
  const matches = { raw: 0, lean: 0, full: 0 }
  const tallies = { lean: tally(), full: tally() }
  for (const record of records) {
    const reference = referenceOf(pattern, record)
    const expected = matchParsed(reference.value, reference.text)
    if (expected) matches.raw += 1
    for (const detail of DETAILS) {
      const form = record[detail]
      const answer = form === reference ? expected : matchParsed(form.value, form.text)
      if (answer) matches[detail] += 1
      if (answer === expected) continue
      tallies[detail][answer ? 'more' : 'fewer'] += 1
      const of = kindOf(record)
      count(
        tallies[detail].causes,
        blame(reference, form).map((cause) => ({ ...cause, of })),
      )
    }
  }
  const differences = DETAILS.flatMap((detail): Difference[] => {
    const { fewer, more, causes } = tallies[detail]
    if (fewer + more === 0) return []
    return [{ detail, fewer, more, causes: [...causes.values()].sort((a, b) => b.records - a.records) }]
  })
  return { matches, differences }
}

/** What a pattern's answer on our record is held against. */
function referenceOf(pattern: FilterPattern, record: RecordForms): Form {
  return record.source === 's3access' && pattern.kind === 'json' ? record.full : record.raw
}

const tally = () => ({ fewer: 0, more: 0, causes: new Map<string, Cause>() })

/** Adds a record to its causes: once to each, though several conditions may read a member. */
export function count(causes: Map<string, Cause>, ofRecord: readonly Omit<Cause, 'records'>[]): void {
  const own = new Map(ofRecord.toReversed().map((cause) => [keyOf(cause), cause]))
  for (const [key, cause] of own) causes.set(key, { ...cause, records: (causes.get(key)?.records ?? 0) + 1 })
}

const keyOf = ({ asksAbsence, change, member, of, was }: Omit<Cause, 'records'>): string =>
  [change, was, of, asksAbsence, member].join(' ')

/** Which kind of record it is. */
export function kindOf({ source, raw }: RecordForms): RecordOf {
  if (source === 's3access') return 'line'
  const record = objectOf(raw.value)
  return deriveCall(record, isObject(record.insightDetails) ? HAS_INSIGHT : 0).isObjectEvent ? 'objectEvent' : 'event'
}

/** What stands in the place of a member. Some services write a member's name instead of a value. */
export function stateOf(node: unknown, member: string): Cause['was'] {
  if (node === undefined) return 'absent'
  if (node === null) return 'null'
  if (node === '') return 'empty'
  if (typeof node === 'string' && member.endsWith(`.${node}`)) return 'placeholder'
  return typeof node === 'object' && Object.keys(node).length === 0 ? 'empty' : 'value'
}

type Blame = (reference: Form, form: Form) => readonly Omit<Cause, 'records' | 'of'>[]

/** Finds the conditions (or terms) whose own answers differ between two forms. */
function createBlame(pattern: FilterPattern): Blame {
  if (pattern.kind === 'json') {
    const conditions = conditionsOf<JsonCondition>(pattern.expression).map((condition) => {
      const { matchParsed } = compileFilterPattern({ kind: 'json', expression: condition })
      const member = formatSelector(condition.selector)
      const asksAbsence = condition.type === 'notExists'
      const nodesOf = compileNodes(condition.selector)
      return { text: formatJsonCondition(condition), asksAbsence, matchParsed, member, nodesOf }
    })
    return (reference, form) =>
      conditions.flatMap(({ asksAbsence, text, matchParsed, member, nodesOf }) => {
        if (matchParsed(reference.value) === matchParsed(form.value)) return []
        const [before, after] = [nodesOf(reference.value), nodesOf(form.value)]
        const change = after.length >= before.length ? (before.length === 0 ? 'added' : 'changed') : 'missing'
        return [{ member, change, was: stateOf(before[0], member), condition: text, asksAbsence }]
      })
  }
  if (pattern.kind === 'terms') {
    const terms = pattern.terms.map((term) => ({ text: formatTerm(term), has: finds(term) }))
    return (reference, form) =>
      terms.flatMap(({ text, has }) => {
        const [before, after] = [has(reference.text), has(form.text)]
        if (before === after) return []
        const change = before ? 'missing' : 'added'
        return [{ member: text, change, was: before ? 'value' : 'absent', condition: text, asksAbsence: false }]
      })
  }
  // A space-delimited pattern counts the words of a line; in JSON there are none to count.
  const condition = 'a space-delimited pattern'
  return () => [{ member: THE_LINE, change: 'changed', was: 'value', condition, asksAbsence: false }]
}

function finds({ match }: Term): (text: string) => boolean {
  return compileFilterPattern({ kind: 'terms', terms: [{ mode: 'include', match }] }).match
}
