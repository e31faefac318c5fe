/**
 * The tables and saved queries of Athena, run in DuckDB over the sample morning and over hostile lines, against what our
 * own readers say of the same objects. docs/athena.md tells what cannot be the same.
 */
import { globSync, readFileSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccessLogFields } from '../../shared/access-log/fields.ts'
import { parseAccessLogLine } from '../../shared/access-log/parse.ts'
import { FIELDS } from '../../shared/access-log/table.ts'
import { ACCESS_LOG_COLUMNS, accessLogRegex, columnOf } from '../../shared/athena/access-log-table.ts'
import { QUERIES, renderQuery, savedQueryFor } from '../../shared/athena/queries.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import type { LogKind } from '../../shared/kinds/kinds.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { fieldCounts, hostileTexts, plainClients, TRUSTED, truths, writeLine } from '../access-log/true-line.ts'
import { ACCESS_LOG_CASES } from '../cases/access-log.ts'
import { linesOf, openTables, type Row, type Tables, trailObjects } from './duckdb.ts'
import { EXPECTED, expectedRows, rowText, type Seen } from './expected.ts'

const TRAIL = 'events/objects/amzn-s3-demo-trail-logs'
const accessLogs = globSync('events/objects/amzn-s3-demo-access-logs/**/*')
  .filter((file) => statSync(file).isFile())
  // S3 delivers text. Somebody's compressed copy without a suffix is not readable for Athena.
  .filter((file) => readFileSync(file)[0] !== 0x1f)
  .sort()

const generated = fc
  .sample(
    fc
      .tuple(
        truths,
        fc.oneof(plainClients, fc.record({ requestUri: hostileTexts, referer: hostileTexts, userAgent: hostileTexts })),
        fieldCounts,
      )
      .map(([truth, client, count]) => writeLine(truth, client, count)),
    { numRuns: 2000, seed: 20_260_317 },
  )
  .filter((line) => line.isWellFormed())

let tables: Tables
let hostile: Tables
beforeAll(async () => {
  tables = await openTables({ trail: TRAIL, accessLogs })
  hostile = await openTables({
    trail: TRAIL,
    accessLogs: [],
    lines: [...ACCESS_LOG_CASES.map(({ line }) => line), ...generated],
  })
})
afterAll(() => {
  tables.close()
  hostile.close()
})

/** A line's fields as the table has them. A time is compared by whether there is one: the table has the text. */
function cellsOf(fields: AccessLogFields): Record<string, string | undefined> {
  return Object.fromEntries(
    FIELDS.map(({ name }) => {
      const value = fields[name]
      return [name, value === undefined ? undefined : name === 'time' ? 'valid' : String(value)]
    }),
  )
}

function cellsOfRow(row: Row): Record<string, string | undefined> {
  return Object.fromEntries(
    FIELDS.map((field) => {
      const value = row[columnOf(field.name)]
      const text = value === null || value === '-' ? undefined : String(value)
      if (text === undefined) return [field.name, undefined]
      return [field.name, field.name === 'time' ? 'valid' : 'number' in field ? String(Number(text)) : text]
    }),
  )
}

const differing = (row: Row, fields: AccessLogFields): string[] => {
  const [a, b] = [cellsOfRow(row), cellsOf(fields)]
  return Object.keys(b).filter((name) => a[name] !== b[name])
}

/** What the table leaves in `unread`, or reads in another way; each is a section of docs/athena.md. */
const KNOWN_DIFFERENCES: readonly (readonly [why: string, is: (fields: AccessLogFields, line: string) => boolean])[] = [
  ['JSON of the delivery to CloudWatch Logs', (_fields, line) => /^\uFEFF?\s*\{/.test(line)],
  ['a line that is cut', ({ partial }) => partial === true],
  ['a line that is damaged', ({ unread }) => unread === true],
  ['a time that is none', ({ reason }) => reason === 'The time is not valid.'],
  ['a field is missing', ({ reason }) => reason === 'A field before the operation is missing.'],
  ['a referer in quotes and a user agent without', (_fields, line) => /" - - [^"]*$/.test(line)],
]

describe('a line is read as our parser reads it', () => {
  test('of the samples: every field', async () => {
    const rows = await tables.query('SELECT * FROM access_log')
    const lines = accessLogs.flatMap(linesOf)
    expect(rows).toHaveLength(lines.length)
    for (const row of rows) {
      const line = String(row.$line)
      const fields = parseAccessLogLine(line)
      expect(differing(row, fields), line).toEqual([])
      expect(row.unread === null, line).toBe(fields.parse !== 'raw')
    }
  })

  test('of hostile lines: every field where there is one reading, and what S3 wrote everywhere', async () => {
    const rows = await hostile.query('SELECT * FROM access_log')
    expect(rows).toHaveLength(ACCESS_LOG_CASES.length + generated.length)
    const used = new Set<string>()
    let exact = 0
    for (const row of rows) {
      const line = String(row.$line)
      const fields = parseAccessLogLine(line)
      const wrong = differing(row, fields)
      if (fields.parse === 'exact') exact += 1
      const serious =
        fields.parse === 'exact' ? wrong : wrong.filter((name) => (TRUSTED as readonly string[]).includes(name))
      if (serious.length === 0) continue
      const known = KNOWN_DIFFERENCES.find(([, is]) => is(fields, line))
      expect(known, `${serious.join(', ')}: ${line}`).toBeDefined()
      used.add(known![0])
    }
    expect(exact).toBeGreaterThan(1000)
    // A difference that is gone leaves the list, and docs/athena.md.
    expect([...used].sort()).toEqual(KNOWN_DIFFERENCES.map(([why]) => why).sort())
  })

  test('no line is lost: what is in no field is in `extra` or `unread`', async () => {
    const rows = await hostile.query('SELECT * FROM access_log')
    for (const row of rows) {
      const cells = ACCESS_LOG_COLUMNS.map((name) => row[name]).filter((cell) => cell !== null)
      const line = String(row.$line)
      // Quotes, brackets and spaces stand between fields; nothing else does.
      const letters = (text: string) => text.replaceAll(/[\s"[\]-]/g, '')
      expect(letters(cells.join('')), line).toBe(letters(line))
    }
  })

  test('the expression has a group for each column, and two engines agree on it', async () => {
    const expression = new RegExp(accessLogRegex(), 's')
    const rows = await hostile.query('SELECT * FROM access_log')
    for (const row of rows) {
      const groups = expression.exec(String(row.$line))!.slice(1)
      expect(groups).toHaveLength(ACCESS_LOG_COLUMNS.length)
      expect(groups.map((group) => group || null)).toEqual(ACCESS_LOG_COLUMNS.map((name) => row[name]))
    }
  })
})

/** Lines and events as the queries name their members, from our own records. */
function seenLine(line: string): Seen {
  const { parse, ...fields } = parseAccessLogLine(line)
  const record = JSON.parse(readers['access-log'].normalize(line).message) as Record<string, string>
  return {
    time: fields.time,
    bucket: fields.bucket,
    address: fields.remoteIp,
    requester: fields.requester,
    actor: record.actor,
    actorType: record.actorType,
    operation: fields.operation,
    object_key: fields.key,
    status: fields.httpStatus,
    error: fields.errorCode,
    bytes_sent: fields.bytesSent,
    unread: parse === 'raw' ? line : undefined,
  }
}

const readers = createReaders({
  environment: EMPTY_ENVIRONMENT,
  detail: 'full',
  capBytes: 1_000_000,
  now: () => Date.parse('2026-03-17T13:00:00Z'),
})

function seenEvent(event: unknown): Seen {
  // biome-ignore lint/suspicious/noExplicitAny: a record has whatever CloudTrail gave it.
  const record = JSON.parse(readers.cloudtrail.normalize(JSON.stringify(event)).message) as any
  return {
    time: record.eventTime,
    name: record.eventName,
    service: record.eventSource,
    event_id: record.eventID,
    actor: record.actor,
    actorType: record.actorType,
    key_id: record.userIdentity?.accessKeyId,
    address: record.sourceIPAddress,
    agent: record.userAgent,
    error: record.errorCode,
    bucket: record.requestParameters?.bucketName,
    object_key: record.requestParameters?.key,
  }
}

function seen(kind: LogKind): Seen[] {
  if (kind === 'access-log') return accessLogs.flatMap(linesOf).map(seenLine)
  return trailObjects(TRAIL).whole.flatMap((file) => {
    const { Records } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { Records: unknown[] }
    return Records.map(seenEvent)
  })
}

/** Of the sample morning: each of them has something to find in both logs. */
const ASKED = {
  bucket: 'amzn-s3-demo-customer-data',
  keyId: 'AKIAIOSFODNN7EXAMPLE',
  actor: 'arn:aws:iam::111122223333:user/legacy-report-export',
  address: '192.0.2.66',
}

describe('the saved queries find what our own records say', () => {
  const records = { cloudtrail: seen('cloudtrail'), 'access-log': seen('access-log') }

  test('the morning is there, and one object is damaged', () => {
    expect(records.cloudtrail.length).toBeGreaterThan(1500)
    expect(records['access-log'].length).toBeGreaterThan(500)
    expect(trailObjects(TRAIL).damaged).toHaveLength(1)
  })

  test.each(QUERIES.map((query) => [`${query.name} (${query.kind})`, query] as const))('%s', async (_name, query) => {
    const rows = await tables.query(
      renderQuery(query, {
        tables: [
          query.kind === 'cloudtrail'
            ? { name: 'cloudtrail', where: ["day >= '2026/03/17'"] }
            : { name: 'access_log', where: [`starts_with("$path", 'events/objects/amzn-s3-demo-access-logs/')`] },
        ],
        days: { first: "'2026-03-17'", last: "'2026-03-17'" },
        values: ASKED,
      }),
    )
    const expected = expectedRows(EXPECTED[query.kind][query.name]!, records[query.kind], ASKED)
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThan(1000)
    expect(rows.map(rowText).sort()).toEqual(expected)
  })

  test('a role’s sessions are one actor', async () => {
    const actor = 'arn:aws:sts::111122223333:assumed-role/'
    const rows = await tables.query(
      renderQuery(
        {
          name: '',
          kind: 'access-log',
          tells: '',
          asks: [],
          sql: 'SELECT DISTINCT actor FROM log WHERE actor IS NOT NULL',
        },
        { tables: [{ name: 'access_log', where: [] }], days: { first: "'2026-03-17'", last: "'2026-03-17'" } },
      ),
    )
    const actors = rows.map((row) => String(row.actor)).sort()
    expect(actors.filter((name) => name.startsWith(actor)).length).toBeGreaterThan(2)
    expect(actors).toEqual([...new Set(records['access-log'].flatMap((line) => line.actor ?? []))].sort())
  })

  test('days that are not asked for are not told', async () => {
    for (const query of QUERIES) {
      const sql = renderQuery(query, {
        tables: [{ name: query.kind === 'cloudtrail' ? 'cloudtrail' : 'access_log', where: [] }],
        days: { first: "'2026-03-18'", last: "'2026-03-19'" },
        values: ASKED,
      })
      const rows = await tables.query(sql)
      // But for what has no time.
      expect(rows.filter((row) => row.unread === undefined)).toEqual([])
    }
  })

  test('two tables of one kind are read as one', async () => {
    const query = QUERIES.find(({ name }) => name === 'Largest downloads')!
    const days = { first: "'2026-03-17'", last: "'2026-03-17'" }
    const half = (comparison: string) => ({ name: 'access_log', where: [`requestid ${comparison} 'H'`] })
    const whole = await tables.query(renderQuery(query, { tables: [{ name: 'access_log', where: [] }], days }))
    const both = await tables.query(renderQuery(query, { tables: [half('<'), half('>=')], days }))
    expect(both.map(rowText).sort()).toEqual(whole.map(rowText).sort())
  })

  test('a value cannot leave its quotes', () => {
    const [query] = QUERIES
    const options = { tables: [{ name: 't', where: [] }], days: { first: "''", last: "''" } }
    expect(renderQuery(query!, { ...options, values: { bucket: "a' OR '1'='1" } })).toContain(
      "bucket = 'a'' OR ''1''=''1'",
    )
  })

  test('alerts name queries that there are', () => {
    expect(savedQueryFor('keyId')).toBe('What an access key did (cloudtrail)')
    expect(savedQueryFor('actor')).toBe('What somebody did (cloudtrail)')
    expect(savedQueryFor('address')).toBe('What came from an address (cloudtrail)')
    expect(savedQueryFor('bucket')).toBe('Who touched a bucket (cloudtrail)')
  })
})
