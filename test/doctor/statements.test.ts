/** The statements that the doctor tells people to add: what they allow is a promise, member by member. */
import { describe, expect, test } from 'vitest'
import { evaluatePolicy } from '../../shared/doctor/policy.ts'
import { mayBucketSend, serviceContext } from '../../shared/doctor/queue-policy.ts'
import {
  allowAlarmsToEncrypt,
  allowBucketsToEncrypt,
  allowLogDelivery,
  allowRoleToDecrypt,
  allowRoleToRead,
  allowTrailToDeliver,
} from '../../shared/doctor/statements.ts'

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/bucketwatch-prod-cloudtrail`
const BUCKET = 'amzn-s3-demo-bucket'
const policyOf = (statement: string) => ({ Statement: JSON.parse(statement) })

describe('statements', () => {
  test('a role may read objects and their versions below the prefix', () => {
    expect(JSON.parse(allowRoleToRead(ROLE, BUCKET, 'p/'))).toEqual({
      Sid: 'AllowBucketwatch',
      Effect: 'Allow',
      Principal: { AWS: ROLE },
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: `arn:aws:s3:::${BUCKET}/p/*`,
    })
  })

  test('a role may decrypt, through S3 only', () => {
    expect(JSON.parse(allowRoleToDecrypt(ROLE))).toEqual({
      Sid: 'AllowBucketwatch',
      Effect: 'Allow',
      Principal: { AWS: ROLE },
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
    })
  })

  test.each([
    [allowAlarmsToEncrypt, 'cloudwatch.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey*']],
    [allowBucketsToEncrypt, 's3.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey']],
  ])('%o lets %s use the key', (make, Service, Action) => {
    expect(JSON.parse(make(ACCOUNT))).toMatchObject({
      Effect: 'Allow',
      Principal: { Service },
      Action,
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    })
  })

  test('trails may look at the ACL and write, logging may write; nobody else', () => {
    const trail = policyOf(allowTrailToDeliver('aws', BUCKET, 'p/', ACCOUNT))
    const put = (service: string, resource: string, sourceArn: string) =>
      evaluatePolicy(trail, {
        requester: { service },
        action: 's3:PutObject',
        resource,
        context: {
          ...serviceContext(service),
          'aws:sourcearn': sourceArn,
          's3:x-amz-acl': 'bucket-owner-full-control',
        },
      }).allow
    const source = `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/t`
    const inside = `arn:aws:s3:::${BUCKET}/p/AWSLogs/${ACCOUNT}/x`
    expect(put('cloudtrail.amazonaws.com', inside, source)).toBe('yes')
    expect(put('config.amazonaws.com', inside, source)).toBe('no')
    expect(put('cloudtrail.amazonaws.com', `arn:aws:s3:::${BUCKET}/AWSLogs/${ACCOUNT}/x`, source)).toBe('no')
    expect(put('cloudtrail.amazonaws.com', inside, 'arn:aws:cloudtrail:eu-west-1:444455556666:trail/t')).toBe('no')
    expect(trail.Statement.map(({ Sid, Action }: { Sid: string; Action: string }) => [Sid, Action])).toEqual([
      ['AWSCloudTrailAclCheck', 's3:GetBucketAcl'],
      ['AWSCloudTrailWrite', 's3:PutObject'],
    ])
    expect(JSON.parse(allowLogDelivery('aws-cn', BUCKET, 'a/', ACCOUNT))).toEqual({
      Sid: 'S3ServerAccessLogsPolicy',
      Effect: 'Allow',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `arn:aws-cn:s3:::${BUCKET}/a/*`,
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    })
  })
})

describe('what S3’s own call carries', () => {
  const QUEUE = `arn:aws:sqs:eu-west-1:${ACCOUNT}:q`
  const verdict = (Condition: object, Effect = 'Deny') =>
    mayBucketSend(
      JSON.stringify({
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: QUEUE },
          { Sid: 'tested', Effect, Principal: '*', Action: 'sqs:*', Resource: '*', Condition },
        ],
      }),
      QUEUE,
      `arn:aws:s3:::${BUCKET}`,
      ACCOUNT,
    )

  test.each([
    [{ Bool: { 'aws:SecureTransport': 'false' } }, 'no'],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, 'yes'],
    [{ Bool: { 'aws:PrincipalIsAWSService': 'false' } }, 'no'],
    [{ Bool: { 'aws:PrincipalIsAWSService': 'true' } }, 'yes'],
    [{ StringNotEquals: { 'aws:PrincipalServiceName': 's3.amazonaws.com' } }, 'no'],
    [{ Null: { 'aws:SourceVpce': 'true' } }, 'yes'],
    [{ StringEquals: { 'aws:SourceAccount': '444455556666' } }, 'no'],
  ])('a denial under %j: %s', (condition, deny) => {
    expect(verdict(condition).deny).toBe(deny)
  })

  test('a statement that is neither allows nor denies', () => {
    expect(verdict({}, 'Audit')).toMatchObject({
      allow: 'yes',
      deny: 'no',
      deniedBy: undefined,
      allowedBy: 'statement 1',
    })
    expect(verdict({}, 'DENY')).toMatchObject({ deny: 'yes', deniedBy: 'tested' })
  })
})
