/**
 * The tables as Athena would have them, in DuckDB: the same columns, read with the same regular expression and the same
 * types, over the sample objects. What differs is told where it is bridged.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { ACCESS_LOG_COLUMNS, accessLogRegex } from '../../shared/athena/access-log-table.ts'
import { CLOUDTRAIL_COLUMNS, type ColumnType, isList } from '../../shared/athena/cloudtrail-table.ts'

export type Row = Readonly<Record<string, unknown>>

export interface Tables {
  query(sql: string): Promise<Row[]>
  close(): void
}

/** Functions of Trino that DuckDB has under another name. */
const TRINO = [
  'CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern)',
  // Trino gives nothing for objects, lists and text that is no JSON.
  `CREATE MACRO json_extract_scalar(text, path) AS CASE WHEN json_valid(text) AND json_type(text, path) NOT IN ('OBJECT', 'ARRAY')
     THEN json_extract_string(text, path) END`,
]

const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`

function duckType(type: ColumnType): string {
  if (typeof type === 'string') return 'VARCHAR'
  if (isList(type)) return `${duckType(type[0])}[]`
  const members = Object.entries(type).map(([name, member]) => `"${name}" ${duckType(member)}`)
  return `STRUCT(${members.join(', ')})`
}

/** Where the objects of a trail are, below its bucket. */
export const TRAIL_OBJECTS = 'AWSLogs/*/CloudTrail/**/*.json.gz'

/**
 * @param folders where the objects of a trail's and of an access-log bucket lie; `lines` are more lines of access logs.
 */
export async function openTables(given: {
  readonly trail: string
  readonly accessLogs: readonly string[]
  readonly lines?: readonly string[]
}): Promise<Tables> {
  const folder = mkdtempSync(join(tmpdir(), 'bucketwatch-tables-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const db = await instance.connect()
  for (const macro of TRINO) await db.run(macro)
  await accessLogTable()
  await cloudTrailTable()

  async function accessLogTable(): Promise<void> {
    const rows = [
      ...given.accessLogs.flatMap((file) => linesOf(file).map((line) => ({ line, path: file }))),
      ...(given.lines ?? []).map((line) => ({ line, path: 'given' })),
    ]
    const file = join(folder, 'lines.json')
    writeFileSync(file, JSON.stringify(rows))
    const names = ACCESS_LOG_COLUMNS.map(sqlText).join(', ')
    // DuckDB has an empty text for a group that took no part, Hive nothing: both are nothing here.
    const columns = ACCESS_LOG_COLUMNS.map((name) => `nullif(f."${name}", '') AS "${name}"`).join(', ')
    await db.run(`CREATE TABLE access_log AS SELECT ${columns}, path AS "$path", line AS "$line" FROM (
      SELECT *, regexp_extract(line, ${sqlText(accessLogRegex())}, [${names}], 's') AS f
      FROM read_json(${sqlText(file)}, columns = {line: 'VARCHAR', path: 'VARCHAR'}, maximum_object_size = 100000000))`)
  }

  async function cloudTrailTable(): Promise<void> {
    const files = trailObjects(given.trail).whole
    const list = files.map(sqlText).join(', ')
    const folders =
      "regexp_extract(filename, 'AWSLogs/([0-9]+)/CloudTrail/([a-z0-9-]+)/([0-9]+/[0-9]+/[0-9]+)/', ['account', 'region', 'day'])"
    await db.run(`CREATE TABLE cloudtrail AS SELECT r.*, p.* FROM (
      SELECT unnest(Records) AS r, ${folders} AS p
      FROM read_json([${list}], columns = {Records: ${sqlText(`${duckType(CLOUDTRAIL_COLUMNS)}[]`)}}, filename = true, maximum_object_size = 100000000))`)
  }

  return {
    async query(sql) {
      const result = await db.runAndReadAll(sql)
      return result.getRowObjectsJson() as Row[]
    },
    close() {
      db.closeSync()
      instance.closeSync()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A trail's objects, and those that are damaged: no SQL reads them, and Athena would fail a query over them. */
export function trailObjects(folder: string): {
  readonly whole: readonly string[]
  readonly damaged: readonly string[]
} {
  const files = globSync(join(folder, TRAIL_OBJECTS)).sort()
  const isWhole = (file: string): boolean => {
    try {
      JSON.parse(gunzipSync(readFileSync(file)).toString())
      return true
    } catch {
      return false
    }
  }
  return { whole: files.filter(isWhole), damaged: files.filter((file) => !isWhole(file)) }
}

/** As Hive's text input splits an object, of what S3 delivers: LF ends a line. */
export function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
