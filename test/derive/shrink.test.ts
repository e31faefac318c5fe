import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shrinkRecord } from '../../shared/derive/shrink.ts'

const record = {
  eventTime: '2026-06-01T10:02:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketPolicy',
  eventID: '11111111-2222-4333-8444-555555555555',
  recipientAccountId: '111122223333',
  sourceIPAddress: '198.51.100.7',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/alice' },
  requestParameters: {
    bucketName: 'amzn-s3-demo-bucket1',
    key: 'a/b',
    bucketPolicy: { Statement: Array.from({ length: 900 }, (_, at) => ({ Sid: `statement ${at}`, Effect: 'Allow' })) },
    note: 'n'.repeat(2000),
  },
  responseElements: { text: '€"\n'.repeat(4000) },
  kind: 'event',
  source: 'cloudtrail',
  action: 'config.write',
  change: 'policy',
  outcome: 'success',
  public: true,
  weakens: true,
  bytesOut: 12,
}
const message = JSON.stringify(record)
const { requestParameters, responseElements, ...scalars } = record
const bytes = (text: string): number => Buffer.byteLength(text)

describe('shrinkRecord', () => {
  test('leaves alone what fits', () => {
    expect(shrinkRecord(message)).toBe(message)
    expect(shrinkRecord(message, bytes(message))).toBe(message)
  })

  test("keeps PutLogEvents' limit by default", () => {
    const large = JSON.stringify({ ...record, responseElements: { text: '€'.repeat(500_000) } })
    const shrunk = shrinkRecord(large)
    expect(bytes(shrunk)).toBeLessThanOrEqual(1_048_550)
    expect(bytes(shrunk)).toBeGreaterThan(1_000_000)
    expect(JSON.parse(shrunk)).toMatchObject({
      ...scalars,
      requestParameters,
      truncated: true,
      truncatedFields: ['responseElements.text'],
    })
  })

  test('cuts the largest first, and only as far as it must', () => {
    const shrunk = JSON.parse(shrinkRecord(message, bytes(message) - 1))
    expect(shrunk).toMatchObject({ ...scalars, requestParameters: { bucketName: 'amzn-s3-demo-bucket1', key: 'a/b' } })
    expect(shrunk.truncatedFields).toHaveLength(1)
    expect(shrunk.requestParameters.note).toBe(requestParameters.note)
  })

  test('replaces an object by a marker, and a text by its beginning', () => {
    const shrunk = JSON.parse(shrinkRecord(message, 3000))
    expect(shrunk).toMatchObject({
      ...scalars,
      truncated: true,
      requestParameters: {
        bucketName: 'amzn-s3-demo-bucket1',
        key: 'a/b',
        bucketPolicy: { omitted: true, originalSize: bytes(JSON.stringify(requestParameters.bucketPolicy)) },
      },
      responseElements: { text: expect.stringMatching(/^€"\n€"/) },
    })
    expect(shrunk.truncatedFields).toEqual(
      expect.arrayContaining(['requestParameters.bucketPolicy', 'responseElements.text']),
    )
  })

  test('keeps what filters read when nothing else has room', () => {
    expect(JSON.parse(shrinkRecord(message, 1100))).toMatchObject(scalars)
    const { action, change, kind, outcome, source, weakens } = record
    expect(JSON.parse(shrinkRecord(message, 500))).toMatchObject({
      action,
      change,
      kind,
      outcome,
      source,
      weakens,
      truncated: true,
    })
  })

  test('cuts identifying texts to a sane length', () => {
    const long = JSON.stringify({ ...record, requestParameters: { ...requestParameters, key: 'k'.repeat(100_000) } })
    const shrunk = JSON.parse(shrinkRecord(long, 20_000))
    expect(shrunk.requestParameters.key.length).toBeGreaterThan(1000)
    expect(shrunk.requestParameters.bucketName).toBe('amzn-s3-demo-bucket1')
  })

  test('never splits a character', () => {
    const wide = JSON.stringify({ kind: 'event', text: '😀'.repeat(2000) })
    for (let maxBytes = 400; maxBytes < 420; maxBytes++) {
      const shrunk = shrinkRecord(wide, maxBytes)
      expect(shrunk.isWellFormed()).toBe(true)
      expect(JSON.parse(shrunk).text).toMatch(/^(?:😀)+$/u)
    }
  })

  test('copes with thousands of small values', () => {
    const many = {
      kind: 'event',
      action: 'x.read',
      values: Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`name${at}`, at])),
    }
    const shrunk = shrinkRecord(JSON.stringify(many), 10_000)
    expect(bytes(shrunk)).toBeLessThanOrEqual(10_000)
    const fields = JSON.parse(shrunk)
    expect(fields).toMatchObject({ kind: 'event', action: 'x.read', truncated: true })
    expect(fields.truncatedFields.length).toBeLessThanOrEqual(32)
  })

  test('adds to what was cut before, once', () => {
    const again = shrinkRecord(shrinkRecord(message, 3000), 1500)
    const { truncatedFields } = JSON.parse(again)
    expect(new Set(truncatedFields).size).toBe(truncatedFields.length)
    expect(truncatedFields).toContain('responseElements.text')
    expect(again.match(/"truncated":/g)).toHaveLength(1)
  })

  test('keeps the digits of numbers', () => {
    const text = `{"kind":"event","n":12345678901234567890,"x":"${'x'.repeat(900)}"}`
    expect(shrinkRecord(text, 600)).toContain('"n":12345678901234567890')
  })

  test('a message that is no record keeps its beginning', () => {
    expect(JSON.parse(shrinkRecord('not json '.repeat(100), 400))).toMatchObject({
      kind: 'parseError',
      raw: expect.stringMatching(/^not json /),
      truncated: true,
    })
  })

  test('fits, whatever comes', () => {
    const value = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 3000 })), {
      maxKeys: 20,
    })
    fc.assert(
      fc.property(value, fc.integer({ min: 2, max: 2000 }), (fields, maxBytes) => {
        const shrunk = shrinkRecord(JSON.stringify(fields), maxBytes)
        expect(bytes(shrunk)).toBeLessThanOrEqual(maxBytes)
        expect(isRecord(JSON.parse(shrunk))).toBe(true)
        expect(shrunk.isWellFormed()).toBe(true)
      }),
    )
  })
})

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
