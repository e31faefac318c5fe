/** One role a function, with what that function does and no more. */
import { arn, getAtt, localArn, policyDocument, type Resources, ref, type Statement } from './cfn.ts'
import {
  type Context,
  IDS,
  LOG_GROUPS,
  type LogGroupName,
  queueId,
  roleId,
  SOURCES,
  type Source,
  sourceParameters,
} from './context.ts'
import { functionName, logGroupName } from './logs.ts'

export function roles(context: Context): Resources {
  return Object.fromEntries([
    ...SOURCES.map((source) => [roleId(source), role(source, forwarder(context, source))]),
    [roleId('alert'), role('alert', alerter(context))],
  ])
}

function role(name: Source | 'alert', statements: readonly Statement[]) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `What the function ${name} may do`,
      AssumeRolePolicyDocument: policyDocument([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]),
      Policies: [{ PolicyName: name, PolicyDocument: policyDocument(statements) }],
    },
  }
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

const ownLogs = (context: Context, name: Source | 'alert'): Statement => ({
  Sid: 'OwnLogs',
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: groupAndStreams(`/aws/lambda/${functionName(context, name)}`),
})

function forwarder(context: Context, source: Source): Statement[] {
  const { locations, kmsKeyArns } = sourceParameters(context, source)
  return [
    {
      Sid: 'Queue',
      Effect: 'Allow',
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      Resource: getAtt(queueId(source), 'Arn'),
    },
    ...(locations.length === 0
      ? []
      : [
          {
            Sid: 'LogObjects',
            Effect: 'Allow' as const,
            Action: ['s3:GetObject', 's3:GetObjectVersion'],
            Resource: locations.map(({ bucket, prefix }) => arn(`s3:::${bucket}/${prefix}*`)),
          },
        ]),
    ...(kmsKeyArns.length === 0
      ? []
      : [
          {
            Sid: 'LogObjectKeys',
            Effect: 'Allow' as const,
            Action: 'kms:Decrypt',
            Resource: kmsKeyArns,
            // Through S3 only. Any Region: a log bucket need not be in ours.
            Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
          },
        ]),
    {
      Sid: 'Forward',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [...group(context, source), ...group(context, 'pipeline')],
    },
    ownLogs(context, source),
  ]
}

function alerter(context: Context): Statement[] {
  const table = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem']
  return [
    {
      Sid: 'Evidence',
      Effect: 'Allow',
      Action: 'logs:FilterLogEvents',
      Resource: LOG_GROUPS.filter((name) => name !== 'history').flatMap((name) => group(context, name)),
    },
    { Sid: 'Alerts', Effect: 'Allow', Action: 'sns:Publish', Resource: ref(IDS.alertsTopic) },
    {
      Sid: 'AlertsKey',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: context.parameters.kmsKeyArn ?? getAtt(IDS.key, 'Arn'),
      Condition: { StringLike: { 'kms:ViaService': 'sns.*.amazonaws.com' } },
    },
    { Sid: 'Idempotency', Effect: 'Allow', Action: table, Resource: getAtt(IDS.idempotencyTable, 'Arn') },
    { Sid: 'Failures', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: getAtt(IDS.alertQueue, 'Arn') },
    ownLogs(context, 'alert'),
  ]
}
