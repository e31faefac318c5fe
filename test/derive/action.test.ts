import { describe, expect, test } from 'vitest'
import { deriveAction, serviceOf } from '../../shared/derive/action.ts'

const S3 = 's3.amazonaws.com'

describe('serviceOf', () => {
  test.each([
    [S3, 's3'],
    ['s3express.amazonaws.com', 's3'],
    ['s3-outposts.amazonaws.com', 's3'],
    ['s3tables.amazonaws.com', 's3tables'],
    ['KMS.amazonaws.com', 'kms'],
    [undefined, 'unknown'],
    ['', 'unknown'],
    ['.amazonaws.com', 'unknown'],
  ])('%s → %s', (eventSource, service) => {
    expect(serviceOf(eventSource)).toBe(service)
  })
})

describe('deriveAction', () => {
  test.each([
    ['GetObject', 'object.read', 'none', true],
    ['SelectObjectContent', 'object.read', 'none', true],
    ['HeadObject', 'object.head', 'none', true],
    ['GetObjectAttributes', 'object.head', 'none', true],
    ['PutObject', 'object.write', 'none', false],
    ['CopyObject', 'object.write', 'none', false],
    ['UploadPart', 'object.write', 'none', false],
    ['CompleteMultipartUpload', 'object.write', 'none', false],
    ['DeleteObject', 'object.delete', 'none', false],
    ['DeleteObjects', 'object.delete', 'none', false],
    ['S3.EXPIRE.OBJECT', 'object.expire', 'none', false],
    ['S3.CREATE.DELETEMARKER', 'object.expire', 'none', false],
    ['REST.COPY.OBJECT_GET', 'object.copyOut', 'none', true],
    ['RestoreObject', 'object.restore', 'none', false],
    ['ListObjects', 'bucket.list', 'none', true],
    ['ListObjectVersions', 'bucket.list', 'none', true],
    ['HeadBucket', 'bucket.head', 'none', true],
    ['CreateBucket', 'bucket.create', 'none', false],
    ['DeleteBucket', 'bucket.delete', 'none', false],
    ['ListBuckets', 'account.listBuckets', 'none', true],
    ['PutBucketAcl', 'acl.write', 'acl', false],
    ['UpdateObjectEncryption', 'object.write', 'encryption', false],
    ['PutObjectAcl', 'acl.write', 'acl', false],
    ['GetBucketAcl', 'config.read', 'none', true],
    ['GetBucketPolicyStatus', 'config.read', 'none', true],
    ['ListAccessPoints', 'config.read', 'none', true],
    ['DescribeJob', 's3.read', 'none', true],
    ['PutBucketPolicy', 'config.write', 'policy', false],
    ['DeleteBucketPolicy', 'config.write', 'policy', false],
    ['PutBucketPublicAccessBlock', 'config.write', 'bucketPublicAccessBlock', false],
    ['PutAccountPublicAccessBlock', 'config.write', 'accountPublicAccessBlock', false],
    ['PutBucketLogging', 'config.write', 'logging', false],
    ['PutBucketVersioning', 'config.write', 'versioning', false],
    ['DeleteBucketEncryption', 'config.write', 'encryption', false],
    ['PutBucketLifecycle', 'config.write', 'lifecycle', false],
    ['PutBucketLifecycleConfiguration', 'config.write', 'lifecycle', false],
    ['DeleteBucketReplication', 'config.write', 'replication', false],
    ['PutBucketObjectLockConfiguration', 'config.write', 'objectLock', false],
    ['PutObjectRetention', 'config.write', 'objectLock', false],
    ['PutBucketOwnershipControls', 'config.write', 'ownershipControls', false],
    ['PutBucketWebsite', 'config.write', 'website', false],
    ['DeleteBucketCors', 'config.write', 'cors', false],
    ['PutBucketNotification', 'config.write', 'notification', false],
    ['PutBucketInventoryConfiguration', 'config.write', 'inventory', false],
    ['PutBucketRequestPayment', 'config.write', 'requestPayment', false],
    ['PutBucketTagging', 'config.write', 'tagging', false],
    ['PutObjectTagging', 'config.write', 'tagging', false],
    ['PutStorageLensConfigurationTagging', 'config.write', 'tagging', false],
    ['CreateAccessPoint', 'config.write', 'accessPoint', false],
    ['PutMultiRegionAccessPointPolicy', 'config.write', 'accessPoint', false],
    ['CreateAccessGrant', 'config.write', 'accessGrants', false],
    ['PutBucketSomethingNew', 'config.write', 'none', false],
    ['CreateJob', 's3.write', 'none', false],
    ['S3.TRANSITION_SIA.OBJECT', 's3.write', 'none', false],
  ])('S3 %s → %s, %s', (eventName, action, change, readOnly) => {
    expect(deriveAction(S3, eventName)).toMatchObject({ action, change, readOnly })
  })

  test.each([
    ['cloudtrail.amazonaws.com', 'StopLogging', undefined, 'trail.write', 'trail', false],
    ['cloudtrail.amazonaws.com', 'PutEventSelectors', undefined, 'trail.write', 'trail', false],
    ['cloudtrail.amazonaws.com', 'AddTags', false, 'trail.write', 'tagging', false],
    ['cloudtrail.amazonaws.com', 'LookupEvents', true, 'trail.read', 'none', true],
    ['cloudtrail.amazonaws.com', 'StartQuery', false, 'trail.read', 'none', false],
    ['signin.amazonaws.com', 'ConsoleLogin', false, 'auth.login', 'none', false],
    ['signin.amazonaws.com', 'ConsoleLogin', undefined, 'auth.login', 'none', false],
    ['signin.amazonaws.com', 'SwitchRole', false, 'signin.write', 'none', false],
    ['iam.amazonaws.com', 'ListUsers', undefined, 'iam.read', 'none', true],
    ['iam.amazonaws.com', 'PutUserPolicy', undefined, 'iam.write', 'none', false],
    ['sts.amazonaws.com', 'AssumeRole', true, 'sts.read', 'none', true],
    ['kms.amazonaws.com', 'Decrypt', undefined, 'kms.read', 'none', true],
    ['dynamodb.amazonaws.com', 'GetItem', true, 'dynamodb.read', 'none', true],
    [undefined, 'ConsoleLogin', undefined, 'auth.login', 'none', false],
    [undefined, 'StopLogging', undefined, 'trail.write', 'trail', false],
    [undefined, 'DeleteBucket', undefined, 'bucket.delete', 'none', false],
    [undefined, 'X', undefined, 'unknown.write', 'none', false],
    ['s3.amazonaws.com', undefined, undefined, 's3.write', 'none', false],
  ])('%s %s (readOnly %s) → %s, %s', (eventSource, eventName, given, action, change, readOnly) => {
    const expected = { action, change, readOnly }
    expect(deriveAction(eventSource, eventName, given)).toMatchObject(expected)
    // Once more, from memory.
    expect(deriveAction(eventSource, eventName, given)).toMatchObject(expected)
  })

  test('remembers the same name of different services apart', () => {
    for (let at = 0; at < 40; at++) {
      expect(deriveAction(`service${at}.amazonaws.com`, 'DeletePolicy', at % 2 === 0).action).toBe(
        `service${at}.${at % 2 === 0 ? 'read' : 'write'}`,
      )
    }
  })
})
