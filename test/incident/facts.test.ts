import { describe, expect, test } from 'vitest'
import { type EventFacts, readFacts } from '../../shared/incident/facts.ts'
import { principalOf } from '../../shared/incident/principal.ts'

const USER = 'arn:aws:iam::111122223333:user/alice'
const ROLE = 'arn:aws:sts::111122223333:assumed-role/deploy'

function facts(record: Record<string, unknown>): EventFacts {
  return readFacts(record, {
    timestamp: 0,
    message: JSON.stringify(record),
    logGroupName: '/bucketwatch/prod/cloudtrail',
  })
}

/** A call as CloudTrail tells it, normalized. */
function call(given: Record<string, unknown>): Record<string, unknown> {
  return {
    kind: 'event',
    source: 'cloudtrail',
    eventTime: '2026-03-17T07:48:02Z',
    outcome: 'success',
    actorType: 'user',
    actor: USER,
    person: 'alice',
    keyId: 'AKIAIOSFODNN7EXAMPLE',
    mfa: false,
    ...given,
  }
}

describe('who', () => {
  test('a user is one person in CloudTrail and in a lean access-log record', () => {
    const trail = facts(call({ eventName: 'GetObject' }))
    const log = facts({
      source: 's3access',
      eventTime: '2026-03-17T07:48:02Z',
      eventName: 'GetObject',
      userIdentity: { type: 'IAMUser', arn: USER },
      requestParameters: { bucketName: 'amzn-s3-demo-bucket' },
    })
    expect(trail).toMatchObject({ person: 'alice', keyId: 'AKIAIOSFODNN7EXAMPLE', mfa: 'no' })
    expect(log).toMatchObject({ person: 'alice', actor: USER })
    expect(principalOf(log)).toBe('person:111122223333/alice')
    expect(principalOf(trail)).toBe(principalOf(log))
  })

  test('users of the same name in two accounts are two', () => {
    const other = facts(call({ actor: USER.replace('111122223333', '444455556666') }))
    expect(principalOf(other)).toBe('person:444455556666/alice')
  })

  test('the session of a role is told; its name is a person only where it names one', () => {
    const role = { actorType: 'role', actor: ROLE, person: undefined, keyId: 'ASIADEPLOY0000EXAMPLE' }
    const software = facts(
      call({ ...role, userIdentity: { type: 'AssumedRole', arn: `${ROLE}/botocore-session-1700000000` } }),
    )
    expect(software.session).toBe('botocore-session-1700000000')
    expect(principalOf(software)).toBe(`actor:${ROLE}`)
    const jane = facts(call({ ...role, userIdentity: { type: 'AssumedRole', arn: `${ROLE}/jane@example.com` } }))
    expect(principalOf(jane)).toBe('person:jane@example.com')
  })

  test('a long-lived key without a person; nobody, by the bucket; nothing known, by the account', () => {
    const given = { person: undefined, actorType: 'root', actor: 'arn:aws:iam::111122223333:root' }
    expect(principalOf(facts(call(given)))).toBe('key:AKIAIOSFODNN7EXAMPLE')
    const nobody = { actorType: 'anonymous', actor: undefined, person: undefined, keyId: undefined }
    const bucket = { requestParameters: { bucketName: 'amzn-s3-demo-bucket' } }
    expect(principalOf(facts(call({ ...nobody, ...bucket })))).toBe('anonymous@amzn-s3-demo-bucket')
    const unknown = { ...nobody, actorType: undefined, recipientAccountId: '111122223333' }
    expect(principalOf(facts(call(unknown)))).toBe('account:111122223333')
  })
})

describe('what', () => {
  const bucketPolicy = {
    Statement: [
      { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: '*',
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: 'arn:aws:s3:::amzn-s3-demo-bucket/*',
      },
    ],
  }

  test.each([
    [
      'the statement that lets everybody in, whatever else the policy says',
      { eventName: 'PutBucketPolicy', change: 'policy', public: true, requestParameters: { bucketPolicy } },
      'lets everybody s3:GetObject, s3:ListBucket on arn:aws:s3:::amzn-s3-demo-bucket/*',
    ],
    [
      'a policy as text, with NotAction',
      {
        eventName: 'PutBucketPolicy',
        external: true,
        requestParameters: { policy: JSON.stringify({ statement: { effect: 'Allow', notAction: 's3:DeleteBucket' } }) },
      },
      'lets another account all but s3:DeleteBucket',
    ],
    ['an ACL', { eventName: 'PutBucketAcl', public: true, requestParameters: {} }, 'lets in everybody'],
    [
      'versioning off',
      { change: 'versioning', requestParameters: { VersioningConfiguration: { Status: 'Suspended' } } },
      'versioning Suspended',
    ],
    ['logging off', { change: 'logging', weakens: true, requestParameters: {} }, 'logging off'],
    [
      'flags of the public access block',
      { requestParameters: { PublicAccessBlockConfiguration: { BlockPublicAcls: false, BlockPublicPolicy: true } } },
      'BlockPublicAcls off',
    ],
    ['the trail', { service: 'cloudtrail', requestParameters: { name: 'management-trail' } }, 'management-trail'],
    ['a lifecycle', { expireDays: 1, requestParameters: {} }, 'objects expire after 1 day'],
    ['a key', { requestParameters: { userName: 'bob', status: 'Inactive' } }, 'bob Inactive'],
    ['bytes', { action: 'object.read', bytesOut: 1704 }, '1704 bytes read'],
    [
      'why it was refused, and nothing of what it asked for',
      {
        public: true,
        outcome: 'failure',
        errorMessage: 'User: … is not authorized',
        requestParameters: { bucketPolicy },
      },
      'User: … is not authorized',
    ],
  ])('%s', (_name, record, detail) => {
    expect(facts(call(record)).detail).toBe(detail)
  })

  test('nothing where the name says it all', () => {
    expect(facts(call({ eventName: 'ListBuckets' })).detail).toBeUndefined()
  })

  test('what opens a bucket opens it only where it was done', () => {
    const opening = { eventName: 'PutBucketPolicy', public: true, requestParameters: { bucketName: 'b', bucketPolicy } }
    expect(facts(call(opening)).opens).toBe('everyone')
    expect(facts(call({ ...opening, outcome: 'failure' })).opens).toBeUndefined()
    expect(facts(call({ ...opening, public: false })).opens).toBeUndefined()
  })
})
