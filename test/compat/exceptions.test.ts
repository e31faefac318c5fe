import { describe, expect, test } from 'vitest'
import type { Cause } from '../../shared/compat/compare-pattern.ts'
import { compareQuery } from '../../shared/compat/compare-query.ts'
import { EXCEPTIONS, explanationOf } from '../../shared/compat/exceptions.ts'
import { createForms } from '../../shared/compat/forms.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { parseInsightsQuery } from '../../shared/insights/parse.ts'

const cause = (given: Partial<Cause>): Cause => ({
  member: '$.responseElements',
  change: 'missing',
  was: 'null',
  of: 'event',
  condition: '',
  asksAbsence: false,
  records: 1,
  ...given,
})

describe('the way out of a difference', () => {
  test('is in the language of whoever asks', () => {
    expect(explanationOf('lean', cause({}))?.instead).toBe('`NOT EXISTS`, or `detail: full`')
    expect(explanationOf('lean', cause({}), 'query')?.instead).toBe(
      '`not ispresent(responseElements)`, or `detail: full`',
    )
  })

  test('is the setting alone where the absence is what is asked for', () => {
    for (const language of ['pattern', 'query'] as const)
      expect(explanationOf('lean', cause({ asksAbsence: true }), language)?.instead).toBe('`detail: full`')
  })

  test.each(EXCEPTIONS.filter(({ details }) => details.includes('lean')))(
    'never has a pattern’s word for a query: $member',
    (one) => {
      const [of, change] = [one.of[0]!, one.changes[0]!]
      for (const asksAbsence of [false, true]) {
        const told = explanationOf(
          'lean',
          cause({ member: one.member, of, change, was: one.was?.[0] ?? 'value', asksAbsence }),
          'query',
        )
        expect(told?.instead).not.toContain('NOT EXISTS')
      }
    },
  )
})

test.each([
  ['filter not ispresent(eventVersion)', true],
  ['filter eventName = "A" and not (ispresent(eventVersion) or errorCode = "x")', true],
  ['filter not (not ispresent(eventVersion))', false],
  ['filter eventVersion = "1.11" | stats count(*) by eventVersion', false],
])('%s asks for an absence: %s', (text, asks) => {
  const parsed = parseInsightsQuery(text)
  if (!parsed.ok) throw new Error(parsed.error.message)
  const forms = createForms({
    environment: { ...EMPTY_ENVIRONMENT, region: 'us-east-1' },
    capBytes: 262_144,
    now: () => 0,
  })
  const record = {
    ...{ eventVersion: '1.11', eventTime: '2026-03-17T07:00:00Z', eventSource: 's3.amazonaws.com', eventName: 'A' },
    ...{ awsRegion: 'us-east-1', eventID: 'id' },
  }
  const { differences } = compareQuery(parsed.query, [forms.cloudTrail(JSON.stringify(record))])
  const told = differences.flatMap(({ causes }) => causes).filter(({ member }) => member === '$.eventVersion')
  expect(told.map(({ asksAbsence }) => asksAbsence)).toEqual([asks])
})
