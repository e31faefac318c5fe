/**
 * The shapes of the two logs: one S3 request rendered as CloudTrail writes it and as a server access log line, and
 * CloudTrail's other events. Used by the traffic generators (generate.ts) and by the sample morning (events/story).
 * Sources: CloudTrail guide "Record contents", S3 guide "Server access log format".
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }
/** A CloudTrail record; members that are `undefined` are not written. */
export type CloudTrailRecord = { readonly [key: string]: Json | undefined }

/** Who makes a request, in both logs' words. */
export interface Caller {
  /** The access log's requester field. */
  readonly requester: string
  readonly userIdentity: CloudTrailRecord
  /** Set where an AWS service calls: CloudTrail then puts the service's name in place of address and user agent. */
  readonly service?: string | undefined
}

export interface AssumedRole {
  readonly account: string
  readonly role: string
  readonly session: string
  readonly principalId: string
  readonly accessKeyId: string
  readonly createdAt: number
  readonly mfa?: boolean | undefined
  /** A path of the role, such as `/aws-service-role/config.amazonaws.com/`. */
  readonly path?: string | undefined
  readonly invokedBy?: string | undefined
  /** Credentials came from an EC2 instance's metadata service. */
  readonly ec2?: boolean | undefined
}

export function assumedRole(o: AssumedRole): Caller {
  const arn = `arn:aws:sts::${o.account}:assumed-role/${o.role}/${o.session}`
  return {
    requester: arn,
    service: o.invokedBy,
    userIdentity: {
      type: 'AssumedRole',
      principalId: `${o.principalId}:${o.session}`,
      arn,
      accountId: o.account,
      accessKeyId: o.accessKeyId,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: o.principalId,
          arn: `arn:aws:iam::${o.account}:role${o.path ?? '/'}${o.role}`,
          accountId: o.account,
          userName: o.role,
        },
        attributes: { creationDate: isoTime(o.createdAt), mfaAuthenticated: o.mfa === true ? 'true' : 'false' },
        ...(o.ec2 === true ? { ec2RoleDelivery: '2.0' } : {}),
      },
      invokedBy: o.invokedBy,
    },
  }
}

export interface IamUser {
  readonly account: string
  readonly user: string
  readonly principalId: string
  readonly accessKeyId?: string | undefined
  /** Set for a console session: when it began, and whether with MFA. */
  readonly session?: { readonly createdAt: number; readonly mfa: boolean } | undefined
}

export function iamUser(o: IamUser): Caller {
  const arn = `arn:aws:iam::${o.account}:user/${o.user}`
  return {
    requester: arn,
    userIdentity: {
      type: 'IAMUser',
      principalId: o.principalId,
      arn,
      accountId: o.account,
      accessKeyId: o.accessKeyId,
      userName: o.user,
      ...(o.session === undefined
        ? {}
        : {
            sessionContext: {
              attributes: { creationDate: isoTime(o.session.createdAt), mfaAuthenticated: String(o.session.mfa) },
            },
          }),
    },
  }
}

/** Nobody: a request without a signature. */
export const ANONYMOUS: Caller = {
  requester: '-',
  userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' },
}

/** An AWS service on its own behalf (`svc:` in the access log). */
export function awsService(name: string): Caller {
  return { requester: `svc:${name}`, service: name, userIdentity: { type: 'AWSService', invokedBy: name } }
}

/** A role of another account: the bucket owner's CloudTrail shows account and principal id only. */
export function foreignRole(account: string, role: string, session: string, principalId: string): Caller {
  return {
    requester: `arn:aws:sts::${account}:assumed-role/${role}/${session}`,
    userIdentity: { type: 'AWSAccount', principalId: `${principalId}:${session}`, accountId: account },
  }
}

/** A requester known by canonical user id only. */
export function canonicalUser(canonicalId: string): Caller {
  return {
    requester: canonicalId,
    userIdentity: { type: 'AWSAccount', principalId: canonicalId, accountId: 'unknown' },
  }
}

/** CloudFront's origin access identity: a requester with spaces in it. */
export function originAccessIdentity(id: string): Caller {
  const name = `CloudFront Origin Access Identity ${id}`
  return {
    requester: `arn:aws:iam::cloudfront:user/${name}`,
    userIdentity: { type: 'AWSAccount', principalId: id, accountId: 'cloudfront' },
  }
}

export interface Bucket {
  readonly name: string
  readonly region: string
  /** Canonical user id of the owner, and its account. */
  readonly owner: string
  readonly account: string
}

interface S3Api {
  readonly operation: string
  readonly method: string
  readonly readOnly: boolean
  readonly management: boolean
  /** The sub-resource: the request's query, and an empty member of requestParameters. */
  readonly query?: string | undefined
}

const object = (operation: string, method: string, readOnly: boolean, query?: string): S3Api => ({
  operation,
  method,
  readOnly,
  management: false,
  query,
})
const config = (operation: string, method: string, query?: string): S3Api => ({
  operation,
  method,
  readOnly: method === 'GET' || method === 'HEAD',
  management: true,
  query,
})

/** API name in CloudTrail → how the access log names it, and how it looks on the wire. */
export const S3_APIS = {
  GetObject: object('REST.GET.OBJECT', 'GET', true),
  HeadObject: object('REST.HEAD.OBJECT', 'HEAD', true),
  PutObject: object('REST.PUT.OBJECT', 'PUT', false),
  CopyObject: object('REST.COPY.OBJECT', 'PUT', false),
  DeleteObject: object('REST.DELETE.OBJECT', 'DELETE', false),
  DeleteObjects: object('REST.POST.MULTI_OBJECT_DELETE', 'POST', false, 'delete'),
  ListObjects: object('REST.GET.BUCKET', 'GET', true),
  HeadBucket: object('REST.HEAD.BUCKET', 'HEAD', true),
  CreateMultipartUpload: object('REST.POST.UPLOADS', 'POST', false, 'uploads'),
  UploadPart: object('REST.PUT.PART', 'PUT', false),
  CompleteMultipartUpload: object('REST.POST.UPLOAD', 'POST', false),
  GetBucketLocation: config('REST.GET.LOCATION', 'GET', 'location'),
  GetBucketAcl: config('REST.GET.ACL', 'GET', 'acl'),
  GetBucketPolicy: config('REST.GET.BUCKETPOLICY', 'GET', 'policy'),
  GetBucketPolicyStatus: config('REST.GET.POLICY_STATUS', 'GET', 'policyStatus'),
  GetBucketPublicAccessBlock: config('REST.GET.PUBLIC_ACCESS_BLOCK', 'GET', 'publicAccessBlock'),
  GetBucketVersioning: config('REST.GET.VERSIONING', 'GET', 'versioning'),
  GetBucketLogging: config('REST.GET.LOGGING_STATUS', 'GET', 'logging'),
  GetBucketEncryption: config('REST.GET.ENCRYPTION', 'GET', 'encryption'),
  GetBucketLifecycle: config('REST.GET.LIFECYCLE', 'GET', 'lifecycle'),
  GetBucketReplication: config('REST.GET.REPLICATION', 'GET', 'replication'),
  GetBucketTagging: config('REST.GET.TAGGING', 'GET', 'tagging'),
  GetBucketOwnershipControls: config('REST.GET.OWNERSHIP_CONTROLS', 'GET', 'ownershipControls'),
  DeleteBucketPublicAccessBlock: config('REST.DELETE.PUBLIC_ACCESS_BLOCK', 'DELETE', 'publicAccessBlock'),
  PutBucketPolicy: config('REST.PUT.BUCKETPOLICY', 'PUT', 'policy'),
  PutBucketLogging: config('REST.PUT.LOGGING_STATUS', 'PUT', 'logging'),
  PutBucketVersioning: config('REST.PUT.VERSIONING', 'PUT', 'versioning'),
  PutBucketTagging: config('REST.PUT.TAGGING', 'PUT', 'tagging'),
  CreateBucket: config('REST.PUT.BUCKET', 'PUT'),
  DeleteBucket: config('REST.DELETE.BUCKET', 'DELETE'),
  DeleteBucketPolicy: config('REST.DELETE.BUCKETPOLICY', 'DELETE', 'policy'),
  GetBucketWebsite: config('REST.GET.WEBSITE', 'GET', 'website'),
  PutBucketCors: config('REST.PUT.CORS', 'PUT', 'cors'),
  PutBucketEncryption: config('REST.PUT.ENCRYPTION', 'PUT', 'encryption'),
  PutBucketInventoryConfiguration: config('REST.PUT.INVENTORY', 'PUT', 'inventory'),
  PutBucketLifecycle: config('REST.PUT.LIFECYCLE', 'PUT', 'lifecycle'),
  PutBucketNotification: config('REST.PUT.NOTIFICATION', 'PUT', 'notification'),
  PutBucketOwnershipControls: config('REST.PUT.OWNERSHIP_CONTROLS', 'PUT', 'ownershipControls'),
  PutBucketPublicAccessBlock: config('REST.PUT.PUBLIC_ACCESS_BLOCK', 'PUT', 'publicAccessBlock'),
  ListObjectVersions: object('REST.GET.BUCKETVERSIONS', 'GET', true, 'versions'),
} as const satisfies Record<string, S3Api>

export type S3ApiName = keyof typeof S3_APIS

/** One request to S3, as much of it as the two logs show. */
export interface S3Request {
  /** ms since the epoch; both logs have whole seconds. */
  readonly time: number
  readonly api: S3ApiName
  readonly bucket: Bucket
  readonly key?: string | undefined
  readonly caller: Caller
  readonly sourceIp: string
  readonly userAgent: string
  readonly status: number
  readonly errorCode?: string | undefined
  readonly bytesOut?: number | undefined
  readonly bytesIn?: number | undefined
  readonly objectSize?: number | undefined
  readonly totalTime: number
  readonly turnAroundTime?: number | undefined
  readonly requestId: string
  readonly hostId: string
  readonly eventId: string
  readonly referer?: string | undefined
  readonly versionId?: string | undefined
  readonly vpcEndpointId?: string | undefined
  readonly tlsVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  /** Signed in the query string (a presigned URL). */
  readonly presigned?: boolean | undefined
  /** What follows `?` beyond the sub-resource. */
  readonly query?: string | undefined
  /** Dual-stack endpoints serve IPv6 clients. */
  readonly dualStack?: boolean | undefined
  /** Further members of requestParameters, such as a policy. */
  readonly parameters?: CloudTrailRecord | undefined
  readonly responseElements?: CloudTrailRecord | undefined
}

const CIPHERS = { 'TLSv1.2': 'ECDHE-RSA-AES128-GCM-SHA256', 'TLSv1.3': 'TLS_AES_128_GCM_SHA256' } as const

export function s3Host(bucket: Bucket, dualStack?: boolean): string {
  return `${bucket.name}.s3.${dualStack === true ? 'dualstack.' : ''}${bucket.region}.amazonaws.com`
}

const ERROR_MESSAGES: Readonly<Record<string, string>> = {
  AccessDenied: 'Access Denied',
  NoSuchKey: 'The specified key does not exist.',
  NoSuchBucketPolicy: 'The bucket policy does not exist',
  NoSuchLifecycleConfiguration: 'The lifecycle configuration does not exist',
  NoSuchTagSet: 'The TagSet does not exist',
  SlowDown: 'Please reduce your request rate.',
}

/** The S3 request as a CloudTrail record (a data event, or a management event for bucket configuration). */
export function s3CloudTrailRecord(r: S3Request): CloudTrailRecord {
  const api: S3Api = S3_APIS[r.api]
  const host = s3Host(r.bucket, r.dualStack)
  const tlsVersion = r.tlsVersion ?? 'TLSv1.3'
  const cipherSuite = CIPHERS[tlsVersion]
  const anonymous = r.caller === ANONYMOUS
  const service = r.caller.service
  const bucketArn = `arn:aws:s3:::${r.bucket.name}`
  const bucketResource = { accountId: r.bucket.account, type: 'AWS::S3::Bucket', ARN: bucketArn }
  return {
    eventVersion: '1.11',
    userIdentity: r.caller.userIdentity,
    eventTime: isoTime(r.time),
    eventSource: 's3.amazonaws.com',
    eventName: r.api,
    awsRegion: r.bucket.region,
    sourceIPAddress: service ?? r.sourceIp,
    userAgent: service ?? `[${r.userAgent}]`,
    errorCode: r.errorCode,
    errorMessage: r.errorCode === undefined ? undefined : (ERROR_MESSAGES[r.errorCode] ?? r.errorCode),
    requestParameters: {
      bucketName: r.bucket.name,
      Host: host,
      ...(api.query === undefined ? {} : { [api.query]: '' }),
      ...r.parameters,
      ...(r.key === undefined ? {} : { key: r.key }),
    },
    responseElements: r.errorCode === undefined ? (r.responseElements ?? null) : null,
    additionalEventData: {
      SignatureVersion: anonymous ? undefined : 'SigV4',
      CipherSuite: cipherSuite,
      bytesTransferredIn: r.bytesIn ?? 0,
      AuthenticationMethod: anonymous ? undefined : r.presigned === true ? 'QueryString' : 'AuthHeader',
      'x-amz-id-2': r.hostId,
      bytesTransferredOut: r.bytesOut ?? 0,
    },
    requestID: r.requestId,
    eventID: r.eventId,
    readOnly: api.readOnly,
    resources: api.management
      ? [bucketResource]
      : r.key === undefined
        ? [{ type: 'AWS::S3::Object', ARNPrefix: `${bucketArn}/` }, bucketResource]
        : [{ type: 'AWS::S3::Object', ARN: `${bucketArn}/${r.key}` }, bucketResource],
    eventType: 'AwsApiCall',
    managementEvent: api.management,
    recipientAccountId: r.bucket.account,
    vpcEndpointId: r.vpcEndpointId,
    vpcEndpointAccountId: r.vpcEndpointId === undefined ? undefined : r.bucket.account,
    eventCategory: api.management ? 'Management' : 'Data',
    tlsDetails: service === undefined ? { tlsVersion, cipherSuite, clientProvidedHostHeader: host } : undefined,
  }
}

/** The text between the quotes of an access-log line's request-URI. */
function requestLine(r: S3Request, api: S3Api): string {
  const path = r.key === undefined ? '/' : `/${encodeKey(r.key)}`
  const query = [api.query, r.query].filter((part) => part !== undefined).join('&')
  return `${api.method} ${path}${query === '' ? '' : `?${query}`} HTTP/1.1`
}

/** The S3 request as a server access log line of 27 fields, without the line end. */
export function accessLogLine(r: S3Request): string {
  const api: S3Api = S3_APIS[r.api]
  const anonymous = r.caller === ANONYMOUS
  const tlsVersion = r.tlsVersion ?? 'TLSv1.3'
  const signed = anonymous ? '-' : 'SigV4'
  const auth = anonymous ? '-' : r.presigned === true ? 'QueryString' : 'AuthHeader'
  const key = r.key === undefined ? '-' : encodeKey(encodeKey(r.key))
  const ip = r.caller.requester.startsWith('svc:') ? '-' : r.sourceIp
  return (
    `${r.bucket.owner} ${r.bucket.name} ${clfTime(r.time)} ${ip} ${r.caller.requester} ${r.requestId} ` +
    `${api.operation} ${key} "${requestLine(r, api)}" ${r.status} ${r.errorCode ?? '-'} ${dash(r.bytesOut)} ` +
    `${dash(r.objectSize)} ${r.totalTime} ${r.turnAroundTime ?? '-'} "${r.referer ?? '-'}" "${r.userAgent}" ` +
    `${r.versionId ?? '-'} ${r.hostId} ${signed} ${CIPHERS[tlsVersion]} ${auth} ${s3Host(r.bucket, r.dualStack)} ` +
    `${tlsVersion} - - ${r.bucket.region}`
  )
}

/** The lines that S3 writes of its own accord: lifecycle expiry and the like. No address, status or agent. */
export function lifecycleLine(r: {
  readonly time: number
  readonly bucket: Bucket
  readonly operation: 'S3.EXPIRE.OBJECT' | 'S3.CREATE.DELETEMARKER' | 'S3.TRANSITION_SIA.OBJECT'
  readonly key: string
  readonly objectSize: number
  readonly requestId: string
  readonly hostId: string
}): string {
  return (
    `${r.bucket.owner} ${r.bucket.name} ${clfTime(r.time)} - AmazonS3 ${r.requestId} ${r.operation} ` +
    `${encodeKey(encodeKey(r.key))} "-" - - - ${r.objectSize} - - "-" "-" - ${r.hostId} - - - - - - - ${r.bucket.region}`
  )
}

/** One key of a DeleteObjects call: the keys share the call's request id; URI, referer and agent are bare dashes. */
export function batchDeleteLine(r: S3Request): string {
  const tlsVersion = r.tlsVersion ?? 'TLSv1.3'
  const key = encodeKey(encodeKey(r.key ?? '')).replaceAll('%2520', '+')
  return (
    `${r.bucket.owner} ${r.bucket.name} ${clfTime(r.time)} ${r.sourceIp} ${r.caller.requester} ${r.requestId} ` +
    `BATCH.DELETE.OBJECT ${key} - 204 - - ${dash(r.objectSize)} - - - - - ${r.hostId} SigV4 ${CIPHERS[tlsVersion]} ` +
    `AuthHeader ${s3Host(r.bucket, r.dualStack)} ${tlsVersion} - - ${r.bucket.region}`
  )
}

function dash(value: number | undefined): string | number {
  // The guide: bytes sent are "-" when none were.
  return value === undefined || value === 0 ? '-' : value
}

const PLAIN_KEY = /^[\w/.~-]*$/

/** Percent-encodes a key, leaving `/` as it is. */
export function encodeKey(key: string): string {
  return PLAIN_KEY.test(key) ? key : encodeURIComponent(key).replaceAll('%2F', '/')
}

/** A management event of a service other than S3. */
export interface ManagementEvent {
  readonly time: number
  readonly region: string
  readonly account: string
  /** Service prefix of the event source: `sts` gives `sts.amazonaws.com`. */
  readonly service: string
  readonly eventName: string
  readonly readOnly: boolean
  readonly caller: Caller
  readonly sourceIp: string
  readonly userAgent: string
  readonly eventId: string
  readonly requestId?: string | undefined
  readonly errorCode?: string | undefined
  readonly errorMessage?: string | undefined
  readonly parameters?: CloudTrailRecord | null | undefined
  readonly responseElements?: CloudTrailRecord | null | undefined
  readonly additionalEventData?: CloudTrailRecord | undefined
  readonly resources?: readonly CloudTrailRecord[] | undefined
  readonly sharedEventId?: string | undefined
  readonly vpcEndpointId?: string | undefined
  readonly eventType?: 'AwsApiCall' | 'AwsConsoleSignIn' | 'AwsServiceEvent' | undefined
  /** The call was made from the console. */
  readonly console?: boolean | undefined
}

/** A management event of another service as CloudTrail writes it. */
export function managementRecord(e: ManagementEvent): CloudTrailRecord {
  const service = e.caller.service
  const signIn = e.eventType === 'AwsConsoleSignIn'
  const tls = service === undefined && e.eventType !== 'AwsServiceEvent'
  return {
    eventVersion: '1.11',
    userIdentity: e.caller.userIdentity,
    eventTime: isoTime(e.time),
    eventSource: `${e.service}.amazonaws.com`,
    eventName: e.eventName,
    awsRegion: e.region,
    sourceIPAddress: service ?? e.sourceIp,
    userAgent: service ?? e.userAgent,
    errorCode: e.errorCode,
    errorMessage: e.errorMessage,
    requestParameters: e.parameters ?? null,
    responseElements: e.responseElements ?? null,
    additionalEventData: e.additionalEventData,
    requestID: e.requestId,
    eventID: e.eventId,
    readOnly: e.readOnly,
    resources: e.resources,
    eventType: e.eventType ?? 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: e.account,
    sharedEventID: e.sharedEventId,
    vpcEndpointId: e.vpcEndpointId,
    vpcEndpointAccountId: e.vpcEndpointId === undefined ? undefined : e.account,
    eventCategory: 'Management',
    tlsDetails: tls
      ? {
          tlsVersion: 'TLSv1.3',
          cipherSuite: 'TLS_AES_128_GCM_SHA256',
          clientProvidedHostHeader: signIn ? 'signin.aws.amazon.com' : `${e.service}.${e.region}.amazonaws.com`,
        }
      : undefined,
    sessionCredentialFromConsole: e.console === true ? 'true' : undefined,
  }
}

let isoSecond = -1
let isoText = ''

/** `2026-03-17T06:00:00Z`: whole seconds, as CloudTrail writes them. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== isoSecond) {
    isoSecond = second
    isoText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
  }
  return isoText
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
let clfSecond = -1
let clfText = ''

/** `[17/Mar/2026:06:00:00 +0000]`, as the access log writes it. */
export function clfTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== clfSecond) {
    clfSecond = second
    const iso = isoTime(ms)
    clfText = `[${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000]`
  }
  return clfText
}

/**
 * The bytes of access-log text. U+FFFD stands for a byte that is no UTF-8 (a lone 0xFF), so that the text is exactly
 * what a reader that decodes with replacement must get back.
 */
export function accessLogBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  if (!text.includes('\uFFFD')) return bytes
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0xef && bytes[i + 1] === 0xbf && bytes[i + 2] === 0xbd) {
      out.push(0xff)
      i += 2
    } else out.push(bytes[i]!)
  }
  return Uint8Array.from(out)
}
