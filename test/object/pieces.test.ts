/** Rows and elements that are too large for the memory, handed out in parts, in pieces of every length. */
import { describe, expect, test } from 'vitest'
import { createCsvRows } from '../../shared/object/csv.ts'
import { createJsonElements } from '../../shared/object/json-elements.ts'
import { unwrap } from '../../shared/object/unwrap.ts'

type Part = { readonly text: string; readonly isContinued?: boolean; readonly hasMore?: boolean }

/** Pushes a text in pieces of a length and returns what comes out, parts of one element put together. */
function pushed<T>(
  given: { push(piece: never): readonly (T | Part)[]; end(): T | Part | undefined | readonly (T | Part)[] },
  pieces: readonly unknown[],
): unknown[] {
  const last = given.end
  const out: unknown[] = []
  let open: string | undefined
  const take = (one: T | Part) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) out.push(one)
    else {
      const part = one as Part
      expect(part.isContinued ?? false).toBe(open !== undefined)
      open = (open ?? '') + part.text
      if (part.hasMore === true) return
      out.push({ parts: open })
      open = undefined
    }
  }
  for (const piece of pieces) for (const one of given.push(piece as never)) take(one)
  const rest = last.call(given)
  for (const one of rest === undefined ? [] : Array.isArray(rest) ? rest : [rest]) take(one as T | Part)
  expect(open).toBeUndefined()
  return out
}

const cut = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))

describe.each([1, 2, 3, 7])('in pieces of %d', (size) => {
  test('elements of JSON', () => {
    const long = `{"Id":"${'x'.repeat(40)}","a":{"b":"}é"}}`
    const text = `{"Events":[{"Id":"1"},${long},{"Id":"2"}],"NextToken":"t"}`
    const bytes = Buffer.from(text)
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    )
    expect(pushed(createJsonElements(30), pieces)).toEqual(['{"Id":"1"}', { parts: long }, '{"Id":"2"}'])
    expect(pushed(createJsonElements(1_000), pieces)).toEqual(['{"Id":"1"}', long, '{"Id":"2"}'])
  })

  test('rows of CSV', () => {
    const long = `"${'y'.repeat(30)}\n,""",z`
    const text = `a,b\n${long}\n"c\nd",e\n`
    expect(pushed(createCsvRows(1_000), cut(text, size))).toEqual([
      ['a', 'b'],
      [`${'y'.repeat(30)}\n,"`, 'z'],
      ['c\nd', 'e'],
    ])
    expect(pushed(createCsvRows(20), cut(text, size))).toEqual([['a', 'b'], { parts: long }, ['c\nd', 'e']])
  })
})

test('what is wrapped deeper than anybody wraps is kept as unknown, and not read for ever', () => {
  let text = 'no record'
  for (let depth = 0; depth < 12; depth++) text = JSON.stringify({ message: text })
  const { records, unknown } = unwrap(text)
  expect(records).toEqual([])
  expect(unknown).toHaveLength(1)
  expect(unknown[0]).toContain('no record')
})
