import type { Compound, Expression, JsonCondition } from './ast.ts'
import { isCompound } from './ast.ts'
import { formatJsonCondition } from './format.ts'
import { type Context, contains, edit, type PresentWhen, report } from './lint-report.ts'
import { formatSelector } from './selector.ts'

type Node = Expression<JsonCondition>
type Comparison = JsonCondition & { readonly type: 'comparison' }

/**
 * `!=` is false where the key is absent (or null). That is a finding unless the key is there in every record, in every
 * record that the rest of the pattern lets through, or the author has said what absence means.
 */
export function lintNotEqual(
  context: Context,
  condition: Comparison,
  ancestors: readonly Compound<JsonCondition>[],
): void {
  const { options } = context
  // With a wildcard, elements without the key are unequal too: only what leads to the wildcard has to be there.
  const selector = formatSelector(condition.selector).replace(/(\.\*|\[\*\]).*$/, '')
  if (selector === '$' || contains(options.alwaysPresent, selector)) return
  const around = siblings(condition, ancestors)
  if (around.required.some((node) => impliesPresence(node, selector))) return
  if (around.alternatives.some((node) => speaksOfAbsence(node, selector))) return
  if ((options.presentWhen ?? []).some((when) => covers(when, selector, around))) return
  const text = formatJsonCondition(condition)
  const lacking = options.usuallyPresent?.[selector]
  const isNull = contains(options.nullable, selector)
  const [state, guard] = isNull ? ['null', 'IS NULL'] : ['absent', 'NOT EXISTS']
  const where = lacking === undefined ? '' : `: ${lacking}`
  report(context, 'not-equal-absent', condition, `${text} is false where ${selector} is ${state}${where}.`, {
    ...(lacking !== undefined && { severity: 'info' as const }),
    fix: edit(context, condition, `Add ${guard} as an alternative.`, `(${text} || ${selector} ${guard})`),
  })
}

/** What else must hold where the condition decides, and what is enough without it. */
interface Siblings {
  readonly required: readonly Node[]
  readonly alternatives: readonly Node[]
}

function siblings(condition: Node, ancestors: readonly Compound<JsonCondition>[]): Siblings {
  const path: readonly Node[] = [...ancestors, condition]
  const others = (type: 'and' | 'or'): Node[] =>
    ancestors.flatMap((ancestor, index) =>
      ancestor.type === type ? ancestor.operands.filter((operand) => operand !== path[index + 1]) : [],
    )
  return { required: others('and'), alternatives: others('or') }
}

/** Whether the node can only hold of records that have the key. */
function impliesPresence(node: Node, selector: string): boolean {
  if (isCompound(node)) {
    return node.type === 'and'
      ? node.operands.some((operand) => impliesPresence(operand, selector))
      : node.operands.every((operand) => impliesPresence(operand, selector))
  }
  const positive = node.type === 'is' || (node.type === 'comparison' && node.operator !== '!=')
  return positive && formatSelector(node.selector) === selector
}

/** Whether NOT EXISTS or IS NULL of the key, or of what it stands in, is asked for. */
function speaksOfAbsence(node: Node, selector: string): boolean {
  if (isCompound(node)) return node.operands.some((operand) => speaksOfAbsence(operand, selector))
  if (node.type === 'comparison' || (node.type === 'is' && node.value !== 'NULL')) return false
  const about = formatSelector(node.selector)
  return about === selector || selector.startsWith(`${about}.`) || selector.startsWith(`${about}[`)
}

function covers(when: PresentWhen, selector: string, { required, alternatives }: Siblings): boolean {
  if (!when.keys.some((key) => key === selector || selector.startsWith(`${key}.`))) return false
  return required.some((node) => holdsOnlyWhere(node, when)) || alternatives.some((node) => holdsElsewhere(node, when))
}

/** The node holds only where the selector has one of the values. */
function holdsOnlyWhere(node: Node, when: PresentWhen): boolean {
  if (isCompound(node)) {
    return node.type === 'and'
      ? node.operands.some((operand) => holdsOnlyWhere(operand, when))
      : node.operands.every((operand) => holdsOnlyWhere(operand, when))
  }
  return isAbout(node, '=', when)
}

/** The node holds wherever the selector has another value: `type != "AssumedRole" || …`. */
function holdsElsewhere(node: Node, when: PresentWhen): boolean {
  return !isCompound(node) && isAbout(node, '!=', when)
}

function isAbout(node: JsonCondition, operator: '=' | '!=', when: PresentWhen): boolean {
  if (node.type !== 'comparison' || node.operator !== operator || node.literal.type !== 'string') return false
  return formatSelector(node.selector) === when.selector && when.values.includes(node.literal.value)
}
