import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminClients } from '../../shared/aws/admin-clients.ts'
import type { DeployedStack } from '../../shared/aws/stack.ts'
import { type Estimate, estimateBackfill } from '../../shared/backfill/estimate.ts'
import { executionInput } from '../../shared/backfill/execution.ts'
import { historyNotification } from '../../shared/backfill/notification.ts'
import { walk } from '../../shared/backfill/walk.ts'
import { type Left, leftOut, mayHold, readTime, type TimeWindow } from '../../shared/backfill/window.ts'
import { outputNames } from '../../shared/connect/names.ts'
import type { ListedObject } from '../../shared/contracts/ports.ts'
import { LOG_KINDS, type LogKind } from '../../shared/kinds/kinds.ts'
import { readProgress, writeProgress } from '../backfill-progress.ts'
import { canAsk, confirm } from '../confirm.ts'
import { INTERRUPTED_EXIT } from '../interrupt.ts'
import { type Command, type Io, printText, usage } from '../io.ts'
import { readArgs } from '../read-args.ts'
import { count, plural, bytes as size } from '../render.ts'
import { checkBucketName, readKind, readRegion, readStage, STACK_OPTIONS } from '../stack-options.ts'

const DEFAULT_RATE = 50
const MAX_RATE = 3000
const BATCH = 10

const OPTIONS = {
  ...STACK_OPTIONS,
  from: { type: 'string' },
  to: { type: 'string' },
  rate: { type: 'string' },
  'unknown-too': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  restart: { type: 'boolean' },
  distributed: { type: 'boolean' },
  'event-history': { type: 'boolean' },
  'history-region': { type: 'string', multiple: true },
  yes: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']

const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })

/** `backfill s3://bucket/prefix`: sends objects that exist already through the functions, to the group `history`. */
export const backfill: Command = {
  summary: 'send objects that exist already through the functions, to the group history',
  usage: `usage: bucketwatch backfill s3://BUCKET[/PREFIX] --from DAY [--to DAY] --kind ${LOG_KINDS.join('|')} [options]
       bucketwatch backfill --event-history [--from DAY] [--to DAY] [--history-region REGION]… [options]

Lists the objects, sends a notification for each to the stack's queue, and the function forwards their records to the log
group …/history. No metric filter watches it: history never alarms. An object that was sent before adds nothing.

--from, --to DAY     the time in an object's name (2026-01-31, or an ISO time with a zone); --to is not part of it, and is
                     now without the option. Days are UTC
--kind KIND          which logs to send (default: what PREFIX tells, for keys of AWSLogs/ CloudTrail)
--stage STAGE        the deployed stage (default dev)
--region REGION      the stack's Region
--rate N             objects a second at the most (default ${DEFAULT_RATE})
--unknown-too        also objects whose names are no log's; the functions look inside
--dry-run            list, count, and say what it would cost; send nothing
--restart            begin anew: an interrupted backfill of the same objects goes on where it was without it
--distributed        let AWS list and send (Step Functions Distributed Map; deploy with backfill=true first)
--bucket-profile P   the profile that may list the bucket, if it is another account's
--event-history      no bucket: CloudTrail's Event history of the stack's account (90 days of management events, no trail
                     needed). Whole hours; needs cloudtrail:LookupEvents, which gives 100 events a second at the most
--history-region R   look in this Region, and no other than those named (default: the stack's; IAM, STS and other global
                     calls are in us-east-1)
--yes                do not ask
Exit 0: all sent. 1: nothing to send, or no was answered. 2: wrong usage. 130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    if (values['event-history'] === true) return sendHistory(positionals, values, io)
    if (values['history-region'] !== undefined) throw usage('--history-region goes with --event-history.')
    const job = readJob(positionals, values, io)
    const clients = await createClients(values, io)
    if (values.distributed === true) return startExecution(clients, job, values, io)
    return values['dry-run'] === true ? look(clients, job, io) : send(clients, job, values, io)
  },
}

interface Job {
  readonly bucket: string
  readonly prefix: string
  readonly kind: LogKind
  readonly window: TimeWindow
  readonly stage: string
  readonly rate: number
  readonly unknownToo: boolean
}

function readJob(positionals: readonly string[], values: Values, io: Io): Job {
  const [location, ...more] = positionals
  if (location === undefined || more.length > 0) throw usage('give one s3://BUCKET/PREFIX.')
  const [, name, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(location) ?? []
  if (name === undefined) throw usage(`${JSON.stringify(location)} is not s3://BUCKET/PREFIX.`)
  const kind = readKind(values.kind) ?? (prefix.includes('AWSLogs/') ? 'cloudtrail' : undefined)
  if (kind === undefined) throw usage('which logs are these? --kind cloudtrail or --kind access-log')
  if (values.from === undefined) throw usage('from when on? --from 2026-01-31')
  const from = timeOf('--from', values.from)
  const to = values.to === undefined ? io.now() : timeOf('--to', values.to)
  if (from >= to) throw usage('--from must be before --to.')
  const rate = values.rate === undefined ? DEFAULT_RATE : Number(values.rate)
  if (!Number.isInteger(rate) || rate < 1 || rate > MAX_RATE)
    throw usage(`--rate is a whole number from 1 to ${MAX_RATE}.`)
  return {
    bucket: checkBucketName(name),
    prefix,
    kind,
    window: { from, to },
    stage: readStage(values.stage),
    rate,
    unknownToo: values['unknown-too'] === true,
  }
}

function timeOf(option: string, text: string): number {
  const time = readTime(text)
  if (time === undefined) throw usage(`${option} ${JSON.stringify(text)} is no day (2026-01-31) and no ISO 8601 time.`)
  return time
}

async function sendHistory(positionals: readonly string[], values: Values, io: Io): Promise<number> {
  if (positionals.length > 0) throw usage('--event-history reads no bucket: leave out s3://.')
  if (values.kind !== undefined && values.kind !== 'cloudtrail') throw usage('Event history is CloudTrail’s.')
  for (const option of ['rate', 'unknown-too', 'distributed', 'bucket-profile'] as const)
    if (values[option] !== undefined) throw usage(`--${option} is not for --event-history.`)
  const { backfillHistory } = await import('../backfill-history.ts')
  const region = await readRegion(values.region, io.env)
  return backfillHistory(
    await createClients(values, io),
    {
      stage: readStage(values.stage),
      regions: [...new Set(values['history-region'] ?? [region])],
      from: values.from === undefined ? undefined : timeOf('--from', values.from),
      to: values.to === undefined ? undefined : timeOf('--to', values.to),
      restart: values.restart === true,
      dryRun: values['dry-run'] === true,
      yes: values.yes === true,
    },
    io,
  )
}

async function createClients(values: Values, io: Io): Promise<AdminClients> {
  const { createAdminClients } = await import('../../shared/aws/admin-clients.ts')
  return createAdminClients({
    region: await readRegion(values.region, io.env),
    bucketProfile: values['bucket-profile'],
  })
}

/** What a listing found. */
interface Tally {
  objects: number
  bytes: number
  readonly left: Partial<Record<Left, number>>
}

async function* wanted(
  clients: AdminClients,
  job: Job,
  after: string | undefined,
  tally: Tally,
): AsyncGenerator<ListedObject> {
  const { createS3Lister } = await import('../../shared/aws/list-objects.ts')
  const enter = (folder: string) => mayHold(folder, job.window)
  for await (const object of walk(createS3Lister({ client: clients.s3 }), { ...job, after, enter })) {
    const reason = leftOut(object, job)
    if (reason === undefined) {
      tally.objects += 1
      tally.bytes += object.size
      yield object
    } else {
      tally.left[reason] = (tally.left[reason] ?? 0) + 1
    }
  }
}

async function look(clients: AdminClients, job: Job, io: Io): Promise<number> {
  const tally: Tally = { objects: 0, bytes: 0, left: {} }
  for await (const _ of wanted(clients, job, undefined, tally)) {
    if (tally.objects % 1000 === 0) io.progress(`${count(tally.objects)} objects, ${size(tally.bytes)} …`)
    if (io.signal.aborted) break
  }
  io.progress('')
  await report(io, tally, estimateBackfill(job.kind, tally), io.signal.aborted ? 'found so far' : 'to send')
  if (io.signal.aborted) return INTERRUPTED_EXIT
  return tally.objects > 0 ? 0 : 1
}

const LEFT: Readonly<Record<Left, string>> = {
  otherTime: 'of another time',
  otherKind: 'of another kind of log',
  digest: 'digests',
  unknown: 'no log by their names (--unknown-too sends them)',
  folder: 'folder markers',
}

async function report(io: Io, tally: Tally, estimate: Estimate, what: string): Promise<void> {
  await io.out(`${plural(tally.objects, 'object')} ${what}, ${size(tally.bytes)} as stored`)
  for (const [reason, number] of Object.entries(tally.left) as [Left, number][])
    await io.out(`  left out: ${count(number)} ${LEFT[reason]}`)
  const { ingestion, objects, total } = estimate.dollars
  await io.out(
    `about ${size(estimate.ingestedBytes)} to ingest: about $${total.toFixed(2)} ($${ingestion.toFixed(2)} ingestion, $${objects.toFixed(2)} for the objects), prices of us-east-1`,
  )
}

/** What an interrupted backfill leaves behind. */
interface Progress {
  readonly lastKey: string
  readonly sent: number
  readonly bytes: number
}

async function send(clients: AdminClients, job: Job, values: Values, io: Io): Promise<number> {
  const { outputOf, readStack } = await import('../../shared/aws/stack.ts')
  const { sendAll } = await import('../../shared/aws/queue.ts')
  const queueUrl = outputOf(await readStack(clients, job.stage), outputNames(job.kind).queueUrl)
  const file = progressFile(job)
  if (values.restart === true) rmSync(file, { force: true })
  const before = readProgress<Progress>(file)
  if (before !== undefined)
    io.err(`going on after ${before.lastKey} (${plural(before.sent, 'object')} sent; --restart begins anew)`)
  if (values.yes !== true) {
    if (!canAsk(io)) throw usage('nobody is there to ask: add --yes, after a look with --dry-run.')
    if (!(await confirm(io, `Send the objects of s3://${job.bucket}/${job.prefix} to ${queueUrl}?`))) return 1
  }
  const tally: Tally = { objects: before?.sent ?? 0, bytes: before?.bytes ?? 0, left: {} }
  const started = io.now()
  let batch: ListedObject[] = []
  const sendBatch = async (): Promise<void> => {
    await sendAll(
      clients,
      queueUrl,
      batch.map((object) => historyNotification(job.bucket, object)),
    )
    const lastKey = batch.at(-1)?.key
    batch = []
    if (lastKey !== undefined) writeProgress(file, { lastKey, sent: tally.objects, bytes: tally.bytes })
    const sent = tally.objects - (before?.sent ?? 0)
    const ahead = (sent / job.rate) * 1000 - (io.now() - started)
    io.progress(
      `${count(tally.objects)} sent, ${size(tally.bytes)}, ${(sent / Math.max(1, (io.now() - started) / 1000)).toFixed(0)}/s`,
    )
    if (ahead > 0) await sleep(ahead)
  }
  for await (const object of wanted(clients, job, before?.lastKey, tally)) {
    batch.push(object)
    if (batch.length === BATCH) await sendBatch()
    if (io.signal.aborted) {
      io.progress('')
      io.err('interrupted: the same command goes on where it was.')
      return INTERRUPTED_EXIT
    }
  }
  if (batch.length > 0) await sendBatch()
  io.progress('')
  rmSync(file, { force: true })
  await report(io, tally, estimateBackfill(job.kind, tally), 'sent')
  if (tally.objects === 0) io.err('there was nothing to send: is the prefix right, and the time?')
  return tally.objects > 0 ? 0 : 1
}

/** One file a job, so that another prefix or time begins anew. */
function progressFile({ bucket, prefix, kind, window, stage, unknownToo }: Job): string {
  const id = createHash('sha256')
    .update(JSON.stringify([bucket, prefix, kind, window.from, stage, unknownToo]))
    .digest('hex')
  return join('.bucketwatch', 'backfill', `${id.slice(0, 16)}.json`)
}

async function startExecution(clients: AdminClients, job: Job, values: Values, io: Io): Promise<number> {
  const { outputOf, readStack } = await import('../../shared/aws/stack.ts')
  const { createStateMachine } = await import('../../shared/aws/state-machine.ts')
  const stack: DeployedStack = await readStack(clients, job.stage)
  const input = executionInput({ ...job, queueUrl: outputOf(stack, outputNames(job.kind).queueUrl) })
  const arn = stack.outputs.BackfillStateMachineArn
  if (arn === undefined) throw usage(`${stack.name} has no state machine: deploy it with --param="backfill=true".`)
  if (values['dry-run'] === true) {
    await printText(io, JSON.stringify(input, null, 2))
    return 0
  }
  if (values.yes !== true) {
    if (!canAsk(io)) throw usage('nobody is there to ask: add --yes, after a look with --dry-run.')
    if (!(await confirm(io, `Start ${arn} over s3://${job.bucket}/${job.prefix}?`))) return 1
  }
  const execution = await createStateMachine({ region: await readRegion(values.region, io.env), arn }).start(input)
  await io.out(`started ${execution}`)
  await io.out(`aws stepfunctions describe-execution --execution-arn ${execution}`)
  return 0
}
