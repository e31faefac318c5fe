/** The commands that set right what takes more than one, by types of resources: see deployed-types.ts. */
import { type JsonObject, listOf, objectOf } from '../derive/json.ts'
import { awsCli, awsCliJson } from './aws-cli.ts'
import type { TemplateResource } from './template-values.ts'

/** Where a command is for, and what is there now. */
export interface Place {
  readonly region: string
  /** Undefined: the resource is gone. */
  readonly actual: JsonObject | undefined
  /** The properties that differ. */
  readonly different: readonly string[]
}

/** The properties without some. */
export const without = (properties: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)))

/** Of two lists of names, or two names. */
export const same = (a: unknown, b: unknown): boolean => String(a) === String(b)

export function restoreRole(
  { properties, physicalId: role }: TemplateResource,
  { region, different, actual }: Place,
): string[] {
  const wanted = listOf(properties.Policies).map(objectOf)
  const changed = (property: string) => actual === undefined || different.includes(property)
  const extra = (property: string, mine: readonly string[]) =>
    listOf(actual?.[property]).flatMap((item) => {
      const name = String(typeof item === 'string' ? item : objectOf(item).PolicyName)
      return mine.includes(name) ? [] : [name]
    })
  return [
    ...(actual === undefined
      ? [
          awsCli('iam create-role', region, {
            'role-name': role,
            path: properties.Path,
            'assume-role-policy-document': properties.AssumeRolePolicyDocument,
            'permissions-boundary': properties.PermissionsBoundary,
          }),
        ]
      : []),
    ...(actual !== undefined && different.includes('AssumeRolePolicyDocument')
      ? [
          awsCli('iam update-assume-role-policy', region, {
            'role-name': role,
            'policy-document': properties.AssumeRolePolicyDocument,
          }),
        ]
      : []),
    ...(changed('Policies')
      ? wanted.map(({ PolicyName, PolicyDocument }) =>
          awsCli('iam put-role-policy', region, {
            'role-name': role,
            'policy-name': PolicyName,
            'policy-document': PolicyDocument,
          }),
        )
      : []),
    ...extra(
      'Policies',
      wanted.map(({ PolicyName }) => String(PolicyName)),
    ).map((name) => awsCli('iam delete-role-policy', region, { 'role-name': role, 'policy-name': name })),
    ...(different.includes('ManagedPolicyArns')
      ? [
          `Attach and detach until ${role} has the policies of the template and no others: aws iam list-attached-role-policies --role-name ${role}`,
        ]
      : []),
    ...(different.includes('PermissionsBoundary')
      ? [
          properties.PermissionsBoundary === undefined
            ? awsCli('iam delete-role-permissions-boundary', region, { 'role-name': role })
            : awsCli('iam put-role-permissions-boundary', region, {
                'role-name': role,
                'permissions-boundary': properties.PermissionsBoundary,
              }),
        ]
      : []),
  ]
}

export function restoreFunction(
  { properties, physicalId: name }: TemplateResource,
  { region, different, actual }: Place,
): string[] {
  const configuration = without(properties, 'Code', 'Architectures', 'RecursiveLoop')
  if (actual === undefined) {
    return [awsCliJson('lambda create-function', region, without(properties, 'RecursiveLoop'))]
  }
  const code = objectOf(properties.Code)
  const apart = [
    'Code',
    'ReservedConcurrentExecutions',
    'RecursiveLoop',
    'Permissions',
    'EventSourceMappings',
    'Architectures',
  ]
  return [
    ...(different.includes('Code') || different.includes('Architectures')
      ? [
          awsCli('lambda update-function-code', region, {
            'function-name': name,
            's3-bucket': code.S3Bucket,
            's3-key': code.S3Key,
            architectures: listOf(properties.Architectures)[0],
          }),
        ]
      : []),
    ...(different.includes('ReservedConcurrentExecutions')
      ? [awsCli('lambda delete-function-concurrency', region, { 'function-name': name })]
      : []),
    ...(different.includes('RecursiveLoop')
      ? [
          awsCli('lambda put-function-recursion-config', region, {
            'function-name': name,
            'recursive-loop': properties.RecursiveLoop ?? 'Terminate',
          }),
        ]
      : []),
    ...(different.some((property) => !apart.includes(property))
      ? [
          awsCliJson('lambda update-function-configuration', region, {
            ...(different.includes('Layers') ? { Layers: [] } : {}),
            ...(different.includes('DeadLetterConfig') ? { DeadLetterConfig: { TargetArn: '' } } : {}),
            ...(different.includes('VpcConfig') ? { VpcConfig: { SubnetIds: [], SecurityGroupIds: [] } } : {}),
            ...(different.includes('KMSKeyArn') ? { KMSKeyArn: '' } : {}),
            ...configuration,
          }),
        ]
      : []),
    ...(different.includes('Permissions')
      ? [
          `Take away what is not the stack's: ${awsCli('lambda get-policy', region, { 'function-name': name })}, then aws lambda remove-permission`,
        ]
      : []),
    ...(different.includes('EventSourceMappings')
      ? [
          `Delete what is not the stack's: ${awsCli('lambda list-event-source-mappings', region, { 'function-name': name })}, then aws lambda delete-event-source-mapping`,
        ]
      : []),
  ]
}

export function restoreTable(
  { properties, physicalId: name }: TemplateResource,
  { region, different, actual }: Place,
): string[] {
  const table = { 'table-name': name }
  const isGone = actual === undefined
  const protect = properties.DeletionProtectionEnabled === true
  const needs = (property: string) => (isGone ? properties[property] !== undefined : different.includes(property))
  return [
    ...(isGone
      ? [
          awsCliJson('dynamodb create-table', region, {
            TableName: name,
            ...without(properties, 'TimeToLiveSpecification', 'PointInTimeRecoverySpecification'),
          }),
        ]
      : []),
    ...(needs('TimeToLiveSpecification')
      ? [
          awsCli('dynamodb update-time-to-live', region, {
            ...table,
            'time-to-live-specification': properties.TimeToLiveSpecification,
          }),
        ]
      : []),
    ...(needs('PointInTimeRecoverySpecification')
      ? [
          awsCli('dynamodb update-continuous-backups', region, {
            ...table,
            'point-in-time-recovery-specification': properties.PointInTimeRecoverySpecification,
          }),
        ]
      : []),
    ...(!isGone && different.includes('DeletionProtectionEnabled')
      ? [
          awsCli('dynamodb update-table', region, {
            ...table,
            [protect ? 'deletion-protection-enabled' : 'no-deletion-protection-enabled']: true,
          }),
        ]
      : []),
    ...(!isGone && different.includes('BillingMode')
      ? [awsCli('dynamodb update-table', region, { ...table, 'billing-mode': properties.BillingMode })]
      : []),
  ]
}

export function restoreLogGroup({ properties }: TemplateResource, { region, different, actual }: Place): string[] {
  const group = { 'log-group-name': properties.LogGroupName }
  const isGone = actual === undefined
  return [
    ...(isGone
      ? [
          awsCli('logs create-log-group', region, {
            ...group,
            'kms-key-id': properties.KmsKeyId,
            'log-group-class': properties.LogGroupClass,
          }),
        ]
      : []),
    ...((isGone ? properties.RetentionInDays !== undefined : different.includes('RetentionInDays'))
      ? [
          properties.RetentionInDays === undefined
            ? awsCli('logs delete-retention-policy', region, group)
            : awsCli('logs put-retention-policy', region, {
                ...group,
                'retention-in-days': properties.RetentionInDays,
              }),
        ]
      : []),
    ...(!isGone && different.includes('KmsKeyId')
      ? [
          properties.KmsKeyId === undefined
            ? awsCli('logs disassociate-kms-key', region, group)
            : awsCli('logs associate-kms-key', region, { ...group, 'kms-key-id': properties.KmsKeyId }),
        ]
      : []),
    ...((isGone ? properties.DeletionProtectionEnabled === true : different.includes('DeletionProtectionEnabled'))
      ? [
          awsCli('logs put-log-group-deletion-protection', region, {
            'log-group-identifier': properties.LogGroupName,
            'deletion-protection-enabled': true,
          }),
        ]
      : []),
    ...(different.includes('DataProtectionStatus')
      ? [awsCli('logs delete-data-protection-policy', region, { 'log-group-identifier': properties.LogGroupName })]
      : []),
    ...(different.includes('SubscriptionFilters')
      ? listOf(actual?.SubscriptionFilters).map((filter) =>
          awsCli('logs delete-subscription-filter', region, { ...group, 'filter-name': objectOf(filter).FilterName }),
        )
      : []),
  ]
}

export function restoreSubscription(
  { properties, physicalId: id }: TemplateResource,
  { region, different, actual }: Place,
): string[] {
  const { TopicArn, Protocol, Endpoint } = properties
  const given = without(properties, 'TopicArn', 'Protocol', 'Endpoint', 'Region')
  const asText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))
  if (actual === undefined) {
    const all = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asText(value)]))
    return [
      awsCli('sns subscribe', region, {
        'topic-arn': TopicArn,
        protocol: Protocol,
        'notification-endpoint': Endpoint,
        attributes: Object.keys(all).length === 0 ? undefined : all,
      }),
    ]
  }
  const subscription = String(actual.SubscriptionArn ?? id)
  return different.map((name) =>
    awsCli('sns set-subscription-attributes', region, {
      'subscription-arn': subscription,
      'attribute-name': name,
      'attribute-value': asText(given[name] ?? (name === 'RawMessageDelivery' ? false : {})),
    }),
  )
}

export function restoreRule(
  { properties, physicalId: id }: TemplateResource,
  { region, different, actual }: Place,
): string[] {
  const name = id.slice(id.lastIndexOf('|') + 1)
  const state = properties.State ?? 'ENABLED'
  const pattern = properties.EventPattern
  return [
    ...(actual !== undefined && different.includes('State')
      ? [awsCli(state === 'ENABLED' ? 'events enable-rule' : 'events disable-rule', region, { name })]
      : []),
    ...(actual === undefined || different.some((property) => property !== 'Targets' && property !== 'State')
      ? [
          awsCliJson('events put-rule', region, {
            ...without(properties, 'Targets'),
            Name: name,
            State: state,
            ...(pattern === undefined ? {} : { EventPattern: JSON.stringify(pattern) }),
          }),
        ]
      : []),
    ...(properties.Targets !== undefined && (actual === undefined || different.includes('Targets'))
      ? [awsCliJson('events put-targets', region, { Rule: name, Targets: properties.Targets })]
      : []),
    ...listOf(actual?.Targets).flatMap((target) => {
      const { Id } = objectOf(target)
      const isMine = listOf(properties.Targets).some((mine) => objectOf(mine).Id === Id)
      return isMine ? [] : [awsCli('events remove-targets', region, { rule: name, ids: Id })]
    }),
  ]
}

/** A bucket, by the API's own words for what a template says in others. */
export function restoreBucket(
  { properties, physicalId: bucket }: TemplateResource,
  { region, different, actual }: Place,
): string[] {
  const encryption = listOf(objectOf(properties.BucketEncryption).ServerSideEncryptionConfiguration).map(objectOf)
  const queues = listOf(objectOf(properties.NotificationConfiguration).QueueConfigurations).map(objectOf)
  const lifecycle = listOf(objectOf(properties.LifecycleConfiguration).Rules).map(objectOf)
  const put = (property: string, call: string, options: Readonly<Record<string, unknown>>) =>
    (actual === undefined ? properties[property] !== undefined : different.includes(property))
      ? [awsCli(`s3api ${call}`, region, { bucket, ...options })]
      : []
  return [
    ...(actual === undefined ? [`${awsCli('s3 mb', region, {})} s3://${bucket}`] : []),
    ...put('BucketEncryption', 'put-bucket-encryption', {
      'server-side-encryption-configuration': {
        Rules: encryption.map((rule) => ({ ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault })),
      },
    }),
    ...put('PublicAccessBlockConfiguration', 'put-public-access-block', {
      'public-access-block-configuration': properties.PublicAccessBlockConfiguration,
    }),
    ...put('LifecycleConfiguration', 'put-bucket-lifecycle-configuration', {
      'lifecycle-configuration': {
        Rules: lifecycle.map(({ Id, Status, ExpirationInDays: Days }) => ({
          ...{ ID: Id, Status, Filter: { Prefix: '' }, Expiration: { Days } },
        })),
      },
    }),
    ...put('NotificationConfiguration', 'put-bucket-notification-configuration', {
      'notification-configuration': {
        QueueConfigurations: queues.map(({ Event, Queue, Filter }) => ({
          QueueArn: Queue,
          Events: listOf(Event),
          Filter: { Key: { FilterRules: objectOf(objectOf(Filter).S3Key).Rules } },
        })),
      },
    }),
  ]
}
