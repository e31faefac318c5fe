import { expect, test } from 'vitest'
import { compareQuery } from '../../shared/compat/compare-query.ts'
import { createForms } from '../../shared/compat/forms.ts'
import { parseInsightsQuery } from '../../shared/insights/parse.ts'
import { data, ENVIRONMENT } from '../cases/cloudtrail-records.ts'

const { cloudTrail } = createForms({
  environment: ENVIRONMENT,
  capBytes: 8192,
  now: () => Date.parse('2026-06-01T13:02:00Z'),
})
/** Lean leaves the usual eventType of a data event out. */
const read = cloudTrail(JSON.stringify(data('GetObject')))

function compare(text: string) {
  const parsed = parseInsightsQuery(text)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return compareQuery(parsed.query, [read])
}

test.each([
  'eventType != "curl"',
  'eventType not like /curl/',
  'eventType not in ["curl"]',
  'eventName = "GetObject" and eventType not like "curl"',
  'not (eventName = "PutObject" or eventType not like "curl")',
])('what an absent field answers to a negation is tried both ways: filter %s', (filter) => {
  expect(read.lean.value).not.toHaveProperty('eventType')
  expect(compare(`filter ${filter}`).differences).toMatchObject([{ detail: 'lean' }])
})

test('a negation of what all forms have makes no difference', () => {
  expect(compare('filter eventName not like /Put/').differences).toEqual([])
  expect(compare('filter eventName like /Get/').rows).toMatchObject({ raw: 1, lean: 1, full: 1 })
})
