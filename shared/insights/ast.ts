/**
 * The abstract syntax of CloudWatch Logs Insights queries, as far as queries on log events of CloudTrail go (CloudWatch
 * Logs guide, "CloudWatch Logs Insights language query syntax").
 */

export interface InsightsQuery {
  readonly commands: readonly Command[]
}

export type Command =
  | { readonly type: 'fields' | 'display'; readonly items: readonly Item[] }
  | { readonly type: 'filter'; readonly condition: Node }
  | { readonly type: 'stats'; readonly items: readonly Item[]; readonly by: readonly Item[] }
  | { readonly type: 'sort'; readonly keys: readonly { readonly node: Node; readonly descending: boolean }[] }
  | { readonly type: 'limit'; readonly count: number }
  | { readonly type: 'dedup'; readonly nodes: readonly Node[] }
  | { readonly type: 'parse'; readonly from: Node; readonly regex: RegExp; readonly names: readonly string[] }

/** An expression and the column it fills: its alias, else its own text. */
export interface Item {
  readonly node: Node
  readonly name: string
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^'

export type Node =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'value'; readonly value: string | number }
  /** ms: the argument of bin, datefloor, dateceil. */
  | { readonly type: 'duration'; readonly ms: number }
  | { readonly type: 'and' | 'or'; readonly operands: readonly Node[] }
  | { readonly type: 'not'; readonly operand: Node }
  | { readonly type: 'compare'; readonly operator: Comparison; readonly left: Node; readonly right: Node }
  | { readonly type: 'like'; readonly operand: Node; readonly pattern: string | RegExp; readonly negated: boolean }
  | { readonly type: 'in'; readonly operand: Node; readonly list: readonly Node[]; readonly negated: boolean }
  | { readonly type: 'arithmetic'; readonly operator: Arithmetic; readonly left: Node; readonly right: Node }
  | { readonly type: 'negate'; readonly operand: Node }
  /** `name` in small letters; `count(*)` has no arguments. */
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Node[] }

/** Why a query cannot be run here. */
export interface QueryError {
  readonly message: string
  /** UTF-16 offset in the query. */
  readonly offset: number
}

export type QueryResult =
  | { readonly ok: true; readonly query: InsightsQuery }
  | { readonly ok: false; readonly error: QueryError }

/** The nodes directly below a node. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'and':
    case 'or':
      return node.operands
    case 'not':
    case 'negate':
    case 'like':
      return [node.operand]
    case 'in':
      return [node.operand, ...node.list]
    case 'compare':
    case 'arithmetic':
      return [node.left, node.right]
    case 'call':
      return node.args
    default:
      return []
  }
}

/** All expressions of a command. */
export function nodesOf(command: Command): readonly Node[] {
  switch (command.type) {
    case 'fields':
    case 'display':
      return command.items.map(({ node }) => node)
    case 'filter':
      return [command.condition]
    case 'stats':
      return [...command.items, ...command.by].map(({ node }) => node)
    case 'sort':
      return command.keys.map(({ node }) => node)
    case 'dedup':
      return command.nodes
    case 'parse':
      return [command.from]
    case 'limit':
      return []
  }
}

/**
 * The fields of the log event that a query reads, in order of appearance: those that it makes itself (aliases, parse) are
 * left out.
 *
 * @example fieldsRead(parsed.query) // ['eventName', 'userIdentity.arn']
 */
export function fieldsRead(query: InsightsQuery): readonly string[] {
  const read = new Set<string>()
  const made = new Set<string>()
  const visit = (node: Node): void => {
    if (node.type === 'field' && !made.has(node.name)) read.add(node.name)
    for (const child of childrenOf(node)) visit(child)
  }
  for (const command of query.commands) {
    for (const node of nodesOf(command)) visit(node)
    if (command.type === 'parse') for (const name of command.names) made.add(name)
    if (command.type !== 'fields' && command.type !== 'stats') continue
    for (const { node, name } of command.items) if (node.type !== 'field' || node.name !== name) made.add(name)
    if (command.type === 'stats') for (const { name } of command.by) made.add(name)
  }
  return [...read]
}
