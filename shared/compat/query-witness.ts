import type { JsonObject } from '../derive/json.ts'
import { fieldsRead, type InsightsQuery, type Node } from '../insights/ast.ts'
import { withCoherent } from './coherent.ts'
import { edited, removeAt, type Step, setAt } from './edit.ts'
import { isObjectCall } from './witness.ts'

/**
 * Records made up for a Logs Insights query: of each kind of typical record one that its filters should let pass, and
 * beside it those in which one field that the query reads has another value, or none.
 *
 * @param bases what they are made of.
 * @example queryWitnesses(parsed.query, TYPICAL_RECORDS) // for filter eventName = "StopLogging": typical records of that name, and others
 */
export function queryWitnesses(query: InsightsQuery, bases: readonly JsonObject[]): readonly JsonObject[] {
  const wanted = query.commands.flatMap((command) => (command.type === 'filter' ? wantedBy(command.condition) : []))
  const fields = fieldsRead(query).filter((field) => !field.startsWith('@'))
  const made = new Map<string, JsonObject>()
  for (const base of bases) {
    const match = edited(base, (record) => {
      for (const { field, value } of wanted) {
        if (value === undefined) removeAt(record, stepsOf(field))
        else setAt(record, stepsOf(field), value)
      }
    })
    if (isObjectCall(match) !== isObjectCall(base)) continue
    const variants = fields.flatMap((field) => [
      edited(match, (record) => removeAt(record, stepsOf(field))),
      edited(match, (record) => setAt(record, stepsOf(field), 'another')),
    ])
    for (const changed of [match, ...variants]) {
      for (const record of withCoherent(changed, base)) made.set(JSON.stringify(record), record)
    }
  }
  return [...made.values()]
}

/** A field and the value that a filter wants of it; undefined: it must not be there. */
interface Wish {
  readonly field: string
  readonly value: unknown
}

/** JSON booleans are 1 and 0 in queries. */
const BOOLEANS = new Set(['readOnly', 'managementEvent'])

function wantedBy(node: Node, negated = false): readonly Wish[] {
  const wish = (target: Node, value: unknown): readonly Wish[] => {
    if (target.type !== 'field') return []
    return [{ field: target.name, value: BOOLEANS.has(target.name) ? Number(value) === 1 : value }]
  }
  switch (node.type) {
    case 'and':
      return node.operands.flatMap((operand) => wantedBy(operand, negated))
    case 'or':
      return node.operands.slice(0, 1).flatMap((operand) => wantedBy(operand, negated))
    case 'not':
      return wantedBy(node.operand, !negated)
    case 'compare': {
      const same = (node.operator !== '!=') !== negated
      return wish(node.left, same && node.right.type === 'value' ? node.right.value : 'another')
    }
    case 'like': {
      const text = typeof node.pattern === 'string' ? node.pattern : node.pattern.source.replace(/[^\w./:]/g, '')
      return wish(node.operand, node.negated === negated ? text : 'another')
    }
    case 'in': {
      const first = node.list[0]
      return wish(node.operand, node.negated === negated && first?.type === 'value' ? first.value : 'another')
    }
    case 'call': {
      const [first] = node.args
      if (first === undefined || node.name.startsWith('is') === false) return []
      return wish(first, (node.name === 'ispresent') !== negated ? 'example' : undefined)
    }
    default:
      return []
  }
}

function stepsOf(field: string): readonly Step[] {
  return field.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
