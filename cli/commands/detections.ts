import { parseArgs } from 'node:util'
import { createAccessLogNormalizer } from '../../shared/access-log/normalize.ts'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { compileDetections, isEnabled } from '../../shared/detection/compile.ts'
import { lintDetection } from '../../shared/detection/lint.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { formatProblem } from '../../shared/detection/problem.ts'
import { type ExampleResult, runExamples } from '../../shared/detection/run-examples.ts'
import type { Detection } from '../../shared/detection/schema.ts'
import { EMPTY_SETTINGS, type Settings } from '../../shared/detection/settings.ts'
import { loadDetections, loadSettings, readDetections } from '../../shared/files/detections.ts'
import { type Command, type Io, usage } from '../io.ts'
import { createPaint, plural, table } from '../render.ts'
import { READ_OPTIONS, readRecords } from './normalize.ts'

/** Where the packs are. */
export const DETECTIONS_FOLDER = 'infra/detections'

const OPTIONS = { ...READ_OPTIONS, json: { type: 'boolean' }, folder: { type: 'string' } } as const

type Values = ReturnType<typeof parse>['values']

/** `detections list|lint|test|match`: the rules, and what they make of records. */
export const detections: Command = {
  summary: 'list, lint and test the detections, or match them against log objects',
  usage: `usage: bucketwatch detections list  [ID…] [--settings FILE] [--json]
       bucketwatch detections lint  [ID…] [--settings FILE] [--json]
       bucketwatch detections test  [ID…] [--json]
       bucketwatch detections match [--kind cloudtrail|access-log] [--detail lean|full] [--settings FILE] [--json] FILE…

list   the rules: id, severity, on or off, title
lint   patterns that cannot work as they are meant, and limits of CloudWatch that the enabled set breaks
test   every example of every rule through normalization and pattern; prints those that came out wrong
match  log objects in (- is standard input); a line a record with the ids of all rules, enabled or not, whose pattern
       matches
--folder DIR   the packs (default ${DETECTIONS_FOLDER})
--json         one JSON object a line
Exit 0: done, nothing wrong. 1: findings, wrong examples, or something could not be read. 2: wrong usage.`,
  async run(args, io) {
    const [action, ...rest] = args
    const { positionals, values } = parse(rest)
    if (action === 'list') return list(positionals, values, io)
    if (action === 'lint') return lint(positionals, values, io)
    if (action === 'test') return test(positionals, values, io)
    if (action === 'match') return match(positionals, values, io)
    throw usage(`detections does list, lint, test and match, not ${JSON.stringify(action ?? '')}.`)
  },
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
}

/** The detections with these ids (all, where none is given). */
async function select(ids: readonly string[], values: Values): Promise<Detection[]> {
  const all = await loadDetections(values.folder ?? DETECTIONS_FOLDER)
  const known = new Set(all.map(({ id }) => id))
  const unknown = ids.filter((id) => !known.has(id))
  if (unknown.length > 0) throw usage(`there is no detection ${unknown.join(', ')}.`)
  return ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id))
}

async function settingsOf(values: Values, all: readonly Detection[]): Promise<Settings> {
  if (values.settings === undefined) return EMPTY_SETTINGS
  return loadSettings(values.settings, {
    rules: all.map(({ id }) => id),
    packs: [...new Set(all.map(({ pack }) => pack))],
  })
}

async function list(ids: readonly string[], values: Values, io: Io): Promise<number> {
  const found = await select(ids, values)
  const settings = await settingsOf(values, found)
  if (values.json === true) {
    for (const rule of found) {
      const { id, pack, title, severity, sources, pattern, file } = rule
      await io.out(
        JSON.stringify({ id, pack, title, severity, enabled: isEnabled(rule, settings), sources, pattern, file }),
      )
    }
    return 0
  }
  const rows = found.map((rule) => [
    rule.pack,
    rule.id,
    rule.severity,
    isEnabled(rule, settings) ? 'on' : 'off',
    rule.title,
  ])
  for (const line of table(rows)) await io.out(line)
  io.err(`${plural(found.length, 'rule')}, ${found.filter((rule) => isEnabled(rule, settings)).length} on`)
  return 0
}

async function lint(ids: readonly string[], values: Values, io: Io): Promise<number> {
  const { detections: found, problems } = await readDetections(values.folder ?? DETECTIONS_FOLDER)
  const chosen = ids.length === 0 ? found : await select(ids, values)
  const settings = await settingsOf(values, found)
  const findings: { id?: string; file: string; severity: string; rule?: string; message: string; fix?: string }[] = []
  for (const problem of problems)
    findings.push({ file: problem.file, severity: 'error', message: formatProblem(problem) })
  for (const rule of chosen) {
    for (const finding of lintDetection(rule)) {
      const { severity, message } = finding
      findings.push({ id: rule.id, file: rule.file, severity, rule: finding.rule, message })
    }
  }
  // What a rule needs of the settings is news only where there are settings.
  const compiled = compileDetections({ detections: found, settings, stage: 'lint' })
  for (const { file, message } of compiled.problems) findings.push({ file, severity: 'error', message })
  if (values.settings !== undefined) {
    for (const { file, message } of compiled.warnings) findings.push({ file, severity: 'warning', message })
  }
  const told = findings.filter(({ severity }) => severity !== 'info')
  for (const finding of told) {
    const { file, severity, message, rule } = finding
    await io.out(
      values.json === true
        ? JSON.stringify(finding)
        : `${file}: ${severity}: ${message}${rule === undefined ? '' : ` [${rule}]`}`,
    )
  }
  io.err(`${plural(chosen.length, 'rule')} looked at, ${plural(told.length, 'finding')}`)
  return told.length > 0 ? 1 : 0
}

async function test(ids: readonly string[], values: Values, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const found = await select(ids, values)
  const results = runExamples(found, { cloudtrail: createCloudTrailNormalizer, accessLog: createAccessLogNormalizer })
  const wrong = results.filter(({ ok }) => !ok)
  for (const result of values.json === true ? results : wrong) {
    if (values.json === true) await io.out(JSON.stringify(withoutMessage(result)))
    else {
      await io.out(
        `${paint('red', result.id)}: ${result.list === 'hits' ? 'hit' : 'miss'} “${result.name}” (${result.detail}): ${result.problems.join(' ')}`,
      )
      await io.out(`  ${result.message}`)
    }
  }
  const hits = results.filter((result) => result.list === 'hits')
  io.err(
    `${plural(found.length, 'rule')}: ${plural(hits.length, 'hit')} and ${results.length - hits.length} misses tried, ${wrong.length} came out wrong`,
  )
  return wrong.length > 0 || results.length === 0 ? 1 : 0
}

function withoutMessage({ message, ...rest }: ExampleResult): Omit<ExampleResult, 'message'> {
  return rest
}

async function match(files: readonly string[], values: Values, io: Io): Promise<number> {
  if (files.length === 0) throw usage('give at least one file.')
  const all = await loadDetections(values.folder ?? DETECTIONS_FOLDER)
  const settings = await settingsOf(values, all)
  const matchers = compileRuleMatchers(all, { account: settings.environment.account })
  return readRecords(
    files,
    {
      ...values,
      environment: settings.environment,
      out({ message, view }, file) {
        const record = JSON.parse(message) as { eventID?: string }
        const matched = matchRules(record, matchers)
        if (values.json === true) {
          return io.out(
            JSON.stringify({
              eventID: record.eventID ?? null,
              detections: matched,
              eventName: view.eventName,
              ...(files.length > 1 && { file }),
            }),
          )
        }
        return io.out([record.eventID ?? '-', view.eventName, matched.join(' ') || '-'].join('  '))
      },
    },
    io,
  )
}
