/** Small readers of JSON values whose type nobody guarantees: CloudTrail's drift between services and years. */
import { isObject as isAnyObject } from '../basics/is-object.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** JSON.rawJSON and the reviver's source text: in Node.js since 22, not yet in TypeScript's ES2024 library. */
const NATIVE = JSON as unknown as {
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
}

/**
 * JSON.parse that keeps every digit: numbers that a double cannot hold come back as raw JSON, which JSON.stringify
 * writes as it was read. All others are plain numbers. Several times slower than JSON.parse; {@link holdsLongNumber}
 * tells when it is worth it.
 *
 * @throws SyntaxError where the text is no JSON.
 * @example
 * JSON.stringify(parseExactJson('{"size":9007199254740993}')) // '{"size":9007199254740993}'
 */
export function parseExactJson(text: string): unknown {
  return NATIVE.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !keepsDigits(value, source) ? NATIVE.rawJSON(source) : value,
  )
}

function keepsDigits(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false
  if (Number.isInteger(value)) return Number.isSafeInteger(value)
  const digits = source
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '')
  return digits.length <= 15
}

/**
 * {@link parseExactJson} where a number is so long that it makes a difference; else JSON.parse, which is faster.
 *
 * @throws SyntaxError where the text is no JSON.
 */
export function parseKeepingDigits(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return holdsLongNumber(value) ? parseExactJson(text) : value
}

/** Neither an object nor an array; null and raw numbers are. */
export function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null || NATIVE.isRawJSON(value)
}

/** Whether a value parsed by JSON.parse holds a number that may have lost digits on the way. */
export function holdsLongNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isSafeInteger(value) && isLong(value)
  if (typeof value !== 'object' || value === null) return false
  const open: object[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const item of Array.isArray(next) ? next : Object.values(next)) {
      if (typeof item === 'number') {
        if (!Number.isSafeInteger(item) && isLong(item)) return true
      } else if (typeof item === 'object' && item !== null) {
        open.push(item)
      }
    }
  }
  return false
}

function isLong(value: number): boolean {
  if (!Number.isFinite(value) || Number.isInteger(value)) return true
  return String(value).replace(/e.*$/, '').replace(/\D/g, '').replace(/^0+/, '').length > 15
}

/** A JSON object: neither null, nor an array, nor a raw number. */
export function isObject(value: unknown): value is JsonObject {
  return isAnyObject(value) && !NATIVE.isRawJSON(value)
}

/** The object, or an empty one, so that members can be read without asking each time. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : EMPTY
}
const EMPTY: JsonObject = Object.freeze({})

/** A text that is not empty, else undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A text, or the first text of an array: `x-amz-acl` was an array in old event versions. */
export function firstText(value: unknown): string | undefined {
  return textOf(Array.isArray(value) ? value[0] : value)
}

/** A finite number, also one written as text or as raw JSON; else undefined. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const text = typeof value === 'string' ? value.trim() : NATIVE.isRawJSON(value) ? JSON.stringify(value) : ''
  if (text === '') return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

/** A boolean, also one written as text in any letter case; else undefined. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  const text = value.toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** `Rule`, `Grant`, `Statement` …: one object or an array of them. Absent and null give no elements. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? [] : [value]
}

/** Absent, null, "", {} or []: what the record leaves out. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.length === 0
  if (NATIVE.isRawJSON(value)) return false
  for (const _name in value) return false
  return true
}

/** A text that is not empty; anything else that is not empty as its JSON text, so that a field keeps one type. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return isEmpty(value) ? undefined : JSON.stringify(value)
}

/** Calls `visit` with every text inside a JSON value, whatever its nesting, until it returns true. */
export function someText(value: unknown, visit: (text: string) => boolean): boolean {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') {
      if (visit(next)) return true
    } else if (Array.isArray(next)) {
      for (const item of next) open.push(item)
    } else if (typeof next === 'object' && next !== null) {
      for (const item of Object.values(next)) open.push(item)
    }
  }
  return false
}

/**
 * A value as text, as `String` would give it, but of any JSON: of `{ "toString": 1 }` there is no primitive value.
 *
 * @example
 * anyText(['a', 'b']) // 'a,b'
 */
export function anyText(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => (one === null ? '' : anyText(one))).join()
  return isObject(value) ? '[object Object]' : String(value)
}
