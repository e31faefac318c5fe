import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accountIdOf, deriveIdentity } from '../../shared/derive/identity.ts'

const IP = '198.51.100.7'
const derive = (userIdentity: unknown, source: string | undefined = IP, eventType = 'AwsApiCall') =>
  deriveIdentity(userIdentity, source, eventType)

/** The shapes that the tables of whole records (test/cases/cloudtrail-records.ts) do not have. */
describe('deriveIdentity', () => {
  test.each([
    [
      'SAML',
      { type: 'SAMLUser', principalId: 'x', userName: 'alice@example.com' },
      { actorType: 'federated', actor: 'alice@example.com' },
    ],
    [
      'federated user',
      { type: 'FederatedUser', arn: 'arn:aws:sts::111122223333:federated-user/carol' },
      { actorType: 'federated', actorAccount: '111122223333' },
    ],
    ['type from the ARN', { arn: 'arn:aws:iam::111122223333:user/alice' }, { actorType: 'user' }],
    [
      'role by its issuer',
      {
        type: 'AssumedRole',
        sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::111122223333:role/p/Admin', accountId: '111122223333' } },
      },
      { actor: 'arn:aws:sts::111122223333:assumed-role/Admin', actorAccount: '111122223333' },
    ],
    ['unknown type', { type: 'Martian', userName: 'x' }, { actorType: 'unknown', actor: 'x' }],
    ['nothing', undefined, { actorType: 'unknown', awsService: false, anonymous: false, root: false }],
    ['a text', 'root', { actorType: 'unknown', root: false }],
    [
      'CloudFront',
      { type: 'AWSAccount', accountId: 'cloudfront', principalId: 'AIDAEXAMPLE' },
      { awsService: true, actorAccount: undefined },
    ],
    ['anonymous type', { type: 'Anonymous' }, { anonymous: true, actorType: 'anonymous' }],
    ['anonymous principal', { type: 'AWSAccount', principalId: 'Anonymous', accountId: '' }, { anonymous: true }],
    ['empty invokedBy', { type: 'Root', accountId: '111122223333', invokedBy: '' }, { root: true, awsService: false }],
    [
      'service-linked role by name only',
      { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForConfig/x' },
      { awsService: true },
    ],
  ])('%s', (_name, userIdentity, expected) => {
    expect(derive(userIdentity)).toMatchObject(expected)
  })

  test.each([
    ['s3.amazonaws.com', true],
    ['apigateway.cn-north-1.amazonaws.com.cn', true],
    ['AWS Internal', true],
    [IP, false],
    ['2001:db8::beef', false],
    [undefined, false],
    ['amazonaws.com.evil.example', false],
  ])('called from %s: AWS %s', (source, awsService) => {
    expect(derive({ type: 'IAMUser', userName: 'x' }, source ?? undefined).awsService).toBe(awsService)
  })

  test('never throws', () => {
    const names = ['type', 'arn', 'accountId', 'principalId', 'invokedBy', 'sessionContext', 'onBehalfOf', 'userName']
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), fc.jsonValue())), (identity) => {
        expect(typeof derive(identity).awsService).toBe('boolean')
      }),
    )
  })
})

describe('accountIdOf', () => {
  test.each([
    ['011122223333', '011122223333'],
    [11122223333, '011122223333'],
    ['anonymous', undefined],
    ['', undefined],
    [0, undefined],
    [1.5, undefined],
    [null, undefined],
  ])('%j → %s', (value, expected) => {
    expect(accountIdOf(value)).toBe(expected)
  })
})
