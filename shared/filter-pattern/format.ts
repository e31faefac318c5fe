import type { Compound, Expression, FilterPattern, JsonCondition, SpaceCondition, SpaceEntry, Term } from './ast.ts'
import { isCompound } from './ast.ts'
import { quote } from './cursor.ts'
import { formatLiteral } from './literal.ts'
import { formatSelector } from './selector.ts'

const PLAIN_TERM = /^[A-Za-z0-9_]+$/

/**
 * The canonical text of a pattern: one space around operators, every text in double quotes, parentheses around every
 * compound inside a compound. Parsing it gives the same pattern again.
 *
 * @example
 * formatFilterPattern(parsed.pattern) // { ($.a = "x" || $.b = 4) && $.c NOT EXISTS }
 */
export function formatFilterPattern(pattern: FilterPattern): string {
  switch (pattern.kind) {
    case 'all':
      return ''
    case 'terms':
      return pattern.terms.map(formatTerm).join(' ')
    case 'json':
      return `{ ${formatExpression(pattern.expression, formatJsonCondition)} }`
    case 'space':
      return `[${pattern.entries.map(formatEntry).join(', ')}]`
  }
}

export function formatTerm(term: Term): string {
  const prefix = term.mode === 'exclude' ? '-' : term.mode === 'optional' ? '?' : ''
  if (term.match.type === 'regex') return `${prefix}%${term.match.source}%`
  return prefix + (PLAIN_TERM.test(term.match.text) ? term.match.text : quote(term.match.text))
}

export function formatJsonCondition(condition: JsonCondition): string {
  const selector = formatSelector(condition.selector)
  if (condition.type === 'notExists') return `${selector} NOT EXISTS`
  if (condition.type === 'is') return `${selector} IS ${condition.value}`
  return `${selector} ${condition.operator} ${formatLiteral(condition.literal)}`
}

export function formatSpaceCondition(condition: SpaceCondition): string {
  return `${condition.field} ${condition.operator} ${formatLiteral(condition.literal)}`
}

function formatEntry(entry: SpaceEntry): string {
  if (entry.type === 'ellipsis') return '...'
  return entry.condition === undefined ? (entry.name ?? '') : formatExpression(entry.condition, formatSpaceCondition)
}

export function formatExpression<C extends { readonly type: string }>(
  node: Expression<C>,
  format: (condition: C) => string,
): string {
  if (!isCompound(node)) return format(node)
  return (node as Compound<C>).operands
    .map((operand) => (isCompound(operand) ? `(${formatExpression(operand, format)})` : format(operand)))
    .join(node.type === 'and' ? ' && ' : ' || ')
}
