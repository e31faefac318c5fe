import { LOG_KINDS } from '../../shared/kinds/kinds.ts'
import { type Estimate, type EstimateLine, estimateOf } from '../../shared/replay/estimate.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { sampleFullRatio } from '../../shared/replay/sample-full.ts'
import { tellUnread } from '../inputs.ts'
import { INTERRUPTED_EXIT, interruptedReplay } from '../interrupt.ts'
import { type Command, type Io, usage } from '../io.ts'
import { RULE_USAGE } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { bytes, count, createPaint, duration, type Paint, table } from '../render.ts'
import { replayObjects } from '../replay-job.ts'
import { REPLAY_OPTIONS, REPLAY_USAGE, type ReplayValues, readJob, settingsOf, windowOf } from '../replay-options.ts'
import { findSources } from '../replay-sources.ts'
import { tellProblems } from '../replay-text.ts'
import { createSourceStore } from '../replay-worker.ts'
import { readSaved, refuseReplayOptions } from '../saved-replay.ts'

const OPTIONS = { ...REPLAY_OPTIONS, json: { type: 'boolean' }, months: { type: 'string' } } as const

/** `estimate`: what logs like these would cost a month. */
export const estimate: Command = {
  summary: 'what logs like these would cost a month: lean, full, only what matches; beside what AWS’s own ways cost',
  usage: `usage: bucketwatch estimate PATH… [options]   files, folders, archives, s3://BUCKET/PREFIX
       bucketwatch estimate REPLAY.json      what \`bucketwatch replay --json\` printed; with --months and --json only

Replays the logs and counts objects, records and bytes a day, and what some rule matches; a month is so much more. Give
whole days, better a week: from an hour of the morning comes a month of mornings.

--months N            records are kept so long (default 3)
--json                as one JSON object
${REPLAY_USAGE}
${RULE_USAGE}

Exit 0: done. 1: something could not be read, or there is too little to tell a month from. 2: wrong usage.
130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: OPTIONS,
    })
    if (positionals.length === 0) throw usage('give files, folders, archives or s3://BUCKET/PREFIX.')
    const retentionMonths = monthsOf(values.months)
    const saved = positionals.length === 1 ? await readSaved(positionals[0]!) : undefined
    const made = saved === undefined ? await measure(positionals, values, io) : ofSaved(saved, values, io)
    if (made === undefined) return INTERRUPTED_EXIT
    const result = estimateOf(made.model, { fullRatio: made.fullRatio, retentionMonths })
    if (values.json === true) await io.out(JSON.stringify(result))
    else for (const line of lines(result, createPaint(io.outIsTerminal, io.env))) await io.out(line)
    return made.code
  },
}

function monthsOf(text: string | undefined): number {
  const months = Number(text ?? 3)
  if (!(months > 0 && months <= 120)) throw usage('--months is a number up to 120.')
  return months
}

function ofSaved(model: ReplayModel, values: ReplayValues, io: Io) {
  refuseReplayOptions(values, REPLAY_OPTIONS)
  tellProblems(model, io)
  return { model, fullRatio: undefined, code: model.problems.length > 0 ? 1 : 0 }
}

async function measure(paths: readonly string[], values: ReplayValues, io: Io) {
  const job = await readJob(paths, values, false)
  const settings = await settingsOf(job)
  const sources = await findSources(
    paths,
    { window: windowOf(job), region: values.region, bucketProfile: job.profile },
    io,
  )
  tellUnread(sources.unread, io)
  try {
    const { model, isInterrupted } = await replayObjects(
      job,
      { ...sources, settings, settingsFile: job.settingsFile },
      io,
    )
    if (isInterrupted) {
      interruptedReplay(job.state, io)
      return undefined
    }
    tellProblems(model, io)
    const s3 = sources.region === undefined ? undefined : { region: sources.region, profile: job.profile }
    const store = createSourceStore(s3)
    const fullRatio = await sampleFullRatio(sources.objects, store, settings.environment)
    return { model, fullRatio, code: model.problems.length > 0 || sources.unread.length > 0 ? 1 : 0 }
  } finally {
    await sources.remove()
  }
}

function lines({ days, forwarded, besides, others, totals, span, prices }: Estimate, paint: Paint): string[] {
  const rows = LOG_KINDS.flatMap((kind) => {
    const of = days[kind]
    return of === undefined
      ? []
      : [
          [
            kind,
            count(Math.round(of.objects)),
            bytes(of.bytes),
            count(Math.round(of.records)),
            bytes(of.recordBytes),
            bytes(of.matchingBytes),
          ],
        ]
  })
  return [
    paint('bold', `A DAY of it, from ${duration(span)} of records`),
    '',
    ...table([['', 'objects', 'stored', 'records', 'as records', 'of them match'], ...rows]),
    '',
    paint('bold', 'A MONTH, in dollars, by what is forwarded'),
    '',
    ...priced(totals),
    '',
    paint('bold', 'made up of'),
    '',
    ...priced([...forwarded.map((one) => ({ ...one, what: `log events: ${one.what}` })), ...besides]),
    '',
    paint('bold', 'and beside it'),
    '',
    ...priced(others),
    '',
    paint('dim', `Prices of us-east-1, ${prices}, without free tiers; the table is in shared/basics/prices.ts.`),
  ]
}

function priced(of: readonly EstimateLine[]): string[] {
  return table(
    of.map(({ what, dollars, by }) => [what, dollars === undefined ? '?' : dollars.toFixed(2).padStart(9), by]),
  )
}
