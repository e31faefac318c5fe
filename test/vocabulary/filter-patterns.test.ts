import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { comparePattern, type PatternComparison } from '../../shared/compat/compare-pattern.ts'
import { EXCEPTIONS, exceptionFor } from '../../shared/compat/exceptions.ts'
import type { RecordForms } from '../../shared/compat/forms.ts'
import { witnesses } from '../../shared/compat/witness.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { accessLogRecords, cloudTrailRecords, formsOfRecord } from './records.ts'

const CORPUS = Object.entries(
  parse(readFileSync('test/vocabulary/filter-patterns.yml', 'utf8')) as Readonly<Record<string, string>>,
).map(([id, text]) => {
  const parsed = parseFilterPattern(text)
  if (!parsed.ok) throw new Error(`${id}: ${parsed.error.message}`)
  return { id, text, pattern: parsed.pattern }
})

/** Patterns that differ, and should not; an entry that no longer differs must go. Empty is the aim. */
const DIFFERS_TODAY = JSON.parse(readFileSync('test/vocabulary/differs-today.json', 'utf8')) as readonly string[]

let common: readonly RecordForms[]
let lines: readonly RecordForms[]
const compared = new Map<string, { readonly comparison: PatternComparison; readonly records: number }>()
const comparedOnLines = new Map<string, PatternComparison>()

beforeAll(async () => {
  const made = new Map(CORPUS.map(({ id, pattern }) => [id, witnesses(pattern, 8).map(formsOfRecord)]))
  // What was made up for one pattern is tried with all others, too.
  common = [...(await cloudTrailRecords()), ...[...made.values()].flatMap((records) => records.slice(0, 3))]
  lines = accessLogRecords()
  for (const { id, pattern } of CORPUS) {
    const records = [...common, ...made.get(id)!]
    compared.set(id, { comparison: comparePattern(pattern, records), records: records.length })
    if (pattern.kind === 'json') comparedOnLines.set(id, comparePattern(pattern, lines))
  }
}, 120_000)

/** The ids of patterns with a difference that no exception explains, and what it is. */
function unexplained(comparisons: Iterable<readonly [string, PatternComparison]>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [id, { differences }] of comparisons) {
    for (const { detail, fewer, more, causes } of differences) {
      const open = causes.filter((cause) => exceptionFor(detail, cause) === undefined)
      if (causes.length > 0 && open.length === 0) continue
      found[id] = `${detail}: ${fewer} fewer, ${more} more: ${open.map((c) => `${c.change} ${c.condition}`).join(', ')}`
    }
  }
  return found
}

describe('filter patterns that people own', () => {
  test('there are enough of them, on enough records', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(200)
    expect(new Set(CORPUS.map(({ text }) => text)).size).toBe(CORPUS.length)
    expect(CORPUS.filter(({ text }) => text.includes('NOT EXISTS')).length).toBeGreaterThanOrEqual(30)
    expect(CORPUS.filter(({ text }) => text.includes('!=')).length).toBeGreaterThanOrEqual(50)
    expect(common.length).toBeGreaterThanOrEqual(300)
    expect(lines.length).toBeGreaterThanOrEqual(300)
  })

  test('each matches some raw event, and not all of them', () => {
    const idle = [...compared].filter(
      ([, { comparison, records }]) => comparison.matches.raw === 0 || comparison.matches.raw === records,
    )
    expect(idle.map(([id]) => id)).toEqual([])
  })

  test('give the same answer on raw, lean and full CloudTrail records, but for the documented exceptions', () => {
    const found = unexplained([...compared].map(([id, { comparison }]) => [id, comparison]))
    const known = new Set(DIFFERS_TODAY)
    const unknown = Object.fromEntries(Object.entries(found).filter(([id]) => !known.has(id)))
    expect(unknown).toEqual({})
    expect(DIFFERS_TODAY.filter((id) => found[id] === undefined)).toEqual([])
  })

  test('give the same answer on lean and full access-log records', () => {
    expect(unexplained(comparedOnLines)).toEqual({})
    const answering = [...comparedOnLines.values()].filter(({ matches }) => matches.raw > 0)
    expect(answering.length).toBeGreaterThanOrEqual(20)
  })

  test('every exception is one: some pattern meets it', () => {
    const met = new Set(
      [...compared.values()]
        .flatMap(({ comparison }) => comparison.differences)
        .flatMap(({ detail, causes }) => causes.map((cause) => exceptionFor(detail, cause))),
    )
    expect(EXCEPTIONS.filter((exception) => !met.has(exception)).map(({ what }) => what)).toEqual([])
  })
})
