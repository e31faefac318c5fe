import { parseAst } from 'vitest/node'

/** One change of one line: what a slip of the hand, or of a rewrite, could do to it. */
export interface Mutation {
  /** Path in the project, `shared/forward/filter.ts`. */
  readonly file: string
  readonly operator: string
  readonly line: number
  /** The line before and after, trimmed: this is how a mutation is named, since line numbers move. */
  readonly before: string
  readonly after: string
  /** Where in the file's text, and what is put there. */
  readonly start: number
  readonly end: number
  readonly text: string
  /** The expression that is evaluated whenever the mutation matters. */
  readonly probe: Probe
}

interface Probe {
  readonly start: number
  readonly end: number
  /** It is a statement of a block: the line before it may have no semicolon. */
  readonly isStatement: boolean
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

interface Change {
  readonly operator: string
  readonly start: number
  readonly end: number
  readonly text: string
}

interface Probed extends Change {
  readonly probe: Probe
}

/** All mutations of a TypeScript file, in the order of the text. Types, imports, comments and log texts have none. */
export function mutationsOf(file: string, source: string): Mutation[] {
  const edits: Probed[] = []
  const program = parseAst(source, { lang: 'ts' }) as unknown as Node
  visit(program, program, source, edits)
  const mutations = edits.flatMap((edit) => toMutation(file, source, edit) ?? [])
  return mutations.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** What is put where. */
export type Edit = Pick<Mutation, 'file' | 'start' | 'end' | 'text'>

/** The file's text with the mutations in it, which do not overlap. */
export const applyMutations = (source: string, edits: readonly Edit[]): string =>
  [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source)

/** Only what changes one line, and changes it. */
function toMutation(file: string, source: string, edit: Probed): Mutation | undefined {
  const { operator, start, end, text, probe } = edit
  if (source.slice(start, end).includes('\n') || text.includes('\n')) return undefined
  const lineStart = source.lastIndexOf('\n', start - 1) + 1
  const newline = source.indexOf('\n', end)
  const line = source.slice(lineStart, newline === -1 ? source.length : newline)
  const before = line.trim()
  const after = (line.slice(0, start - lineStart) + text + line.slice(end - lineStart)).trim()
  if (before === after) return undefined
  return { file, operator, line: source.slice(0, start).split('\n').length, before, after, start, end, text, probe }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

function visit(node: Node, parent: Node, source: string, edits: Probed[]): void {
  if (isSkipped(node)) return
  for (const edit of operators[node.type]?.(node, source) ?? [])
    edits.push({ ...edit, probe: probeOf(node, parent, source) })
  for (const [name, value] of Object.entries(node)) {
    if (isName(node, name)) continue
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node, source, edits)
  }
}

function probeOf(node: Node, parent: Node, source: string): Probe {
  if (node.type === 'ExpressionStatement') {
    const isStatement = ['Program', 'BlockStatement', 'SwitchCase'].includes(parent.type)
    const text = source.slice(node.start, node.end).replace(/\s*;$/, '')
    return { start: node.start, end: node.start + text.length, isStatement }
  }
  const inner = (node.test ?? (node.type === 'SpreadElement' ? node.argument : node)) as Node
  // A method keeps its `this`, and a chain stays one: only where it begins.
  const { start, end } = node.type === 'MemberExpression' ? rootOf(node) : inner
  return { start, end, isStatement: false }
}

function rootOf(node: Node): Node {
  const inner = node.object ?? node.callee ?? (node.type.startsWith('TS') ? node.expression : undefined)
  return isNode(inner) && node.type !== 'NewExpression' ? rootOf(inner) : node
}

/** Edits that tell when the expression of each mutation is evaluated: they call `globalThis.mutationRan` with its number. */
export function probesOf(list: readonly Mutation[]): Edit[] {
  const edits: Edit[] = []
  for (const isStatement of [false, true]) {
    for (const [number, { file, probe }] of list.entries()) {
      if (probe.isStatement !== isStatement) continue
      const text = `${isStatement ? ';' : ''}(globalThis.mutationRan?.(${number}),`
      edits.push({ file, start: probe.start, end: probe.start, text })
      edits.push({ file, start: probe.end, end: probe.end, text: ')' })
    }
  }
  return edits
}

/** Types are not run, and what an import or a log line says decides nothing. */
function isSkipped(node: Node): boolean {
  if (node.type.startsWith('Import') || node.type === 'ExportAllDeclaration') return true
  if (node.type.startsWith('TS'))
    return !['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'].includes(node.type)
  return node.type === 'CallExpression' && isLogging(node)
}

function isLogging(call: Node): boolean {
  const callee = call.callee as Node
  const object = callee.object as Node | undefined
  return /^(console|log|logger)$/.test(String(object?.name ?? (object?.property as Node | undefined)?.name))
}

const isName = (node: Node, member: string): boolean =>
  (member === 'source' && node.type.startsWith('Export')) ||
  (member === 'key' && node.computed !== true) ||
  (member === 'property' && node.computed !== true)

const comparisons: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
}
const arithmetic: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '/', '/': '*' }
const methods = new Map(
  Object.entries({
    some: 'every',
    every: 'some',
    min: 'max',
    max: 'min',
    startsWith: 'endsWith',
    endsWith: 'startsWith',
    indexOf: 'lastIndexOf',
    lastIndexOf: 'indexOf',
  }),
)

type Operator = (node: Node, source: string) => Change[]

const operators: Readonly<Record<string, Operator>> = {
  BinaryExpression(node, source) {
    const operator = String(node.operator)
    const [left, right] = [node.left as Node, node.right as Node]
    const replacement = comparisons[operator] ?? (isText(left) || isText(right) ? undefined : arithmetic[operator])
    if (replacement === undefined) return []
    return [between('comparison', left, right, operator, replacement, source)]
  },
  LogicalExpression(node, source) {
    const operator = String(node.operator)
    const [left, right] = [node.left as Node, node.right as Node]
    const whole = { start: node.start, end: node.end }
    const keep = (side: Node): Change => ({
      operator: 'operand',
      ...whole,
      text: `(${source.slice(side.start, side.end)})`,
    })
    if (operator === '??') return [keep(right)]
    return [between('logic', left, right, operator, operator === '&&' ? '||' : '&&', source), keep(left), keep(right)]
  },
  UnaryExpression(node) {
    if (node.operator !== '!') return []
    return [{ operator: 'negation', start: node.start, end: (node.argument as Node).start, text: '' }]
  },
  IfStatement(node) {
    const test = node.test as Node
    return ['true', 'false'].map((text) => ({ operator: 'guard', start: test.start, end: test.end, text }))
  },
  ConditionalExpression(node) {
    const test = node.test as Node
    return ['true', 'false'].map((text) => ({ operator: 'condition', start: test.start, end: test.end, text }))
  },
  Literal(node) {
    const { start, end, value } = node
    if (typeof value === 'boolean') return [{ operator: 'boolean', start, end, text: String(!value) }]
    if (typeof value === 'number') return [{ operator: 'constant', start, end, text: String(value + 1) }]
    if (isNode(node.regex) || node.regex != null) return regexEdits(node)
    // A text with a space is prose; a name is what AWS, a filter or a person reads.
    if (typeof value !== 'string' || value.length < 2 || /\s/.test(value)) return []
    return [{ operator: 'name', start: end - 1, end: end - 1, text: 'X' }]
  },
  ArrayExpression(node) {
    if ((node.elements as unknown[]).length === 0) return []
    return [{ operator: 'empty', start: node.start, end: node.end, text: '[]' }]
  },
  SpreadElement(node) {
    const text = isObjectSpread(node) ? '...{}' : '...[]'
    return [{ operator: 'empty', start: node.start, end: node.end, text }]
  },
  ExpressionStatement(node) {
    const expression = node.expression as Node
    const call = expression.type === 'AwaitExpression' ? (expression.argument as Node) : expression
    const isEffect = ['CallExpression', 'AssignmentExpression', 'UpdateExpression'].includes(call.type)
    if (!isEffect || (call.type === 'CallExpression' && isLogging(call))) return []
    return [{ operator: 'statement', start: node.start, end: node.end, text: ';' }]
  },
  MemberExpression(node) {
    const property = node.property as Node
    const replacement = node.computed === true ? undefined : methods.get(String(property.name))
    if (replacement === undefined) return []
    return [{ operator: 'method', start: property.start, end: property.end, text: replacement }]
  },
}

function between(name: string, left: Node, right: Node, from: string, to: string, source: string): Change {
  const start = source.indexOf(from, left.end + countClosing(source, left.end, right.start))
  return { operator: name, start, end: start + from.length, text: to }
}

/** Closing brackets behind the left side belong to it. */
const countClosing = (source: string, from: number, to: number): number =>
  /^[\s)]*/.exec(source.slice(from, to))![0].length

const isText = (node: Node): boolean =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && (isText(node.left as Node) || isText(node.right as Node)))

const isObjectSpread = (node: Node): boolean => {
  const argument = node.argument as Node
  const last = argument.type === 'ConditionalExpression' ? (argument.consequent as Node) : argument
  const other = argument.type === 'ConditionalExpression' ? (argument.alternate as Node) : argument
  return [last, other, argument.right].some((part) => isNode(part) && part.type === 'ObjectExpression')
}

/** An anchor or a flag lost. */
function regexEdits(node: Node): Change[] {
  const { pattern, flags } = node.regex as { pattern: string; flags: string }
  const variants: [string, string][] = []
  if (pattern.startsWith('^')) variants.push([pattern.slice(1), flags])
  if (/[^\\]\$$/.test(pattern)) variants.push([pattern.slice(0, -1), flags])
  if (flags.includes('i')) variants.push([pattern, flags.replace('i', '')])
  return variants.map(([p, f]) => ({ operator: 'regex', start: node.start, end: node.end, text: `/${p}/${f}` }))
}
