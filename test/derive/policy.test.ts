import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyzePolicy } from '../../shared/derive/policy.ts'
import { prepareKnown } from '../../shared/derive/strangers.ts'

const isForeign = (accountId: string): boolean => accountId !== '111122223333'
const analyze = (policy: unknown) => {
  const { public: isPublic, external } = analyzePolicy(policy, isForeign)
  return { public: isPublic, external }
}
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
    [{ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE' }, false, true],
    [{ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }, false, true],
    [{ Service: 'cloudfront.amazonaws.com' }, true, false],
    // An account of Elastic Load Balancing, which writes access logs.
    [{ AWS: 'arn:aws:iam::054676820928:root' }, false, false],
    // Anybody can have an identity there, for some application.
    [{ Federated: 'cognito-identity.amazonaws.com' }, false, true],
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
    { Bool: { 'aws:PrincipalIsAWSService': 'true' }, StringEquals: { 'aws:SourceAccount': '111122223333' } },
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
    { IpAddress: { 'aws:SourceIp': Array.from({ length: 200 }, (_, at) => `${at + 1}.0.0.0/8`) } },
    { Bool: { 'aws:PrincipalIsAWSService': 'true' } },
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

  test.each([[{ toString: false }], [[{ toString: '' }]], [[[null, { toString: 1, valueOf: 1 }]]]])(
    '%j is read without a throw',
    (odd) => {
      expect(
        [one(odd), one('*', { StringEquals: { 'aws:PrincipalAccount': odd } })].map(({ public: isPublic }) => isPublic),
      ).toEqual([false, false])
    },
  )

  test('whatever it is, it is read without a throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (principal, condition) => {
        expect(Object.values(one(principal, condition)).every((value) => typeof value === 'boolean')).toBe(true)
      }),
    )
  })
})

describe('who is a stranger', () => {
  const known = prepareKnown({
    organizations: ['o-exampleorg1'],
    vpcs: ['vpc-1'],
    vpcEndpoints: ['vpce-1'],
    canonicalIds: ['79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'],
    distributions: ['E2EXAMPLE'],
    principalIds: ['AROAEXAMPLEID12345'],
    allowRanges: ['203.0.113.0/24', '2001:db8::/32'],
  })
  const isExternal = (statement: object) => analyzePolicy({ Statement: statement }, isForeign, known).external

  test.each([
    [
      { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
      { StringEquals: { 'aws:PrincipalOrgID': 'o-other' } },
    ],
    [{ StringEquals: { 'aws:SourceVpc': 'vpc-1' } }, { StringEquals: { 'aws:SourceVpc': ['vpc-1', 'vpc-2'] } }],
    [{ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }, { StringEquals: { 'aws:SourceVpce': 'vpce-2' } }],
    [{ StringLike: { 'aws:userid': 'AROAEXAMPLEID12345:*' } }, { StringLike: { 'aws:userid': 'AROASTRANGER12345:*' } }],
    [{ IpAddress: { 'aws:SourceIp': '203.0.113.128/25' } }, { IpAddress: { 'aws:SourceIp': '203.0.112.0/23' } }],
    [{ IpAddress: { 'aws:SourceIp': '2001:db8:1::/48' } }, { IpAddress: { 'aws:SourceIp': '198.51.100.23/32' } }],
    [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '192.0.2.1'] } }],
    [
      { StringEquals: { 's3:DataAccessPointAccount': '111122223333' } },
      { StringEquals: { 's3:DataAccessPointAccount': '222233334444' } },
    ],
  ])('ours with %j, not with %j', (ours, stranger) => {
    expect([isExternal(allow('*', ours)), isExternal(allow('*', stranger))]).toEqual([false, true])
  })

  test.each([
    [{ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }, false],
    [{ CanonicalUser: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' }, true],
    [{ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE' }, false],
    [{ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E3EXAMPLE' }, true],
  ])('%j: external %s', (principal, external) => {
    expect(isExternal(allow(principal))).toBe(external)
  })

  test('all conditions must hold: one that only ours can meet settles it', () => {
    const condition = { StringEquals: { 'aws:SourceVpce': 'vpce-2', 'aws:PrincipalOrgID': 'o-exampleorg1' } }
    expect(isExternal(allow('*', condition))).toBe(false)
    // A foreign account inside our organization is no stranger; from our network it is.
    const org = { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } }
    expect(isExternal(allow({ AWS: '222233334444' }, org))).toBe(false)
    expect(isExternal(allow({ AWS: '222233334444' }, { StringEquals: { 'aws:SourceVpc': 'vpc-1' } }))).toBe(true)
    // A list of no organizations names none of ours.
    expect(isExternal(allow({ AWS: '222233334444' }, { StringEquals: { 'aws:PrincipalOrgID': [] } }))).toBe(true)
  })

  test.each([
    ['cloudfront.amazonaws.com', 's3:GetObject', undefined, true, false],
    ['cloudfront.amazonaws.com', 's3:GetObject', 'arn:aws:cloudfront::111122223333:distribution/E1', false, false],
    ['cloudfront.amazonaws.com', 's3:GetObject', 'arn:aws:cloudfront::222233334444:distribution/E1', false, true],
    ['cloudtrail.amazonaws.com', 's3:PutObject', undefined, false, false],
    ['cloudtrail.amazonaws.com', ['s3:PutObject', 's3:GetBucketAcl'], undefined, false, false],
    ['cloudtrail.amazonaws.com', 's3:PutObject', 'arn:aws:cloudtrail:eu-central-1:222233334444:trail/t', false, true],
    ['cloudtrail.amazonaws.com', ['s3:PutObject', 's3:GetObject'], undefined, true, false],
    ['s3.amazonaws.com', 's3:*', undefined, true, false],
    ['sns.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey*'], undefined, false, false],
  ])('%s for %j acting for %s: public %s, external %s', (Service, Action, arn, isPublic, external) => {
    const Condition = arn === undefined ? undefined : { ArnLike: { 'AWS:SourceArn': arn } }
    const facts = analyzePolicy(
      { Statement: { Effect: 'Allow', Principal: { Service }, Action, Condition } },
      isForeign,
      known,
    )
    expect([facts.public, facts.external]).toEqual([isPublic, external])
  })
})

describe('policies that shut out', () => {
  const deny = (rest: object) => ({ Statement: { Effect: 'Deny', Principal: '*', Action: 's3:*', ...rest } })
  const role = 'arn:aws:iam::111122223333:role/only-one'

  test.each([
    ['everybody', deny({})],
    ['everybody but one role', deny({ Condition: { StringNotEquals: { 'aws:PrincipalArn': role } } })],
    [
      'everybody but one id',
      deny({ Condition: { StringNotLike: { 'aws:userid': ['AROAEXAMPLE:*', 'AROAEXAMPLE'] } } }),
    ],
    ['everybody but a user', deny({ Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111122223333:user/x' } })],
    ['everybody who reads', deny({ Action: ['s3:GetObject', 's3:PutObject'] })],
    ['everybody but a stranger', deny({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': '222233334444' } } })],
  ])('%s', (_name, policy) => {
    expect(analyzePolicy(policy, isForeign).lockout).toBe(true)
  })

  test.each([
    ['requests without TLS', deny({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
    ['one action', deny({ Action: 's3:DeleteObject' })],
    [
      'reading, but by one role',
      deny({ Action: 's3:GetObject', Condition: { StringNotEquals: { 'aws:PrincipalArn': role } } }),
    ],
    ['one role', deny({ Principal: { AWS: role } })],
    ['other accounts', deny({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': '111122223333' } } })],
    ['other organizations', deny({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } } })],
    ['other networks', deny({ Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } })],
    ['all but two roles', deny({ Condition: { ArnNotLike: { 'aws:PrincipalArn': [role, `${role}-more`] } } })],
  ])('not: %s', (_name, policy) => {
    expect(analyzePolicy(policy, isForeign).lockout).toBe(false)
  })
})

test('a Deny for all networks but one shuts out where that one is a stranger', () => {
  const known = prepareKnown({ allowRanges: ['203.0.113.0/24'] })
  const lockout = (address: string) => {
    const Condition = { NotIpAddress: { 'aws:SourceIp': address } }
    const statement = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*', Condition }
    return analyzePolicy({ Statement: statement }, isForeign, known).lockout
  }
  expect(lockout('203.0.113.7/32')).toBe(false)
  expect(lockout('198.51.100.23/32')).toBe(true)
})
