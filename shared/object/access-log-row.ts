import { FIELDS, type Field } from '../access-log/table.ts'
import { cellText, plainName, type TableForm } from './table-form.ts'

/** The fields of a line with the columns that hold them (aws: S3 User Guide, "Querying access logs with Amazon Athena"). */
const COLUMNS = (FIELDS as readonly Field[]).map(({ name, json, columns = [] }) => ({
  name,
  spellings: [...columns, plainName(name), ...json],
}))
/** So many columns of access logs are no coincidence. */
const ENOUGH = 10

/** A table over access logs: one column a field. */
export const ACCESS_LOG_TABLE: TableForm = {
  isTable: (names) =>
    names.has('operation') &&
    COLUMNS.filter(({ spellings }) => spellings.some((name) => names.has(name))).length >= ENOUGH,
  text: (cells) => toLine(new Map(cells.map(([name, value]) => [plainName(name), cellText(value)]))),
}

const QUOTED: ReadonlySet<string> = new Set(['requestUri', 'referer', 'userAgent'])

function toLine(cells: ReadonlyMap<string, string>): string {
  return COLUMNS.map(({ name, spellings }) => {
    const value = spellings.map((spelling) => cells.get(spelling)).find((text) => text !== undefined)
    if (value === undefined) return '-'
    if (name === 'time') return value.startsWith('[') ? value : `[${value}]`
    return QUOTED.has(name) && !value.startsWith('"') ? `"${value}"` : value
  }).join(' ')
}
