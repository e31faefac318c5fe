/** What `replay` and the commands that go by it are asked for. */
import os from 'node:os'
import { readTime, type TimeWindow } from '../shared/backfill/window.ts'
import { compileGlobs } from '../shared/basics/glob.ts'
import { own } from '../shared/basics/own.ts'
import { type Detection, SEVERITIES, type Severity } from '../shared/detection/schema.ts'
import type { Sequence } from '../shared/detection/sequence.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { suggest } from '../shared/detection/suggest.ts'
import { loadDetections, loadSequences, loadSettings, SEQUENCES } from '../shared/files/detections.ts'
import { checkOutputFolder } from '../shared/files/outputs.ts'
import { REPLAY_CLOCKS, type ReplayClock } from '../shared/replay/model.ts'
import { usage } from './io.ts'
import { RULE_OPTIONS, readProject, ruleFolders } from './project.ts'
import { count } from './render.ts'

/** Matching records that are kept. */
const ROWS = 5_000
const MAX_ROWS = 100_000

/** The options of all commands that replay. */
export const REPLAY_OPTIONS = {
  ...RULE_OPTIONS,
  settings: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  account: { type: 'string', multiple: true },
  bucket: { type: 'string', multiple: true },
  pack: { type: 'string', multiple: true },
  rule: { type: 'string', multiple: true },
  clock: { type: 'string' },
  threads: { type: 'string' },
  matches: { type: 'string' },
  state: { type: 'string' },
  write: { type: 'string' },
  region: { type: 'string' },
  'bucket-profile': { type: 'string' },
} as const

/** Their lines in a usage text. */
export const REPLAY_USAGE = `--from, --to DAY      only records from DAY on, and before DAY (2026-01-31, or an ISO time with a zone)
--account ID          only records of this account (access logs do not say theirs)
--bucket NAME         only records of this bucket; * stands for any characters
--pack, --rule NAME   only these rules, of a sequence (seq-…) those of its steps; one that is named runs even where it is
                      off (all four may be repeated)
--settings FILE       our accounts, ranges, tuning (default: the project's)
--clock event|delivery  as if each record had come at once (default), or when its object would have come
--threads N           default: one for each core
--matches N           matching records that are kept (default ${count(ROWS)})
--state FOLDER        keep what was read there: the same command goes on where it was interrupted
--write FOLDER        also write the records, as they would be forwarded, one JSON line each
--region R, --bucket-profile P  of buckets`

/** The values of {@link REPLAY_OPTIONS} as readArgs gives them. */
export interface ReplayValues {
  readonly rules?: string[] | undefined
  readonly folder?: string | undefined
  readonly settings?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly account?: string[] | undefined
  readonly bucket?: string[] | undefined
  readonly pack?: string[] | undefined
  readonly rule?: string[] | undefined
  readonly clock?: string | undefined
  readonly threads?: string | undefined
  readonly matches?: string | undefined
  readonly state?: string | undefined
  readonly write?: string | undefined
  readonly region?: string | undefined
  readonly 'bucket-profile'?: string | undefined
}

export interface ReplayJob {
  readonly paths: readonly string[]
  readonly from: number | undefined
  readonly to: number | undefined
  readonly accounts: readonly string[]
  readonly buckets: readonly string[]
  readonly packs: readonly string[]
  readonly rules: readonly string[]
  readonly clock: ReplayClock
  readonly threads: number
  readonly rowLimit: number
  readonly state: string | undefined
  readonly write: string | undefined
  readonly profile: string | undefined
  readonly region: string | undefined
  readonly showAlerts: boolean
  /** Rules that were asked for. */
  readonly detections: readonly Detection[]
  /** Rules over incidents; those count of which all rules are replayed. */
  readonly sequences: readonly Sequence[]
  readonly settingsFile: string | undefined
}

/**
 * Reads the options.
 *
 * @throws BucketwatchError USAGE; DETECTION_INVALID for rules that cannot be read, OUTPUT_WRITE for a folder that cannot be
 * written to.
 */
export async function readJob(paths: readonly string[], values: ReplayValues, showAlerts: boolean): Promise<ReplayJob> {
  const project = await readProject()
  const folders = ruleFolders(values, project)
  const detections = await loadDetections(...folders)
  const sequences = await loadSequences(detections, ...folders)
  const clock = values.clock ?? 'event'
  if (!isClock(clock)) throw usage(`--clock is ${REPLAY_CLOCKS.join(' or ')}, not ${JSON.stringify(clock)}.`)
  const { pack = [], rule = [], account = [] } = values
  const from = timeOf('--from', values.from)
  const to = timeOf('--to', values.to)
  if (from !== undefined && to !== undefined && from >= to) throw usage('--from must be before --to.')
  for (const one of account)
    if (!/^\d{12}$/.test(one)) throw usage(`--account ${JSON.stringify(one)} is no account id.`)
  for (const folder of [values.state, values.write]) if (folder !== undefined) checkOutputFolder(folder)
  return {
    paths,
    from,
    to,
    accounts: account,
    buckets: values.bucket ?? [],
    packs: pack,
    rules: rule,
    clock,
    threads: readThreads(values.threads),
    rowLimit: numberOf('--matches', values.matches, ROWS, MAX_ROWS),
    state: values.state,
    write: values.write,
    profile: values['bucket-profile'],
    region: values.region,
    showAlerts,
    detections: chosen(detections, sequences, pack, rule),
    sequences,
    settingsFile: values.settings ?? project.settings,
  }
}

const isClock = (text: string): text is ReplayClock => (REPLAY_CLOCKS as readonly string[]).includes(text)

function timeOf(option: string, text: string | undefined): number | undefined {
  const time = text === undefined ? undefined : readTime(text)
  if (text !== undefined && time === undefined)
    throw usage(`${option} ${JSON.stringify(text)} is no day (2026-01-31) and no ISO 8601 time.`)
  return time
}

function numberOf(option: string, text: string | undefined, usual: number, most: number): number {
  const value = text === undefined ? usual : Number(text)
  if (!Number.isInteger(value) || value < 1 || (text !== undefined && value > most))
    throw usage(`${option} is a whole number from 1 to ${most}.`)
  return value
}

/** How many threads read. */
export const readThreads = (text: string | undefined): number =>
  numberOf('--threads', text, os.availableParallelism(), 64)

/** Zero rules would find nothing and say that all is quiet: a name that fits none is an error. */
function chosen(
  all: readonly Detection[],
  sequences: readonly Sequence[],
  packs: readonly string[],
  rules: readonly string[],
): Detection[] {
  const known = {
    '--pack': [SEQUENCES, ...all.map(({ pack }) => pack)],
    '--rule': [...sequences, ...all].map(({ id }) => id),
  }
  for (const [option, globs] of [
    ['--pack', packs],
    ['--rule', rules],
  ] as const) {
    for (const glob of globs)
      if (!known[option].some(compileGlobs([glob])))
        throw usage(`${option} ${glob} fits no rule${suggest(glob, known[option])}`)
  }
  if (packs.length === 0 && rules.length === 0) return [...all]
  const [isPack, isRule] = [compileGlobs(packs), compileGlobs(rules)]
  // A rule over incidents is made of those that its steps name.
  const named = sequences.filter(({ id }) => isRule(id) || isPack(SEQUENCES)).flatMap(({ steps }) => steps)
  const steps = new Set(named.flatMap((step) => step.rules))
  return all.filter(({ id, pack }) => isPack(pack) || isRule(id) || steps.has(id))
}

/** Whoever names a severity. */
export function readSeverity(option: string, text: string | undefined): Severity | undefined {
  if (text !== undefined && !(SEVERITIES as readonly string[]).includes(text))
    throw usage(`${option} is ${SEVERITIES.join(', ')}, not ${JSON.stringify(text)}.`)
  return text as Severity | undefined
}

/** Objects of other days need not be listed; a day more at the end, since objects come later than their records. */
export const windowOf = ({ from, to }: Pick<ReplayJob, 'from' | 'to'>): TimeWindow => ({
  from: from ?? 0,
  to: to === undefined ? Number.MAX_SAFE_INTEGER : to + 86_400_000,
})

/** The settings of a job, with the rules that it names enabled. */
export async function settingsOf(job: ReplayJob, file = job.settingsFile): Promise<Settings> {
  const known = { packs: job.detections.map(({ pack }) => pack), rules: job.detections.map(({ id }) => id) }
  const isPart = job.packs.length + job.rules.length > 0
  const settings = await loadSettings(file, isPart ? undefined : known)
  const named = job.detections.filter(({ id, enabled }) => !enabled && job.rules.includes(id))
  if (named.length === 0) return settings
  const none = { allowActors: [], allowBuckets: [], allowTools: [], allowAddresses: [], allowKnownRanges: false }
  const enabled = named.map(({ id }) => [id, { ...none, ...own(settings.rules, id), enabled: true }] as const)
  return { ...settings, rules: { ...settings.rules, ...Object.fromEntries(enabled) } }
}
