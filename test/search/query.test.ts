import { describe, expect, it } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { facetsOf, facetsOfEvent } from '../../shared/search/facets.ts'
import { compileQuery, type Query } from '../../shared/search/query.ts'
import { forms, ROLE } from './record.ts'

const ANONYMOUS = { userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' } }
const COPY = {
  eventName: 'CopyObject',
  requestParameters: {
    bucketName: 'amzn-s3-demo-copies',
    key: 'stolen.csv',
    'x-amz-copy-source': '/amzn-s3-demo-bucket/a%20b/c.csv?versionId=EXAMPLE',
  },
}
const ACCESS_POINT = {
  requestParameters: { bucketName: 'arn:aws:s3:eu-central-1:111122223333:accesspoint/reports', key: 'a/B.csv' },
  resources: [
    { type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::amzn-s3-demo-behind/a/B.csv' },
    { accountId: '111122223333', type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-behind' },
  ],
}
const at = (time: string) => Date.parse(time)

/** What is searched for, in which event, and whether it is found. */
const CASES: readonly (readonly [query: Query, event: Record<string, unknown>, found: boolean])[] = [
  [{}, {}, true],
  [{ bucket: ['amzn-s3-demo-bucket'] }, {}, true],
  [{ bucket: ['AMZN-S3-demo-*'] }, {}, true],
  [{ bucket: ['amzn-s3-demo'] }, {}, false],
  [{ bucket: ['other', 'amzn-s3-demo-bucket'] }, {}, true],
  [{ bucket: ['amzn-s3-demo-bucket'] }, { requestParameters: null }, false],
  [{ bucket: ['amzn-s3-demo-bucket'] }, COPY, true],
  [{ bucket: ['amzn-s3-demo-copies'] }, COPY, true],
  [{ key: ['a b/c.csv'] }, COPY, true],
  [{ bucket: ['amzn-s3-demo-bucket'], key: ['a b/*'] }, COPY, true],
  [{ bucket: ['amzn-s3-demo-bucket'], key: ['stolen.csv'] }, COPY, false],
  [{ bucket: ['amzn-s3-demo-behind'] }, ACCESS_POINT, true],
  [{ bucket: ['amzn-s3-demo-behind'], key: ['a/*'] }, ACCESS_POINT, true],
  [{ key: ['a/B.csv'] }, {}, true],
  [{ key: ['a/b.csv'] }, {}, false],
  [{ actor: ['arn:aws:iam::111122223333:user/team/Alice'] }, {}, true],
  [{ actor: ['alice'] }, {}, true],
  [{ actor: ['lice'] }, {}, false],
  [{ actor: ['*:user/*'] }, {}, true],
  [{ actor: ['dataengineer'] }, { userIdentity: ROLE }, true],
  [{ actor: [ROLE.arn] }, { userIdentity: ROLE }, true],
  [{ actor: ['arn:aws:sts::111122223333:assumed-role/DataEngineer/*'] }, { userIdentity: ROLE }, true],
  [{ actor: ['arn:aws:sts::111122223333:assumed-role/DataEngineer/eve'] }, { userIdentity: ROLE }, false],
  [{ actor: ['anonymous'] }, ANONYMOUS, true],
  [{ actor: ['anonymous'] }, {}, false],
  [{ person: ['ALICE'] }, {}, true],
  [{ person: ['bob*'] }, { userIdentity: ROLE }, true],
  [{ person: ['bob'] }, {}, false],
  [{ keyId: ['AKIA*'] }, {}, true],
  [{ keyId: ['akia*'] }, {}, false],
  [{ ip: ['192.0.2.66'] }, {}, true],
  [{ ip: ['192.0.2.6'] }, {}, false],
  [{ ip: ['192.0.2.64/30'] }, {}, true],
  [{ ip: ['192.0.2.68/30'] }, {}, false],
  [{ ip: ['192.0.2.*'] }, {}, true],
  [{ ip: ['198.51.100.0/24', '192.0.2.0/24'] }, {}, true],
  [{ ip: ['2001:db8::/32'] }, { sourceIPAddress: '2001:DB8:0:1::7' }, true],
  [{ ip: ['2001:db8::/32'] }, { sourceIPAddress: '2001:db9::7' }, false],
  [{ ip: ['Athena.amazonaws.com'] }, { sourceIPAddress: 'athena.amazonaws.com' }, true],
  [{ ip: ['192.0.2.0/24'] }, { sourceIPAddress: 'athena.amazonaws.com' }, false],
  [{ action: ['object.read'] }, {}, true],
  [{ action: ['getobject'] }, {}, true],
  [{ action: ['Put*'] }, {}, false],
  [{ source: 'cloudtrail' }, {}, true],
  [{ source: 's3access' }, {}, false],
  [{ since: at('2026-03-17T07:00:00Z') }, {}, true],
  [{ since: at('2026-03-17T07:00:00.001Z') }, {}, false],
  [{ until: at('2026-03-17T07:00:00Z') }, {}, false],
  [{ until: at('2026-03-17T07:00:00.001Z') }, {}, true],
  [{ ip: ['192.0.2.66'], action: ['Put*'] }, {}, false],
  [{ who: { actors: ['arn:aws:iam::111122223333:user/team/Alice'], keyIds: [], addresses: [] } }, {}, true],
  [{ who: { actors: [], keyIds: ['AKIAIOSFODNN7EXAMPLE'], addresses: [] } }, {}, true],
  [{ who: { actors: [], keyIds: [], addresses: ['192.0.2.66'] } }, {}, true],
  [{ who: { actors: ['anonymous'], keyIds: [], addresses: ['198.51.100.1'] } }, ANONYMOUS, false],
  [{ who: { actors: [], keyIds: [], addresses: [] } }, {}, false],
]

describe('a search', () => {
  it.each(CASES)('%j in %j: %s', (query, given, found) => {
    for (const [form, facets] of forms(given)) expect(compileQuery(query)(facets), form).toBe(found)
  })

  it('finds access-log lines by the same words', () => {
    const line =
      '79a5 amzn-s3-demo-bucket [17/Mar/2026:07:00:00 +0000] 192.0.2.66 arn:aws:iam::111122223333:user/alice 3E57 REST.GET.OBJECT a%2BB.csv "GET /a%2BB.csv HTTP/1.1" 200 - 10 10 5 4 "-" "curl/8" - abc= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader amzn-s3-demo-bucket.s3.amazonaws.com TLSv1.3 - -'
    const options = { environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: () => 0 } as const
    const record = createReaders(options)['access-log'].normalize(line)
    const query = { actor: ['alice'], bucket: ['*-bucket'], action: ['object.read'], source: 's3access' }
    for (const facets of [facetsOf(record), facetsOfEvent({ message: record.message, timestamp: 0 })!]) {
      expect(compileQuery(query)(facets)).toBe(true)
      expect(compileQuery({ ...query, source: 'cloudtrail' })(facets)).toBe(false)
      expect(facets.facts()).toMatchObject({ bytes: 10, source: 's3access', action: 'object.read', outcome: 'success' })
    }
  })

  it('refuses a range that is none', () => {
    expect(() => compileQuery({ ip: ['192.0.2.0/33'] })).toThrow('"192.0.2.0/33" is no address range')
  })
})

describe('a log event', () => {
  it.each([['{"kind":"receipt","time":"2026-03-17T07:00:00Z"}'], ['no JSON'], ['[]'], ['"text"']])(
    'that is no record is none: %s',
    (message) => {
      expect(facetsOfEvent({ message, timestamp: 0 })).toBeUndefined()
    },
  )

  it('that could not be read is one without a time', () => {
    const facets = facetsOfEvent({ message: '{"kind":"parseError","raw":"x","parseErrorReason":"y"}', timestamp: 0 })!
    expect(facets.time).toBeUndefined()
    expect(compileQuery({})(facets)).toBe(true)
    expect(compileQuery({ since: 0 })(facets)).toBe(false)
    expect(compileQuery({ until: 1 })(facets)).toBe(false)
  })
})
