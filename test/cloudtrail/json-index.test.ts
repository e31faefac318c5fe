import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ABSENT, copyText, createJsonIndex, isSomeText, jsonAt, nameAt } from '../../shared/cloudtrail/json-index.ts'

const KNOWN = ['a', 'name', 'c']
const index = createJsonIndex(KNOWN)
const scan = (text: string): number => index.scan(Buffer.from(text), 0)

/** The members that the index found, on both levels. */
function found(): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (let outer = 0; outer < index.nexts.length; ) {
    const inner: Record<string, string> = {}
    for (let entry = outer + 1; entry < index.nexts[outer]!; entry = index.nexts[entry]!) {
      inner[nameAt(index, entry)] = jsonAt(index, entry)
    }
    members[nameAt(index, outer)] = { json: jsonAt(index, outer), inner }
    if (index.ends[outer]! + 1 === index.text.length) return members
    outer = index.nexts[outer]!
  }
  return members
}

describe('a plain object', () => {
  test('is indexed on two levels', () => {
    const text = '{"x":"y","name":{"p":[1,{"q":{}}],"r":{"s":null}},"a":[{"t":1}],"c":-12}'
    expect(scan(text)).toBe(text.length)
    expect(index.text).toBe(text)
    expect(found()).toEqual({
      x: { json: '"y"', inner: {} },
      name: { json: '{"p":[1,{"q":{}}],"r":{"s":null}}', inner: { p: '[1,{"q":{}}]', r: '{"s":null}' } },
      a: { json: '[{"t":1}]', inner: {} },
      c: { json: '-12', inner: {} },
    })
    expect([...index.entries].map((entry) => nameAt(index, entry))).toEqual(KNOWN)
  })

  test('may lie in a larger text', () => {
    const bytes = Buffer.from('[{"b":1},{"a":"é"},{"c":"text"},')
    expect(index.scan(bytes, 1)).toBe(8)
    expect([...index.entries]).toEqual([ABSENT, ABSENT, ABSENT])
    const at = bytes.indexOf('{"c"')
    expect(index.scan(bytes, at)).toBe(bytes.length - 1)
    expect(copyText(index, index.entries[2]!)).toBe('text')
    expect(index.scan(bytes, 9)).toBe(0)
  })

  test('tells empty texts and what is none', () => {
    scan('{"a":"","name":"x","c":12}')
    expect([...index.entries].map((entry) => isSomeText(index, entry))).toEqual([false, true, false])
  })
})

test.each([
  ['nothing', ''],
  ['no object', '[]'],
  ['an empty object', '{}'],
  ['a known member twice', '{"a":1,"a":1}'],
  ['white space', '{"a": 1}'],
  ['an escape', '{"a":"\\n"}'],
  ['an escape in a name', '{"\\u0061":1}'],
  ['beyond ASCII', '{"a":"é"}'],
  ['a control character', '{"a":"\u0001"}'],
  ['a name that does not end', '{"a'],
  ['a text that does not end', '{"a":"b'],
  ['a value missing', '{"a":}'],
  ['a value missing at the end', '{"a":'],
  ['a comma at the end', '{"a":1,}'],
  ['a comma too many', '{"a":[1,,2]}'],
  ['a bracket of the other kind', '{"a":[1}}'],
  ['no fraction', '{"a":1.0}'],
  ['no exponent', '{"a":1e3}'],
  ['no leading zero', '{"a":01}'],
  ['no minus zero', '{"a":-0}'],
  ['a bare minus', '{"a":-}'],
  ['16 digits', '{"a":1234567890123456}'],
  ['a word', '{"a":nul}'],
  ['a word that goes on', '{"a":nullx}'],
  ['deep nesting', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`],
  ['brackets that do not pair, deep down', `{"a":[[${'{"a":'.repeat(33)}1${'}'.repeat(35)}}`],
  ['members without end', `{${Array.from({ length: 600 }, (_, i) => `"m${i}":1`).join(',')}}`],
])('is not plain: %s', (_name, text) => {
  expect(scan(text)).toBe(0)
})

test.each(['0', '-1', '123456789012345', 'true', 'false', 'null', '""', '[]', '{}'])(
  'is plain at the end: %s',
  (value) => {
    const text = `{"a":${value}}`
    expect(scan(text)).toBe(text.length)
  },
)

const arbitraryText = fc.oneof(
  fc
    .dictionary(fc.constantFrom('a', 'name', 'c', 'd', 'e'), fc.jsonValue({ maxDepth: 4 }))
    .map((value) => JSON.stringify(value)),
  fc.json(),
)

test('what is plain is sound, to the last byte', () => {
  const arbitraryDamaged = fc
    .tuple(
      arbitraryText,
      fc.nat(),
      fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', '-', ' ', '\u0001', 'e'),
    )
    .map(([text, at, piece]) => {
      const from = at % (text.length + 1)
      return text.slice(0, from) + piece + text.slice(from + (at % 2))
    })
  fc.assert(
    fc.property(fc.oneof(arbitraryText, arbitraryDamaged), (text) => {
      const end = scan(text)
      if (end === 0) return
      const plain = text.slice(0, end)
      expect(JSON.stringify(JSON.parse(plain)).length).toBeLessThanOrEqual(plain.length)
      for (const [name, { json }] of Object.entries(found() as Record<string, { json: string }>)) {
        // Of two members with one name the last counts, here as there.
        expect(JSON.parse(json)).toEqual(JSON.parse(plain)[name])
      }
    }),
    { numRuns: 300 },
  )
})

test('gives the same wherever the object lies, and nothing before all of it is there', () => {
  fc.assert(
    fc.property(arbitraryText, fc.string(), fc.string(), (text, before, after) => {
      const length = Buffer.byteLength(text)
      const at = Buffer.byteLength(before)
      const end = scan(text)
      const expected = end === length ? at + length : 0
      if (end !== 0 && end !== length) return
      expect(index.scan(Buffer.from(before + text + after), at)).toBe(expected)
      if (end > 0) expect(index.scan(Buffer.from(text).subarray(0, length - 1), 0)).toBe(0)
    }),
  )
})
