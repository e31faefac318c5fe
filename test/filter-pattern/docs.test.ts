import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PATTERN_ERROR_CODES } from '../../shared/filter-pattern/ast.ts'
import { METRIC_FILTER_RULES } from '../../shared/filter-pattern/lint-metric-filters.ts'
import { LINT_RULES } from '../../shared/filter-pattern/lint-report.ts'

const page = readFileSync(new URL('../../docs/filter-patterns.md', import.meta.url), 'utf8')
const cell = (text: string): string => text.replaceAll('|', '\\|')

test('docs/filter-patterns.md lists every error code and every rule as they are', () => {
  for (const [code, what] of Object.entries(PATTERN_ERROR_CODES))
    expect(page).toContain(`| \`${code}\` | ${cell(what)} |`)
  for (const [rule, { severity, why }] of Object.entries({ ...LINT_RULES, ...METRIC_FILTER_RULES })) {
    expect(page).toContain(`| \`${rule}\` | ${severity} | ${cell(why)} |`)
  }
  const listed = page.match(/^\| `[A-Za-z_-]+` \| /gm) ?? []
  const total = [PATTERN_ERROR_CODES, LINT_RULES, METRIC_FILTER_RULES].reduce(
    (sum, table) => sum + Object.keys(table).length,
    0,
  )
  expect(listed.length).toBe(total)
})
