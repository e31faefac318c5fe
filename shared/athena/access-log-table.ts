/**
 * Server access logs as a table of Athena: a column for each field of a line, made from the one table of fields, and the
 * regular expression that Hive's RegexSerDe reads a line with.
 *
 * The expression keeps to what java.util.regex (Athena), RE2 (DuckDB) and JavaScript understand alike: groups,
 * alternatives in order of preference, greedy and lazy repeats, `^` and `$`; no look-around, no back-references, no
 * possessive repeats. Three engines that choose by the same rule (the first alternative that leads to a match) read a
 * line in the same way. A line that S3 has finished costs its length times a constant, whatever a client wrote into it,
 * and a group is repeated eight times at the most, since Java's engine recurses there.
 */
import { FIELDS, type Field } from '../access-log/table.ts'

type FieldName = (typeof FIELDS)[number]['name']

/** Athena's documentation has these columns under names that are not the fields'. */
const DOCUMENTED: Partial<Record<FieldName, string>> = {
  bucket: 'bucket_name',
  requestUri: 'request_uri',
  referer: 'referrer',
}

/** Beside the fields: those after the last one that is known, and what could not be read. */
export const EXTRA_COLUMN = 'extra'
export const UNREAD_COLUMN = 'unread'

/**
 * A field's column. The names are those of Athena's documentation, so that queries people have go on working.
 *
 * Source: Athena User Guide, "Query Amazon S3 server access logs".
 *
 * @example
 * columnOf('httpStatus') // 'httpstatus'
 */
export function columnOf(name: FieldName): string {
  const field: Field = FIELDS.find((row) => row.name === name)!
  return DOCUMENTED[name] ?? field.columns?.[0] ?? name.toLowerCase()
}

/** The columns, in order: one a field, then {@link EXTRA_COLUMN} and {@link UNREAD_COLUMN}. All are text; dashes stay. */
export const ACCESS_LOG_COLUMNS: readonly string[] = [
  ...FIELDS.map(({ name }) => columnOf(name)),
  EXTRA_COLUMN,
  UNREAD_COLUMN,
]

const TOKEN = '([^ ]+)'
const OPERATION = '[A-Z][A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]+){1,3}'
const URL = '(?i:https?)://[^ "]*'

/**
 * What stands in a line for a field, with one group. S3's own tokens are what is between spaces; the exceptions are here.
 * A request line is the first text that ends as one does and is followed by six fields of the right shape, else the first
 * that is so followed; a referer that is neither absent nor a URL goes to the last place where a user agent can begin.
 */
const PATTERNS: Partial<Record<FieldName, string>> = {
  time: '\\[([^\\]]{1,64})\\]',
  // A CloudFront origin access identity holds spaces.
  requester: '([^" ]+(?: +[^" ]+){0,8}?)',
  // No request id has dots: where a field before the operation is missing, none is taken for it.
  requestId: '([^ .]+)',
  operation: `(${OPERATION})`,
  key: '([^ ]+|[^"]*[^" ])',
  requestUri: `(?:"(-|${OPERATION}|.*? HTTP/[0-9]\\.[0-9]|.*?)"|-)`,
  httpStatus: '(-|[0-9]{3})',
  errorCode: '([A-Za-z0-9._-]+)',
  referer: `"(-||${URL}|.*)"`,
  userAgent: '"(.*)"',
}

function patternOf(field: Field): string {
  const own = PATTERNS[field.name as FieldName]
  if (own !== undefined) return own
  if (field.number === true) return '(-|[0-9]{1,15})'
  return isTail(field) ? tailPattern(field) : TOKEN
}

const indexOf = (name: FieldName): number => FIELDS.findIndex((field) => field.name === name)
const FIRST_OF_TAIL = indexOf('versionId')
const isTail = (field: Field): boolean => indexOf(field.name as FieldName) >= FIRST_OF_TAIL

/** After the last quote of a line, S3 alone writes: tokens of the shape that the table of fields gives. */
function tailPattern({ shape }: Field): string {
  if (shape === undefined) return '([^ "]+)'
  const body = shape.source.replace(/^\^/, '').replace(/\$$/, '')
  const whole = shape.source.endsWith('$') ? body : `${body}[^ "]*`
  return `(-|${shape.flags.includes('i') ? `(?i:${whole})` : whole})`
}

/** Fields `from` up to `to` (not part of it), with what stands between fields. */
const sequence = (from: number, to: number): string => FIELDS.slice(from, to).map(patternOf).join(' +')

/** Lines have had 18 fields, then 24 and one more at a time: what is missing is missing at the end. */
const FIELDS_SINCE_2019 = 24

function tail(): string {
  const later = FIELDS.slice(FIELDS_SINCE_2019).reduceRight((rest, field) => `(?: +${patternOf(field)}${rest})?`, '')
  return ` +${patternOf(FIELDS[FIRST_OF_TAIL]!)}(?: +${sequence(FIRST_OF_TAIL + 1, FIELDS_SINCE_2019)}${later})?`
}

/**
 * The expression: it matches every text, and has a group for each of {@link ACCESS_LOG_COLUMNS}. A line that cannot be
 * read to its end gives the fields before that, and the rest of it as `unread`; a text that is no access-log line is
 * `unread` as a whole. So no line is lost, and none gives a row of nothing.
 *
 * @example
 * new RegExp(accessLogRegex(), 's').exec(line)?.[1] // the bucket's owner
 */
export function accessLogRegex(): string {
  const key = indexOf('key')
  const uri = indexOf('requestUri')
  const referer = indexOf('referer')
  const pair = `(?:- +-|(?:-|${patternOf(FIELDS[referer]!)}) +${patternOf(FIELDS[referer + 1]!)})`
  // A referer that is cut, or absent; no referer at all.
  const afterMiddle = `(?: +${pair}(?:${tail()})?((?: [^"]*)?)$| +"| +-(?: |$)| *$)`
  const afterKey = `(?: +${sequence(uri, referer)}${afterMiddle}| |$)`
  return `^(?: *${sequence(0, key)}(?: +${patternOf(FIELDS[key]!)}${afterKey}| *$))?(.*)$`
}
