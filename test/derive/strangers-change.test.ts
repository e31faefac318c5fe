import { describe, expect, test } from 'vitest'
import { isExternalAcl } from '../../shared/derive/acl.ts'
import { deriveAction, serviceOf } from '../../shared/derive/action.ts'
import { readConfigChange } from '../../shared/derive/config-change.ts'
import { isInternet, isOurRange } from '../../shared/derive/ip.ts'
import { type KnownLists, NOBODY, prepareKnown } from '../../shared/derive/strangers.ts'

const isForeign = (accountId: string): boolean => accountId !== '111122223333'
const STRANGER = '444455556666'

function read(source: string, eventName: string, parameters: Record<string, unknown>, lists: KnownLists = {}) {
  const { change } = deriveAction(`${source}.amazonaws.com`, eventName, false)
  const service = serviceOf(`${source}.amazonaws.com`)
  const known = prepareKnown(lists)
  const result = readConfigChange({ eventName, change, parameters, isForeign, known, service, eventTimeMs: 0 })
  return result
}
const policy = (principal: unknown) =>
  JSON.stringify({ Statement: { Effect: 'Allow', Principal: principal, Action: '*', Resource: '*' } })
const replication = (destination: object) => ({
  ReplicationConfiguration: { Rule: { Status: 'Enabled', Destination: destination } },
})
const BUCKET = 'arn:aws:s3:::amzn-s3-demo-bucket9'

describe('what goes to a stranger', () => {
  test.each([
    ['s3', 'PutBucketReplication', replication({ Bucket: BUCKET })],
    ['s3', 'PutBucketReplication', replication({ Bucket: BUCKET, Account: STRANGER })],
    [
      's3-outposts',
      'PutBucketReplication',
      { ReplicationConfiguration: { Rules: { Rule: [{ Destination: { Bucket: BUCKET } }] } } },
    ],
    [
      's3tables',
      'PutTableBucketReplication',
      {
        configuration: {
          rules: [
            { destinations: [{ destinationTableBucketARN: `arn:aws:s3tables:eu-central-1:${STRANGER}:bucket/b` }] },
          ],
        },
      },
    ],
    [
      's3',
      'PutBucketInventoryConfiguration',
      { InventoryConfiguration: { Destination: { S3BucketDestination: { Bucket: BUCKET, AccountId: STRANGER } } } },
    ],
    [
      's3',
      'PutBucketAnalyticsConfiguration',
      {
        AnalyticsConfiguration: {
          StorageClassAnalysis: {
            DataExport: { Destination: { S3BucketDestination: { Bucket: BUCKET, BucketAccountId: STRANGER } } },
          },
        },
      },
    ],
    [
      's3',
      'CreateBucketMetadataTableConfiguration',
      {
        MetadataTableConfiguration: {
          S3TablesDestination: { TableBucketArn: `arn:aws:s3tables:eu-central-1:${STRANGER}:bucket/b` },
        },
      },
    ],
    ['dynamodb', 'ExportTableToPointInTime', { s3Bucket: 'b', s3BucketOwner: STRANGER }],
    [
      's3',
      'CreateAccessGrant',
      { CreateAccessGrantRequest: { Grantee: { GranteeIdentifier: `arn:aws:iam::${STRANGER}:role/x` } } },
    ],
    [
      's3',
      'CreateMultiRegionAccessPoint',
      {
        CreateMultiRegionAccessPointRequest: {
          Details: { Regions: { Region: [{ Bucket: 'b', BucketAccountId: STRANGER }] } },
        },
      },
    ],
    ['kms', 'CreateGrant', { granteePrincipal: `arn:aws:iam::${STRANGER}:role/x` }],
    ['cloudtrail', 'PutResourcePolicy', { resourcePolicy: policy({ AWS: STRANGER }) }],
  ])('%s %s %j', (source, eventName, parameters) => {
    expect(read(source, eventName, parameters)).toMatchObject({ external: true, weakens: true })
  })

  test.each([
    ['s3', 'PutBucketReplication', replication({ Bucket: BUCKET }), { buckets: ['amzn-s3-demo-bucket9'] }],
    ['s3', 'PutBucketReplication', replication({ Bucket: BUCKET, Account: '111122223333' }), {}],
    [
      's3',
      'PutBucketReplication',
      replication({
        Bucket: BUCKET,
        EncryptionConfiguration: { ReplicaKmsKeyID: 'arn:aws:kms:eu-central-1:111122223333:key/k' },
      }),
      {},
    ],
    [
      's3',
      'PutBucketInventoryConfiguration',
      { bucketName: 'b', InventoryConfiguration: { Destination: { S3BucketDestination: { Bucket: BUCKET } } } },
      {},
    ],
    ['rds', 'StartExportTask', { s3BucketName: 'amzn-s3-demo-bucket9' }, {}],
    ['rds', 'StartExportTask', { s3BucketName: 'amzn-s3-demo-bucket9' }, { buckets: ['amzn-s3-demo-bucket9'] }],
    ['kms', 'CreateGrant', { granteePrincipal: 'arn:aws:iam::111122223333:role/x' }, {}],
    ['kms', 'CreateGrant', { granteePrincipal: 'rds.eu-central-1.amazonaws.com' }, {}],
  ])('not %s %s %j with %j', (source, eventName, parameters, lists) => {
    expect(read(source, eventName, parameters, lists).external).toBe(false)
  })

  test('an export to a bucket that is not on the list', () => {
    expect(read('rds', 'StartExportTask', { s3BucketName: 'b-9' }, { buckets: ['b-1'] }).external).toBe(true)
  })

  test.each([
    [{ 'x-amz-grant-read': 'id="bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"' }, true],
    [{ 'x-amz-grant-read': ['uri="http://acs.amazonaws.com/groups/s3/LogDelivery"'] }, false],
    [{ accessControlList: { 'x-amz-grant-write': 'emailAddress="jane@example.com"' } }, true],
    [
      { AccessControlPolicy: { AccessControlList: { Grant: { Grantee: { EmailAddress: 'jane@example.com' } } } } },
      true,
    ],
    [{ 'x-amz-acl': 'bucket-owner-full-control' }, false],
  ])('ACL %j: %s', (parameters, external) => {
    expect(isExternalAcl(parameters, NOBODY)).toBe(external)
  })
})

describe('keys', () => {
  test.each([
    ['PutKeyPolicy', { policy: policy({ AWS: 'arn:aws:iam::111122223333:root' }) }, false],
    ['PutKeyPolicy', { policy: policy({ AWS: 'arn:aws:iam::111122223333:role/x' }) }, false],
    ['PutKeyPolicy', { policy: policy({ AWS: STRANGER }) }, true],
    ['PutKeyPolicy', { policy: policy({ Service: 'ec2.amazonaws.com' }) }, true],
    ['CreateKey', {}, false],
    ['ImportKeyMaterial', { validTo: 'Jan 16, 2026, 9:00:00 AM' }, true],
    ['ImportKeyMaterial', { expirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }, false],
    ['DisconnectCustomKeyStore', {}, true],
    ['DisableKeyRotation', {}, false],
  ])('%s %j weakens: %s', (eventName, parameters, weakens) => {
    expect(read('kms', eventName, parameters)).toMatchObject({ change: 'key', weakens })
  })
})

describe('address ranges', () => {
  test.each([
    ['203.0.113.7', true],
    ['203.0.113.0/25', true],
    ['203.0.112.0/23', false],
    ['2001:db8:1::/48', true],
    ['2001:db9::/48', false],
    ['10.20.0.0/16', true],
    ['fd00::/8', true],
    ['::ffff:10.0.0.1', false],
    ['0.0.0.0/0', false],
    ['nonsense', false],
    ['203.0.113.0/99', false],
  ])('%s is ours: %s', (range, ours) => {
    expect(isOurRange(range, ['203.0.113.0/24', '2001:db8::/32'])).toBe(ours)
  })

  test.each([
    [['198.51.100.0/24'], false],
    [['3.0.0.0/8'], false],
    [['3.0.0.0/8', '52.0.0.0/8'], true],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.51.100.0/24'], false],
    [['::/1'], true],
    [['2001:db8::/32'], false],
    [['*'], true],
  ])('%j is the internet: %s', (ranges, all) => {
    expect(isInternet(ranges)).toBe(all)
  })
})
