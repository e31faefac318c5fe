import type { Compound, Expression, JsonCondition } from './ast.ts'
import { isCompound } from './ast.ts'
import { formatJsonCondition } from './format.ts'
import { lintExpression } from './lint-expression.ts'
import { lintNotEqual } from './lint-presence.ts'
import { type Context, contains, edit, lintLiteral, report, sourceOf } from './lint-report.ts'
import { jsonDomain } from './logic.ts'
import { formatSelector, hasWildcard } from './selector.ts'

/** What the linter says of JSON patterns. */
export function lintJson(context: Context, expression: Expression<JsonCondition>): void {
  lintExpression<JsonCondition>(context, expression, jsonDomain(context.options), true)
  lintJsonNode(context, expression, [])
  if (isCompound(expression) && expression.type === 'or') lintOrNegation(context, expression)
}

function lintJsonNode(
  context: Context,
  node: Expression<JsonCondition>,
  ancestors: readonly Compound<JsonCondition>[],
): void {
  if (isCompound(node)) {
    for (const operand of node.operands) lintJsonNode(context, operand, [...ancestors, node])
    return
  }
  lintKey(context, node)
  if (node.type !== 'comparison') {
    lintKeyword(context, node)
    if (node.type === 'is') lintTextBoolean(context, node)
    return
  }
  lintLiteral(context, node.literal, formatSelector(node.selector))
  lintBoolean(context, node)
  if (node.operator === '!=') lintNotEqual(context, node, ancestors)
}

function lintKeyword(context: Context, condition: JsonCondition): void {
  const source = sourceOf(context, condition)
  const keywords = /\S+\s+\S+$/.exec(source)?.[0]
  if (keywords === undefined || keywords === keywords.toUpperCase()) return
  report(context, 'keyword-case', condition, `${keywords} is not in capitals.`, {
    fix: edit(context, condition, 'Write it in capitals.', source.slice(0, -keywords.length) + keywords.toUpperCase()),
  })
}

function lintTextBoolean(context: Context, condition: JsonCondition & { type: 'is' }): void {
  const selector = formatSelector(condition.selector)
  if (condition.value === 'NULL' || !contains(context.options.texts, selector)) return
  const wanted = `${selector} = "${condition.value.toLowerCase()}"`
  report(context, 'text-boolean', condition, `${selector} is the text "true" or "false", no boolean.`, {
    fix: edit(context, condition, 'Compare it with the text.', wanted),
  })
}

/** `$.eventname` for `$.eventName`: the same letters in another case, or with other separators. */
function lintKey(context: Context, condition: JsonCondition): void {
  const { known } = context.options
  if (known === undefined || hasWildcard(condition.selector)) return
  const selector = formatSelector(condition.selector)
  if (known.some((each) => each === selector || each.startsWith(`${selector}.`))) return
  // The longest known key that the selector begins with, in one spelling or another, is what was meant.
  const meant = known
    .filter((each) => sameLetters(each, selector.split('.').slice(0, each.split('.').length).join('.')))
    .sort((a, b) => b.length - a.length)[0]
  if (meant === undefined || selector === meant || selector.startsWith(`${meant}.`)) return
  const right = [meant, ...selector.split('.').slice(meant.split('.').length)].join('.')
  const source = sourceOf(context, condition)
  const begin = source.indexOf(sourceOf(context, condition.selector))
  const rest = source.slice(begin + sourceOf(context, condition.selector).length)
  report(context, 'unknown-key', condition, `${selector} is in no record; ${right} is.`, {
    fix: edit(context, condition, `Write ${right}.`, `${right}${rest}`),
  })
}

function sameLetters(one: string, other: string): boolean {
  const plain = (text: string): string => text.replaceAll(/[_-]/g, '').toLowerCase()
  return plain(one) === plain(other)
}

function lintBoolean(context: Context, condition: JsonCondition & { type: 'comparison' }): void {
  const { literal, operator } = condition
  const selector = formatSelector(condition.selector)
  const isBoolean = contains(context.options.booleans, selector)
  const word =
    literal.type === 'string' && /^(true|false)$/i.test(literal.value) ? literal.value.toUpperCase() : undefined
  const quoted = sourceOf(context, literal).startsWith('"')
  if (!isBoolean && (word === undefined || quoted)) return
  const truth = word === undefined ? undefined : (operator === '=') === (word === 'TRUE')
  report(context, 'boolean-comparison', condition, `${formatJsonCondition(condition)} matches no JSON boolean.`, {
    severity: isBoolean ? 'error' : 'warning',
    fix:
      truth === undefined
        ? { description: 'Use IS TRUE or IS FALSE.' }
        : edit(
            context,
            condition,
            `Use IS ${truth ? 'TRUE' : 'FALSE'}, or quote the word if the value is text.`,
            `${selector} IS ${truth ? 'TRUE' : 'FALSE'}`,
          ),
  })
}

function isNegative(node: Expression<JsonCondition>): boolean {
  if (!isCompound(node)) return node.type === 'notExists' || (node.type === 'comparison' && node.operator === '!=')
  return node.type === 'and' ? node.operands.every(isNegative) : node.operands.some(isNegative)
}

function selectorsOf(node: Expression<JsonCondition>): string[] {
  return isCompound(node) ? node.operands.flatMap(selectorsOf) : [formatSelector(node.selector)]
}

/** `A = x || B != y`: about the one key (or one and what it stands in) alone a negation is what the author means, among others it is not. */
function lintOrNegation(context: Context, node: Compound<JsonCondition>): void {
  const selectors = selectorsOf(node)
  const longest = selectors.reduce((a, b) => (b.length > a.length ? b : a))
  if (selectors.every((selector) => longest === selector || longest.startsWith(`${selector}.`))) return
  for (const operand of node.operands.filter(isNegative)) {
    report(
      context,
      'or-negation',
      operand,
      `${sourceOf(context, operand)} alone makes the pattern match nearly every log event.`,
      {
        fix: { description: "Join the exceptions with '&&': (what to find) && (what to leave out)." },
      },
    )
  }
}
