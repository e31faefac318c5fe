import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../shared/derive/json.ts'
import { readLifecycle, readRecordExpiration, readSnapshots } from '../../shared/derive/lifecycle-change.ts'

const NOW = Date.parse('2026-06-10T08:00:00Z')
const read = (Rule: unknown, at: number | undefined = NOW) => readLifecycle({ LifecycleConfiguration: { Rule } }, at)
const expires = (Days: number, more: JsonObject = {}) => ({ Status: 'Enabled', Expiration: { Days }, ...more })

describe('what a lifecycle destroys, and how soon', () => {
  test.each<[string, unknown, number | undefined, boolean | undefined]>([
    ['a week', expires(7), 7, true],
    ['eight days', expires(8), 8, false],
    ['a rule that is switched off', expires(1, { Status: 'Disabled' }), undefined, undefined],
    ['a rule whose status is not told', { Expiration: { Days: 1 } }, 1, true],
    ['the shortest of several', [expires(30), expires(3), expires(90)], 3, true],
    ['versions', { Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 2 } }, 2, true],
    ['a date in two and a half days', { Status: 'Enabled', Expiration: { Date: '2026-06-12T20:00:00Z' } }, 3, true],
    ['a date without a time', { Status: 'Enabled', Expiration: { Date: '2026-07-10' } }, 30, false],
    ['a date that is past', { Status: 'Enabled', Expiration: { Date: '2020-01-01T00:00:00Z' } }, 0, true],
    ['no date', { Status: 'Enabled', Expiration: { Date: 'tomorrow' } }, undefined, undefined],
    ['what is scratch anyway', expires(1, { Filter: { Prefix: 'tmp/' } }), 1, false],
    ['what somebody tagged for it', expires(1, { Filter: { And: { Tag: [{ Key: 'a', Value: 'b' }] } } }), 1, false],
    ['scratch, and everything', [expires(1, { Prefix: 'tmp/' }), expires(5)], 1, true],
    ['scratch at once, the rest after a year', [expires(1, { Prefix: 'tmp/' }), expires(365)], 1, false],
    ['an upload that was never ended', { Status: 'Enabled', AbortIncompleteMultipartUpload: {} }, undefined, undefined],
  ])('%s', (_name, rule, expireDays, weakens) => {
    expect(read(rule)).toEqual(expireDays === undefined ? {} : { expireDays, weakens })
  })

  test('a date tells nothing where the time of the call is not known', () => {
    const settings = { LifecycleConfiguration: { Rule: { Expiration: { Date: '2026-06-12' } } } }
    expect(readLifecycle(settings, undefined)).toEqual({})
  })

  test('S3 on Outposts has its rules one level deeper', () => {
    expect(readLifecycle({ LifecycleConfiguration: { Rules: { Rule: [expires(2)] } } }, NOW).weakens).toBe(true)
  })

  test('records and snapshots of S3 Tables', () => {
    const records = (status: string, days: number) => readRecordExpiration({ value: { status, settings: { days } } })
    expect(records('enabled', 3)).toEqual({ expireDays: 3, weakens: true })
    expect(records('enabled', 400)).toEqual({ expireDays: 400, weakens: false })
    expect(records('disabled', 3)).toEqual({})
    const snapshots = (status: string, maxSnapshotAgeHours: number) =>
      readSnapshots({ value: { status, settings: { icebergSnapshotManagement: { maxSnapshotAgeHours } } } })
    expect(snapshots('enabled', 24)).toEqual({ change: 'lifecycle', expireDays: 1, weakens: true })
    expect(snapshots('enabled', 25)).toEqual({})
    expect(snapshots('disabled', 1)).toEqual({})
  })
})
