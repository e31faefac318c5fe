import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import {
  HISTORY_DAYS,
  type HistoryCursor,
  readEventHistory,
  startHistory,
} from '../../shared/backfill/event-history.ts'
import { historyObjects } from '../../shared/backfill/history-object.ts'
import { readTime } from '../../shared/backfill/window.ts'
import { makeFolder } from '../../shared/files/make-folder.ts'
import { INTERRUPTED_EXIT } from '../interrupt.ts'
import { type Command, type Io, usage } from '../io.ts'
import { readArgs } from '../read-args.ts'
import { count, plural } from '../render.ts'
import { readRegion } from '../stack-options.ts'

/** Records held before they are written: some 10 MB. */
const OBJECT_RECORDS = 5_000
const DAY_MS = 86_400_000

/** `event-history FOLDER`: CloudTrail's Event history as log objects. */
export const eventHistory: Command = {
  summary: "save CloudTrail's Event history (90 days, no trail needed) as log objects in a folder",
  usage: `usage: bucketwatch event-history FOLDER [--from DAY] [--to DAY] [--region REGION] [--profile P] [--restart]

Reads the management events that CloudTrail keeps for ${HISTORY_DAYS} days in every account, trail or not, and writes them into FOLDER
as the objects that a trail would have delivered. Whatever reads logs reads them from there: \`bucketwatch normalize\`, a
copy in a bucket with \`bucketwatch backfill\`. There are no data events in it: nobody's reads of objects.

CloudTrail answers two requests of 50 events a second: 100,000 events take 17 minutes. Interrupted, or refused, the same
command goes on where it was.

--from, --to DAY     2026-01-31, or an ISO time with a zone (default: all that there is)
--region REGION      one Region; IAM, STS and other global calls are in us-east-1
--profile P          a profile of ~/.aws/config, for another account
--restart            begin anew
Needs cloudtrail:LookupEvents.
Exit 0: all read. 1: there was nothing. 2: wrong usage. 130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: OPTIONS,
    })
    const [folder, ...more] = positionals
    if (folder === undefined || more.length > 0) throw usage('give one folder.')
    const region = await readRegion(values.region, io.env)
    const job = {
      folder,
      region,
      profile: values.profile,
      from: dayOf('--from', values.from),
      to: dayOf('--to', values.to),
    }
    return save(job, values.restart === true, io)
  },
}

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  restart: { type: 'boolean' },
} as const

interface Job {
  readonly folder: string
  readonly region: string
  readonly profile: string | undefined
  /** ms since the epoch. */
  readonly from: number | undefined
  readonly to: number | undefined
}

function dayOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = readTime(text)
  if (time === undefined) throw usage(`${option} ${JSON.stringify(text)} is no day (2026-01-31) and no ISO 8601 time.`)
  return time
}

async function save(job: Job, restart: boolean, io: Io): Promise<number> {
  const file = cursorFile(job)
  if (restart) rmSync(file, { force: true })
  const before = readCursor(file)
  if (before !== undefined) io.err(`going on after ${plural(before.events, 'event')} (--restart begins anew)`)
  const now = io.now()
  const cursor = before ?? startHistory({ from: job.from ?? now - HISTORY_DAYS * DAY_MS, to: job.to ?? now, now })
  let held: string[] = []
  let last = cursor
  let objects = 0
  const flush = (): void => {
    objects += writeObjects(job, held)
    held = []
    writeCursor(file, last)
  }
  for await (const page of readEventHistory({ ...(await historyOf(job)), cursor, now: io.now })) {
    held.push(...page.records)
    last = page.cursor
    io.progress(`${count(last.events)} events, back to ${new Date(last.oldest ?? last.until).toISOString()} …`)
    if (held.length >= OBJECT_RECORDS || io.signal.aborted) flush()
    if (io.signal.aborted) {
      io.progress('')
      io.err('interrupted: the same command goes on where it was.')
      return INTERRUPTED_EXIT
    }
  }
  flush()
  io.progress('')
  rmSync(file, { force: true })
  return report(job, last, objects, io)
}

/** Event history of a Region and what its reader needs of the machine. */
export async function historyOf({
  region,
  profile,
}: {
  readonly region: string
  readonly profile?: string | undefined
}) {
  const { CloudTrailClient } = await import('@aws-sdk/client-cloudtrail')
  const { createEventHistory } = await import('../../shared/aws/event-history.ts')
  const { APP_ID } = await import('../../shared/aws/clients.ts')
  const client = new CloudTrailClient({
    region,
    userAgentAppId: APP_ID,
    ...(profile === undefined ? {} : { profile }),
  })
  return { history: createEventHistory({ client }), sleep, random: Math.random }
}

/** @returns how many objects there are more. */
function writeObjects({ folder, region }: Job, records: readonly string[]): number {
  const objects = historyObjects(records, { region, unique })
  for (const { key, text } of objects) {
    const path = join(folder, key)
    makeFolder(dirname(path))
    writeFileSync(`${path}.new`, gzipSync(text))
    renameSync(`${path}.new`, path)
  }
  return objects.length
}

const unique = (text: string): string =>
  BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 16)

async function report({ folder, region }: Job, cursor: HistoryCursor, objects: number, io: Io): Promise<number> {
  await io.out(`${plural(cursor.events, 'event')} of ${region} in ${plural(objects, 'object')} under ${folder}`)
  if (cursor.repeated > 0) await io.out(`  ${count(cursor.repeated)} came twice and were left out`)
  if (cursor.withoutRecord > 0) await io.out(`  ${count(cursor.withoutRecord)} without a record: CloudTrail gave none`)
  if (cursor.events === 0) io.err('Event history has nothing in that time: is it the right Region and account?')
  return cursor.events > 0 ? 0 : 1
}

/** One file a job, so that another folder, Region or time begins anew. */
function cursorFile(job: Job): string {
  const id = createHash('sha256').update(JSON.stringify(job)).digest('hex')
  return join('.bucketwatch', 'event-history', `${id.slice(0, 16)}.json`)
}

function readCursor(file: string): HistoryCursor | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as HistoryCursor
  } catch {
    // None, or one that was cut off while it was written: then it is read again, into the same objects.
    return undefined
  }
}

function writeCursor(file: string, cursor: HistoryCursor): void {
  makeFolder(dirname(file))
  writeFileSync(`${file}.new`, `${JSON.stringify(cursor)}\n`)
  renameSync(`${file}.new`, file)
}
