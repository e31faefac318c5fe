import type { RecordView } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { JsonCondition } from '../filter-pattern/ast.ts'
import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import {
  EVENT_NAME,
  type FieldValue,
  isCopy,
  type Look,
  type LookPart,
  lookOf,
  partIn,
  partsAsked,
  quickTestOf,
  type Various,
  type Verdict,
  variousOf,
  variousValues,
} from './known.ts'
import { ask, type Text, type TextTest, textTestOf } from './text-test.ts'
import { conditionsOf, evaluate, judgeCondition, judgeExpression, type Node, remainder } from './three-valued.ts'

/** What a rule's pattern asks of records that look alike. */
export interface RuleVerdict<Rule> {
  readonly rule: Rule
  /** Every such record matches: nothing needs to be read. */
  readonly isCertain: boolean
  /** What else its view and its text say of one record; undefined: it has to be parsed. */
  readonly say: (view: RecordView, text: Text) => Verdict
}

export interface RuleIndex<Rule> {
  /** The rules that a record with this view and message can match, in their order. */
  candidates(view: RecordView, message: string): readonly RuleVerdict<Rule>[]
}

/** Where what is known of records parts: they are asked for one part of their look, or all has been asked. */
interface Fork<Rule> {
  /** -1: nothing more is asked. */
  part: LookPart
  readonly values: FieldValue[]
  readonly next: Fork<Rule>[]
  /** Which of them was taken last. */
  last: number
  /** What is known here. */
  readonly known: ReadonlySet<LookPart>
  readonly open: readonly Rule[]
  verdicts: readonly RuleVerdict<Rule>[]
}

/** Forks that are remembered; names of events are few, unless somebody makes them up. */
const MAX_FORKS = 16_384
/** Values told apart at one fork. */
const MAX_VALUES = 256

/**
 * Finds which rules a record can match, by what is known of it without reading its message. Nothing is said by hand:
 * patterns are evaluated with three values (yes, no, unknown) while the record is asked for one part of its look after
 * the other, always for the one that most of the rules need that are still open; after a few of them it is clear which
 * rules are left. Records that answer the same go the same way, so that the answer is there already. What stays open is
 * asked of fields that differ from record to record, then of the text.
 *
 * Sound, not complete: trying the candidates gives the very same matches as trying all rules.
 *
 * @example
 * createRuleIndex([{ pattern: compilePattern('{ $.action = "object.read" }') }]).candidates(view, message).length // 1
 */
export function createRuleIndex<Rule extends { readonly pattern: CompiledFilterPattern }>(
  rules: readonly Rule[],
): RuleIndex<Rule> {
  let names = new Map<string, Fork<Rule>>()
  let forks = 0

  function fork(known: ReadonlySet<LookPart>, among: readonly Rule[], look: Look): Fork<Rule> {
    forks += 1
    const test = testAt(known, look)
    const open = among.filter(({ pattern: { pattern } }) => judgeKnown(pattern, test) !== false)
    const part = nextPart(open, test, known)
    const verdicts = part === -1 ? open.flatMap((rule) => verdictOf(rule, look) ?? []) : []
    return { part, values: [], next: [], last: 0, known, open, verdicts }
  }

  function grow(at: Fork<Rule>, value: FieldValue, view: RecordView, message: string): Fork<Rule> {
    const made = fork(new Set([...at.known, at.part]), at.open, lookOf(view, isCopy(view, message)))
    const place = at.values.length < MAX_VALUES ? at.values.length : forks % MAX_VALUES
    at.values[place] = typeof value === 'string' ? detach(value) : value
    at.next[place] = made
    at.last = place
    return made
  }

  function root(view: RecordView, message: string): Fork<Rule> {
    if (forks >= MAX_FORKS) {
      names = new Map()
      forks = 0
    }
    const made = fork(new Set([EVENT_NAME]), rules, lookOf(view, isCopy(view, message)))
    names.set(detach(view.eventName), made)
    return made
  }

  return {
    candidates(view, message) {
      let at = names.get(view.eventName)
      if (at === undefined || forks >= MAX_FORKS) at = root(view, message)
      while (at.part !== -1) {
        const value = partIn(view, message, at.part)
        if (at.values[at.last] === value && at.next.length > 0) {
          at = at.next[at.last]!
          continue
        }
        const place = at.values.indexOf(value)
        if (place === -1) at = grow(at, value, view, message)
        else {
          at.last = place
          at = at.next[place]!
        }
      }
      return at.verdicts
    },
  }
}

type Test = (condition: JsonCondition) => Verdict

/** What conditions say that go by known parts alone. */
function testAt(known: ReadonlySet<LookPart>, look: Look): Test {
  return (condition) => {
    const parts = partsAsked(condition)
    return parts.length > 0 && parts.every((part) => known.has(part)) ? judgeCondition(condition, look) : undefined
  }
}

function judgeKnown(pattern: CompiledFilterPattern['pattern'], test: Test): Verdict {
  if (pattern.kind === 'all') return true
  return pattern.kind === 'json' ? evaluate(pattern.expression, test) : undefined
}

/** The part of the look that most of the open rules need; -1: none needs any. */
function nextPart(
  open: readonly { readonly pattern: CompiledFilterPattern }[],
  test: Test,
  known: ReadonlySet<LookPart>,
): LookPart {
  const needed = new Map<LookPart, number>()
  for (const { pattern } of open.map((rule) => rule.pattern)) {
    if (pattern.kind !== 'json' || evaluate(pattern.expression, test) !== undefined) continue
    const parts = new Set([...conditionsOf(remainder(pattern.expression, test))].flatMap(partsAsked))
    for (const part of parts) if (!known.has(part)) needed.set(part, (needed.get(part) ?? 0) + 1)
  }
  let best = -1
  for (const [part, count] of needed) {
    const most = needed.get(best) ?? 0
    if (count > most || (count === most && part < best)) best = part
  }
  return best
}

const PARSE = (): Verdict => undefined

/** Undefined: no record that looks so matches. */
function verdictOf<Rule extends { readonly pattern: CompiledFilterPattern }>(
  rule: Rule,
  look: Look,
): RuleVerdict<Rule> | undefined {
  const { pattern } = rule.pattern
  if (pattern.kind === 'all') return { rule, isCertain: true, say: PARSE }
  if (pattern.kind !== 'json') return { rule, isCertain: false, say: PARSE }
  const verdict = judgeExpression(pattern.expression, look)
  if (verdict === false) return undefined
  if (verdict === true) return { rule, isCertain: true, say: PARSE }
  return { rule, isCertain: false, say: sayOf(remainder(pattern.expression, (one) => judgeCondition(one, look))) }
}

// ----------------------------------------------------------------------------------------------- record by record

interface Asked {
  readonly field: Various | undefined
  readonly test: (value: FieldValue) => boolean
  readonly text: TextTest
}

/** Asks one record: its view, and if that does not say it, its text. */
function sayOf(expression: Node): RuleVerdict<unknown>['say'] {
  const asked = new Map<JsonCondition, Asked>()
  for (const condition of conditionsOf(expression)) {
    asked.set(condition, { field: variousOf(condition), test: quickTestOf(condition), text: textTestOf(condition) })
  }
  const asksView = [...asked.values()].some(({ field }) => field !== undefined)
  return (view, text) => {
    const viewed = asksView ? evaluate(expression, (condition) => askView(asked.get(condition)!, view)) : undefined
    if (viewed !== undefined) return viewed
    return evaluate(expression, (condition) => {
      const one = asked.get(condition)!
      return askView(one, view) ?? ask(one.text, text)
    })
  }
}

function askView({ field, test }: Asked, view: RecordView): Verdict {
  const values = field === undefined ? undefined : variousValues(view, field)
  if (values === undefined) return undefined
  const first = test(values[0])
  return values.length === 1 || test(values[1]) === first ? first : undefined
}
