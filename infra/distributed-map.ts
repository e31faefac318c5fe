/**
 * State machines that are one Distributed Map, with a role of their own: the backfill and the replay beyond one machine.
 *
 * aws: Step Functions Developer Guide, "Using Map state in Distributed mode", "ItemReader (Map)", "ResultWriter (Map)".
 */
import { arn, getAtt, localArn, policyDocument, type Resources, type Statement, sub } from './cfn.ts'
import type { Context } from './context.ts'
import type { LogLocation } from './parameters.ts'
import { folderOf, permissionsBoundary, rolePath } from './roles.ts'

/** Executions of the child workflow at once. */
const CONCURRENCY = 50

export interface DistributedMap {
  /** Logical id, and the last part of its name. */
  readonly id: string
  readonly name: string
  readonly comment: string
  /** What the items are, how many make a batch, and what is done with one: members of the Map state. */
  readonly map: { readonly ItemReader: object; readonly ItemBatcher: object; readonly ItemProcessor: object }
  /** What it does besides. */
  readonly statements: readonly Statement[]
}

/**
 * What children say is together no longer than a state's output may be, 256 KiB; a place for results takes any number, and
 * names those that failed. Without one, children should say nothing.
 */
export function distributedMap(context: Context, { id, name, comment, map, statements }: DistributedMap): Resources {
  const results = context.parameters.replayResults
  const fullName = `${context.name}-${name}`
  return {
    [id]: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: fullName,
        StateMachineType: 'STANDARD',
        RoleArn: getAtt(`${id}Role`, 'Arn'),
        Definition: {
          Comment: comment,
          QueryLanguage: 'JSONata',
          StartAt: 'Objects',
          States: {
            Objects: {
              Type: 'Map',
              End: true,
              MaxConcurrency: CONCURRENCY,
              // One batch that fails must not end the others; the execution's map run names it.
              ToleratedFailurePercentage: 100,
              ...map,
              ...(results === undefined ? {} : { ResultWriter: resultWriter(results, name) }),
            },
          },
        },
      },
    },
    [`${id}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        Description: `What the state machine ${fullName} may do`,
        ...rolePath(context),
        ...permissionsBoundary(context),
        AssumeRolePolicyDocument: policyDocument([
          { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ]),
        Policies: [
          {
            PolicyName: name,
            PolicyDocument: policyDocument([
              ...statements,
              // A Distributed Map runs its items as executions of the same state machine.
              {
                Sid: 'Map',
                Effect: 'Allow',
                Action: ['states:StartExecution'],
                Resource: localArn('states', `stateMachine:${fullName}`),
              },
              {
                Sid: 'MapExecutions',
                Effect: 'Allow',
                Action: ['states:DescribeExecution', 'states:StopExecution'],
                Resource: localArn('states', `execution:${fullName}/*`),
              },
              ...(results === undefined ? [] : [writeResults(results, name)]),
            ]),
          },
        ],
      },
    },
  }
}

const executions = (results: LogLocation, name: string): string => `${folderOf(results)}executions/${name}`

const resultWriter = (results: LogLocation, name: string) => ({
  Resource: sub(`arn:\${AWS::Partition}:states:::s3:putObject`),
  Arguments: { Bucket: results.bucket, Prefix: executions(results, name) },
})

const writeResults = (results: LogLocation, name: string): Statement => ({
  Sid: 'Results',
  Effect: 'Allow',
  Action: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
  Resource: arn(`s3:::${results.bucket}/${executions(results, name)}/*`),
})
