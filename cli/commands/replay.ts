import path from 'node:path'
import { SEVERITIES, type Severity } from '../../shared/detection/schema.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import type { ReplayObject } from '../../shared/replay/unit.ts'
import { compareCsv, csvLines } from '../../shared/report/csv.ts'
import { headline } from '../../shared/report/headline.ts'
import { tellUnread } from '../inputs.ts'
import { INTERRUPTED_EXIT, interruptedReplay } from '../interrupt.ts'
import { type Command, type Io, usage } from '../io.ts'
import { LOCAL_ROOT } from '../local-root.ts'
import { RULE_USAGE } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { createPaint } from '../render.ts'
import { compareLines } from '../replay-compare.ts'
import { estimateLines, mergeDistributed, openDistributed } from '../replay-distributed.ts'
import { type ReplayInput, replayObjects } from '../replay-job.ts'
import {
  REPLAY_OPTIONS,
  REPLAY_USAGE,
  type ReplayJob,
  readJob,
  readSeverity,
  settingsOf,
  windowOf,
} from '../replay-options.ts'
import { findSources } from '../replay-sources.ts'
import { summaryLines, tellProblems } from '../replay-text.ts'

const OPTIONS = {
  ...REPLAY_OPTIONS,
  json: { type: 'boolean' },
  csv: { type: 'boolean' },
  'fail-on': { type: 'string' },
  'what-if': { type: 'string' },
  'show-alerts': { type: 'boolean' },
  'event-history': { type: 'boolean' },
  distributed: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  merge: { type: 'string' },
  stage: { type: 'string' },
  yes: { type: 'boolean' },
} as const

/** `replay`: what the rules would have told of logs that are there already. */
export const replay: Command = {
  summary: 'what the rules would have told of logs that are there already, how often, and whether that is noise',
  usage: `usage: bucketwatch replay PATH… [options]            files, folders, archives, s3://BUCKET/PREFIX
       bucketwatch replay --event-history [options]  CloudTrail's Event history (90 days, no trail needed)
       bucketwatch replay PATH… --what-if FILE       with these settings, beside the present ones
       bucketwatch replay s3://BUCKET/PREFIX --distributed [--dry-run] [--stage STAGE]
       bucketwatch replay --merge s3://RESULTS/jobs/ID/ [options of the output]

Reads logs with the code that is deployed, on all cores and in constant memory, and says which incidents people would
have been told of, which alarms would have gone off, which rules were quiet, and which were blind. Writes no records.

${REPLAY_USAGE}
${RULE_USAGE}
--show-alerts         the whole text of each message
--json, --csv         the whole model as JSON; a row for each rule as CSV (with --what-if: both, beside each other)
--fail-on SEVERITY    exit 3 where there is an incident of this severity or worse
--what-if FILE        replay a second time with this settings file, and compare
--distributed         functions of the stage read the objects, many at once; their results are merged here. It says what
                      it would cost, and asks (--yes: it does not). What was read before is not read again
--dry-run             with --distributed: only how many objects and bytes there are, and what it would cost
--merge PLACE         only merge what a distributed replay has read: where, it said when it was started
--stage NAME          the stage whose functions read (default dev)

Exit 0: all was read. 1: something could not be read, which is named, or there is no object. 2: wrong usage.
3: see --fail-on. 130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    checkTogether(positionals, values)
    const failOn = readSeverity('--fail-on', values['fail-on'])
    if (values.merge !== undefined) return merge(values.merge, values, failOn, io)
    const job = await readJob(positionals, values, values['show-alerts'] === true)
    const history = values['event-history'] === true ? await readHistory(values, io) : { paths: [], code: 0 }
    const paths = [...positionals, ...history.paths]
    if (history.code !== 0 && history.paths.length === 0) return history.code
    if (paths.length === 0) throw usage('give files, folders, archives or s3://BUCKET/PREFIX, or --event-history.')
    const settings = await settingsOf(job)
    const other = values['what-if'] === undefined ? undefined : await settingsOf(job, values['what-if'])
    const sources = await findSources(
      paths,
      { window: windowOf(job), region: values.region, bucketProfile: values['bucket-profile'] },
      io,
    )
    tellUnread(sources.unread, io)
    try {
      if (values['dry-run'] === true) return await sayCost(sources.objects, io)
      const distributed = values.distributed === true ? await openDistributed(values, io) : undefined
      const named = { ...job, paths }
      const read = (of: ReplayJob, given: ReplayInput) =>
        distributed === undefined ? replayObjects(of, given, io) : distributed.replay(of, given)
      const before = await read(named, { ...sources, settings, settingsFile: job.settingsFile })
      if (before.isInterrupted) return interrupted(job, values, io)
      const { model } = before
      if (other === undefined) await print(model, values, io)
      else {
        const again = { ...named, write: undefined }
        const after = await read(again, { ...sources, settings: other, settingsFile: values['what-if'] })
        if (after.isInterrupted) return interrupted(job, values, io)
        await printBoth(model, after.model, values, io)
      }
      if (isFailing(model, failOn)) return 3
      return model.problems.length > 0 || sources.unread.length > 0 || history.code !== 0 ? 1 : 0
    } finally {
      await sources.remove()
    }
  },
}

const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })
type Values = ReturnType<typeof parse>['values']

/** What makes no sense together would be ignored. */
function checkTogether(paths: readonly string[], values: Values): void {
  const { merge: place, distributed } = values
  if (values.json === true && values.csv === true) throw usage('--json or --csv, not both.')
  if (values['what-if'] !== undefined && values['show-alerts'] === true)
    throw usage('--show-alerts shows the messages of one replay: not with --what-if.')
  if (place !== undefined && (paths.length > 0 || distributed === true))
    throw usage('--merge takes what is there: give no paths, and no --distributed.')
  if (place !== undefined) {
    const alone = Object.keys(values).find((name) => !MERGE_OPTIONS.has(name))
    if (alone !== undefined) throw usage(`--${alone} was settled when the replay was started: not with --merge.`)
  }
  for (const name of ['dry-run', 'stage', 'yes'] as const)
    if (distributed !== true && values[name] !== undefined) throw usage(`--${name} goes with --distributed.`)
  if (distributed !== true) return
  const here = paths.find((one) => !one.startsWith('s3://'))
  if (here !== undefined || values['event-history'] === true)
    throw usage(`--distributed reads buckets: ${here ?? '--event-history'} is on this machine.`)
  for (const name of ['state', 'write'] as const)
    if (values[name] !== undefined) throw usage(`--${name} does not go with --distributed.`)
}

/** What a merge may be asked for. */
const MERGE_OPTIONS: ReadonlySet<string> = new Set([
  ...['merge', 'region', 'bucket-profile', 'threads', 'json', 'csv', 'fail-on', 'show-alerts'],
])

async function sayCost(objects: readonly ReplayObject[], io: Io): Promise<number> {
  for (const line of estimateLines(objects)) await io.out(line)
  return 0
}

async function merge(place: string, values: Values, failOn: Severity | undefined, io: Io): Promise<number> {
  const { replayed } = await mergeDistributed(place, values, io)
  if (replayed.isInterrupted) {
    io.err('Interrupted: what functions have read stays there, and the same command merges it.')
    return INTERRUPTED_EXIT
  }
  await print(replayed.model, values, io)
  if (isFailing(replayed.model, failOn)) return 3
  return replayed.model.problems.length > 0 ? 1 : 0
}

/** Of a distributed one it was said meanwhile. */
const interrupted = ({ state }: ReplayJob, { distributed }: Values, io: Io): number =>
  distributed === true ? INTERRUPTED_EXIT : interruptedReplay(state, io)

const isFailing = ({ incidents }: ReplayModel, failOn: Severity | undefined): boolean =>
  failOn !== undefined &&
  incidents.some(({ finding }) => SEVERITIES.indexOf(finding.severity) >= SEVERITIES.indexOf(failOn))

/** Event history as objects in a folder, where what was read once stays. */
async function readHistory(
  values: Values,
  io: Io,
): Promise<{ readonly paths: readonly string[]; readonly code: number }> {
  const { eventHistory } = await import('./event-history.ts')
  const folder = path.join(LOCAL_ROOT, 'event-history-objects')
  const given = (['from', 'to', 'region'] as const).flatMap((name) => {
    const value = values[name]
    return value === undefined ? [] : [`--${name}`, value]
  })
  const profile = values['bucket-profile'] === undefined ? [] : ['--profile', values['bucket-profile']]
  const code = await eventHistory.run([folder, ...given, ...profile], { ...io, out: async (line) => io.err(line) })
  return { paths: code === 0 ? [folder] : [], code }
}

async function print(model: ReplayModel, values: Values, io: Io): Promise<void> {
  tellEmpty(model, io)
  const paint = createPaint(io.outIsTerminal, io.env)
  // The text has a place for them.
  if (values.json === true || values.csv === true) tellProblems(model, io)
  if (values.json === true) await io.out(JSON.stringify(model))
  else if (values.csv === true) for (const line of csvLines(model, 'rules')) await io.out(line)
  else
    for (const line of summaryLines(model, { paint, width: io.width, showAlerts: values['show-alerts'] === true }))
      await io.out(line)
}

/** That nothing was told of no record is no quiet month. */
function tellEmpty(model: ReplayModel, io: Io): void {
  const { title, about } = headline(model)
  if (model.totals.records === 0) io.err(`${title}: ${about}`)
}

async function printBoth(before: ReplayModel, after: ReplayModel, values: Values, io: Io): Promise<void> {
  tellEmpty(before, io)
  tellProblems(before, io)
  if (values.json === true) await io.out(JSON.stringify({ kind: 'what-if', version: 1, before, after }))
  else {
    const paint = createPaint(io.outIsTerminal, io.env)
    const lines = values.csv === true ? compareCsv(before, after) : compareLines(before, after, paint)
    for (const line of lines) await io.out(line)
  }
}
