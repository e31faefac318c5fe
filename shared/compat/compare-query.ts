import { childrenOf, fieldsRead, type InsightsQuery, type Node, nodesOf } from '../insights/ast.ts'
import { discoverFields, type Row, runInsightsQuery } from '../insights/run.ts'
import { type Cause, count, type Difference, kindOf, stateOf } from './compare-pattern.ts'
import { DETAILS, type Form, type RecordForms } from './forms.ts'

export interface QueryComparison {
  /** How many rows the query gives on each form. For access-log records `raw` is `full`. */
  readonly rows: { readonly raw: number; readonly lean: number; readonly full: number }
  readonly differences: readonly Difference[]
}

/** What shows the whole log event: our record is another text than CloudTrail's, by design. */
const WHOLE_EVENT = new Set(['@message', '@ptr'])

/**
 * Runs a Logs Insights query over the three forms of the records and tells which rows are gone or new, and why. An
 * access-log line has no fields, so on those `full` stands for the raw form. Columns of the whole text do not count.
 *
 * What the guide leaves open (how `!=` answers where the field is absent) is tried both ways.
 *
 * @example compareQuery(parsed.query, records).differences // [{ detail: 'lean', fewer: 2, more: 0, causes: […] }]
 */
export function compareQuery(query: InsightsQuery, records: readonly RecordForms[]): QueryComparison {
  const first = compareOnce(query, records, 'unequal')
  const isOpen = query.commands.flatMap(nodesOf).some(isNegation)
  return first.differences.length > 0 || !isOpen ? first : compareOnce(query, records, 'noAnswer')
}

/** Whether what an absent field answers may decide. */
function isNegation(node: Node): boolean {
  if (node.type === 'compare' && node.operator === '!=') return true
  return ((node.type === 'like' || node.type === 'in') && node.negated) || childrenOf(node).some(isNegation)
}

/** Fields of which the query asks that they are not there: `not ispresent(…)`. */
function absencesAsked(query: InsightsQuery): ReadonlySet<string> {
  const asked = new Set<string>()
  const visit = (node: Node, negated: boolean): void => {
    if (node.type === 'call' && node.name === 'ispresent' && negated && node.args[0]?.type === 'field')
      asked.add(node.args[0].name)
    for (const child of childrenOf(node)) visit(child, node.type === 'not' ? !negated : negated)
  }
  for (const node of query.commands.flatMap(nodesOf)) visit(node, false)
  return asked
}

function compareOnce(
  query: InsightsQuery,
  records: readonly RecordForms[],
  absent: 'unequal' | 'noAnswer',
): QueryComparison {
  const run = (form: 'raw' | 'lean' | 'full'): readonly Row[] => {
    const events = records.map((record) => {
      const seen = form === 'raw' ? referenceOf(record) : record[form]
      return { message: seen.text, fields: fieldsOf(seen), timestamp: record.eventTimeMs ?? 0 }
    })
    return runInsightsQuery(query, events, { absent })
  }
  const raw = run('raw')
  const rows = { raw: raw.length, lean: 0, full: 0 }
  const differences = DETAILS.flatMap((detail): Difference[] => {
    const found = run(detail)
    rows[detail] = found.length
    const fewer = without(raw, found)
    const more = without(found, raw)
    if (fewer.length + more.length === 0) return []
    const causes = causesOf(query, records, detail, [...fewer, ...more])
    return [{ detail, fewer: fewer.length, more: more.length, causes }]
  })
  return { rows, differences }
}

/** What a query's answer on our record is held against. */
function referenceOf(record: RecordForms): Form {
  return record.source === 's3access' ? record.full : record.raw
}

/** Many queries run over the same records. */
const discovered = new WeakMap<Form, ReturnType<typeof discoverFields>>()

function fieldsOf(form: Form): ReturnType<typeof discoverFields> {
  const known = discovered.get(form) ?? discoverFields(form.value)
  discovered.set(form, known)
  return known
}

/** The rows of one result that the other has not, each as often as it is missing. */
function without(rows: readonly Row[], others: readonly Row[]): readonly Row[] {
  const left = new Map<string, number>()
  for (const row of others) left.set(keyOf(row), (left.get(keyOf(row)) ?? 0) + 1)
  return rows.filter((row) => {
    const key = keyOf(row)
    const count = left.get(key) ?? 0
    left.set(key, count - 1)
    return count <= 0
  })
}

function keyOf({ event, columns }: Row): string {
  return JSON.stringify([event ?? null, Object.entries(columns).filter(([name]) => !WHOLE_EVENT.has(name))])
}

/** The fields that the query reads and that are otherwise in our records: in those of the rows, where rows are records. */
function causesOf(
  query: InsightsQuery,
  records: readonly RecordForms[],
  detail: Difference['detail'],
  rows: readonly Row[],
): readonly Cause[] {
  const events = new Set(rows.map(({ event }) => event).filter((event) => event !== undefined))
  const concerned = events.size === 0 ? records : [...events].map((event) => records[event]!)
  const causes = new Map<string, Cause>()
  const asked = absencesAsked(query)
  for (const record of concerned) {
    const before = fieldsOf(referenceOf(record))
    const after = fieldsOf(record[detail])
    const of = kindOf(record)
    const differing = fieldsRead(query).flatMap((member): Omit<Cause, 'records'>[] => {
      const [was, is] = [before.get(member), after.get(member)]
      if (was === is) return []
      const change = is === undefined ? 'missing' : was === undefined ? 'added' : 'changed'
      const state = stateOf(was, `.${member}`)
      return [{ member: `$.${member}`, change, was: state, of, condition: member, asksAbsence: asked.has(member) }]
    })
    count(causes, differing)
  }
  return [...causes.values()].sort((a, b) => b.records - a.records)
}
