import { readFile, writeFile } from 'node:fs/promises'
import { suggest } from '../../shared/detection/suggest.ts'
import { checkOutputFile, outputFault } from '../../shared/files/outputs.ts'
import { packageVersion } from '../../shared/files/package-root.ts'
import { readReportPage } from '../../shared/files/report-page.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { CSV_TABLES, type CsvTable, csvLines } from '../../shared/report/csv.ts'
import { headline } from '../../shared/report/headline.ts'
import { renderHtml } from '../../shared/report/html.ts'
import { renderMarkdown } from '../../shared/report/markdown.ts'
import type { CoverageReport } from '../../shared/sources/coverage.ts'
import { coverageMarkdown } from '../../shared/sources/markdown.ts'
import { tellUnread } from '../inputs.ts'
import { INTERRUPTED_EXIT, interruptedReplay } from '../interrupt.ts'
import { type Command, type Io, printText, usage, withoutMark } from '../io.ts'
import { RULE_USAGE } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { bytes } from '../render.ts'
import { replayObjects } from '../replay-job.ts'
import { REPLAY_OPTIONS, REPLAY_USAGE, readJob, settingsOf, windowOf } from '../replay-options.ts'
import { findSources } from '../replay-sources.ts'
import { tellProblems } from '../replay-text.ts'
import { readSaved, refuseReplayOptions } from '../saved-replay.ts'

const TABLES = Object.keys(CSV_TABLES) as CsvTable[]
const DEFAULT_OUTPUT = 'report.html'

/** `report`: what a replay found, as a page to look at, as Markdown, as CSV. */
export const report: Command = {
  summary: 'what happened in logs, as a page to look at: incidents, timeline, who did what, records',
  usage: `usage: bucketwatch report PATH… [-o report.html] [options]       files, folders, archives, s3://BUCKET/PREFIX
       bucketwatch report REPLAY.json [-o report.html] [options]   what \`bucketwatch replay --json\` printed

Replays logs as \`bucketwatch replay\` does, and writes one page that holds all it shows and asks nothing of any network.
-o, --output FILE     where it goes (default ${DEFAULT_OUTPUT}; Markdown and CSV: standard output)
--markdown            as Markdown, for tickets and mails
--coverage FILE       with a section of what \`bucketwatch coverage --json\` printed; not with --csv
--csv TABLE           one table as CSV: ${TABLES.join(', ')}
--show-alerts         with the whole text of each message, as it would be mailed
${REPLAY_USAGE}
${RULE_USAGE}
Exit 0: all was read. 1: something could not be read, which the report says, or there is no object. 2: wrong usage.
130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    const form = readForm(values)
    const coverage = await readCoverage(values)
    if (positionals.length === 0) throw usage('give files, folders, archives, s3://BUCKET/PREFIX, or a saved replay.')
    const output = values.output ?? (form.form === 'html' ? DEFAULT_OUTPUT : undefined)
    if (output !== undefined) checkOutputFile(output)
    const saved = positionals.length === 1 ? await readSaved(positionals[0]!) : undefined
    if (saved !== undefined) checkSaved(saved, values)
    const { model, unread } =
      saved === undefined ? await replayed(positionals, values, io) : { model: saved, unread: 0 }
    if (model === undefined) return INTERRUPTED_EXIT
    await writeReport(model, { ...form, output, coverage }, io)
    tellProblems(model, io)
    return model.problems.length > 0 || unread > 0 ? 1 : 0
  },
}

/** Replays the paths; `model` is undefined where that was interrupted. */
async function replayed(
  paths: readonly string[],
  values: Values,
  io: Io,
): Promise<{ readonly model: ReplayModel | undefined; readonly unread: number }> {
  const job = await readJob(paths, values, values['show-alerts'] === true)
  const settings = await settingsOf(job)
  const places = { window: windowOf(job), region: values.region, bucketProfile: values['bucket-profile'] }
  const sources = await findSources(paths, places, io)
  tellUnread(sources.unread, io)
  try {
    const done = await replayObjects(job, { ...sources, settings, settingsFile: job.settingsFile }, io)
    if (done.isInterrupted) interruptedReplay(job.state, io)
    return { model: done.isInterrupted ? undefined : done.model, unread: sources.unread.length }
  } finally {
    await sources.remove()
  }
}

function checkSaved(saved: ReplayModel, values: Values): void {
  refuseReplayOptions(values, REPLAY_OPTIONS)
  const hasTexts = saved.tellings.every(({ text }) => text !== undefined)
  if (values['show-alerts'] === true && !hasTexts)
    throw usage('--show-alerts: this replay was saved without its messages; replay --show-alerts --json saves them.')
}

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  markdown: { type: 'boolean' },
  csv: { type: 'string' },
  coverage: { type: 'string' },
  'show-alerts': { type: 'boolean' },
  ...REPLAY_OPTIONS,
} as const
const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })
type Values = ReturnType<typeof parse>['values']

type Form = { readonly form: 'html' | 'markdown' } | { readonly form: 'csv'; readonly table: CsvTable }

function readForm({ markdown, csv }: Values): Form {
  if (csv === undefined) return { form: markdown === true ? 'markdown' : 'html' }
  if (markdown === true) throw usage('--markdown or --csv, not both.')
  const table = TABLES.find((name) => name === csv)
  if (table === undefined)
    throw usage(
      `--csv ${JSON.stringify(csv)}: there is no such table${suggest(csv, TABLES) || `; there are ${TABLES.join(', ')}`}`,
    )
  return { form: 'csv', table }
}

/** What the sources showed meanwhile; undefined: nobody asked. */
async function readCoverage({ coverage, csv }: Values): Promise<CoverageReport | undefined> {
  if (coverage === undefined) return undefined
  if (csv !== undefined) throw usage('--coverage goes with the page and with --markdown, not with --csv.')
  let found: Partial<CoverageReport> | null
  try {
    found = JSON.parse(withoutMark(await readFile(coverage, 'utf8'))) as Partial<CoverageReport> | null
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    found = null
  }
  if (found?.kind !== 'coverage') throw usage(`${coverage} is not what \`bucketwatch coverage --json\` prints.`)
  if (found.version !== 1)
    throw usage(`${coverage} was made by another version of bucketwatch (its form is ${found.version}, not 1).`)
  return found as CoverageReport
}

async function writeReport(
  model: ReplayModel,
  wanted: Form & { readonly output: string | undefined; readonly coverage: CoverageReport | undefined },
  io: Io,
): Promise<void> {
  const { output } = wanted
  const text = await textOf(model, wanted)
  if (output === undefined) {
    await printText(io, text.trimEnd())
    return
  }
  await writeFile(output, text).catch((error) => {
    throw outputFault(output, error)
  })
  const { title, about } = headline(model)
  const size = bytes(Buffer.byteLength(text))
  // What is said of a file goes beside it, never into it.
  io.err(`${output}: ${size}`)
  io.err(`${title}; ${about}`)
}

async function textOf(
  model: ReplayModel,
  wanted: Form & { readonly coverage: CoverageReport | undefined },
): Promise<string> {
  const { coverage } = wanted
  if (wanted.form === 'csv') return `${[...csvLines(model, wanted.table)].join('\n')}\n`
  if (wanted.form === 'html')
    return renderHtml(model, { page: await readReportPage(), version: packageVersion(), coverage })
  return renderMarkdown(model) + (coverage === undefined ? '' : `\n${coverageMarkdown(coverage)}`)
}
