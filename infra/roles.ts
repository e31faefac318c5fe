/** One role a function, with what that function does and no more. */
import { parameterName } from '../shared/alert/config.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { canaryReader, canaryWriter } from './canary.ts'
import { arn, getAtt, localArn, policyDocument, policySize, type Resources, ref, type Statement, sub } from './cfn.ts'
import {
  type Context,
  type FunctionName,
  IDS,
  kindParameters,
  LOG_GROUPS,
  type LogGroupName,
  queueId,
  REPLAY_PART,
  roleId,
} from './context.ts'
import { functionName, logGroupName } from './logs.ts'
import type { LogLocation } from './parameters.ts'
import { KEY_PREFIXES } from './state.ts'

/** Characters without white space, of all inline policies of a role (aws: IAM quotas). */
const MAX_INLINE_POLICY = 10_240
/** The same of a managed policy, and how many a role takes (the default quota). */
const MAX_MANAGED_POLICY = 6144
const MAX_MANAGED_POLICIES = 10

export function roles(context: Context): Resources {
  return Object.assign(
    {},
    ...LOG_KINDS.map((kind) => role(context, kind, forwarder(context, kind), logObjects(context, kind))),
    role(context, 'alert', alerter(context), []),
    partRole(context),
  )
}

/** Where the roles and policies of the stack are, as the account wants it. */
export function rolePath({ parameters }: Context): { readonly Path?: string } {
  return parameters.rolePath === '/' || parameters.rolePath === '' ? {} : { Path: parameters.rolePath }
}

/** What no role of the stack may go beyond, as the account wants it. */
export function permissionsBoundary({ parameters }: Context): { readonly PermissionsBoundary?: string } {
  return parameters.permissionsBoundaryArn === '' ? {} : { PermissionsBoundary: parameters.permissionsBoundaryArn }
}

/**
 * A role with its policy inline, as long as it fits there; what grows with the number of buckets goes to managed
 * policies past that.
 */
function role(
  context: Context,
  name: FunctionName,
  statements: readonly Statement[],
  growing: readonly Statement[],
): Resources {
  const id = roleId(name)
  const whole = policyDocument([...growing, ...statements])
  const managed = policySize(whole) <= MAX_INLINE_POLICY ? [] : growing.flatMap(splitStatement)
  if (managed.length > MAX_MANAGED_POLICIES) {
    const problem =
      `${name}: the buckets need ${managed.length} managed policies; IAM attaches ${MAX_MANAGED_POLICIES} to a role` +
      ' (fewer buckets, or one bucket that gathers the logs of several)'
    throw new BucketwatchError('CONFIG_INVALID', problem, { problems: [problem] })
  }
  return {
    [id]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        Description: `What the function ${name} may do`,
        AssumeRolePolicyDocument: policyDocument([
          { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ]),
        Policies: [{ PolicyName: name, PolicyDocument: managed.length === 0 ? whole : policyDocument(statements) }],
        ...rolePath(context),
        ...permissionsBoundary(context),
      },
    },
    ...Object.fromEntries(
      managed.map((statement, index) => [
        `${id}Objects${index + 1}`,
        {
          Type: 'AWS::IAM::ManagedPolicy',
          Properties: {
            Description: `Log objects that the function ${name} may read`,
            Roles: [ref(id)],
            ...rolePath(context),
            PolicyDocument: policyDocument([statement]),
          },
        },
      ]),
    ),
  }
}

/** A statement over many resources as several, each of which fits into a managed policy. */
function splitStatement(statement: Statement): Statement[] {
  const parts: Statement[] = []
  let part: unknown[] = []
  for (const resource of [statement.Resource].flat()) {
    const grown = { ...statement, Resource: [...part, resource] }
    if (part.length > 0 && policySize(policyDocument([grown])) > MAX_MANAGED_POLICY) {
      parts.push({ ...statement, Resource: part })
      part = []
    }
    part = [...part, resource]
  }
  return [...parts, { ...statement, Resource: part }]
}

/**
 * A log group in both spellings: AWS's reference gives its ARN as the resource of CreateLogStream and FilterLogEvents,
 * while these calls and PutLogEvents are matched against what follows it as well (`:log-stream:…`, `:*`).
 */
const groupAndStreams = (name: string) => [
  localArn('logs', `log-group:${name}`),
  localArn('logs', `log-group:${name}:*`),
]
const group = (context: Context, name: LogGroupName) => groupAndStreams(logGroupName(context, name))

const ownLogs = (context: Context, name: FunctionName): Statement => ({
  Sid: 'OwnLogs',
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: groupAndStreams(`/aws/lambda/${functionName(context, name)}`),
})

function logObjects(context: Context, kind: LogKind): Statement[] {
  const { locations } = kindParameters(context, kind)
  if (locations.length === 0) return []
  return [
    {
      Sid: 'LogObjects',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: locations.map(({ bucket, prefix }) => arn(`s3:::${bucket}/${prefix}*`)),
    },
  ]
}

/** Objects of all kinds in, parts out. */
function partRole(context: Context): Resources {
  const { replayResults } = context.parameters
  if (replayResults === undefined) return {}
  const { bucket } = replayResults
  const prefix = folderOf(replayResults)
  const keys = LOG_KINDS.flatMap((kind) => kindParameters(context, kind).kmsKeyArns)
  const statements: Statement[] = [
    {
      Sid: 'Jobs',
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: [arn(`s3:::${bucket}/${prefix}jobs/*`), arn(`s3:::${bucket}/${prefix}parts/*`)],
    },
    { Sid: 'Parts', Effect: 'Allow', Action: 's3:PutObject', Resource: arn(`s3:::${bucket}/${prefix}parts/*`) },
    ...logObjectKeys(keys),
    ownLogs(context, REPLAY_PART),
  ]
  const objects = LOG_KINDS.flatMap((kind) => logObjects(context, kind)).flatMap(({ Resource }) => [Resource].flat())
  const all: Statement[] =
    objects.length === 0
      ? []
      : [{ Sid: 'LogObjects', Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: objects }]
  return role(context, REPLAY_PART, statements, all)
}

/** The prefix of results as a folder. */
export const folderOf = ({ prefix }: LogLocation): string =>
  prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`

const logObjectKeys = (kmsKeyArns: readonly string[]): Statement[] =>
  kmsKeyArns.length === 0
    ? []
    : [
        {
          Sid: 'LogObjectKeys',
          Effect: 'Allow',
          Action: 'kms:Decrypt',
          Resource: [...new Set(kmsKeyArns)],
          // Through S3 only. Any Region: a log bucket need not be in ours.
          Condition: { StringLike: { 'kms:ViaService': sub(`s3.*.\${AWS::URLSuffix}`) } },
        },
      ]

function forwarder(context: Context, kind: LogKind): Statement[] {
  const { kmsKeyArns } = kindParameters(context, kind)
  return [
    {
      Sid: 'Queue',
      Effect: 'Allow',
      // The last two: a failed message comes again soon, and the rest of an object is sent on.
      Action: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ChangeMessageVisibility',
        'sqs:SendMessage',
      ],
      Resource: getAtt(queueId(kind), 'Arn'),
    },
    ...logObjectKeys(kmsKeyArns),
    { Sid: 'Hits', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: getAtt(IDS.hitsQueue, 'Arn') },
    ...canaryReader(context, kind),
    {
      Sid: 'Forward',
      Effect: 'Allow',
      // GetLogEvents: to look whether a call that had no answer was stored, before anything is sent again.
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:GetLogEvents'],
      Resource: [...group(context, kind), ...group(context, 'pipeline'), ...group(context, 'history')],
    },
    stateItems(['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], KEY_PREFIXES.forwarder),
    ownLogs(context, kind),
  ]
}

/** The items of the state table whose keys begin so, and no others. */
const stateItems = (actions: readonly string[], keys: readonly string[]): Statement => ({
  Sid: 'State',
  Effect: 'Allow',
  Action: actions,
  Resource: getAtt(IDS.stateTable, 'Arn'),
  Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } },
})

/** Only for the targets that are named: their secrets, the event bus, Security Hub. */
function targets({ parameters: p }: Context): Statement[] {
  const secrets = [p.slackWebhook, p.teamsWebhook, p.pagerDutyKey].filter((reference) => reference !== '')
  const inSecretsManager = secrets
    .filter((reference) => reference.startsWith('secretsmanager:'))
    .map((reference) => reference.slice('secretsmanager:'.length))
  const bus = p.eventBus.startsWith('arn:') ? p.eventBus : localArn('events', `event-bus/${p.eventBus}`)
  const statements: readonly (Statement | false)[] = [
    secrets.length > 0 && {
      Sid: 'TargetSecrets',
      Effect: 'Allow',
      Action: 'ssm:GetParameter',
      Resource: secrets.map((reference) => localArn('ssm', `parameter${parameterName(reference)}`)),
    },
    inSecretsManager.length > 0 && {
      Sid: 'TargetSecretValues',
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      // Secrets Manager puts a hyphen and six characters of its own behind a name.
      Resource: inSecretsManager.map((name) => localArn('secretsmanager', `secret:${name}-??????`)),
    },
    p.targetKmsKeyArns.length > 0 && {
      Sid: 'TargetSecretKeys',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: p.targetKmsKeyArns,
      Condition: {
        StringEquals: {
          'kms:ViaService': [
            sub(`ssm.\${AWS::Region}.\${AWS::URLSuffix}`),
            sub(`secretsmanager.\${AWS::Region}.\${AWS::URLSuffix}`),
          ],
        },
      },
    },
    p.eventBus !== '' && { Sid: 'EventBus', Effect: 'Allow', Action: 'events:PutEvents', Resource: bus },
    p.securityHub && {
      Sid: 'SecurityHub',
      Effect: 'Allow',
      Action: 'securityhub:BatchImportFindings',
      Resource: localArn('securityhub', `product/\${AWS::AccountId}/default`),
    },
  ]
  return statements.filter((statement) => statement !== false)
}

function alerter(context: Context): Statement[] {
  return [
    {
      Sid: 'Evidence',
      Effect: 'Allow',
      Action: 'logs:FilterLogEvents',
      Resource: LOG_GROUPS.filter((name) => name !== 'history').flatMap((name) => group(context, name)),
    },
    {
      Sid: 'Findings',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: group(context, 'findings'),
    },
    {
      Sid: 'Hits',
      Effect: 'Allow',
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      Resource: getAtt(IDS.hitsQueue, 'Arn'),
    },
    {
      Sid: 'Alerts',
      Effect: 'Allow',
      Action: 'sns:Publish',
      Resource: [ref(IDS.alertsTopic), ...(context.parameters.chatTopic ? [ref(IDS.chatTopic)] : [])],
    },
    ...canaryWriter(context),
    ...targets(context),
    {
      Sid: 'AlertsKey',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: context.parameters.kmsKeyArn ?? getAtt(IDS.key, 'Arn'),
      Condition: { StringLike: { 'kms:ViaService': sub(`sns.*.\${AWS::URLSuffix}`) } },
    },
    stateItems(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
      KEY_PREFIXES.alert,
    ),
    { Sid: 'Failures', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: getAtt(IDS.alertQueue, 'Arn') },
    ownLogs(context, 'alert'),
  ]
}
