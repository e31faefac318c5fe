/**
 * The optional stack of an account that has no trail: buckets for both logs, and a trail over all Regions with S3 data
 * events of every bucket but those two. It stands beside the stack that reads: removing that one leaves the logs alone.
 *
 * Sources: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail"; S3 User Guide, "Permissions for log delivery".
 */
import { logBucketName } from '../shared/sources/log-bucket-name.ts'
import {
  denyWithoutTls,
  getAtt,
  policyDocument,
  type Resource,
  type Resources,
  ref,
  type Statement,
  sub,
} from './cfn.ts'

/** `bucketwatch-prod-sources`. */
export const sourcesStackName = (stage: string): string => `bucketwatch-${stage}-sources`

export interface SourcesTemplate {
  readonly AWSTemplateFormatVersion: '2010-09-09'
  readonly Description: string
  readonly Parameters: Readonly<Record<string, unknown>>
  readonly Conditions: Readonly<Record<string, unknown>>
  readonly Resources: Resources
  readonly Outputs: Readonly<Record<string, unknown>>
}

/**
 * The template; it needs no capability.
 *
 * @example
 * JSON.stringify(sourcesTemplate('prod'))
 */
export function sourcesTemplate(stage: string): SourcesTemplate {
  const trailName = `bucketwatch-${stage}`
  const trailArn = sub(`arn:\${AWS::Partition}:cloudtrail:\${AWS::Region}:\${AWS::AccountId}:trail/${trailName}`)
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `bucketwatch ${stage}: a trail and buckets for CloudTrail and server access logs`,
    Parameters: {
      DataEvents: {
        Type: 'String',
        Default: 'true',
        AllowedValues: ['true', 'false'],
        Description: 'Log S3 data events of all buckets',
      },
      AccessLogs: {
        Type: 'String',
        Default: 'true',
        AllowedValues: ['true', 'false'],
        Description: 'Make the bucket for access logs (false where another stage has made it)',
      },
      RetentionDays: { Type: 'Number', Default: 365, MinValue: 1, Description: 'Days that logs are kept' },
    },
    Conditions: {
      WithDataEvents: { 'Fn::Equals': [{ Ref: 'DataEvents' }, 'true'] },
      WithAccessLogs: { 'Fn::Equals': [{ Ref: 'AccessLogs' }, 'true'] },
    },
    Resources: {
      TrailBucket: logBucket(),
      TrailBucketPolicy: bucketPolicy('TrailBucket', trailStatements(trailArn)),
      // The very bucket that `setup` makes for a Region, by its name: whoever looks knows it as one.
      AccessLogBucket: { ...logBucket(`${LOG_BUCKETS}\${AWS::Region}`), Condition: 'WithAccessLogs' },
      AccessLogBucketPolicy: {
        ...bucketPolicy('AccessLogBucket', [
          {
            Sid: 'S3ServerAccessLogsPolicy',
            Effect: 'Allow',
            Principal: { Service: 'logging.s3.amazonaws.com' },
            Action: 's3:PutObject',
            Resource: objectsOf('AccessLogBucket'),
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ]),
        Condition: 'WithAccessLogs',
      },
      Trail: {
        Type: 'AWS::CloudTrail::Trail',
        // CloudTrail tests the bucket when the trail is made.
        DependsOn: 'TrailBucketPolicy',
        Properties: {
          TrailName: trailName,
          S3BucketName: ref('TrailBucket'),
          IsLogging: true,
          IsMultiRegionTrail: true,
          IncludeGlobalServiceEvents: true,
          EnableLogFileValidation: true,
          AdvancedEventSelectors: [
            { Name: 'Management events', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
            {
              'Fn::If': ['WithDataEvents', dataEvents(`${trailName}: S3 data events`), { Ref: 'AWS::NoValue' }],
            },
          ],
        },
      },
    },
    Outputs: {
      TrailArn: { Value: getAtt('Trail', 'Arn') },
      TrailBucketName: { Value: ref('TrailBucket'), Description: 'For the parameter cloudTrailBuckets' },
      AccessLogBucketName: {
        Value: ref('AccessLogBucket'),
        Description: 'For the parameter accessLogBuckets',
        Condition: 'WithAccessLogs',
      },
    },
  }
}

const objectsOf = (bucketId: string, rest = '*') => sub(`\${${bucketId}.Arn}/${rest}`)

/** Where access logs of any Region go: the beginning of what shared/sources/log-bucket-name.ts makes. */
const LOG_BUCKETS = logBucketName(`\${AWS::AccountId}`, '')

/** The same selector that `setup` puts on a trail that is there, by the same name. */
const dataEvents = (name: string) => ({
  Name: name,
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
    {
      Field: 'resources.ARN',
      NotStartsWith: [objectsOf('TrailBucket', ''), sub(`arn:\${AWS::Partition}:s3:::${LOG_BUCKETS}`)],
    },
  ],
})

function trailStatements(trailArn: unknown): Statement[] {
  const fromTrail = { StringEquals: { 'aws:SourceArn': trailArn } }
  const Principal = { Service: 'cloudtrail.amazonaws.com' }
  return [
    {
      Sid: 'AWSCloudTrailAclCheck',
      Effect: 'Allow',
      Principal,
      Action: 's3:GetBucketAcl',
      Resource: getAtt('TrailBucket', 'Arn'),
      Condition: fromTrail,
    },
    {
      Sid: 'AWSCloudTrailWrite',
      Effect: 'Allow',
      Principal,
      Action: 's3:PutObject',
      Resource: objectsOf('TrailBucket', `AWSLogs/\${AWS::AccountId}/*`),
      Condition: { StringEquals: { ...fromTrail.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    },
  ]
}

/** Access logs are not delivered to a bucket with SSE-KMS, so both have SSE-S3. */
function logBucket(name?: string): Resource {
  return {
    Type: 'AWS::S3::Bucket',
    // Logs outlive the stack; but what a failed first creation made would keep the next one from starting.
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      ...(name !== undefined && { BucketName: sub(name) }),
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          {
            Id: 'bucketwatch-expire',
            Status: 'Enabled',
            ExpirationInDays: ref('RetentionDays'),
            NoncurrentVersionExpiration: { NoncurrentDays: 30 },
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
          },
        ],
      },
    },
  }
}

const bucketPolicy = (bucketId: string, statements: readonly Statement[]): Resource => ({
  Type: 'AWS::S3::BucketPolicy',
  Properties: {
    Bucket: ref(bucketId),
    PolicyDocument: policyDocument([
      ...statements,
      denyWithoutTls('s3:*', [getAtt(bucketId, 'Arn'), objectsOf(bucketId)]),
    ]),
  },
})
