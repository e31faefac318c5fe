import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { createRecordScanner } from '../../shared/cloudtrail/scan.ts'
import { createRecordSplitter, type SplitShape, type SplitSummary } from '../../shared/cloudtrail/split.ts'
import type { OversizedRecord, SplitterOptions } from '../../shared/cloudtrail/split-options.ts'

interface Split {
  readonly records: string[]
  readonly summary: SplitSummary
  readonly oversized: OversizedRecord[]
}

/** What the pipeline's reader makes of a record that it reads ahead; here only its text. */
interface Ahead {
  readonly text: string
}
const scanner = createRecordScanner(() => false)
function readAhead(bytes: Uint8Array, at: number, out: (Uint8Array | Ahead)[]): number {
  const end = scanner.scan(bytes, at)
  if (end < 0) return 0
  out.push({ text: Buffer.from(bytes.subarray(at, end)).toString() })
  return end
}

/** Splits it both ways, with and without reading ahead, which must not make a difference. */
function split(input: string | Uint8Array, size = Number.POSITIVE_INFINITY, options: SplitterOptions = {}): Split {
  const plain = splitOnce(input, size, options)
  const ahead = splitOnce<Ahead>(input, size, { ...options, readAhead })
  expect(ahead.records).toEqual(plain.records)
  expect({ ...ahead.summary, last: [] }).toEqual({ ...plain.summary, last: [] })
  expect(ahead.oversized).toEqual(plain.oversized)
  return plain
}

function splitOnce<T extends Ahead = never>(input: string | Uint8Array, size: number, options: SplitterOptions<T>) {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input
  const oversized: OversizedRecord[] = []
  const splitter = createRecordSplitter<T>({ ...options, onOversized: (record) => oversized.push(record) })
  const found: (Uint8Array | T)[] = []
  for (let at = 0; at < bytes.length; at += Math.min(size, bytes.length)) {
    found.push(...splitter.push(bytes.subarray(at, at + Math.min(size, bytes.length))))
  }
  const summary = splitter.end()
  found.push(...summary.last)
  expect(summary.records).toBe(found.length)
  expect(summary.oversized).toBe(oversized.length)
  expect(summary.bytes).toBe(bytes.length)
  const records = found.map((one) => (one instanceof Uint8Array ? Buffer.from(one).toString() : one.text))
  return { records, summary, oversized }
}

function remainderOf(summary: SplitSummary): string | undefined {
  return summary.remainder === undefined ? undefined : Buffer.from(summary.remainder).toString()
}

const A = '{"eventVersion":"1.11","eventName":"A","x":{"y":[1,{"z":"}]"}]}}'
const B = '{"eventVersion":"1.11","eventName":"B","s":"\\"Records\\":[{\\\\","u":"é€😀"}'
const C = '{"eventVersion":"1.11","eventName":"C","n":null,"e":{},"l":[]}'
const DIGEST = `{"awsAccountId":"111122223333","digestStartTime":"2025-10-21T00:00:00Z","logFiles":[{"s3Object":"x"}]}`
const SIZES = [Number.POSITIVE_INFINITY, 64, 7, 2, 1]

describe('shapes', () => {
  const CASES: readonly (readonly [name: string, input: string, shape: SplitShape, records: readonly string[]])[] = [
    ['a wrapper', `{"Records":[${A},${B},${C}]}`, 'records', [A, B, C]],
    ['white space everywhere', ` \r\n{ \t"Records" :\n[ ${A}\n,\t${B} ] }\n`, 'records', [A, B]],
    ['members before and after', `{"a":1,"b":[{"c":2}],"Records":[${A}],"d":{"e":"f"},"g":"]}"}`, 'records', [A]],
    ['"Records" in a value before', `{"a":"Records","b":"\\"Records\\":[","Records":[${A}]}`, 'records', [A]],
    [
      'a nested member named Records',
      `{"a":{"Records":[${B}]},"l":[{"Records":[${C}]}],"Records":[${A}]}`,
      'records',
      [A],
    ],
    ['a nested member named Records only', `{"a":{"Records":[${B}]}}`, 'single', [`{"a":{"Records":[${B}]}}`]],
    ['another case', `{"records":[${A}]}`, 'single', [`{"records":[${A}]}`]],
    ['the key written with escapes', `{"\\u0052ecor\\u0064s":[${A}]}`, 'records', [A]],
    ['a key that ends the same', `{"xRecords":[1],"Records\\"":[2],"Records":[${A}]}`, 'records', [A]],
    ['Records twice', `{"Records":[${A}],"Records":[${B}]}`, 'records', [A, B]],
    ['no records', '{"Records":[]}', 'records', []],
    ['Records that are null', '{"Records":null}', 'records', []],
    ['a lone record under Records', `{"Records":${A},"b":1}`, 'records', [A]],
    ['Records that are text', '{"Records":"x"}', 'single', ['{"Records":"x"}']],
    ['a list', `[${A}, ${B}]`, 'array', [A, B]],
    ['an empty list', '[]', 'array', []],
    ['a list of wrappers', `[{"Records":[${A}]},{"Records":[${B},${C}]}]`, 'records', [A, B, C]],
    ['a list with a digest', `[${A},${DIGEST}]`, 'array', [A]],
    ['a bare record', A, 'single', [A]],
    ['an empty object', '{}', 'single', ['{}']],
    ['NDJSON', `${A}\n${B}\r\n${C}\n`, 'ndjson', [A, B, C]],
    ['objects without anything between', `${A}${B}`, 'ndjson', [A, B]],
    ['NDJSON of wrappers', `{"Records":[${A}]}\n{"Records":[${B}]}\n`, 'records', [A, B]],
    ['wrappers without anything between', `{"Records":[${A}]}{"Records":[${B}]}`, 'records', [A, B]],
    ['lists, one a line', `[${A}]\n[${B}]`, 'array', [A, B]],
    ['wrapper, digest, record', `{"Records":[${A}]}${DIGEST}${B}`, 'records', [A, B]],
    ['a byte order mark', `\uFEFF{"Records":[${A}]}\n\uFEFF{"Records":[${B}]}`, 'records', [A, B]],
    ['a digest', DIGEST, 'digest', []],
    ['a digest with Records', `{"digestStartTime":1,"Records":[${A}]}`, 'records', [A]],
    ['a record that mentions digests', `{"a":{"digestStartTime":1}}`, 'single', [`{"a":{"digestStartTime":1}}`]],
    ['the validation message', 'CloudTrail validation message.', 'validation', []],
    ['the validation message, as JSON', '"CloudTrail validation message."\n', 'validation', []],
    ['nothing', '', 'empty', []],
    ['white space', ' \n\uFEFF\t', 'empty', []],
    [
      'entries that are no objects',
      `{"Records":[${A},1,-2.5e3,"a]\\"b",null,true,[[{}],1],${B}]}`,
      'records',
      [A, '1', '-2.5e3', '"a]\\"b"', 'null', 'true', '[[{}],1]', B],
    ],
  ]
  describe.each(SIZES)('in chunks of %d', (size) => {
    test.each(CASES)('%s', (_name, input, shape, records) => {
      const { records: found, summary } = split(input, size)
      expect(found).toEqual(records)
      expect(summary.error).toBeUndefined()
      expect(summary.shape).toBe(shape)
      expect(summary.remainder).toBeUndefined()
    })
  })

  it('counts digests', () => {
    expect(split(`${DIGEST}\n${DIGEST}`).summary.digests).toBe(2)
  })

  it('hands out views of the chunk, not copies', () => {
    const bytes = Buffer.from(`{"Records":[${A},${B}]}`)
    for (const record of createRecordSplitter().push(bytes)) expect(record.buffer).toBe(bytes.buffer)
  })

  it('takes plain Uint8Arrays that begin anywhere in their buffer', () => {
    const bytes = new TextEncoder().encode(`xyz{"Records":[${A},${B}]}`).subarray(3)
    expect(split(bytes).records).toEqual([A, B])
  })
})

describe('faults', () => {
  type Case = readonly [
    name: string,
    input: string,
    records: readonly string[],
    error: { readonly code: string; readonly offset: number },
    remainder?: string,
  ]
  const CASES: readonly Case[] = [
    [
      'cut in a record',
      `{"Records":[${A},${B.slice(0, 40)}`,
      [A],
      { code: 'JSON_TRUNCATED', offset: 117 },
      B.slice(0, 40),
    ],
    ['cut in a string', `{"Records":[${A},{"a":"b\\`, [A], { code: 'JSON_TRUNCATED', offset: 85 }, '{"a":"b\\'],
    ['cut between records', `{"Records":[${A},`, [A], { code: 'JSON_TRUNCATED', offset: 77 }],
    ['cut after the list', `{"Records":[${A}]`, [A], { code: 'JSON_TRUNCATED', offset: 77 }],
    ['cut before the list', '{"Records":', [], { code: 'JSON_TRUNCATED', offset: 11 }, '{"Records":'],
    ['cut in a bare record', '{"eventVersion":"1', [], { code: 'JSON_TRUNCATED', offset: 18 }, '{"eventVersion":"1'],
    ['cut in NDJSON', `${A}\n{"eve`, [A], { code: 'JSON_TRUNCATED', offset: 70 }, '{"eve'],
    ['cut in a number', '[1, 2', ['1'], { code: 'JSON_TRUNCATED', offset: 5 }, '2'],
    ['cut in a digest', DIGEST.slice(0, -4), [], { code: 'JSON_TRUNCATED', offset: 98 }],
    ['text after it', `{"Records":[${A}]}garbage`, [A], { code: 'JSON_SYNTAX', offset: 78 }, 'garbage'],
    ['text only', 'hello world', [], { code: 'JSON_SYNTAX', offset: 0 }, 'hello world'],
    ['text and then records', `junk\n${A}\n${B}`, ['junk', A, B], { code: 'JSON_SYNTAX', offset: 0 }],
    ['a comma too many', `{"Records":[${A},,${B},]}`, [A, B], { code: 'JSON_SYNTAX', offset: 77 }],
    ['a comma too few', `{"Records":[${A} ${B}]}`, [A, B], { code: 'JSON_SYNTAX', offset: 77 }],
    ['a bracket too many', `{"Records":[${A}}},${B}]}`, [A, B], { code: 'JSON_SYNTAX', offset: 76 }],
    ['the list closed too early', `{"Records":[${A}],${B},${C}]}`, [A, B, C], { code: 'JSON_SYNTAX', offset: 78 }],
    ['commas between lines', `${A},\n${B},\n`, [A, B], { code: 'JSON_SYNTAX', offset: 64 }],
  ]
  const rows = CASES.map(([name, input, records, error, remainder]) => ({ name, input, records, error, remainder }))
  describe.each(SIZES)('in chunks of %d', (size) => {
    test.each(rows)('$name', ({ input, records, error: { code, offset }, remainder }) => {
      const { records: found, summary } = split(input, size)
      expect(found).toEqual(records)
      expect(summary.error?.code).toBe(code)
      expect(summary.error?.details).toMatchObject({ offset })
      expect(remainderOf(summary)).toBe(remainder)
    })
  })

  const BROKEN: readonly (readonly [name: string, record: string])[] = [
    ['a brace is missing', A.slice(0, -1)],
    ['three closing brackets are missing', A.replace(']}}', '')],
    ['a quote is missing at the end of a key', A.replace('eventName"', 'eventName')],
    ['a quote is missing at the beginning of a value', A.replace(':"A"', ':A"')],
    ['the last quote is missing', '{"eventVersion":"1.11","eventName":"A}'],
    ['a quote too many', A.replace('"A"', '"A""')],
    ['a bracket of the wrong kind', A.replace(']}}', ']]}')],
    ['it ends in the middle', A.slice(0, 45)],
    ['it ends in a string', A.slice(0, 20)],
  ]
  describe.each([Number.POSITIVE_INFINITY, 100, 13, 1])('a broken record, in chunks of %d', (size) => {
    test.each(BROKEN)('%s', (_name, broken) => {
      for (const [before, between, after] of [
        ['{"Records":[', ',', ']}'],
        ['[', ',\n', ']'],
        ['', '\n', '\n'],
        ['{"meta":{"a":[1]},"Records":[\n', ' , ', ' ] , "more" : [] }'],
      ]) {
        const { records, summary } = split(`${before}${[B, broken, C, B].join(between)}${after}`, size)
        const isSound = (record: string) => record === B || record === C
        expect(records.filter(isSound)).toEqual([B, C, B])
        // Where chunks are tiny the broken record may come in two slices; it comes whole.
        expect(records.filter((record) => !isSound(record)).join('')).toBe(broken)
        expect(summary.error?.code).toBe('JSON_SYNTAX')
        expect(summary.remainder).toBeUndefined()
      }
    })
  })

  it('leaves a record whose brackets pair up to the normalizer', () => {
    const odd = `{"eventVersion":NaN,'x':1,}`
    const { records, summary } = split(`{"Records":[${A},${odd},${B}]}`)
    expect(records).toEqual([A, odd, B])
    expect(summary.error).toBeUndefined()
  })

  it('finds the next record by the key that records begin with, whatever it is', () => {
    const input = '{"Records":[{"awsRegion":"a","b":1},{"awsRegion":"b","c":[1},{"awsRegion":"c"}]}'
    expect(split(input).records).toEqual(['{"awsRegion":"a","b":1}', '{"awsRegion":"b","c":[1}', '{"awsRegion":"c"}'])
  })

  it('keeps the records after a wrapper whose head is broken', () => {
    const { records, summary } = split(`{"note":"a "quoted" word","Records":[${A},${B}]}`)
    expect(records.slice(1)).toEqual([A, B])
    expect(summary.error?.code).toBe('JSON_SYNTAX')
  })

  it('says how many records came before the fault', () => {
    expect(split(`{"Records":[${A},${B},{"x`).summary.error?.details).toMatchObject({ records: 2 })
  })
})

describe('oversized records', () => {
  const LIMITS = { maxRecordBytes: 1000, keepBytes: 64 }
  const big = `{"eventVersion":"1.11","big":"${'x'.repeat(5000)}","l":[{"eventVersion":"nested"}]}`

  test.each([Number.POSITIVE_INFINITY, 4096, 700, 64, 1])(
    'are skipped and their beginning is kept, in chunks of %d',
    (size) => {
      const { records, summary, oversized } = split(`{"Records":[${A},${big},${B}]}`, size, LIMITS)
      expect(records).toEqual([A, B])
      expect(summary.error).toBeUndefined()
      expect(oversized).toHaveLength(1)
      expect(oversized[0]).toMatchObject({ offset: 77, bytes: big.length })
      expect(oversized[0]?.error).toMatchObject({
        code: 'RECORD_TOO_LARGE',
        details: { offset: 77, bytes: big.length },
      })
      expect(Buffer.from(oversized[0]!.head).toString()).toBe(big.slice(0, 64))
    },
  )

  test.each([Number.POSITIVE_INFINITY, 700])('as bare records, chunks of %d', (size) => {
    const { records, oversized } = split(`${A}\n${big}\n${B}`, size, LIMITS)
    expect(records).toEqual([A, B])
    expect(oversized).toHaveLength(1)
  })

  it('do not hide that a wrapper has a large head, which is put aside', () => {
    const { records, oversized } = split(`{"head":"${'x'.repeat(5000)}","Records":[${A}]}`, 700, LIMITS)
    expect(records).toEqual([A])
    expect(oversized).toHaveLength(1)
  })

  it('may be a digest', () => {
    const digest = `{"digestStartTime":"x","logFiles":["${'x'.repeat(5000)}"]}`
    expect(split(digest, 700, LIMITS).summary).toMatchObject({ shape: 'digest', oversized: 0 })
  })

  it('are counted when the object ends inside of one', () => {
    const { summary, oversized } = split(`{"Records":[${A},${big.slice(0, 3000)}`, 700, LIMITS)
    expect(summary.error?.code).toBe('JSON_TRUNCATED')
    expect(oversized).toHaveLength(1)
    expect(summary.remainder).toBeUndefined()
  })

  it('that are broken end where the next record begins', () => {
    const broken = `{"eventVersion":"1.11","a":"b"c","big":"${'x'.repeat(300_000)}"}`
    const { records, oversized, summary } = split(`{"Records":[${A},${broken},${B},${C}]}`, 4096, LIMITS)
    expect(records).toEqual([A, B, C])
    expect(oversized).toHaveLength(1)
    expect(summary.error?.code).toBe('JSON_SYNTAX')
  })

  test.each(['"l":[1},"m":[2]}', '"l":{1]}', '"l":[}]]}'])(
    'whose brackets do not fit lose nothing but brackets and commas: %s',
    (end) => {
      const bare = (content: string) => content.replaceAll(/[\]},\n]/g, '')
      const wrong = `{"eventVersion":"1.11","big":"${'x'.repeat(5000)}",${end}`
      const text = Buffer.from(`${A}\n${wrong}\n${B}`)
      for (const size of [64, 700, 4096]) {
        let large = 0
        const onOversizedPart = ({ bytes }: { bytes: Uint8Array }) => Buffer.from(bytes).toString()
        const splitter = createRecordSplitter<string>({ ...LIMITS, onOversizedPart, onOversized: () => large++ })
        const handed: (Uint8Array | string)[] = []
        for (let at = 0; at < text.length; at += size) handed.push(...splitter.push(text.subarray(at, at + size)))
        const { last, remainder } = splitter.end()
        handed.push(...last, remainder ?? '')
        const all = handed.map((part) => Buffer.from(part).toString()).join('')
        expect(bare(all) === bare(text.toString())).toBe(true)
        expect(large).toBeGreaterThan(0)
      }
    },
  )

  it('pass at exactly the limit', () => {
    const record = `{"a":"${'x'.repeat(1000 - 8)}"}`
    expect(record).toHaveLength(1000)
    expect(split(`[${record}]`, 100, LIMITS).records).toEqual([record])
    expect(split(`[${record}]`, 100, { ...LIMITS, maxRecordBytes: 999 }).records).toEqual([])
  })
})

describe('against JSON.parse', () => {
  const record = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.jsonValue({ maxDepth: 4 }), {
    maxKeys: 6,
  })
  const key = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('Records ', 'records', 'a"Records', 'digest'))
  const member = fc.tuple(
    key.filter((name) => name !== 'Records' && name !== '__proto__'),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.record({ Records: fc.array(fc.jsonValue({ maxDepth: 1 })) })),
  )
  const chunking = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 })

  function splitIn(bytes: Buffer, sizes: readonly number[]): { records: unknown[]; summary: SplitSummary } {
    const splitter = createRecordSplitter()
    const slices: Uint8Array[] = []
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length]!
      slices.push(...splitter.push(bytes.subarray(at, at + size)))
      at += size
    }
    const summary = splitter.end()
    return { records: [...slices, ...summary.last].map((slice) => JSON.parse(Buffer.from(slice).toString())), summary }
  }

  it('finds the records of any wrapper, however it is written and cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(record, fc.jsonValue({ maxDepth: 2 }))),
        fc.array(member, { maxLength: 3 }),
        fc.array(member, { maxLength: 3 }),
        fc.constantFrom(undefined, 1, 2, '\t'),
        chunking,
        (records, before, after, indent, sizes) => {
          const members = [...before, ['Records', records] as const, ...after]
          const text =
            indent === undefined
              ? `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
              : JSON.stringify(Object.fromEntries(members), null, indent)
          const { records: found, summary } = splitIn(Buffer.from(text), sizes)
          expect(found).toEqual(JSON.parse(text).Records)
          expect(summary.error).toBeUndefined()
          expect(summary.shape).toBe('records')
        },
      ),
      { numRuns: 250 },
    )
  })

  it('finds the records of any list and of any NDJSON', () => {
    const plain = record.filter((value) => !('Records' in value) && !('digestStartTime' in value))
    fc.assert(
      fc.property(
        fc.array(plain, { minLength: 2 }),
        fc.constantFrom(undefined, 2),
        chunking,
        (records, indent, sizes) => {
          const expected = records.map((value) => JSON.parse(JSON.stringify(value)))
          const list = splitIn(Buffer.from(JSON.stringify(records, null, indent)), sizes)
          expect(list.records).toEqual(expected)
          expect(list.summary).toMatchObject({ shape: 'array', records: records.length })
          const lines = records.map((value) => JSON.stringify(value, null, indent)).join('\n')
          const ndjson = splitIn(Buffer.from(lines), sizes)
          expect(ndjson.records).toEqual(expected)
          expect(ndjson.summary).toMatchObject({ shape: 'ndjson', records: records.length })
          expect(ndjson.summary.error ?? list.summary.error).toBeUndefined()
        },
      ),
      { numRuns: 150 },
    )
  })

  it('cuts large input anywhere up to 1 MiB', () => {
    const records = Array.from({ length: 2500 }, (_, i) => ({
      eventVersion: '1.11',
      i,
      s: `${'"\\'.repeat(i % 300)}é`,
    }))
    const bytes = Buffer.from(JSON.stringify({ Records: records }))
    expect(bytes.length).toBeGreaterThan(1_400_000)
    for (const size of [1023, 65_536, 262_143, 1024 * 1024, bytes.length]) {
      expect(splitIn(bytes, [size]).records).toEqual(records)
    }
  })

  it('goes beyond the depth that it checks', () => {
    const deep = `{"a":${'[{"b":'.repeat(60)}"]}"${'}]'.repeat(60)}}`
    for (const size of SIZES) expect(split(`{"Records":[${A},${deep},${B}]}`, size).records).toEqual([A, deep, B])
  })
})

describe('mutated input', () => {
  const forms = fc.constantFrom(
    (records: string[]) => `{"Records":[${records.join(',')}]}`,
    (records: string[]) => `[${records.join(', ')}]`,
    (records: string[]) => records.join('\n'),
    (records: string[]) => `{"a":{"b":[1]},"Records":[\n${records.join(',\n')}\n],"z":1}`,
  )
  const byte = fc.constantFrom(...'{}[]",:\\ax0\n ').map((character) => character.charCodeAt(0))

  it('never throws, and loses no byte that could be part of a record', () => {
    const edit = fc.record({ at: fc.nat(600), kind: fc.constantFrom('insert', 'delete', 'replace', 'cut'), byte })
    fc.assert(
      fc.property(forms, fc.array(edit, { maxLength: 5 }), fc.constantFrom(1, 5, 64, 1e6), (form, edits, size) => {
        let bytes = [...Buffer.from(form([A, B, C, A, B]))]
        for (const { at, kind, byte: value } of edits) {
          const where = at % (bytes.length + 1)
          if (kind === 'insert') bytes.splice(where, 0, value)
          else if (kind === 'delete') bytes.splice(where, 1)
          else if (kind === 'replace') bytes[where] = value
          else bytes = bytes.slice(0, where)
        }
        const { records, summary } = split(Buffer.from(bytes), size)
        const kept = records.join('') + (remainderOf(summary) ?? '')
        // Every event name that was in the input is in what came out, unless it became part of a wrapper or a digest.
        const names =
          Buffer.from(bytes)
            .toString()
            .match(/"eventName":"[ABC]"/g) ?? []
        expect((kept.match(/"eventName":"[ABC]"/g) ?? []).length).toBe(names.length)
      }),
      { numRuns: 300 },
    )
  })

  it('never takes a neighbour along when one byte of one record goes wrong', () => {
    fc.assert(
      fc.property(
        forms,
        fc.nat(2),
        fc.integer({ min: 1, max: A.length - 1 }),
        fc.constantFrom('insert', 'delete', 'replace'),
        byte,
        fc.constantFrom(3, 50, 1e6),
        (form, victim, at, kind, value, size) => {
          const broken = [...Buffer.from(A)]
          if (kind === 'insert') broken.splice(at, 0, value)
          else if (kind === 'delete') broken.splice(at, 1)
          else broken[at] = value
          const sound = [B, C, B]
          const all = [...sound.slice(0, victim), Buffer.from(broken).toString(), ...sound.slice(victim)]
          const { records } = split(form(all), size)
          expect(records.filter((record) => record === B || record === C)).toEqual(sound)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('never throws on arbitrary bytes', () => {
    const soup = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '1', 'null', ' ', '\n', '"Records"', '"a"', A),
    )
    fc.assert(
      fc.property(soup, fc.constantFrom(1, 3, 1e6), (parts, size) => {
        expect(split(parts.join(''), size).summary.bytes).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 300 },
    )
  })
})
