import { describe, expect, it } from 'vitest'
import { describeOperation, usualOperation } from '../../shared/access-log/operation.ts'

/** operation, has a key, event name, category, read-only, action, change */
const OPERATIONS: readonly (readonly [string, boolean, string, 'Data' | 'Management', boolean, string, string])[] = [
  ['REST.GET.OBJECT', true, 'GetObject', 'Data', true, 'object.read', 'none'],
  ['REST.HEAD.OBJECT', true, 'HeadObject', 'Data', true, 'object.head', 'none'],
  ['REST.PUT.OBJECT', true, 'PutObject', 'Data', false, 'object.write', 'none'],
  ['REST.POST.OBJECT', true, 'PostObject', 'Data', false, 'object.write', 'none'],
  ['REST.DELETE.OBJECT', true, 'DeleteObject', 'Data', false, 'object.delete', 'none'],
  ['BATCH.DELETE.OBJECT', true, 'DeleteObject', 'Data', false, 'object.delete', 'none'],
  ['REST.POST.MULTI_OBJECT_DELETE', false, 'DeleteObjects', 'Data', false, 'object.delete', 'none'],
  ['REST.COPY.OBJECT', true, 'CopyObject', 'Data', false, 'object.write', 'none'],
  ['REST.COPY.OBJECT_GET', true, 'REST.COPY.OBJECT_GET', 'Data', true, 'object.copyOut', 'none'],
  ['REST.COPY.PART', true, 'UploadPartCopy', 'Data', false, 'object.write', 'none'],
  ['REST.COPY.PART_GET', true, 'REST.COPY.PART_GET', 'Data', true, 'object.copyOut', 'none'],
  ['REST.PUT.PART', true, 'UploadPart', 'Data', false, 'object.write', 'none'],
  ['REST.POST.UPLOADS', true, 'CreateMultipartUpload', 'Data', false, 'object.write', 'none'],
  ['REST.POST.UPLOAD', true, 'CompleteMultipartUpload', 'Data', false, 'object.write', 'none'],
  ['REST.DELETE.UPLOAD', true, 'AbortMultipartUpload', 'Data', false, 'object.write', 'none'],
  ['REST.GET.UPLOAD', true, 'ListParts', 'Data', true, 'bucket.list', 'none'],
  ['REST.GET.UPLOADS', false, 'ListMultipartUploads', 'Data', true, 'bucket.list', 'none'],
  ['REST.POST.RESTORE', true, 'RestoreObject', 'Data', false, 'object.restore', 'none'],
  ['REST.POST.SELECT', true, 'SelectObjectContent', 'Data', true, 'object.read', 'none'],
  ['REST.GET.TORRENT', true, 'GetObjectTorrent', 'Data', true, 'object.read', 'none'],
  ['REST.GET.OBJECT_ATTRIBUTES', true, 'GetObjectAttributes', 'Data', true, 'object.head', 'none'],
  ['REST.OPTIONS.PREFLIGHT', true, 'OptionsObject', 'Data', true, 's3.read', 'none'],
  ['REST.GET.BUCKET', false, 'ListObjects', 'Data', true, 'bucket.list', 'none'],
  ['REST.GET.BUCKETVERSIONS', false, 'ListObjectVersions', 'Data', true, 'bucket.list', 'none'],
  ['REST.HEAD.BUCKET', false, 'HeadBucket', 'Data', true, 'bucket.head', 'none'],
  ['REST.PUT.BUCKET', false, 'CreateBucket', 'Management', false, 'bucket.create', 'none'],
  ['REST.DELETE.BUCKET', false, 'DeleteBucket', 'Management', false, 'bucket.delete', 'none'],
  ['REST.GET.SERVICE', false, 'ListBuckets', 'Management', true, 'account.listBuckets', 'none'],
  ['REST.GET.ACL', true, 'GetObjectAcl', 'Data', true, 'config.read', 'none'],
  ['REST.GET.ACL', false, 'GetBucketAcl', 'Management', true, 'config.read', 'none'],
  ['REST.PUT.ACL', true, 'PutObjectAcl', 'Data', false, 'acl.write', 'acl'],
  ['REST.PUT.ACL', false, 'PutBucketAcl', 'Management', false, 'acl.write', 'acl'],
  ['REST.PUT.TAGGING', false, 'PutBucketTagging', 'Management', false, 'config.write', 'tagging'],
  ['REST.GET.OBJECT_TAGGING', true, 'GetObjectTagging', 'Data', true, 'config.read', 'none'],
  ['REST.DELETE.OBJECT_TAGGING', true, 'DeleteObjectTagging', 'Data', false, 'config.write', 'tagging'],
  ['REST.PUT.LEGAL_HOLD', true, 'PutObjectLegalHold', 'Data', false, 'config.write', 'objectLock'],
  ['REST.PUT.RETENTION', true, 'PutObjectRetention', 'Data', false, 'config.write', 'objectLock'],
  [
    'REST.PUT.OBJECT_LOCK_CONFIGURATION',
    false,
    'PutBucketObjectLockConfiguration',
    'Management',
    false,
    'config.write',
    'objectLock',
  ],
  ['REST.GET.BUCKETPOLICY', false, 'GetBucketPolicy', 'Management', true, 'config.read', 'none'],
  ['REST.PUT.BUCKETPOLICY', false, 'PutBucketPolicy', 'Management', false, 'config.write', 'policy'],
  ['REST.DELETE.BUCKETPOLICY', false, 'DeleteBucketPolicy', 'Management', false, 'config.write', 'policy'],
  ['REST.GET.POLICY_STATUS', false, 'GetBucketPolicyStatus', 'Management', true, 'config.read', 'none'],
  [
    'REST.PUT.PUBLIC_ACCESS_BLOCK',
    false,
    'PutBucketPublicAccessBlock',
    'Management',
    false,
    'config.write',
    'bucketPublicAccessBlock',
  ],
  ['REST.GET.LOCATION', false, 'GetBucketLocation', 'Management', true, 'config.read', 'none'],
  ['REST.PUT.VERSIONING', false, 'PutBucketVersioning', 'Management', false, 'config.write', 'versioning'],
  ['REST.PUT.LOGGING_STATUS', false, 'PutBucketLogging', 'Management', false, 'config.write', 'logging'],
  ['REST.PUT.LIFECYCLE', false, 'PutBucketLifecycle', 'Management', false, 'config.write', 'lifecycle'],
  ['REST.PUT.NOTIFICATION', false, 'PutBucketNotification', 'Management', false, 'config.write', 'notification'],
  ['REST.PUT.REPLICATION', false, 'PutBucketReplication', 'Management', false, 'config.write', 'replication'],
  ['REST.PUT.ENCRYPTION', false, 'PutBucketEncryption', 'Management', false, 'config.write', 'encryption'],
  ['REST.PUT.CORS', false, 'PutBucketCors', 'Management', false, 'config.write', 'cors'],
  ['REST.PUT.WEBSITE', false, 'PutBucketWebsite', 'Management', false, 'config.write', 'website'],
  ['REST.PUT.REQUEST_PAYMENT', false, 'PutBucketRequestPayment', 'Management', false, 'config.write', 'requestPayment'],
  [
    'REST.PUT.OWNERSHIP_CONTROLS',
    false,
    'PutBucketOwnershipControls',
    'Management',
    false,
    'config.write',
    'ownershipControls',
  ],
  ['REST.PUT.INVENTORY', false, 'PutBucketInventoryConfiguration', 'Management', false, 'config.write', 'inventory'],
  ['REST.GET.ANALYTICS', false, 'GetBucketAnalyticsConfiguration', 'Management', true, 'config.read', 'none'],
  ['REST.GET.METRICS', false, 'GetBucketMetricsConfiguration', 'Management', true, 'config.read', 'none'],
  [
    'REST.GET.INTELLIGENT_TIERING',
    false,
    'GetBucketIntelligentTieringConfiguration',
    'Management',
    true,
    'config.read',
    'none',
  ],
  ['REST.GET.ACCELERATE', false, 'GetAccelerateConfiguration', 'Management', true, 'config.read', 'none'],
  ['WEBSITE.GET.OBJECT', true, 'GetObject', 'Data', true, 'object.read', 'none'],
  ['WEBSITE.HEAD.OBJECT', true, 'HeadObject', 'Data', true, 'object.head', 'none'],
  ['S3.EXPIRE.OBJECT', true, 'S3.EXPIRE.OBJECT', 'Data', false, 'object.expire', 'none'],
  ['S3.EXPIRE.SOMETHING_NEW', true, 'S3.EXPIRE.SOMETHING_NEW', 'Data', false, 'object.expire', 'none'],
  ['S3.CREATE.DELETEMARKER', true, 'S3.CREATE.DELETEMARKER', 'Data', false, 'object.expire', 'none'],
  ['S3.DELETE.UPLOAD', true, 'S3.DELETE.UPLOAD', 'Data', false, 'object.expire', 'none'],
  ['S3.TRANSITION_GDA.OBJECT', true, 'S3.TRANSITION_GDA.OBJECT', 'Data', false, 's3.write', 'none'],
  ['SOAP.GetObject', true, 'GetObject', 'Data', true, 'object.read', 'none'],
  ['SOAP.ListBucket', false, 'ListObjects', 'Data', true, 'bucket.list', 'none'],
  ['SOAP.CreateBucket', false, 'CreateBucket', 'Management', false, 'bucket.create', 'none'],
  // Not known: the text stays, the verb tells.
  ['REST.GET.SOMETHING_NEW', false, 'REST.GET.SOMETHING_NEW', 'Management', true, 'config.read', 'none'],
  ['REST.PUT.SOMETHING_NEW', false, 'REST.PUT.SOMETHING_NEW', 'Management', false, 'config.write', 'none'],
  ['REST.GET.SOMETHING_NEW', true, 'REST.GET.SOMETHING_NEW', 'Data', true, 's3.read', 'none'],
  ['REST.PUT.SOMETHING_NEW', true, 'REST.PUT.SOMETHING_NEW', 'Data', false, 's3.write', 'none'],
  ['WEBSITE.INVALIDOPERATION', false, 'WEBSITE.INVALIDOPERATION', 'Management', true, 's3.read', 'none'],
]

describe('describeOperation', () => {
  it.each(OPERATIONS)('%s, key: %s → %s', (operation, hasKey, eventName, eventCategory, readOnly, action, change) => {
    // Twice: what is remembered is what was computed.
    for (const facts of [describeOperation(operation, hasKey), describeOperation(operation, hasKey)]) {
      expect(facts).toMatchObject({ eventName, eventCategory, readOnly, action, change })
    }
  })

  it.each([
    ['REST.DELETE.ENCRYPTION', true],
    ['REST.DELETE.PUBLIC_ACCESS_BLOCK', true],
    ['REST.DELETE.REPLICATION', true],
    ['REST.DELETE.OWNERSHIP_CONTROLS', true],
    ['REST.DELETE.LIFECYCLE', false],
    ['REST.PUT.PUBLIC_ACCESS_BLOCK', false],
  ])('%s weakens: %s', (operation, weakens) => {
    expect(describeOperation(operation, false).weakens).toBe(weakens)
  })

  it('tells websites, S3 itself, and requests of several lines', () => {
    expect(describeOperation('WEBSITE.GET.OBJECT', true)).toMatchObject({ website: true, rest: false, internal: false })
    expect(describeOperation('S3.EXPIRE.OBJECT', true)).toMatchObject({ website: false, rest: false, internal: true })
    expect(describeOperation('REST.GET.OBJECT', true)).toMatchObject({ rest: true, severalLines: false, method: 'GET' })
    // Of these S3 writes one line a request.
    const isOneLine = (operation: string) => describeOperation(operation, true).oneLine
    expect(['WEBSITE.GET.OBJECT', 'REST.GET.OBJECT'].map(isOneLine)).toEqual([true, true])
    expect(['S3.EXPIRE.OBJECT', 'REST.COPY.OBJECT', 'REST.GET.NOBODYKNOWS'].map(isOneLine)).toEqual([
      false,
      false,
      false,
    ])
    for (const operation of ['BATCH.DELETE.OBJECT', 'REST.COPY.OBJECT', 'REST.COPY.OBJECT_GET']) {
      expect(describeOperation(operation, true).severalLines).toBe(true)
    }
  })

  it('takes any text', () => {
    for (const operation of [
      '',
      '.',
      '...',
      'REST',
      'REST.',
      'S3',
      'constructor',
      'REST.GET.__proto__',
      'SOAP.toString',
    ]) {
      expect(describeOperation(operation, false).eventName).toBeTypeOf('string')
    }
  })
})

describe('usualOperation', () => {
  it.each([
    ['GetObject', true, 'REST.GET.OBJECT'],
    ['GetObjectAcl', true, 'REST.GET.ACL'],
    ['GetBucketAcl', false, 'REST.GET.ACL'],
    ['GetBucketAcl', true, undefined],
    ['GetObjectAcl', false, undefined],
    ['NoSuchCall', false, undefined],
  ])('%s, key: %s → %s', (eventName, hasKey, operation) => {
    expect(usualOperation(eventName, hasKey)).toBe(operation)
  })
})
