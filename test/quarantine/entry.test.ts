import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createEntryWriter,
  createRangeTest,
  joinEntries,
  type Quarantined,
  rangesOf,
  readEntry,
} from '../../shared/quarantine/entry.ts'

const ORIGIN = {
  function: 'cloudtrail',
  bucket: 'amzn-s3-demo-trail',
  key: 'a.json.gz',
  time: '2026-03-17T09:00:00.000Z',
  reason: 'RECORD_TOO_LARGE',
}

function quarantineEntries({ text, ...about }: Quarantined, length?: number) {
  const writer = createEntryWriter(about, undefined, length)
  return [...(text === undefined ? [] : writer.write(text)), ...writer.end()]
}

describe('nothing of a text is lost', () => {
  test('short texts are one entry, and so is none at all', () => {
    expect([...quarantineEntries({ ...ORIGIN, record: 3, text: 'abc' })]).toEqual([
      { kind: 'rejected', ...ORIGIN, record: 3, text: 'abc' },
    ])
    expect([...quarantineEntries({ ...ORIGIN, endsAfter: 9 })]).toEqual([{ kind: 'rejected', ...ORIGIN, endsAfter: 9 }])
  })

  test('whatever the text and the length of a part: the parts are as long as asked for, and join to the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 2, max: 20 }), (text, length) => {
        const entries = [...quarantineEntries({ ...ORIGIN, record: 1, text }, length)]
        for (const entry of entries) expect(entry.text!.length).toBeLessThanOrEqual(length)
        expect(entries.filter(({ kind }) => kind === 'rejected')).toHaveLength(1)
        const wire = entries.map((entry) => Buffer.from(JSON.stringify(entry)).toString())
        const joined = joinEntries(wire.reverse().flatMap((message) => readEntry(message) ?? []))
        expect(joined).toEqual([{ ...ORIGIN, record: 1, text }])
      }),
    )
  })

  test('a part that is gone is told', () => {
    const entries = [...quarantineEntries({ ...ORIGIN, record: 1, text: 'abcdef' }, 2)]
    expect(joinEntries([entries[0]!, entries[2]!])).toEqual([{ ...ORIGIN, record: 1, text: 'abef', missing: 1 }])
  })

  test('the same record of two versions, or at two times, is two', () => {
    const all = [ORIGIN, { ...ORIGIN, versionId: 'v2' }, { ...ORIGIN, time: '2026-03-18T09:00:00.000Z' }]
    expect(joinEntries(all.flatMap((one) => [...quarantineEntries({ ...one, record: 1 })]))).toHaveLength(3)
  })
})

describe('secrets', () => {
  test('are replaced wherever the text is cut', () => {
    const redact = (text: string) => text.replaceAll(/key=[a-z]+/g, 'key=REDACTED')
    const text = `${'.'.repeat(50)}key=${'s'.repeat(30)} `.repeat(2000)
    for (const size of [1, 997, 20_000, text.length]) {
      const writer = createEntryWriter({ ...ORIGIN, record: 1 }, redact, 1000)
      const entries = []
      for (let at = 0; at < text.length; at += size) entries.push(...writer.write(text.slice(at, at + size)))
      entries.push(...writer.end())
      expect(entries.every((entry) => (entry.text?.length ?? 0) <= 1000)).toBe(true)
      expect(joinEntries(entries)).toEqual([{ ...ORIGIN, record: 1, text: redact(text) }])
    }
  })
})

describe('a damaged object is one fault', () => {
  const about = { ...ORIGIN, kind: 'rejected' as const }
  const later = new Date(Date.parse(ORIGIN.time) + 2).toISOString()
  const cut = { ...about, reason: 'JSON_TRUNCATED', record: 4, text: '{"a":' }
  const damage = { ...about, time: later, reason: 'GZIP_TRUNCATED', message: 'It ends too early.', endsAfter: 4 }

  test('with the text that it cuts off', () => {
    const { kind: _, ...told } = damage
    expect(joinEntries([damage, cut])).toEqual([{ ...told, record: 4, text: '{"a":' }])
  })

  test('each time that it was read', () => {
    const again = [cut, damage].map((one) => ({ ...one, time: one.time.replace(/^\d{4}/, '2030') }))
    expect(joinEntries([cut, damage, ...again]).map(({ reason, record }) => [reason, record])).toEqual([
      ['GZIP_TRUNCATED', 4],
      ['GZIP_TRUNCATED', 4],
    ])
  })

  test('and what else is wrong with the object, or with others, stays', () => {
    const others = [
      { ...cut, record: 3 },
      { ...cut, reason: 'RECORD_KIND' },
      { ...cut, key: 'another' },
      { ...cut, versionId: 'v2' },
      { ...cut, time: '2031-01-01T00:00:00.000Z' },
    ]
    expect(joinEntries([damage, ...others])).toHaveLength(others.length + 1)
  })
})

test.each([
  '',
  'null',
  '{}',
  '"rejected"',
  '{"kind":"rejected"}',
  '{"kind":"rejected","bucket":1,"key":"k","reason":"r","time":"t"}',
  '{"kind":"receipt","note":"rejected"}',
  '{"kind":"rejected',
])('no entry: %j', (message) => expect(readEntry(message)).toBeUndefined())

test.each([
  [[], []],
  [[{ record: 3 }], [{ from: 3, to: 3 }]],
  [
    [{ record: 4 }, { record: 3 }, { record: 3 }, { record: 9 }],
    [
      { from: 3, to: 4 },
      { from: 9, to: 9 },
    ],
  ],
  [
    [{ record: 1 }, { endsAfter: 5 }],
    [{ from: 1, to: 1 }, { from: 6 }],
  ],
  [[{ endsAfter: 0 }], [{ from: 1 }]],
])('ranges of %j', (given, expected) => expect(rangesOf(given)).toEqual(expected))

test('a range test is true for its records only', () => {
  const wanted = createRangeTest([{ from: 3, to: 4 }, { from: 9 }])
  expect([1, 2, 3, 4, 5, 8, 9, 1000].filter(wanted)).toEqual([3, 4, 9, 1000])
})
