/** A report's tables as CSV (RFC 4180), for spreadsheets and scripts. */
import { visibleLine } from '../alert/safe-text.ts'
import type { ReplayModel } from '../replay/model.ts'

type Cell = string | number | boolean | undefined
type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

const MATCH_COLUMNS = [
  'time',
  'severity',
  'rules',
  'person',
  'actor',
  'keyId',
  'ip',
  'action',
  'outcome',
  'bucket',
  'key',
  'bytes',
  'tool',
  'detail',
  'kind',
  'object',
  'record',
  'principal',
  'incidentId',
] as const

const joined = (values: readonly { readonly value: string }[]): string => values.map(({ value }) => value).join(' ')

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000

/** What there is as a table. */
export const CSV_TABLES = {
  matches: ({ matches }) => ({
    head: MATCH_COLUMNS,
    rows: matches.rows.map((row) =>
      MATCH_COLUMNS.map((column) => (column === 'rules' ? row.rules.join(' ') : row[column])),
    ),
  }),
  incidents: ({ incidents }) => ({
    head: [
      'incidentId',
      'severity',
      'first',
      'last',
      'summary',
      'principal',
      'person',
      'keyIds',
      'actors',
      'addresses',
    ].concat(['buckets', 'rules', 'matches', 'opened', 'closed', 'messages', 'mergedInto']),
    rows: incidents.map(({ finding: one, opened, closed, messages }) => [
      one.incidentId,
      one.severity,
      one.firstTime,
      one.lastTime,
      one.summary,
      one.principal,
      one.person,
      one.keyIds.join(' '),
      joined(one.actors),
      joined(one.addresses),
      joined(one.buckets),
      one.rules.map(({ id }) => id).join(' '),
      one.matches,
      opened,
      closed,
      messages,
      one.mergedInto,
    ]),
  }),
  actors: ({ matrix }) => ({
    head: ['actor', 'bucket', 'action', 'requests', 'errors', 'bytes', 'first', 'last'],
    rows: matrix.cells.map(({ actor, bucket, action, count, errors, bytes, first, last }) => [
      actor,
      bucket,
      action,
      count,
      errors,
      bytes,
      first,
      last,
    ]),
  }),
  rules: ({ rules }) => ({
    head: ['rule', 'severity', 'pack', 'state', 'reason', 'matches', 'hits', 'incidents', 'incidentsPerDay'].concat([
      ...['alarms', 'alarmsPerDay', 'shareInAlarm', 'topActor', 'topActorShare'],
    ]),
    rows: rules.map(({ id, severity, pack, state, reason, matches, hits, incidents, alarm, noise }) => [
      id,
      severity,
      pack,
      state,
      reason,
      matches,
      hits,
      incidents,
      rounded(noise.incidentsPerDay),
      alarm?.fired ?? 0,
      rounded(noise.alarmsPerDay),
      rounded(noise.shareInAlarm),
      noise.topActor?.value,
      noise.topActor === undefined ? undefined : rounded(noise.topActor.share),
    ]),
  }),
} as const satisfies Readonly<Record<string, (model: ReplayModel) => Table>>
export type CsvTable = keyof typeof CSV_TABLES

/**
 * One table of a report, line by line, without line breaks at their ends. A text that a spreadsheet would take for a
 * formula (OWASP, "CSV Injection") is led by an apostrophe; control characters are written as JSON writes them, so that
 * a record is one line.
 *
 * @example
 * [...csvLines(model, 'matches')][0] // 'time,severity,rules,…'
 */
export function* csvLines(model: ReplayModel, name: CsvTable): Generator<string> {
  const { head, rows }: Table = CSV_TABLES[name](model)
  yield head.join(',')
  for (const row of rows) yield row.map(cell).join(',')
}

const COMPARED = ['state', 'matches', 'incidents', 'alarms'] as const

/**
 * Two replays of the same logs, rule by rule: what each says now and then; `off` where a rule does not run.
 *
 * @example
 * compareCsv(before, after)[0] // 'rule,severity,stateNow,stateThen,matchesNow,matchesThen,…'
 */
export function compareCsv(before: ReplayModel, after: ReplayModel): string[] {
  const [now, then] = [before, after].map(({ rules }) => new Map(rules.map((rule) => [rule.id, rule])))
  const ids = [...new Set([...now!.keys(), ...then!.keys()])].sort()
  const head = ['rule', 'severity', ...COMPARED.flatMap((name) => [`${name}Now`, `${name}Then`])]
  const rows = ids.map((id) => {
    const [a, b] = [now!.get(id), then!.get(id)]
    return [id, (a ?? b)!.severity, ...COMPARED.flatMap((name) => [comparedOf(a)[name], comparedOf(b)[name]])]
  })
  return [head.join(','), ...rows.map((row) => row.map(cell).join(','))]
}

function comparedOf(rule: ReplayModel['rules'][number] | undefined): Record<(typeof COMPARED)[number], Cell> {
  if (rule === undefined || !rule.isEnabled)
    return { state: 'off', matches: undefined, incidents: undefined, alarms: undefined }
  const { state, matches, incidents, alarm } = rule
  return { state, matches, incidents, alarms: alarm?.fired ?? 0 }
}

function cell(value: Cell): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const text = visibleLine(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value)
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
