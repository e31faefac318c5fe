/** `replay --distributed`: units are read by functions, and merged here as those of threads are. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { StateMachine } from '../shared/aws/state-machine.ts'
import { PRICES_OF } from '../shared/basics/prices.ts'
import { BucketwatchError, errorMessage } from '../shared/contracts/errors.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { packageVersion } from '../shared/files/package-root.ts'
import {
  createPartReader,
  estimateDistributed,
  jobFolder,
  type Plan,
  partFile,
  planParts,
  type Question,
  type ResultStore,
  readUnit,
} from '../shared/replay/distributed.ts'
import type { ReplayObject } from '../shared/replay/unit.ts'
import { unitsOf } from '../shared/replay/units.ts'
import { canAsk, confirm } from './confirm.ts'
import { type Io, usage } from './io.ts'
import { count, plural, bytes as size } from './render.ts'
import { questionOf, type Replayed, type ReplayInput, replayObjects } from './replay-job.ts'
import { type ReplayJob, readThreads } from './replay-options.ts'
import { checkBucketName, readRegion, readStage } from './stack-options.ts'

/** What the whole is made of: `job.json`. */
interface KeptJob {
  readonly kind: 'replay-job'
  readonly version: 1
  readonly madeBy: string
  readonly job: ReplayJob
  readonly settings: Settings
  readonly settingsFile: string | undefined
  readonly region: string | undefined
  readonly files: readonly string[]
}

/** Milliseconds between two looks at an execution: the first, and the longest. */
const FIRST_LOOK = 1_000
const LAST_LOOK = 15_000

/** Parts that are fetched at once. */
const PARTS_AT_ONCE = 8

/** The options of what is read elsewhere. */
export interface DistributedValues {
  readonly stage?: string | undefined
  readonly region?: string | undefined
  readonly yes?: boolean | undefined
}

export interface Distributed {
  replay(job: ReplayJob, given: ReplayInput): Promise<Replayed>
}

/** What it would read, and what that would cost. */
export function estimateLines(objects: readonly ReplayObject[]): string[] {
  const units = unitsOf(objects)
  const bytes = objects.reduce((sum, one) => sum + one.size, 0)
  const { lambda, requests, steps, total } = estimateDistributed(units)
  const [all, ...parts] = [total, lambda, requests, steps].map((dollars) => `$${dollars.toFixed(2)}`)
  return [
    `${plural(objects.length, 'object')}, ${size(bytes)} as stored, in ${plural(units.length, 'unit')}`,
    `about ${all}: ${parts[0]} Lambda, ${parts[1]} requests, ${parts[2]} Step Functions; prices of us-east-1, ${PRICES_OF}`,
  ]
}

/**
 * The state machine and the bucket of results of a stage.
 *
 * @throws BucketwatchError USAGE where the stack has none; STACK_NOT_FOUND, AWS_CALL.
 */
export async function openDistributed(values: DistributedValues, io: Io): Promise<Distributed> {
  const region = await readRegion(values.region, io.env)
  const { createAdminClients } = await import('../shared/aws/admin-clients.ts')
  const { createStateMachine } = await import('../shared/aws/state-machine.ts')
  const { readStack } = await import('../shared/aws/stack.ts')
  const stack = await readStack(createAdminClients({ region }), readStage(values.stage))
  const { ReplayStateMachineArn: arn, ReplayResults: place } = stack.outputs
  if (arn === undefined || place === undefined)
    throw usage(`${stack.name} reads no parts: deploy it with --param="replayResults=BUCKET/PREFIX" (docs/replay.md).`)
  const results = await openResults(place, region)
  const machine = createStateMachine({ region, arn })
  return {
    async replay(job, given) {
      const { collect, asked } = questionOf(job, given.settings)
      const plan = planParts(unitsOf(given.objects), asked)
      const missing = await missingOf(plan, results)
      const folder = jobFolder(plan.id)
      for (const line of estimateLines(given.objects)) io.err(line)
      if (missing.length < plan.items.length)
        io.err(`${count(plan.items.length - missing.length)} of the units were read before.`)
      if (missing.length > 0) {
        if (!(await isWanted(values, io))) return NOTHING
        const question: Question = { kind: 'replay-question', version: 1, madeBy: packageVersion(), collect }
        await layDown(results, plan, missing, question, keptJob(job, given, plan))
        const execution = await machine.start({ folder, items: keyIn(place, `${folder}/items.jsonl`) })
        io.err(`started ${execution}`)
        io.err(`its results, whatever happens here: bucketwatch replay --merge ${place}${folder}/`)
        if (!(await follow(machine, execution, io))) return NOTHING
      }
      return merge(job, given, results, io)
    },
  }
}

/** Nothing was merged. */
const NOTHING: Replayed = { model: undefined as never, units: 0, found: 0, isInterrupted: true }

/**
 * Merges what a distributed replay has read.
 *
 * @param place `s3://bucket/prefix/jobs/<id>/`, as it was told when it was started.
 * @throws BucketwatchError USAGE, AWS_CALL; REPLAY_PARTIAL where there is no job, or it was made by another version.
 */
export async function mergeDistributed(
  place: string,
  values: DistributedValues & {
    readonly threads?: string | undefined
    readonly 'bucket-profile'?: string | undefined
    readonly 'show-alerts'?: boolean | undefined
  },
  io: Io,
): Promise<{ readonly job: ReplayJob; readonly replayed: Replayed }> {
  const [, root, id] = /^(s3:\/\/.*?)jobs\/([0-9a-f]+)\/?$/.exec(place) ?? []
  if (root === undefined || id === undefined)
    throw usage('--merge is s3://BUCKET/PREFIX/jobs/ID/, as replay --distributed told it.')
  const results = await openResults(root, await readRegion(values.region, io.env))
  const kept = await readJobFile(results, jobFolder(id))
  const objects: ReplayObject[] = []
  for (const file of kept.files)
    for (const line of (await need(results, `${jobFolder(id)}/${file}`)).split('\n'))
      if (line !== '') for (const object of readUnit(line)) objects.push(object)
  const { settings, settingsFile, region } = kept
  const job: ReplayJob = {
    ...kept.job,
    threads: readThreads(values.threads),
    profile: values['bucket-profile'],
    showAlerts: values['show-alerts'] === true,
  }
  return { job, replayed: await merge(job, { objects, settings, settingsFile, region }, results, io) }
}

function merge(job: ReplayJob, given: ReplayInput, results: ResultStore, io: Io): Promise<Replayed> {
  const readParts: ReplayInput['readParts'] = (again, asked) =>
    createPartReader({ results, asked, again, parallel: PARTS_AT_ONCE })
  return replayObjects(job, { ...given, readParts }, io)
}

async function openResults(place: string, region: string): Promise<ResultStore> {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(place) ?? []
  if (bucket === undefined) throw usage(`${JSON.stringify(place)} is not s3://BUCKET/PREFIX.`)
  const { createS3Client } = await import('../shared/aws/clients.ts')
  const { createResultBucket } = await import('../shared/aws/result-bucket.ts')
  return createResultBucket({ client: createS3Client({ region }), bucket: checkBucketName(bucket), prefix })
}

/** Its key in the bucket, which Step Functions reads by itself. */
const keyIn = (place: string, name: string): string => `${place.replace(/^s3:\/\/[^/]+\//, '')}${name}`

async function missingOf({ items }: Plan, results: ResultStore): Promise<Plan['items']> {
  const there = new Set<string>()
  for await (const name of results.names('parts/')) there.add(name)
  return items.filter(({ name }) => !there.has(partFile(name)))
}

const keptJob = (job: ReplayJob, given: ReplayInput, { files }: Plan): KeptJob => ({
  kind: 'replay-job',
  version: 1,
  madeBy: packageVersion(),
  job,
  settings: given.settings,
  settingsFile: given.settingsFile,
  region: given.region,
  files: files.map(({ name }) => name),
})

async function layDown(
  results: ResultStore,
  { id, files }: Plan,
  missing: Plan['items'],
  question: Question,
  job: KeptJob,
): Promise<void> {
  const put = (name: string, text: string) => results.put(`${jobFolder(id)}/${name}`, Buffer.from(text))
  for (const { name, text } of files) await put(name, text)
  await put('question.json', JSON.stringify(question))
  await put('job.json', JSON.stringify(job))
  await put('items.jsonl', missing.map((item) => `${JSON.stringify(item)}\n`).join(''))
}

async function isWanted(values: DistributedValues, io: Io): Promise<boolean> {
  if (values.yes === true) return true
  if (!canAsk(io)) throw usage('nobody is there to ask: add --yes, after a look with --dry-run.')
  return confirm(io, 'Read them?')
}

/** False where this end was interrupted; the execution goes on. */
async function follow(machine: StateMachine, execution: string, io: Io): Promise<boolean> {
  for (let wait = FIRST_LOOK; ; wait = Math.min(LAST_LOOK, wait * 1.5)) {
    const { isRunning, status, cause, items } = await machine.look(execution)
    const failed = items === undefined || items.failed === 0 ? '' : `, ${count(items.failed)} failed`
    if (!isRunning) {
      io.progress('')
      if (status !== 'SUCCEEDED') io.err(`the execution ended as ${status}: ${cause ?? 'it does not say why'}`)
      else if (failed !== '')
        io.err(`${count(items!.failed)} of ${count(items!.total)} units were in batches that failed.`)
      return true
    }
    if (items !== undefined) io.progress(`${count(items.succeeded)} of ${count(items.total)} units read${failed} …`)
    if (io.signal.aborted) break
    await sleep(wait, undefined, { signal: io.signal }).catch(() => {})
    if (io.signal.aborted) break
  }
  io.progress('')
  io.err('interrupted here; the execution goes on.')
  return false
}

async function need(results: ResultStore, name: string): Promise<string> {
  const bytes = await results.get(name)
  if (bytes === undefined) throw new BucketwatchError('REPLAY_PARTIAL', `${name} is not there.`)
  return Buffer.from(bytes).toString('utf8')
}

async function readJobFile(results: ResultStore, folder: string): Promise<KeptJob> {
  const text = await need(results, `${folder}/job.json`)
  let kept: KeptJob
  try {
    kept = JSON.parse(text) as KeptJob
  } catch (error) {
    throw new BucketwatchError('REPLAY_PARTIAL', `job.json: ${errorMessage(error)}.`, {}, { cause: error })
  }
  if (kept.kind === 'replay-job' && kept.version === 1 && kept.madeBy === packageVersion()) return kept
  throw new BucketwatchError(
    'REPLAY_PARTIAL',
    `${folder} was made by bucketwatch ${kept.madeBy}, and this is ${packageVersion()}: merge with that version.`,
  )
}
