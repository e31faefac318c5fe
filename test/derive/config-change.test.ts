import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isForeignKey, readConfigChange, sseOf } from '../../shared/derive/config-change.ts'

const isForeign = (accountId: string): boolean => accountId !== '111122223333'
const eventTimeMs = Date.parse('2026-06-01T10:00:00Z')
const read = (change: string, eventName: string, parameters: Record<string, unknown>) =>
  readConfigChange({ change, eventName, parameters, isForeign, eventTimeMs })

/** The shapes that the tables of whole records (test/cases/cloudtrail-records.ts) do not have. */
describe('readConfigChange', () => {
  test.each([
    ['bucketPublicAccessBlock', 'PutBucketPublicAccessBlock', { PublicAccessBlockConfiguration: {} }, true],
    ['bucketPublicAccessBlock', 'PutBucketPublicAccessBlock', {}, false],
    [
      'bucketPublicAccessBlock',
      'PutBucketPublicAccessBlock',
      {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: 'true',
          IgnorePublicAcls: 'TRUE',
          BlockPublicPolicy: true,
          RestrictPublicBuckets: 'false',
        },
      },
      true,
    ],
    ['logging', 'PutBucketLogging', {}, false],
    ['logging', 'PutBucketLogging', { BucketLoggingStatus: { LoggingEnabled: '' } }, true],
    ['logging', 'PutBucketLogging', { BucketLoggingStatus: '' }, true],
    ['logging', 'PutBucketLogging', { logging: [{ targetBucket: 'amzn-s3-demo-bucket' }] }, false],
    ['versioning', 'PutBucketVersioning', { VersioningConfiguration: { Status: 'Enabled' } }, false],
    ['versioning', 'PutBucketVersioning', { VersioningConfiguration: { MFADelete: 'Disabled' } }, true],
    [
      'versioning',
      'PutBucketVersioning',
      { VersioningConfiguration: { MfaDelete: 'Enabled', Status: 'Enabled' } },
      false,
    ],
    ['lifecycle', 'DeleteBucketLifecycle', {}, false],
    [
      'lifecycle',
      'PutBucketLifecycle',
      { LifecycleConfiguration: { Rule: { Status: 'Disabled', Expiration: { Days: 1 } } } },
      false,
    ],
    [
      'lifecycle',
      'PutBucketLifecycle',
      { LifecycleConfiguration: { Rule: { Status: 'Enabled', Expiration: { Days: '7' } } } },
      true,
    ],
    [
      'lifecycle',
      'PutBucketLifecycle',
      { LifecycleConfiguration: { Rule: { Status: 'Enabled', Expiration: { Days: 8 } } } },
      false,
    ],
    [
      'lifecycle',
      'PutBucketLifecycle',
      { LifecycleConfiguration: { Rule: { Status: 'Enabled', Transition: { Days: 1 } } } },
      false,
    ],
    [
      'lifecycle',
      'PutBucketLifecycle',
      { LifecycleConfiguration: { Rule: { Status: 'Enabled', Expiration: { Date: '2020-01-01' } } } },
      true,
    ],
    [
      'replication',
      'PutBucketReplication',
      { ReplicationConfiguration: { Rule: { Status: 'Disabled', Destination: { Account: '222233334444' } } } },
      true,
    ],
    [
      'replication',
      'PutBucketReplication',
      {
        ReplicationConfiguration: {
          Rule: [
            { Status: 'Disabled', Destination: { Account: '222233334444' } },
            { Status: 'Enabled', Destination: { Account: '111122223333' } },
          ],
        },
      },
      false,
    ],
    [
      'replication',
      'PutBucketReplication',
      { ReplicationConfiguration: { Rule: { Destination: { Account: 22233334444 } } } },
      true,
    ],
    ['ownershipControls', 'DeleteBucketOwnershipControls', {}, true],
    ['ownershipControls', 'PutBucketOwnershipControls', {}, false],
    ['notification', 'PutBucketNotification', {}, false],
    ['notification', 'PutBucketNotification', { bucketName: 'b', NotificationConfiguration: '' }, true],
    [
      'notification',
      'PutBucketNotification',
      { bucketName: 'b', NotificationConfiguration: { TopicConfiguration: [{ Topic: 'x' }] } },
      false,
    ],
    ['encryption', 'PutBucketEncryption', {}, false],
    ['trail', 'CreateTrail', { isMultiRegionTrail: false }, false],
    ['trail', 'UpdateTrail', { enableLogFileValidation: 'false' }, true],
    ['trail', 'UpdateTrail', { name: 't' }, false],
    ['trail', 'DeleteEventDataStore', {}, true],
    ['trail', 'PutEventSelectors', { eventSelectors: [] }, true],
    ['trail', 'PutEventSelectors', { trailName: 't' }, false],
    [
      'trail',
      'PutEventSelectors',
      { eventSelectors: [{ excludeManagementEventSources: ['kms.amazonaws.com'] }] },
      true,
    ],
    [
      'trail',
      'PutEventSelectors',
      {
        advancedEventSelectors: [
          {
            fieldSelectors: [
              { field: 'eventCategory', equals: ['Management'] },
              { field: 'readOnly', equals: ['true'] },
            ],
          },
        ],
      },
      true,
    ],
    ['trail', 'PutInsightSelectors', { insightSelectors: [] }, true],
    ['tagging', 'DeleteBucketTagging', {}, false],
    ['none', 'PutObject', {}, false],
  ])('%s: %s %j weakens: %s', (change, eventName, parameters, weakens) => {
    expect(read(change, eventName, parameters).weakens).toBe(weakens)
  })

  test('reads any parameters without a throw', () => {
    const names = [
      'bucketPolicy',
      'LifecycleConfiguration',
      'ReplicationConfiguration',
      'eventSelectors',
      'VersioningConfiguration',
    ]
    const changes = [
      'policy',
      'acl',
      'lifecycle',
      'replication',
      'trail',
      'versioning',
      'logging',
      'notification',
      'encryption',
    ]
    const parameters = fc.dictionary(fc.constantFrom(...names), fc.jsonValue())
    fc.assert(
      fc.property(
        fc.constantFrom(...changes),
        fc.constantFrom('PutX', 'DeleteX', 'UpdateX'),
        parameters,
        (change, eventName, values) => {
          expect(typeof read(change, eventName, values).weakens).toBe('boolean')
        },
      ),
    )
  })
})

describe('sseOf', () => {
  test.each([
    ['AES256', 's3'],
    ['aws:kms', 'kms'],
    ['aws:kms:dsse', 'dsse'],
    ['SSE_C', 'c'],
    ['SSE_S3', 's3'],
    ['Default_SSE_S3', 's3'],
    ['SSE-KMS', 'kms'],
    ['Default_SSE_KMS', 'kms'],
    ['DSSE_KMS', 'dsse'],
    ['other', undefined],
    [undefined, undefined],
  ])('%s → %s', (text, sse) => {
    expect(sseOf(text)).toBe(sse)
  })
})

describe('isForeignKey', () => {
  test.each([
    ['arn:aws:kms:eu-central-1:222233334444:key/k', true],
    [['arn:aws:kms:eu-central-1:222233334444:alias/k'], true],
    ['arn:aws:kms:eu-central-1:111122223333:key/k', false],
    ['1234abcd-12ab-34cd-56ef-1234567890ab', false],
    ['alias/aws/s3', false],
    [undefined, false],
  ])('%j: %s', (key, expected) => {
    expect(isForeignKey(key, isForeign)).toBe(expected)
  })
})
