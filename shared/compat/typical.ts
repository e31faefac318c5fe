/**
 * Records with all the members that CloudTrail writes on calls of their kind, to be varied: whatever a filter reads, one
 * of them has it in its place. Sources: CloudTrail guide, "CloudTrail record contents", "userIdentity element", "Example:
 * Amazon S3 log file entries", "AWS Management Console sign-in events". Names and numbers are the documentation's.
 */
import type { Environment } from '../contracts/record.ts'
import type { JsonObject } from '../derive/json.ts'

const ACCOUNT = '111122223333'
const REGION = 'eu-central-1'

const ROLE: JsonObject = {
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLEROLEID123:jane@example.com',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/jane@example.com`,
  accountId: ACCOUNT,
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROAEXAMPLEROLEID123',
      arn: `arn:aws:iam::${ACCOUNT}:role/Admin`,
      accountId: ACCOUNT,
      userName: 'Admin',
    },
    webIdFederationData: {},
    attributes: { creationDate: '2026-06-01T09:30:00Z', mfaAuthenticated: 'false' },
  },
}

const USER: JsonObject = {
  type: 'IAMUser',
  principalId: 'AIDAEXAMPLEUSERID123',
  arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
  accountId: ACCOUNT,
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  userName: 'alice',
}

const SHARED: JsonObject = {
  eventVersion: '1.11',
  eventTime: '2026-06-01T10:02:00Z',
  awsRegion: REGION,
  sourceIPAddress: '198.51.100.7',
  requestID: 'REQ0000000000001',
  recipientAccountId: ACCOUNT,
}

const tls = (host: string): JsonObject => ({
  tlsVersion: 'TLSv1.3',
  cipherSuite: 'TLS_AES_128_GCM_SHA256',
  clientProvidedHostHeader: host,
})

/** One record a kind of event: a call of a role, one of a user, a sign-in, an S3 data event, a network activity event. */
export const TYPICAL_RECORDS: readonly JsonObject[] = [
  {
    ...SHARED,
    userIdentity: ROLE,
    eventSource: 'ec2.amazonaws.com',
    eventName: 'RunInstances',
    userAgent: 'aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.5 lang/python#3.11.8 command#ec2.run-instances',
    requestParameters: {
      instancesSet: { items: [{ imageId: 'ami-0abcdef1234567890', minCount: 1, maxCount: 1 }] },
      instanceType: 't3.micro',
    },
    responseElements: {
      requestId: 'REQ0000000000001',
      instancesSet: { items: [{ instanceId: 'i-1234567890abcdef0' }] },
    },
    eventID: '11111111-2222-4333-8444-555555555501',
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    eventCategory: 'Management',
    tlsDetails: tls('ec2.eu-central-1.amazonaws.com'),
    sessionCredentialFromConsole: 'true',
  },
  {
    ...SHARED,
    userIdentity: USER,
    eventSource: 'iam.amazonaws.com',
    eventName: 'ListUsers',
    userAgent: 'Boto3/1.35.0 md/Botocore#1.35.0 ua/2.0 os/linux#6.5 lang/python#3.11.8',
    requestParameters: null,
    responseElements: null,
    eventID: '11111111-2222-4333-8444-555555555502',
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    eventCategory: 'Management',
    tlsDetails: tls('iam.amazonaws.com'),
  },
  {
    ...SHARED,
    userIdentity: USER,
    eventSource: 'signin.amazonaws.com',
    eventName: 'ConsoleLogin',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    requestParameters: null,
    responseElements: { ConsoleLogin: 'Success' },
    additionalEventData: {
      LoginTo: 'https://console.aws.amazon.com/console/home',
      MobileVersion: 'No',
      MFAUsed: 'No',
    },
    eventID: '11111111-2222-4333-8444-555555555503',
    readOnly: false,
    eventType: 'AwsConsoleSignIn',
    managementEvent: true,
    eventCategory: 'Management',
    tlsDetails: tls('signin.aws.amazon.com'),
  },
  {
    ...SHARED,
    userIdentity: ROLE,
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    userAgent: '[aws-sdk-java/2.25.60 Linux/6.1 OpenJDK_64-Bit_Server_VM/17.0.11 vendor/Amazon.com_Inc. io/async]',
    requestParameters: {
      bucketName: 'amzn-s3-demo-bucket-payroll',
      Host: 'amzn-s3-demo-bucket-payroll.s3.eu-central-1.amazonaws.com',
      key: '2026/06/salaries.csv',
    },
    responseElements: null,
    additionalEventData: {
      SignatureVersion: 'SigV4',
      CipherSuite: 'TLS_AES_128_GCM_SHA256',
      bytesTransferredIn: 0,
      AuthenticationMethod: 'AuthHeader',
      'x-amz-id-2': 's9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=',
      bytesTransferredOut: 2048,
    },
    eventID: '11111111-2222-4333-8444-555555555504',
    readOnly: true,
    resources: [
      { type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket-payroll/2026/06/salaries.csv' },
      { accountId: ACCOUNT, type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket-payroll' },
    ],
    eventType: 'AwsApiCall',
    managementEvent: false,
    eventCategory: 'Data',
    vpcEndpointId: 'vpce-0a1b2c3d4e5f67890',
    vpcEndpointAccountId: ACCOUNT,
    tlsDetails: tls('amzn-s3-demo-bucket-payroll.s3.eu-central-1.amazonaws.com'),
  },
  {
    ...SHARED,
    userIdentity: ROLE,
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    errorCode: 'VpceAccessDenied',
    errorMessage: 'The request was denied due to a VPC endpoint policy',
    requestParameters: null,
    responseElements: null,
    eventID: '11111111-2222-4333-8444-555555555505',
    sharedEventID: '11111111-2222-4333-8444-555555555506',
    readOnly: true,
    resources: [
      { accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/EXAMPLE-KEY-ID` },
    ],
    eventType: 'AwsVpceEvent',
    managementEvent: false,
    eventCategory: 'NetworkActivity',
    vpcEndpointId: 'vpce-0a1b2c3d4e5f67890',
    vpcEndpointAccountId: ACCOUNT,
  },
]

/**
 * The same as they are logged in an account and a Region of ours: what they say of them is what lean records leave out.
 *
 * @example typicalRecords({ region: 'eu-west-1' })[0].awsRegion // 'eu-west-1'
 */
export function typicalRecords({
  account = ACCOUNT,
  region = REGION,
}: Pick<Environment, 'account' | 'region'>): readonly JsonObject[] {
  const text = JSON.stringify(TYPICAL_RECORDS)
  return JSON.parse(text.replaceAll(ACCOUNT, account).replaceAll(REGION, region)) as readonly JsonObject[]
}
