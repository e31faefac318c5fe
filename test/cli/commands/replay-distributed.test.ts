/** `bucketwatch replay --distributed` over a bucket, a stack and a state machine in memory. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { S3Client } from '@aws-sdk/client-s3'
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { makeTemplate } from '../../../infra/template.ts'
import { packageVersion } from '../../../shared/files/package-root.ts'
import { createAwsReplayPart } from '../../../shared/lambda/replay-part.ts'
import type { ReplayModel } from '../../../shared/replay/model.ts'
import { defaultParameters } from '../../infra/support/packaged.ts'
import { standInBuckets } from '../../support/buckets.ts'
import { cli } from '../../support/cli.ts'
import type { MapMachine } from '../../support/distributed-map.ts'
import { runMap } from '../../support/distributed-map.ts'

// The buckets are stood in for in this thread, and in no other.
vi.mock(import('../../../cli/replay-threads.ts'), async (original) => {
  const actual = await original()
  return { ...actual, createThreads: (_threads, data) => actual.createThreads(0, data) }
})

const LOGS = 'amzn-s3-demo-trail'
const RESULTS = 'amzn-s3-demo-results'
const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:bucketwatch-dev-replay'

const s3 = mockClient(S3Client)
const sfn = mockClient(SFNClient)
const cloudFormation = mockClient(CloudFormationClient)

/** The sample morning's objects; folders of digests are not listed. */
const logs = new Map(
  readdirSync('events/objects', { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join('events/objects', name)).isFile() && !name.includes('CloudTrail-Digest'))
    .map((name) => [name.split(path.sep).join('/'), readFileSync(path.join('events/objects', name))]),
)
const { resources } = await makeTemplate('dev', {
  ...defaultParameters(),
  cloudTrailBuckets: LOGS,
  replayResults: `${RESULTS}/replay`,
})
const machine = resources.Resources.ReplayStateMachine!.Properties!.Definition as MapMachine
const readParts = createAwsReplayPart({
  BUCKETWATCH_RESULTS_BUCKET: RESULTS,
  BUCKETWATCH_RESULTS_PREFIX: 'replay/',
  BUCKETWATCH_VERSION: packageVersion(),
})

let results: Map<string, Buffer>
/** Calls of the function that fail, by their number. */
let failing: (call: number) => boolean
let failed: number

beforeEach(() => {
  for (const mock of [s3, sfn, cloudFormation]) mock.reset()
  results = new Map()
  failing = () => false
  failed = 0
  standInBuckets(s3, { [LOGS]: logs, [RESULTS]: results })
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'bucketwatch-dev',
        StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/bucketwatch-dev/1',
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: [
          { OutputKey: 'ReplayStateMachineArn', OutputValue: MACHINE },
          { OutputKey: 'ReplayResults', OutputValue: `s3://${RESULTS}/replay/` },
        ],
      },
    ],
  })
  let itemCounts = { total: 0, succeeded: 0, failed: 0 }
  sfn.on(StartExecutionCommand).callsFake(async ({ input }) => {
    let call = 0
    const outcome = await runMap(machine, {
      input: JSON.parse(input),
      getObject: async ({ Key }) => results.get(Key)!.toString(),
      async invoke(payload) {
        call += 1
        if (failing(call)) throw Object.assign(new Error('out of memory'), { name: 'Runtime.ExitError' })
        return readParts(payload, { getRemainingTimeInMillis: () => 900_000 })
      },
    })
    failed = outcome.failed.length
    itemCounts = { total: outcome.succeeded.length + failed, succeeded: outcome.succeeded.length, failed }
    return { executionArn: `${MACHINE}:1` }
  })
  sfn.on(DescribeExecutionCommand).callsFake(() => ({ status: 'SUCCEEDED' }))
  sfn.on(ListMapRunsCommand).callsFake(() => ({ mapRuns: [{ mapRunArn: 'map' }] }))
  sfn.on(DescribeMapRunCommand).callsFake(() => ({ itemCounts }))
})

const ARGS = [
  'replay',
  `s3://${LOGS}/`,
  '--settings',
  'events/settings.json',
  '--region',
  'us-east-1',
  '--threads',
  '1',
]
const modelOf = ({ out }: { readonly out: readonly string[] }) => JSON.parse(out.join('\n')) as ReplayModel

describe('distributed', () => {
  test('comes to what one machine comes to; then merges again what is there, and starts nothing', async () => {
    const one = await cli([...ARGS, '--json'])
    const many = await cli([...ARGS, '--json', '--distributed', '--yes'])
    expect(modelOf(many)).toEqual(modelOf(one))
    expect(many.code).toBe(one.code)
    expect(modelOf(many).incidents.length).toBeGreaterThan(1)
    const started = many.err.join('\n')
    expect(started).toMatch(/objects, .* as stored, in \d+ units?\nabout \$0\.00: /)
    const [, place] = /replay --merge (\S+)/.exec(started)!
    const merged = await cli(['replay', '--merge', place!, '--region', 'us-east-1', '--threads', '1', '--json'])
    expect(modelOf(merged)).toEqual(modelOf(one))
    const again = await cli([...ARGS, '--json', '--distributed', '--yes'])
    expect(modelOf(again)).toEqual(modelOf(one))
    expect(sfn.commandCalls(StartExecutionCommand)).toHaveLength(1)
  }, 60_000)

  test('a batch that failed is told, its objects are named as not read, and the next time only they are', async () => {
    failing = () => true
    const many = await cli([...ARGS, '--json', '--distributed', '--yes'])
    expect(many.code).toBe(1)
    expect(failed).toBeGreaterThan(0)
    expect(many.err.join('\n')).toMatch(/\d+ of \d+ units were in batches that failed/)
    const [problem] = modelOf(many).problems.filter(({ code }) => code === 'REPLAY_PART_MISSING')
    expect(problem).toMatchObject({
      count: logs.size,
      examples: expect.arrayContaining([expect.stringContaining(`s3://${LOGS}/`)]),
    })
    failing = () => false
    const again = await cli([...ARGS, '--json', '--distributed', '--yes'])
    expect(modelOf(again)).toEqual(modelOf(await cli([...ARGS, '--json'])))
  }, 60_000)

  test('compares settings, too', async () => {
    const args = [...ARGS, '--what-if', 'events/settings.json', '--distributed', '--yes']
    const { out } = await cli(args)
    expect(out.join('\n')).toContain('No rule changes.')
  }, 60_000)

  test('--dry-run says what there is and what it would cost, and asks no stack', async () => {
    const { code, out } = await cli([...ARGS, '--distributed', '--dry-run'])
    expect([code, out]).toEqual([
      0,
      [
        expect.stringMatching(`^${logs.size} objects, `),
        expect.stringMatching(/^about \$0\.00: .* Lambda, .* requests, .* Step Functions/),
      ],
    ])
    expect(cloudFormation.calls()).toHaveLength(0)
  })

  test('nothing is started where nobody was asked', async () => {
    const { code, err } = await cli([...ARGS, '--distributed'])
    expect(code).toBe(2)
    expect(err.join('\n')).toContain('add --yes')
    expect(sfn.calls()).toHaveLength(0)
    expect(results.size).toBe(0)
  })

  test('a stack without the state machine says how it gets one', async () => {
    cloudFormation.on(DescribeStacksCommand).resolves({
      Stacks: [
        { StackName: 'bucketwatch-dev', CreationTime: new Date(0), StackStatus: 'CREATE_COMPLETE', Outputs: [] },
      ],
    })
    const { code, err } = await cli([...ARGS, '--distributed', '--yes'])
    expect(code).toBe(2)
    expect(err.join('\n')).toContain('replayResults=')
  })
})

test.each([
  [['replay', 'events/objects', '--distributed'], 'is on this machine'],
  [['replay', '--event-history', '--distributed'], 'is on this machine'],
  [[...ARGS, '--distributed', '--state', 'x'], '--state does not go'],
  [[...ARGS, '--distributed', '--write', 'x'], '--write does not go'],
  [[...ARGS, '--dry-run'], 'goes with --distributed'],
  [[...ARGS, '--merge', `s3://${RESULTS}/jobs/0f/`], 'give no paths'],
  [['replay', '--merge', `s3://${RESULTS}/jobs/0f/`, '--from', '2026-01-01'], '--from was settled'],
  [['replay', '--merge', `s3://${RESULTS}/`, '--region', 'us-east-1'], 'jobs/ID/'],
])('%j is refused', async (args, why) => {
  const { code, err } = await cli(args)
  expect([code, err.join('\n')]).toEqual([2, expect.stringContaining(why)])
})

test('a job of another version is not merged', async () => {
  results.set(
    'replay/jobs/0f/job.json',
    Buffer.from(JSON.stringify({ kind: 'replay-job', version: 1, madeBy: '0.0.1' })),
  )
  for (const [id, why] of [
    ['0f', '0.0.1'],
    ['1f', 'is not there'],
  ]) {
    const { code, err } = await cli(['replay', '--merge', `s3://${RESULTS}/replay/jobs/${id}`, '--region', 'us-east-1'])
    expect([code, err.join('\n')]).toEqual([1, expect.stringMatching(`REPLAY_PARTIAL.*${why}`)])
  }
})
