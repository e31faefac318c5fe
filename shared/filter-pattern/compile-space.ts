import type { Expression, MatchOptions, SpaceCondition, SpaceField, SpacePattern } from './ast.ts'
import { isCompound } from './ast.ts'
import {
  type ExplainedNode,
  type Explanation,
  explainExpression,
  flatExplanation,
  show,
  toExplanation,
} from './explain.ts'
import { formatSpaceCondition } from './format.ts'
import { compileFieldComparison } from './literal.ts'

/** Reads one field of a split message; undefined never occurs once the counts are checked. */
type FieldGetter = (fields: readonly string[]) => string | undefined
type Predicate = (fields: readonly string[]) => boolean

export interface CompiledSpace {
  /** The fields of a message that has enough of them, else undefined. */
  readonly read: (message: string) => readonly string[] | undefined
  readonly test: Predicate
  /** `$name` or `$n`; undefined when the pattern declares no such field. */
  readonly getter: (reference: string) => FieldGetter | undefined
  /** What TestMetricFilter calls extractedValues. */
  readonly extractedValues: (fields: readonly string[]) => Record<string, string>
  readonly explain: (message: string) => Explanation
}

/**
 * Space-delimited patterns (CloudWatch Logs guide, "Using filter patterns to match terms in space-delimited log
 * events"). Without `...` the last entry takes the rest of the line.
 */
export function compileSpace(pattern: SpacePattern, options: MatchOptions): CompiledSpace {
  const at = pattern.entries.findIndex((entry) => entry.type === 'ellipsis')
  const isField = (entry: SpacePattern['entries'][number]): entry is SpaceField => entry.type === 'field'
  const before = pattern.entries.slice(0, at < 0 ? pattern.entries.length : at).filter(isField)
  const after = at < 0 ? [] : pattern.entries.slice(at + 1).filter(isField)
  const needed = before.length + after.length
  // No entry at all matches any message, as a lone ellipsis does.
  const limit = at < 0 && needed > 0 ? needed : 0

  const getters = new Map<string, FieldGetter>()
  before.forEach(({ name }, index) => {
    if (name !== undefined) getters.set(name, (fields) => fields[index])
  })
  after.forEach(({ name }, index) => {
    if (name !== undefined) getters.set(name, (fields) => fields[fields.length - after.length + index])
  })
  const getterOf = (name: string): FieldGetter => getters.get(name) ?? (() => undefined)

  const conditions = [...before, ...after].flatMap((entry) => (entry.condition === undefined ? [] : [entry.condition]))
  const predicates = conditions.map((condition) => compileExpression(condition, getterOf, options))
  const test: Predicate = (fields) => {
    for (const predicate of predicates) if (!predicate(fields)) return false
    return true
  }
  const read = (message: string): readonly string[] | undefined => {
    const fields = splitFields(message, limit)
    return fields.length >= needed ? fields : undefined
  }
  return {
    read,
    test,
    getter: (reference) => {
      const key = /^\$(\w+)$/.exec(reference)?.[1]
      if (key === undefined) return undefined
      return /^[1-9]\d*$/.test(key) ? (fields) => fields[Number(key) - 1] : getters.get(key)
    },
    extractedValues: (fields) => {
      const values: Record<string, string> = {}
      const firstAfter = fields.length - after.length
      fields.forEach((value, index) => {
        const entry =
          index < before.length ? before[index] : index >= firstAfter ? after[index - firstAfter] : undefined
        values[`$${entry?.name ?? index + 1}`] = value
      })
      return values
    },
    explain: (message) => {
      const fields = read(message)
      if (fields === undefined) {
        const found = splitFields(message, limit).length
        return flatExplanation(false, `the pattern needs ${needed} fields, the message has ${found}`)
      }
      if (conditions.length === 0)
        return flatExplanation(true, `the message has ${fields.length} fields, and no condition is set`)
      const operands = conditions.map((condition) => explainEntry(condition, fields, getterOf, options))
      return toExplanation(
        operands.length === 1
          ? operands[0]!
          : { type: 'and', match: operands.every((operand) => operand.match), operands },
      )
    },
  }
}

function compileExpression(
  node: Expression<SpaceCondition>,
  getterOf: (name: string) => FieldGetter,
  options: MatchOptions,
): Predicate {
  if (!isCompound(node)) {
    const get = getterOf(node.field)
    const passes = compileFieldComparison(node.operator, node.literal, options)
    return (fields) => {
      const field = get(fields)
      return field !== undefined && passes(field)
    }
  }
  const predicates = node.operands.map((operand) => compileExpression(operand, getterOf, options))
  if (node.type === 'and') return (fields) => predicates.every((predicate) => predicate(fields))
  return (fields) => predicates.some((predicate) => predicate(fields))
}

function explainEntry(
  node: Expression<SpaceCondition>,
  fields: readonly string[],
  getterOf: (name: string) => FieldGetter,
  options: MatchOptions,
): ExplainedNode {
  return explainExpression<SpaceCondition>(node, (condition) => ({
    type: 'condition',
    text: formatSpaceCondition(condition),
    match: compileExpression(condition, getterOf, options)(fields),
    why: `saw ${show(getterOf(condition.field)(fields) ?? '')}`,
  }))
}

/**
 * Splits a message into its fields: white space parts them, `"…"` and `[…]` at the beginning of a field hold it
 * together and are taken off. With a `limit`, the field of that number is the rest of the line: as written, or
 * without its delimiters where the rest is a single field.
 *
 * @example splitFields('10.0.0.1 - [10/Oct/2000:13:25:15 -0700] "GET / HTTP/1.0"', 0)
 */
export function splitFields(message: string, limit: number): string[] {
  const fields: string[] = []
  let at = skipSpaces(message, 0)
  while (at < message.length) {
    const end = fieldEnd(message, at)
    if (limit > 0 && fields.length === limit - 1) {
      fields.push(skipSpaces(message, end) >= message.length ? bare(message, at, end) : message.slice(at).trimEnd())
      return fields
    }
    fields.push(bare(message, at, end))
    at = skipSpaces(message, end)
  }
  return fields
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}

function skipSpaces(text: string, from: number): number {
  let at = from
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1
  return at
}

function closingOf(opening: string | undefined): string | undefined {
  return opening === '"' ? '"' : opening === '[' ? ']' : undefined
}

/** The index after the field that begins at `from`, its closing delimiter included. */
function fieldEnd(text: string, from: number): number {
  const closing = closingOf(text[from])
  if (closing !== undefined) {
    const close = text.indexOf(closing, from + 1)
    return close < 0 ? text.length : close + 1
  }
  let at = from
  while (at < text.length && !isSpace(text.charCodeAt(at))) at += 1
  return at
}

function bare(text: string, start: number, end: number): string {
  const closing = closingOf(text[start])
  if (closing === undefined) return text.slice(start, end)
  const closed = end - 1 > start && text[end - 1] === closing
  return text.slice(start + 1, closed ? end - 1 : end)
}
