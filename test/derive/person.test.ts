import { describe, expect, test } from 'vitest'
import { personOf, personOfSession } from '../../shared/derive/person.ts'
import { ALICE, role } from '../cases/cloudtrail-records.ts'

describe('the person', () => {
  test.each([
    ['an IAM user', ALICE, 'alice'],
    ['a session with an e-mail address', role('Admin', { session: 'jane.doe@example.com' }), 'jane.doe@example.com'],
    ['a session of two names', role('Admin', { session: 'jane.doe' }), 'jane.doe'],
    ['a session of a permission set', role('AWSReservedSSO_Admin_0123456789abcdef', { session: 'jane' }), 'jane'],
    ['an instance', role('Web', { session: 'i-0123456789abcdef0' }), 'i-0123456789abcdef0'],
    ['software', role('Deploy', { session: 'botocore-session-1700000000' }), undefined],
    ['a function', role('loader', { session: 'loader' }), undefined],
    [
      'a source identity, whatever the session is called',
      { ...role('Deploy', { session: 'x@example.com' }), sessionContext: { sourceIdentity: 'alice@example.com' } },
      'alice@example.com',
    ],
    ['a user of Identity Center', { type: 'IdentityCenterUser', onBehalfOf: { userId: '544894e8' } }, '544894e8'],
    ['a role for a user of Identity Center', { ...role('App', { session: 's3' }), onBehalfOf: { userId: '5' } }, '5'],
    ['a federated user', { type: 'WebIdentityUser', userName: 'jane' }, 'jane'],
    [
      'a delegate',
      { ...role('X', { session: 'x1' }), invokedByDelegate: { accountId: '444455556666' } },
      '444455556666',
    ],
    ['nobody', { type: 'AWSService', invokedBy: 'config.amazonaws.com' }, undefined],
    ['values of any type', { type: 5, arn: [], sessionContext: 'x', onBehalfOf: null, userName: {} }, undefined],
  ])('%s', (_name, identity, person) => {
    expect(personOf(identity)).toBe(person)
  })

  test('a session alone', () => {
    expect(personOfSession('Web', 'i-0123')).toBeUndefined()
    expect(personOfSession('Web', 'jane@example.com')).toBe('jane@example.com')
  })
})
