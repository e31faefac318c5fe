import type { Expression } from './ast.ts'
import { isCompound } from './ast.ts'

/** One condition, what it saw in the message and why that decides it. */
export interface ExplainedCondition {
  readonly type: 'condition'
  /** The condition in canonical form. */
  readonly text: string
  readonly match: boolean
  /** A sentence fragment, such as `saw "ConsoleLogin"`. Control characters are escaped, long values cut. */
  readonly why: string
}

export interface ExplainedCompound {
  readonly type: 'and' | 'or'
  readonly match: boolean
  readonly operands: readonly ExplainedNode[]
}

export type ExplainedNode = ExplainedCondition | ExplainedCompound

/** Why a message does or does not match. */
export interface Explanation {
  readonly match: boolean
  /** Absent where the message could not be read as the pattern needs it. */
  readonly tree?: ExplainedNode
  /** The conditions that made the result: change one of them (any, or all, as the tree says) and it flips. */
  readonly decidedBy: readonly ExplainedCondition[]
  /** One line. */
  readonly text: string
}

const MAX_SHOWN = 80

/**
 * A value of the message, safe for a terminal: quoted, control and direction characters escaped, long ones cut.
 *
 * @example show('a\u001b[2J') // '"a\\u001b[2J"'
 */
export function show(value: string): string {
  const cut = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Evaluates every condition, also those a plain match would skip. */
export function explainExpression<C extends { readonly type: string }>(
  node: Expression<C>,
  explainCondition: (condition: C) => ExplainedCondition,
): ExplainedNode {
  if (!isCompound(node)) return explainCondition(node)
  const operands = node.operands.map((operand) => explainExpression<C>(operand, explainCondition))
  const match =
    node.type === 'and' ? operands.every((operand) => operand.match) : operands.some((operand) => operand.match)
  return { type: node.type, match, operands }
}

/** The first operand that decides where one is enough, all of them where all are needed. */
export function decisive(node: ExplainedNode): readonly ExplainedCondition[] {
  if (node.type === 'condition') return [node]
  const oneIsEnough = (node.type === 'or') === node.match
  if (!oneIsEnough) return node.operands.flatMap(decisive)
  return node.operands
    .filter((operand) => operand.match === node.match)
    .slice(0, 1)
    .flatMap(decisive)
}

const MAX_NAMED = 4

export function toExplanation(tree: ExplainedNode): Explanation {
  const decidedBy = decisive(tree)
  const named = decidedBy.slice(0, MAX_NAMED).map((condition) => `${condition.text} (${condition.why})`)
  const more = decidedBy.length > MAX_NAMED ? `; and ${decidedBy.length - MAX_NAMED} more` : ''
  return {
    match: tree.match,
    tree,
    decidedBy,
    text: `${tree.match ? 'match' : 'no match'}: ${named.join('; ')}${more}`,
  }
}

/** The message could not be read in the way the pattern needs, or there is nothing to decide. */
export function flatExplanation(match: boolean, why: string): Explanation {
  return { match, decidedBy: [], text: `${match ? 'match' : 'no match'}: ${why}` }
}
