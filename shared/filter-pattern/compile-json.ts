import { isObject } from '../basics/is-object.ts'
import type { Expression, JsonCondition, JsonPattern, MatchOptions, Selector, SelectorSegment } from './ast.ts'
import { isCompound } from './ast.ts'
import {
  type ExplainedCondition,
  type Explanation,
  explainExpression,
  flatExplanation,
  show,
  toExplanation,
} from './explain.ts'
import { formatJsonCondition } from './format.ts'
import { compileJsonComparison, isGlob, numberText } from './literal.ts'
import { compileNodes, compilePath, compileWildcard, formatSelector, hasWildcard } from './selector.ts'

type Predicate = (root: unknown) => boolean

/**
 * JSON patterns. The message must be one JSON object, or hold one (`strictJson: false`); a key that is absent satisfies
 * NOT EXISTS and nothing else (CloudWatch Logs guide, "Using filter patterns to match terms in JSON log events"; measured by third parties).
 */
export function compileJson(
  pattern: JsonPattern,
  options: MatchOptions,
): {
  readonly test: Predicate
  readonly parse: (message: string) => unknown
  readonly mayMatch: (message: string) => boolean
  readonly explain: (message: string) => Explanation
} {
  const test = compileExpression(pattern.expression, options)
  const texts = requiredTexts(pattern.expression, options)
  const strict = options.strictJson !== false
  const parse = strict ? parseObject : parseEmbeddedObject
  const mayHoldObject = strict ? looksLikeObject : (message: string): boolean => message.includes('{')
  return {
    test: (root) => isObject(root) && test(root),
    parse,
    mayMatch: (message) => mayHoldObject(message) && mayHold(message, texts),
    explain: (message) => {
      const root = parse(message)
      if (root === undefined) {
        return flatExplanation(
          false,
          strict ? 'the message is not one JSON object' : 'the message holds no JSON object',
        )
      }
      return toExplanation(
        explainExpression<JsonCondition>(pattern.expression, (condition) => explainCondition(condition, root, options)),
      )
    },
  }
}

/** The object that the message is, or undefined. Of a key that comes twice the last counts. */
function parseObject(message: string): Record<string, unknown> | undefined {
  if (!looksLikeObject(message)) return undefined
  try {
    const root: unknown = JSON.parse(message)
    return isObject(root) ? root : undefined
  } catch {
    return undefined
  }
}

/** The object that begins at the first brace of the message and ends at the brace that closes it, or undefined. */
function parseEmbeddedObject(message: string): Record<string, unknown> | undefined {
  const start = message.indexOf('{')
  return start < 0 ? undefined : parseObject(message.slice(start, closingBrace(message, start) + 1))
}

/** Where the brace at `start` is closed; braces in strings do not count. -1 where it never is. */
function closingBrace(message: string, start: number): number {
  let depth = 0
  let quoted = false
  for (let at = start; at < message.length; at += 1) {
    const code = message.charCodeAt(at)
    if (quoted) {
      if (code === 92) at += 1
      else if (code === 34) quoted = false
    } else if (code === 34) quoted = true
    else if (code === 123) depth += 1
    else if (code === 125) {
      depth -= 1
      if (depth === 0) return at
    }
  }
  return -1
}

function looksLikeObject(message: string): boolean {
  let start = 0
  let end = message.length - 1
  while (isJsonSpace(message.charCodeAt(start))) start += 1
  while (end > start && isJsonSpace(message.charCodeAt(end))) end -= 1
  return message.charCodeAt(start) === 123 && message.charCodeAt(end) === 125
}

function isJsonSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

// ------------------------------------------------------------------------------------------------- text pre-check

/** At least one of the texts occurs in the message, unless an escape may hide it. */
function mayHold(message: string, texts: readonly string[] | undefined): boolean {
  return texts === undefined || texts.some((text) => message.includes(text)) || message.includes('\\')
}

const MAX_TEXTS = 16
/** Outside of these no JSON number (nor the text JavaScript gives it) has a character. */
const BEYOND_NUMBERS = /[^0-9eE+.Infity-]/

/** Texts of which any match must hold one in its JSON; undefined where nothing of the kind can be said. */
function requiredTexts(node: Expression<JsonCondition>, options: MatchOptions): readonly string[] | undefined {
  if (!isCompound(node)) return conditionTexts(node, options)
  const operands = node.operands.map((operand) => requiredTexts(operand, options))
  if (node.type === 'or') {
    if (operands.some((texts) => texts === undefined)) return undefined
    const all = [...new Set(operands.flatMap((texts) => texts ?? []))]
    return all.length <= MAX_TEXTS ? all : undefined
  }
  return operands
    .filter((texts) => texts !== undefined)
    .sort((a, b) => a.length - b.length || b[0]!.length - a[0]!.length)[0]
}

function conditionTexts(condition: JsonCondition, options: MatchOptions): readonly string[] | undefined {
  if (condition.type === 'notExists') return undefined
  if (condition.type === 'comparison' && condition.operator === '=' && condition.literal.type === 'string') {
    const { value } = condition.literal
    const glob = isGlob(condition.literal)
    // With mid-string asterisks as literals the pieces between them still have to be there.
    const pieces = glob && options.midStringWildcard !== 'literal' ? value.split('*') : glob ? [] : [value]
    const longest = pieces.filter((piece) => BEYOND_NUMBERS.test(piece)).sort((a, b) => b.length - a.length)[0]
    if (longest !== undefined && isPlain(longest)) return [longest]
  }
  const key = neededSegments(condition).findLast((segment) => segment.type === 'name')?.name
  return key !== undefined && isPlain(key) ? [key] : undefined
}

/** `!=` with a wildcard is true where no element has what follows the wildcard: only what leads to it must be there. */
function neededSegments({ selector: { segments }, ...condition }: JsonCondition): readonly SelectorSegment[] {
  const wildcard = segments.findIndex((segment) => segment.type === 'wildcard')
  const none = condition.type === 'comparison' && condition.operator === '!='
  return none && wildcard >= 0 ? segments.slice(0, wildcard) : segments
}

/** JSON must escape quotes, backslashes and controls: then the text is not in the message as it is. */
function isPlain(text: string): boolean {
  return !/["\\\u0000-\u001f]/.test(text)
}

// ------------------------------------------------------------------------------------------------------- compiling

function compileExpression(node: Expression<JsonCondition>, options: MatchOptions): Predicate {
  if (!isCompound(node)) return compileCondition(node, options)
  const [sets, rest] = groupBySelector(node.operands, node.type === 'or' ? '=' : '!=')
  const predicates = [...sets, ...rest.map((operand) => compileExpression(operand, options))]
  const [one, two, three] = predicates
  if (predicates.length === 1) return one!
  if (node.type === 'and') {
    if (predicates.length === 2) return (root) => one!(root) && two!(root)
    if (predicates.length === 3) return (root) => one!(root) && two!(root) && three!(root)
    return (root) => {
      for (const predicate of predicates) if (!predicate(root)) return false
      return true
    }
  }
  if (predicates.length === 2) return (root) => one!(root) || two!(root)
  return (root) => {
    for (const predicate of predicates) if (predicate(root)) return true
    return false
  }
}

const MIN_SET = 3

/**
 * `$.a = "x" || $.a = "y" || …` is one look-up, and so is `$.a != "x" && $.a != "y" && …`. Only for plain texts:
 * numbers compare by value, wildcards and regexes are no look-up.
 */
function groupBySelector(
  operands: readonly Expression<JsonCondition>[],
  operator: '=' | '!=',
): [Predicate[], Expression<JsonCondition>[]] {
  const groups = new Map<string, { selector: Selector; values: Set<string>; members: Set<Expression<JsonCondition>> }>()
  for (const operand of operands) {
    if (isCompound(operand) || operand.type !== 'comparison' || operand.operator !== operator) continue
    if (operand.literal.type !== 'string' || isGlob(operand.literal) || hasWildcard(operand.selector)) continue
    const key = formatSelector(operand.selector)
    const group = groups.get(key) ?? { selector: operand.selector, values: new Set(), members: new Set() }
    group.values.add(operand.literal.value)
    group.members.add(operand)
    groups.set(key, group)
  }
  const large = [...groups.values()].filter((group) => group.members.size >= MIN_SET)
  const rest = operands.filter((operand) => !large.some((group) => group.members.has(operand)))
  return [large.map((group) => compileSet(group.selector, group.values, operator === '=')), rest]
}

function compileSet(selector: Selector, values: ReadonlySet<string>, member: boolean): Predicate {
  const get = compilePath(selector.segments)
  return (root) => {
    const node = get(root)
    if (typeof node === 'string') return values.has(node) === member
    return typeof node === 'number' && values.has(numberText(node)) === member
  }
}

function compileCondition(condition: JsonCondition, options: MatchOptions): Predicate {
  const { selector } = condition
  if (condition.type === 'notExists') {
    if (hasWildcard(selector)) {
      const nodesOf = compileNodes(selector)
      return (root) => nodesOf(root).length === 0
    }
    const get = compilePath(selector.segments)
    return (root) => get(root) === undefined
  }
  if (condition.type === 'is') return compileAny(selector, stateTest(condition.value))
  if (condition.operator === '!=' && hasWildcard(selector)) {
    // `!=` with a wildcard means that none of the elements equals, not that some differs.
    const nodesOf = compileWildcard(selector)
    const equals = compileJsonComparison('=', condition.literal, options)
    return (root) => {
      const { found, nodes } = nodesOf(root)
      return found && !nodes.some(equals)
    }
  }
  return compileAny(selector, compileJsonComparison(condition.operator, condition.literal, options))
}

/** Some node that the selector points at passes. */
function compileAny(selector: Selector, passes: (node: unknown) => boolean): Predicate {
  if (hasWildcard(selector)) {
    const nodesOf = compileWildcard(selector)
    return (root) => nodesOf(root).nodes.some(passes)
  }
  const get = compilePath(selector.segments)
  return (root) => passes(get(root))
}

/** IS NULL is also true of an array that holds a null. */
export function stateTest(value: 'NULL' | 'TRUE' | 'FALSE'): (node: unknown) => boolean {
  if (value === 'TRUE') return (node) => node === true
  if (value === 'FALSE') return (node) => node === false
  return (node) => node === null || (Array.isArray(node) && node.includes(null))
}

// ------------------------------------------------------------------------------------------------------ explaining

function explainCondition(condition: JsonCondition, root: unknown, options: MatchOptions): ExplainedCondition {
  const match = compileCondition(condition, options)(root)
  const nodes = compileNodes(condition.selector)(root)
  return { type: 'condition', text: formatJsonCondition(condition), match, why: why(condition, nodes, match) }
}

function why(condition: JsonCondition, nodes: readonly unknown[], match: boolean): string {
  if (nodes.length === 0) {
    if (condition.type === 'notExists') return 'absent'
    return match ? 'saw no value: none equals' : 'absent: only NOT EXISTS is true of an absent key'
  }
  if (nodes.length > 1) {
    const shown = nodes.slice(0, 3).map(describe)
    return `saw ${nodes.length} values: ${shown.join(', ')}${nodes.length > 3 ? ', …' : ''}`
  }
  const node = nodes[0]
  if (condition.type !== 'comparison' || typeof node === 'string' || typeof node === 'number')
    return `saw ${describe(node)}`
  if (typeof node === 'boolean')
    return `saw the boolean ${node}: use IS TRUE or IS FALSE, comparisons never match booleans`
  if (node === null) return 'saw null: only IS NULL is true of null'
  return `saw ${describe(node)}: comparisons never match objects and arrays`
}

function describe(node: unknown): string {
  if (typeof node === 'string') return show(node)
  if (Array.isArray(node)) return 'an array'
  return typeof node === 'object' && node !== null ? 'an object' : String(node)
}
