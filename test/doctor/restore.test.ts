/** The commands that set a resource right: what is asked for each difference alone, and for what is gone. */
import { expect, test } from 'vitest'
import type { JsonObject } from '../../shared/derive/json.ts'
import {
  type Place,
  restoreBucket,
  restoreFunction,
  restoreLogGroup,
  restoreRole,
  restoreRule,
  restoreSubscription,
  restoreTable,
} from '../../shared/doctor/restore.ts'
import type { TemplateResource } from '../../shared/doctor/template-values.ts'

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:alerts'
type Restore = (resource: TemplateResource, place: Place) => string[]

/** By difference: its commands; `gone`: those that make it anew. */
function commands(restore: Restore, properties: JsonObject, differences: readonly string[], actual: JsonObject = {}) {
  const resource = { properties, physicalId: 'one', logicalId: 'One', type: 'T' } as unknown as TemplateResource
  const of = (different: readonly string[], now: JsonObject | undefined) =>
    restore(resource, { region: 'eu-west-1', actual: now, different }).map((line) =>
      line.replaceAll(' --region eu-west-1', ''),
    )
  return [
    ...differences.map((one) => [one, ...of([one], actual)].join('\n  ')),
    ['gone', ...of([], undefined)].join('\n  '),
    ['all at once', String(of(differences, actual).length)].join(': '),
    ['nothing', String(of([], actual).length)].join(': '),
  ].join('\n')
}

test('a role', () => {
  const properties = {
    Path: '/',
    AssumeRolePolicyDocument: { Statement: [] },
    Policies: [{ PolicyName: 'mine', PolicyDocument: { Statement: [] } }],
    PermissionsBoundary: 'arn:aws:iam::111122223333:policy/b',
  }
  const actual = { Policies: [{ PolicyName: 'mine' }, { PolicyName: 'foreign' }] }
  const differences = ['AssumeRolePolicyDocument', 'Policies', 'ManagedPolicyArns', 'PermissionsBoundary']
  expect(commands(restoreRole, properties, differences, actual)).toMatchInlineSnapshot(`
    "AssumeRolePolicyDocument
      aws iam update-assume-role-policy --role-name one --policy-document '{"Statement":[]}'
      aws iam delete-role-policy --role-name one --policy-name foreign
    Policies
      aws iam put-role-policy --role-name one --policy-name mine --policy-document '{"Statement":[]}'
      aws iam delete-role-policy --role-name one --policy-name foreign
    ManagedPolicyArns
      aws iam delete-role-policy --role-name one --policy-name foreign
      Attach and detach until one has the policies of the template and no others: aws iam list-attached-role-policies --role-name one
    PermissionsBoundary
      aws iam delete-role-policy --role-name one --policy-name foreign
      aws iam put-role-permissions-boundary --role-name one --permissions-boundary arn:aws:iam::111122223333:policy/b
    gone
      aws iam create-role --role-name one --path / --assume-role-policy-document '{"Statement":[]}' --permissions-boundary arn:aws:iam::111122223333:policy/b
      aws iam put-role-policy --role-name one --policy-name mine --policy-document '{"Statement":[]}'
    all at once: 5
    nothing: 1"
  `)
  expect(commands(restoreRole, {}, ['PermissionsBoundary'])).toMatchInlineSnapshot(`
    "PermissionsBoundary
      aws iam delete-role-permissions-boundary --role-name one
    gone
      aws iam create-role --role-name one
    all at once: 1
    nothing: 0"
  `)
})

test('a function', () => {
  const properties = {
    FunctionName: 'one',
    Code: { S3Bucket: 'amzn-s3-demo-code', S3Key: 'a.zip' },
    Architectures: ['arm64'],
    RecursiveLoop: 'Allow',
    Timeout: 60,
  }
  const differences = [
    ...['Code', 'Architectures', 'ReservedConcurrentExecutions', 'RecursiveLoop', 'Permissions', 'EventSourceMappings'],
    ...['Timeout', 'Layers', 'DeadLetterConfig', 'VpcConfig', 'KMSKeyArn'],
  ]
  expect(commands(restoreFunction, properties, differences)).toMatchInlineSnapshot(`
    "Code
      aws lambda update-function-code --function-name one --s3-bucket amzn-s3-demo-code --s3-key a.zip --architectures arm64
    Architectures
      aws lambda update-function-code --function-name one --s3-bucket amzn-s3-demo-code --s3-key a.zip --architectures arm64
    ReservedConcurrentExecutions
      aws lambda delete-function-concurrency --function-name one
    RecursiveLoop
      aws lambda put-function-recursion-config --function-name one --recursive-loop Allow
    Permissions
      Take away what is not the stack's: aws lambda get-policy --function-name one, then aws lambda remove-permission
    EventSourceMappings
      Delete what is not the stack's: aws lambda list-event-source-mappings --function-name one, then aws lambda delete-event-source-mapping
    Timeout
      aws lambda update-function-configuration --cli-input-json '{"FunctionName":"one","Timeout":60}'
    Layers
      aws lambda update-function-configuration --cli-input-json '{"Layers":[],"FunctionName":"one","Timeout":60}'
    DeadLetterConfig
      aws lambda update-function-configuration --cli-input-json '{"DeadLetterConfig":{"TargetArn":""},"FunctionName":"one","Timeout":60}'
    VpcConfig
      aws lambda update-function-configuration --cli-input-json '{"VpcConfig":{"SubnetIds":[],"SecurityGroupIds":[]},"FunctionName":"one","Timeout":60}'
    KMSKeyArn
      aws lambda update-function-configuration --cli-input-json '{"KMSKeyArn":"","FunctionName":"one","Timeout":60}'
    gone
      aws lambda create-function --cli-input-json '{"FunctionName":"one","Code":{"S3Bucket":"amzn-s3-demo-code","S3Key":"a.zip"},"Architectures":["arm64"],"Timeout":60}'
    all at once: 6
    nothing: 0"
  `)
  expect(commands(restoreFunction, {}, ['RecursiveLoop'])).toMatchInlineSnapshot(`
    "RecursiveLoop
      aws lambda put-function-recursion-config --function-name one --recursive-loop Terminate
    gone
      aws lambda create-function --cli-input-json '{}'
    all at once: 1
    nothing: 0"
  `)
})

test('a table', () => {
  const properties = {
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: true,
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  }
  expect(commands(restoreTable, properties, Object.keys(properties))).toMatchInlineSnapshot(`
    "BillingMode
      aws dynamodb update-table --table-name one --billing-mode PAY_PER_REQUEST
    DeletionProtectionEnabled
      aws dynamodb update-table --table-name one --deletion-protection-enabled
    TimeToLiveSpecification
      aws dynamodb update-time-to-live --table-name one --time-to-live-specification '{"AttributeName":"expires","Enabled":true}'
    PointInTimeRecoverySpecification
      aws dynamodb update-continuous-backups --table-name one --point-in-time-recovery-specification '{"PointInTimeRecoveryEnabled":true}'
    gone
      aws dynamodb create-table --cli-input-json '{"TableName":"one","BillingMode":"PAY_PER_REQUEST","DeletionProtectionEnabled":true}'
      aws dynamodb update-time-to-live --table-name one --time-to-live-specification '{"AttributeName":"expires","Enabled":true}'
      aws dynamodb update-continuous-backups --table-name one --point-in-time-recovery-specification '{"PointInTimeRecoveryEnabled":true}'
    all at once: 4
    nothing: 0"
  `)
  expect(commands(restoreTable, {}, ['DeletionProtectionEnabled'])).toMatchInlineSnapshot(`
    "DeletionProtectionEnabled
      aws dynamodb update-table --table-name one --no-deletion-protection-enabled
    gone
      aws dynamodb create-table --cli-input-json '{"TableName":"one"}'
    all at once: 1
    nothing: 0"
  `)
})

test('a log group', () => {
  const properties = { LogGroupName: 'g', KmsKeyId: 'k', LogGroupClass: 'STANDARD', RetentionInDays: 30 }
  const differences = [
    ...['RetentionInDays', 'KmsKeyId', 'DeletionProtectionEnabled', 'DataProtectionStatus', 'SubscriptionFilters'],
  ]
  const actual = { SubscriptionFilters: [{ FilterName: 'foreign' }] }
  expect(commands(restoreLogGroup, properties, differences, actual)).toMatchInlineSnapshot(`
    "RetentionInDays
      aws logs put-retention-policy --log-group-name g --retention-in-days 30
    KmsKeyId
      aws logs associate-kms-key --log-group-name g --kms-key-id k
    DeletionProtectionEnabled
      aws logs put-log-group-deletion-protection --log-group-identifier g --deletion-protection-enabled
    DataProtectionStatus
      aws logs delete-data-protection-policy --log-group-identifier g
    SubscriptionFilters
      aws logs delete-subscription-filter --log-group-name g --filter-name foreign
    gone
      aws logs create-log-group --log-group-name g --kms-key-id k --log-group-class STANDARD
      aws logs put-retention-policy --log-group-name g --retention-in-days 30
    all at once: 5
    nothing: 0"
  `)
  expect(commands(restoreLogGroup, { LogGroupName: 'g' }, differences)).toMatchInlineSnapshot(`
    "RetentionInDays
      aws logs delete-retention-policy --log-group-name g
    KmsKeyId
      aws logs disassociate-kms-key --log-group-name g
    DeletionProtectionEnabled
      aws logs put-log-group-deletion-protection --log-group-identifier g --deletion-protection-enabled
    DataProtectionStatus
      aws logs delete-data-protection-policy --log-group-identifier g
    SubscriptionFilters
    gone
      aws logs create-log-group --log-group-name g
    all at once: 4
    nothing: 0"
  `)
})

test('a subscription', () => {
  const properties = {
    TopicArn: TOPIC,
    Protocol: 'sqs',
    Endpoint: 'q',
    RawMessageDelivery: true,
    FilterPolicy: { a: [1] },
  }
  const differences = ['RawMessageDelivery', 'FilterPolicy', 'RedrivePolicy']
  expect(
    commands(restoreSubscription, properties, differences, { SubscriptionArn: `${TOPIC}:1` }),
  ).toMatchInlineSnapshot(`
    "RawMessageDelivery
      aws sns set-subscription-attributes --subscription-arn arn:aws:sns:eu-west-1:111122223333:alerts:1 --attribute-name RawMessageDelivery --attribute-value true
    FilterPolicy
      aws sns set-subscription-attributes --subscription-arn arn:aws:sns:eu-west-1:111122223333:alerts:1 --attribute-name FilterPolicy --attribute-value '{"a":[1]}'
    RedrivePolicy
      aws sns set-subscription-attributes --subscription-arn arn:aws:sns:eu-west-1:111122223333:alerts:1 --attribute-name RedrivePolicy --attribute-value '{}'
    gone
      aws sns subscribe --topic-arn arn:aws:sns:eu-west-1:111122223333:alerts --protocol sqs --notification-endpoint q --attributes '{"RawMessageDelivery":"true","FilterPolicy":"{\\"a\\":[1]}"}'
    all at once: 3
    nothing: 0"
  `)
  const bare = { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: 'q' }
  expect(commands(restoreSubscription, bare, ['RawMessageDelivery'])).toMatchInlineSnapshot(`
    "RawMessageDelivery
      aws sns set-subscription-attributes --subscription-arn one --attribute-name RawMessageDelivery --attribute-value false
    gone
      aws sns subscribe --topic-arn arn:aws:sns:eu-west-1:111122223333:alerts --protocol sqs --notification-endpoint q
    all at once: 1
    nothing: 0"
  `)
})

test('a rule', () => {
  const properties = { EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 'mine', Arn: 'a' }] }
  const actual = { Targets: [{ Id: 'mine' }, { Id: 'foreign' }] }
  expect(commands(restoreRule, properties, ['State', 'EventPattern', 'Targets'], actual)).toMatchInlineSnapshot(`
    "State
      aws events enable-rule --name one
      aws events remove-targets --rule one --ids foreign
    EventPattern
      aws events put-rule --cli-input-json '{"EventPattern":"{\\"source\\":[\\"aws.s3\\"]}","Name":"one","State":"ENABLED"}'
      aws events remove-targets --rule one --ids foreign
    Targets
      aws events put-targets --cli-input-json '{"Rule":"one","Targets":[{"Id":"mine","Arn":"a"}]}'
      aws events remove-targets --rule one --ids foreign
    gone
      aws events put-rule --cli-input-json '{"EventPattern":"{\\"source\\":[\\"aws.s3\\"]}","Name":"one","State":"ENABLED"}'
      aws events put-targets --cli-input-json '{"Rule":"one","Targets":[{"Id":"mine","Arn":"a"}]}'
    all at once: 4
    nothing: 1"
  `)
  expect(
    commands(restoreRule, { State: 'DISABLED', ScheduleExpression: 'rate(1 day)' }, ['State']),
  ).toMatchInlineSnapshot(`
    "State
      aws events disable-rule --name one
    gone
      aws events put-rule --cli-input-json '{"State":"DISABLED","ScheduleExpression":"rate(1 day)","Name":"one"}'
    all at once: 1
    nothing: 0"
  `)
})

test('a bucket', () => {
  const properties = {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true },
    LifecycleConfiguration: { Rules: [{ Id: 'old', Status: 'Enabled', ExpirationInDays: 9 }] },
    NotificationConfiguration: { QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: 'q' }] },
  }
  expect(commands(restoreBucket, properties, Object.keys(properties))).toMatchInlineSnapshot(`
    "BucketEncryption
      aws s3api put-bucket-encryption --bucket one --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
    PublicAccessBlockConfiguration
      aws s3api put-public-access-block --bucket one --public-access-block-configuration '{"BlockPublicAcls":true}'
    LifecycleConfiguration
      aws s3api put-bucket-lifecycle-configuration --bucket one --lifecycle-configuration '{"Rules":[{"ID":"old","Status":"Enabled","Filter":{"Prefix":""},"Expiration":{"Days":9}}]}'
    NotificationConfiguration
      aws s3api put-bucket-notification-configuration --bucket one --notification-configuration '{"QueueConfigurations":[{"QueueArn":"q","Events":["s3:ObjectCreated:*"],"Filter":{"Key":{}}}]}'
    gone
      aws s3 mb s3://one
      aws s3api put-bucket-encryption --bucket one --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
      aws s3api put-public-access-block --bucket one --public-access-block-configuration '{"BlockPublicAcls":true}'
      aws s3api put-bucket-lifecycle-configuration --bucket one --lifecycle-configuration '{"Rules":[{"ID":"old","Status":"Enabled","Filter":{"Prefix":""},"Expiration":{"Days":9}}]}'
      aws s3api put-bucket-notification-configuration --bucket one --notification-configuration '{"QueueConfigurations":[{"QueueArn":"q","Events":["s3:ObjectCreated:*"],"Filter":{"Key":{}}}]}'
    all at once: 4
    nothing: 0"
  `)
  expect(commands(restoreBucket, {}, [])).toMatchInlineSnapshot(`
    "gone
      aws s3 mb s3://one
    all at once: 0
    nothing: 0"
  `)
})
