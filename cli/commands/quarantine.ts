import { historyNotification, replayNotification } from '../../shared/backfill/notification.ts'
import { readTime } from '../../shared/backfill/window.ts'
import { outputNames } from '../../shared/connect/names.ts'
import { BucketwatchError, ERROR_CODES } from '../../shared/contracts/errors.ts'
import type { LogSearch } from '../../shared/contracts/ports.ts'
import { suggest } from '../../shared/detection/suggest.ts'
import { LOG_KINDS, type LogKind, reading } from '../../shared/kinds/kinds.ts'
import { classifyKey } from '../../shared/object/key.ts'
import {
  joinEntries,
  NEVER_MENDED,
  type Quarantined,
  type QuarantineEntry,
  rangesOf,
  readEntry,
} from '../../shared/quarantine/entry.ts'
import { canAsk, confirm } from '../confirm.ts'
import { type Command, type Io, unknownAction, usage } from '../io.ts'
import { LOCAL_ROOT } from '../local-root.ts'
import { readArgs } from '../read-args.ts'
import { plural } from '../render.ts'
import { readKind, readRegion, readStage, STACK_OPTIONS } from '../stack-options.ts'

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 14

const OPTIONS = {
  ...STACK_OPTIONS,
  local: { type: 'boolean' },
  root: { type: 'string', default: LOCAL_ROOT },
  'log-group-prefix': { type: 'string' },
  since: { type: 'string' },
  reason: { type: 'string', multiple: true },
  bucket: { type: 'string' },
  key: { type: 'string' },
  history: { type: 'boolean' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  yes: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']
const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })

type Found = Quarantined & { readonly missing?: number }

/** `quarantine list|show|replay`: what could not be read or delivered, whole, and once more. */
export const quarantine: Command = {
  summary: 'what could not be read or delivered: list it, show it whole, replay it',
  usage: `usage: bucketwatch quarantine list|show|replay [--local] [options]

list     how many, why, of which objects
show     all of the text, one after the other (secrets are replaced)
replay   send the objects through the functions again; only the records that were put aside are delivered

--local              the log groups of the local run (${LOCAL_ROOT}), instead of a deployed stack's
--stage STAGE        the deployed stage (default dev; with --local: local)
--region REGION      the stack's Region
--since TIME         a day or an ISO time (default: ${DEFAULT_DAYS} days ago)
--reason CODE        only these (docs/errors.md); may be repeated
--bucket B --key K   only of this bucket, this object
--kind KIND          only the objects of this kind of log (replay)
--history            what backfills put aside (the group history)
--all                replay also what the same bytes cannot mend (damaged gzip data)
--log-group-prefix P where the groups are (default /bucketwatch/STAGE)
--json               JSON lines
--yes                do not ask
Exit 0: listed, shown, sent. 1: there is nothing, or it could not be looked at. 2: wrong usage.`,
  async run(args, io) {
    const [action, ...rest] = args
    if (action !== 'list' && action !== 'show' && action !== 'replay')
      throw unknownAction('quarantine', ['list', 'show', 'replay'], action)
    const { positionals, values } = parse(rest)
    for (const reason of values.reason ?? []) checkReason(reason)
    if (positionals.length > 0) throw usage(`what is ${JSON.stringify(positionals[0])}? --bucket and --key choose.`)
    if (action === 'replay') {
      if (values.local === true)
        throw usage(
          'locally, run start on the files again: what was delivered is known as long as a file is the same. One that was mended is a new object and is delivered whole.',
        )
      if (values.yes !== true && !canAsk(io)) throw usage('nobody is there to ask: add --yes, after a look with list.')
    }
    const found = await search(values, io)
    if (found.length === 0) {
      io.err(
        `nothing was put aside${values.since === undefined ? ` in ${DEFAULT_DAYS} days (--since DATE looks further back)` : ` since ${values.since}`}.`,
      )
      return 1
    }
    if (action === 'list') await list(found, values, io)
    else if (action === 'show') await show(found, values, io)
    else return replay(found, values, io)
    return 0
  },
}

/** A code that there is not would find nothing, and say that nothing was put aside. Words are CloudWatch Logs' own. */
function checkReason(reason: string): void {
  const codes = Object.keys(ERROR_CODES)
  if (/^[a-z]\w*$/.test(reason) || codes.includes(reason)) return
  throw usage(`--reason ${JSON.stringify(reason)}: there is no such code (docs/errors.md)${suggest(reason, codes)}`)
}

async function search(values: Values, io: Io): Promise<Found[]> {
  const since = values.since === undefined ? io.now() - DEFAULT_DAYS * DAY_MS : readTime(values.since)
  if (since === undefined)
    throw usage(`--since ${JSON.stringify(values.since)} is no day (2026-01-31) and no ISO 8601 time.`)
  const stage = readStage(values.stage ?? (values.local === true ? 'local' : undefined))
  const prefix = values['log-group-prefix'] ?? `/bucketwatch/${stage}`
  const logGroupName = `${prefix}/${values.history === true ? 'history' : 'pipeline'}`
  const entries: QuarantineEntry[] = []
  const input = {
    logGroupName,
    filterPattern: '{ $.kind = "rejected*" }',
    startTime: since,
    endTime: io.now() + DAY_MS,
  }
  try {
    for await (const page of (await logSearch(values, logGroupName, io)).filterLogEvents(input)) {
      for (const { message } of page) {
        const entry = readEntry(message)
        if (entry !== undefined && isWanted(entry, values)) entries.push(entry)
      }
    }
  } catch (error) {
    throw withLocalHint(error)
  }
  return joinEntries(entries)
}

/** Who runs everything here asks for a stack that is nowhere. */
function withLocalHint(error: unknown): unknown {
  if (!(error instanceof BucketwatchError) || error.code !== 'AWS_CALL') return error
  const said = error.message.slice(ERROR_CODES.AWS_CALL.what.length).trim()
  const next = 'What `bucketwatch start` has put aside on this machine: add --local.'
  return new BucketwatchError('AWS_CALL', said, { ...error.details, next }, { cause: error.cause })
}

const isWanted = (entry: QuarantineEntry, { reason, bucket, key }: Values): boolean =>
  (reason === undefined || reason.includes(entry.reason)) &&
  (bucket === undefined || entry.bucket === bucket) &&
  (key === undefined || entry.key === key)

async function logSearch(values: Values, logGroupName: string, io: Io): Promise<LogSearch> {
  if (values.local === true) {
    const { createLogSearchOver } = await import('../../shared/local/alert-memory.ts')
    const { listLogGroups, readLogEvents } = await import('../../shared/local/logs.ts')
    if (!(await listLogGroups(values.root)).includes(logGroupName))
      throw new BucketwatchError(
        'INPUT_NONE',
        `There is no log group ${logGroupName} in ${values.root}/: no run of that stage has left any.`,
      )
    return createLogSearchOver((name) => readLogEvents(values.root, name))
  }
  const { createLogsClient } = await import('../../shared/aws/clients.ts')
  const { createCommandLogSearch } = await import('../../shared/aws/filter-log-events.ts')
  const region = await readRegion(values.region, io.env)
  return createCommandLogSearch({ client: createLogsClient({ region, maxAttempts: 6 }) })
}

const nameOf = ({ bucket, key, versionId }: Found): string =>
  `${bucket}/${key}${versionId === undefined ? '' : ` (version ${versionId})`}`
const placeOf = ({ record, endsAfter }: Found): string =>
  record !== undefined && endsAfter !== undefined
    ? `record ${record}, cut off, and all after it`
    : record !== undefined
      ? `record ${record}`
      : endsAfter !== undefined
        ? `all after record ${endsAfter}`
        : 'the object'

async function list(found: readonly Found[], values: Values, io: Io): Promise<void> {
  if (values.json === true) {
    for (const { text, ...rest } of found) await io.out(JSON.stringify({ ...rest, characters: text?.length ?? 0 }))
    return
  }
  await io.out(`${found.length} put aside`)
  for (const [reason, ofReason] of Map.groupBy(found, (one) => one.reason)) {
    await io.out(`  ${ofReason.length} × ${reason}`)
    for (const [object, all] of Map.groupBy(ofReason, nameOf)) {
      const places = all.slice(0, 3).map(placeOf).join(', ')
      await io.out(`      ${object}: ${places}${all.length > 3 ? ` and ${all.length - 3} more` : ''}`)
    }
  }
}

async function show(found: readonly Found[], values: Values, io: Io): Promise<void> {
  for (const one of found) {
    if (values.json === true) await io.out(JSON.stringify(one))
    else {
      await io.out(`${one.time} ${one.reason} ${nameOf(one)}, ${placeOf(one)}`)
      if (one.message !== undefined) await io.out(`  ${one.message}`)
      if (one.missing !== undefined) await io.out(`  ${one.missing} parts of its text are gone from the log group`)
      await io.out(`  ${one.text ?? '(no text)'}`)
    }
  }
}

async function replay(found: readonly Found[], values: Values, io: Io): Promise<number> {
  const mendable = found.filter(({ reason }) => values.all === true || !NEVER_MENDED.includes(reason))
  const left = found.length - mendable.length
  if (left > 0) io.err(`${left} left out: the same bytes give the same damage (--all replays them too).`)
  const wanted = readKind(values.kind)
  const byKind = new Map<LogKind, string[]>()
  for (const all of Map.groupBy(mendable, nameOf).values()) {
    const [{ bucket, key, versionId, function: name }] = all as [Found, ...Found[]]
    const kind = kindOf(name, key)
    if (wanted !== undefined && kind !== wanted) continue
    const ranges = rangesOf(all)
    const object = { key, versionId, size: undefined }
    const body =
      values.history === true ? historyNotification(bucket, object, ranges) : replayNotification(bucket, object, ranges)
    byKind.set(kind, [...(byKind.get(kind) ?? []), body])
  }
  const objects = [...byKind.values()].flat().length
  if (objects === 0) {
    io.err('there is nothing that could be replayed.')
    return 1
  }
  if (values.yes !== true && !(await confirm(io, `Send ${plural(objects, 'object')} through the functions again?`)))
    return 1
  const { createAdminClients } = await import('../../shared/aws/admin-clients.ts')
  const { outputOf, readStack } = await import('../../shared/aws/stack.ts')
  const { sendAll } = await import('../../shared/aws/queue.ts')
  const clients = createAdminClients({ region: await readRegion(values.region, io.env) })
  const stack = await readStack(clients, readStage(values.stage))
  for (const [kind, bodies] of byKind) await sendAll(clients, outputOf(stack, outputNames(kind).queueUrl), bodies)
  await io.out(`${plural(objects, 'object')} sent; what is put aside again comes with a new time.`)
  return 0
}

/** The function that met it reads it again; where a name tells nothing (a direct invocation), the key does. */
function kindOf(functionName: string, key: string): LogKind {
  const { kind } = classifyKey(key)
  const byKey = kind === 'unknown' ? 'cloudtrail' : reading(kind).kind
  return LOG_KINDS.find((one) => functionName.endsWith(one)) ?? byKey
}
