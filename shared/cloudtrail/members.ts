/**
 * What a CloudTrail record is made of, and what becomes of each member: the one table that scanning, deriving, writing
 * and docs/record.md go by. A member that is not in it comes through as it is.
 */

/** What a member's value must be; a record in which one is something else is put right before it is read. */
export type MemberType = 'text' | 'boolean' | 'any'

/**
 * When a member goes. `always`; or only where it says nothing new:
 * `ordinary`: its value is the one that goes without saying (`usual`), or none. `awsHost`: an AWS endpoint: the service,
 * the bucket and the Region once more. `ownRegion`: the Region that the deployment runs in, of
 * anyone but the root user. `own`: the account is the `recipientAccountId`. The others look at the record:
 * `knownTool`: `tool` says which client it is. `notRoot`: nobody asks it of anyone but the root user. `hasArn`: the ARN
 * says who. `isOwnByArn`: the ARN names the `recipientAccountId`, and that is our own account. `arnSaysRole`: the session's ARN names the role. `bucketIsNamed`: the bucket is ours and stands in the
 * parameters.
 */
export type Condition =
  | 'always'
  | 'ordinary'
  | 'awsHost'
  | 'ownRegion'
  | 'own'
  | 'knownTool'
  | 'notRoot'
  | 'hasArn'
  | 'isOwnByArn'
  | 'arnSaysRole'
  | 'bucketIsNamed'

/** One member. */
export interface MemberRow {
  /** Names from the top, joined by dots. CloudTrail's own names have none. */
  readonly path: string
  readonly type?: MemberType
  /** When the lean record of any event goes without it; only of an S3 data event (`object`). */
  readonly drop?: Condition
  readonly object?: Condition
  readonly usual?: readonly string[]
  /** Why it may go. */
  readonly why?: string
  /** Derived fields that are read from it. */
  readonly gives?: string
}

const text = (path: string, more: Omit<MemberRow, 'path' | 'type'> = {}): MemberRow => ({ path, type: 'text', ...more })
const any = (path: string, more: Omit<MemberRow, 'path' | 'type'> = {}): MemberRow => ({ path, ...more })

const OUTCOME = 'outcome errorClass'
const WHO = 'actorType awsService anonymous actor actorAccount person root crossAccount onBehalf'

/** Suites of TLS 1.3, and those of 1.2 with forward secrecy and authenticated encryption. */
const MODERN_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

/** The members in the order in which CloudTrail writes them. */
export const MEMBERS: readonly MemberRow[] = [
  any('eventVersion', { drop: 'always', why: 'the version of the format; every member is read whatever it is' }),
  any('userIdentity'),
  any('userIdentity.type', { gives: WHO }),
  any('userIdentity.principalId', { gives: WHO, object: 'hasArn', why: 'the ARN names the same principal' }),
  any('userIdentity.arn', { gives: WHO }),
  any('userIdentity.accountId', { gives: WHO, object: 'isOwnByArn', why: 'the ARN says it' }),
  any('userIdentity.accessKeyId', { gives: 'keyId' }),
  any('userIdentity.userName', { gives: WHO }),
  any('userIdentity.invokedBy', { gives: WHO }),
  any('userIdentity.credentialId'),
  any('userIdentity.identityProvider'),
  any('userIdentity.onBehalfOf', { gives: 'actor person' }),
  any('userIdentity.inScopeOf'),
  any('userIdentity.invokedByDelegate', { gives: 'person' }),
  any('userIdentity.sessionContext'),
  any('userIdentity.sessionContext.sourceIdentity', { gives: 'person' }),
  any('userIdentity.sessionContext.assumedRoot'),
  any('userIdentity.sessionContext.ec2RoleDelivery', { gives: 'person' }),
  any('userIdentity.sessionContext.webIdFederationData', { object: 'ordinary', why: 'it says nothing' }),
  any('userIdentity.sessionContext.sessionIssuer'),
  any('userIdentity.sessionContext.sessionIssuer.type', { object: 'arnSaysRole', why: "the session's ARN says it" }),
  any('userIdentity.sessionContext.sessionIssuer.principalId', { object: 'arnSaysRole', why: 'the id of the role' }),
  any('userIdentity.sessionContext.sessionIssuer.arn', {
    gives: WHO,
    object: 'arnSaysRole',
    why: "the session's ARN says it",
  }),
  any('userIdentity.sessionContext.sessionIssuer.accountId', {
    gives: WHO,
    object: 'arnSaysRole',
    why: "the session's ARN says it",
  }),
  any('userIdentity.sessionContext.sessionIssuer.userName', {
    object: 'arnSaysRole',
    why: "the session's ARN says it",
  }),
  any('userIdentity.sessionContext.attributes'),
  any('userIdentity.sessionContext.attributes.creationDate', {
    object: 'hasArn',
    why: 'when the session began; its key says which it is',
  }),
  any('userIdentity.sessionContext.attributes.mfaAuthenticated', {
    gives: 'mfa',
    object: 'ordinary',
    usual: ['"false"'],
    why: 'sessions without a second factor are the usual ones; `true` stays',
  }),
  text('eventTime', { gives: 'lagSeconds timeMissing' }),
  text('eventSource', { gives: 'service action change' }),
  text('eventName', { gives: 'action change' }),
  text('awsRegion', { object: 'ownRegion', why: 'what does not say another happened there' }),
  text('sourceIPAddress', { gives: 'ipClass awsService' }),
  text('userAgent', { gives: 'tool toolRisk', object: 'knownTool', why: '`tool` says which ordinary client it is' }),
  text('errorCode', { gives: OUTCOME }),
  text('errorMessage', { gives: OUTCOME }),
  any('requestParameters', {
    gives: 'weakens public external expireDays sse kmsExternal keyQuarantine ownStack deployer',
  }),
  any('requestParameters.bucketName', { gives: 'logBucket watched actorKnown' }),
  any('requestParameters.bucket', { gives: 'logBucket watched actorKnown' }),
  any('requestParameters.Bucket', { gives: 'logBucket watched actorKnown' }),
  any('requestParameters.key', { gives: 'keyClass' }),
  any('requestParameters.Host', { gives: 'website', drop: 'awsHost', why: 'the bucket and the Region once more' }),
  any('requestParameters.host', { gives: 'website', drop: 'awsHost', why: 'the bucket and the Region once more' }),
  any('requestParameters.AccessControlPolicy', { gives: 'public weakens' }),
  any('requestParameters.accessControlPolicy', { gives: 'public weakens' }),
  any('requestParameters.accessControlList', { gives: 'public weakens' }),
  any('requestParameters.AccessControlList', { gives: 'public weakens' }),
  any('requestParameters.x-amz-copy-source'),
  any('requestParameters.x-amz-storage-class'),
  any('requestParameters.x-amz-date'),
  any('requestParameters.x-amz-content-sha256'),
  any('requestParameters.x-amz-checksum-crc32'),
  any('requestParameters.x-amz-checksum-mode'),
  any('requestParameters.x-amz-sdk-checksum-algorithm'),
  any('requestParameters.omitted', { gives: 'truncated' }),
  any('requestParameters.x-id', { object: 'always', why: 'the name of the call once more' }),
  any('requestParameters.X-Amz-SignedHeaders', { gives: 'presigned' }),
  any('requestParameters.x-amz-acl', {
    gives: 'change public weakens',
    object: 'ordinary',
    usual: ['"private"', '"bucket-owner-full-control"', '["private"]', '["bucket-owner-full-control"]'],
    why: 'it gives nothing to anybody but the owner',
  }),
  any('requestParameters.x-amz-server-side-encryption', { gives: 'sse' }),
  any('requestParameters.x-amz-server-side-encryption-aws-kms-key-id', { gives: 'kmsExternal' }),
  any('requestParameters.x-amz-server-side-encryption-customer-algorithm', { gives: 'sse' }),
  any('responseElements', { gives: OUTCOME }),
  any('responseElements.credentials'),
  any('responseElements.credentials.sessionToken', {
    drop: 'always',
    why: 'part of a credential, and nobody looks for it; the key id stays',
  }),
  any('responseElements.x-amz-server-side-encryption', { gives: 'sse', object: 'always', why: '`sse` says it' }),
  any('responseElements.x-amz-server-side-encryption-aws-kms-key-id', {
    gives: 'kmsExternal',
    object: 'always',
    why: '`sse` and `kmsExternal` say it',
  }),
  any('responseElements.x-amz-server-side-encryption-customer-algorithm', {
    gives: 'sse',
    object: 'always',
    why: '`sse` says it',
  }),
  any('additionalEventData'),
  any('additionalEventData.SignatureVersion', { object: 'ordinary', usual: ['"SigV4"'], why: 'the usual one' }),
  any('additionalEventData.CipherSuite', { gives: 'https', object: 'always', why: '`https` says it' }),
  any('additionalEventData.bytesTransferredIn', {
    gives: 'bytesIn',
    object: 'always',
    why: '`bytesIn` says it, where there were any',
  }),
  any('additionalEventData.bytesTransferredOut', {
    gives: 'bytesOut',
    object: 'always',
    why: '`bytesOut` says it, where there were any',
  }),
  any('additionalEventData.SSEApplied', {
    gives: 'sse',
    object: 'ordinary',
    usual: ['"Default_SSE_S3"', '"SSE_S3"', '"SSE_KMS"', '"Default_SSE_KMS"'],
    why: 'how the object is stored; of writes `sse` says it',
  }),
  any('additionalEventData.AuthenticationMethod', {
    gives: 'presigned',
    object: 'ordinary',
    usual: ['"AuthHeader"'],
    why: 'the usual one; `presigned` tells of the other',
  }),
  any('additionalEventData.aclRequired', { gives: 'aclRequired', object: 'always', why: '`aclRequired` says it' }),
  any('additionalEventData.x-amz-id-2', {
    object: 'always',
    why: 'for AWS support only; they take the `requestID` too',
  }),
  any('additionalEventData.MFAUsed', { gives: 'mfa' }),
  any('additionalEventData.UserName', { gives: 'person' }),
  any('additionalEventData.omitted', { gives: 'truncated' }),
  text('requestID'),
  text('eventID'),
  {
    path: 'readOnly',
    type: 'boolean',
    gives: 'action',
    object: 'ordinary',
    usual: ['true'],
    why: 'the usual one; false stays',
  },
  any('resources', { gives: 'external', object: 'bucketIsNamed', why: 'the bucket and the key once more' }),
  text('eventType', { gives: 'awsService root', object: 'notRoot', usual: ['"AwsApiCall"'], why: 'the usual one' }),
  any('apiVersion'),
  any('managementEvent', { object: 'ordinary', usual: ['false'], why: '`eventCategory` says it' }),
  text('recipientAccountId', { gives: 'actorAccount crossAccount', object: 'isOwnByArn', why: 'the ARN says it' }),
  text('sharedEventID'),
  text('vpcEndpointId'),
  any('vpcEndpointAccountId', { object: 'own', why: 'it is the `recipientAccountId`' }),
  text('eventCategory', { gives: 'action' }),
  any('tlsDetails'),
  any('tlsDetails.tlsVersion', {
    gives: 'https tlsVersion tlsOutdated',
    object: 'ordinary',
    usual: ['"TLSv1.2"', '"TLSv1.3"'],
    why: '`https` says that there was TLS; older versions stay',
  }),
  any('tlsDetails.cipherSuite', {
    gives: 'https',
    drop: 'ordinary',
    usual: MODERN_SUITES.map((name) => `"${name}"`),
    why: 'those that nobody has to turn off; others stay',
  }),
  any('tlsDetails.clientProvidedHostHeader', {
    gives: 'website',
    drop: 'awsHost',
    why: 'the service and the Region once more',
  }),
  any('insightDetails', { gives: 'action' }),
  any('serviceEventDetails', { gives: OUTCOME }),
  any('timeWindow'),
  any('summary'),
  any('accountId'),
  any('eventId'),
]
