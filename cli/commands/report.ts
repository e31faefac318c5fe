import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { suggest } from '../../shared/detection/suggest.ts'
import { packageVersion } from '../../shared/files/package-root.ts'
import { readReportPage } from '../../shared/files/report-page.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { CSV_TABLES, type CsvTable, csvLines } from '../../shared/report/csv.ts'
import { headline } from '../../shared/report/headline.ts'
import { renderHtml } from '../../shared/report/html.ts'
import { renderMarkdown } from '../../shared/report/markdown.ts'
import { type Command, type Io, printText, usage, withoutMark } from '../io.ts'
import { bytes } from '../render.ts'

const TABLES = Object.keys(CSV_TABLES) as CsvTable[]
const DEFAULT_OUTPUT = 'report.html'

/** `report`: what a replay found, as a page to look at, as Markdown, as CSV. */
export const report: Command = {
  summary: 'what happened in logs, as a page to look at: incidents, timeline, who did what, records',
  usage: `usage: bucketwatch report REPLAY.json [-o report.html] [--markdown | --csv TABLE]

REPLAY.json is what \`bucketwatch replay --json\` printed. The page is one file that holds all it shows, and asks nothing
of any network.
-o, --output FILE     where it goes (default ${DEFAULT_OUTPUT}; Markdown and CSV: standard output)
--markdown            as Markdown, for tickets and mails
--csv TABLE           one table as CSV: ${TABLES.join(', ')}
Exit 0: all was read. 1: something could not be read; the report says what. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    const form = readForm(values)
    if (positionals.length !== 1) throw usage('give one file of `bucketwatch replay --json`.')
    const model = await readSaved(positionals[0]!)
    if (model === undefined) throw usage(`${positionals[0]} is nothing that \`bucketwatch replay --json\` printed.`)
    await writeReport(model, { ...form, output: values.output }, io)
    return model.problems.length > 0 ? 1 : 0
  },
}

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  markdown: { type: 'boolean' },
  csv: { type: 'string' },
} as const
const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })
type Values = ReturnType<typeof parse>['values']

type Form = { readonly form: 'html' | 'markdown' } | { readonly form: 'csv'; readonly table: CsvTable }

function readForm({ markdown, csv }: Values): Form {
  if (csv === undefined) return { form: markdown === true ? 'markdown' : 'html' }
  if (markdown === true) throw usage('--markdown or --csv, not both.')
  const table = TABLES.find((name) => name === csv)
  if (table === undefined) throw usage(`--csv ${JSON.stringify(csv)}: there is no such table${suggest(csv, TABLES)}`)
  return { form: 'csv', table }
}

/** What a replay printed; undefined where the file is something else. */
async function readSaved(file: string): Promise<ReplayModel | undefined> {
  const text = withoutMark(await readFile(file, 'utf8'))
  if (!/^\s*\{\s*"kind"\s*:\s*"replay"/.test(text)) return undefined
  let model: ReplayModel
  try {
    model = JSON.parse(text) as ReplayModel
  } catch {
    throw usage(`${file} is cut off: it is no whole JSON.`)
  }
  if (model.version !== 1)
    throw usage(`${file} was made by another version of bucketwatch (its form is ${model.version}, not 1).`)
  return model
}

async function writeReport(
  model: ReplayModel,
  wanted: Form & { readonly output: string | undefined },
  io: Io,
): Promise<void> {
  const output = wanted.output ?? (wanted.form === 'html' ? DEFAULT_OUTPUT : undefined)
  const text = await textOf(model, wanted)
  if (output === undefined) {
    await printText(io, text.trimEnd())
    return
  }
  await writeFile(output, text)
  const { title, about } = headline(model)
  const size = bytes(Buffer.byteLength(text))
  // What is said of a file goes beside it, never into it.
  io.err(`${output}: ${size}`)
  io.err(`${title}; ${about}`)
}

async function textOf(model: ReplayModel, wanted: Form): Promise<string> {
  if (wanted.form === 'markdown') return renderMarkdown(model)
  if (wanted.form === 'csv') return `${[...csvLines(model, wanted.table)].join('\n')}\n`
  return renderHtml(model, { page: await readReportPage(), version: packageVersion() })
}
