/**
 * `bucketwatch deployer-policy --stage prod`: the IAM policy that whoever deploys, updates and removes a stage needs.
 * Narrowed to the stage's own names where the services match calls by name.
 */

/**
 * What CloudFormation calls, as the deployer, to create, update, read and delete a resource of each type that the stack
 * has. A test holds it against the template: a new type of resource needs its line here.
 */
export const ACTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  // All calls on the stage's own workgroup; one by one, the policy would no longer fit into a managed policy.
  'AWS::Athena::NamedQuery': ['athena:*'],
  'AWS::Athena::WorkGroup': ['athena:*'],
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms', 'cloudwatch:DescribeAlarms'],
  'AWS::CloudWatch::AnomalyDetector': ['cloudwatch:*AnomalyDetector*'],
  'AWS::CloudWatch::CompositeAlarm': [
    'cloudwatch:PutCompositeAlarm',
    'cloudwatch:DeleteAlarms',
    'cloudwatch:DescribeAlarms',
  ],
  'AWS::CloudWatch::LogAlarm': ['cloudwatch:PutLogAlarm', 'cloudwatch:DeleteAlarms', 'cloudwatch:DescribeAlarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch:PutDashboard', 'cloudwatch:GetDashboard', 'cloudwatch:DeleteDashboards'],
  'AWS::DynamoDB::Table': [
    // Descriptions of the stage's own tables; one by one, the policy would come too near to its limit.
    ...['CreateTable', 'UpdateTable', 'DeleteTable', 'Describe*', 'UpdateTimeToLive'],
    ...['UpdateContinuousBackups', 'TagResource', 'UntagResource', 'ListTagsOfResource'],
  ].map((name) => `dynamodb:${name}`),
  'AWS::Events::EventBusPolicy': ['events:PutPermission', 'events:RemovePermission', 'events:DescribeEventBus'],
  'AWS::Events::Rule': ['PutRule', 'DeleteRule', 'DescribeRule', 'PutTargets', 'RemoveTargets'].map(
    (name) => `events:${name}`,
  ),
  'AWS::Glue::Database': ['glue:*Database'],
  'AWS::Glue::Table': ['glue:*Table'],
  'AWS::IAM::ManagedPolicy': [
    ...['CreatePolicy', 'CreatePolicyVersion', 'DeletePolicy', 'DeletePolicyVersion', 'GetPolicy'],
    ...['GetPolicyVersion', 'ListPolicyVersions', 'AttachRolePolicy', 'DetachRolePolicy'],
  ].map((name) => `iam:${name}`),
  'AWS::IAM::Role': [
    ...['CreateRole', 'DeleteRole', 'GetRole', 'GetRolePolicy', 'PutRolePolicy', 'DeleteRolePolicy', 'PassRole'],
    ...['UpdateRole', 'UpdateAssumeRolePolicy', 'PutRolePermissionsBoundary', 'DeleteRolePermissionsBoundary'],
    ...['ListRolePolicies', 'ListAttachedRolePolicies', 'TagRole', 'UntagRole'],
  ].map((name) => `iam:${name}`),
  'AWS::KMS::Key': [
    ...['CreateKey', 'DescribeKey', 'GetKeyPolicy', 'PutKeyPolicy', 'EnableKeyRotation', 'GetKeyRotationStatus'],
    ...['ScheduleKeyDeletion', 'TagResource', 'UntagResource', 'ListResourceTags', 'UpdateKeyDescription'],
  ].map((name) => `kms:${name}`),
  'AWS::Lambda::EventInvokeConfig': [
    ...['PutFunctionEventInvokeConfig', 'GetFunctionEventInvokeConfig', 'DeleteFunctionEventInvokeConfig'],
    'UpdateFunctionEventInvokeConfig',
  ].map((name) => `lambda:${name}`),
  'AWS::Lambda::EventSourceMapping': [
    ...['CreateEventSourceMapping', 'GetEventSourceMapping', 'UpdateEventSourceMapping', 'DeleteEventSourceMapping'],
    ...['TagResource', 'ListTags'],
  ].map((name) => `lambda:${name}`),
  'AWS::Lambda::Function': [
    ...['CreateFunction', 'GetFunction', 'GetFunctionConfiguration', 'UpdateFunctionCode', 'DeleteFunction'],
    ...['UpdateFunctionConfiguration', 'TagResource', 'UntagResource', 'ListTags', 'GetFunctionCodeSigningConfig'],
    ...['GetFunctionRecursionConfig', 'PutFunctionRecursionConfig', 'GetRuntimeManagementConfig'],
  ].map((name) => `lambda:${name}`),
  'AWS::Lambda::Permission': ['lambda:AddPermission', 'lambda:RemovePermission', 'lambda:GetPolicy'],
  'AWS::Logs::LogGroup': [
    ...['CreateLogGroup', 'DeleteLogGroup', 'DescribeLogGroups', 'PutRetentionPolicy', 'DeleteRetentionPolicy'],
    ...['AssociateKmsKey', 'DisassociateKmsKey', 'PutLogGroupDeletionProtection', 'TagResource', 'ListTagsForResource'],
    ...['DescribeIndexPolicies', 'GetDataProtectionPolicy', 'DescribeResourcePolicies'],
  ].map((name) => `logs:${name}`),
  'AWS::Logs::MetricFilter': ['logs:PutMetricFilter', 'logs:DeleteMetricFilter', 'logs:DescribeMetricFilters'],
  'AWS::Logs::QueryDefinition': ['logs:*QueryDefinition*'],
  'AWS::Logs::SubscriptionFilter': ['logs:*SubscriptionFilter*'],
  'AWS::S3::Bucket': [
    ...['CreateBucket', 'DeleteBucket', 'ListBucket', 'GetBucketLocation', 'PutEncryptionConfiguration'],
    ...[
      'GetEncryptionConfiguration',
      'PutBucketVersioning',
      'PutBucketTagging',
      'GetObject',
      'PutObject',
      'DeleteObject',
    ],
    ...['PutLifecycleConfiguration', 'GetLifecycleConfiguration', 'PutBucketNotification', 'GetBucketNotification'],
    ...['ListBucketVersions', 'DeleteObjectVersion', 'PutBucketPublicAccessBlock', 'GetBucketPublicAccessBlock'],
  ].map((name) => `s3:${name}`),
  'AWS::S3::BucketPolicy': ['s3:PutBucketPolicy', 's3:GetBucketPolicy', 's3:DeleteBucketPolicy'],
  'AWS::SNS::Subscription': [
    ...['Subscribe', 'Unsubscribe', 'GetSubscriptionAttributes', 'SetSubscriptionAttributes'],
  ].map((name) => `sns:${name}`),
  'AWS::SNS::Topic': [
    ...['CreateTopic', 'DeleteTopic', 'GetTopicAttributes', 'SetTopicAttributes', 'ListSubscriptionsByTopic'],
    ...['TagResource', 'UntagResource', 'ListTagsForResource', 'GetDataProtectionPolicy'],
  ].map((name) => `sns:${name}`),
  'AWS::SNS::TopicPolicy': ['sns:SetTopicAttributes', 'sns:GetTopicAttributes'],
  'AWS::StepFunctions::StateMachine': [
    ...['CreateStateMachine', 'UpdateStateMachine', 'DeleteStateMachine', 'DescribeStateMachine', 'TagResource'],
    ...['ListTagsForResource', 'ListStateMachineVersions', 'UntagResource'],
  ].map((name) => `states:${name}`),
  'AWS::SQS::Queue': [
    ...['CreateQueue', 'DeleteQueue', 'GetQueueAttributes', 'SetQueueAttributes', 'GetQueueUrl'],
    ...['TagQueue', 'UntagQueue', 'ListQueueTags'],
  ].map((name) => `sqs:${name}`),
  'AWS::SQS::QueuePolicy': ['sqs:SetQueueAttributes', 'sqs:GetQueueAttributes'],
}

const STACK = [
  ...['CreateStack', 'UpdateStack', 'DeleteStack', 'DescribeStack*', 'ListStackResources', 'GetTemplate'],
  ...['CreateChangeSet', 'DescribeChangeSet'],
  ...['ExecuteChangeSet', 'DeleteChangeSet', 'SetStackPolicy', 'ValidateTemplate'],
].map((name) => `cloudformation:${name}`)

/** Services whose calls can be told by the stage's names in the resource's ARN; the rest have ids of AWS's own. */
const NAMED: Readonly<Record<string, (stage: string) => readonly string[]>> = {
  athena: (stage) => [`arn:*:athena:*:*:workgroup/bucketwatch-${stage}`],
  cloudformation: (stage) => [`arn:*:cloudformation:*:*:stack/bucketwatch*-${stage}/*`],
  dynamodb: (stage) => [`arn:*:dynamodb:*:*:table/bucketwatch-${stage}-*`],
  iam: (stage) => [`arn:*:iam::*:role/*bucketwatch-${stage}-*`, `arn:*:iam::*:policy/*bucketwatch-${stage}-*`],
  s3: (stage) => [`arn:*:s3:::bucketwatch-${stage}-*`, `arn:*:s3:::bucketwatch-detections-${stage}-*`],
  states: (stage) => [`arn:*:states:*:*:stateMachine:bucketwatch-${stage}-*`],
  sns: (stage) => [`arn:*:sns:*:*:bucketwatch-${stage}-*`],
  sqs: (stage) => [`arn:*:sqs:*:*:bucketwatch-${stage}-*`],
}

/**
 * @param stage see STAGE_NAME.
 * @example
 * deployerPolicy('prod').Statement.length // one a service
 */
export function deployerPolicy(stage: string) {
  const actions = [...new Set([...STACK, ...Object.values(ACTIONS_OF).flat()])].sort()
  const services = [...new Set(actions.map((action) => action.split(':')[0]!))]
  return {
    Version: '2012-10-17',
    Statement: services.map((service) => ({
      Sid: `Deploy${service[0]!.toUpperCase()}${service.slice(1)}`,
      Effect: 'Allow',
      Action: actions.filter((action) => action.startsWith(`${service}:`)),
      Resource: NAMED[service]?.(stage) ?? '*',
    })),
  }
}
