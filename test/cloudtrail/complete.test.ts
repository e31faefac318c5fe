import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { DERIVED, DERIVED_FIELDS } from '../../shared/cloudtrail/derived.ts'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { completeRecord } from '../../shared/object/complete.ts'
import { data, ENVIRONMENT, RECORD_CASES } from '../cases/cloudtrail-records.ts'
import { variedEvents } from '../support/varied-events.ts'

const options = { environment: ENVIRONMENT, capBytes: 8192, now: () => Date.parse('2026-06-01T10:07:00Z') }
const lean = createCloudTrailNormalizer({ ...options, detail: 'lean' })
const full = createCloudTrailNormalizer({ ...options, detail: 'full' })

type Json = Readonly<Record<string, unknown>>
const derivedOf = (record: Json): Json =>
  Object.fromEntries(DERIVED_FIELDS.flatMap((name) => (name in record ? [[name, record[name]] as const] : [])))

/** What is derived, as the full record has it and as it is said again of the lean one. */
function bothOf(event: unknown) {
  const text = JSON.stringify(event)
  const { message, view } = lean(text)
  const ofLean = JSON.parse(message) as Json
  const ofFull = JSON.parse(full(text).message) as Json
  // Of S3 data events lean has no more of these than that there was TLS, not an old one, and no second factor.
  const isUnsaid = (name: string, value: unknown): boolean =>
    name === 'lagSeconds' ||
    (!(name in ofLean) && ofLean.tlsDetails === undefined && name === 'tlsVersion') ||
    (!(name in ofLean) && view.eventSource.startsWith('s3') && name === 'mfa' && value === false)
  const said = (record: Json): Json =>
    Object.fromEntries(Object.entries(derivedOf(record)).filter(([name, value]) => !isUnsaid(name, value)))
  return { ofLean, ofFull, said: said(completeRecord(ofLean)), expected: said(ofFull) }
}

describe('what a lean record leaves out of the derived fields', () => {
  test('can be said again: every case', () => {
    for (const { name, record } of RECORD_CASES) {
      const { said, expected } = bothOf(record)
      expect([name, said]).toEqual([name, expected])
    }
  })

  test('can be said again: 10,000 varied events', () => {
    let events = 0
    for (const event of variedEvents(10_000)) {
      const { said, expected } = bothOf(event)
      if (!isDeepStrictEqual(said, expected)) expect([event, said]).toEqual([event, expected])
      events++
    }
    expect(events).toBe(10_000)
  })

  test('is what the table says, and each row of it is left out of some record', () => {
    const gone = new Set<string>()
    for (const event of variedEvents(2000)) {
      const { ofLean, ofFull } = bothOf(event)
      if (ofFull.kind !== 'event') continue
      for (const [name, value] of Object.entries(derivedOf(ofFull))) {
        if (name in ofLean) {
          if (ofLean[name] !== value) expect([name, ofLean[name]]).toEqual([name, value])
          continue
        }
        gone.add(name)
        const row = DERIVED.find(({ member }) => member === name)!
        if (row.lean !== 'plain' || ('absent' in row && row.absent !== value))
          expect([name, value]).toEqual([name, row])
      }
      expect(Object.keys(derivedOf(ofLean)).filter((name) => !(name in ofFull))).toEqual([])
    }
    expect([...gone].sort()).toEqual(DERIVED.flatMap(({ lean, member }) => (lean === 'plain' ? [member] : [])).sort())
  })

  test.each([
    [
      'a name that sounds like a write',
      { eventSource: 's3express.amazonaws.com', eventName: 'CreateSession', readOnly: true },
    ],
    ['a read', { readOnly: true }],
    ['a write', { eventName: 'PutObject', readOnly: false }],
    ['what does not say it', { readOnly: undefined }],
    ['what does not say that it is data', { eventName: 'HeadBucket', eventCategory: undefined, readOnly: true }],
    ['a management event', { eventName: 'PutBucketPolicy', eventCategory: 'Management', managementEvent: true }],
  ])('whether it only read: %s', (_name, members) => {
    const { ofLean, ofFull } = bothOf({ ...data('GetObject'), ...members })
    expect(completeRecord(ofLean).readOnly).toBe(ofFull.readOnly)
  })

  test('our own account, where the ARN of an S3 data event says it', () => {
    const account = '111122223333'
    const { ofLean, ofFull } = bothOf(data('GetObject'))
    expect([ofLean.recipientAccountId, (ofLean.userIdentity as Json).accountId]).toEqual([undefined, undefined])
    expect(completeRecord(ofLean)).toMatchObject({ recipientAccountId: account, userIdentity: { accountId: account } })
    expect(ofFull).toMatchObject({ recipientAccountId: account, userIdentity: { accountId: account } })
    const others = { ...data('GetObject'), recipientAccountId: '444455556666' }
    expect(bothOf(others).ofLean).toMatchObject({
      recipientAccountId: '444455556666',
      userIdentity: { accountId: account },
    })
  })

  test('which log it is from; what has no action is no record of ours', () => {
    const { ofLean } = bothOf(data('GetObject'))
    expect(ofLean).not.toHaveProperty('source')
    expect(completeRecord(ofLean).source).toBe('cloudtrail')
    for (const event of [
      data('GetObject'),
      { ...data('GetObject'), action: 'x', source: 'theirs' },
      { kind: 'receipt' },
    ])
      expect(completeRecord(event as Json)).toBe(event)
  })

  test('is all there in a full record, which comes back as it is', () => {
    for (const { record } of RECORD_CASES) {
      const { ofFull } = bothOf(record)
      expect(completeRecord(ofFull)).toEqual(ofFull)
    }
  })
})
