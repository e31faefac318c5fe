/** Where two JSON values differ, when one is how we wrote it and the other how AWS gives it back. */
import { isObject } from '../basics/is-object.ts'
import { listOf } from '../derive/json.ts'
import { Unresolved } from './template-values.ts'

/** One place: `Policies[cloudtrail].PolicyDocument.Statement[Queue].Action`. Undefined: nothing is there. */
export interface Difference {
  readonly path: string
  readonly expected: unknown
  readonly actual: unknown
}

/**
 * What differs, place by place. These are the same: a number and its text, one item and a list of it, lists in another
 * order, JSON and the text of it, an account and its root's ARN, nothing and an empty list, object or text.
 *
 * A value that cannot be known (see {@link Unresolved}) differs from nothing.
 *
 * @example
 * differences({ Action: ['a', 'b'], n: 1 }, { Action: ['b'], n: '1' }) // [{ path: 'Action', expected: 'a', actual: undefined }]
 */
export function differences(expected: unknown, actual: unknown, path = ''): Difference[] {
  return compare(canonical(expected), canonical(actual), path)
}

/** The one form of the many that mean the same. */
export function canonical(value: unknown): unknown {
  if (value === undefined || value === null || value === '') return undefined
  if (value instanceof Unresolved) return value
  if (typeof value === 'string') return canonicalText(value)
  if (Array.isArray(value)) {
    const items = value.map(canonical).filter((item) => item !== undefined)
    return items.length < 2 ? items[0] : items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }
  if (!isObject(value)) return String(value)
  const entries = Object.entries(value)
    .map(([key, item]) => [key, canonical(item)] as const)
    .filter(([, item]) => item !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function canonicalText(text: string): unknown {
  const root = /^arn:[^:]+:iam::(\d{12}):root$/.exec(text)?.[1]
  if (root !== undefined) return root
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return canonical(JSON.parse(text))
  } catch {
    // A filter pattern begins so as well.
    return text
  }
}

const keyOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** Whether anything in it cannot be known. */
function isOpen(value: unknown): boolean {
  if (value instanceof Unresolved) return true
  if (Array.isArray(value)) return value.some(isOpen)
  return isObject(value) && Object.values(value).some(isOpen)
}

function compare(expected: unknown, actual: unknown, path: string): Difference[] {
  if (expected instanceof Unresolved) return []
  if (Array.isArray(expected) || Array.isArray(actual)) return compareLists(listed(expected), listed(actual), path)
  if (isObject(expected) && isObject(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort()
    return keys.flatMap((key) => compare(expected[key], actual[key], path === '' ? key : `${path}.${key}`))
  }
  return keyOf(expected) === keyOf(actual) || isOpen(expected) ? [] : [{ path, expected, actual }]
}

const listed = (value: unknown): readonly unknown[] => (value === undefined ? [] : listOf(value))

/** What items of lists are called by. */
const NAMES = ['Sid', 'PolicyName', 'Id', 'Key', 'Name', 'AttributeName', 'MetricName'] as const

function nameOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined
  const name = NAMES.map((key) => item[key]).find((value) => typeof value === 'string')
  return name as string | undefined
}

function compareLists(expected: readonly unknown[], actual: readonly unknown[], path: string): Difference[] {
  const open = expected.filter(isOpen)
  const missing = minus(expected, actual).filter((item) => !isOpen(item))
  let extra = minus(actual, expected).slice(open.length)
  const found: Difference[] = []
  for (const item of missing) {
    const name = nameOf(item)
    const same = name === undefined ? undefined : extra.find((other) => nameOf(other) === name)
    if (same === undefined) {
      found.push({ path: name === undefined ? path : `${path}[${name}]`, expected: item, actual: undefined })
      continue
    }
    extra = extra.filter((other) => other !== same)
    found.push(...compare(item, same, `${path}[${name}]`))
  }
  return [
    ...found,
    ...extra.map((item) => {
      const name = nameOf(item)
      return { path: name === undefined ? path : `${path}[${name}]`, expected: undefined, actual: item }
    }),
  ]
}

function minus(items: readonly unknown[], others: readonly unknown[]): unknown[] {
  const left = others.map(keyOf)
  return items.filter((item) => {
    const index = left.indexOf(keyOf(item))
    if (index < 0) return true
    left.splice(index, 1)
    return false
  })
}
