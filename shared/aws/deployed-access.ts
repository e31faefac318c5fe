/** Reads roles, policies, keys, tables and buckets in the words of a template. */
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import { DescribeKeyCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand } from '@aws-sdk/client-kms'
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { Unresolved } from '../doctor/template-values.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { onMissing, type Readers, reasonOf } from './deployed-reader.ts'
import { decodePolicy } from './stack.ts'

export function accessReaders(clients: AdminClients, region: string): Readers {
  const { stackS3 } = clients
  return {
    'AWS::IAM::Role': ({ physicalId }) =>
      onMissing(['NoSuchEntity', 'NoSuchEntityException'], () => readRole(clients, physicalId)),
    'AWS::IAM::ManagedPolicy': ({ physicalId }) =>
      onMissing(['NoSuchEntity', 'NoSuchEntityException'], async () => ({
        PolicyDocument: await readManagedPolicy(clients, physicalId),
      })),
    'AWS::KMS::Key': ({ physicalId }) => onMissing(['NotFoundException'], () => readKey(clients, physicalId, region)),
    'AWS::DynamoDB::Table': ({ physicalId }) =>
      onMissing(['ResourceNotFoundException', 'TableNotFoundException'], () => readTable(clients, physicalId)),
    'AWS::S3::Bucket': ({ physicalId: Bucket }) =>
      onMissing(['NoSuchBucket'], async () => {
        const answer = await callAws('s3:GetEncryptionConfiguration', () =>
          stackS3.send(new GetBucketEncryptionCommand({ Bucket })),
        )
        const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? []
        return {
          ...(await readBucketSettings(clients, Bucket)),
          BucketEncryption: {
            ServerSideEncryptionConfiguration: rules.map((rule) => ({
              ServerSideEncryptionByDefault: rule.ApplyServerSideEncryptionByDefault,
            })),
          },
        }
      }),
    'AWS::S3::BucketPolicy': ({ properties }) =>
      onMissing(['NoSuchBucketPolicy', 'NoSuchBucket'], async () => {
        const { Policy } = await callAws('s3:GetBucketPolicy', () =>
          stackS3.send(new GetBucketPolicyCommand({ Bucket: String(properties.Bucket) })),
        )
        return { PolicyDocument: Policy }
      }),
  }
}

/** What a bucket does with objects, and who is told of them: of the canary's. */
async function readBucketSettings({ stackS3 }: AdminClients, Bucket: string) {
  const open = (error: unknown) => new Unresolved(reasonOf(error))
  const [NotificationConfiguration, LifecycleConfiguration, PublicAccessBlockConfiguration] = await Promise.all([
    callAws('s3:GetBucketNotification', () =>
      stackS3.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
    ).then(
      ({ QueueConfigurations = [], TopicConfigurations, LambdaFunctionConfigurations }) => ({
        TopicConfigurations,
        LambdaConfigurations: LambdaFunctionConfigurations,
        QueueConfigurations: QueueConfigurations.map(({ Events, QueueArn, Filter }) => ({
          Event: Events,
          Queue: QueueArn,
          Filter: {
            S3Key: {
              Rules: Filter?.Key?.FilterRules?.map(({ Name, Value }) => ({ Name: Name?.toLowerCase(), Value })),
            },
          },
        })),
      }),
      open,
    ),
    onMissing(['NoSuchLifecycleConfiguration'], () =>
      callAws('s3:GetLifecycleConfiguration', () =>
        stackS3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
      ),
    ).then(
      (found) => ({
        Rules: found?.Rules?.map(({ ID, Status, Expiration }) => ({
          Id: ID,
          Status,
          ExpirationInDays: Expiration?.Days,
        })),
      }),
      open,
    ),
    onMissing(['NoSuchPublicAccessBlockConfiguration'], () =>
      callAws('s3:GetBucketPublicAccessBlock', () => stackS3.send(new GetPublicAccessBlockCommand({ Bucket }))),
    ).then((found) => found?.PublicAccessBlockConfiguration, open),
  ])
  return { NotificationConfiguration, LifecycleConfiguration, PublicAccessBlockConfiguration }
}

async function readRole({ iam }: AdminClients, RoleName: string) {
  const { Role } = await callAws('iam:GetRole', () => iam.send(new GetRoleCommand({ RoleName })))
  const { PolicyNames = [] } = await callAws('iam:ListRolePolicies', () =>
    iam.send(new ListRolePoliciesCommand({ RoleName })),
  )
  const Policies = await Promise.all(
    PolicyNames.map(async (PolicyName) => {
      const { PolicyDocument = '' } = await callAws('iam:GetRolePolicy', () =>
        iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
      )
      return { PolicyName, PolicyDocument: decodePolicy(PolicyDocument) }
    }),
  )
  const { AttachedPolicies = [] } = await callAws('iam:ListAttachedRolePolicies', () =>
    iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
  )
  return {
    AssumeRolePolicyDocument: decodePolicy(Role?.AssumeRolePolicyDocument ?? ''),
    PermissionsBoundary: Role?.PermissionsBoundary?.PermissionsBoundaryArn,
    Description: Role?.Description,
    Policies,
    ManagedPolicyArns: AttachedPolicies.map(({ PolicyArn }) => PolicyArn),
  }
}

async function readManagedPolicy({ iam }: AdminClients, PolicyArn: string): Promise<string> {
  const { Policy } = await callAws('iam:GetPolicy', () => iam.send(new GetPolicyCommand({ PolicyArn })))
  const { PolicyVersion } = await callAws('iam:GetPolicyVersion', () =>
    iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId })),
  )
  return decodePolicy(PolicyVersion?.Document ?? '')
}

async function readKey(clients: AdminClients, KeyId: string, region: string) {
  const kms = clients.kms(region, 'stack')
  const { KeyMetadata } = await callAws('kms:DescribeKey', () => kms.send(new DescribeKeyCommand({ KeyId })))
  const open = (error: unknown) => new Unresolved(reasonOf(error))
  const [KeyPolicy, EnableKeyRotation] = await Promise.all([
    callAws('kms:GetKeyPolicy', () => kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))).then(
      ({ Policy }) => Policy,
      open,
    ),
    callAws('kms:GetKeyRotationStatus', () => kms.send(new GetKeyRotationStatusCommand({ KeyId }))).then(
      ({ KeyRotationEnabled = false }) => KeyRotationEnabled,
      open,
    ),
  ])
  return { Description: KeyMetadata?.Description, KeyState: KeyMetadata?.KeyState, KeyPolicy, EnableKeyRotation }
}

async function readTable({ dynamoDb }: AdminClients, TableName: string) {
  const { Table } = await callAws('dynamodb:DescribeTable', () =>
    dynamoDb.send(new DescribeTableCommand({ TableName })),
  )
  const open = (error: unknown) => new Unresolved(reasonOf(error))
  const [TimeToLiveSpecification, PointInTimeRecoverySpecification] = await Promise.all([
    callAws('dynamodb:DescribeTimeToLive', () => dynamoDb.send(new DescribeTimeToLiveCommand({ TableName }))).then(
      ({ TimeToLiveDescription: ttl }) => ({
        AttributeName: ttl?.AttributeName,
        Enabled: ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING',
      }),
      open,
    ),
    callAws('dynamodb:DescribeContinuousBackups', () =>
      dynamoDb.send(new DescribeContinuousBackupsCommand({ TableName })),
    ).then(
      ({ ContinuousBackupsDescription: backups }) => ({
        PointInTimeRecoveryEnabled: backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
      }),
      open,
    ),
  ])
  return {
    TableStatus: Table?.TableStatus === 'UPDATING' ? 'ACTIVE' : Table?.TableStatus,
    BillingMode: Table?.BillingModeSummary?.BillingMode ?? 'PROVISIONED',
    AttributeDefinitions: Table?.AttributeDefinitions,
    KeySchema: Table?.KeySchema,
    DeletionProtectionEnabled: Table?.DeletionProtectionEnabled ?? false,
    TimeToLiveSpecification,
    PointInTimeRecoverySpecification,
  }
}
