import { isObject } from '../basics/is-object.ts'
import type { Selector, SelectorSegment } from './ast.ts'
import {
  atEnd,
  type Cursor,
  characterAt,
  createCursor,
  fail,
  mark,
  nameCharacter,
  PatternFailure,
  peek,
  take,
} from './cursor.ts'

/**
 * Property selectors: `$.name`, `.name`, `[0]`, `[*]`, `.*`, `.['name.with.dots']` (CloudWatch Logs guide, "Using
 * filter patterns to match terms in JSON log events").
 */
const NAME_CHARACTER = /[A-Za-z0-9_-]/
const PLAIN_NAME = /^[A-Za-z0-9_-]+$/
const MAX_INDEX = 2_147_483_647

/** Reads a selector at the cursor. */
export function readSelector(cursor: Cursor): Selector {
  const start = cursor.position
  if (peek(cursor) !== '$') {
    fail(
      cursor,
      'SELECTOR_EXPECTED',
      atEnd(cursor)
        ? 'The pattern ends where a condition should begin.'
        : `A condition cannot begin with ${nameCharacter(characterAt(cursor.text, start))}.`,
      'a property selector such as $.eventName',
    )
  }
  cursor.position += 1
  if (peek(cursor) !== '.') {
    fail(cursor, 'SELECTOR_SYNTAX', 'A property selector begins with "$.".', '"." after "$"')
  }
  const segments: SelectorSegment[] = []
  for (let next = peek(cursor); next === '.' || next === '['; next = peek(cursor)) {
    const at = cursor.position
    const segment = readSegment(cursor)
    if (segment.type === 'wildcard') {
      if (segments.some((earlier) => earlier.type === 'wildcard')) {
        fail(
          cursor,
          'TOO_MANY_WILDCARDS',
          'A property selector has at most one wildcard.',
          'a selector with one wildcard',
          at,
        )
      }
      cursor.wildcards.push({ start: at })
    }
    segments.push(segment)
  }
  return mark(cursor, { segments }, start)
}

function readSegment(cursor: Cursor): SelectorSegment {
  if (take(cursor, '.')) {
    if (take(cursor, '*')) return { type: 'wildcard', style: 'dot' }
    if (cursor.text.startsWith("['", cursor.position)) return readBracket(cursor)
    return { type: 'name', name: readName(cursor) }
  }
  return readBracket(cursor)
}

function readName(cursor: Cursor): string {
  const start = cursor.position
  while (!atEnd(cursor) && NAME_CHARACTER.test(peek(cursor))) cursor.position += 1
  if (cursor.position === start) {
    const found = characterAt(cursor.text, start)
    fail(
      cursor,
      'SELECTOR_SYNTAX',
      `A property name cannot begin with ${nameCharacter(found)}.`,
      "a name of letters, digits, '_' and '-', or ['a name'] for any other",
    )
  }
  return cursor.text.slice(start, cursor.position)
}

function readBracket(cursor: Cursor): SelectorSegment {
  const open = cursor.position
  cursor.position += 1
  let segment: SelectorSegment
  if (take(cursor, '*')) {
    segment = { type: 'wildcard', style: 'bracket' }
  } else if (take(cursor, "'")) {
    const start = cursor.position
    const close = cursor.text.indexOf("'", start)
    if (close < 0) {
      fail(cursor, 'SELECTOR_SYNTAX', 'A quoted property name is not closed.', "a closing single quote and ']'", open)
    }
    if (close === start) {
      fail(cursor, 'SELECTOR_SYNTAX', 'A quoted property name is empty.', 'a name between the single quotes', open)
    }
    segment = { type: 'name', name: cursor.text.slice(start, close) }
    cursor.position = close + 1
  } else {
    const digits = /^\d*/.exec(cursor.text.slice(cursor.position, cursor.position + 20))![0]
    if (digits === '' || Number(digits) > MAX_INDEX) {
      fail(
        cursor,
        'SELECTOR_SYNTAX',
        digits === '' ? 'Square brackets in a selector hold an index.' : 'The array index is too large.',
        "an array index, '*' or a name in single quotes",
      )
    }
    cursor.position += digits.length
    segment = { type: 'index', index: Number(digits) }
  }
  if (!take(cursor, ']')) fail(cursor, 'SELECTOR_SYNTAX', 'A square bracket of the selector is not closed.', "']'")
  return segment
}

/**
 * Parses a whole text as a selector, as metric values and dimensions name them; undefined when it is none.
 *
 * @example
 * parseSelector('$.latency') // { segments: [{ type: 'name', name: 'latency' }] }
 */
export function parseSelector(text: string): Selector | undefined {
  const cursor = createCursor(text)
  try {
    const selector = readSelector(cursor)
    return atEnd(cursor) ? selector : undefined
  } catch (error) {
    if (error instanceof PatternFailure) return undefined
    throw error
  }
}

/** The canonical text of a selector. */
export function formatSelector(selector: Selector): string {
  return selector.segments.reduce((text, segment) => text + formatSegment(segment), '$')
}

function formatSegment(segment: SelectorSegment): string {
  if (segment.type === 'index') return `[${segment.index}]`
  if (segment.type === 'wildcard') return segment.style === 'dot' ? '.*' : '[*]'
  return PLAIN_NAME.test(segment.name) ? `.${segment.name}` : `.['${segment.name}']`
}

export function hasWildcard(selector: Selector): boolean {
  return selector.segments.some((segment) => segment.type === 'wildcard')
}

/** One step or a whole path; undefined means absent (JSON has no undefined). */
export type Getter = (node: unknown) => unknown

function getName(name: string): Getter {
  // Keys such as "constructor" exist on every object's prototype; everything else can be read directly.
  if (name in Object.prototype) {
    return (node) => (isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined)
  }
  return (node) => (isObject(node) ? node[name] : undefined)
}

function getIndex(index: number): Getter {
  return (node) => (Array.isArray(node) ? node[index] : undefined)
}

/** A getter for segments without a wildcard. */
export function compilePath(segments: readonly SelectorSegment[]): Getter {
  const steps = segments.map((segment) =>
    segment.type === 'index' ? getIndex(segment.index) : getName((segment as { name: string }).name),
  )
  const [one, two, three] = steps
  if (!one) return (node) => node
  if (!two) return one
  if (!three) return (node) => two(one(node))
  if (steps.length === 3) return (node) => three(two(one(node)))
  return (node) => {
    let current = node
    for (const step of steps) {
      current = step(current)
      if (current === undefined) return undefined
    }
    return current
  }
}

/** What a selector with a wildcard points at: `found` is false when its parent is no object and no array. */
export interface WildcardNodes {
  readonly found: boolean
  readonly nodes: readonly unknown[]
}

export function compileWildcard(selector: Selector): (root: unknown) => WildcardNodes {
  const at = selector.segments.findIndex((segment) => segment.type === 'wildcard')
  const parentOf = compilePath(selector.segments.slice(0, at))
  const childOf = compilePath(selector.segments.slice(at + 1))
  return (root) => {
    const parent = parentOf(root)
    if (typeof parent !== 'object' || parent === null) return { found: false, nodes: [] }
    const nodes: unknown[] = []
    for (const element of Array.isArray(parent) ? parent : Object.values(parent)) {
      const node = childOf(element)
      if (node !== undefined) nodes.push(node)
    }
    return { found: true, nodes }
  }
}

/** Every node a selector points at; none when the path is absent. */
export function compileNodes(selector: Selector): (root: unknown) => readonly unknown[] {
  if (hasWildcard(selector)) {
    const nodesOf = compileWildcard(selector)
    return (root) => nodesOf(root).nodes
  }
  const get = compilePath(selector.segments)
  return (root) => {
    const node = get(root)
    return node === undefined ? [] : [node]
  }
}
