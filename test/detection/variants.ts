/**
 * Other spellings of the harm that rules know, and of ordinary things of the same shape: other calls of a family, text for
 * objects, single values for lists, conditions that tie nothing, other tools, somebody in between.
 */
import { A, B, bob, data, ev, get, pol, put, type Variant } from './variant-calls.ts'

const pub = ['s3-policy-public']
const ext = ['s3-policy-external', 's3-policy-public']
const quiet = ['!s3-policy-public', '!s3-policy-external', '!s3-policy-lockout']
export const VARIANTS: readonly Variant[] = [
  ['pol text', pol(A('*'), { isText: true }), pub],
  ['pol single stmt', pol(A('*'), { isSingle: true }), pub],
  ['pol AWS array star', pol(A({ AWS: ['arn:aws:iam::111122223333:root', '*'] })), pub],
  [
    'NotPrincipal allow',
    pol({
      Effect: 'Allow',
      NotPrincipal: { AWS: 'arn:aws:iam::111122223333:user/x' },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${B}/*`,
    }),
    pub,
  ],
  [
    'NotAction star',
    pol({ Effect: 'Allow', Principal: '*', NotAction: 's3:DeleteBucket', Resource: `arn:aws:s3:::${B}/*` }),
    pub,
  ],
  [
    'NotAction foreign',
    pol({
      Effect: 'Allow',
      Principal: { AWS: '444455556666' },
      NotAction: ['s3:DeleteBucket'],
      Resource: `arn:aws:s3:::${B}/*`,
    }),
    ext,
  ],
  ['SourceArn *', pol(A('*', { StringLike: { 'aws:SourceArn': '*' } })), pub],
  ['ArnLike SourceArn arn:aws:*', pol(A('*', { ArnLike: { 'aws:SourceArn': 'arn:aws:*' } })), pub],
  ['SourceAccount list with *', pol(A('*', { StringLike: { 'aws:SourceAccount': ['111122223333', '*'] } })), pub],
  ['StringLike PrincipalOrgID o-*', pol(A('*', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } })), pub],
  [
    'PrincipalOrgPaths foreign',
    pol(A('*', { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-attacker123/*' } })),
    ext,
  ],
  [
    'ForAllValues OrgPaths ours-absent',
    pol(A('*', { 'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': 'o-attacker123/*' } })),
    ext,
  ],
  ['StringLikeIfExists', pol(A('*', { StringEqualsIfExists: { 'aws:SourceVpce': 'vpce-0attacker' } })), pub],
  [
    'StringNotEquals principal account',
    pol(A('*', { StringNotEquals: { 'aws:PrincipalAccount': '444455556666' } })),
    pub,
  ],
  ['IP two halves', pol(A('*', { IpAddress: { 'aws:SourceIp': ['0.0.0.0/1', '128.0.0.0/1'] } })), pub],
  ['IPv6 all', pol(A('*', { IpAddress: { 'aws:SourceIp': '::/0' } })), pub],
  ['IPv6 2000::/3', pol(A('*', { IpAddress: { 'aws:SourceIp': '2000::/3' } })), pub],
  [
    'IP 4 quarters',
    pol(A('*', { IpAddress: { 'aws:SourceIp': ['0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/2', '192.0.0.0/2'] } })),
    pub,
  ],
  ['IP v6 single foreign', pol(A('*', { IpAddress: { 'AWS:SourceIP': '2001:db8::1/128' } })), ext],
  ['NotIpAddress', pol(A('*', { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })), pub],
  ['UserAgent secret', pol(A('*', { StringEquals: { 'aws:UserAgent': 'letmein' } })), pub],
  ['Referer', pol(A('*', { StringLike: { 'aws:Referer': 'https://x/*' } })), pub],
  ['SecureTransport', pol(A('*', { Bool: { 'aws:SecureTransport': 'true' } })), pub],
  ['Date future', pol(A('*', { DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } })), pub],
  [
    's3:DataAccessPointAccount foreign',
    pol(A('*', { StringEquals: { 's3:DataAccessPointAccount': '444455556666' } }, { Action: '*' })),
    ext,
  ],
  [
    's3:DataAccessPointArn any',
    pol(A('*', { StringLike: { 's3:DataAccessPointArn': 'arn:aws:s3:*:*:accesspoint/*' } })),
    pub,
  ],
  ['s3:ResourceAccount only', pol(A('*', { StringEquals: { 's3:ResourceAccount': '111122223333' } })), pub],
  ['PrincipalArn wildcard acct', pol(A('*', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Admin' } })), pub],
  ['PrincipalArn foreign', pol(A('*', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/*' } })), ext],
  ['PrincipalTag only', pol(A('*', { StringEquals: { 'aws:PrincipalTag/team': 'x' } })), pub],
  ['FederatedProvider', pol(A({ Federated: 'cognito-identity.amazonaws.com' })), ext],
  ['Federated SAML foreign', pol(A({ Federated: 'arn:aws:iam::444455556666:saml-provider/x' })), ext],
  ['aws-cn account', pol(A({ AWS: 'arn:aws-cn:iam::444455556666:root' })), ext],
  [
    'Allow write action foreign',
    pol(A({ AWS: 'arn:aws:iam::444455556666:root' }, undefined, { Action: ['s3:PutObject', 's3:PutBucketPolicy'] })),
    ext,
  ],
  [
    'service logging foreign SourceAccount',
    pol(
      A(
        { Service: 'logging.s3.amazonaws.com' },
        { StringEquals: { 'aws:SourceAccount': '444455556666' } },
        { Action: 's3:PutObject' },
      ),
    ),
    ext,
  ],
  ['service no cond sns', pol(A({ Service: 'config.amazonaws.com' }, undefined, { Action: 's3:GetObject' })), ext],
  [
    'q: own org',
    pol(A('*', { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } })),
    quiet,
    { organizations: ['o-exampleorgid'] },
  ],
  ['q: own account cond lower', pol(A('*', { StringEquals: { 'aws:principalaccount': '111122223333' } })), quiet],
  [
    'q: deny star',
    pol({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
    quiet,
  ],
  [
    'q: cloudfront ours',
    pol(
      A(
        { Service: 'cloudfront.amazonaws.com' },
        { StringEquals: { 'AWS:SourceArn': 'arn:aws:cloudfront::111122223333:distribution/E1' } },
      ),
    ),
    quiet,
  ],
  [
    'q: vpce ours',
    pol(A('*', { StringEquals: { 'aws:sourceVpce': ['vpce-0a1b2c3d'] } })),
    quiet,
    { vpcEndpoints: ['vpce-0a1b2c3d'] },
  ],
  [
    'q: trail delivery',
    pol([
      A(
        { Service: 'cloudtrail.amazonaws.com' },
        { StringEquals: { 'aws:SourceArn': 'arn:aws:cloudtrail:eu-central-1:111122223333:trail/t' } },
        { Action: 's3:PutObject' },
      ),
    ]),
    quiet,
  ],
  [
    'q: ip ours',
    pol(A('*', { IpAddress: { 'aws:SourceIp': ['203.0.113.0/25'] } })),
    quiet,
    { allowRanges: ['203.0.113.0/24'] },
  ],
  [
    'lockout deny NotPrincipal',
    pol({ Effect: 'Deny', NotPrincipal: { AWS: 'arn:aws:iam::444455556666:root' }, Action: 's3:*', Resource: '*' }),
    ['s3-policy-lockout', 's3-policy-external'],
  ],
  [
    'lockout StringNotLike userid',
    pol({
      Effect: 'Deny',
      Principal: '*',
      Action: '*',
      Resource: '*',
      Condition: { StringNotLike: { 'aws:userId': 'AROAATTACKER:*' } },
    }),
    ['s3-policy-lockout'],
  ],
  [
    'lockout ArnNotEquals foreign',
    pol({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:Get*',
      Resource: `arn:aws:s3:::${B}/*`,
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/x' } },
    }),
    ['s3-policy-lockout'],
  ],
  [
    'ap policy',
    ev('s3', 'PutAccessPointPolicy', {
      name: 'ap',
      accountId: '111122223333',
      PutAccessPointPolicyRequest: { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [A('*')] }) },
    }),
    ['s3-access-point'],
  ],
  [
    'ap policy for object lambda',
    ev('s3', 'PutAccessPointPolicyForObjectLambda', {
      name: 'ol',
      PutAccessPointPolicyForObjectLambdaRequest: {
        Policy: JSON.stringify({ Statement: [A({ AWS: '444455556666' })] }),
      },
    }),
    ['s3-access-point'],
  ],
  [
    'mrap policy',
    ev('s3', 'PutMultiRegionAccessPointPolicy', {
      PutMultiRegionAccessPointPolicyRequest: {
        Details: { Name: 'm', Policy: JSON.stringify({ Statement: [A('*')] }) },
      },
    }),
    ['s3-access-point'],
  ],
  [
    'express bucket policy',
    ev('s3express', 'PutBucketPolicy', {
      bucketName: 'b--euc1-az1--x-s3',
      bucketPolicy: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::444455556666:root' },
            Action: 's3express:CreateSession',
            Resource: '*',
          },
        ],
      },
    }),
    ['s3-policy-external'],
  ],
  [
    'tables policy',
    ev('s3tables', 'PutTableBucketPolicy', {
      tableBucketARN: 'arn:aws:s3tables:eu-central-1:111122223333:bucket/t',
      resourcePolicy: JSON.stringify({
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::444455556666:root' },
            Action: 's3tables:*',
            Resource: '*',
          },
        ],
      }),
    }),
    ['s3-policy-external'],
  ],
  [
    'table policy star',
    ev('s3tables', 'PutTablePolicy', {
      tableBucketARN: 'arn:aws:s3tables:eu-central-1:111122223333:bucket/t',
      namespace: 'n',
      name: 't',
      resourcePolicy: JSON.stringify({
        Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3tables:GetTableData', Resource: '*' }],
      }),
    }),
    ['s3-policy-public'],
  ],
  [
    'vectors policy',
    ev('s3vectors', 'PutVectorBucketPolicy', {
      vectorBucketName: 'v',
      policy: JSON.stringify({
        Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3vectors:*', Resource: '*' }],
      }),
    }),
    ['s3-policy-public'],
  ],
  [
    'vectors delete policy',
    ev('s3vectors', 'DeleteVectorBucketPolicy', { vectorBucketName: 'v' }),
    ['s3-policy-deleted'],
  ],
  [
    'vectors DeleteVectors',
    ev(
      's3vectors',
      'DeleteVectors',
      { vectorBucketName: 'v', indexName: 'i', keys: ['a', 'b'] },
      { eventCategory: 'Data', managementEvent: false },
    ),
    ['data-mass-delete'],
  ],
  [
    'vectors DeleteIndex',
    ev('s3vectors', 'DeleteIndex', { vectorBucketName: 'v', indexName: 'i' }),
    ['s3-store-deleted'],
  ],
  [
    'vectors DeleteVectorBucket',
    ev('s3vectors', 'DeleteVectorBucket', { vectorBucketName: 'v' }),
    ['s3-store-deleted'],
  ],
  [
    'tables DeleteTable',
    ev('s3tables', 'DeleteTable', { tableBucketARN: 'a', namespace: 'n', name: 't' }),
    ['s3-store-deleted'],
  ],
  [
    'tables DeleteTableBucketPolicy',
    ev('s3tables', 'DeleteTableBucketPolicy', { tableBucketARN: 'a' }),
    ['s3-policy-deleted'],
  ],
  [
    'tables DeleteTableBucketEncryption',
    ev('s3tables', 'DeleteTableBucketEncryption', { tableBucketARN: 'a' }),
    ['s3-encryption-removed'],
  ],
  [
    'tables PutTableBucketEncryption foreign',
    ev('s3tables', 'PutTableBucketEncryption', {
      tableBucketARN: 'a',
      encryptionConfiguration: { sseAlgorithm: 'aws:kms', kmsKeyArn: 'arn:aws:kms:eu-central-1:444455556666:key/x' },
    }),
    ['s3-encryption-external'],
  ],
  [
    'CreateBucket ownership ObjectWriter',
    ev('s3', 'CreateBucket', {
      bucketName: 'b',
      'x-amz-object-ownership': 'ObjectWriter',
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    }),
    ['s3-ownership'],
  ],
  [
    'CreateBucket acl public',
    ev('s3', 'CreateBucket', { bucketName: 'b', 'x-amz-acl': 'public-read-write' }),
    ['s3-acl-public'],
  ],
  [
    'q: CreateBucket plain',
    ev('s3', 'CreateBucket', { bucketName: 'b', 'x-amz-object-ownership': 'BucketOwnerEnforced' }),
    ['!serious'],
  ],
  [
    'PutBucketAcl grant header',
    ev('s3', 'PutBucketAcl', {
      bucketName: B,
      acl: '',
      'x-amz-grant-full-control': 'uri="http://acs.amazonaws.com/groups/global/AuthenticatedUsers"',
    }),
    ['s3-acl-public'],
  ],
  [
    'PutBucketAcl body email',
    ev('s3', 'PutBucketAcl', {
      bucketName: B,
      acl: '',
      AccessControlPolicy: {
        AccessControlList: {
          Grant: {
            Grantee: { 'xsi:type': 'AmazonCustomerByEmail', EmailAddress: 'x@example.com' },
            Permission: 'READ',
          },
        },
      },
    }),
    ['s3-acl-external'],
  ],
  [
    'PutObjectAcl authenticated-read',
    data('PutObjectAcl', { key: 'a', acl: '', 'x-amz-acl': 'authenticated-read' }),
    ['s3-acl-public'],
  ],
  ['PutObject public-read', data('PutObject', { key: 'a', 'x-amz-acl': ['public-read'] }), ['s3-acl-public']],
  [
    'BPA bucket via text',
    ev('s3', 'PutBucketPublicAccessBlock', {
      bucketName: B,
      publicAccessBlock: '',
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: true,
      },
    }),
    ['s3-bpa-bucket'],
  ],
  [
    'BPA account string false',
    ev('s3', 'PutAccountPublicAccessBlock', {
      accountId: '111122223333',
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: 'true',
        IgnorePublicAcls: 'true',
        BlockPublicPolicy: 'true',
        RestrictPublicBuckets: 'false',
      },
    }),
    ['s3-bpa-account'],
  ],
  [
    'BPA account deleted',
    ev('s3', 'DeleteAccountPublicAccessBlock', { accountId: '111122223333' }),
    ['s3-bpa-account'],
  ],
  [
    'lifecycle deep archive',
    ev('s3', 'PutBucketLifecycle', {
      bucketName: B,
      lifecycle: '',
      LifecycleConfiguration: {
        Rule: { ID: 'x', Status: 'Enabled', Filter: '', Transition: { Days: 0, StorageClass: 'DEEP_ARCHIVE' } },
      },
    }),
    ['s3-lifecycle-archive'],
  ],
  [
    'lifecycle NoncurrentVersion 1',
    ev('s3', 'PutBucketLifecycle', {
      bucketName: B,
      lifecycle: '',
      LifecycleConfiguration: {
        Rule: [
          { ID: 'x', Status: 'Enabled', Filter: { Prefix: '' }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
        ],
      },
    }),
    ['s3-lifecycle-short'],
  ],
  [
    'lifecycle date',
    ev('s3', 'PutBucketLifecycleConfiguration', {
      bucketName: B,
      lifecycle: '',
      LifecycleConfiguration: {
        Rule: { ID: 'x', Status: 'Enabled', Prefix: '', Expiration: { Date: '2026-01-16T00:00:00Z' } },
      },
    }),
    ['s3-lifecycle-short'],
  ],
  [
    'lifecycle And size',
    ev('s3', 'PutBucketLifecycle', {
      bucketName: B,
      lifecycle: '',
      LifecycleConfiguration: {
        Rule: { ID: 'x', Status: 'Enabled', Filter: { ObjectSizeGreaterThan: '0' }, Expiration: { Days: '1' } },
      },
    }),
    ['s3-lifecycle-short'],
  ],
  [
    'q: lifecycle 365',
    ev('s3', 'PutBucketLifecycle', {
      bucketName: B,
      lifecycle: '',
      LifecycleConfiguration: { Rule: { ID: 'x', Status: 'Enabled', Filter: '', Expiration: { Days: 365 } } },
    }),
    ['!serious'],
  ],
  [
    'q: lifecycle abort mpu',
    ev('s3', 'PutBucketLifecycle', {
      bucketName: B,
      lifecycle: '',
      LifecycleConfiguration: {
        Rule: { ID: 'x', Status: 'Enabled', Filter: '', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      },
    }),
    ['!serious'],
  ],
  [
    'versioning suspended',
    ev('s3', 'PutBucketVersioning', {
      bucketName: B,
      versioning: '',
      VersioningConfiguration: { Status: 'Suspended' },
    }),
    ['s3-versioning-off'],
  ],
  [
    'kms UpdateAlias',
    ev('kms', 'UpdateAlias', { aliasName: 'alias/data', targetKeyId: '1234abcd-12ab-34cd-56ef-1234567890ab' }),
    ['kms-alias'],
  ],
  [
    'kms ScheduleKeyDeletion',
    ev('kms', 'ScheduleKeyDeletion', { keyId: 'x', pendingWindowInDays: 7 }),
    ['kms-key-off'],
  ],
  ['kms DisableKey', ev('kms', 'DisableKey', { keyId: 'x' }), ['kms-key-off']],
  [
    'kms PutKeyPolicy foreign obj',
    ev('kms', 'PutKeyPolicy', {
      keyId: 'x',
      policyName: 'default',
      policy: JSON.stringify({
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::444455556666:root' },
          Action: 'kms:*',
          Resource: '*',
        },
      }),
    }),
    ['kms-policy'],
  ],
  [
    'kms CreateGrant foreign',
    ev('kms', 'CreateGrant', {
      keyId: 'x',
      granteePrincipal: 'arn:aws:iam::444455556666:root',
      operations: ['Decrypt'],
    }),
    ['kms-policy'],
  ],
  [
    'kms CreateGrant foreign role',
    ev('kms', 'CreateGrant', {
      keyId: 'x',
      granteePrincipal: 'arn:aws:sts::444455556666:assumed-role/a/b',
      operations: ['Encrypt', 'Decrypt'],
    }),
    ['kms-policy'],
  ],
  ['kms DeleteImportedKeyMaterial', ev('kms', 'DeleteImportedKeyMaterial', { keyId: 'x' }), ['kms-material-deleted']],
  [
    'kms DisconnectCustomKeyStore',
    ev('kms', 'DisconnectCustomKeyStore', { customKeyStoreId: 'cks-1' }),
    ['kms-key-off'],
  ],
  [
    'kms CreateKey with foreign policy',
    ev('kms', 'CreateKey', {
      policy: JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }] }),
    }),
    ['kms-policy'],
  ],
  ['kms DeleteAlias', ev('kms', 'DeleteAlias', { aliasName: 'alias/data' }), ['kms-alias']],
  ['gd DeleteDetector', ev('guardduty', 'DeleteDetector', { detectorId: 'd' }), ['mon-security-off']],
  [
    'gd UpdateDetector off',
    ev('guardduty', 'UpdateDetector', { detectorId: 'd', enable: false }),
    ['mon-security-off'],
  ],
  [
    'gd UpdateDetector s3 off',
    ev('guardduty', 'UpdateDetector', { detectorId: 'd', dataSources: { s3Logs: { enable: false } } }),
    ['mon-security-off'],
  ],
  [
    'gd UpdateDetector feature off',
    ev('guardduty', 'UpdateDetector', { detectorId: 'd', features: [{ name: 'S3_DATA_EVENTS', status: 'DISABLED' }] }),
    ['mon-security-off'],
  ],
  [
    'gd CreateFilter archive',
    ev('guardduty', 'CreateFilter', { detectorId: 'd', name: 'f', action: 'ARCHIVE', findingCriteria: {} }),
    ['mon-security-off'],
  ],
  [
    'gd UpdateFilter archive',
    ev('guardduty', 'UpdateFilter', { detectorId: 'd', filterName: 'f', action: 'ARCHIVE' }),
    ['mon-security-off'],
  ],
  [
    'gd CreateIPSet',
    ev('guardduty', 'CreateIPSet', { detectorId: 'd', name: 'ok', location: 's3://x/y', activate: true }),
    ['mon-security-off'],
  ],
  [
    'gd UpdateIPSet',
    ev('guardduty', 'UpdateIPSet', { detectorId: 'd', ipSetId: 'i', activate: true, location: 's3://x/y' }),
    ['mon-security-off'],
  ],
  [
    'gd StopMonitoringMembers',
    ev('guardduty', 'StopMonitoringMembers', { detectorId: 'd', accountIds: ['111122223333'] }),
    ['mon-security-off'],
  ],
  [
    'gd DisassociateFromMaster',
    ev('guardduty', 'DisassociateFromMasterAccount', { detectorId: 'd' }),
    ['mon-security-off'],
  ],
  [
    'gd DisassociateFromAdministratorAccount',
    ev('guardduty', 'DisassociateFromAdministratorAccount', { detectorId: 'd' }),
    ['mon-security-off'],
  ],
  [
    'gd DeletePublishingDestination',
    ev('guardduty', 'DeletePublishingDestination', { detectorId: 'd', destinationId: 'x' }),
    ['mon-security-off'],
  ],
  ['macie DisableMacie', ev('macie2', 'DisableMacie', {}), ['mon-security-off']],
  ['macie UpdateMacieSession PAUSED', ev('macie2', 'UpdateMacieSession', { status: 'PAUSED' }), ['mon-security-off']],
  [
    'macie CreateFindingsFilter',
    ev('macie2', 'CreateFindingsFilter', { name: 'f', action: 'ARCHIVE' }),
    ['mon-security-off'],
  ],
  ['sh DisableSecurityHub', ev('securityhub', 'DisableSecurityHub', {}), ['mon-security-off']],
  [
    'sh BatchDisableStandards',
    ev('securityhub', 'BatchDisableStandards', { StandardsSubscriptionArns: ['a'] }),
    ['mon-security-off'],
  ],
  [
    'sh UpdateStandardsControl',
    ev('securityhub', 'UpdateStandardsControl', { StandardsControlArn: 'a', ControlStatus: 'DISABLED' }),
    ['mon-security-off'],
  ],
  [
    'sh CreateAutomationRule suppress',
    ev('securityhub', 'CreateAutomationRule', {
      RuleName: 'x',
      Actions: [{ Type: 'FINDING_FIELDS_UPDATE', FindingFieldsUpdate: { Workflow: { Status: 'SUPPRESSED' } } }],
    }),
    ['mon-security-off'],
  ],
  [
    'config StopConfigurationRecorder',
    ev('config', 'StopConfigurationRecorder', { configurationRecorderName: 'default' }),
    ['mon-security-off'],
  ],
  [
    'config PutConfigurationRecorder narrow',
    ev('config', 'PutConfigurationRecorder', {
      configurationRecorder: {
        name: 'default',
        recordingGroup: { allSupported: false, resourceTypes: ['AWS::EC2::Instance'] },
      },
    }),
    ['mon-security-off'],
  ],
  ['aa DeleteAnalyzer', ev('access-analyzer', 'DeleteAnalyzer', { analyzerName: 'a' }), ['mon-security-off']],
  [
    'aa CreateArchiveRule',
    ev('access-analyzer', 'CreateArchiveRule', { analyzerName: 'a', ruleName: 'r', filter: {} }),
    ['mon-security-off'],
  ],
  [
    'org Deregister cloudtrail',
    ev('organizations', 'DeregisterDelegatedAdministrator', {
      accountId: '222233334444',
      servicePrincipal: 'cloudtrail.amazonaws.com',
    }),
    ['mon-security-off'],
  ],
  [
    'ct DeregisterOrganizationDelegatedAdmin',
    ev('cloudtrail', 'DeregisterOrganizationDelegatedAdmin', { delegatedAdminAccountId: '222233334444' }),
    ['trail-narrowed'],
  ],
  [
    'org DisableAWSServiceAccess cloudtrail',
    ev('organizations', 'DisableAWSServiceAccess', { servicePrincipal: 'cloudtrail.amazonaws.com' }),
    ['mon-security-off'],
  ],
  [
    'org DisablePolicyType',
    ev('organizations', 'DisablePolicyType', { rootId: 'r-x', policyType: 'SERVICE_CONTROL_POLICY' }),
    ['mon-security-off'],
  ],
  ['org LeaveOrganization', ev('organizations', 'LeaveOrganization', null), ['mon-security-off']],
  [
    'UpdateTrail bucket',
    ev('cloudtrail', 'UpdateTrail', { name: 't', s3BucketName: 'attacker-bucket' }),
    ['trail-narrowed'],
  ],
  ['UpdateTrail prefix', ev('cloudtrail', 'UpdateTrail', { name: 't', s3KeyPrefix: 'elsewhere' }), ['trail-narrowed']],
  [
    'UpdateTrail kms foreign',
    ev('cloudtrail', 'UpdateTrail', { name: 't', kmsKeyId: 'arn:aws:kms:eu-central-1:444455556666:key/x' }),
    ['trail-narrowed'],
  ],
  ['UpdateTrail kms empty', ev('cloudtrail', 'UpdateTrail', { name: 't', kmsKeyId: '' }), ['trail-narrowed']],
  [
    'UpdateTrail single region',
    ev('cloudtrail', 'UpdateTrail', { name: 't', isMultiRegionTrail: false }),
    ['trail-narrowed'],
  ],
  [
    'UpdateTrail no global',
    ev('cloudtrail', 'UpdateTrail', { name: 't', includeGlobalServiceEvents: false }),
    ['trail-narrowed'],
  ],
  [
    'UpdateTrail no validation',
    ev('cloudtrail', 'UpdateTrail', { name: 't', enableLogFileValidation: false }),
    ['trail-narrowed'],
  ],
  [
    'UpdateTrail isOrganizationTrail false',
    ev('cloudtrail', 'UpdateTrail', { name: 't', isOrganizationTrail: false }),
    ['trail-narrowed'],
  ],
  [
    'PutEventSelectors mgmt off',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      eventSelectors: [{ readWriteType: 'All', includeManagementEvents: false }],
    }),
    ['trail-narrowed'],
  ],
  [
    'PutEventSelectors exclude kms',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      eventSelectors: [
        {
          readWriteType: 'WriteOnly',
          includeManagementEvents: true,
          dataResources: [{ type: 'AWS::S3::Object', values: ['arn:aws:s3'] }],
        },
      ],
    }),
    ['trail-narrowed'],
  ],
  [
    'PutEventSelectors advanced exclude bucket',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      advancedEventSelectors: [
        { name: 'm', fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] },
        {
          name: 'd',
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
            { field: 'resources.ARN', notStartsWith: [`arn:aws:s3:::${B}/`] },
          ],
        },
      ],
    }),
    ['trail-data-off'],
  ],
  [
    'PutEventSelectors advanced readOnly',
    ev('cloudtrail', 'PutEventSelectors', {
      trailName: 't',
      advancedEventSelectors: [
        { fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
            { field: 'readOnly', equals: ['false'] },
          ],
        },
      ],
    }),
    ['trail-data-off'],
  ],
  [
    'StopEventDataStoreIngestion',
    ev('cloudtrail', 'StopEventDataStoreIngestion', { eventDataStore: 'a' }),
    ['trail-stopped'],
  ],
  ['DeleteEventDataStore', ev('cloudtrail', 'DeleteEventDataStore', { eventDataStore: 'a' }), ['trail-deleted']],
  [
    'logs DeleteLogGroup own',
    ev('logs', 'DeleteLogGroup', { logGroupName: '/bucketwatch/prod/cloudtrail' }),
    ['mon-self-guard'],
  ],
  [
    'lambda UpdateFunctionConfiguration own',
    ev('lambda', 'UpdateFunctionConfiguration20150331v2', {
      functionName: 'bucketwatch-prod-cloudtrail',
      environment: {},
    }),
    ['mon-self-guard'],
  ],
  ['cfn UpdateStack own', ev('cloudformation', 'UpdateStack', { stackName: 'bucketwatch-prod' }), ['mon-self-guard']],
  ['events DisableRule', ev('events', 'DisableRule', { name: 'guardduty-to-sns' }), ['mon-tamper']],
  ['cw DeleteAlarms', ev('monitoring', 'DeleteAlarms', { alarmNames: ['x'] }), ['mon-tamper']],
  [
    'sns Unsubscribe own',
    ev('sns', 'Unsubscribe', { subscriptionArn: 'arn:aws:sns:eu-central-1:111122223333:bucketwatch-prod-alerts:x' }),
    ['mon-self-guard'],
  ],
  [
    'vpce foreign reads',
    data(
      'GetObject',
      { key: 'a' },
      {
        userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' },
        vpcEndpointId: 'vpce-0x',
        vpcEndpointAccountId: '999988887777',
        sourceIPAddress: '10.0.0.3',
      },
    ),
    ['data-anon-read'],
  ],
  [
    'SSE-C copy',
    data('CopyObject', {
      key: 'a',
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
      'x-amz-copy-source': `${B}/a`,
    }),
    ['data-sse-c'],
  ],
  [
    'foreign kms put',
    data('PutObject', {
      key: 'a',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:us-east-1:444455556666:key/x',
    }),
    ['data-kms-external'],
  ],
  [
    'cfn onbehalf public policy',
    {
      ...pol(A('*')),
      sourceIPAddress: 'cloudformation.amazonaws.com',
      userAgent: 'cloudformation.amazonaws.com',
      userIdentity: { ...bob, invokedBy: 'cloudformation.amazonaws.com' },
    },
    pub,
  ],
  ['terraform public policy', { ...pol(A('*')), userAgent: 'APN/1.0 HashiCorp/1.0 Terraform/1.9.5' }, pub],
  ['cloudshell external', { ...pol(A({ AWS: '444455556666' })), userAgent: 'aws-cli/2.15 exec-env/CloudShell' }, ext],
  [
    'lambda stolen',
    data(
      'GetObject',
      { key: 'a' },
      {
        userIdentity: {
          ...bob,
          principalId: 'AROALAMBDA:my-fn',
          arn: 'arn:aws:sts::111122223333:assumed-role/lambda-role/my-fn',
          sessionContext: {
            sessionIssuer: {
              type: 'Role',
              principalId: 'AROALAMBDA',
              arn: 'arn:aws:iam::111122223333:role/lambda-role',
              accountId: '111122223333',
              userName: 'lambda-role',
            },
            attributes: { creationDate: '2026-01-15T08:00:00Z', mfaAuthenticated: 'false' },
          },
          inScopeOf: {
            issuerType: 'AWS::Lambda::Function',
            credentialsIssuedTo: 'arn:aws:lambda:eu-central-1:111122223333:function:my-fn',
          },
        },
        userAgent: 'aws-cli/2.1 Linux',
      },
    ),
    ['session-elsewhere', 'session-laptop'],
  ],
  [
    'replication to foreign',
    ev('s3', 'PutBucketReplication', {
      bucketName: B,
      replication: '',
      ReplicationConfiguration: {
        Role: 'r',
        Rule: { Status: 'Enabled', Destination: { Bucket: 'arn:aws:s3:::attacker', Account: '444455556666' } },
      },
    }),
    ['s3-replication-external'],
  ],
  [
    'inventory foreign',
    ev('s3', 'PutBucketInventoryConfiguration', {
      bucketName: B,
      inventory: '',
      InventoryConfiguration: {
        Id: 'x',
        IsEnabled: true,
        Destination: {
          S3BucketDestination: { AccountId: '444455556666', Bucket: 'arn:aws:s3:::attacker', Format: 'CSV' },
        },
      },
    }),
    ['s3-report-external'],
  ],
  [
    'analytics foreign',
    ev('s3', 'PutBucketAnalyticsConfiguration', {
      bucketName: B,
      analytics: '',
      AnalyticsConfiguration: {
        Id: 'x',
        StorageClassAnalysis: {
          DataExport: {
            Destination: { S3BucketDestination: { BucketAccountId: '444455556666', Bucket: 'arn:aws:s3:::attacker' } },
          },
        },
      },
    }),
    ['s3-report-external'],
  ],
  [
    'batch job delete',
    ev('s3', 'CreateJob', { accountId: '111122223333', operation: { S3DeleteObjectTagging: {} }, manifest: {} }),
    ['s3-batch-job'],
  ],
  [
    'objectlock governance bypass delete',
    data('DeleteObject', { key: 'a', versionId: 'v', 'x-amz-bypass-governance-retention': 'true' }),
    ['s3-object-lock'],
  ],
  [
    'PutObjectLegalHold off',
    data('PutObjectLegalHold', { key: 'a', 'legal-hold': '', LegalHold: { Status: 'OFF' } }),
    ['s3-object-lock'],
  ],
  [
    'PutObjectRetention shorten',
    data('PutObjectRetention', {
      key: 'a',
      retention: '',
      'x-amz-bypass-governance-retention': 'true',
      Retention: { Mode: 'GOVERNANCE', RetainUntilDate: '2026-01-15T10:00:00Z' },
    }),
    ['s3-object-lock'],
  ],
  ['glacier DeleteVault', ev('glacier', 'DeleteVault', { vaultName: 'v' }), ['s3-store-deleted']],
  [
    'backup DeleteRecoveryPoint',
    ev('backup', 'DeleteRecoveryPoint', { backupVaultName: 'v', recoveryPointArn: 'arn:aws:s3:::x' }),
    ['s3-store-deleted'],
  ],
  ['backup DeleteBackupVault', ev('backup', 'DeleteBackupVault', { backupVaultName: 'v' }), ['s3-store-deleted']],
  [
    'backup PutBackupVaultAccessPolicy foreign',
    ev('backup', 'PutBackupVaultAccessPolicy', {
      backupVaultName: 'v',
      policy: JSON.stringify({
        Statement: [{ Effect: 'Allow', Principal: '*', Action: 'backup:CopyIntoBackupVault', Resource: '*' }],
      }),
    }),
    ['s3-policy-public'],
  ],
  [
    'access grants instance policy',
    ev('s3', 'PutAccessGrantsInstanceResourcePolicy', {
      accountId: '111122223333',
      Policy: JSON.stringify({
        Statement: [{ Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 's3:*', Resource: '*' }],
      }),
    }),
    ['s3-access-grants'],
  ],
  [
    'dynamodb export',
    ev('dynamodb', 'ExportTableToPointInTime', { tableArn: 'a', s3Bucket: 'attacker', s3BucketOwner: '444455556666' }),
    ['data-export-external'],
  ],
]

/** Names of objects: what only a note, or only a secret, is called, and what sounds alike. */
export const NAMES: readonly Variant[] = [
  ...[
    'FILES-DELETED.txt',
    'YOUR_FILES_ARE_ENCRYPTED.html',
    'READ-ME-TO-RECOVER-FILES.txt',
    '!!!README!!!.txt',
    'HOW TO DECRYPT FILES.hta',
    'your-bucket-has-been-hacked.txt',
    'Restore_Your_Files.txt',
    'PAY_OR_LOSE_YOUR_DATA.md',
    'data_stolen_contact_us.txt',
    'DECRYPT_INFORMATION.txt',
    'HACKED.txt',
    'backups/WE_HAVE_YOUR_BACKUPS.txt',
    'BITCOIN_PAYMENT.txt',
  ].map(put(['data-ransom-note'])),
  ...[
    'docs/how-to-encrypt-files.md',
    'README.txt',
    'backup/restore_database.sh',
    'locked/package-lock.json',
    'help/password-recovery-instructions.html',
    'src/decrypt.ts',
    'how-to-restore-your-data.pdf',
    'README_restore.md',
    'logs/deleted-files.log',
    'blog/bitcoin-payment-explained.html',
    'files-deleted-report.csv',
    'encrypted/data.bin',
    'HOWTO_BACKUP.txt',
    'your-invoice.pdf',
  ].map(put(['!data-ransom-note'])),
  ...[
    'home/.aws/credentials',
    '.env.production',
    'id_ed25519',
    'keys/server.key',
    'kubeconfig',
    '.kube/config',
    'terraform.tfstate',
    'rootkey.csv',
    'alice_accessKeys.csv',
    '.git-credentials',
    '.npmrc',
    '.docker/config.json',
    'wp-config.php',
    'secrets.yaml',
    '.pgpass',
    '.netrc',
    'service-account.json',
    'vault/passwords.kdbx',
    'prod.env',
    'id_rsa.bak',
  ].map(get(['data-cred-file'])),
  ...[
    'docs/credentials.md',
    'src/secrets.ts',
    'img/key.png',
    'id_rsa.pub',
    'env/readme.md',
    'tls/ca-bundle.pem',
    'passwords-policy.html',
    'keyboard.jpg',
    'reports/environment.csv',
    'config.json',
  ].map(get(['!data-cred-file'])),
]
