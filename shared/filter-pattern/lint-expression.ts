import type { Compound, Expression, Literal } from './ast.ts'
import { isCompound } from './ast.ts'
import { quote } from './cursor.ts'
import { type Context, edit, report, reportRepeats, sourceOf } from './lint-report.ts'
import { contradicts, type Domain, relate } from './logic.ts'

/** What JSON conditions and conditions on fields have in common: repeats, contradictions, tautologies, precedence. */
export function lintExpression<C extends { readonly type: string }>(
  context: Context,
  node: Expression<C>,
  domain: Domain<C>,
  isRoot: boolean,
): void {
  if (!isCompound(node)) return
  const compound = node as Compound<C>
  const conditions = compound.operands.filter((operand): operand is C => !isCompound(operand))
  reportRepeats(context, conditions, domain.textOf)
  lintPairs(context, compound, conditions, domain, isRoot)
  if (compound.type === 'or') {
    lintPrecedence(context, compound)
    lintCaseVariants(context, conditions, domain)
  }
  for (const operand of compound.operands) lintExpression<C>(context, operand, domain, false)
}

function lintPairs<C extends { readonly type: string }>(
  context: Context,
  node: Compound<C>,
  conditions: readonly C[],
  domain: Domain<C>,
  isRoot: boolean,
): void {
  if (node.type === 'and') {
    const clash = firstPair(node.operands, (first, second) => contradicts(domain, first, second))
    if (clash) {
      const [first, second] = clash.map((operand) => sourceOf(context, operand))
      report(
        context,
        'never-matches',
        clash[1],
        `${first} and ${second} exclude each other: ${isRoot ? 'the pattern' : 'this part'} never matches.`,
        {
          fix: { description: "Join them with '||', or correct one of the values." },
        },
      )
      return
    }
  }
  const redundant = new Set<C>()
  for (const [index, first] of conditions.entries()) {
    for (const second of conditions.slice(index + 1)) {
      const relation = domain.textOf(first) === domain.textOf(second) ? undefined : relate(domain, first, second)
      if (!relation) continue
      if (node.type === 'or' && relation.exhaust) {
        report(
          context,
          'always-true',
          second,
          `${domain.textOf(first)} or ${domain.textOf(second)} is true of every log event that has ${domain.keyOf(first)}.`,
          { severity: isRoot ? 'error' : 'warning', fix: { description: "Join negations with '&&'." } },
        )
      }
      const [weak, strong] =
        node.type === 'and'
          ? relation.firstImpliesSecond
            ? [second, first]
            : relation.secondImpliesFirst
              ? [first, second]
              : []
          : relation.firstImpliesSecond
            ? [first, second]
            : relation.secondImpliesFirst
              ? [second, first]
              : []
      if (weak && strong && !redundant.has(weak) && !(node.type === 'and' && isPresenceTest(domain.literalOf(weak)))) {
        redundant.add(weak)
        report(
          context,
          'redundant-condition',
          weak,
          `${domain.textOf(weak)} changes nothing beside ${domain.textOf(strong)}.`,
          {
            fix: { description: 'Remove it.' },
          },
        )
      }
    }
  }
}

/** `= "*"` beside another condition says that the key is there: no harm, and a guard for `!=`. */
function isPresenceTest(literal: Literal | undefined): boolean {
  return literal?.type === 'string' && /^\*+$/.test(literal.value)
}

function firstPair<T>(items: readonly T[], holds: (first: T, second: T) => boolean): [T, T] | undefined {
  for (const [index, first] of items.entries()) {
    for (const second of items.slice(index + 1)) if (holds(first, second)) return [first, second]
  }
  return undefined
}

function lintPrecedence<C extends { readonly type: string }>(context: Context, node: Compound<C>): void {
  for (const operand of node.operands) {
    if (!isCompound(operand) || context.spans.get(operand)?.parenthesized !== undefined) continue
    const source = sourceOf(context, operand)
    report(context, 'mixed-precedence', operand, `This part is read as (${source}), an alternative of its own.`, {
      fix: edit(context, operand, 'Put parentheses around what belongs together.', `(${source})`),
    })
  }
}

function lintCaseVariants<C extends { readonly type: string }>(
  context: Context,
  conditions: readonly C[],
  domain: Domain<C>,
): void {
  const seen = new Map<string, string>()
  const reported = new Set<string>()
  for (const condition of conditions) {
    const literal = domain.literalOf(condition)
    const key = domain.keyOf(condition)
    if (literal?.type !== 'string' || key === undefined) continue
    const folded = `${key}\u0000${literal.value.toLowerCase()}`
    const earlier = seen.get(folded)
    if (earlier === undefined) seen.set(folded, literal.value)
    else if (earlier !== literal.value && !reported.has(folded)) {
      reported.add(folded)
      report(
        context,
        'case-variants',
        condition,
        `${quote(literal.value)} and ${quote(earlier)} differ in case only; other spellings still pass by.`,
        {
          fix: { description: 'Use a regular expression with both cases of each letter, such as %[Pp][Aa][Cc][Uu]%.' },
        },
      )
    }
  }
}
