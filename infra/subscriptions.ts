/**
 * Log groups that AWS itself delivers CloudTrail's and S3's records to: a subscription brings them to the function of their
 * kind, which treats what comes as an object. docs/native.md.
 *
 * Sources: CloudWatch Logs User Guide, "Log group-level subscription filters"; Lambda Developer Guide, "Capturing records
 * of Lambda asynchronous invocations".
 */
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { getAtt, localArn, logicalId, type Resources, ref } from './cfn.ts'
import { type Context, hasSubscription, kindParameters, queueId } from './context.ts'

/** The framework's names for the functions. */
const FUNCTION_IDS: Readonly<Record<LogKind, string>> = {
  cloudtrail: 'CloudtrailLambdaFunction',
  'access-log': 'AccessDashlogLambdaFunction',
}
/** aws: six hours is the most. */
const MAX_AGE_SECONDS = 21_600

export function subscriptions(context: Context): Resources {
  return Object.assign({}, ...LOG_KINDS.map((kind) => ofKind(context, kind)))
}

function ofKind(context: Context, kind: LogKind): Resources {
  const { logGroups } = kindParameters(context, kind)
  if (!hasSubscription(context, kind)) return {}
  return {
    ...Object.fromEntries(logGroups.flatMap((group) => subscription(context, kind, group))),
    // CloudWatch Logs does not wait for the function: what fails three times goes into the queue, and is tried from there.
    [logicalId('Invoke', kind)]: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: ref(FUNCTION_IDS[kind]),
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: MAX_AGE_SECONDS,
        DestinationConfig: { OnFailure: { Destination: getAtt(queueId(kind), 'Arn') } },
      },
    },
  }
}

function subscription(context: Context, kind: LogKind, group: string): [string, Resources[string]][] {
  const permission = logicalId('SubscriptionPermission', kind, group)
  const target = getAtt(FUNCTION_IDS[kind], 'Arn')
  return [
    [
      permission,
      {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          FunctionName: target,
          Action: 'lambda:InvokeFunction',
          Principal: 'logs.amazonaws.com',
          SourceAccount: ref('AWS::AccountId'),
          SourceArn: localArn('logs', `log-group:${group}:*`),
        },
      },
    ],
    [
      logicalId('Subscription', kind, group),
      {
        Type: 'AWS::Logs::SubscriptionFilter',
        // CloudWatch Logs tries the target when it is made.
        DependsOn: permission,
        Properties: {
          FilterName: `${context.name}-${kind}`,
          LogGroupName: group,
          FilterPattern: '',
          DestinationArn: target,
        },
      },
    ],
  ]
}
