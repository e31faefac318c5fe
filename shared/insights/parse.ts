import type { Arithmetic, Command, Comparison, Item, Node, QueryResult } from './ast.ts'
import { AGGREGATES, FUNCTIONS } from './functions.ts'
import { QueryFailure, type Token, tokenize } from './lex.ts'

/** Commands that are run here. */
const HERE = ['fields', 'display', 'filter', 'stats', 'sort', 'limit', 'dedup', 'parse'] as const
/** Commands of the language that need more than the log events, or a model: they cannot be run here. */
const ELSEWHERE = new Set(
  'pattern diff anomaly unmask unnest join lookup cluster addtotals subquery filterindex append'.split(' '),
)

/** The words that a query can begin with. */
export const QUERY_COMMANDS: readonly string[] = [...HERE, ...ELSEWHERE, 'source']

/**
 * Parses a Logs Insights query: `fields`, `display`, `filter`, `stats … by`, `sort`, `limit`, `dedup`, `parse`, and a
 * leading `SOURCE`, which is skipped. Anything else is an error with its place, never passed over. Does not throw.
 *
 * Source: CloudWatch Logs guide, "CloudWatch Logs Insights language query syntax" and its pages on each command.
 *
 * @example
 * const parsed = parseInsightsQuery('filter eventName = "StopLogging" | stats count(*) by userIdentity.arn')
 */
export function parseInsightsQuery(text: string): QueryResult {
  try {
    const parser = createParser(text, tokenize(text))
    return { ok: true, query: { commands: parser.commands() } }
  } catch (error) {
    if (error instanceof QueryFailure) return { ok: false, error: { message: error.message, offset: error.offset } }
    throw error
  }
}

function createParser(source: string, tokens: readonly Token[]) {
  let position = 0
  const peek = (): Token => tokens[position]!
  const next = (): Token => tokens[position++]!
  const fail = (message: string, token = peek()): never => {
    throw new QueryFailure(message, token.at)
  }
  const isSymbol = (text: string): boolean => peek().type === 'symbol' && peek().text === text
  const isWord = (word: string): boolean => {
    const token = peek()
    return token.type === 'name' && !token.quoted && token.text.toLowerCase() === word
  }
  const take = (text: string): boolean => {
    const found = isSymbol(text) || isWord(text)
    if (found) position += 1
    return found
  }
  const expect = (text: string): void => {
    if (!take(text)) fail(`Expected ${JSON.stringify(text)}.`)
  }
  const list = <T>(read: () => T): T[] => {
    const items = [read()]
    while (take(',')) items.push(read())
    return items
  }

  // ------------------------------------------------------------------------------------------------- commands
  function commands(): Command[] {
    const found: Command[] = []
    skipSource()
    while (peek().type !== 'end') {
      found.push(command())
      if (peek().type !== 'end') expect('|')
    }
    if (found.length === 0) fail('The query is empty.')
    return found
  }

  function skipSource(): void {
    if (!take('source')) return
    while (peek().type !== 'end' && !isSymbol('|')) next()
    if (peek().type !== 'end') expect('|')
  }

  function command(): Command {
    const token = next()
    const name = token.type === 'name' ? token.text.toLowerCase() : ''
    switch (name) {
      case 'fields':
        return { type: 'fields', items: list(item) }
      case 'display':
        return { type: 'display', items: list(item) }
      case 'filter':
        return { type: 'filter', condition: expression() }
      case 'stats':
        return stats()
      case 'sort':
        return { type: 'sort', keys: list(sortKey) }
      case 'limit':
        return { type: 'limit', count: limit() }
      case 'dedup':
        return { type: 'dedup', nodes: list(expression) }
      case 'parse':
        return parseCommand()
    }
    if (ELSEWHERE.has(name)) return fail(`The command ${name} cannot be run here.`, token)
    return fail(`There is no command ${JSON.stringify(token.text)}.`, token)
  }

  function stats(): Command {
    const items = list(item)
    for (const { node, name } of items) if (!holdsAggregate(node)) fail(`${name} does not aggregate.`)
    return { type: 'stats', items, by: take('by') ? list(item) : [] }
  }

  function sortKey() {
    const node = expression()
    const descending = take('desc')
    if (!descending) take('asc')
    return { node, descending }
  }

  function limit(): number {
    const token = next()
    if (token.type !== 'number' || !/^\d+$/.test(token.text)) return fail('limit takes a whole number.', token)
    return Number(token.text)
  }

  function parseCommand(): Command {
    const from = operand()
    const token = next()
    if (token.type === 'regex') {
      const regex = toRegExp(token)
      const names = [...token.text.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name!)
      if (names.length === 0) fail('The regular expression of parse names no group.', token)
      return { type: 'parse', from, regex, names }
    }
    if (token.type !== 'string') return fail('parse takes a text with asterisks or a regular expression.', token)
    expect('as')
    const names = list(() => {
      const name = next()
      return name.type === 'name' ? name.text : fail('Expected a name.', name)
    })
    const pieces = token.text.split('*')
    if (pieces.length - 1 !== names.length) fail('parse needs a name for each asterisk.', token)
    const last = pieces.length - 1
    const escaped = pieces.map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    // The last asterisk takes the rest of the text, the others as little as they can.
    const regex = escaped.reduce((text, piece, i) => `${text}${i === last && piece === '' ? '(.*)' : '(.*?)'}${piece}`)
    return { type: 'parse', from, regex: new RegExp(regex, 's'), names }
  }

  function item(): Item {
    const start = peek().at
    const node = expression()
    const text = source.slice(start, peek().at).trim()
    if (!take('as')) return { node, name: node.type === 'field' ? node.name : text }
    const alias = next()
    return alias.type === 'name' ? { node, name: alias.text } : fail('Expected a name after "as".', alias)
  }

  // ---------------------------------------------------------------------------------------------- expressions
  function expression(): Node {
    const operands = [conjunction()]
    while (take('or') || take('||')) operands.push(conjunction())
    return operands.length === 1 ? operands[0]! : { type: 'or', operands }
  }

  function conjunction(): Node {
    const operands = [negation()]
    while (take('and') || take('&&')) operands.push(negation())
    return operands.length === 1 ? operands[0]! : { type: 'and', operands }
  }

  function negation(): Node {
    return take('not') ? { type: 'not', operand: negation() } : comparison()
  }

  function comparison(): Node {
    const left = sum()
    const token = peek()
    if (token.type === 'symbol' && /^(?:=|==|!=|<|<=|>|>=)$/.test(token.text)) {
      position += 1
      const operator = (token.text === '==' ? '=' : token.text) as Comparison
      return { type: 'compare', operator, left, right: sum() }
    }
    if (take('=~')) return { type: 'like', operand: left, pattern: likePattern(), negated: false }
    const negated = isWord('not') && /^(?:like|in)$/i.test(tokens[position + 1]?.text ?? '') && take('not')
    if (take('like')) return { type: 'like', operand: left, pattern: likePattern(), negated }
    if (take('in')) {
      expect('[')
      const values = isSymbol(']') ? [] : list(sum)
      expect(']')
      return { type: 'in', operand: left, list: values, negated }
    }
    return left
  }

  function likePattern(): string | RegExp {
    const token = next()
    if (token.type === 'string') return token.text
    return token.type === 'regex' ? toRegExp(token) : fail('like takes a text or a regular expression.', token)
  }

  function sum(): Node {
    return chain(product, ['+', '-'])
  }

  function product(): Node {
    return chain(power, ['*', '/', '%'])
  }

  function power(): Node {
    return chain(operand, ['^'])
  }

  function chain(read: () => Node, operators: readonly Arithmetic[]): Node {
    let left = read()
    for (;;) {
      const operator = operators.find((candidate) => isSymbol(candidate))
      if (operator === undefined) return left
      position += 1
      left = { type: 'arithmetic', operator, left, right: read() }
    }
  }

  function operand(): Node {
    if (take('(')) {
      const inner = expression()
      expect(')')
      return inner
    }
    if (take('-')) return { type: 'negate', operand: operand() }
    const token = next()
    switch (token.type) {
      case 'string':
        return { type: 'value', value: token.text }
      case 'number':
        return { type: 'value', value: Number(token.text) }
      case 'duration':
        return { type: 'duration', ms: token.ms }
      case 'name':
        return isSymbol('(') && !token.quoted ? call(token) : { type: 'field', name: token.text }
      default:
        return fail('Expected a field, a value or a function.', token)
    }
  }

  function call(token: Token): Node {
    const name = token.text.toLowerCase()
    if (!FUNCTIONS.has(name) && !AGGREGATES.has(name)) fail(`There is no function ${token.text} here.`, token)
    expect('(')
    if (name === 'count' && take('*')) {
      expect(')')
      return { type: 'call', name, args: [] }
    }
    const args = isSymbol(')') ? [] : list(expression)
    expect(')')
    return { type: 'call', name, args }
  }

  function toRegExp(token: Token): RegExp {
    // Java's inline flag at the beginning, as people write it; JavaScript knows it as a flag of the whole.
    const [, inline = '', rest = ''] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(token.text)!
    try {
      return new RegExp(rest, inline)
    } catch (error) {
      return fail(error instanceof Error ? error.message : 'The regular expression is malformed.', token)
    }
  }

  return { commands }
}

/** Whether an expression of `stats` holds an aggregate, at any depth. */
function holdsAggregate(node: Node): boolean {
  if (node.type === 'call' && AGGREGATES.has(node.name)) return true
  return node.type === 'arithmetic' && (holdsAggregate(node.left) || holdsAggregate(node.right))
}
