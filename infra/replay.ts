/**
 * Replays beyond one machine: a Step Functions Distributed Map over the units that `bucketwatch replay --distributed` has
 * laid down, and the function that reads them. Only with the parameter `replayResults`; it costs nothing while it rests.
 *
 * aws: Step Functions Developer Guide, "ItemReader (Map)"; Lambda Developer Guide, "Invoking from Step Functions".
 */
import { packageVersion } from '../shared/files/package-root.ts'
import { BATCH_UNITS, PART_MEMORY_MB } from '../shared/replay/distributed.ts'
import { arn, getAtt, type Resources, type Statement, sub } from './cfn.ts'
import { type Context, pascal, REPLAY_PART, roleId } from './context.ts'
import { distributedMap } from './distributed-map.ts'
import { folderOf } from './roles.ts'

const ID = 'ReplayStateMachine'
/** As the framework names it. */
const FUNCTION_ID = 'ReplayDashpartLambdaFunction'
/** Seconds: Lambda's most. A batch that does not come to its end goes on with what is left. */
const TIMEOUT = 900

/** Functions of the framework's that only some stacks have. */
export function optionalFunctions(context: Context): Readonly<Record<string, object>> {
  const { replayResults, logLevel } = context.parameters
  if (replayResults === undefined) return {}
  return {
    [REPLAY_PART]: {
      description: 'Reads batches of log objects for a replay',
      handler: `dist/functions/${REPLAY_PART}.handler`,
      role: roleId(REPLAY_PART),
      memorySize: PART_MEMORY_MB,
      timeout: TIMEOUT,
      disableLogs: true,
      dependsOn: [`${pascal(REPLAY_PART)}FunctionLogs`],
      environment: {
        BUCKETWATCH_RESULTS_BUCKET: replayResults.bucket,
        BUCKETWATCH_RESULTS_PREFIX: folderOf(replayResults),
        BUCKETWATCH_VERSION: packageVersion(),
        POWERTOOLS_SERVICE_NAME: context.name,
        POWERTOOLS_LOG_LEVEL: logLevel,
        NODE_OPTIONS: '--max-semi-space-size=32 --max-old-space-size=1400',
      },
      package: { patterns: [`dist/functions/${REPLAY_PART}.js`] },
    },
  }
}

export function replay(context: Context): Resources {
  const { replayResults } = context.parameters
  if (replayResults === undefined) return {}
  const { bucket } = replayResults
  const statements: Statement[] = [
    { Sid: 'Read', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: getAtt(FUNCTION_ID, 'Arn') },
    {
      Sid: 'Items',
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: arn(`s3:::${bucket}/${folderOf(replayResults)}jobs/*`),
    },
  ]
  return distributedMap(context, {
    id: ID,
    name: 'replay',
    comment: 'Reads log objects for `bucketwatch replay --distributed`, which merges what they say',
    map: {
      ItemReader: {
        Resource: sub(`arn:\${AWS::Partition}:states:::s3:getObject`),
        ReaderConfig: { InputType: 'JSONL' },
        Arguments: { Bucket: bucket, Key: '{% $states.input.items %}' },
      },
      ItemBatcher: { MaxItemsPerBatch: BATCH_UNITS, BatchInput: { folder: '{% $states.input.folder %}' } },
      ItemProcessor: {
        // An express workflow ends after five minutes.
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Read',
        States: {
          Read: {
            Type: 'Task',
            Resource: sub(`arn:\${AWS::Partition}:states:::lambda:invoke`),
            Arguments: { FunctionName: getAtt(FUNCTION_ID, 'Arn'), Payload: '{% $states.input %}' },
            Output: '{% $states.result.Payload %}',
            TimeoutSeconds: TIMEOUT + 60,
            Retry: RETRY,
            End: true,
          },
        },
      },
    },
    statements,
  })
}

/** A batch that is no batch, or of another version, stays so. */
const RETRY = [
  { ErrorEquals: ['REPLAY_PARTIAL', 'CONFIG_INVALID'], MaxAttempts: 0 },
  // The account's functions have the right of way: a replay can wait.
  {
    ErrorEquals: ['Lambda.TooManyRequestsException'],
    IntervalSeconds: 10,
    MaxAttempts: 20,
    BackoffRate: 1.5,
    MaxDelaySeconds: 300,
    JitterStrategy: 'FULL',
  },
  {
    ErrorEquals: ['States.ALL'],
    IntervalSeconds: 5,
    MaxAttempts: 4,
    BackoffRate: 2,
    MaxDelaySeconds: 120,
    JitterStrategy: 'FULL',
  },
]

export function replayOutputs(context: Context): Readonly<Record<string, unknown>> {
  const { replayResults } = context.parameters
  if (replayResults === undefined) return {}
  return {
    [`${ID}Arn`]: { Value: { Ref: ID }, Description: '`bucketwatch replay --distributed` starts this' },
    ReplayResults: {
      Value: `s3://${replayResults.bucket}/${folderOf(replayResults)}`,
      Description: 'What distributed replays have read',
    },
  }
}
