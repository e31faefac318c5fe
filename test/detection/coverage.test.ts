import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { completeCloudTrailRecord, EXAMPLE_ENVIRONMENT, EXAMPLE_NOW } from '../../shared/detection/example-input.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { COLUMNS, KINDS, kindsTable } from './bucket-kinds.ts'

const detections = await loadDetections('infra/detections')
const byId = new Map(detections.map((detection) => [detection.id, detection]))
const matchers = compileRuleMatchers(detections, { account: EXAMPLE_ENVIRONMENT.account })
const text = readFileSync(new URL('../../docs/coverage.md', import.meta.url), 'utf8')

const cells = Object.entries(KINDS).flatMap(([kind, row]) =>
  COLUMNS.flatMap((column) => {
    const cell = row[column]
    return typeof cell === 'string' ? [] : [{ kind, column, cell }]
  }),
)

describe('kinds of buckets', () => {
  test.each(cells)('$kind, $column', ({ cell }) => {
    const { source, eventName, parameters, rule } = cell
    for (const detail of ['lean', 'full'] as const) {
      const readers = createReaders({
        environment: EXAMPLE_ENVIRONMENT,
        detail,
        capBytes: 8192,
        now: () => EXAMPLE_NOW,
      })
      const record = { eventSource: source, eventName, readOnly: false, requestParameters: parameters }
      const { message } = readers.cloudtrail.normalize(JSON.stringify(completeCloudTrailRecord(record)))
      expect(matchRules(JSON.parse(message), matchers)).toContain(rule)
    }
  })

  test('are in docs/coverage.md as they are here', () => {
    const between = /<!-- kinds:[^\n]*-->\n([\s\S]*?)\n?<!-- \/kinds -->/.exec(text)?.[1]
    expect(between).toBe(kindsTable())
  })
})

describe('rules of others in docs/coverage.md', () => {
  const rows = text.split('\n').filter((line) => /^\| .* \| .* \|$/.test(line) && !line.startsWith('|---'))
  const named = rows.map((row) => ({
    row,
    ids: [...row.matchAll(/`([a-z][a-z0-9]*(?:-[a-z0-9]+)+)`/g)].map(([, id = '']) => id),
  }))

  test('name rules that there are', () => {
    expect(named.flatMap(({ ids }) => ids).filter((id) => !byId.has(id))).toEqual([])
  })

  test('say which of them are off, and why', () => {
    for (const { row, ids } of named) {
      const words = row.replace(/`[^`]*`/g, '')
      const off = ids.filter((id) => byId.get(id)?.enabled === false)
      expect([row, off.length > 0]).toEqual([row, /\boff\b/.test(words)])
      if (off.length > 0) expect([row, /off: |are off/.test(words)]).toEqual([row, true])
    }
  })

  test('are counted', () => {
    const others = text.slice(0, text.indexOf('\n## Kinds of buckets'))
    const isHead = (row: string) => /^\| (?:rule|finding type|events of S3|item|) ?\|/.test(row)
    const told = named.filter(({ row }) => others.includes(row) && !isHead(row))
    const none = told.filter(({ ids }) => ids.length === 0)
    const off = told.filter(({ ids }) => ids.length > 0 && ids.every((id) => byId.get(id)?.enabled === false))
    const on = told.length - none.length - off.length
    expect(text.replaceAll('\n', ' ')).toContain(
      `Of ${told.length} rows, ${on} are told by a rule that is on, ${off.length} only by rules that are off, ${none.length} by none.`,
    )
  })

  test('have no row without a rule or a reason', () => {
    const open = named.filter(
      ({ row, ids }) =>
        ids.length === 0 && !/none: /.test(row) && !/^\| (?:rule|finding type|events of S3|item|) ?\|/.test(row),
    )
    expect(open.map(({ row }) => row)).toEqual([])
  })
})
