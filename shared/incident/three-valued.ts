/** What holds of an expression of which only some conditions are known. */
import type { Expression, JsonCondition } from '../filter-pattern/ast.ts'
import { isCompound } from '../filter-pattern/ast.ts'
import { type FieldValue, holds, type Look, possibleValues, topName, type Verdict } from './known.ts'

export type Node = Expression<JsonCondition>

/** Yes, no, or it depends on conditions that are not known. */
export function evaluate(node: Node, test: (condition: JsonCondition) => Verdict): Verdict {
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

/** What is left of an expression that is not decided: its conditions that matter and are not known. */
export function remainder(node: Node, test: (condition: JsonCondition) => Verdict): Node {
  if (!isCompound(node)) return node
  const open = node.operands.filter((operand) => evaluate(operand, test) === undefined)
  const operands = open.map((operand) => remainder(operand, test))
  return operands.length === 1 ? operands[0]! : { type: node.type, operands }
}

export function* conditionsOf(node: Node): Generator<JsonCondition> {
  if (!isCompound(node)) yield node
  else for (const operand of node.operands) yield* conditionsOf(operand)
}

/** What a condition says of all records that look so. */
export function judgeCondition(condition: JsonCondition, look: Look): Verdict {
  const values = possibleValues(look, condition)
  if (values === undefined) return undefined
  const verdict = holds(condition, values[0])
  for (let index = 1; index < values.length; index += 1)
    if (holds(condition, values[index]) !== verdict) return undefined
  return verdict
}

/** More fields that may be absent or not are not tried in all combinations. */
const MAX_OPEN = 6

/** What holds whichever of its possible values each field has. */
export function judgeExpression(expression: Node, look: Look): Verdict {
  const single = evaluate(expression, (condition) => judgeCondition(condition, look))
  if (single !== undefined) return single
  const open = new Map<string, readonly FieldValue[]>()
  for (const condition of conditionsOf(expression)) {
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
