/**
 * The tables of docs/record.md, made of the tables that the records are made by, and of measurements: `npx vitest run
 * test/record-doc -u` writes them.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type Measured, type MeasuredRecords, measureRecords } from '../../bench/record.ts'
import { FIELDS, DERIVED as LINE_DERIVED } from '../../shared/access-log/table.ts'
import { DERIVED_FIELDS } from '../../shared/cloudtrail/derived.ts'
import { derivedTable, type MeasuredBytes, memberTable } from '../../shared/cloudtrail/doc.ts'
import type { Lean } from '../../shared/derive/lean.ts'
import { readDetections } from '../../shared/files/detections.ts'
import { conditionsOf, type JsonCondition } from '../../shared/filter-pattern/ast.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { formatSelector } from '../../shared/filter-pattern/selector.ts'
import { fieldsRead } from '../../shared/insights/ast.ts'
import { parseInsightsQuery } from '../../shared/insights/parse.ts'
import { generateCloudTrailText } from './generate.ts'

export const RECORD_DOC = 'docs/record.md'
const RECORDS = 4000
/** Members that take less, bytes a record, are not worth a row. */
const LEAST_BYTES = 4

/** The document with its tables as they have to be. */
export async function recordDoc(): Promise<string> {
  const measured = measureTrail()
  const tables: Readonly<Record<string, string>> = {
    members: memberTable(saved(measured)),
    derived: derivedTable(saved(measured)),
    bytes: await bytesTable(measured),
    'access-log fields': lineTable(),
    'access-log derived': lineDerivedTable(),
  }
  let doc = readFileSync(RECORD_DOC, 'utf8')
  for (const [name, table] of Object.entries(tables)) {
    const begin = `<!-- ${name}: test/support/record-doc.ts -->\n`
    const start = doc.indexOf(begin)
    const end = doc.indexOf('\n<!-- end -->', start)
    if (start === -1 || end === -1) throw new Error(`${RECORD_DOC} has no place for ${name}`)
    doc = doc.slice(0, start + begin.length) + table + doc.slice(end)
  }
  return doc
}

/** An ordinary trail's file, read five minutes after its last event. */
export function measureTrail(): Measured {
  const records = [...generateCloudTrailText({ records: RECORDS, seed: 1 })]
  const times = records.map((record) => Date.parse((JSON.parse(record) as { eventTime: string }).eventTime))
  const now = Math.max(...times) + 300_000
  return measureRecords(records, () => now)
}

function saved({ categories }: Measured): MeasuredBytes {
  const of = (category: string) => (path: string) => {
    const bytes = categories.get(category)?.members.get(path)
    return bytes === undefined ? 0 : Math.round(bytes.full - bytes.lean)
  }
  return { object: of('Data'), management: of('Management') }
}

/** What lean records consist of, and who reads it: what leaving out more of it would cost. */
async function bytesTable({ categories }: Measured): Promise<string> {
  const [data, management] = ['Data', 'Management'].map((category) => categories.get(category)!) as [
    MeasuredRecords,
    MeasuredRecords,
  ]
  const patterns = vocabulary()
  const { detections } = await readDetections('infra/detections')
  const rules = detections.map(({ pattern }) => selectorsOf(pattern))
  const leanOf = (path: string) => [data, management].map(({ members }) => members.get(path)?.lean ?? 0)
  const paths = [...new Set([...data.members.keys(), ...management.members.keys()])]
    .filter((path) => Math.max(...leanOf(path)) >= LEAST_BYTES)
    .sort((a, b) => leanOf(b)[0]! - leanOf(a)[0]! || leanOf(b)[1]! - leanOf(a)[1]!)
  const rows = paths.map((path) => {
    const own = DERIVED_FIELDS.includes(path)
    const readers = own ? rules : patterns
    const readBy = readers.filter((selectors) => selectors.some((selector) => concerns(selector, path))).length
    const cells = [data, management].flatMap(({ members }) => {
      const { raw, lean } = members.get(path) ?? { raw: 0, lean: 0 }
      return own ? ['', Math.round(lean)] : [Math.round(raw), Math.round(lean)]
    })
    return `| \`${path}\` | ${cells.join(' | ')} | ${own ? (readBy > 0 ? 'rules' : '') : readBy} |`
  })
  const totals = [data, management].flatMap(({ total }) => [Math.round(total.raw), Math.round(total.lean)])
  return [
    '| member | S3 data event | lean | management event | lean | read by |',
    '|---|---|---|---|---|---|',
    `| all | ${totals.join(' | ')} | |`,
    ...rows,
  ].join('\n')
}

/** The selectors that each of the public patterns and queries reads. */
function vocabulary(): readonly (readonly string[])[] {
  const read = (file: string) =>
    Object.values(parse(readFileSync(`test/vocabulary/${file}`, 'utf8')) as Readonly<Record<string, string>>)
  const queries = read('insights-queries.yml').map((text) => {
    const parsed = parseInsightsQuery(text)
    return parsed.ok ? fieldsRead(parsed.query).map((field) => `$.${field}`) : []
  })
  return [...read('filter-patterns.yml').map(selectorsOf), ...queries]
}

function selectorsOf(pattern: string): readonly string[] {
  const parsed = parseFilterPattern(pattern, { limits: 'ignore' })
  if (!parsed.ok || parsed.pattern.kind !== 'json') return []
  return conditionsOf<JsonCondition>(parsed.pattern.expression).map(({ selector }) => formatSelector(selector))
}

/** Whether a selector reads a member: it, something in it, or the object that it is in. */
function concerns(selector: string, path: string): boolean {
  const read = selector.replace(/^\$\./, '')
  const isIn = (inner: string, outer: string) => inner === outer || /^[.[]/.test(inner.slice(outer.length))
  return (read.startsWith(path) && isIn(read, path)) || (path.startsWith(read) && isIn(path, read))
}

const inLean = ({ lean, why }: Lean) =>
  lean === 'kept' ? 'stays' : lean === 'dropped' ? `left out: ${why}` : `left out where it is: ${why}`

function lineTable(): string {
  const rows = FIELDS.map((field, index) => {
    const bytes = (field as Lean).bytes ?? ''
    return `| ${index + 1} | \`${field.member}\` | \`${field.json[0]}\` | ${inLean(field)} | ${bytes} |`
  })
  return ['| | member | native delivery | in `lean` | bytes |', '|---|---|---|---|---|', ...rows].join('\n')
}

function lineDerivedTable(): string {
  const rows = LINE_DERIVED.flatMap((row: Lean & { readonly member: string }) =>
    row.lean === 'kept' ? [] : [`| \`${row.member}\` | ${inLean(row)} | ${row.bytes} |`],
  )
  return ['| member | in `lean` | bytes |', '|---|---|---|', ...rows].join('\n')
}
