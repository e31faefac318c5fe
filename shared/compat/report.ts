import type { JsonObject } from '../derive/json.ts'
import type { FilterPattern } from '../filter-pattern/ast.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import type { InsightsQuery } from '../insights/ast.ts'
import { parseInsightsQuery } from '../insights/parse.ts'
import { type Cause, comparePattern, type Difference, THE_LINE } from './compare-pattern.ts'
import { compareQuery } from './compare-query.ts'
import { explanationOf } from './exceptions.ts'
import type { Forms, RecordForms } from './forms.ts'
import type { Owned } from './owned.ts'
import { queryWitnesses } from './query-witness.ts'
import { typicalRecords } from './typical.ts'
import { witnesses } from './witness.ts'

/** What a filter's answers on our records are, beside those on the raw ones. */
export interface Report extends Owned {
  /** Why the pattern or query cannot be run: CloudWatch Logs rejects it, or its language is wider than ours. */
  readonly invalid?: string | undefined
  /** Records (of a query: rows) found in each form. */
  readonly found: { readonly raw: number; readonly lean: number; readonly full: number }
  /** On the records given. */
  readonly differences: readonly Explained[]
  /** On records made up for this filter only: what may happen, though no record at hand shows it. */
  readonly possible: readonly Explained[]
}

export interface Explained extends Omit<Difference, 'causes'> {
  readonly causes: readonly (Cause & { readonly why: string; readonly instead: string })[]
}

const NOTHING = { raw: 0, lean: 0, full: 0 }

/**
 * Compares the answers that one owned filter gives on raw, lean and full records: on those given, and on records made up
 * for it. Space-delimited patterns are for lines, so they are held against access-log records only.
 *
 * @param forms what makes the three forms of a record that is made up.
 * @example compareOwned(owned, records, createForms(options)).differences
 */
export function compareOwned(owned: Owned, records: readonly RecordForms[], forms: Forms): Report {
  if (owned.kind === 'query') {
    const parsed = parseInsightsQuery(owned.text)
    if (!parsed.ok) {
      const invalid = `${parsed.error.message} (character ${parsed.error.offset + 1})`
      return { ...owned, invalid, found: NOTHING, differences: [], possible: [] }
    }
    return reportQuery(owned, parsed.query, records, forms)
  }
  const parsed = parseFilterPattern(owned.text)
  if (parsed.ok) return reportPattern(owned, parsed.pattern, records, forms)
  const { message, line, column } = parsed.error
  const invalid = `${message} (line ${line}, column ${column})`
  return { ...owned, invalid, found: NOTHING, differences: [], possible: [] }
}

/** What is no event any more is quarantined, and in no log group. */
function madeUp(records: readonly JsonObject[], { cloudTrail }: Forms): RecordForms[] {
  return records.map((record) => cloudTrail(JSON.stringify(record))).filter(({ isQuarantined }) => !isQuarantined)
}

function reportPattern(owned: Owned, pattern: FilterPattern, records: readonly RecordForms[], forms: Forms): Report {
  const concerned = pattern.kind === 'space' ? records.filter(({ source }) => source === 's3access') : records
  const { matches, differences } = comparePattern(pattern, concerned)
  const possible = comparePattern(pattern, madeUp(witnesses(pattern, typicalRecords(forms.own)), forms)).differences
  const [told, may] = [explain(differences, 'pattern'), missing(explain(possible, 'pattern'))]
  return { ...owned, found: matches, differences: told, possible: may }
}

function reportQuery(owned: Owned, query: InsightsQuery, records: readonly RecordForms[], forms: Forms): Report {
  const { rows, differences } = compareQuery(query, records)
  const possible = compareQuery(query, madeUp(queryWitnesses(query, typicalRecords(forms.own)), forms)).differences
  const [told, may] = [explain(differences, 'query'), missing(explain(possible, 'query'))]
  return { ...owned, found: rows, differences: told, possible: may }
}

/** What could be missed; what a record has beside is told only where it was met. */
function missing(differences: readonly Explained[]): readonly Explained[] {
  return differences.flatMap((difference) => {
    const causes = difference.causes.filter(({ change }) => change === 'missing')
    return causes.length === 0 ? [] : [{ ...difference, causes }]
  })
}

function explain(differences: readonly Difference[], language: Owned['kind']): readonly Explained[] {
  const fullHasNot = new Set(
    differences.flatMap(({ detail, causes }) => (detail === 'full' ? causes.map(({ member }) => member) : [])),
  )
  return differences.map(({ causes, ...difference }) => {
    const told = new Map<string, Explained['causes'][number]>()
    for (const cause of causes) {
      const words = inWords(difference.detail, cause, !fullHasNot.has(cause.member), language)
      // Each record is counted under one of them: they are parted by what it is and what it had.
      const key = [cause.member, cause.change, words.why, words.instead].join('\n')
      const before = told.get(key)
      told.set(key, { ...cause, ...words, ...before, records: cause.records + (before?.records ?? 0) })
    }
    return { ...difference, causes: [...told.values()].sort((a, b) => b.records - a.records) }
  })
}

function inWords(
  detail: Difference['detail'],
  cause: Cause,
  fullHasIt: boolean,
  language: Owned['kind'],
): { why: string; instead: string } {
  if (cause.member === THE_LINE) return NO_LINE
  return (
    explanationOf(detail, cause, language) ?? {
      why: WHY[cause.change],
      instead: detail === 'lean' && fullHasIt ? 'detail: full' : 'no setting',
    }
  )
}

const NO_LINE = {
  why: 'the record is JSON, so there are no words to count',
  instead: 'a JSON pattern on the names, { $.eventName = "GetObject" && $.httpStatus = 403 }',
}

const WHY: Readonly<Record<Cause['change'], string>> = {
  missing: 'the record leaves it out',
  added: 'the record has it where CloudTrail has not',
  changed: 'the record has another value',
}
