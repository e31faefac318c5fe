import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyzePolicy } from '../../shared/derive/policy.ts'

const isForeign = (accountId: string): boolean => accountId !== '111122223333'
const analyze = (policy: unknown) => analyzePolicy(policy, isForeign)
const allow = (Principal: unknown, Condition?: unknown) => ({ Effect: 'Allow', Principal, Action: '*', Condition })
const one = (Principal: unknown, Condition?: unknown) => analyze({ Statement: [allow(Principal, Condition)] })

describe('whom a policy lets in', () => {
  test.each([
    ['*', true, false],
    [['*'], true, false],
    [{ AWS: '*' }, true, false],
    [{ AWS: ['arn:aws:iam::111122223333:root', '*'] }, true, false],
    [{ AWS: 'arn:aws:iam::*:root' }, true, false],
    [{ AWS: '111122223333' }, false, false],
    [{ AWS: '222233334444' }, false, true],
    [{ AWS: ['111122223333', '222233334444'] }, false, true],
    [{ AWS: 'arn:aws:iam::222233334444:root' }, false, true],
    [{ AWS: 'arn:aws-us-gov:iam::222233334444:role/x' }, false, true],
    [{ AWS: 'arn:aws:sts::222233334444:assumed-role/x/y' }, false, true],
    [{ AWS: 'AROAEXAMPLEDELETEDROLE' }, false, false],
    [{ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE' }, false, false],
    [{ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }, false, false],
    [{ Service: 'cloudtrail.amazonaws.com' }, false, false],
    [{ Federated: 'cognito-identity.amazonaws.com' }, false, false],
    [{ Federated: 'arn:aws:iam::222233334444:saml-provider/x' }, false, true],
    [undefined, false, false],
    [null, false, false],
  ])('%j: public %s, external %s', (principal, isPublic, external) => {
    expect(one(principal)).toEqual({ public: isPublic, external })
  })

  test('an Allow for all but some is for all', () => {
    expect(analyze({ Statement: { Effect: 'Allow', NotPrincipal: { AWS: '111122223333' }, Action: '*' } }).public).toBe(
      true,
    )
  })

  test('a Deny opens nothing', () => {
    expect(
      analyze({
        Statement: [
          { ...allow('*'), Effect: 'Deny' },
          { ...allow({ AWS: '222233334444' }), Effect: 'Deny' },
        ],
      }),
    ).toEqual({
      public: false,
      external: false,
    })
    expect(analyze({ Statement: { Effect: 'Deny', NotPrincipal: { AWS: '1' } } }).public).toBe(false)
  })

  test('every statement counts, as an object, an array, a text', () => {
    expect(analyze({ Statement: allow('*') }).public).toBe(true)
    expect(analyze({ Statement: [allow({ AWS: '111122223333' }), allow(null), allow('*')] }).public).toBe(true)
    expect(analyze(JSON.stringify({ Statement: allow('*') })).public).toBe(true)
    expect(analyze([JSON.stringify({ Statement: allow('*') })]).public).toBe(true)
    expect(analyze({ statement: [{ effect: 'Allow', principal: '*' }] }).public).toBe(true)
  })

  test.each([undefined, null, '', 'x', '{', '[]', 12, { Statement: 'x' }, { Statement: [null, 'x', 1] }])(
    '%j says nothing',
    (policy) => {
      expect(analyze(policy)).toEqual({ public: false, external: false })
    },
  )
})

describe('a condition closes * where it ties it down', () => {
  test.each([
    { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
    { StringEquals: { 'AWS:principalorgid': ['o-exampleorg1', 'o-exampleorg2'] } },
    { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-exampleorg1/r-ab12/*' } },
    { StringEquals: { 'aws:SourceVpc': 'vpc-0123456789abcdef0' } },
    { StringEqualsIgnoreCase: { 'aws:SourceVpce': 'vpce-0123456789abcdef0' } },
    { StringEquals: { 'aws:SourceAccount': '111122223333' } },
    { StringEquals: { 'aws:PrincipalAccount': '111122223333' } },
    { StringEquals: { 'aws:SourceOwner': '111122223333' } },
    { StringEquals: { 's3:DataAccessPointAccount': '111122223333' } },
    { StringEquals: { 'kms:CallerAccount': '111122223333', 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } },
    { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/app' } },
    { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/*'] } },
    { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::amzn-s3-demo-bucket*' } },
    { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    { IpAddressIfExists: { 'aws:SourceIp': ['203.0.113.7', '2001:db8::/32'] } },
    { StringLike: { 'aws:userid': 'AROAEXAMPLEID12345:*' } },
    { Bool: { 'aws:PrincipalIsAWSService': 'true' } },
    { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
  ])('%j', (condition) => {
    expect(one('*', condition).public).toBe(false)
  })

  test.each([
    undefined,
    {},
    { Bool: { 'aws:SecureTransport': 'true' } },
    { StringNotEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
    { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
    { StringEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } },
    { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
    { StringLike: { 'aws:PrincipalOrgID': '*' } },
    { StringLike: { 'aws:SourceVpce': 'vpce-*' } },
    { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Admin' } },
    { ArnLike: { 'aws:PrincipalArn': '*' } },
    { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } },
    { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } },
    { IpAddress: { 'aws:SourceIp': ['0.0.0.0/1', '128.0.0.0/1'] } },
    { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '::/0'] } },
    { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    { StringLike: { 'aws:Referer': 'https://www.example.com/*' } },
    { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
    { StringEquals: { 's3:x-amz-acl': 'private' } },
    { StringEquals: { 'aws:PrincipalOrgID': [] } },
    { StringEquals: { 'aws:PrincipalOrgID': '' } },
    'nonsense',
  ])('not %j', (condition) => {
    expect(one('*', condition).public).toBe(true)
  })

  test('and names who is external', () => {
    expect(one('*', { StringEquals: { 'aws:PrincipalAccount': '222233334444' } })).toEqual({
      public: false,
      external: true,
    })
    expect(one('*', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::222233334444:role/*' } })).toEqual({
      public: false,
      external: true,
    })
  })

  test('whatever it is, it is read without a throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (principal, condition) => {
        expect(Object.values(one(principal, condition)).every((value) => typeof value === 'boolean')).toBe(true)
      }),
    )
  })
})
