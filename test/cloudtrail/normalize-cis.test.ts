import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { CIS_PATTERNS } from '../cases/cis-patterns.ts'
import { ALICE, call, data, ENVIRONMENT, RECORD_CASES, role } from '../cases/cloudtrail-records.ts'

const options = { environment: ENVIRONMENT, capBytes: 8192, now: () => Date.parse('2026-06-01T10:07:00Z') }
const lean = createCloudTrailNormalizer({ ...options, detail: 'lean' })
const full = createCloudTrailNormalizer({ ...options, detail: 'full' })

const MATCHERS = CIS_PATTERNS.map(({ id, pattern }) => {
  const parsed = parseFilterPattern(pattern)
  if (!parsed.ok) throw new Error(`${id}: ${JSON.stringify(parsed)}`)
  return { id, match: compileFilterPattern(parsed.pattern).match }
})
const hits = (message: string): readonly string[] => MATCHERS.flatMap(({ id, match }) => (match(message) ? [id] : []))

/** An Insight event is the exception: CloudTrail's has no name on top, ours takes it from insightDetails. */
const CALLS = RECORD_CASES.filter(({ record }) => record.insightDetails === undefined)

describe('CIS patterns match our record as the raw one', () => {
  test.each(CALLS)('$name', ({ record }) => {
    const raw = JSON.stringify(record)
    expect(hits(lean(raw).message)).toEqual(hits(raw))
    expect(hits(full(raw).message)).toEqual(hits(raw))
  })

  const root = { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' }
  test.each([
    ['cis-01-unauthorized', data('GetObject', {}, { errorCode: 'AccessDenied' })],
    ['cis-03-root-usage', data('GetObject', {}, { userIdentity: root })],
    ['cis-03-root-usage', call('iam.amazonaws.com', 'ListUsers', { userIdentity: root })],
    ['cis-08-s3-policy', call('s3.amazonaws.com', 'PutBucketPolicy')],
    ['cis-15-org', call('organizations.amazonaws.com', 'LeaveOrganization')],
  ])('%s does match', (id, record) => {
    expect(hits(lean(JSON.stringify(record)).message)).toContain(id)
  })

  test('whatever the values that they read', () => {
    const words = [...new Set(CIS_PATTERNS.flatMap(({ pattern }) => pattern.match(/[A-Z][A-Za-z]{6,}/g) ?? []))]
    const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
    const arbitraryRecord = fc.record({
      base: fc.constantFrom(call, data),
      eventName: fc.oneof(fc.constantFrom(...words), fc.constantFrom('ConsoleLogin', 'GetObject')),
      eventSource: fc.constantFrom('s3', 'kms', 'iam', 'ec2', 'signin', 'cloudtrail', 'config', 'organizations'),
      eventType: fc.constantFrom('AwsApiCall', 'AwsServiceEvent', 'AwsConsoleSignIn', undefined),
      errorCode: fc.constantFrom(
        undefined,
        'AccessDenied',
        'AccessDeniedException',
        'Client.UnauthorizedOperation',
        'NoSuchKey',
      ),
      errorMessage: fc.constantFrom(undefined, 'Failed authentication', 'other'),
      identity: fc.constantFrom(
        ALICE,
        root,
        role('Admin'),
        { type: 'IAMUser', userName: 'x' },
        { type: 'AWSService' },
        undefined,
      ),
      invokedBy: maybe(fc.constantFrom('support.amazonaws.com', 'AWS Internal')),
      MFAUsed: maybe(fc.constantFrom('Yes', 'No')),
      ConsoleLogin: maybe(fc.constantFrom('Success', 'Failure')),
    })
    fc.assert(
      fc.property(
        arbitraryRecord,
        ({ base, eventName, eventSource, identity, invokedBy, MFAUsed, ConsoleLogin, ...rest }) => {
          const source = `${eventSource}.amazonaws.com`
          const changes = {
            ...rest,
            eventSource: source,
            eventName,
            userIdentity:
              identity === undefined ? undefined : { ...identity, ...(invokedBy === undefined ? {} : { invokedBy }) },
            ...(MFAUsed === undefined ? {} : { additionalEventData: { MFAUsed } }),
            ...(ConsoleLogin === undefined ? {} : { responseElements: { ConsoleLogin } }),
          }
          const record = base === data ? data(eventName, {}, changes) : call(source, eventName, changes)
          const raw = JSON.stringify(record)
          expect(hits(lean(raw).message)).toEqual(hits(raw))
          expect(hits(full(raw).message)).toEqual(hits(raw))
        },
      ),
      { numRuns: 300 },
    )
  })
})
