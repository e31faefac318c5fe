import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { QUERIES } from '../../infra/queries.ts'
import { fieldsRead } from '../../shared/insights/ast.ts'
import { parseInsightsQuery } from '../../shared/insights/parse.ts'
import { discoverFields } from '../../shared/insights/run.ts'
import { accessLogRecords, cloudTrailRecords } from '../vocabulary/records.ts'

/** What some record of each log group has. */
const fields: Record<string, ReadonlySet<string>> = {}

/** A receipt's members, read off its declaration: whatever one of them may have. */
function receiptFields(): ReadonlySet<string> {
  const [, body = ''] = /export interface Receipt \{([\s\S]*?)\n\}/.exec(
    readFileSync('shared/forward/receipt.ts', 'utf8'),
  )!
  return new Set([...[...body.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name!), 'error.code', 'error.message'])
}

/** The members of findings, and of alarms that were noted beside them, read off their declarations. */
function findingFields(): ReadonlySet<string> {
  const declared = (file: string, name: string) =>
    new RegExp(`export interface ${name} \\{([\\s\\S]*?)\\n\\}`).exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  const text =
    declared('shared/incident/finding.ts', 'Finding') + declared('shared/alert/findings-log.ts', 'NotedAlarm')
  return new Set([...text.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!))
}

beforeAll(async () => {
  const found = (records: readonly { readonly lean: { readonly value: unknown } }[]) =>
    new Set(records.flatMap(({ lean }) => [...discoverFields(lean.value).keys()]))
  fields.cloudtrail = found(await cloudTrailRecords())
  fields['access-log'] = found(accessLogRecords())
  fields.pipeline = receiptFields()
  fields.findings = findingFields()
})

function read(query: string): readonly string[] {
  const parsed = parseInsightsQuery(query)
  if (!parsed.ok) throw new Error(`${parsed.error.message}: ${query}`)
  return fieldsRead(parsed.query).filter((field) => !field.startsWith('@'))
}

describe('the saved queries', () => {
  test.each(QUERIES.flatMap(({ name, groups, query }) => groups.map((group) => [name, group, query] as const)))(
    '%s reads only what lean records of %s have',
    (_name, group, query) => {
      expect(read(query).filter((field) => !fields[group]!.has(field))).toEqual([])
    },
  )
})

test('the dashboard reads only what receipts and findings have', () => {
  const source = readFileSync('infra/dashboard.ts', 'utf8')
  const queries = [...source.matchAll(/`(filter [^`]*)`/g)].map(([, query]) => query!)
  expect(queries.length).toBeGreaterThan(0)
  for (const query of queries) {
    const group = query.includes('"finding"') ? 'findings' : 'pipeline'
    expect(read(query).filter((field) => !fields[group]!.has(field))).toEqual([])
  }
})
