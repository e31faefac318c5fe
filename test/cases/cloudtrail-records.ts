/**
 * CloudTrail records and what must be derived from them. `expected` holds for the lean and for the full record;
 * `absent` names fields that must not be there. Unless a case says otherwise, the account is 111122223333.
 */
import { EMPTY_ENVIRONMENT, type Environment } from '../../shared/contracts/record.ts'

type Fields = Readonly<Record<string, unknown>>

export interface RecordCase {
  readonly name: string
  readonly record: Fields
  readonly environment?: Partial<Environment>
  readonly expected: Fields
  readonly absent?: readonly string[]
}

export const ENVIRONMENT: Environment = {
  ...EMPTY_ENVIRONMENT,
  account: '111122223333',
  trustedAccounts: ['999900001111'],
  logBuckets: ['amzn-s3-demo-bucket-trail'],
  allowRanges: ['203.0.113.0/24', '2001:db8:a::/48'],
  blockRanges: ['192.0.2.128/25'],
  watchedBuckets: {
    'amzn-s3-demo-bucket-payroll': [
      'arn:aws:iam::111122223333:role/finance/Reader',
      'arn:aws:iam::111122223333:user/alice',
    ],
  },
}

const CLI =
  'aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.5 lang/python#3.11.8 cfg/retry-mode#standard command#s3api'

export const ALICE = {
  type: 'IAMUser',
  principalId: 'AIDAEXAMPLEALICE',
  arn: 'arn:aws:iam::111122223333:user/alice',
  accountId: '111122223333',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  userName: 'alice',
}

export function role(
  name: string,
  options: { session?: string; mfa?: string; account?: string; path?: string } = {},
): Fields {
  const { account = '111122223333', mfa = 'false', path = '', session = 'bob' } = options
  return {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLE:${session}`,
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    accountId: account,
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: 'AROAEXAMPLE',
        arn: `arn:aws:iam::${account}:role/${path}${name}`,
        accountId: account,
        userName: name,
      },
      attributes: { creationDate: '2026-06-01T10:00:00Z', mfaAuthenticated: mfa },
    },
  }
}

/** A call as CloudTrail logs it; members in `changes` win, `undefined` takes one away. */
export function call(eventSource: string, eventName: string, changes: Fields = {}): Fields {
  return {
    eventVersion: '1.11',
    userIdentity: ALICE,
    eventTime: '2026-06-01T10:02:00Z',
    eventSource,
    eventName,
    awsRegion: 'eu-central-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: CLI,
    requestParameters: null,
    responseElements: null,
    requestID: 'REQ0000000000001',
    eventID: '11111111-2222-4333-8444-555555555555',
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: 's3.eu-central-1.amazonaws.com',
    },
    ...changes,
  }
}

/** A setting of a bucket being written. */
export function setting(eventName: string, parameters: Fields, changes: Fields = {}): Fields {
  return call('s3.amazonaws.com', eventName, {
    userAgent: `[${CLI}]`,
    requestParameters: {
      bucketName: 'amzn-s3-demo-bucket1',
      Host: 'amzn-s3-demo-bucket1.s3.amazonaws.com',
      ...parameters,
    },
    ...changes,
  })
}

/** An S3 data event. */
export function data(eventName: string, parameters: Fields = {}, changes: Fields = {}): Fields {
  return call('s3.amazonaws.com', eventName, {
    userAgent: `[${CLI}]`,
    readOnly: /^(?:Get|Head|List)/.test(eventName),
    requestParameters: {
      bucketName: 'amzn-s3-demo-bucket1',
      Host: 'amzn-s3-demo-bucket1.s3.eu-central-1.amazonaws.com',
      key: 'reports/a.csv',
      ...parameters,
    },
    additionalEventData: {
      SignatureVersion: 'SigV4',
      CipherSuite: 'TLS_AES_128_GCM_SHA256',
      bytesTransferredIn: 0,
      AuthenticationMethod: 'AuthHeader',
      'x-amz-id-2': 's9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=',
      bytesTransferredOut: 0,
    },
    managementEvent: false,
    eventCategory: 'Data',
    ...changes,
  })
}

const allow = (principal: unknown, more: Fields = {}): Fields => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::amzn-s3-demo-bucket1/*',
  ...more,
})
const policy = (...statements: unknown[]): Fields => ({ Version: '2012-10-17', Statement: statements })

const NO_WEAKENING = { weakens: false, outcome: 'success' }

export const RECORD_CASES: readonly RecordCase[] = [
  {
    name: 'an ordinary management call: every field that is always there',
    record: call('iam.amazonaws.com', 'PutUserPolicy', { requestParameters: { userName: 'alice', policyName: 'x' } }),
    expected: {
      kind: 'event',
      source: 'cloudtrail',
      service: 'iam',
      action: 'iam.write',
      change: 'none',
      outcome: 'success',
      errorClass: 'none',
      actorType: 'user',
      awsService: false,
      anonymous: false,
      tool: 'awscli',
      toolRisk: 'none',
      weakens: false,
      actor: 'arn:aws:iam::111122223333:user/alice',
      ipClass: 'public',
      https: true,
      tlsVersion: 'TLSv1.3',
      readOnly: false,
    },
    absent: ['actorAccount', 'root', 'crossAccount', 'mfa', 'public', 'external', 'tlsOutdated', 'truncated', 'bytesOut', 'website'],
  },

  // Who acted
  {
    name: 'a role is its ARN without the session',
    record: call('ec2.amazonaws.com', 'CreateRoute', { userIdentity: role('Admin', { mfa: 'true' }) }),
    expected: { actorType: 'role', actor: 'arn:aws:sts::111122223333:assumed-role/Admin', mfa: true, service: 'ec2' },
  },
  {
    name: 'root in person',
    record: call('iam.amazonaws.com', 'CreateAccessKey', {
      userIdentity: {
        type: 'Root',
        principalId: '111122223333',
        arn: 'arn:aws:iam::111122223333:root',
        accountId: '111122223333',
      },
      responseElements: {
        accessKey: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', status: 'Active', createDate: 'Jun 1, 2026' },
      },
    }),
    expected: { actorType: 'root', root: true, awsService: false, actor: 'arn:aws:iam::111122223333:root' },
  },
  {
    name: 'root with invokedBy is AWS, not a person',
    record: call('s3.amazonaws.com', 'GetBucketLocation', {
      userIdentity: {
        type: 'Root',
        invokedBy: 'support.amazonaws.com',
        principalId: '111122223333',
        arn: 'arn:aws:iam::111122223333:root',
        accountId: '111122223333',
      },
      sourceIPAddress: 'support.amazonaws.com',
      userAgent: 'support.amazonaws.com',
      readOnly: undefined,
      eventCategory: undefined,
      managementEvent: undefined,
    }),
    expected: {
      awsService: true,
      ipClass: 'aws',
      tool: 'awsinternal',
      sourceIPAddress: 'support.amazonaws.com',
      readOnly: true,
    },
    absent: ['root', 'crossAccount'],
  },
  {
    name: 'a service event of root is AWS too',
    record: call('kms.amazonaws.com', 'RotateKey', {
      userIdentity: { type: 'Root', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:root' },
      eventType: 'AwsServiceEvent',
    }),
    expected: { awsService: true },
    absent: ['root'],
  },
  {
    name: 'an AWS service reads an object',
    record: data(
      'HeadObject',
      {},
      {
        userIdentity: { type: 'AWSService', invokedBy: 'cloudfront.amazonaws.com' },
        sourceIPAddress: 'cloudfront.amazonaws.com',
        userAgent: 'cloudfront.amazonaws.com',
        errorCode: 'AccessDenied',
        errorMessage: 'Access Denied',
      },
    ),
    expected: {
      actorType: 'service',
      actor: 'cloudfront.amazonaws.com',
      awsService: true,
      errorClass: 'denied',
      outcome: 'failure',
    },
    absent: ['crossAccount', 'actorAccount'],
  },
  {
    name: 'a service-linked role is known by its path',
    record: call('s3.amazonaws.com', 'GetBucketAcl', {
      userIdentity: role('AWSServiceRoleForConfig', { path: 'aws-service-role/config.amazonaws.com/' }),
      readOnly: true,
    }),
    expected: { awsService: true, action: 'config.read', service: 's3' },
  },
  {
    name: 'a role that only bears such a name is somebody',
    record: call('s3.amazonaws.com', 'GetBucketAcl', { userIdentity: role('AWSServiceRoleForFun'), readOnly: true }),
    expected: { awsService: false },
  },
  {
    name: 'anonymous, as S3 spells it today',
    record: data(
      'ListObjects',
      { key: undefined },
      {
        userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' },
        additionalEventData: undefined,
        tlsDetails: undefined,
      },
    ),
    expected: { anonymous: true, actorType: 'anonymous', action: 'bucket.list', website: false, outcome: 'success' },
    absent: ['actor', 'actorAccount', 'crossAccount', 'https', 'tlsVersion'],
  },
  {
    name: 'anonymous, as it was spelled before',
    record: data('PutObject', { key: 'index.html' }, { userIdentity: { type: 'AWSAccount', accountId: 'anonymous' } }),
    expected: { anonymous: true, action: 'object.write', outcome: 'success' },
    absent: ['crossAccount'],
  },
  {
    name: "anonymous, through the bucket's website",
    record: data(
      'GetObject',
      { Host: 'amzn-s3-demo-bucket1.s3-website.eu-central-1.amazonaws.com' },
      {
        userIdentity: { type: 'AWSAccount', accountId: 'anonymous' },
      },
    ),
    expected: { anonymous: true, website: true },
  },
  {
    name: 'a web identity has neither ARN nor account',
    record: call('sts.amazonaws.com', 'AssumeRoleWithWebIdentity', {
      userIdentity: {
        type: 'WebIdentityUser',
        principalId:
          'arn:aws:iam::012345678901:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:sts.amazonaws.com:sa',
        userName: 'system:serviceaccount:kube-namespace:kube-sa',
        identityProvider: 'arn:aws:iam::012345678901:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE',
      },
      readOnly: true,
    }),
    expected: { actorType: 'federated', actor: 'system:serviceaccount:kube-namespace:kube-sa' },
    absent: ['actorAccount', 'crossAccount'],
  },
  {
    name: 'an Identity Center user',
    record: call('sso.amazonaws.com', 'Authenticate', {
      userIdentity: {
        type: 'IdentityCenterUser',
        accountId: '111122223333',
        onBehalfOf: {
          userId: '544894e8-80c1-707f-60e3-3ba6510dfac1',
          identityStoreArn: 'arn:aws:identitystore::111122223333:identitystore/d-1',
        },
      },
    }),
    expected: { actorType: 'identityCenter', actor: '544894e8-80c1-707f-60e3-3ba6510dfac1' },
  },
  {
    name: 'an account id keeps its leading zero, also where a pipeline made it a number',
    record: call('sts.amazonaws.com', 'GetCallerIdentity', {
      userIdentity: { type: 'AWSAccount', principalId: 'AIDAEXAMPLE', accountId: 12345678901 },
      recipientAccountId: 112345678901,
    }),
    expected: { actorAccount: '012345678901', recipientAccountId: '112345678901' },
  },
  {
    name: 'no identity at all',
    record: {
      eventName: 'DeleteBucket',
      errorCode: 'BucketNotEmpty',
      userIdentity: {},
      recipientAccountId: '111122223333',
    },
    expected: {
      actorType: 'unknown',
      awsService: false,
      outcome: 'failure',
      errorClass: 'client',
      action: 'bucket.delete',
      timeMissing: true,
    },
    absent: ['actor', 'lagSeconds', 'root'],
  },

  // Whose account
  {
    name: 'a stranger account reads an object',
    record: data(
      'GetObject',
      {},
      { userIdentity: { type: 'AWSAccount', principalId: 'AIDAOTHER', accountId: '555566667777' } },
    ),
    expected: { crossAccount: true, actorType: 'account', actorAccount: '555566667777' },
  },
  {
    name: 'a trusted account is no stranger',
    record: data('GetObject', {}, { userIdentity: role('Reader', { account: '999900001111' }) }),
    expected: { actorAccount: '999900001111' },
    absent: ['crossAccount'],
  },
  {
    name: "a member account's own call under an organization's trail",
    record: data(
      'GetObject',
      {},
      { userIdentity: role('Reader', { account: '444455556666' }), recipientAccountId: '444455556666' },
    ),
    expected: { recipientAccountId: '444455556666' },
    absent: ['crossAccount', 'actorAccount'],
  },
  {
    name: 'without an account in the settings, own is who received the record',
    record: data('GetObject', {}, { userIdentity: role('Reader', { account: '444455556666' }) }),
    environment: { account: undefined },
    expected: { crossAccount: true },
  },

  // Signing in
  {
    name: 'a sign-in without a second factor',
    record: call('signin.amazonaws.com', 'ConsoleLogin', {
      eventType: 'AwsConsoleSignIn',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
      responseElements: { ConsoleLogin: 'Success' },
      additionalEventData: { LoginTo: 'https://console.aws.amazon.com/console/home', MFAUsed: 'No' },
    }),
    expected: { action: 'auth.login', outcome: 'success', mfa: false, actorType: 'user', tool: 'browser' },
  },
  {
    name: 'a sign-in with one',
    record: call('signin.amazonaws.com', 'ConsoleLogin', {
      responseElements: { ConsoleLogin: 'Success' },
      additionalEventData: { MFAUsed: 'Yes', MFAIdentifier: 'arn:aws:iam::111122223333:mfa/alice' },
    }),
    expected: { action: 'auth.login', outcome: 'success', mfa: true },
  },
  {
    name: 'a failed sign-in has no error code',
    record: call('signin.amazonaws.com', 'ConsoleLogin', {
      userIdentity: { type: 'IAMUser', accountId: '111122223333', userName: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
      errorMessage: 'Failed authentication',
      responseElements: { ConsoleLogin: 'Failure' },
      additionalEventData: { MFAUsed: 'No' },
    }),
    expected: { action: 'auth.login', outcome: 'failure', errorClass: 'client', actorType: 'user' },
    absent: ['errorCode'],
  },

  // What failed
  {
    name: 'an empty error code counts as none',
    record: setting('DeleteBucket', {}, { errorCode: '', readOnly: undefined }),
    expected: { outcome: 'success', errorClass: 'none', action: 'bucket.delete', readOnly: false },
  },
  {
    name: "EC2's denial",
    record: call('ec2.amazonaws.com', 'TerminateInstances', {
      requestParameters: { instancesSet: {} },
      errorCode: 'Client.UnauthorizedOperation',
    }),
    expected: { errorClass: 'denied', outcome: 'failure', action: 'ec2.write' },
  },
  {
    name: 'a VPC endpoint that denies',
    record: call('s3.amazonaws.com', 'ListBuckets', {
      eventType: 'AwsVpceEvent',
      eventCategory: 'NetworkActivity',
      errorCode: 'VpceAccessDenied',
      vpcEndpointId: 'vpce-0123456789abcdef0',
      readOnly: true,
    }),
    expected: {
      errorClass: 'denied',
      eventCategory: 'NetworkActivity',
      vpcEndpointId: 'vpce-0123456789abcdef0',
      action: 'account.listBuckets',
    },
  },

  // Policies
  {
    name: 'a policy for everybody in its second statement',
    record: setting('PutBucketPolicy', {
      policy: '',
      bucketPolicy: policy(allow({ AWS: 'arn:aws:iam::111122223333:role/app' }), allow({ AWS: ['*'] })),
    }),
    expected: { action: 'config.write', change: 'policy', public: true, weakens: true },
    absent: ['external'],
  },
  {
    name: 'the same as one object, in a text',
    record: setting('PutBucketPolicy', { policy: [''], bucketPolicy: JSON.stringify({ Statement: allow('*') }) }),
    expected: { change: 'policy', public: true, weakens: true },
  },
  {
    name: 'everybody, but only inside an organization',
    record: setting('PutBucketPolicy', {
      bucketPolicy: policy(allow('*', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } } })),
    }),
    // No setting says that the organization is ours.
    expected: { change: 'policy', external: true, weakens: true },
    absent: ['public'],
  },
  {
    name: 'a deny for everybody closes',
    record: setting('PutBucketPolicy', {
      bucketPolicy: policy({ ...allow('*'), Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    }),
    expected: NO_WEAKENING,
    absent: ['public'],
  },
  {
    name: 'another account',
    record: setting('PutBucketPolicy', {
      bucketPolicy: policy(allow({ AWS: ['111122223333', 'arn:aws:iam::222233334444:root'] })),
    }),
    expected: { external: true, weakens: true },
    absent: ['public'],
  },
  {
    name: 'a service that delivers, a trusted account and ourselves',
    record: setting('PutBucketPolicy', {
      bucketPolicy: policy(
        { ...allow({ Service: 'cloudtrail.amazonaws.com' }), Action: 's3:PutObject' },
        allow({ AWS: '999900001111' }),
        allow({ AWS: 'arn:aws:iam::111122223333:role/app' }),
      ),
    }),
    expected: NO_WEAKENING,
    absent: ['public', 'external'],
  },
  {
    name: "an access point's policy, one level down",
    record: call('s3.amazonaws.com', 'PutAccessPointPolicy', {
      requestParameters: {
        name: 'ap',
        PutAccessPointPolicyRequest: { Policy: JSON.stringify(policy(allow('*'))), xmlns: 'x' },
      },
    }),
    expected: { action: 'config.write', change: 'accessPoint', public: true, service: 's3' },
  },
  {
    name: "a key's policy for another account",
    record: call('kms.amazonaws.com', 'PutKeyPolicy', {
      requestParameters: {
        keyId: 'k',
        policyName: 'default',
        policy: JSON.stringify(policy(allow({ AWS: 'arn:aws:iam::222233334444:root' }))),
      },
    }),
    expected: { action: 'kms.write', change: 'key', external: true, weakens: true },
  },
  {
    name: 'deleting a policy',
    record: setting('DeleteBucketPolicy', { policy: '' }),
    expected: { change: 'policy', weakens: false, action: 'config.write' },
  },

  // ACLs
  {
    name: 'a canned ACL as text',
    record: setting('PutBucketAcl', { acl: '', 'x-amz-acl': 'public-read' }),
    expected: { action: 'acl.write', change: 'acl', public: true, weakens: true },
  },
  {
    name: 'a canned ACL in an array, as old events have it',
    record: setting(
      'PutBucketAcl',
      { acl: [''], 'x-amz-acl': ['public-read-write'] },
      { eventVersion: '1.05', readOnly: undefined },
    ),
    expected: { change: 'acl', public: true, weakens: true },
  },
  {
    name: 'a private ACL',
    record: setting('PutBucketAcl', { acl: [''], 'x-amz-acl': ['private'] }),
    expected: { change: 'acl', ...NO_WEAKENING },
    absent: ['public'],
  },
  {
    name: 'one grant to everybody',
    record: setting('PutBucketAcl', {
      AccessControlPolicy: {
        AccessControlList: {
          Grant: { Grantee: { URI: 'http://acs.amazonaws.com/groups/global/AllUsers' }, Permission: 'READ' },
        },
      },
    }),
    expected: { change: 'acl', public: true },
  },
  {
    name: 'a grant to every AWS account among others',
    record: setting('PutBucketAcl', {
      AccessControlPolicy: {
        AccessControlList: {
          Grant: [
            { Grantee: { ID: 'abc' }, Permission: 'FULL_CONTROL' },
            { Grantee: { URI: 'http://acs.amazonaws.com/groups/s3/LogDelivery' }, Permission: 'WRITE' },
            { Grantee: { URI: 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers' }, Permission: 'READ' },
          ],
        },
      },
    }),
    expected: { public: true },
  },
  {
    name: 'log delivery is not the public',
    record: setting('PutBucketAcl', { 'x-amz-grant-write': 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"' }),
    expected: NO_WEAKENING,
    absent: ['public'],
  },
  {
    name: 'an object written for everybody',
    record: data('PutObject', {
      accessControlList: { 'x-amz-grant-read': 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' },
    }),
    expected: { action: 'object.write', change: 'acl', public: true, weakens: true },
  },
  {
    name: 'an object written with a private ACL changes nothing',
    record: data('PutObject', { 'x-amz-acl': 'bucket-owner-full-control' }),
    expected: { action: 'object.write', change: 'none', weakens: false },
    absent: ['public'],
  },

  // Other settings of a bucket
  {
    name: 'one block of four switched off',
    record: setting('PutBucketPublicAccessBlock', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: true,
      },
    }),
    expected: { change: 'bucketPublicAccessBlock', weakens: true },
  },
  {
    name: 'all four on',
    record: setting('PutBucketPublicAccessBlock', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    }),
    expected: { change: 'bucketPublicAccessBlock', ...NO_WEAKENING },
  },
  {
    name: 'a block that is not sent is off',
    record: setting('PutAccountPublicAccessBlock', { PublicAccessBlockConfiguration: { BlockPublicAcls: true } }),
    expected: { change: 'accountPublicAccessBlock', weakens: true },
  },
  {
    name: 'the block deleted',
    record: setting('DeleteBucketPublicAccessBlock', {}),
    expected: { change: 'bucketPublicAccessBlock', weakens: true },
  },
  {
    name: 'logging off',
    record: setting('PutBucketLogging', {
      logging: '',
      BucketLoggingStatus: { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' },
    }),
    expected: { change: 'logging', weakens: true },
  },
  {
    name: 'logging on',
    record: setting('PutBucketLogging', {
      BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'amzn-s3-demo-bucket-trail', TargetPrefix: 'l/' } },
    }),
    expected: { change: 'logging', ...NO_WEAKENING },
  },
  {
    name: 'versioning suspended, whatever is said of MFA delete',
    record: setting('PutBucketVersioning', { VersioningConfiguration: { Status: 'Suspended', MfaDelete: 'Disabled' } }),
    expected: { change: 'versioning', weakens: true },
  },
  {
    name: 'MFA delete off',
    record: setting('PutBucketVersioning', { VersioningConfiguration: { Status: 'Enabled', MfaDelete: 'Disabled' } }),
    expected: { change: 'mfaDelete', weakens: true },
  },
  {
    name: 'encryption removed',
    record: setting('DeleteBucketEncryption', {}),
    expected: { change: 'encryption', weakens: true },
  },
  {
    name: "encryption with somebody else's key",
    record: setting('PutBucketEncryption', {
      ServerSideEncryptionConfiguration: {
        Rule: {
          ApplyServerSideEncryptionByDefault: {
            SSEAlgorithm: 'aws:kms',
            KMSMasterKeyID: 'arn:aws:kms:eu-central-1:555566667777:key/x',
          },
        },
      },
    }),
    expected: { change: 'encryption', weakens: false, sse: 'kms', kmsExternal: true },
  },
  {
    name: 'the shortest of the enabled lifecycle rules',
    record: setting('PutBucketLifecycle', {
      LifecycleConfiguration: {
        Rule: [
          { Status: 'Disabled', Expiration: { Days: 1 } },
          { Status: 'Enabled', Expiration: { Days: 400 }, NoncurrentVersionExpiration: { NoncurrentDays: 5 } },
          { Status: 'Enabled', Expiration: { Days: 30 } },
        ],
      },
    }),
    expected: { change: 'lifecycle', expireDays: 5, weakens: true },
  },
  {
    name: 'a lifecycle rule that keeps for years',
    record: setting('PutBucketLifecycle', {
      LifecycleConfiguration: { Rule: { Status: 'Enabled', Expiration: { Days: 730 } } },
    }),
    expected: { expireDays: 730, ...NO_WEAKENING },
  },
  {
    name: 'a lifecycle rule that ends at a date',
    record: setting('PutBucketLifecycleConfiguration', {
      LifecycleConfiguration: { Rule: { Status: 'Enabled', Expiration: { Date: '2026-06-02T00:00:00Z' } } },
    }),
    expected: { change: 'lifecycle', expireDays: 1, weakens: true },
  },
  {
    name: 'replication to another account',
    record: setting('PutBucketReplication', {
      ReplicationConfiguration: {
        Rule: [
          { Status: 'Enabled', Destination: { Bucket: 'arn:aws:s3:::dst', Account: '111122223333' } },
          { Status: 'Enabled', Destination: { Bucket: 'arn:aws:s3:::dst', Account: '555566667777' } },
        ],
      },
    }),
    expected: { change: 'replication', external: true, weakens: true },
  },
  {
    name: 'replication removed',
    record: setting('DeleteBucketReplication', {}),
    expected: { change: 'replication', weakens: true },
  },
  {
    name: 'ownership back to ACLs',
    record: setting('PutBucketOwnershipControls', {
      OwnershipControls: { Rule: [{ ObjectOwnership: 'ObjectWriter' }] },
    }),
    expected: { change: 'ownershipControls', weakens: true },
  },
  {
    name: 'ownership enforced',
    record: setting('PutBucketOwnershipControls', {
      OwnershipControls: { Rule: { ObjectOwnership: 'BucketOwnerEnforced' } },
    }),
    expected: { change: 'ownershipControls', ...NO_WEAKENING },
  },
  {
    name: 'notifications emptied',
    record: setting('PutBucketNotification', {
      notification: '',
      NotificationConfiguration: { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' },
    }),
    expected: { change: 'notification', weakens: true },
  },
  {
    name: 'notifications to EventBridge',
    record: setting('PutBucketNotification', { NotificationConfiguration: { EventBridgeConfiguration: '' } }),
    expected: { change: 'notification', ...NO_WEAKENING },
  },
  {
    name: 'a change of a bucket that logs go to',
    record: setting('PutBucketVersioning', {
      bucketName: 'amzn-s3-demo-bucket-trail',
      VersioningConfiguration: { Status: 'Suspended' },
    }),
    expected: { logBucket: true, readOnly: false, action: 'config.write' },
  },

  // The trail
  {
    name: 'logging stopped',
    record: call('cloudtrail.amazonaws.com', 'StopLogging', { requestParameters: { name: 't' } }),
    expected: { action: 'trail.write', change: 'trail', weakens: true },
  },
  {
    name: 'only reads are recorded from now on',
    record: call('cloudtrail.amazonaws.com', 'PutEventSelectors', {
      requestParameters: {
        trailName: 't',
        eventSelectors: [{ includeManagementEvents: true, readWriteType: 'ReadOnly' }],
      },
    }),
    expected: { change: 'trail', weakens: true },
  },
  {
    name: 'data events of writes only',
    record: call('cloudtrail.amazonaws.com', 'PutEventSelectors', {
      requestParameters: {
        trailName: 't',
        eventSelectors: [
          {
            includeManagementEvents: false,
            readWriteType: 'WriteOnly',
            dataResources: [{ type: 'AWS::S3::Object', values: ['arn:aws:s3'] }],
          },
          { includeManagementEvents: true, readWriteType: 'All', excludeManagementEventSources: [] },
        ],
      },
    }),
    expected: { change: 'dataEvents', weakens: true },
  },
  {
    name: 'advanced selectors without management events',
    record: call('cloudtrail.amazonaws.com', 'PutEventSelectors', {
      requestParameters: {
        advancedEventSelectors: [{ fieldSelectors: [{ field: 'eventCategory', equals: ['Data'] }] }],
      },
    }),
    expected: { weakens: true },
  },
  {
    name: 'one region only',
    record: call('cloudtrail.amazonaws.com', 'UpdateTrail', {
      requestParameters: { name: 't', isMultiRegionTrail: false },
    }),
    expected: { change: 'trail', weakens: true },
  },
  {
    name: 'looking at the trail',
    record: call('cloudtrail.amazonaws.com', 'DescribeTrails', { readOnly: true }),
    expected: { action: 'trail.read', change: 'none' },
  },

  // Objects
  {
    name: "a copy encrypted with the caller's own key",
    record: data('CopyObject', {
      'x-amz-copy-source': 'amzn-s3-demo-bucket1/a',
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
    }),
    expected: { action: 'object.write', sse: 'c' },
  },
  {
    name: 'a copy encrypted with a foreign KMS key',
    record: data('CopyObject', {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:us-east-1:555566667777:key/k',
    }),
    expected: { sse: 'kms', kmsExternal: true },
  },
  {
    name: 'a copy encrypted with our own KMS key',
    record: data('CopyObject', {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:us-east-1:111122223333:key/k',
    }),
    expected: { sse: 'kms' },
    absent: ['kmsExternal'],
  },
  {
    name: 'a copy into a bucket of another account',
    record: data(
      'CopyObject',
      { bucketName: 'amzn-s3-demo-bucket-other', 'x-amz-copy-source': 'amzn-s3-demo-bucket1/a' },
      {
        resources: [
          { type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket-other/a' },
          { accountId: '555566667777', type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket-other' },
          { accountId: '111122223333', type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket1' },
        ],
      },
    ),
    expected: { external: true, action: 'object.write' },
  },
  {
    name: 'many bytes out, over a presigned URL',
    record: data(
      'GetObject',
      { 'X-Amz-SignedHeaders': 'host' },
      {
        additionalEventData: {
          AuthenticationMethod: 'QueryString',
          bytesTransferredOut: 89.0,
          bytesTransferredIn: 0.0,
          CipherSuite: 'TLS_AES_128_GCM_SHA256',
        },
        tlsDetails: undefined,
      },
    ),
    expected: { action: 'object.read', bytesOut: 89, presigned: true, https: true },
    absent: ['bytesIn', 'tlsVersion'],
  },
  {
    name: 'a ransom note',
    record: data('PutObject', { key: 'finance/HOW_TO_DECRYPT_FILES.txt' }),
    expected: { keyClass: 'ransomNote' },
  },
  {
    name: 'a file with credentials',
    record: data('GetObject', { key: 'backup/.aws/credentials' }),
    expected: { keyClass: 'credential' },
  },
  {
    name: 'a known reader of a watched bucket, by the role whose ARN has a path',
    record: data(
      'GetObject',
      { bucketName: 'amzn-s3-demo-bucket-payroll' },
      { userIdentity: role('Reader', { path: 'finance/' }) },
    ),
    expected: { watched: true, actorKnown: true },
  },
  {
    name: 'a stranger at a watched bucket',
    record: data('GetObject', { bucketName: 'amzn-s3-demo-bucket-payroll' }, { userIdentity: role('Admin') }),
    expected: { watched: true, actorKnown: false },
  },
  {
    name: 'the bucket behind an access point',
    record: data(
      'GetObject',
      { bucketName: 'arn:aws:s3:eu-central-1:111122223333:accesspoint/ap' },
      {
        resources: [
          { accountId: '111122223333', type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket-trail' },
        ],
      },
    ),
    expected: { logBucket: true },
  },
  {
    name: 'S3 Express is S3',
    record: data('CreateSession', {}, { eventSource: 's3express.amazonaws.com', readOnly: false }),
    expected: { service: 's3', eventSource: 's3express.amazonaws.com', action: 's3.write' },
  },
  {
    name: 'an ACL was what let the reader in',
    record: data('GetObject', {}, { additionalEventData: { aclRequired: 'Yes' } }),
    expected: { aclRequired: true },
  },

  // Addresses, clients, transport
  {
    name: 'an allowed address',
    record: data('GetObject', {}, { sourceIPAddress: '203.0.113.20' }),
    expected: { ipClass: 'allow' },
  },
  {
    name: 'a blocked address',
    record: data('GetObject', {}, { sourceIPAddress: '192.0.2.130' }),
    expected: { ipClass: 'block' },
  },
  {
    name: 'a private address',
    record: data('GetObject', {}, { sourceIPAddress: '10.1.2.3' }),
    expected: { ipClass: 'private' },
  },
  {
    name: 'AWS Internal',
    record: call('kms.amazonaws.com', 'Decrypt', { sourceIPAddress: 'AWS Internal', readOnly: true }),
    expected: { ipClass: 'aws', awsService: true },
  },
  {
    name: 'Kali under aws-cli',
    record: data('GetObject', {}, { userAgent: '[aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0-kali5-amd64]' }),
    expected: { tool: 'kali', toolRisk: 'offensive' },
  },
  {
    name: 'rclone',
    record: data('GetObject', {}, { userAgent: '[rclone/v1.67.0]' }),
    expected: { tool: 'rclone', toolRisk: 'bulk', userAgent: '[rclone/v1.67.0]' },
  },
  {
    name: 'placeholders are no TLS',
    record: call('ec2.amazonaws.com', 'X', {
      tlsDetails: {
        tlsVersion: 'tlsVersion',
        cipherSuite: 'cipherSuite',
        clientProvidedHostHeader: 'clientProvidedHostHeader',
      },
    }),
    expected: { service: 'ec2' },
    absent: ['tlsVersion', 'tlsOutdated', 'https'],
  },
  {
    name: 'a bare TLS version',
    record: call('ec2.amazonaws.com', 'X', { tlsDetails: { tlsVersion: '1.3' } }),
    expected: { tlsVersion: 'TLSv1.3', https: true },
    absent: ['tlsOutdated'],
  },
  {
    name: 'an outdated TLS version',
    record: data('GetObject', {}, { tlsDetails: { tlsVersion: 'TLSv1' } }),
    expected: { tlsVersion: 'TLSv1', tlsOutdated: true },
  },

  // Shapes
  {
    name: 'readOnly as a text',
    record: { eventVersion: '1.08', eventName: 'X', readOnly: 'True' },
    expected: { readOnly: true },
  },
  {
    name: 'an API version is no date',
    record: { eventVersion: '1.05', apiVersion: '2016_01_28', eventName: 'X' },
    expected: { apiVersion: '2016_01_28' },
  },
  {
    name: 'an Insight event has its name and source one level down, and is no call',
    record: {
      eventVersion: '1.07',
      eventTime: '2026-06-01T20:56:00Z',
      awsRegion: 'us-east-1',
      eventID: 'abcd00b0-ccfe-422d-961c-98a2198a408x',
      eventType: 'AwsCloudTrailInsight',
      recipientAccountId: '111122223333',
      insightDetails: {
        state: 'Start',
        eventSource: 's3.amazonaws.com',
        eventName: 'DeleteBucketPolicy',
        insightType: 'ApiCallRateInsight',
      },
      eventCategory: 'Insight',
    },
    expected: {
      eventName: 'DeleteBucketPolicy',
      eventSource: 's3.amazonaws.com',
      actorType: 'unknown',
      action: 's3.write',
      change: 'none',
      weakens: false,
    },
    absent: ['readOnly', 'actor', 'timeMissing'],
  },
  {
    name: 'parameters that are a text',
    record: call('example.amazonaws.com', 'DoIt', { requestParameters: 'nothing' }),
    expected: { requestParameters: 'nothing' },
  },
  {
    name: 'parameters that CloudTrail left out',
    record: call('iam.amazonaws.com', 'PutUserPolicy', {
      requestParameters: { omitted: true, originalSize: 131072, reason: 'requestParameters too large' },
    }),
    expected: { truncated: true, weakens: false },
  },
  {
    name: 'a policy that CloudTrail left out is not known to be public',
    record: setting('PutBucketPolicy', { omitted: true, originalSize: 131072, reason: 'requestParameters too large' }),
    expected: { truncated: true, change: 'policy', weakens: false },
    absent: ['public'],
  },
  {
    name: 'a quarantined key',
    record: call('iam.amazonaws.com', 'AttachUserPolicy', {
      requestParameters: { userName: 'alice', policyArn: 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3' },
    }),
    expected: { keyQuarantine: true },
  },
  {
    name: 'a time that is none',
    record: call('ec2.amazonaws.com', 'RunInstances', { eventTime: 'yesterday' }),
    expected: { timeMissing: true, eventTime: 'yesterday' },
    absent: ['lagSeconds'],
  },
  {
    name: 'a sign-in through Identity Center is a person, and fails in the details of the event',
    record: call('signin.amazonaws.com', 'CredentialVerification', {
      userIdentity: { type: 'IdentityCenterUser', accountId: '111122223333', onBehalfOf: { userId: '544894e8' } },
      eventType: 'AwsServiceEvent',
      serviceEventDetails: { CredentialVerification: 'Failure' },
      additionalEventData: { UserName: 'alice' },
    }),
    expected: {
      awsService: false,
      actorType: 'identityCenter',
      person: 'alice',
      outcome: 'failure',
      errorClass: 'client',
      serviceEventDetails: { CredentialVerification: 'Failure' },
    },
  },
  {
    name: 'an error code that is the status of a success',
    record: call('grafana.amazonaws.com', 'create', {
      errorCode: '200',
      serviceEventDetails: { result: { statusType: 'success', statusCode: '200' } },
    }),
    expected: { outcome: 'success', errorClass: 'none', errorCode: '200' },
  },
  {
    name: 'a result that is a failure',
    record: call('grafana.amazonaws.com', 'login-auth.sso', {
      serviceEventDetails: { result: { statusType: 'failure' } },
    }),
    expected: { outcome: 'failure', errorClass: 'client' },
  },
  {
    name: 'AWS Internal without a type',
    record: call('kms.amazonaws.com', 'RotateKey', {
      userIdentity: { accountId: '111122223333', invokedBy: 'AWS Internal' },
      sourceIPAddress: 'AWS Internal',
      userAgent: 'AWS Internal',
      eventType: 'AwsServiceEvent',
    }),
    expected: { actorType: 'service', awsService: true },
    absent: ['person', 'onBehalf'],
  },
  {
    name: 'a service that acts for somebody',
    record: data('GetObject', {}, { userIdentity: { ...role('Analyst'), invokedBy: 'athena.amazonaws.com' } }),
    expected: { awsService: false, onBehalf: true, keyId: 'ASIAIOSFODNN7EXAMPLE' },
  },
  {
    name: 'a time as Athena writes it',
    record: call('iam.amazonaws.com', 'ListRoles', { eventTime: '2026-06-01 10:02:00.000000000' }),
    expected: { lagSeconds: 10_800, eventTime: '2026-06-01 10:02:00.000000000' },
    absent: ['timeMissing'],
  },
  {
    name: 'a summary of events',
    record: {
      eventVersion: '1.0',
      accountId: '111122223333',
      eventId: '00000000-0000-4000-8000-0000000000a1',
      eventCategory: 'Aggregated',
      eventType: 'AwsAggregatedEvent',
      awsRegion: 'eu-central-1',
      eventSource: 's3.amazonaws.com',
      timeWindow: {
        windowStart: '2026-06-01T09:57:00Z',
        windowEnd: '2026-06-01T10:02:00Z',
        windowSize: 'PT5M',
      },
      summary: { primaryDimension: { dimension: 'eventName', statistics: [{ name: 'GetObject', value: 1000 }] } },
    },
    expected: {
      kind: 'event',
      action: 's3.summary',
      change: 'none',
      eventTime: '2026-06-01T10:02:00Z',
      eventID: '00000000-0000-4000-8000-0000000000a1',
      recipientAccountId: '111122223333',
      lagSeconds: 10_800,
      summary: { primaryDimension: { dimension: 'eventName', statistics: [{ name: 'GetObject', value: 1000 }] } },
    },
    absent: ['timeMissing', 'readOnly'],
  },
]
