import path from 'node:path'
import { parseArgs } from 'node:util'
import { SEVERITIES, type Severity } from '../../shared/detection/schema.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { INTERRUPTED_EXIT } from '../interrupt.ts'
import { type Command, type Io, usage } from '../io.ts'
import { LOCAL_ROOT } from '../local-run.ts'
import { RULE_USAGE } from '../project.ts'
import { createPaint } from '../render.ts'
import { compareLines } from '../replay-compare.ts'
import {
  REPLAY_OPTIONS,
  REPLAY_USAGE,
  type ReplayJob,
  readJob,
  readSeverity,
  replayObjects,
  settingsOf,
  windowOf,
} from '../replay-job.ts'
import { findSources } from '../replay-sources.ts'
import { ruleRows, summaryLines } from '../replay-text.ts'

const OPTIONS = {
  ...REPLAY_OPTIONS,
  json: { type: 'boolean' },
  csv: { type: 'boolean' },
  'fail-on': { type: 'string' },
  'what-if': { type: 'string' },
  'show-alerts': { type: 'boolean' },
  'event-history': { type: 'boolean' },
} as const

/** `replay`: what the rules would have told of logs that are there already. */
export const replay: Command = {
  summary: 'what the rules would have told of logs that are there already, how often, and whether that is noise',
  usage: `usage: bucketwatch replay PATH… [options]            files, folders, archives, s3://BUCKET/PREFIX
       bucketwatch replay --event-history [options]  CloudTrail's Event history (90 days, no trail needed)
       bucketwatch replay PATH… --what-if FILE       with these settings, beside the present ones

Reads logs with the code that is deployed, on all cores and in constant memory, and says which incidents people would
have been told of, which alarms would have gone off, which rules were quiet, and which were blind. Writes no records.

${REPLAY_USAGE}
${RULE_USAGE}
--show-alerts         the whole text of each message
--json, --csv         the whole model as JSON; a row for each rule as CSV
--fail-on SEVERITY    exit 3 where there is an incident of this severity or worse
--what-if FILE        replay a second time with this settings file, and compare

Exit 0: all was read. 1: something could not be read; it is named. 2: wrong usage. 3: see --fail-on. 130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: OPTIONS,
    })
    const failOn = readSeverity('--fail-on', values['fail-on'])
    if (values.json === true && values.csv === true) throw usage('--json or --csv, not both.')
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
    for (const line of sources.unread) io.err(`not read: ${line}`)
    try {
      const named = { ...job, paths }
      const before = await replayObjects(named, { ...sources, settings, settingsFile: job.settingsFile }, io)
      if (before.isInterrupted) return interrupted(job, io)
      const { model } = before
      if (other === undefined) await print(model, values, io)
      else {
        const again = { ...named, write: undefined }
        const after = await replayObjects(again, { ...sources, settings: other, settingsFile: values['what-if'] }, io)
        if (after.isInterrupted) return interrupted(job, io)
        await printBoth(model, after.model, values, io)
      }
      if (isFailing(model, failOn)) return 3
      return model.problems.length > 0 || sources.unread.length > 0 || history.code !== 0 ? 1 : 0
    } finally {
      await sources.remove()
    }
  },
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

function interrupted({ state }: ReplayJob, io: Io): number {
  io.err(
    state === undefined
      ? 'Interrupted: nothing is kept. With --state FOLDER the same command goes on where it was.'
      : `Interrupted: what was read is kept in ${state}, and the same command goes on from there.`,
  )
  return INTERRUPTED_EXIT
}

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
  const paint = createPaint(io.outIsTerminal, io.env)
  if (values.json === true) await io.out(JSON.stringify(model))
  else if (values.csv === true) for (const line of ruleRows(model)) await io.out(line)
  else
    for (const line of summaryLines(model, { paint, width: io.width, showAlerts: values['show-alerts'] === true }))
      await io.out(line)
}

async function printBoth(before: ReplayModel, after: ReplayModel, values: Values, io: Io): Promise<void> {
  if (values.json === true) await io.out(JSON.stringify({ kind: 'what-if', version: 1, before, after }))
  else for (const line of compareLines(before, after, createPaint(io.outIsTerminal, io.env))) await io.out(line)
}
