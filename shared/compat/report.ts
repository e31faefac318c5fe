import type { FilterPattern } from '../filter-pattern/ast.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import type { InsightsQuery } from '../insights/ast.ts'
import { parseInsightsQuery } from '../insights/parse.ts'
import { type Cause, comparePattern, type Difference, THE_LINE } from './compare-pattern.ts'
import { compareQuery } from './compare-query.ts'
import { exceptionFor } from './exceptions.ts'
import type { RecordForms } from './forms.ts'
import type { Owned } from './owned.ts'
import { queryWitnesses } from './query-witness.ts'
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
 * @param makeForms the three forms of a record that is made up.
 * @example compareOwned(owned, records, (record) => forms.cloudTrail(JSON.stringify(record))).differences
 */
export function compareOwned(
  owned: Owned,
  records: readonly RecordForms[],
  makeForms: (record: unknown) => RecordForms,
): Report {
  if (owned.kind === 'query') {
    const parsed = parseInsightsQuery(owned.text)
    if (!parsed.ok) {
      const invalid = `${parsed.error.message} (character ${parsed.error.offset + 1})`
      return { ...owned, invalid, found: NOTHING, differences: [], possible: [] }
    }
    return reportQuery(owned, parsed.query, records, makeForms)
  }
  const parsed = parseFilterPattern(owned.text)
  if (parsed.ok) return reportPattern(owned, parsed.pattern, records, makeForms)
  const { message, line, column } = parsed.error
  const invalid = `${message} (line ${line}, column ${column})`
  return { ...owned, invalid, found: NOTHING, differences: [], possible: [] }
}

function reportPattern(
  owned: Owned,
  pattern: FilterPattern,
  records: readonly RecordForms[],
  makeForms: (record: unknown) => RecordForms,
): Report {
  const concerned = pattern.kind === 'space' ? records.filter(({ source }) => source === 's3access') : records
  const { matches, differences } = comparePattern(pattern, concerned)
  const possible = comparePattern(pattern, witnesses(pattern).map(makeForms)).differences
  return { ...owned, found: matches, differences: explain(differences), possible: missing(explain(possible)) }
}

function reportQuery(
  owned: Owned,
  query: InsightsQuery,
  records: readonly RecordForms[],
  makeForms: (record: unknown) => RecordForms,
): Report {
  const { rows, differences } = compareQuery(query, records)
  const possible = compareQuery(query, queryWitnesses(query).map(makeForms)).differences
  return { ...owned, found: rows, differences: explain(differences), possible: missing(explain(possible)) }
}

/** What could be missed; what a record has beside is told only where it was met. */
function missing(differences: readonly Explained[]): readonly Explained[] {
  return differences.flatMap((difference) => {
    const causes = difference.causes.filter(({ change }) => change === 'missing')
    return causes.length === 0 ? [] : [{ ...difference, causes }]
  })
}

function explain(differences: readonly Difference[]): readonly Explained[] {
  const differing = new Set(
    differences.flatMap(({ detail, causes }) => causes.map((cause) => `${detail} ${cause.member} ${cause.condition}`)),
  )
  return differences.map(({ detail, causes, ...difference }) => ({
    ...difference,
    detail,
    // A list of values of one member is one cause.
    causes: causes
      .filter(({ member, change }, i) => causes.findIndex((c) => c.member === member && c.change === change) === i)
      .map((cause) => {
        const exception = exceptionFor(detail, cause)
        if (exception !== undefined) return { ...cause, why: exception.why, instead: exception.instead }
        if (cause.member === THE_LINE) return { ...cause, ...NO_LINE }
        const fullHasIt = detail === 'lean' && !differing.has(`full ${cause.member} ${cause.condition}`)
        return { ...cause, why: WHY[cause.change], instead: fullHasIt ? 'detail: full' : 'no setting' }
      }),
  }))
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
