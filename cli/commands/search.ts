import { existsSync } from 'node:fs'
import type { TimeWindow } from '../../shared/backfill/window.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { NormalizedRecord } from '../../shared/contracts/record.ts'
import { suggest } from '../../shared/detection/suggest.ts'
import type { Finding } from '../../shared/incident/finding.ts'
import { KINDS } from '../../shared/kinds/kinds.ts'
import { aroundIncident, latestOf } from '../../shared/search/around.ts'
import { COUNT_FIELDS, type CountField } from '../../shared/search/count.ts'
import { facetsOf } from '../../shared/search/facets.ts'
import { compileQuery, type Query, type Test } from '../../shared/search/query.ts'
import { readMoment, readSpan } from '../../shared/search/time.ts'
import { type Command, type Io, usage } from '../io.ts'
import { localFindings, localGroups, localRecords } from '../local-records.ts'
import { readProject } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { createPaint, plural } from '../render.ts'
import { readSaved } from '../saved-replay.ts'
import { createSearchOutput, type SearchOutput } from '../search-screen.ts'
import { READ_OPTIONS, readRecords } from './normalize.ts'

const SOURCES = Object.values(KINDS).map(({ source }) => source)
const DEFAULT_LIMIT = 50
const DEFAULT_MARGIN = '15m'

/** `search [PATH…]`: who did what, in log objects or in what local runs have stored. */
export const search: Command = {
  summary: 'find records: who touched a bucket, what an address did, by whom, when',
  usage: `usage: bucketwatch search [PATH…] [--bucket NAME] [--actor NAME] [--ip ADDRESS|CIDR] … [--count-by FIELD] [--json]

PATH is a file, a folder, an archive of logs, or s3://BUCKET/PREFIX. Without one: what local runs have stored in .bucketwatch/.
All that is given has to hold; an option given twice holds where one of its values does. * stands for any text.
  --bucket NAME      the bucket, or one that the request names besides: the source of a copy, behind an access point
  --key KEY          the object; with --bucket, in that bucket
  --actor NAME       an ARN, or its last part (a role without its session); anonymous
  --person NAME      who it was in person, as far as the record tells
  --key-id ID        the access key id
  --ip ADDRESS       an address, a range (192.0.2.0/24, 2001:db8::/32), or a service's name
  --action NAME      object.read, config.* … or the API call: GetObject, Put*
  --source NAME      ${SOURCES.join(' or ')}: a request may stand in both logs
  --since TIME       a day (2026-01-31), a time with its zone (2026-01-31T08:00Z), or ago: 90m, 24h, 7d
  --until TIME       the same; the time itself no longer belongs to it
  --around INCIDENT  what the people, keys and addresses of an incident did, and up to --margin (${DEFAULT_MARGIN}) before and after
  --replay FILE      its incidents: what \`bucketwatch replay --json\` printed; without a PATH, what that read is searched
  --count-by FIELD   how often, with how many bytes, from when to when, by ${Object.keys(COUNT_FIELDS).join(', ')}
  --limit N          so many lines (default ${DEFAULT_LIMIT}; all with --json): the first by time, or of a count the most frequent;
                     0: only what sums it up
  --newest           the last by time
  --json             the whole records as JSON lines, as they come (with --count-by: a line a value)
  --stage NAME       whose log groups in .bucketwatch/
  --kind, --settings, --region, --bucket-profile  as for normalize
The last line sums up: how many, when, by whom, from where, on what. A record that stands in several objects is found in
each; a report counts it once.
Exit 0: looked at everything, whether something was found or not. 1: something could not be read, or there is no
object, no log group or no such incident. 2: wrong usage. 130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    checkTogether(positionals, values)
    const query = queryOf(values, io.now())
    const { field, limit } = outputOf(values)
    const { around, paths } = await readAround(positionals, values, io)
    const wanted = { ...around, ...query }
    const test = compileQuery(wanted)
    const paint = createPaint(io.outIsTerminal, io.env)
    const output = createSearchOutput({ field, limit, newest: values.newest, json: values.json, paint }, io)
    return paths.length > 0
      ? searchFiles(paths, { ...values, window: windowOf(wanted) }, test, output, io)
      : searchGroups(values.stage, test, output, io)
  },
}

const many = { type: 'string', multiple: true } as const
const OPTIONS = {
  actor: many,
  person: many,
  'key-id': many,
  ip: many,
  bucket: many,
  key: many,
  action: many,
  source: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  around: { type: 'string' },
  margin: { type: 'string' },
  replay: { type: 'string' },
  'count-by': { type: 'string' },
  limit: { type: 'string' },
  newest: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  stage: { type: 'string' },
  ...READ_OPTIONS,
} as const

const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })
type Values = ReturnType<typeof parse>['values']

/** What would be ignored is refused. */
function checkTogether(paths: readonly string[], values: Values): void {
  const { around, replay, stage, margin, newest, 'count-by': countBy } = values
  if (around === undefined && replay !== undefined) throw usage('--replay goes with --around INCIDENT.')
  if (around === undefined && margin !== undefined) throw usage('--margin goes with --around INCIDENT.')
  if (newest && countBy !== undefined) throw usage('--newest is for records: a count has the most frequent first.')
  if (replay !== undefined && stage !== undefined) throw usage('--stage or --replay, not both.')
  const isOfLogs = paths.length > 0 || replay !== undefined
  if (isOfLogs && stage !== undefined && around === undefined)
    throw usage('--stage is for what local runs have stored: not with files.')
  const ofLogs = Object.keys(READ_OPTIONS).find((name) => values[name as keyof typeof READ_OPTIONS] !== undefined)
  if (!isOfLogs && ofLogs !== undefined)
    throw usage(`--${ofLogs} is for log objects: what local runs have stored is as they stored it.`)
}

function queryOf(values: Values, now: number): Query {
  const { source } = values
  if (source !== undefined && !SOURCES.some((name) => name === source))
    throw usage(`--source is ${SOURCES.join(' or ')}, not ${JSON.stringify(source)}.`)
  const since = momentOf('since', values.since, now)
  const until = momentOf('until', values.until, now)
  if (since !== undefined && until !== undefined && since >= until) throw usage('--since is not before --until.')
  const { actor, person, ip, bucket, key, action, 'key-id': keyId } = values
  const query: Query = { actor, person, keyId, ip, bucket, key, action, source, since, until }
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
}

function momentOf(option: string, text: string | undefined, now: number): number | undefined {
  const time = text === undefined ? undefined : readMoment(text, now)
  if (text !== undefined && time === undefined)
    throw usage(`--${option} ${JSON.stringify(text)} is no day, no time with a zone, and no 90m, 24h or 7d.`)
  return time
}

function outputOf(values: Values): { field: CountField | undefined; limit: number | undefined } {
  const field = values['count-by']
  const fields = Object.keys(COUNT_FIELDS)
  if (field !== undefined && !fields.includes(field))
    throw usage(
      `--count-by ${JSON.stringify(field)}: there is no such field${suggest(field, fields) || `; there are ${fields.join(', ')}`}`,
    )
  if (values.limit !== undefined && !/^\d{1,6}$/.test(values.limit))
    throw usage(`--limit is a number up to 999999, not ${JSON.stringify(values.limit)}.`)
  const limit = values.limit === undefined ? (values.json ? undefined : DEFAULT_LIMIT) : Number(values.limit)
  return { field: field as CountField | undefined, limit }
}

/** What an incident's people, keys and addresses did, and where that is looked for. */
async function readAround(
  paths: readonly string[],
  values: Values,
  io: Io,
): Promise<{ readonly around: Query | undefined; readonly paths: readonly string[] }> {
  const { around: id, replay: file } = values
  if (id === undefined) return { around: undefined, paths }
  const saved = file === undefined ? undefined : await readReplay(file)
  const found = saved ?? (await localIncidents(values, io))
  const around = aroundQuery(id, found.findings, values, io)
  if (around === undefined) throw new BucketwatchError('INCIDENT_UNKNOWN', `--around ${id}: none of ${found.where}.`)
  return { around, paths: paths.length > 0 ? paths : (saved?.paths ?? []) }
}

interface Incidents {
  readonly findings: readonly Finding[]
  readonly where: string
}

async function localIncidents(values: Values, io: Io): Promise<Incidents> {
  const { stage } = await localGroups(values.stage, io.env)
  return { findings: await localFindings(stage), where: `the stage ${stage}` }
}

async function readReplay(file: string): Promise<Incidents & { readonly paths: readonly string[] }> {
  if (!existsSync(file))
    throw new BucketwatchError('INPUT_UNREAD', `--replay ${file} cannot be read: there is no such file.`)
  const model = await readSaved(file, ['inputs', 'incidents'])
  if (model === undefined)
    throw new BucketwatchError('REPLAY_SAVED', `--replay ${file} is not what \`bucketwatch replay --json\` prints.`)
  return { findings: model.incidents.map(({ finding }) => finding), where: file, paths: model.inputs.paths }
}

function aroundQuery(id: string, findings: readonly Finding[], values: Values, io: Io): Query | undefined {
  const margin = readSpan(values.margin ?? DEFAULT_MARGIN)
  if (margin === undefined) throw usage(`--margin ${JSON.stringify(values.margin)} is no length of time: 15m, 2h, 1d.`)
  const fitting = latestOf(findings, id)
  if (fitting.length > 1)
    throw usage(`--around ${id} may be ${fitting.map(({ incidentId }) => incidentId).join(' or ')}.`)
  const [incident] = fitting
  if (incident === undefined) return undefined
  io.err(`around ${incident.incidentId}: ${incident.summary} (${incident.firstTime} to ${incident.lastTime})`)
  return aroundIncident(incident, margin)
}

/** Objects come later than their records. */
const windowOf = ({ since = 0, until = Number.MAX_SAFE_INTEGER - DAY_MS }: Query): TimeWindow => ({
  from: since,
  to: until + DAY_MS,
})

const DAY_MS = 86_400_000

async function searchFiles(
  paths: readonly string[],
  values: Values & { readonly window: TimeWindow },
  test: Test,
  output: SearchOutput,
  io: Io,
): Promise<number> {
  let looked = 0
  const settings = values.settings ?? (await readProject()).settings
  const out = (record: NormalizedRecord) => {
    looked += 1
    const facets = facetsOf(record)
    return test(facets) ? output.found(facets) : undefined
  }
  const code = await readRecords(paths, { ...values, detail: values.detail ?? 'full', settings, out }, io)
  await output.end(`${plural(looked, 'record')} looked at`)
  return code
}

async function searchGroups(stage: string | undefined, test: Test, output: SearchOutput, io: Io): Promise<number> {
  const groups = await localGroups(stage, io.env)
  let looked = 0
  for await (const facets of localRecords(groups)) {
    looked += 1
    if (test(facets)) await output.found(facets)
  }
  await output.end(`${plural(looked, 'record')} looked at that runs of the stage ${groups.stage} have stored`)
  return 0
}
