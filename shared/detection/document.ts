import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import * as z from 'zod/mini'
import { plural } from '../basics/numbers.ts'
import { errorMessage } from '../contracts/errors.ts'
import { fieldPath, type Problem, type Result } from './problem.ts'
import { suggest } from './suggest.ts'

/** A longer text is none that people write; what reads it takes some hundred bytes of memory a byte. UTF-16 units. */
const MAX_LENGTH = 4 * 1024 * 1024
/** Nobody reads more of them. */
const MAX_PROBLEMS = 1000

/** Reports a problem at a field; with `key`, at that key of the mapping at `path`. */
export type Report = (path: readonly PropertyKey[], message: string, key?: string) => void

/**
 * Reads one YAML or JSON text and checks it against a schema, and against whatever `check` adds. Every problem is
 * reported at once, each with line and column, the field's path and what was expected there; unknown keys are problems,
 * with the nearest known key.
 *
 * A text of more than 4 MiB is one problem, and so are all beyond the first thousand. Linear in the length of the text.
 *
 * YAML is read as version 1.2 (core schema): dates stay text, and so do `yes` and `off`. `check` gets the content as it
 * is, before the schema has passed it.
 *
 * @example
 * readDocument('severity: hgih', 'x.yml', detectionSchema) // … x.yml:1:11 severity: expected one of info, low, …
 */
export function readDocument<S extends z.core.$ZodType>(
  text: string,
  file: string,
  schema: S,
  check?: (content: unknown, report: Report) => void,
): Result<z.output<S>> {
  if (text.length > MAX_LENGTH) {
    const message = `is too large: ${text.length} characters; at most ${MAX_LENGTH} are read`
    return { ok: false, problems: [{ file, line: 1, column: 1, field: '', message }] }
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    // The library compares each key with each; see addTwice.
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    logLevel: 'error',
  })
  const problems: Problem[] = []
  const add = (offset: number, field: string, message: string): void => {
    const { line, col } = lines.linePos(offset)
    problems.push({ file, line: Math.max(line, 1), column: Math.max(col, 1), field, message })
  }
  const report: Report = (path, message, key) =>
    add(offsetOf(document, path, key), fieldPath(key === undefined ? path : [...path, key]), message)

  for (const error of document.errors) add(error.pos[0], '', `not valid YAML: ${error.message}`)
  if (problems.length === 0) addTwice(document, (offset) => add(offset, '', 'not valid YAML: Map keys must be unique'))
  if (problems.length > 0) return { ok: false, problems: firstOf(problems) }

  let content: unknown
  try {
    // maxAliasCount bounds what a small text can expand to.
    content = document.toJS({ maxAliasCount: 1000 })
  } catch (error) {
    report([], `not valid YAML: ${errorMessage(error)}`)
    return { ok: false, problems }
  }
  const checked = z.safeParse(schema, content, { reportInput: true })
  for (const issue of checked.error?.issues ?? []) describeIssue(issue, schema, content, report)
  check?.(content, report)
  if (checked.success && problems.length === 0) return { ok: true, value: checked.data }
  return { ok: false, problems: firstOf(problems) }
}

/** In the order of the text, the first thousand; what is left out is counted. */
function firstOf(problems: readonly Problem[]): Problem[] {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  const left = sorted.length - MAX_PROBLEMS
  if (left <= 0) return sorted
  const first = sorted.slice(0, MAX_PROBLEMS)
  return [...first, { ...first.at(-1)!, field: '', message: `and ${plural(left, 'more problem')}` }]
}

/** Calls `add` with the place of each key that its mapping has already. */
function addTwice(document: Document, add: (offset: number) => void): void {
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) add(key.range?.[0] ?? 0)
        seen.add(key.value)
      }
    },
  })
}

/** The nearest node at or above the path: a missing field is reported where the mapping that lacks it begins. */
function offsetOf(document: Document, path: readonly PropertyKey[], key?: string): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (!isNode(node)) continue
    if (key !== undefined && length === path.length) {
      const offset = keyOffset(node, key)
      if (offset !== undefined) return offset
    }
    return node.range?.[0] ?? 0
  }
  return 0
}

/** Of mappings that were asked: where each key stands. */
const keyOffsets = new WeakMap<Node, ReadonlyMap<string, number>>()

function keyOffset(node: Node, key: string): number | undefined {
  if (!isMap(node)) return undefined
  let known = keyOffsets.get(node)
  if (known === undefined) {
    const offsets = new Map<string, number>()
    for (const pair of node.items) {
      if (!isNode(pair.key) || pair.key.range == null) continue
      const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
      if (!offsets.has(name)) offsets.set(name, pair.key.range[0])
    }
    keyOffsets.set(node, offsets)
    known = offsets
  }
  return known.get(key)
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.core.$ZodType, content: unknown, report: Report): void {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      report(path, `unknown key "${key}"${suggest(key, knownKeys(schema, path, content))}`, key)
    }
    return
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1))
    report(path.slice(0, -1), `${issue.issues.map(expectation).join('; ')}, found "${key}"`, key)
    return
  }
  const given = issue.code === 'invalid_union' ? valueAt(content, path) : issue.input
  const expected = expectation(issue)
  if (given === undefined) report(path, `missing: ${expected}`)
  else report(path, `${expected}${found(given)}${suggest(given, choices(issue))}`)
}

/** What was expected, in words. */
function expectation(issue: z.core.$ZodIssue): string {
  // zod/mini has no texts of its own; anything else is a message that the schema gave.
  if (issue.message !== 'Invalid input') return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'too_small':
      return `expected at least ${count(issue.minimum, issue.origin)}`
    case 'too_big':
      return `expected at most ${count(issue.maximum, issue.origin)}`
    case 'invalid_value':
    case 'invalid_union': {
      const values = choices(issue)
      return values.length === 1 ? `expected ${values[0]}` : `expected one of ${values.join(', ')}`
    }
    default:
      return `not valid (${issue.code})`
  }
}

/** The words that would have been right. */
function choices(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code !== 'invalid_union') return []
  const { options } = issue as { options?: readonly unknown[] }
  return (options ?? []).map(String)
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function count(limit: number | bigint, origin: string): string {
  if (origin === 'array') return `${limit} item${limit === 1 ? '' : 's'}`
  if (origin === 'string') return `${limit} character${limit === 1 ? '' : 's'}`
  return String(limit)
}

/** What stands there, so that the reader need not look: `, found the number 5`. */
function found(input: unknown): string {
  if (input === undefined) return ''
  if (input === null) return ', found nothing (null)'
  if (Array.isArray(input)) return `, found a list of ${input.length}`
  if (typeof input === 'object') return ', found a mapping'
  if (typeof input === 'string')
    return input.length > 60 ? `, found a text of ${input.length} characters` : `, found "${input}"`
  return `, found ${String(input)} (${typeof input === 'number' ? 'a number' : 'true/false'})`
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[part]
  }
  return value
}

/** The keys that the mapping at `path` may have, found by walking the schema along the content. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[], content: unknown): readonly string[] {
  let types: z.core.$ZodType[] = [schema]
  let value = content
  for (const part of path) {
    types = types.flatMap((type) => stepInto(unwrap(type), part, value))
    value = valueAt(value, [part])
  }
  return types.flatMap((type) => unwrap(type).flatMap((inner) => Object.keys(shapeOf(inner, value) ?? {})))
}

type Definition = {
  readonly type: string
  readonly innerType?: z.core.$ZodType
  readonly options?: readonly z.core.$ZodType[]
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly element?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly discriminator?: string
  readonly values?: readonly unknown[]
}

const definition = (type: z.core.$ZodType): Definition => type._zod.def as unknown as Definition

/** Through defaults, optionals and unions to the types that have members. */
function unwrap(type: z.core.$ZodType): z.core.$ZodType[] {
  const { innerType, options } = definition(type)
  if (innerType !== undefined) return unwrap(innerType)
  if (options !== undefined) return options.flatMap(unwrap)
  return [type]
}

function shapeOf(type: z.core.$ZodType, value: unknown): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const { shape } = definition(type)
  if (shape === undefined || typeof value !== 'object' || value === null) return shape
  // Of a union's members, the one whose literal fields agree with the content.
  const fits = Object.entries(shape).every(([key, member]) => {
    const { type: kind, values } = definition(member)
    return kind !== 'literal' || values === undefined || values.includes((value as Record<string, unknown>)[key])
  })
  return fits ? shape : undefined
}

function stepInto(types: readonly z.core.$ZodType[], part: PropertyKey, value: unknown): z.core.$ZodType[] {
  return types.flatMap((type) => {
    const { element, valueType } = definition(type)
    const next = element ?? valueType ?? shapeOf(type, value)?.[String(part)]
    return next === undefined ? [] : [next]
  })
}
