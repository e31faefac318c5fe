/**
 * The backfill beyond one machine's listing: a Step Functions Distributed Map lists the bucket and sends a notification
 * for each object, as `bucketwatch backfill` does. Only with the parameter `backfill`; it costs nothing while it rests.
 *
 * aws: Step Functions Developer Guide, "Using Map state in Distributed mode", "ItemReader (Map)".
 */
import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import { arn, getAtt, type Resources, sub } from './cfn.ts'
import { type Context, kindParameters, queueId } from './context.ts'
import { distributedMap } from './distributed-map.ts'

const ID = 'BackfillStateMachine'

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
  return distributedMap(context, {
    id: ID,
    name: 'backfill',
    comment: 'Sends a notification for each object of a bucket that is there already, to the group history',
    map: { ItemReader: ITEM_READER, ItemBatcher: ITEM_BATCHER, ItemProcessor: ITEM_PROCESSOR },
    statements: [
      {
        Sid: 'Send',
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: LOG_KINDS.map((kind) => getAtt(queueId(kind), 'Arn')),
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
    ],
  })
}

export const backfillOutputs = (context: Context) =>
  context.parameters.backfill
    ? { [`${ID}Arn`]: { Value: { Ref: ID }, Description: '`bucketwatch backfill --distributed` starts this' } }
    : {}

const ITEM_READER = {
  Resource: sub(`arn:\${AWS::Partition}:states:::s3:listObjectsV2`),
  Arguments: { Bucket: '{% $states.input.bucket %}', Prefix: '{% $states.input.prefix %}' },
}

/** What SQS takes in one call. */
const ITEM_BATCHER = {
  MaxItemsPerBatch: 10,
  BatchInput: {
    bucket: '{% $states.input.bucket %}',
    queueUrl: '{% $states.input.queueUrl %}',
    from: '{% $states.input.from %}',
    to: '{% $states.input.to %}',
  },
}

const ITEM_PROCESSOR = {
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
  StartAt: 'Notifications',
  States: {
    Notifications: {
      Type: 'Pass',
      Output: { queueUrl: '{% $states.input.BatchInput.queueUrl %}', entries: NOTIFICATION.replaceAll(/\n */g, ' ') },
      Next: 'Any',
    },
    Any: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $count($states.input.entries) > 0 %}', Next: 'Send' }],
      Default: 'Done',
    },
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
      Default: 'Done',
    },
    Refused: { Type: 'Fail', Error: 'SendRefused', Cause: '{% $string($states.input.Failed) %}' },
    // What all children say is one state's output, see distributed-map.ts.
    Done: { Type: 'Succeed', Output: {} },
  },
}
