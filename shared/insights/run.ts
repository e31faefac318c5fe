import { type Command, type Comparison, childrenOf, type InsightsQuery, type Item, type Node } from './ast.ts'
import { AGGREGATES, compare, FUNCTIONS, type Sample, toNumber, truth, type Value } from './functions.ts'

/** A log event as Logs Insights sees it. */
export interface InsightsEvent {
  readonly message: string
  /** What {@link discoverFields} finds in the message, where the caller has it already. */
  readonly fields?: Fields | undefined
  /** ms since the epoch; the field @timestamp. */
  readonly timestamp: number
}

/** One row of a result: the columns that are shown. `event` says which log event it is, where it is one. */
export interface Row {
  readonly event: number | undefined
  readonly columns: Readonly<Record<string, Value>>
}

export interface RunOptions {
  /**
   * What `!=`, `not like` and `not in` say of a log event without the field. The guide does not tell; queries that
   * depend on it are told by running both.
   */
  readonly absent?: 'unequal' | 'noAnswer'
}

/** Logs Insights discovers this many fields of a JSON log event, in the order of the text. */
export const MAX_FIELDS = 200
const DEFAULT_LIMIT = 10_000

type Fields = ReadonlyMap<string, Value>

interface Line {
  readonly event: number | undefined
  readonly at: number
  readonly fields: Columns
}

/** The fields of a log event and, over them, those that the query makes. */
interface Columns {
  get(name: string): Value
  set(name: string, value: Value): void
}

function columnsOver(discovered: Fields): Columns {
  const made = new Map<string, Value>()
  return {
    get: (name) => (made.has(name) ? made.get(name) : discovered.get(name)),
    set: (name, value) => void made.set(name, value),
  }
}

const NONE: Fields = new Map()

/**
 * The fields of a JSON log event: leaves under their paths (`a.b`, `list.0.c`), true and false as 1 and 0; null is as
 * good as absent. The first {@link MAX_FIELDS} only; no fields where the message is no JSON object.
 *
 * Source: CloudWatch Logs guide, "Supported logs and discovered fields".
 */
export function discoverFields(value: unknown): Map<string, Value> {
  const fields = new Map<string, Value>()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fields
  const visit = (node: unknown, path: string): void => {
    if (node === null || fields.size >= MAX_FIELDS) return
    if (typeof node === 'object') {
      for (const [name, child] of Object.entries(node)) visit(child, path === '' ? name : `${path}.${name}`)
    } else fields.set(path, typeof node === 'boolean' ? truth(node) : (node as Value))
  }
  visit(value, '')
  return fields
}

/**
 * Runs a query over log events, in their order (AWS: newest first, where nothing is sorted).
 *
 * @example runInsightsQuery(parsed.query, events) // [{ event: undefined, columns: { 'count(*)': 3 } }]
 */
export function runInsightsQuery(
  query: InsightsQuery,
  events: readonly InsightsEvent[],
  options: RunOptions = {},
): readonly Row[] {
  const evaluate = createEvaluator(options.absent ?? 'unequal')
  let lines = events.map(({ message, timestamp, fields: discovered }, event): Line => {
    const fields = columnsOver(discovered ?? discoverFields(parseJson(message)))
    fields.set('@message', message)
    fields.set('@timestamp', timestamp)
    return { event, at: timestamp, fields }
  })
  let shown: readonly string[] | undefined
  let limited = false
  for (const command of query.commands) {
    lines = apply(command, lines, evaluate)
    limited ||= command.type === 'limit'
    const columns = columnsOf(command)
    // fields adds to what is shown, display and stats replace it.
    if (columns !== undefined) shown = command.type === 'fields' ? [...(shown ?? []), ...columns] : columns
  }
  const names = [...new Set(shown ?? ['@timestamp', '@message'])]
  return (limited ? lines : lines.slice(0, DEFAULT_LIMIT)).map(({ event, fields }) => ({
    event,
    columns: Object.fromEntries(
      names.flatMap((name) => (fields.get(name) === undefined ? [] : [[name, fields.get(name)]])),
    ),
  }))
}

function parseJson(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

function columnsOf(command: Command): readonly string[] | undefined {
  if (command.type === 'fields' || command.type === 'display') return command.items.map(({ name }) => name)
  return command.type === 'stats' ? [...command.by, ...command.items].map(({ name }) => name) : undefined
}

type Evaluate = (node: Node, fields: Pick<Columns, 'get'>) => Value

function apply(command: Command, lines: Line[], evaluate: Evaluate): Line[] {
  switch (command.type) {
    case 'fields':
    case 'display':
      for (const { fields } of lines) assign(command.items, fields, evaluate)
      return lines
    case 'filter':
      return lines.filter(({ fields }) => isTrue(evaluate(command.condition, fields)))
    case 'limit':
      return lines.slice(0, command.count)
    case 'sort':
      return sort(command.keys, lines, evaluate)
    case 'dedup':
      return dedup(command.nodes, lines, evaluate)
    case 'parse':
      for (const { fields } of lines) {
        const text = evaluate(command.from, fields)
        const match = text === undefined ? null : command.regex.exec(String(text))
        for (const [i, name] of command.names.entries()) fields.set(name, match?.groups?.[name] ?? match?.[i + 1])
      }
      return lines
    case 'stats':
      return stats(command.items, command.by, lines, evaluate)
  }
}

function assign(items: readonly Item[], fields: Columns, evaluate: Evaluate): void {
  for (const { node, name } of items) {
    if (node.type !== 'field' || node.name !== name) fields.set(name, evaluate(node, fields))
  }
}

function sort(keys: (Command & { type: 'sort' })['keys'], lines: readonly Line[], evaluate: Evaluate): Line[] {
  const keyed = lines.map((line) => ({ line, values: keys.map(({ node }) => evaluate(node, line.fields)) }))
  keyed.sort((a, b) => {
    for (const [i, { descending }] of keys.entries()) {
      const order = compareMaybe(a.values[i], b.values[i])
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
  return keyed.map(({ line }) => line)
}

function compareMaybe(a: Value, b: Value): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  return compare(a, b)
}

/** Keeps the first of those that are alike; a log event without one of the fields stays. */
function dedup(nodes: readonly Node[], lines: readonly Line[], evaluate: Evaluate): Line[] {
  const seen = new Set<string>()
  return lines.filter(({ fields }) => {
    const values = nodes.map((node) => evaluate(node, fields))
    if (values.includes(undefined)) return true
    const key = JSON.stringify(values)
    return !seen.has(key) && seen.add(key)
  })
}

function stats(items: readonly Item[], by: readonly Item[], lines: readonly Line[], evaluate: Evaluate): Line[] {
  const groups = new Map<string, { readonly keys: readonly Value[]; readonly lines: Line[] }>()
  for (const line of lines) {
    const keys = by.map(({ node }) => evaluate(node, line.fields))
    const id = JSON.stringify(keys.map((key) => key ?? null))
    const group = groups.get(id)
    if (group === undefined) groups.set(id, { keys, lines: [line] })
    else group.lines.push(line)
  }
  // Without groups there is one row, whatever came in.
  if (by.length === 0 && groups.size === 0) groups.set('', { keys: [], lines: [] })
  return [...groups.values()].map((group) => {
    const fields = columnsOver(NONE)
    for (const [i, { name }] of by.entries()) fields.set(name, group.keys[i])
    for (const { node, name } of items) fields.set(name, aggregate(node, group.lines, evaluate))
    return { event: undefined, at: group.lines[0]?.at ?? 0, fields }
  })
}

function aggregate(node: Node, lines: readonly Line[], evaluate: Evaluate): Value {
  if (node.type === 'call') {
    const run = AGGREGATES.get(node.name)
    const [first, parameter] = node.args
    if (run !== undefined) {
      const samples = lines.map(
        ({ at, fields }): Sample => ({ at, value: first === undefined ? 1 : evaluate(first, fields) }),
      )
      return run(samples, parameter === undefined ? undefined : evaluate(parameter, NONE))
    }
  }
  if (node.type !== 'arithmetic') return evaluate(node, lines[0]?.fields ?? NONE)
  return calculate(node.operator, aggregate(node.left, lines, evaluate), aggregate(node.right, lines, evaluate))
}

function createEvaluator(absent: 'unequal' | 'noAnswer'): Evaluate {
  const negative = truth(absent === 'unequal')
  const evaluate: Evaluate = (node, fields) => {
    switch (node.type) {
      case 'field':
        return fields.get(node.name)
      case 'value':
        return node.value
      case 'duration':
        return node.ms
      case 'and':
        return truth(node.operands.every((operand) => isTrue(evaluate(operand, fields))))
      case 'or':
        return truth(node.operands.some((operand) => isTrue(evaluate(operand, fields))))
      case 'not':
        return truth(!isTrue(evaluate(node.operand, fields)))
      case 'compare': {
        const [left, right] = [evaluate(node.left, fields), evaluate(node.right, fields)]
        if (left === undefined || right === undefined) return node.operator === '!=' ? negative : 0
        return truth(holds(node.operator, left, right))
      }
      case 'like': {
        const value = evaluate(node.operand, fields)
        if (value === undefined) return node.negated ? negative : 0
        const { pattern } = node
        const found = typeof pattern === 'string' ? String(value).includes(pattern) : pattern.test(String(value))
        return truth(found !== node.negated)
      }
      case 'in': {
        const value = evaluate(node.operand, fields)
        if (value === undefined) return node.negated ? negative : 0
        const found = node.list.some((item) => {
          const candidate = evaluate(item, fields)
          return candidate !== undefined && holds('=', value, candidate)
        })
        return truth(found !== node.negated)
      }
      case 'negate':
        return calculate('-', 0, evaluate(node.operand, fields))
      case 'arithmetic':
        return calculate(node.operator, evaluate(node.left, fields), evaluate(node.right, fields))
      case 'call': {
        const args = childrenOf(node).map((child) => evaluate(child, fields))
        return FUNCTIONS.get(node.name)?.(node.name === 'bin' ? [fields.get('@timestamp'), ...args] : args)
      }
    }
  }
  return evaluate
}

const isTrue = (value: Value): boolean => value !== undefined && value !== 0 && value !== ''

function holds(operator: Comparison, left: string | number, right: string | number): boolean {
  const order = compare(left, right)
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function calculate(operator: string, left: Value, right: Value): Value {
  const [a, b] = [toNumber(left), toNumber(right)]
  if (a === undefined || b === undefined) return undefined
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (operator === '/') return a / b
  return operator === '%' ? a % b : a ** b
}
