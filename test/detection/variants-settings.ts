/** Settings of buckets, keys and trails in other spellings, and the ordinary ones that look alike. */
import { B, data, ev, SERIOUS, TOLD, type Variant } from './variant-calls.ts'

type Json = Readonly<Record<string, unknown>>
const US = '111122223333'
const THEM = '444455556666'
const T = (value: unknown): string => JSON.stringify(value)
const st = (principal: unknown, more: Json = {}) => ({
  Statement: [{ Effect: 'Allow', Principal: principal, Action: '*', Resource: '*', ...more }],
})
const life = (rule: unknown) =>
  ev('s3', 'PutBucketLifecycle', { bucketName: B, lifecycle: '', LifecycleConfiguration: { Rule: rule } })
const rep = (rule: unknown) =>
  ev('s3', 'PutBucketReplication', {
    bucketName: B,
    replication: '',
    ReplicationConfiguration: { Role: 'arn:aws:iam::111122223333:role/r', Rule: rule },
  })
const enc = (rule: unknown) =>
  ev('s3', 'PutBucketEncryption', { bucketName: B, encryption: '', ServerSideEncryptionConfiguration: { Rule: rule } })
const KEY = `arn:aws:kms:eu-central-1:${THEM}:key/1234abcd`
const OURKEY = `arn:aws:kms:eu-central-1:${US}:key/1234abcd`

export const SETTINGS: readonly Variant[] = [
  // ACLs
  [
    'acl header AllUsers',
    ev('s3', 'PutBucketAcl', {
      bucketName: B,
      acl: '',
      'x-amz-grant-read': 'uri="http://acs.amazonaws.com/groups/global/AllUsers"',
    }),
    ['s3-acl-public'],
  ],
  [
    'acl header array',
    ev('s3', 'PutBucketAcl', {
      bucketName: B,
      acl: [''],
      'x-amz-grant-read-acp': ['uri=http://acs.amazonaws.com/groups/global/AuthenticatedUsers'],
    }),
    ['s3-acl-public'],
  ],
  [
    'acl canned upper',
    ev('s3', 'PutBucketAcl', { bucketName: B, acl: '', 'x-amz-acl': 'Public-Read-Write' }),
    ['s3-acl-public'],
  ],
  [
    'acl single grant object',
    ev('s3', 'PutBucketAcl', {
      bucketName: B,
      acl: '',
      AccessControlPolicy: {
        Owner: { ID: 'a'.repeat(64) },
        AccessControlList: {
          Grant: {
            Grantee: { 'xsi:type': 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' },
            Permission: 'READ',
          },
        },
      },
    }),
    ['s3-acl-public'],
  ],
  [
    'create bucket public canned',
    ev('s3', 'CreateBucket', { bucketName: 'b', 'x-amz-acl': 'public-read' }),
    ['s3-acl-public'],
  ],
  ['put object public canned', data('PutObject', { key: 'a', 'x-amz-acl': 'public-read' }), ['s3-acl-public']],
  [
    'copy object public canned',
    data('CopyObject', { key: 'a', 'x-amz-acl': 'public-read-write', 'x-amz-copy-source': `${B}/b` }),
    ['s3-acl-public'],
  ],
  ['mpu public canned', data('CreateMultipartUpload', { key: 'a', 'x-amz-acl': 'public-read' }), ['s3-acl-public']],
  [
    'put object grant email',
    data('PutObject', { key: 'a', 'x-amz-grant-read': 'emailAddress=x@example.com' }),
    ['s3-acl-external'],
  ],
  [
    'put object grant foreign id',
    data('PutObject', { key: 'a', 'x-amz-grant-full-control': `id=${'b'.repeat(64)}` }),
    ['s3-acl-external'],
  ],
  [
    'q bucket-owner-full-control',
    data('PutObject', { key: 'a', 'x-amz-acl': 'bucket-owner-full-control' }),
    ['!s3-acl-public', '!s3-acl-external'],
  ],
  [
    'q private',
    ev('s3', 'PutBucketAcl', { bucketName: B, acl: '', 'x-amz-acl': 'private' }),
    ['!s3-acl-public', '!s3-acl-external'],
  ],
  [
    'q log delivery group',
    ev('s3', 'PutBucketAcl', {
      bucketName: B,
      acl: '',
      'x-amz-grant-write': 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"',
    }),
    ['!s3-acl-public', '!s3-acl-external'],
  ],
  [
    'q grant ours',
    ev('s3', 'PutBucketAcl', { bucketName: B, acl: '', 'x-amz-grant-read': `id=${'a'.repeat(64)}` }),
    ['!s3-acl-public', '!s3-acl-external'],
    { canonicalIds: ['a'.repeat(64)] },
  ],
  // BPA
  [
    'bpa flags missing',
    ev('s3', 'PutBucketPublicAccessBlock', {
      bucketName: B,
      publicAccessBlock: '',
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, IgnorePublicAcls: true },
    }),
    ['s3-bpa-bucket'],
  ],
  [
    'bpa name PutPublicAccessBlock',
    ev('s3', 'PutPublicAccessBlock', {
      bucketName: B,
      PublicAccessBlockConfiguration: { RestrictPublicBuckets: false },
    }),
    ['s3-bpa-bucket'],
  ],
  ['bpa delete name', ev('s3', 'DeletePublicAccessBlock', { bucketName: B }), ['s3-bpa-bucket']],
  [
    'q bpa all TRUE text',
    ev('s3', 'PutBucketPublicAccessBlock', {
      bucketName: B,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: 'TRUE',
        IgnorePublicAcls: 'true',
        BlockPublicPolicy: 'true',
        RestrictPublicBuckets: 'true',
      },
    }),
    ['!s3-bpa-bucket'],
  ],
  // access points
  [
    'ap foreign bucket account',
    ev('s3', 'CreateAccessPoint', {
      name: 'ap',
      accountId: US,
      CreateAccessPointRequest: { Bucket: 'amzn-s3-demo-x', BucketAccountId: THEM },
    }),
    ['s3-access-point'],
  ],
  [
    'ap open',
    ev('s3', 'CreateAccessPoint', {
      name: 'ap',
      accountId: US,
      CreateAccessPointRequest: {
        Bucket: B,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: false,
          IgnorePublicAcls: true,
          BlockPublicPolicy: false,
          RestrictPublicBuckets: false,
        },
      },
    }),
    ['s3-access-point'],
  ],
  [
    'mrap open',
    ev('s3', 'CreateMultiRegionAccessPoint', {
      CreateMultiRegionAccessPointRequest: {
        Details: {
          Name: 'm',
          PublicAccessBlock: {
            BlockPublicAcls: false,
            IgnorePublicAcls: false,
            BlockPublicPolicy: false,
            RestrictPublicBuckets: false,
          },
          Regions: { Region: [{ Bucket: B }] },
        },
      },
    }),
    ['s3-access-point'],
  ],
  [
    'olap foreign function',
    ev('s3', 'PutAccessPointConfigurationForObjectLambda', {
      name: 'ol',
      PutAccessPointConfigurationForObjectLambdaRequest: {
        Configuration: {
          SupportingAccessPoint: 'x',
          TransformationConfigurations: {
            TransformationConfiguration: [
              {
                Actions: { Action: ['GetObject'] },
                ContentTransformation: { AwsLambda: { FunctionArn: `arn:aws:lambda:eu-central-1:${THEM}:function:x` } },
              },
            ],
          },
        },
      },
    }),
    ['s3-access-point'],
  ],
  [
    'q ap own policy',
    ev('s3', 'PutAccessPointPolicy', {
      name: 'ap',
      accountId: US,
      PutAccessPointPolicyRequest: { Policy: T(st({ AWS: `arn:aws:iam::${US}:role/a` })) },
    }),
    ['!s3-policy-external', '!s3-policy-public'],
  ],
  [
    'grant foreign iam',
    ev('s3', 'CreateAccessGrant', {
      accountId: US,
      CreateAccessGrantRequest: {
        Grantee: { GranteeType: 'IAM', GranteeIdentifier: `arn:aws:iam::${THEM}:role/x` },
        Permission: 'READ',
      },
    }),
    ['s3-access-grants'],
  ],
  [
    'q access grant ours',
    ev('s3', 'CreateAccessGrant', {
      accountId: US,
      CreateAccessGrantRequest: {
        Grantee: { GranteeType: 'IAM', GranteeIdentifier: `arn:aws:iam::${US}:role/x` },
        Permission: 'READ',
      },
    }),
    ['!s3-policy-external'],
  ],
  // lifecycle
  [
    'lc array second',
    life([
      { ID: 'a', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 1 } },
      { ID: 'b', Status: 'Enabled', Filter: '', Expiration: { Days: 3 } },
    ]),
    ['s3-lifecycle-short'],
  ],
  [
    'lc date slash',
    life({ ID: 'x', Status: 'Enabled', Filter: '', Expiration: { Date: 'Jan 16, 2026 12:00:00 AM' } }),
    ['s3-lifecycle-short'],
  ],
  [
    'lc date day',
    life({ ID: 'x', Status: 'Enabled', Filter: '', Expiration: { Date: '2026-01-17' } }),
    ['s3-lifecycle-short'],
  ],
  [
    'lc date ms',
    life({ ID: 'x', Status: 'Enabled', Filter: '', Expiration: { Date: '2026-01-17T00:00:00.000Z' } }),
    ['s3-lifecycle-short'],
  ],
  [
    'lc date offset',
    life({ ID: 'x', Status: 'Enabled', Filter: '', Expiration: { Date: '2026-01-17T00:00:00+00:00' } }),
    ['s3-lifecycle-short'],
  ],
  [
    'lc prefix one letter',
    life({ ID: 'x', Status: 'Enabled', Filter: { Prefix: 'c' }, Expiration: { Days: 1 } }),
    ['s3-lifecycle-short'],
  ],
  [
    'lc and size',
    life({
      ID: 'x',
      Status: 'Enabled',
      Filter: { And: { Prefix: '', ObjectSizeGreaterThan: '1' } },
      Expiration: { Days: '1' },
    }),
    ['s3-lifecycle-short'],
  ],
  ['lc no status', life({ ID: 'x', Prefix: '', Expiration: { Days: 1 } }), ['s3-lifecycle-short']],
  [
    'lc noncurrent + current',
    life({
      ID: 'x',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      Expiration: { Days: 2 },
      NoncurrentVersionExpiration: { NoncurrentDays: '1', NewerNoncurrentVersions: '1' },
    }),
    ['s3-lifecycle-short'],
  ],
  [
    'lc deep archive date',
    life({
      ID: 'x',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      Transition: [{ Date: '2026-01-16T00:00:00Z', StorageClass: 'DEEP_ARCHIVE' }],
    }),
    ['s3-lifecycle-archive'],
  ],
  [
    'q lc disabled',
    life({ ID: 'x', Status: 'Disabled', Filter: '', Expiration: { Days: 1 } }),
    ['!s3-lifecycle-short'],
  ],
  [
    'q lc markers',
    life({ ID: 'x', Status: 'Enabled', Filter: '', Expiration: { ExpiredObjectDeleteMarker: true } }),
    ['!s3-lifecycle-short'],
  ],
  [
    'q lc scratch array',
    life([
      { ID: 'a', Status: 'Enabled', Filter: { Prefix: 'spark-staging/' }, Expiration: { Days: 1 } },
      { ID: 'b', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 400 } },
    ]),
    ['!s3-lifecycle-short'],
  ],
  [
    'q lc glacier 90',
    life({ ID: 'x', Status: 'Enabled', Filter: '', Transition: { Days: 90, StorageClass: 'GLACIER' } }),
    ['!s3-lifecycle-archive', '!s3-lifecycle-short'],
  ],
  [
    'q lc intelligent tiering 0',
    life({ ID: 'x', Status: 'Enabled', Filter: '', Transition: { Days: 0, StorageClass: 'INTELLIGENT_TIERING' } }),
    ['!s3-lifecycle-archive'],
  ],
  // replication
  [
    'rep all disabled',
    rep([{ ID: 'a', Status: 'Disabled', Destination: { Bucket: `arn:aws:s3:::${B}-replica`, Account: US } }]),
    ['s3-replication-removed'],
  ],
  [
    'rep foreign array',
    rep([
      { Status: 'Enabled', Destination: { Bucket: 'arn:aws:s3:::x', Account: US } },
      { Status: 'Enabled', Destination: [{ Bucket: 'arn:aws:s3:::y', Account: THEM }] },
    ]),
    ['s3-replication-external'],
  ],
  [
    'rep owner override',
    rep({
      Status: 'Enabled',
      Destination: { Bucket: 'arn:aws:s3:::y', Account: THEM, AccessControlTranslation: { Owner: 'Destination' } },
    }),
    ['s3-replication-external'],
  ],
  [
    'rep by key',
    rep({
      Status: 'Enabled',
      Destination: { Bucket: 'arn:aws:s3:::y', EncryptionConfiguration: { ReplicaKmsKeyID: KEY } },
    }),
    ['s3-replication-external'],
  ],
  [
    'q rep ours',
    rep({ Status: 'Enabled', Destination: { Bucket: 'arn:aws:s3:::y', Account: US } }),
    ['!s3-replication-external', '!s3-replication-removed'],
  ],
  [
    'rep delete tables',
    ev('s3tables', 'DeleteTableBucketReplication', { tableBucketARN: 'a' }),
    ['s3-replication-removed'],
  ],
  // encryption
  [
    'enc unblock lower',
    enc({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
      BlockedEncryptionTypes: { EncryptionType: ['none'] },
    }),
    ['s3-encryption-removed'],
  ],
  [
    'enc foreign alias arn',
    enc({
      ApplyServerSideEncryptionByDefault: {
        SSEAlgorithm: 'aws:kms',
        KMSMasterKeyID: `arn:aws:kms:eu-central-1:${THEM}:alias/x`,
      },
    }),
    ['s3-encryption-external'],
  ],
  [
    'enc foreign dsse array',
    enc([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms:dsse', KMSMasterKeyID: KEY } }]),
    ['s3-encryption-external'],
  ],
  [
    'q enc ours',
    enc({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: OURKEY },
      BucketKeyEnabled: true,
      BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
    }),
    ['!s3-encryption-external', '!s3-encryption-removed'],
  ],
  [
    'update object enc foreign',
    data('UpdateObjectEncryption', { key: 'a', ObjectEncryption: { SSEKMS: { KMSKeyArn: KEY } } }),
    ['s3-encryption-external', 'data-kms-external'],
  ],
  [
    'sse-c mpu',
    data('CreateMultipartUpload', { key: 'a', 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }),
    ['data-sse-c'],
  ],
  [
    'sse-c by response',
    data('PutObject', { key: 'a' }, { additionalEventData: { SSEApplied: 'SSE_C' } }),
    ['data-sse-c'],
  ],
  [
    'kms ext copy array',
    data('CopyObject', {
      key: 'a',
      'x-amz-copy-source': `${B}/a`,
      'x-amz-server-side-encryption': ['aws:kms'],
      'x-amz-server-side-encryption-aws-kms-key-id': [KEY],
    }),
    ['data-kms-external'],
  ],
  [
    'q sse kms ours',
    data('PutObject', { key: 'a', 'x-amz-server-side-encryption-aws-kms-key-id': OURKEY }),
    ['!data-kms-external', '!data-sse-c'],
  ],
  // versioning etc
  [
    'mfa off with enabled',
    ev('s3', 'PutBucketVersioning', {
      bucketName: B,
      versioning: '',
      VersioningConfiguration: { Status: 'Enabled', MfaDelete: 'Disabled' },
    }),
    ['s3-mfa-delete-off'],
  ],
  [
    'q versioning on',
    ev('s3', 'PutBucketVersioning', { bucketName: B, VersioningConfiguration: { Status: 'Enabled' } }),
    ['!s3-versioning-off', '!s3-mfa-delete-off'],
  ],
  [
    'lock config without rule',
    ev('s3', 'PutObjectLockConfiguration', {
      bucketName: B,
      'object-lock': '',
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
    }),
    ['s3-object-lock'],
  ],
  [
    'lock default 1 day',
    ev('s3', 'PutBucketObjectLockConfiguration', {
      bucketName: B,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
      },
    }),
    ['s3-object-lock'],
  ],
  [
    'bulk delete bypass',
    data('DeleteObjects', { delete: '', 'x-amz-bypass-governance-retention': 'true' }),
    ['s3-object-lock'],
  ],
  [
    'ownership preferred array',
    ev('s3', 'PutBucketOwnershipControls', {
      bucketName: B,
      OwnershipControls: { Rule: [{ ObjectOwnership: 'BucketOwnerPreferred' }] },
    }),
    ['s3-ownership'],
  ],
  [
    'q ownership enforced',
    ev('s3', 'PutBucketOwnershipControls', {
      bucketName: B,
      OwnershipControls: { Rule: { ObjectOwnership: 'BucketOwnerEnforced' } },
    }),
    ['!s3-ownership'],
  ],
  [
    'q cors ours',
    ev('s3', 'PutBucketCors', {
      bucketName: B,
      CORSConfiguration: { CORSRule: { AllowedMethod: 'PUT', AllowedOrigin: ['https://*.example.com'] } },
    }),
    ['!s3-cors-any'],
  ],
  [
    'logging grant all users',
    ev('s3', 'PutBucketLogging', {
      bucketName: B,
      logging: '',
      BucketLoggingStatus: {
        LoggingEnabled: {
          TargetBucket: 'amzn-s3-demo-trail-logs',
          TargetPrefix: '',
          TargetGrants: {
            Grant: { Grantee: { URI: 'http://acs.amazonaws.com/groups/global/AllUsers' }, Permission: 'READ' },
          },
        },
      },
    }),
    [TOLD],
  ],
  [
    'logging off xmlns only',
    ev('s3', 'PutBucketLogging', {
      bucketName: B,
      logging: '',
      BucketLoggingStatus: { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' },
    }),
    ['s3-logging-disabled'],
  ],
  [
    'logging off empty text',
    ev('s3', 'PutBucketLogging', { bucketName: B, logging: '', BucketLoggingStatus: '' }),
    ['s3-logging-disabled'],
  ],
  [
    'q logging ours',
    ev('s3', 'PutBucketLogging', {
      bucketName: B,
      logging: '',
      BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'amzn-s3-demo-trail-logs', TargetPrefix: 'a/' } },
    }),
    ['!s3-logging-disabled', '!s3-logging-redirected'],
  ],
  [
    'notification emptied of log bucket',
    ev('s3', 'PutBucketNotificationConfiguration', {
      bucketName: 'amzn-s3-demo-trail-logs',
      notification: '',
      NotificationConfiguration: '',
    }),
    [TOLD],
  ],
  [
    'q notification eventbridge',
    ev('s3', 'PutBucketNotification', { bucketName: B, NotificationConfiguration: { EventBridgeConfiguration: '' } }),
    ['!s3-notification-removed'],
  ],
  [
    'website redirect',
    ev('s3', 'PutBucketWebsite', {
      bucketName: B,
      website: '',
      WebsiteConfiguration: { RedirectAllRequestsTo: { HostName: 'evil.example' } },
    }),
    ['s3-website'],
  ],
  // reports
  [
    'storage lens foreign',
    ev('s3', 'PutStorageLensConfiguration', {
      PutStorageLensConfigurationRequest: {
        StorageLensConfiguration: {
          Id: 'x',
          IsEnabled: true,
          DataExport: { S3BucketDestination: { AccountId: THEM, Arn: 'arn:aws:s3:::y', Format: 'CSV' } },
        },
      },
    }),
    ['s3-report-external'],
  ],
  [
    'batch job report foreign',
    ev('s3', 'CreateJob', {
      accountId: US,
      CreateJobRequest: {
        Operation: { S3PutObjectCopy: { TargetResource: 'arn:aws:s3:::y' } },
        Report: { Bucket: 'arn:aws:s3:::z', Enabled: true },
      },
    }),
    ['s3-batch-job'],
  ],
  // kms
  [
    'grant service quiet',
    ev('kms', 'CreateGrant', { keyId: 'k', granteePrincipal: 'rds.amazonaws.com', operations: ['Decrypt'] }),
    ['!kms-policy'],
  ],
  [
    'grant retiring foreign',
    ev('kms', 'CreateGrant', {
      keyId: 'k',
      granteePrincipal: `arn:aws:iam::${US}:role/a`,
      retiringPrincipal: `arn:aws:iam::${THEM}:role/x`,
    }),
    ['kms-policy'],
  ],
  [
    'grant bare account',
    ev('kms', 'CreateGrant', { keyId: 'k', granteePrincipal: THEM, operations: ['Decrypt'] }),
    ['kms-policy'],
  ],
  [
    'grant service principal foreign account',
    ev('kms', 'CreateGrant', { keyId: 'k', granteeServicePrincipal: 's3.amazonaws.com' }),
    ['!kms-policy'],
  ],
  [
    'replicate key open',
    ev('kms', 'ReplicateKey', { keyId: 'mrk-1', replicaRegion: 'us-east-1', policy: T(st('*', { Action: 'kms:*' })) }),
    ['kms-policy'],
  ],
  [
    'key policy deny decrypt',
    ev('kms', 'PutKeyPolicy', {
      keyId: 'k',
      policyName: 'default',
      policy: T({
        Statement: [
          ...st({ AWS: `arn:aws:iam::${US}:root` }, { Action: 'kms:*' }).Statement,
          { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
        ],
      }),
    }),
    ['kms-policy'],
  ],
  [
    'key policy caller account foreign',
    ev('kms', 'PutKeyPolicy', {
      keyId: 'k',
      policyName: 'default',
      policy: T({
        Statement: [
          ...st({ AWS: `arn:aws:iam::${US}:root` }, { Action: 'kms:*' }).Statement,
          ...st('*', { Action: 'kms:Decrypt', Condition: { StringEquals: { 'kms:CallerAccount': THEM } } }).Statement,
        ],
      }),
    }),
    ['kms-policy'],
  ],
  [
    'key policy via service only',
    ev('kms', 'PutKeyPolicy', {
      keyId: 'k',
      policyName: 'default',
      policy: T({
        Statement: [
          ...st({ AWS: US }, { Action: 'kms:*' }).Statement,
          ...st('*', {
            Action: 'kms:*',
            Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } },
          }).Statement,
        ],
      }),
    }),
    ['kms-policy'],
  ],
  [
    'q key via service + ours',
    ev('kms', 'PutKeyPolicy', {
      keyId: 'k',
      policyName: 'default',
      policy: T({
        Statement: [
          ...st({ AWS: US }, { Action: 'kms:*' }).Statement,
          ...st(
            { AWS: '*' },
            {
              Action: 'kms:*',
              Condition: {
                StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com', 'kms:CallerAccount': US },
              },
            },
          ).Statement,
        ],
      }),
    }),
    ['!kms-policy'],
  ],
  [
    'q key service statement',
    ev('kms', 'PutKeyPolicy', {
      keyId: 'k',
      policyName: 'default',
      policy: T({
        Statement: [
          ...st({ AWS: US }, { Action: 'kms:*' }).Statement,
          ...st(
            { Service: 'cloudtrail.amazonaws.com' },
            {
              Action: 'kms:GenerateDataKey*',
              Condition: {
                StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${US}:trail/*` },
              },
            },
          ).Statement,
        ],
      }),
    }),
    ['!kms-policy'],
  ],
  ['import with end', ev('kms', 'ImportKeyMaterial', { keyId: 'k', validTo: 'Jan 16, 2026' }), ['kms-key-off']],
  ['q cancel, enable', ev('kms', 'EnableKey', { keyId: 'k' }), [SERIOUS]],
  ['q rotation off', ev('kms', 'DisableKeyRotation', { keyId: 'k' }), [SERIOUS]],
  // trail
  ['UpdateTrail sns off', ev('cloudtrail', 'UpdateTrail', { name: 't', snsTopicName: '' }), ['trail-narrowed']],
  [
    'UpdateTrail cw role off',
    ev('cloudtrail', 'UpdateTrail', { name: 't', cloudWatchLogsRoleArn: '', cloudWatchLogsLogGroupArn: '' }),
    ['trail-narrowed'],
  ],
  [
    'sel exclude kms',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      eventSelectors: [
        {
          readWriteType: 'All',
          includeManagementEvents: true,
          excludeManagementEventSources: ['kms.amazonaws.com'],
          dataResources: [{ type: 'AWS::S3::Object', values: ['arn:aws:s3'] }],
        },
      ],
    }),
    ['trail-narrowed'],
  ],
  [
    'sel advanced mgmt not user',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      advancedEventSelectors: [
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Management'] },
            { field: 'userIdentity.arn', notEquals: ['arn:aws:iam::111122223333:user/m'] },
          ],
        },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
          ],
        },
      ],
    }),
    ['trail-narrowed'],
  ],
  [
    'sel advanced data not user',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      advancedEventSelectors: [
        { fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
            { field: 'userIdentity.arn', notStartsWith: ['arn:aws:sts::111122223333:assumed-role/m'] },
          ],
        },
      ],
    }),
    ['trail-data-off'],
  ],
  [
    'sel data of one bucket',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      eventSelectors: [
        {
          readWriteType: 'All',
          includeManagementEvents: true,
          dataResources: [{ type: 'AWS::S3::Object', values: ['arn:aws:s3:::amzn-s3-demo-x/only/this/'] }],
        },
      ],
    }),
    ['trail-data-off'],
  ],
  [
    'sel data lambda only',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      eventSelectors: [
        {
          readWriteType: 'All',
          includeManagementEvents: true,
          dataResources: [{ type: 'AWS::Lambda::Function', values: ['arn:aws:lambda'] }],
        },
      ],
    }),
    ['trail-data-off'],
  ],
  ['sel empty both', ev('cloudtrail', 'PutEventSelectors', { trailName: 't', eventSelectors: [] }), ['trail-narrowed']],
  [
    'eds narrowed',
    ev('cloudtrail', 'UpdateEventDataStore', {
      eventDataStore: 'a',
      advancedEventSelectors: [
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Management'] },
            { field: 'readOnly', equals: ['true'] },
          ],
        },
      ],
    }),
    ['trail-narrowed'],
  ],
  [
    'eds retention 7',
    ev('cloudtrail', 'UpdateEventDataStore', { eventDataStore: 'a', retentionPeriod: 7 }),
    ['trail-narrowed'],
  ],
  [
    'insights off',
    ev('cloudtrail', 'PutInsightSelectors', { trailName: 't', insightSelectors: [] }),
    ['trail-narrowed'],
  ],
  [
    'q sel all',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      advancedEventSelectors: [
        { fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
          ],
        },
      ],
    }),
    ['!trail-narrowed', '!trail-data-off'],
  ],
  [
    'q sel mgmt split',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      advancedEventSelectors: [
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Management'] },
            { field: 'readOnly', equals: ['true'] },
          ],
        },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Management'] },
            { field: 'readOnly', equals: ['false'] },
          ],
        },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
          ],
        },
      ],
    }),
    ['!trail-narrowed', '!trail-data-off'],
  ],
  [
    'q sel log bucket out',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      advancedEventSelectors: [
        { fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
            { field: 'resources.ARN', notStartsWith: ['arn:aws:s3:::amzn-s3-demo-trail-logs/'] },
          ],
        },
      ],
    }),
    ['!trail-narrowed', '!trail-data-off'],
  ],
  [
    'q UpdateTrail log file validation on',
    ev('cloudtrail', 'UpdateTrail', { name: 't', enableLogFileValidation: true, isMultiRegionTrail: true }),
    ['!trail-narrowed'],
  ],
  [
    'trail policy foreign',
    ev('cloudtrail', 'PutResourcePolicy', { resourceArn: 'a', resourcePolicy: T(st({ AWS: THEM })) }),
    [TOLD],
  ],
  ['delete channel', ev('cloudtrail', 'DeleteChannel', { channel: 'a' }), ['!trail-deleted']],
]
