import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { comparePattern, type Difference } from '../../shared/compat/compare-pattern.ts'
import { compareQuery } from '../../shared/compat/compare-query.ts'
import { EXCEPTIONS, exceptionFor } from '../../shared/compat/exceptions.ts'
import type { RecordForms } from '../../shared/compat/forms.ts'
import { queryWitnesses } from '../../shared/compat/query-witness.ts'
import { TYPICAL_RECORDS } from '../../shared/compat/typical.ts'
import { witnesses } from '../../shared/compat/witness.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import type { InsightsQuery } from '../../shared/insights/ast.ts'
import { parseInsightsQuery } from '../../shared/insights/parse.ts'
import { accessLogRecords, cloudTrailRecords, formsOfRecord } from './records.ts'

const corpus = (file: string) =>
  Object.entries(parse(readFileSync(`test/vocabulary/${file}`, 'utf8')) as Readonly<Record<string, string>>)

const PATTERNS = corpus('filter-patterns.yml').map(([id, text]) => {
  const parsed = parseFilterPattern(text)
  if (!parsed.ok) throw new Error(`${id}: ${parsed.error.message}`)
  return { id, text, pattern: parsed.pattern }
})

const QUERIES = corpus('insights-queries.yml').map(([id, text]) => {
  const parsed = parseInsightsQuery(text)
  if (!parsed.ok) throw new Error(`${id}: ${parsed.error.message} at ${parsed.error.offset}`)
  return { id, query: parsed.query }
})

interface Compared {
  readonly id: string
  readonly differences: readonly Difference[]
  /** Records or rows that the raw form gives, of how many records. */
  readonly raw: number
  readonly of: number
}

let common: readonly RecordForms[]
let lines: readonly RecordForms[]
let patterns: readonly Compared[]
let queries: readonly Compared[]
let onLines: readonly Compared[]

beforeAll(async () => {
  const made = new Map(
    PATTERNS.map(({ id, pattern }) => [id, witnesses(pattern, TYPICAL_RECORDS, 8).map(formsOfRecord)]),
  )
  const events = await cloudTrailRecords()
  // What was made up for one pattern is tried with all others, too.
  common = [...events, ...[...made.values()].flatMap((records) => records.slice(0, 3))]
  lines = accessLogRecords()
  patterns = PATTERNS.map(({ id, pattern }) => {
    const records = [...common, ...made.get(id)!]
    const { matches, differences } = comparePattern(pattern, records)
    return { id, differences, raw: matches.raw, of: records.length }
  })
  const ask = (recordsFor: (query: InsightsQuery) => readonly RecordForms[]): Compared[] =>
    QUERIES.map(({ id, query }) => {
      const records = recordsFor(query)
      const { rows, differences } = compareQuery(query, records)
      return { id, differences, raw: rows.raw, of: records.length }
    })
  queries = ask((query) => [...events, ...queryWitnesses(query, TYPICAL_RECORDS).map(formsOfRecord)])
  onLines = [
    ...PATTERNS.filter(({ pattern }) => pattern.kind === 'json').map(({ id, pattern }) => {
      const { matches, differences } = comparePattern(pattern, lines)
      return { id, differences, raw: matches.raw, of: lines.length }
    }),
    ...ask(() => lines),
  ]
}, 300_000)

/** Ids with a difference that no exception explains, and what it is. */
function unexplained(compared: readonly Compared[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { id, differences } of compared) {
    for (const { detail, fewer, more, causes } of differences) {
      const open = causes.filter((cause) => exceptionFor(detail, cause) === undefined)
      if (causes.length > 0 && open.length === 0) continue
      found[id] = `${detail}: ${fewer} fewer, ${more} more: ${open.map((c) => `${c.change} ${c.condition}`).join(', ')}`
    }
  }
  return found
}

/** Each exception with the patterns and queries of the corpus that meet it, as the documentation has it. */
function exceptionTable(): string {
  const rows = EXCEPTIONS.flatMap((exception) => {
    const ids = [...patterns, ...queries, ...onLines]
      .filter(({ differences }) =>
        differences.some(({ detail, causes }) => causes.some((cause) => exceptionFor(detail, cause) === exception)),
      )
      .map(({ id }) => id)
    const { details, what, why, instead } = exception
    if (ids.length === 0) return []
    return [`| ${what} | ${details.join(', ')} | ${why} | ${instead} | ${[...new Set(ids)].join(', ')} |`]
  })
  return `${HEAD}\n${rows.join('\n')}\n`
}

const HEAD = `# Where filters answer differently

Written by the tests (\`npx vitest run test/vocabulary -u\`): the exceptions to [the promise](vocabulary.md) that the same
filter finds the same in raw, lean and full records, and which patterns and queries of \`test/vocabulary\` meet them. All
others answer alike on every record tried.

| what | detail | why | instead | met by |
|---|---|---|---|---|`

describe('the filter patterns and queries that people own', () => {
  test('are enough, on enough records', () => {
    expect(PATTERNS.length).toBeGreaterThanOrEqual(200)
    expect(QUERIES.length).toBeGreaterThanOrEqual(40)
    expect(new Set(PATTERNS.map(({ text }) => text)).size).toBe(PATTERNS.length)
    expect(PATTERNS.filter(({ text }) => text.includes('NOT EXISTS')).length).toBeGreaterThanOrEqual(30)
    expect(PATTERNS.filter(({ text }) => text.includes('!=')).length).toBeGreaterThanOrEqual(50)
    expect(common.length).toBeGreaterThanOrEqual(300)
    expect(lines.length).toBeGreaterThanOrEqual(300)
  })

  test('each pattern matches some raw event, and not all of them; each query finds something', () => {
    expect(patterns.filter(({ raw, of }) => raw === 0 || raw === of).map(({ id }) => id)).toEqual([])
    expect(queries.filter(({ raw }) => raw === 0).map(({ id }) => id)).toEqual([])
  })

  test('patterns give the same answer on raw, lean and full CloudTrail records, but for the exceptions', () => {
    expect(unexplained(patterns)).toEqual({})
  })

  test('queries give the same rows on raw, lean and full CloudTrail records, but for the exceptions', () => {
    expect(unexplained(queries)).toEqual({})
  })

  test('both give the same on lean and full access-log records, but for the exceptions', () => {
    expect(unexplained(onLines)).toEqual({})
    expect(onLines.filter(({ raw }) => raw > 0).length).toBeGreaterThanOrEqual(20)
  })

  test('docs/vocabulary-exceptions.md lists the exceptions, each with all that meet it', async () => {
    await expect(exceptionTable()).toMatchFileSnapshot('../../docs/vocabulary-exceptions.md')
  })
})
