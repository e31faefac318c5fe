import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileProblem } from '../../shared/basics/file-problem.ts'
import { createForms, type Forms, type RecordForms } from '../../shared/compat/forms.ts'
import { type Owned, readOwned } from '../../shared/compat/owned.ts'
import { compareOwned, type Explained, type Report } from '../../shared/compat/report.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { redactSecrets } from '../../shared/derive/redact.ts'
import { loadSettings } from '../../shared/files/detections.ts'
import { SAMPLES } from '../../shared/files/package-root.ts'
import type { LogKind } from '../../shared/kinds/kinds.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { DEFAULT_CONFIG } from '../../shared/settings/defaults.ts'
import { type Inputs, nothingToRead, requireInputs } from '../inputs.ts'
import { type Command, type Io, readText, usage } from '../io.ts'
import { ownRegion } from '../own-region.ts'
import { readArgs } from '../read-args.ts'
import { count, createPaint, type Paint, plural } from '../render.ts'
import { checkRegion } from '../stack-options.ts'

/** Kept in memory in three forms: some 10 KB each. */
const MAX_RECORDS = 50_000

const SAMPLE_OBJECTS = join(SAMPLES, 'objects')
const SAMPLE_SETTINGS = join(SAMPLES, 'settings.json')

/** `compat FILE…`: what a team's own filter patterns and queries would find in our records. */
export const compat: Command = {
  summary: 'hold your own filter patterns and queries against raw, lean and full records',
  usage: `usage: bucketwatch compat FILE… [--log FILE|DIR]… [--settings FILE] [--region REGION] [--strict] [--json]

FILE holds your CloudWatch filter patterns and Logs Insights queries (- reads standard input): the output of
aws logs describe-metric-filters or describe-query-definitions, a CloudFormation template, Terraform, a JSON or YAML
list, or one pattern or query a line. Each runs over the log records as AWS writes them and as bucketwatch does
(detail lean and full); told is which finds less or more, on how many records, and why. Members that it reads and
that may be missing are told also where none of the records shows it.
  --log FILE|DIR    log objects to try them on, gzipped or not (default: the samples)
  --settings FILE   our accounts, log buckets, address ranges … (samples: theirs)
  --region REGION   where the stack is to be (default: AWS_REGION, else the first record's); lean S3
                    data events do not say it
  --strict          exit 1 where something differs or may differ
  --json            one JSON object a filter
Exit 0: done. 1: with --strict, something differs; something could not be read or run, or there is nothing to compare.
2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        log: { type: 'string', multiple: true },
        settings: { type: 'string' },
        region: { type: 'string' },
        strict: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
    if (positionals.length === 0) throw usage('give at least one file with filter patterns or queries.')
    checkRegion(values.region)
    const { owned, broken } = await readFiles(positionals, io)
    const isSample = values.log === undefined
    const { environment } = await loadSettings(values.settings ?? (isSample ? SAMPLE_SETTINGS : undefined))
    const logs = await logFiles(values.log ?? [SAMPLE_OBJECTS])
    const own = await ownRegion(values.region, logs.files, io)
    const forms = createForms({
      environment: { ...environment, region: own.region },
      capBytes: DEFAULT_CONFIG.capBytes,
      now: io.now,
    })
    const { records, damaged } = await readRecords(logs, forms, DEFAULT_CONFIG, io, isSample)
    const reports = owned.map((filter) => compareOwned(filter, records, forms))
    if (values.json === true) for (const report of reports) await io.out(JSON.stringify(report))
    else await print(reports, records, createPaint(io.outIsTerminal, io.env), io)
    if (own.note !== undefined) io.err(own.note)
    const invalid = reports.some((report) => report.invalid !== undefined)
    const differs = reports.some(({ differences, possible }) => differences.length + possible.length > 0)
    return broken || damaged || invalid || (values.strict === true && differs) ? 1 : 0
  },
}

async function readFiles(files: readonly string[], io: Io): Promise<{ owned: Owned[]; broken: boolean }> {
  const owned: Owned[] = []
  let broken = false
  for (const file of files) {
    let text: string
    try {
      text = file === '-' ? await readText(io.stdin) : await readFile(file, 'utf8')
    } catch (error) {
      throw new BucketwatchError('INPUT_UNREAD', `${file} cannot be read: ${fileProblem(error)}.`, {}, { cause: error })
    }
    const read = readOwned(text, file)
    if (read.owned.length === 0) throw new BucketwatchError('COMPAT_EMPTY', `${file}: no filter pattern and no query.`)
    for (const problem of read.problems) io.err(`${file}: ${problem}`)
    broken ||= read.problems.length > 0
    owned.push(...read.owned)
  }
  return { owned, broken }
}

interface LogFiles extends Inputs {
  /** As given, for messages. */
  readonly given: string
}

async function logFiles(paths: readonly string[]): Promise<LogFiles> {
  const found = await requireInputs(paths)
  if (found.files.length === 0) throw nothingToRead(paths)
  return { given: paths.join(', '), ...found }
}

async function readRecords(
  logs: LogFiles,
  forms: Forms,
  limits: { readonly maxInflatedBytes: number; readonly maxRecordBytes: number },
  io: Io,
  isSample: boolean,
): Promise<{ records: RecordForms[]; damaged: boolean }> {
  const records: RecordForms[] = []
  let skipped = 0
  const readers = createReaders('raw')
  const make: Readonly<Record<LogKind, (text: string) => RecordForms>> = {
    cloudtrail: forms.cloudTrail,
    'access-log': forms.accessLog,
  }
  let damaged = false
  // Some samples are damaged on purpose, and some are no logs.
  const tell = (text: string): void => {
    if (isSample) return
    damaged = true
    io.err(text)
  }
  const take = (file: string, kind: LogKind, text: string): void => {
    if (records.length === MAX_RECORDS) {
      skipped += 1
      return
    }
    const made = make[kind](text)
    if (made.isQuarantined) tell(`${file}: quarantined: ${redactSecrets(JSON.stringify(text.slice(0, 200)))}`)
    else records.push(made)
  }
  for (const problem of logs.unread) tell(problem)
  for (const file of logs.files) {
    const read = await readLog(createReadStream(file), {
      maxInflatedBytes: limits.maxInflatedBytes,
      maxRecordBytes: limits.maxRecordBytes,
      readers,
      key: file,
      onRecord: ({ message }, kind) => void take(file, kind, message),
      onUnreadable: ({ code, isContinued }) => (isContinued === true ? undefined : void tell(`${file}: ${code}`)),
    })
    if (read.error !== undefined) tell(`${file}: ${read.error.code}: ${read.error.message}`)
  }
  if (skipped > 0) io.err(`${plural(skipped, 'record')} left out: only the first ${count(MAX_RECORDS)} are compared.`)
  if (records.length === 0) throw new BucketwatchError('COMPAT_EMPTY', `${logs.given}: no log record.`)
  return { records, damaged }
}

async function print(reports: readonly Report[], records: readonly RecordForms[], paint: Paint, io: Io): Promise<void> {
  const lines = records.filter(({ source }) => source === 's3access').length
  const patterns = reports.filter(({ kind }) => kind === 'pattern').length
  const queries = reports.length - patterns
  const tried = `${plural(patterns, 'filter pattern')} and ${queries === 1 ? '1 query' : `${count(queries)} queries`}`
  await io.out(
    `${tried}, on ${plural(records.length - lines, 'CloudTrail record')} and ${plural(lines, 'access-log line')}`,
  )
  let same = 0
  for (const report of reports) {
    const { name, file, invalid, differences, possible, found } = report
    if (invalid === undefined && differences.length + possible.length === 0) {
      same += 1
      continue
    }
    await io.out('')
    await io.out(`${paint('bold', name)}  ${paint('dim', `${file}: ${shorten(report.text)}`)}`)
    if (invalid !== undefined) {
      await io.out(`  ${paint('red', 'cannot be run')}: ${invalid}`)
      continue
    }
    const unit = report.kind === 'pattern' ? 'match' : 'rows'
    await io.out(`  raw ${count(found.raw)}, lean ${count(found.lean)}, full ${count(found.full)} ${unit}`)
    for (const difference of differences) await explain(difference, 'records', paint, io)
    // What the records at hand show is not told twice.
    const shown = new Set(differences.map(({ detail }) => detail))
    for (const difference of possible.filter(({ detail }) => !shown.has(detail))) {
      await explain(difference, 'possible', paint, io)
    }
  }
  await io.out('')
  await io.out(`${count(same)} of ${count(reports.length)} answer the same on raw, lean and full records.`)
}

async function explain(difference: Explained, where: 'records' | 'possible', paint: Paint, io: Io): Promise<void> {
  const { detail, fewer, more, causes } = difference
  const amount = [fewer > 0 ? `${count(fewer)} fewer` : '', more > 0 ? `${count(more)} more` : ''].filter(Boolean)
  const what = where === 'records' ? amount.join(', ') : 'may differ, though none of these records shows it'
  await io.out(`  ${paint('yellow', detail)}: ${what}`)
  for (const { member, change, records, why, instead } of causes) {
    const on = where === 'records' ? ` in ${plural(records, 'record')}` : ''
    await io.out(`    ${member} is ${change}${on}: ${why}; instead: ${instead}`)
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`
}
