/** What a CloudTrail record promises, whatever reads it. */
import { describe, expect, test } from 'vitest'
import { createCloudTrailReader } from '../../shared/cloudtrail/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { generateCloudTrail } from '../support/generate.ts'

const SECRET = 'a1b2c3d4e5f6a7b8c9d0'
const URL_WITH_SECRET = `https://amzn-s3-demo-bucket.s3.amazonaws.com/k?X-Amz-Credential=${SECRET}&X-Amz-Signature=${SECRET}&x-id=GetObject`

const reader = (detail: 'lean' | 'full') =>
  createCloudTrailReader({
    environment: EMPTY_ENVIRONMENT,
    detail,
    capBytes: 8192,
    now: () => Date.parse('2026-03-17T09:00:00Z'),
  })
const full = reader('full')
const lean = reader('lean')
const normalize = (record: unknown, { normalize: by } = full) => by(Buffer.from(JSON.stringify(record)))

/** The record once for each of its texts, with that text changed; and with a new member at each object. */
function* variants(record: unknown, change: (text: string) => string): Generator<{ path: string; record: unknown }> {
  yield* at(record, '')
  function* at(value: unknown, path: string): Generator<{ path: string; record: unknown }> {
    if (typeof value === 'string') yield { path, record: change(value) }
    if (typeof value !== 'object' || value === null) return
    if (!Array.isArray(value))
      yield { path: `${path}.unknownMember`, record: { ...value, unknownMember: { deep: [change('')] } } }
    for (const [name, member] of Object.entries(value)) {
      for (const inner of at(member, `${path}.${name}`)) {
        const copy = Array.isArray(value) ? [...value] : { ...value }
        Object.assign(copy, { [name]: inner.record })
        yield { path: inner.path, record: copy }
      }
    }
  }
}

const RECORDS = [...generateCloudTrail({ records: 60, seed: 5 })] as Record<string, unknown>[]

describe('secrets of presigned URLs', () => {
  test('are in no record, whichever member holds them, known or unknown, and in no field derived from it', () => {
    let tried = 0
    for (const record of RECORDS) {
      for (const { path, record: changed } of variants(record, (text) => `${text}${URL_WITH_SECRET}`)) {
        for (const detail of [full, lean]) {
          const { message } = normalize(changed, detail)
          if (message.includes(SECRET)) throw new Error(`${path}: ${message}`)
          JSON.parse(message)
        }
        tried += 1
      }
    }
    expect(tried).toBeGreaterThan(1_000)
  })

  test.each(['X-Amz-Signature', 'x-amz-security-token', 'X-Amz-Credential', 'Signature', 'AWSAccessKeyId'])(
    'a member of the name %s keeps its place and loses its value',
    (name) => {
      for (const place of ['requestParameters', 'additionalEventData', 'somethingNew']) {
        const record = {
          ...RECORDS[0],
          [place]: { [name]: SECRET, [`${name}s`]: 'kept', list: [{ [name]: [SECRET] }] },
        }
        const { message } = normalize(record)
        expect(JSON.parse(message)[place]).toEqual({
          [name]: 'REDACTED',
          [`${name}s`]: 'kept',
          list: [{ [name]: ['REDACTED'] }],
        })
      }
    },
  )

  test('a record without a secret keeps every text of its own', () => {
    // The samples' session tokens are secrets, whatever they say.
    const samples = JSON.parse(
      JSON.stringify(RECORDS).replaceAll('redacted-session-token', 'REDACTED'),
    ) as typeof RECORDS
    for (const record of samples) {
      const written = JSON.parse(normalize(record).message)
      for (const [name, value] of Object.entries(record)) if (name !== 'readOnly') expect(written[name]).toEqual(value)
    }
  })
})

describe('what tells events apart', () => {
  test('event and account; the same event is the same', () => {
    const [record] = RECORDS
    const identity = (changes: object) => normalize({ ...record, ...changes }).view.identity
    expect(identity({})).toBe(identity({}))
    expect(identity({})).not.toBe(identity({ eventID: '00000000-0000-4000-8000-000000000000' }))
    expect(identity({})).not.toBe(identity({ recipientAccountId: '444455556666' }))
  })

  test('is the same for lean and full', () => {
    for (const record of RECORDS)
      expect(normalize(record, lean).view.identity).toBe(normalize(record, full).view.identity)
  })
})
