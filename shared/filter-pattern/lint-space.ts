import type { Expression, SpaceCondition, SpaceEntry, SpaceField } from './ast.ts'
import { isCompound } from './ast.ts'
import { quote } from './cursor.ts'
import { lintExpression } from './lint-expression.ts'
import { type Context, lintLiteral, rangeOf, report } from './lint-report.ts'
import { spaceDomain } from './logic.ts'

/** What the linter says of space-delimited patterns. */
export function lintSpace(context: Context, entries: readonly SpaceEntry[]): void {
  const fields = entries.filter((entry) => entry.type === 'field')
  if (fields.length === 0) {
    report(context, 'matches-everything', [0, context.text.length], 'A pattern without fields matches every log event.')
  }
  lintBracketedTerm(context, entries, fields)
  const domain = spaceDomain(context.options)
  for (const { condition } of fields) {
    if (condition === undefined) continue
    lintExpression<SpaceCondition>(context, condition, domain, true)
    lintSpaceLiterals(context, condition)
  }
  const last = entries.at(-1)
  if (last?.type === 'field' && last.condition !== undefined && fields.length === entries.length) {
    const [, end] = rangeOf(context, last)
    report(context, 'last-field-takes-rest', last, `'${last.name}' is the whole rest of the line.`, {
      fix: {
        description: "Add ', ...' if the line goes on after this field.",
        edit: { start: end, end, replacement: ', ...' },
      },
    })
  }
}

/** `[ERROR]`, `[WARN, ERROR]`: names without a condition that read like what is looked for. */
function lintBracketedTerm(context: Context, entries: readonly SpaceEntry[], fields: readonly SpaceField[]): void {
  const names = fields.map(({ name }) => name)
  if (names.length === 0 || entries.some((entry) => entry.type === 'ellipsis')) return
  const looksLikeText = names.every((name) => name !== undefined && (names.length === 1 || /^[A-Z]+$/.test(name)))
  if (!looksLikeText || fields.some(({ condition }) => condition !== undefined)) return
  const count = names.length === 1 ? 'one word' : `${names.length} words`
  const [only] = names
  const { start, end } = trimmedRange(context.text)
  report(context, 'bracketed-term', [start, end], `The pattern matches every line of ${count} or more.`, {
    fix:
      names.length === 1
        ? {
            description: 'Quote it to find the text with its brackets, or write the word alone.',
            edit: { start, end, replacement: quote(`[${only}]`) },
          }
        : { description: 'Write conditions such as level = ERROR, or the words without brackets.' },
  })
}

function trimmedRange(text: string): { start: number; end: number } {
  return { start: text.length - text.trimStart().length, end: text.trimEnd().length }
}

function lintSpaceLiterals(context: Context, node: Expression<SpaceCondition>): void {
  if (isCompound(node)) for (const operand of node.operands) lintSpaceLiterals(context, operand)
  else lintLiteral(context, node.literal, node.field)
}
