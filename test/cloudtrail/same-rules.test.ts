import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { readDetections } from '../../shared/files/detections.ts'
import { data, ENVIRONMENT, RECORD_CASES } from '../cases/cloudtrail-records.ts'
import { variedEvents } from '../support/varied-events.ts'

const NOW = Date.parse('2026-06-01T10:07:00Z')
const options = { environment: { ...ENVIRONMENT, region: 'eu-central-1' }, capBytes: 8192, now: () => NOW }
const lean = createCloudTrailNormalizer({ ...options, detail: 'lean' })
const full = createCloudTrailNormalizer({ ...options, detail: 'full' })
const { detections } = await readDetections('infra/detections')
const rules = compileRuleMatchers(detections, { account: '111122223333' })

/** The rules that match the record, of each detail; the full record is the raw one with the derived fields. */
function expectSame(record: unknown): readonly string[] {
  const bytes = Buffer.from(JSON.stringify(record))
  const ofLean = lean(bytes)
  const ofFull = full(bytes)
  const hits = matchRules(JSON.parse(ofFull.message), rules)
  expect(matchRules(JSON.parse(ofLean.message), rules)).toEqual(hits)
  expect(ofLean.view).toEqual(ofFull.view)
  return hits
}

describe('the same rules match the lean record and the full one', () => {
  test('every case', () => {
    const hits = new Set(RECORD_CASES.flatMap(({ record }) => expectSame(record)))
    expect(hits.size).toBeGreaterThan(20)
  })

  test('10,000 varied records', () => {
    const hits = new Set<string>()
    let records = 0
    for (const event of variedEvents(10_000)) {
      for (const id of expectSame(event)) hits.add(id)
      records++
    }
    expect(records).toBe(10_000)
    expect(hits.size).toBeGreaterThan(20)
  })

  test('whatever the keys are called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        expectSame(data('GetObject', { key: key.toWellFormed() }))
      }),
    )
  })
})
