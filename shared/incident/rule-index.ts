import type { RecordView } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { Expression, FilterPattern, JsonCondition } from '../filter-pattern/ast.ts'
import { isCompound } from '../filter-pattern/ast.ts'
import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import {
  type FieldValue,
  holds,
  isAlike,
  isCopy,
  type Look,
  lookOf,
  possibleValues,
  testOf,
  topName,
  type Various,
  type Verdict,
  variousOf,
  variousValues,
} from './known.ts'

/** What a rule's pattern asks of records that look alike. */
export interface RuleVerdict<Rule> {
  readonly rule: Rule
  /** Every such record matches: nothing needs to be read. */
  readonly isCertain: boolean
  /** What fields of the view say besides, record by record; undefined: nothing. */
  readonly ask: ((view: RecordView) => Verdict) | undefined
  /** Texts of which a matching message holds one, unless an escape hides it; undefined: nothing of the kind is known. */
  readonly needles: readonly string[] | undefined
}

/** What is to be tried on records that look alike. */
interface Cell<Rule> {
  readonly look: Look
  readonly verdicts: readonly RuleVerdict<Rule>[]
}

export interface RuleIndex<Rule> {
  /** The rules that a record with this view and message can match, in their order. */
  candidates(view: RecordView, message: string): readonly RuleVerdict<Rule>[]
}

/** Looks of records that are remembered; names of events are few, unless somebody makes them up. */
const MAX_CELLS = 8192
/** Of one event name. */
const MAX_ALIKE = 64

/**
 * Finds which rules a record can match, by what is known of it without reading its message. Nothing is said by hand: a
 * pattern is evaluated with three values (yes, no, unknown) over the fields that the view has, once for all records that
 * look alike, and the answer is remembered. What is left of it is asked of fields that differ from record to record; of
 * what stays unknown, texts are derived that a match must hold.
 *
 * Sound, not complete: trying the candidates gives the very same matches as trying all rules.
 *
 * @example
 * createRuleIndex([{ pattern: compilePattern('{ $.action = "object.read" }') }]).candidates(view, message).length // 1
 */
export function createRuleIndex<Rule extends { readonly pattern: CompiledFilterPattern }>(
  rules: readonly Rule[],
): RuleIndex<Rule> {
  let names = new Map<string, Cell<Rule>[]>()
  let cells = 0

  function make(look: Look): Cell<Rule> {
    const verdicts = rules.flatMap((rule) => {
      const verdict = judge(rule.pattern.pattern, look)
      return verdict === undefined ? [] : [{ rule, ...verdict }]
    })
    return { look, verdicts }
  }

  function remember(view: RecordView, copy: boolean, alike: Cell<Rule>[] | undefined): Cell<Rule> {
    const cell = make(lookOf(view, copy))
    if (cells >= MAX_CELLS) {
      names = new Map()
      cells = 0
    }
    cells += 1
    if (alike === undefined || cells === 1) names.set(detach(view.eventName), [cell])
    else if (alike.length < MAX_ALIKE) alike.push(cell)
    else alike[cells % MAX_ALIKE] = cell
    return cell
  }

  return {
    candidates(view, message) {
      const copy = isCopy(view, message)
      const alike = names.get(view.eventName)
      if (alike !== undefined) {
        for (let index = 0; index < alike.length; index += 1) {
          const cell = alike[index]!
          if (!isAlike(cell.look, view, copy)) continue
          // What comes often is found sooner.
          if (index > 0) {
            alike[index] = alike[index >> 1]!
            alike[index >> 1] = cell
          }
          return cell.verdicts
        }
      }
      return remember(view, copy, alike).verdicts
    },
  }
}

/** Undefined: no record that looks so matches. */
function judge(pattern: FilterPattern, look: Look): Omit<RuleVerdict<unknown>, 'rule'> | undefined {
  if (pattern.kind === 'all') return { isCertain: true, ask: undefined, needles: undefined }
  if (pattern.kind !== 'json') return { isCertain: false, ask: undefined, needles: undefined }
  const verdict = judgeExpression(pattern.expression, look)
  if (verdict === false) return undefined
  if (verdict === true) return { isCertain: true, ask: undefined, needles: undefined }
  const known = (condition: JsonCondition) => judgeCondition(condition, look)
  return { isCertain: false, ask: askOf(pattern.expression, known), needles: needlesOf(pattern.expression, known) }
}

// ----------------------------------------------------------------------------------------------- record by record

/** Asks the view of one record; undefined where none of its fields has anything to say. */
function askOf(
  expression: Expression<JsonCondition>,
  known: (condition: JsonCondition) => Verdict,
): RuleVerdict<unknown>['ask'] {
  const answers = new Map<JsonCondition, Verdict | Asked>()
  let asks = false
  for (const condition of conditions(expression)) {
    const verdict = known(condition)
    const field = verdict === undefined ? variousOf(condition) : undefined
    answers.set(condition, field === undefined ? verdict : { field, test: testOf(condition) })
    asks ||= field !== undefined
  }
  if (!asks) return undefined
  return (view) =>
    evaluate(expression, (condition) => {
      const answer = answers.get(condition)
      return typeof answer === 'object' ? askView(answer, view) : answer
    })
}

interface Asked {
  readonly field: Various
  readonly test: (value: FieldValue) => boolean
}

function askView({ field, test }: Asked, view: RecordView): Verdict {
  const values = variousValues(view, field)
  if (values === undefined) return undefined
  const first = test(values[0])
  return values.length === 1 || test(values[1]) === first ? first : undefined
}

// ----------------------------------------------------------------------------------------------- three-valued logic

/** More fields that may be absent or not are not tried in all combinations. */
const MAX_OPEN = 6

/** What holds whichever of its possible values each field has. */
function judgeExpression(expression: Expression<JsonCondition>, look: Look): Verdict {
  const single = evaluate(expression, (condition) => judgeCondition(condition, look))
  if (single !== undefined) return single
  const open = new Map<string, readonly FieldValue[]>()
  for (const condition of conditions(expression)) {
    const values = possibleValues(look, condition)
    const name = topName(condition)
    const isOpen = values !== undefined && values.length > 1 && judgeCondition(condition, look) === undefined
    if (isOpen && name !== undefined) open.set(name, values)
  }
  if (open.size === 0) return undefined
  const names = [...open.keys()].slice(0, MAX_OPEN)
  let verdict: Verdict | 'none' = 'none'
  for (let choice = 0; choice < 2 ** names.length; choice += 1) {
    const chosen = new Map(names.map((name, index) => [name, open.get(name)![(choice >> index) & 1]]))
    const found = evaluate(expression, (condition) => {
      const name = topName(condition)
      return name !== undefined && chosen.has(name)
        ? holds(condition, chosen.get(name))
        : judgeCondition(condition, look)
    })
    if (found === undefined || (verdict !== 'none' && found !== verdict)) return undefined
    verdict = found
  }
  return verdict === 'none' ? undefined : verdict
}

function judgeCondition(condition: JsonCondition, view: Look): Verdict {
  const values = possibleValues(view, condition)
  if (values === undefined) return undefined
  const verdicts = values.map((value) => holds(condition, value))
  return verdicts.every((verdict) => verdict === verdicts[0]) ? verdicts[0] : undefined
}

function evaluate(node: Expression<JsonCondition>, test: (condition: JsonCondition) => Verdict): Verdict {
  if (!isCompound(node)) return test(node)
  /** What decides the whole by itself. */
  const decisive = node.type === 'or'
  let isOpen = false
  for (const operand of node.operands) {
    const verdict = evaluate(operand, test)
    if (verdict === decisive) return decisive
    if (verdict === undefined) isOpen = true
  }
  return isOpen ? undefined : !decisive
}

function* conditions(node: Expression<JsonCondition>): Generator<JsonCondition> {
  if (!isCompound(node)) yield node
  else for (const operand of node.operands) yield* conditions(operand)
}

// ---------------------------------------------------------------------------------------------------------- needles

const MAX_NEEDLES = 16
/** Printable ASCII that JSON writes as it is; not a slash, which may be written with a backslash before it. */
const PLAIN = /^[ !#-.0-[\]-~]+$/
/** A text of these may be that of a number. */
const NUMERIC = /^[0-9eE+.Infity-]*$/

/**
 * Texts of which the message must hold one so that the expression holds, given what is known already. Records are one
 * line of JSON without white space.
 */
function needlesOf(
  node: Expression<JsonCondition>,
  test: (condition: JsonCondition) => Verdict,
): readonly string[] | undefined {
  const known = evaluate(node, test)
  if (known === false) return []
  if (known === true) return undefined
  if (!isCompound(node)) return needlesOfCondition(node)
  const operands = node.operands.map((operand) => needlesOf(operand, test))
  if (node.type === 'or') {
    if (operands.some((needles) => needles === undefined)) return undefined
    const all = shortest(operands.flatMap((needles) => needles ?? []))
    return all.length <= MAX_NEEDLES ? all : undefined
  }
  const least = (needles: readonly string[]): number => Math.min(...needles.map(({ length }) => length))
  return operands
    .filter((needles) => needles !== undefined)
    .sort((a, b) => a.length - b.length || least(b) - least(a))[0]
}

/** Without those that hold another one. */
function shortest(needles: readonly string[]): readonly string[] {
  const unique = [...new Set(needles)]
  return unique.filter((needle) => !unique.some((other) => other !== needle && needle.includes(other)))
}

function needlesOfCondition(condition: JsonCondition): readonly string[] | undefined {
  const { segments } = condition.selector
  // `!=` with a wildcard holds where nothing stands behind the wildcard.
  const isNone = condition.type === 'comparison' && condition.operator === '!='
  if (condition.type === 'notExists' || (isNone && segments.some(({ type }) => type === 'wildcard'))) return undefined
  const last = segments.at(-1)
  const name = last?.type === 'name' && PLAIN.test(last.name) ? `"${last.name}":` : undefined
  if (condition.type === 'is') {
    // An array that holds a null is NULL too.
    const literal = { TRUE: 'true', FALSE: 'false', NULL: '' }[condition.value]
    return name === undefined ? undefined : [name + literal]
  }
  const { literal, operator } = condition
  if (operator === '=' && literal.type === 'string') {
    const { value } = literal
    const [head = ''] = value.split('*', 1)
    const isWhole = head === value
    if (PLAIN.test(head) && !NUMERIC.test(head)) {
      const text = isWhole ? `"${head}"` : `"${head}`
      return [name === undefined ? text : name + text]
    }
  }
  return name === undefined ? undefined : [name]
}

/** An escape that may stand for a character of a needle: then only the parsed message can tell. */
export const ESCAPE = '\\u00'

/** Whether a message without such escapes can match: see {@link RuleVerdict.needles}. */
export function holdsOne(message: string, needles: readonly string[]): boolean {
  for (const needle of needles) if (message.includes(needle)) return true
  return false
}
