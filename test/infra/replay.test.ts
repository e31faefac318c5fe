import aslValidator from 'asl-validator'
import { describe, expect, test } from 'vitest'
import type { Resources } from '../../infra/cfn.ts'
import { makeTemplate } from '../../infra/template.ts'
import { defaultParameters, packageTemplate } from './support/packaged.ts'

const given = {
  cloudTrailBuckets: 'amzn-s3-demo-trail/AWSLogs/',
  accessLogBuckets: 'amzn-s3-demo-access',
  cloudTrailKmsKeyArns: 'arn:aws:kms:eu-west-1:111122223333:key/11112222-3333-4444-5555-666677778888',
}
const on = { ...given, replayResults: 'amzn-s3-demo-results/replay', backfill: 'true' }
const template = (parameters: Record<string, unknown>) => makeTemplate('dev', { ...defaultParameters(), ...parameters })
const make = async (parameters: Record<string, unknown>): Promise<Resources> =>
  (await template(parameters)).resources.Resources

// biome-ignore lint/suspicious/noExplicitAny: a template's properties are as many as AWS has resource types.
const definition = (resources: Resources, id: string): any => filled(resources[id]!.Properties!.Definition)

/** Intrinsic functions as CloudFormation would resolve them. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled)
  if (typeof value !== 'object' || value === null) return value
  if ('Fn::Sub' in value) return String(value['Fn::Sub']).replaceAll(`\${AWS::Partition}`, 'aws')
  if ('Fn::GetAtt' in value) return 'arn:aws:lambda:eu-west-1:111122223333:function:bucketwatch-dev-replay-part'
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one)]))
}

test('nothing of it is there without being asked for', async () => {
  const { resources, functions } = await template(given)
  expect(Object.keys(resources.Resources).filter((id) => /Replay|Backfill/.test(id))).toEqual([])
  expect(Object.keys(resources.Outputs).filter((id) => /Replay|Backfill/.test(id))).toEqual([])
  expect(functions).toEqual({})
})

describe('the state machines', () => {
  test.each([
    ['BackfillStateMachine', given],
    ['BackfillStateMachine', on],
    ['ReplayStateMachine', on],
  ])('%s is valid Amazon States Language', async (id, parameters) => {
    const machine = definition(await make({ backfill: 'true', ...parameters }), id)
    expect(aslValidator(machine)).toMatchObject({ isValid: true, errors: [] })
  })

  test('what children say does not add up to more than a state may, 256 KiB', async () => {
    const { Objects } = definition(await make({ ...given, backfill: 'true' }), 'BackfillStateMachine').States
    expect(Objects.ResultWriter).toBeUndefined()
    const states = Object.values(Objects.ItemProcessor.States as Record<string, { Type: string; Output?: unknown }>)
    expect(states.filter(({ Type }) => Type === 'Succeed').map(({ Output }) => Output)).toEqual([{}])
    const resources = await make(on)
    for (const [id, name] of [
      ['BackfillStateMachine', 'backfill'],
      ['ReplayStateMachine', 'replay'],
    ] as const)
      expect(definition(resources, id).States.Objects.ResultWriter).toEqual({
        Resource: 'arn:aws:states:::s3:putObject',
        Arguments: { Bucket: 'amzn-s3-demo-results', Prefix: `replay/executions/${name}` },
      })
  })

  test('many read at once, and not all; a batch that fails ends no other; what is busy is waited for', async () => {
    const { Objects } = definition(await make(on), 'ReplayStateMachine').States
    expect(Objects).toMatchObject({ MaxConcurrency: 50, ToleratedFailurePercentage: 100 })
    const { Read } = Objects.ItemProcessor.States
    const retrier = (error: string) =>
      Read.Retry.find(
        ({ ErrorEquals: of }: { ErrorEquals: string[] }) => of.includes(error) || of.includes('States.ALL'),
      )
    expect(retrier('REPLAY_PARTIAL').MaxAttempts).toBe(0)
    expect(retrier('Lambda.TooManyRequestsException')).toMatchObject({ MaxAttempts: 20, JitterStrategy: 'FULL' })
    expect(retrier('OBJECT_READ')).toMatchObject({ MaxAttempts: 4, BackoffRate: 2 })
    // Lambda's own end comes before Step Functions gives up.
    expect(Read.TimeoutSeconds).toBeGreaterThan(900)
  })
})

describe('the roles', () => {
  interface Statement {
    readonly Sid: string
    readonly Action: string | readonly string[]
    readonly Resource: unknown
  }
  const statements = (resources: Resources, id: string): Map<string, Statement> => {
    const [policy] = (resources[id]!.Properties as { Policies: { PolicyDocument: { Statement: Statement[] } }[] })
      .Policies
    return new Map(policy!.PolicyDocument.Statement.map((one) => [one.Sid, one]))
  }
  const arns = (resource: unknown): string[] => [filled(resource)].flat() as string[]

  test('the function reads the log objects of the stack and jobs, and writes parts alone', async () => {
    const of = statements(await make(on), 'ReplayPartRole')
    expect([...of.keys()].sort()).toEqual(['Jobs', 'LogObjectKeys', 'LogObjects', 'OwnLogs', 'Parts'])
    expect(arns(of.get('LogObjects')!.Resource)).toEqual([
      'arn:aws:s3:::amzn-s3-demo-trail/AWSLogs/*',
      'arn:aws:s3:::amzn-s3-demo-access/*',
    ])
    expect(of.get('Parts')).toMatchObject({ Action: 's3:PutObject' })
    expect(arns(of.get('Parts')!.Resource)).toEqual(['arn:aws:s3:::amzn-s3-demo-results/replay/parts/*'])
  })

  test('the state machine calls the function and itself, reads items and writes what became of them', async () => {
    const of = statements(await make(on), 'ReplayStateMachineRole')
    expect([...of.keys()].sort()).toEqual(['Items', 'Map', 'MapExecutions', 'Read', 'Results'])
    expect(of.get('Read')!.Action).toBe('lambda:InvokeFunction')
    expect(arns(of.get('Items')!.Resource)).toEqual(['arn:aws:s3:::amzn-s3-demo-results/replay/jobs/*'])
    expect(arns(of.get('Results')!.Resource)).toEqual(['arn:aws:s3:::amzn-s3-demo-results/replay/executions/replay/*'])
  })

  test('what the function does to the log buckets is not forwarded', async () => {
    const { environment } = await template(on)
    expect(JSON.stringify(environment.cloudtrail!.BUCKETWATCH_OWN_ROLES)).toContain('ReplayPartRole')
  })
})

test('it is packaged as the framework packages the others', async () => {
  const { Resources, Outputs } = await packageTemplate({ parameters: on })
  expect(Resources.ReplayDashpartLambdaFunction!.Properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Timeout: 900,
    MemorySize: 1769,
    Environment: {
      Variables: { BUCKETWATCH_RESULTS_BUCKET: 'amzn-s3-demo-results', BUCKETWATCH_RESULTS_PREFIX: 'replay/' },
    },
  })
  expect(Object.keys(Outputs!)).toEqual(expect.arrayContaining(['ReplayStateMachineArn', 'ReplayResults']))
})
