import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { shrinkRecord } from '../../shared/derive/shrink.ts'
import { completeRecord } from '../../shared/object/complete.ts'
import { call, data, ENVIRONMENT } from '../cases/cloudtrail-records.ts'

const ALWAYS = {
  kind: /^(?:event|parseError)$/,
  source: /^cloudtrail$/,
  service: /./,
  action: /./,
  change: /./,
  outcome: /^(?:success|failure|unknown)$/,
  errorClass: /^(?:none|denied|notFound|throttled|client|server)$/,
  actorType: /^(?:root|user|role|service|federated|identityCenter|account|anonymous|unknown)$/,
  tool: /./,
  toolRisk: /^(?:none|iac|bulk|offensive)$/,
}
const BOOLEANS = ['awsService', 'anonymous', 'weakens']
/** One JSON type for ever, where it is there at all. */
const TYPES: Readonly<Record<string, string>> = {
  readOnly: 'boolean',
  root: 'boolean',
  crossAccount: 'boolean',
  mfa: 'boolean',
  website: 'boolean',
  actorKnown: 'boolean',
  truncated: 'boolean',
  actor: 'string',
  actorAccount: 'string',
  recipientAccountId: 'string',
  bytesOut: 'number',
  bytesIn: 'number',
  expireDays: 'number',
  lagSeconds: 'number',
}

const NAMES = Object.keys(call('s3.amazonaws.com', 'X'))
const INNER = [
  'bucketName',
  'key',
  'bucketPolicy',
  'Statement',
  'Rule',
  'x-amz-acl',
  'accountId',
  'type',
  'arn',
  'omitted',
]
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.constantFrom(...INNER), fc.jsonValue({ maxDepth: 2 })),
  fc.constantFrom('s3.amazonaws.com', 'PutBucketPolicy', 'True', '*', '', 12345678901, 'ANONYMOUS_PRINCIPAL'),
)
/** Records in which any member may be anything. */
const arbitraryRecord = fc
  .tuple(
    fc.constantFrom(call('s3.amazonaws.com', 'PutBucketPolicy'), data('PutObject')),
    fc.dictionary(fc.constantFrom(...NAMES), anything),
  )
  .map(([base, changes]) => JSON.stringify({ ...base, ...changes }))
const arbitraryText = fc.oneof(arbitraryRecord, fc.json(), fc.string(), fc.string({ unit: 'binary' }))

function check(message: string): void {
  expect(message).not.toMatch(/[\n\r]/)
  const fields = completeRecord(JSON.parse(message))
  for (const [name, pattern] of Object.entries(ALWAYS)) expect(fields[name]).toMatch(pattern)
  for (const name of BOOLEANS) expect(typeof fields[name]).toBe('boolean')
  for (const [name, type] of Object.entries(TYPES)) {
    if (fields[name] !== undefined && fields[name] !== null) expect([name, typeof fields[name]]).toEqual([name, type])
  }
}

describe.each(['lean', 'full'] as const)('whatever comes, detail %s', (detail) => {
  const normalize = createCloudTrailNormalizer({ environment: ENVIRONMENT, detail, capBytes: 200, now: () => 0 })

  test('one line of JSON goes out, with all fields that are always there', () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        const { message, view } = normalize(text)
        check(message)
        expect(Number.isNaN(view.eventTimeMs)).toBe(false)
        expect(view.eventTimeMs).not.toBeNull()
      }),
      { numRuns: 300 },
    )
  })

  test('bytes and text give the same', () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        const wellFormed = text.toWellFormed()
        expect(normalize(Buffer.from(wellFormed))).toEqual(normalize(wellFormed))
      }),
    )
  })

  test('it can be made to fit', () => {
    fc.assert(
      fc.property(arbitraryText, fc.integer({ min: 2, max: 3000 }), (text, maxBytes) => {
        const { message } = normalize(text)
        const shrunk = shrinkRecord(message, maxBytes)
        expect(Buffer.byteLength(shrunk)).toBeLessThanOrEqual(maxBytes)
        const fields: Record<string, unknown> = JSON.parse(shrunk)
        if (Buffer.byteLength(message) <= maxBytes) expect(shrunk).toBe(message)
        else if (maxBytes >= 18) expect(fields.truncated).toBe(true)
      }),
    )
  })
})
