import { interned } from '../basics/interned.ts'
import type { RecordView } from '../contracts/record.ts'
import type { JsonCondition } from '../filter-pattern/ast.ts'
import { isCompound } from '../filter-pattern/ast.ts'
import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import {
  type AskView,
  askVarious,
  bitOf,
  EVENT_NAME,
  type FieldValue,
  isCopy,
  type Look,
  type LookPart,
  lookOf,
  partIn,
  partsAsked,
  type Verdict,
} from './known.ts'
import { ask, type Text, textTestOf } from './text-test.ts'
import { conditionsOf, evaluate, judgeCondition, judgeExpression, type Node, remainder } from './three-valued.ts'

/** What a rule's pattern asks of records that look alike. */
export interface RuleVerdict<Rule> {
  readonly rule: Rule
  /** Every such record matches: nothing needs to be read. */
  readonly isCertain: boolean
  /** What else its view and its text say of one record; undefined: it has to be parsed. */
  readonly say: (view: RecordView, text: Text) => Verdict
}

/** The rules that records can match which look alike, in their order. */
export interface Candidates<Rule> {
  readonly verdicts: readonly RuleVerdict<Rule>[]
  /** The rules themselves, where each such record matches all of them; undefined: some have to be asked. */
  readonly certain: readonly Rule[] | undefined
}

export interface RuleIndex<Rule> {
  /** The rules that a record with this view and message can match. */
  candidates(view: RecordView, message: string): Candidates<Rule>
}

/** A rule that records may match which look alike as far as they were asked, and what of its pattern is not decided. */
interface Open<Rule> {
  readonly rule: Rule
  /** Undefined: there is nothing left, or it is no pattern of JSON. */
  readonly rest: Node | undefined
  /** Parts of the look that the rest goes by, as bits. */
  readonly asks: number
  /** Found where it is asked for; null: no record that looks so matches. */
  verdict: RuleVerdict<Rule> | null | undefined
}

/** Where what is known of records parts: they are asked for one part of their look, or all has been asked. */
interface Fork<Rule> {
  /** -1: nothing more is asked. */
  part: LookPart
  /** The answer that came last, and where it leads: nearly always it comes again. Undefined: none has come. */
  answer: FieldValue
  leads: Fork<Rule> | undefined
  /** All answers that have come. */
  readonly values: FieldValue[]
  readonly next: Fork<Rule>[]
  /** What is known here, as bits. */
  readonly known: number
  readonly open: readonly Open<Rule>[]
  /** Where nothing more is asked. */
  readonly candidates: Candidates<Rule>
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
 * createRuleIndex([{ pattern: compilePattern('{ $.action = "object.read" }') }]).candidates(view, message).verdicts.length // 1
 */
export function createRuleIndex<Rule extends { readonly pattern: CompiledFilterPattern }>(
  rules: readonly Rule[],
): RuleIndex<Rule> {
  const all = rules.map((rule) => openOf(rule))
  let names = new Map<string, Fork<Rule>>()
  let forks = 0

  /** Only what goes by the part that was asked last has to be looked at. */
  function fork(known: number, asked: LookPart, among: readonly Open<Rule>[], lookAt: () => Look): Fork<Rule> {
    forks += 1
    const open: Open<Rule>[] = []
    for (const one of among) {
      const left = (one.asks & bitOf(asked)) === 0 ? one : decided(one, known, lookAt())
      if (left !== undefined) open.push(left)
    }
    const part = nextPart(open, known)
    const candidates = part === -1 ? candidatesOf(verdictsOf(open, lookAt)) : NOT_ASKED
    return { part, answer: undefined, leads: undefined, values: [], next: [], known, open, candidates }
  }

  /** Another answer than the last one. */
  function turn(at: Fork<Rule>, value: FieldValue, view: RecordView, message: string): Fork<Rule> {
    let place = at.values.indexOf(value)
    if (place === -1) {
      const made = fork(at.known | bitOf(at.part), at.part, at.open, lookReader(view, message))
      place = at.values.length < MAX_VALUES ? at.values.length : forks % MAX_VALUES
      at.values[place] = typeof value === 'string' ? interned(value) : value
      at.next[place] = made
    }
    at.answer = at.values[place]
    at.leads = at.next[place]
    return at.next[place]!
  }

  function root(view: RecordView, message: string): Fork<Rule> {
    if (forks >= MAX_FORKS) {
      names = new Map()
      forks = 0
    }
    const made = fork(bitOf(EVENT_NAME), EVENT_NAME, all, lookReader(view, message))
    names.set(interned(view.eventName), made)
    return made
  }

  return {
    candidates(view, message) {
      let at = names.get(view.eventName)
      if (at === undefined || forks >= MAX_FORKS) at = root(view, message)
      while (at.part !== -1) {
        const value = partIn(view, message, at.part)
        at = at.leads !== undefined && at.answer === value ? at.leads : turn(at, value, view, message)
      }
      return at.candidates
    },
  }
}

/** The look of a record, made where it is asked for. */
function lookReader(view: RecordView, message: string): () => Look {
  let look: Look | undefined
  return () => {
    look ??= lookOf(view, isCopy(view, message))
    return look
  }
}

function openOf<Rule extends { readonly pattern: CompiledFilterPattern }>(rule: Rule): Open<Rule> {
  const { pattern } = rule.pattern
  if (pattern.kind === 'json') return openWith(rule, pattern.expression)
  return { rule, rest: undefined, asks: 0, verdict: { rule, isCertain: pattern.kind === 'all', say: PARSE } }
}

function openWith<Rule>(rule: Rule, rest: Node): Open<Rule> {
  let asks = 0
  for (const condition of conditionsOf(rest)) asks |= partsAsked(condition)
  return { rule, rest, asks, verdict: undefined }
}

/** What is left of a rule where more is known; undefined: nothing that matches. */
function decided<Rule>(one: Open<Rule>, known: number, look: Look): Open<Rule> | undefined {
  const { rule, rest } = one
  if (rest === undefined) return one
  const test = (condition: JsonCondition): Verdict => {
    const asked = partsAsked(condition)
    return asked !== 0 && (asked & ~known) === 0 ? judgeCondition(condition, look) : undefined
  }
  const verdict = evaluate(rest, test)
  if (verdict === false) return undefined
  if (verdict === undefined) return openWith(rule, remainder(rest, test))
  return { rule, rest: undefined, asks: 0, verdict: { rule, isCertain: true, say: PARSE } }
}

/** The part of the look that most of the open rules need; -1: none needs any. */
function nextPart(open: readonly Open<unknown>[], known: number): LookPart {
  const needed = new Map<LookPart, number>()
  for (const { asks } of open) {
    for (let left = asks & ~known; left !== 0; left &= left - 1) {
      const part = 31 - Math.clz32(left & -left)
      needed.set(part, (needed.get(part) ?? 0) + 1)
    }
  }
  let best = -1
  for (const [part, count] of needed) {
    const most = needed.get(best) ?? 0
    if (count > most || (count === most && part < best)) best = part
  }
  return best
}

const PARSE = (): Verdict => undefined

/** Where everything is asked that rules go by. */
function verdictsOf<Rule>(open: readonly Open<Rule>[], lookAt: () => Look): RuleVerdict<Rule>[] {
  return open.flatMap((one) => {
    if (one.verdict === undefined) one.verdict = verdictOf(one.rule, one.rest!, one.asks === 0 ? undefined : lookAt())
    return one.verdict ?? []
  })
}

const NOT_ASKED: Candidates<never> = { verdicts: [], certain: undefined }

function candidatesOf<Rule>(verdicts: readonly RuleVerdict<Rule>[]): Candidates<Rule> {
  const isCertain = verdicts.every((one) => one.isCertain)
  return { verdicts, certain: isCertain ? verdicts.map(({ rule }) => rule) : undefined }
}

/** Null: no record that looks so matches. */
function verdictOf<Rule>(rule: Rule, rest: Node, look: Look | undefined): RuleVerdict<Rule> | null {
  const verdict = look === undefined ? undefined : judgeExpression(rest, look)
  if (verdict === false) return null
  return verdict === true ? { rule, isCertain: true, say: PARSE } : { rule, isCertain: false, say: sayOf(rest) }
}

// ----------------------------------------------------------------------------------------------- record by record

type Say = RuleVerdict<unknown>['say']

/** Asks one record: its view, and if that does not say it, its text. */
function sayOf(expression: Node): Say {
  const views = new Map<JsonCondition, AskView>()
  for (const condition of conditionsOf(expression)) {
    const asked = askVarious(condition)
    if (asked !== undefined) views.set(condition, asked)
  }
  const ofBoth = sayingOf(expression, (condition) => {
    const [view, test] = [views.get(condition), textTestOf(condition)]
    return view === undefined ? (_, text) => ask(test, text) : (record, text) => view(record) ?? ask(test, text)
  })
  if (views.size === 0) return ofBoth
  const ofView = sayingOf(expression, (condition) => views.get(condition) ?? PARSE)
  return (view, text) => ofView(view, text) ?? ofBoth(view, text)
}

/** As evaluate, made once for many records. */
function sayingOf(node: Node, of: (condition: JsonCondition) => Say): Say {
  if (!isCompound(node)) return of(node)
  const operands = node.operands.map((operand) => sayingOf(operand, of))
  /** What decides the whole by itself. */
  const decisive = node.type === 'or'
  return (view, text) => {
    let isOpen = false
    for (let at = 0; at < operands.length; at += 1) {
      const verdict = operands[at]!(view, text)
      if (verdict === decisive) return decisive
      if (verdict === undefined) isOpen = true
    }
    return isOpen ? undefined : !decisive
  }
}
