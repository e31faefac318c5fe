/**
 * Rows of tables that hold logs: what Athena and CloudTrail Lake export, and the CSV of the console's Event history.
 * Their columns are lower case or words, nested members are texts, times are SQL's.
 */
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import { ACCESS_LOG_TABLE } from './access-log-row.ts'
import { CLOUDTRAIL_TABLE } from './cloudtrail-row.ts'
import { plainName, type TableForm } from './table-form.ts'

const TABLES: Readonly<Record<LogKind, TableForm>> = {
  cloudtrail: CLOUDTRAIL_TABLE,
  'access-log': ACCESS_LOG_TABLE,
}

/** The kind of logs that a table with these columns holds; undefined: none. */
export function tableKind(columns: readonly string[]): LogKind | undefined {
  const names = new Set(columns.map(plainName))
  return LOG_KINDS.find((kind) => TABLES[kind].isTable(names))
}

/**
 * A row of such a table as it would stand in a log object: a CloudTrail event as JSON, or an access-log line. A column
 * that is empty or `null` is absent. What the table does not hold, nobody can make up: the console's CSV lacks most.
 *
 * @param row by column.
 * @example
 * rowText('cloudtrail', { eventtime: '2025-01-21 17:49:47.000', eventname: 'GetObject', eventsource: 's3.amazonaws.com' })
 */
export function rowText(kind: LogKind, row: Readonly<Record<string, unknown>>): string {
  return TABLES[kind].text(Object.entries(row).filter(([, value]) => !isAbsent(value)))
}

const isAbsent = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'string' && /^\s*(?:null|-|)\s*$/i.test(value))
