import { describe, expect, it } from 'vitest'
import { type AccessRequest, type Certainty, evaluatePolicy, statementsOf } from '../../shared/doctor/policy.ts'

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:bucketwatch-prod-cloudtrail'
const BUCKET = 'arn:aws:s3:::amzn-s3-demo-trail'
const ROLE = 'arn:aws:iam::111122223333:role/bucketwatch-prod-CloudTrailRole-EXAMPLE'

const SEND: AccessRequest = {
  requester: { service: 's3.amazonaws.com' },
  action: 'sqs:SendMessage',
  resource: QUEUE,
  context: { 'aws:sourcearn': BUCKET, 'aws:sourceaccount': '444455556666', 'aws:sourcevpce': null },
}
const READ: AccessRequest = {
  requester: { roleArn: ROLE, accountId: '111122223333' },
  action: 's3:GetObject',
  resource: `${BUCKET}/AWSLogs/x`,
  context: { 'aws:securetransport': 'true', 'aws:principalarn': ROLE, 'aws:sourcevpce': null },
}
const allow = (more: object) => ({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*', ...more })

describe('one statement', () => {
  it.each<[string, AccessRequest, object, Certainty]>([
    // Principal
    ['everybody', READ, { Principal: '*' }, 'yes'],
    ['everybody, the long way', SEND, { Principal: { AWS: '*' } }, 'yes'],
    ['the service', SEND, { Principal: { Service: 's3.amazonaws.com' } }, 'yes'],
    ['one of several services', SEND, { Principal: { Service: ['sns.amazonaws.com', 's3.amazonaws.com'] } }, 'yes'],
    ['another service', SEND, { Principal: { Service: 'sns.amazonaws.com' } }, 'no'],
    ['a service is not an account', SEND, { Principal: { AWS: '111122223333' } }, 'no'],
    ['the role', READ, { Principal: { AWS: ['arn:aws:iam::111122223333:user/a', ROLE] } }, 'yes'],
    ['its account, as root', READ, { Principal: { AWS: 'arn:aws:iam::111122223333:root' } }, 'yes'],
    ['its account, as a number', READ, { Principal: { AWS: '111122223333' } }, 'yes'],
    ['another account', READ, { Principal: { AWS: 'arn:aws:iam::444455556666:root' } }, 'no'],
    ['a role that was deleted', READ, { Principal: { AWS: 'AROAEXAMPLEID' } }, 'no'],
    ['ARNs have no wildcards here', READ, { Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } }, 'no'],
    ['a canonical user id that we do not know', READ, { Principal: { CanonicalUser: '79a59df900b949e5' } }, 'maybe'],
    ['all but another', READ, { Principal: undefined, NotPrincipal: { AWS: '444455556666' } }, 'yes'],
    ['all but this one', READ, { Principal: undefined, NotPrincipal: { AWS: ROLE } }, 'no'],
    ['no principal at all', READ, { Principal: undefined }, 'no'],
    // Action
    ['a family of actions, in any case', SEND, { Action: 'SQS:Send*' }, 'yes'],
    ['another action', SEND, { Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'] }, 'no'],
    ['all but others', SEND, { Action: undefined, NotAction: 'sqs:DeleteMessage' }, 'yes'],
    ['all but this', SEND, { Action: undefined, NotAction: 'sqs:*' }, 'no'],
    // Resource
    ['the objects below', READ, { Resource: `${BUCKET}/AWSLogs/*` }, 'yes'],
    ['one of several', READ, { Resource: ['arn:aws:s3:::x/*', `${BUCKET}/*`] }, 'yes'],
    ['the bucket is not its objects', READ, { Resource: BUCKET }, 'no'],
    ['names are compared in their case', READ, { Resource: `${BUCKET}/awslogs/*` }, 'no'],
    ['a question mark is one character', READ, { Resource: `${BUCKET}/AWSLogs/?` }, 'yes'],
    ['dots are dots', READ, { Resource: `${BUCKET.replace('-demo-', '.demo.')}/*` }, 'no'],
    ['a variable is not resolved', READ, { Resource: `${BUCKET}/\${aws:PrincipalTag/team}/*` }, 'maybe'],
    ['all but this', READ, { Resource: undefined, NotResource: `${BUCKET}/AWSLogs/*` }, 'no'],
    // Condition
    [
      'source and account',
      SEND,
      cond('ArnLike', 'aws:SourceArn', BUCKET, 'StringEquals', 'aws:SourceAccount', '444455556666'),
      'yes',
    ],
    [
      'another account',
      SEND,
      cond('ArnLike', 'aws:SourceArn', BUCKET, 'StringEquals', 'aws:SourceAccount', '111122223333'),
      'no',
    ],
    ['keys in any case', SEND, cond('StringEquals', 'AWS:sourceaccount', '444455556666'), 'yes'],
    ['one of several values', SEND, cond('ArnEquals', 'aws:SourceArn', ['arn:aws:s3:::x', BUCKET]), 'yes'],
    ['a pattern', SEND, cond('ArnLike', 'aws:SourceArn', 'arn:aws:s3:::amzn-s3-demo-*'), 'yes'],
    ['StringEquals knows no pattern', SEND, cond('StringEquals', 'aws:SourceArn', 'arn:aws:s3:::amzn-s3-demo-*'), 'no'],
    ['what is not known', SEND, cond('StringEquals', 'aws:SourceOrgID', 'o-exampleorgid'), 'maybe'],
    [
      'not known, but wrong elsewhere',
      SEND,
      cond('StringEquals', 'aws:SourceOrgID', 'o-x', 'ArnEquals', 'aws:SourceArn', 'arn:aws:s3:::x'),
      'no',
    ],
    ['not this value', SEND, cond('StringNotEquals', 'aws:SourceAccount', '444455556666'), 'no'],
    ['not another value', SEND, cond('ArnNotLike', 'aws:SourceArn', 'arn:aws:s3:::other'), 'yes'],
    ['absent: equals nothing', SEND, cond('StringEquals', 'aws:SourceVpce', 'vpce-1a2b3c4d'), 'no'],
    ['absent: not equal to anything', SEND, cond('StringNotEquals', 'aws:SourceVpce', 'vpce-1a2b3c4d'), 'yes'],
    ['absent: IfExists', SEND, cond('StringEqualsIfExists', 'aws:SourceVpce', 'vpce-1a2b3c4d'), 'yes'],
    ['absent: Null true', SEND, cond('Null', 'aws:SourceVpce', 'true'), 'yes'],
    ['absent: Null false', SEND, cond('Null', 'aws:SourceVpce', false), 'no'],
    ['present: Null false', SEND, cond('Null', 'aws:SourceArn', 'false'), 'yes'],
    ['a boolean as boolean', READ, cond('Bool', 'aws:SecureTransport', true), 'yes'],
    [
      'ForAnyValue',
      READ,
      cond('ForAnyValue:StringLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/bucketwatch-*'),
      'yes',
    ],
    ['operators not looked into', READ, cond('IpAddress', 'aws:SecureTransport', '192.0.2.0/24'), 'maybe'],
    ['numbers are not looked into', READ, cond('NumericLessThan', 'aws:SecureTransport', 5), 'maybe'],
  ])('%s', (_, request, more, expected) => {
    expect(evaluatePolicy({ Statement: [allow(more)] }, request).allow).toBe(expected)
    expect(evaluatePolicy({ Statement: allow({ ...more, Effect: 'Deny' }) }, request)).toMatchObject({
      allow: 'no',
      deny: expected,
    })
  })
})

function cond(operator: string, key: string, value: unknown, operator2?: string, key2?: string, value2?: unknown) {
  return { Condition: { [operator]: { [key]: value }, ...(operator2 && { [operator2]: { [key2!]: value2 } }) } }
}

describe('a policy', () => {
  it('is text or an object; anything else says nothing', () => {
    const policy = { Statement: allow({}) }
    expect(evaluatePolicy(JSON.stringify(policy), READ).allow).toBe('yes')
    for (const nothing of [undefined, null, '', '{', '[]', 7, {}, { Statement: 'x' }]) {
      expect(evaluatePolicy(nothing, READ)).toMatchObject({ allow: 'no', deny: 'no' })
      expect(statementsOf(nothing)).toEqual([])
    }
  })

  it('the strongest statement counts, and is named', () => {
    const Condition = { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } }
    const verdict = evaluatePolicy(
      {
        Statement: [allow({ Sid: 'Perhaps', Condition }), allow({}), allow({ Effect: 'Deny', Sid: 'Org', Condition })],
      },
      READ,
    )
    expect(verdict).toEqual({ allow: 'yes', allowedBy: 'statement 2', deny: 'maybe', deniedBy: 'Org' })
  })

  it('of a role has no principal', () => {
    const { requester: _, ...request } = READ
    expect(evaluatePolicy({ Statement: { Effect: 'Allow', Action: 's3:Get*', Resource: '*' } }, request).allow).toBe(
      'yes',
    )
  })
})
