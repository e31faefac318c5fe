/** `backfill --event-history`: CloudTrail's Event history through the stack's queue, to the group `history`. */
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AdminClients } from '../shared/aws/admin-clients.ts'
import { type HistoryCursor, readEventHistory, startHistory } from '../shared/backfill/event-history.ts'
import { estimateHistory } from '../shared/backfill/history-estimate.ts'
import { createHours, type HistoryHour, historyMessages, wholeHours } from '../shared/backfill/history-messages.ts'
import type { TimeWindow } from '../shared/backfill/window.ts'
import { outputNames } from '../shared/connect/names.ts'
import { readProgress, writeProgress } from './backfill-progress.ts'
import { historyOf } from './commands/event-history.ts'
import { canAsk, confirm } from './confirm.ts'
import { INTERRUPTED_EXIT } from './interrupt.ts'
import { type Io, usage } from './io.ts'
import { count, plural } from './render.ts'

export interface HistoryJob {
  readonly stage: string
  readonly regions: readonly string[]
  /** ms since the epoch; undefined: all there is. */
  readonly from: number | undefined
  readonly to: number | undefined
  readonly restart: boolean
  readonly dryRun: boolean
  readonly yes: boolean
}

/** What is sent of a Region. Kept in a file: an interrupted backfill goes on with what is `left`. */
interface Progress {
  readonly left: TimeWindow
  readonly sent: number
}

interface Target {
  readonly queueUrl: string
  readonly accountId: string
}

interface RegionJob {
  readonly region: string
  readonly file: string
  readonly before: Progress
}

/**
 * Looks up, says what it comes to, asks, and sends hour after hour, latest first.
 *
 * @returns the exit code: 0 all sent, 1 there was nothing, or no was answered, 130 interrupted.
 * @throws BucketwatchError USAGE, STACK_NOT_FOUND, AWS_CALL: what was sent till then stays sent, and is not sent again.
 */
export async function backfillHistory(clients: AdminClients, job: HistoryJob, io: Io): Promise<number> {
  const { outputOf, readStack } = await import('../shared/aws/stack.ts')
  const window = wholeHours({
    ...(job.from !== undefined && { from: job.from }),
    ...(job.to !== undefined && { to: job.to }),
    now: io.now(),
  })
  const stack = await readStack(clients, job.stage)
  const target = { queueUrl: outputOf(stack, outputNames('cloudtrail').queueUrl), accountId: stack.accountId }
  const regions = job.regions.map((region) =>
    begin(job, { region, stackId: `${stack.region}/${stack.name}` }, window, io),
  )
  let events = 0
  for (const region of regions) events += await announce(region, io)
  if (job.dryRun) return events > 0 ? 0 : 1
  if (!job.yes) {
    if (!canAsk(io)) throw usage('nobody is there to ask: add --yes, after a look with --dry-run.')
    if (!(await confirm(io, `Look up Event history and send it to ${target.queueUrl}?`))) return 1
  }
  let sent = 0
  for (const region of regions) {
    const done = await sendRegion(clients, target, region, io)
    if (done === undefined) return INTERRUPTED_EXIT
    sent += done
  }
  for (const { file } of regions) rmSync(file, { force: true })
  if (sent === 0) io.err('Event history has nothing in that time: is it the right Region and account?')
  return sent > 0 ? 0 : 1
}

/** One file for what is asked for, not for what it comes to: "all there is" is another time an hour later. */
function begin(job: HistoryJob, of: { region: string; stackId: string }, window: TimeWindow, io: Io): RegionJob {
  const id = createHash('sha256')
    .update(JSON.stringify([of, job.from, job.to]))
    .digest('hex')
  const file = join('.bucketwatch', 'backfill', `event-history-${id.slice(0, 16)}.json`)
  if (job.restart && !job.dryRun) rmSync(file, { force: true })
  const before = job.restart ? undefined : readProgress<Progress>(file)
  if (before === undefined) return { region: of.region, file, before: { left: window, sent: 0 } }
  io.err(
    `${of.region}: going on before ${iso(before.left.to)} (${plural(before.sent, 'event')} sent; --restart begins anew)`,
  )
  // What was the oldest may have gone meanwhile.
  const left = { from: Math.max(before.left.from, window.from), to: before.left.to }
  return { region: of.region, file, before: { ...before, left } }
}

const isOver = ({ left }: Progress): boolean => left.from >= left.to

/** @returns about how many events are to be sent. */
async function announce({ region, before }: RegionJob, io: Io): Promise<number> {
  if (isOver(before)) {
    await io.out(`${region}: all is sent`)
    return 0
  }
  const { from, to } = before.left
  const { events, isExact, seconds, dollars } = await estimateHistory(
    { ...(await historyOf({ region })), now: io.now },
    before.left,
  )
  const minutes = Math.max(1, Math.ceil(seconds / 60))
  await io.out(`${region}: Event history from ${iso(from)} to ${iso(to)}, to the group history, which never alarms`)
  await io.out(
    `  ${isExact ? '' : 'roughly '}${plural(events, 'event')}, ${plural(minutes, 'minute')} (two requests a second), about $${dollars.toFixed(2)} for ingestion, prices of us-east-1`,
  )
  return events
}

/** @returns the events sent, those of interrupted attempts too; undefined: interrupted. */
async function sendRegion(
  clients: AdminClients,
  target: Target,
  { region, file, before }: RegionJob,
  io: Io,
): Promise<number | undefined> {
  if (isOver(before)) return before.sent
  const { from, to } = before.left
  const hours = createHours(to)
  let { sent } = before
  const send = async (whole: readonly HistoryHour[]): Promise<void> => {
    for (const hour of whole) {
      await sendHour(clients, target, region, hour)
      sent += hour.records.length
      writeProgress(file, { left: { from, to: hour.hour }, sent })
    }
  }
  let cursor: HistoryCursor = startHistory({ from, to, now: io.now() })
  for await (const page of readEventHistory({ ...(await historyOf({ region })), cursor, now: io.now })) {
    cursor = page.cursor
    await send(hours.add(page.records))
    io.progress(`${region}: ${count(sent)} events sent, back to ${iso(cursor.oldest ?? cursor.until)} …`)
    if (io.signal.aborted && !cursor.done) {
      io.progress('')
      io.err('interrupted: the same command goes on where it was.')
      return undefined
    }
  }
  await send(hours.end())
  writeProgress(file, { left: { from, to: from }, sent })
  io.progress('')
  await io.out(`${region}: ${plural(sent, 'event')} sent`)
  if (cursor.withoutRecord > 0) await io.out(`  ${count(cursor.withoutRecord)} without a record: CloudTrail gave none`)
  return sent
}

async function sendHour(clients: AdminClients, target: Target, region: string, hour: HistoryHour): Promise<void> {
  const { sendAll } = await import('../shared/aws/queue.ts')
  // One a call: SQS counts the bytes of a batch together.
  for (const body of historyMessages(hour, { accountId: target.accountId, region }))
    await sendAll(clients, target.queueUrl, [body])
}

const iso = (time: number): string => new Date(time).toISOString().replace('.000', '')
