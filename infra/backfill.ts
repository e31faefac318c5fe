/**
 * The backfill beyond one machine's listing: a Step Functions Distributed Map lists the bucket and sends a notification
 * for each object, as `bucketwatch backfill` does. Only with the parameter `backfill`; it costs nothing while it rests.
 *
 * aws: Step Functions Developer Guide, "Using Map state in Distributed mode", "ItemReader (Map)".
 */
import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import { arn, getAtt, localArn, policyDocument, type Resources, sub } from './cfn.ts'
import { type Context, kindParameters, queueId } from './context.ts'
import { permissionsBoundary, rolePath } from './roles.ts'

const ID = 'BackfillStateMachine'

/** Executions of the child workflow at once, each with ten objects: what SQS and the functions take with ease. */
const CONCURRENCY = 50

/** The notification of shared/backfill/notification.ts, in JSONata. A test runs both over the same keys. */
export const NOTIFICATION = `{% [$states.input.Items[
  ($type(LastModified) = 'number' ? LastModified * 1000 : $toMillis(LastModified)) >= $toMillis($states.input.BatchInput.from)
  and ($type(LastModified) = 'number' ? LastModified * 1000 : $toMillis(LastModified)) < $toMillis($states.input.BatchInput.to)
  and $not($contains(Key, '/CloudTrail-Digest/')) and Size > 0
]#$index.{
  'Id': $string($index),
  'MessageBody': $string({
    'bucketwatch': {'group': 'history'},
    'Records': [{
      'eventVersion': '2.1',
      'eventSource': 'aws:s3',
      'eventName': 'ObjectCreated:Backfill',
      's3': {
        'bucket': {'name': $states.input.BatchInput.bucket},
        'object': {'key': $encodeUrlComponent(Key), 'size': Size}
      }
    }]
  })
}] %}`

export function backfill(context: Context): Resources {
  if (!context.parameters.backfill) return {}
  const locations = LOG_KINDS.flatMap((kind) => kindParameters(context, kind).locations)
  const buckets = [...new Set(locations.map(({ bucket }) => bucket))]
  return {
    [ID]: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: `${context.name}-backfill`,
        StateMachineType: 'STANDARD',
        RoleArn: getAtt(`${ID}Role`, 'Arn'),
        Definition: definition(),
      },
    },
    [`${ID}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        Description: 'What the backfill may do',
        ...rolePath(context),
        ...permissionsBoundary(context),
        AssumeRolePolicyDocument: policyDocument([
          { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ]),
        Policies: [
          {
            PolicyName: 'backfill',
            PolicyDocument: policyDocument([
              {
                Sid: 'Send',
                Effect: 'Allow',
                Action: 'sqs:SendMessage',
                Resource: LOG_KINDS.map((kind) => getAtt(queueId(kind), 'Arn')),
              },
              // A Distributed Map runs its items as executions of the same state machine.
              {
                Sid: 'Map',
                Effect: 'Allow',
                Action: ['states:StartExecution'],
                Resource: localArn('states', `stateMachine:${context.name}-backfill`),
              },
              {
                Sid: 'MapExecutions',
                Effect: 'Allow',
                Action: ['states:DescribeExecution', 'states:StopExecution'],
                Resource: localArn('states', `execution:${context.name}-backfill/*`),
              },
              ...(buckets.length === 0
                ? []
                : [
                    {
                      Sid: 'List',
                      Effect: 'Allow' as const,
                      Action: 's3:ListBucket',
                      Resource: buckets.map((bucket) => arn(`s3:::${bucket}`)),
                    },
                  ]),
            ]),
          },
        ],
      },
    },
  }
}

export const backfillOutputs = (context: Context) =>
  context.parameters.backfill
    ? { [`${ID}Arn`]: { Value: { Ref: ID }, Description: '`bucketwatch backfill --distributed` starts this' } }
    : {}

function definition() {
  return {
    Comment: 'Sends a notification for each object of a bucket that is there already, to the group history',
    QueryLanguage: 'JSONata',
    StartAt: 'Objects',
    States: {
      Objects: {
        Type: 'Map',
        End: true,
        MaxConcurrency: CONCURRENCY,
        // One batch that fails must not end the others; the execution's map run names it.
        ToleratedFailurePercentage: 100,
        ItemReader: {
          Resource: sub(`arn:\${AWS::Partition}:states:::s3:listObjectsV2`),
          Arguments: { Bucket: '{% $states.input.bucket %}', Prefix: '{% $states.input.prefix %}' },
        },
        ItemBatcher: {
          MaxItemsPerBatch: 10,
          BatchInput: {
            bucket: '{% $states.input.bucket %}',
            queueUrl: '{% $states.input.queueUrl %}',
            from: '{% $states.input.from %}',
            to: '{% $states.input.to %}',
          },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
          StartAt: 'Notifications',
          States: {
            Notifications: {
              Type: 'Pass',
              Output: { queueUrl: '{% $states.input.BatchInput.queueUrl %}', entries: NOTIFICATION },
              Next: 'Any',
            },
            Any: {
              Type: 'Choice',
              Choices: [{ Condition: '{% $count($states.input.entries) > 0 %}', Next: 'Send' }],
              Default: 'None',
            },
            None: { Type: 'Succeed' },
            Send: {
              Type: 'Task',
              Resource: sub(`arn:\${AWS::Partition}:states:::aws-sdk:sqs:sendMessageBatch`),
              Arguments: { QueueUrl: '{% $states.input.queueUrl %}', Entries: '{% $states.input.entries %}' },
              Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 2 }],
              Next: 'Check',
            },
            // SendMessageBatch succeeds where single messages fail.
            Check: {
              Type: 'Choice',
              Choices: [{ Condition: '{% $count($states.input.Failed) > 0 %}', Next: 'Refused' }],
              Default: 'Sent',
            },
            Refused: { Type: 'Fail', Error: 'SendRefused', Cause: '{% $string($states.input.Failed) %}' },
            Sent: { Type: 'Succeed' },
          },
        },
      },
    },
  }
}
