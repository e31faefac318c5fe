import { own } from '../../shared/basics/own.ts'
import { type CompileResult, compileDetections, isEnabled } from '../../shared/detection/compile.ts'
import { lintDetection } from '../../shared/detection/lint.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import type { Problem } from '../../shared/detection/problem.ts'
import { type ExampleResult, runExamples } from '../../shared/detection/run-examples.ts'
import type { Detection } from '../../shared/detection/schema.ts'
import type { Sequence } from '../../shared/detection/sequence.ts'
import { EMPTY_SETTINGS, type Settings } from '../../shared/detection/settings.ts'
import { suggest } from '../../shared/detection/suggest.ts'
import {
  loadDetections,
  loadSequences,
  loadSettings,
  readDetections,
  readSequences,
  SEQUENCES,
} from '../../shared/files/detections.ts'
import { LOG_KINDS } from '../../shared/kinds/kinds.ts'
import { type Command, type Io, unknownAction, usage } from '../io.ts'
import { RULE_OPTIONS, RULE_USAGE, readProject, ruleFolders } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { clip, createPaint, plural, table } from '../render.ts'
import { READ_OPTIONS, readRecords } from './normalize.ts'

const OPTIONS = { ...READ_OPTIONS, ...RULE_OPTIONS, json: { type: 'boolean' }, all: { type: 'boolean' } } as const

const ACTIONS = ['list', 'lint', 'test', 'match'] as const

type Values = Omit<ReturnType<typeof parse>['values'], 'settings'> & {
  readonly folders: readonly string[]
  readonly settings: string | undefined
}

/** `detections list|lint|test|match`: the rules, and what they make of records. */
export const detections: Command = {
  summary: 'list, lint and test the detections, or match them against log objects',
  usage: `usage: bucketwatch detections list  [ID…] [--settings FILE] [options]
       bucketwatch detections lint  [ID…] [--settings FILE] [options]
       bucketwatch detections test  [ID…] [options]
       bucketwatch detections match [--kind ${LOG_KINDS.join('|')}] [--detail lean|full] [--settings FILE] [--all]
                                    [options] FILE…

list   the rules, and the sequences over them: pack, id, severity, whether it is on (and why not), title
lint   patterns that cannot work as they are meant, and limits of CloudWatch that the enabled set breaks; with settings,
       also which rules want more of them, which is no fault
test   every example of every rule through normalization and pattern; prints those that came out wrong, with the
       beginning of the record (all of it, and of the others: --json)
match  log objects, or folders of them, in (- is standard input); a line a record with the ids of all rules, enabled or not, whose pattern
       matches. Rules about the pipeline, and rules that wait for silence, are left out: --all has them, too
${RULE_USAGE}
--json         one JSON object a line
Exit 0: done, nothing wrong. 1: findings, wrong examples, something could not be read, or there is no object.
2: wrong usage. 130: interrupted.`,
  async run(args, io) {
    const [action, ...rest] = args
    if (action === 'list') return list(...(await read(rest)), io)
    if (action === 'lint') return lint(...(await read(rest)), io)
    if (action === 'test') return test(...(await read(rest)), io)
    if (action === 'match') return match(...(await read(rest)), io)
    throw unknownAction('detections', ACTIONS, action)
  },
}

/** The arguments, with the project's rules and settings where none are given. */
async function read(args: readonly string[]): Promise<[positionals: string[], values: Values]> {
  const { positionals, values } = parse(args)
  const project = await readProject()
  return [
    positionals,
    { ...values, folders: ruleFolders(values, project), settings: values.settings ?? project.settings },
  ]
}

function parse(args: readonly string[]) {
  return readArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
}

/** The detections with these ids (all, where none is given). */
async function select(
  ids: readonly string[],
  values: Values,
  sequences: readonly Sequence[] = [],
): Promise<Detection[]> {
  const all = await loadDetections(...values.folders)
  const known = new Set([...all, ...sequences].map(({ id }) => id))
  const unknown = ids.filter((id) => !known.has(id))
  if (unknown.length > 0)
    throw usage(`there is no detection ${unknown.map((id) => `${id}${suggest(id, [...known])}`).join(', ')}`)
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
  const all = await select([], values)
  const sequences = await loadSequences(all, ...values.folders)
  const isSequence = (id: string) => sequences.some((one) => one.id === id)
  const rules = ids.filter((id) => !isSequence(id))
  const found = ids.length > 0 && rules.length === 0 ? [] : await select(rules, values, sequences)
  const named = sequences.filter(({ id }) => ids.length === 0 || ids.includes(id))
  const settings = await settingsOf(values, all)
  const compiled = compileDetections({ detections: all, settings, stage: 'local' })
  const whyOff = explainOff(compiled, settings)
  const on = found.filter((rule) => whyOff(rule) === undefined).length
  if (values.json === true) {
    for (const rule of found) {
      const { id, pack, title, severity, sources, pattern, file } = rule
      const why = whyOff(rule)
      const state = { enabled: why === undefined, ...(why === undefined ? {} : { why }) }
      await io.out(JSON.stringify({ id, pack, title, severity, ...state, sources, pattern, file }))
    }
    for (const { id, title, severity, steps, within, file, why } of ofIncidents(named, compiled)) {
      const state = { enabled: why === undefined, ...(why === undefined ? {} : { why }) }
      await io.out(JSON.stringify({ id, pack: SEQUENCES, title, severity, ...state, steps, within, file }))
    }
  } else {
    const rows = found.map((rule) => {
      const why = whyOff(rule)
      return [
        rule.pack,
        rule.id,
        rule.severity,
        why === undefined ? 'on ' : 'off',
        why === undefined ? rule.title : `${rule.title} (${why})`,
      ]
    })
    for (const { id, title, severity, why } of ofIncidents(named, compiled))
      rows.push([
        SEQUENCES,
        id,
        severity,
        why === undefined ? 'on ' : 'off',
        why === undefined ? title : `${title} (${why})`,
      ])
    for (const line of table(rows)) await io.out(line)
  }
  const beside = named.length === 0 ? '' : ` and ${plural(named.length, 'sequence')}`
  io.err(
    `${plural(found.length, 'rule')}${beside}, ${on} on${values.settings === undefined ? ' (no settings file)' : ` with ${values.settings}`}`,
  )
  return 0
}

/** Rules over incidents, and why one cannot be told: a step of it has no rule that is on. */
function ofIncidents(sequences: readonly Sequence[], { rules }: CompileResult) {
  const on = new Set(rules.map(({ detection }) => detection.id))
  return sequences.map((sequence) => {
    const lacking = sequence.steps.find((step) => !step.rules.some((rule) => on.has(rule)))
    return { ...sequence, why: lacking === undefined ? undefined : `all rules of its step “${lacking.name}” are off` }
  })
}

/** Why a rule does not run; undefined where it does. */
function explainOff(compiled: CompileResult, settings: Settings): (rule: Detection) => string | undefined {
  const on = new Set(compiled.rules.map(({ detection }) => detection.id))
  return (rule) => {
    if (on.has(rule.id)) return undefined
    const { rules, packs } = settings
    if (!isEnabled(rule, settings)) {
      if (own(rules, rule.id)?.enabled === false) return 'the settings turn it off'
      if (Object.hasOwn(packs, rule.pack)) return 'the settings turn its pack off'
      return 'off by default'
    }
    const said = [...compiled.problems, ...compiled.warnings].filter(({ file }) => file === rule.file)
    return said.map(({ message }) => message).join(' ') || 'it cannot be compiled'
  }
}

async function lint(ids: readonly string[], values: Values, io: Io): Promise<number> {
  const { detections: found, problems: ofRules } = await readDetections(...values.folders)
  const { sequences, problems: ofSequences } = await readSequences(found, ...values.folders)
  const problems = [...ofRules, ...ofSequences]
  const chosen = ids.length === 0 ? found : await select(ids, values)
  const settings = await settingsOf(values, found)
  const findings: { id?: string; file: string; severity: string; rule?: string; message: string; fix?: string }[] = []
  for (const problem of problems)
    findings.push({
      file: placeOf(problem),
      severity: 'error',
      message: `${problem.field === '' ? '' : `${problem.field}: `}${problem.message}`,
    })
  for (const rule of chosen) {
    for (const finding of lintDetection(rule)) {
      const { severity, message } = finding
      findings.push({ id: rule.id, file: rule.file, severity, rule: finding.rule, message })
    }
  }
  // What a rule needs of the settings is news only where there are settings, and no fault: a project begins with few.
  const compiled = compileDetections({ detections: found, settings, stage: 'lint' })
  for (const { file, message } of compiled.problems) findings.push({ file, severity: 'error', message })
  if (values.settings !== undefined) {
    for (const { file, field, message } of compiled.warnings)
      findings.push({ file, severity: field === 'requires' ? 'notice' : 'warning', message })
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
  const looked = `${plural(chosen.length, 'rule')}${sequences.length === 0 ? '' : ` and ${plural(sequences.length, 'sequence')}`}`
  io.err(`${looked} looked at, ${plural(told.length, 'finding')}`)
  return told.some(({ severity }) => severity !== 'notice') ? 1 : 0
}

/** As editors and terminals turn it into a link. */
const placeOf = ({ file, line, column }: Problem): string => `${file}:${line}:${column}`

async function test(ids: readonly string[], values: Values, io: Io): Promise<number> {
  const sequence = ids.find((id) => id.startsWith('seq-'))
  if (sequence !== undefined) throw usage(`${sequence} is a sequence: lint tries its examples.`)
  const paint = createPaint(io.outIsTerminal, io.env)
  const found = await select(ids, values)
  const results = runExamples(found)
  const wrong = results.filter(({ ok }) => !ok)
  for (const result of values.json === true ? results : wrong) {
    if (values.json === true) await io.out(JSON.stringify(result.ok ? withoutMessage(result) : result))
    else {
      await io.out(
        `${paint('red', result.id)}: ${result.list === 'hits' ? 'hit' : 'miss'} “${result.name}” (${result.detail}): ${result.problems.join(' ')}`,
      )
      await io.out(`  ${clip(result.message, io.width - 2)}`)
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
  const all = await loadDetections(...values.folders)
  const settings = await settingsOf(values, all)
  // What the pipeline says of itself is in no log object, and silence is in no record.
  const asked = values.all === true ? all : all.filter((rule) => !isAboutPipeline(rule) && !waitsForSilence(rule))
  const matchers = compileRuleMatchers(asked, { account: settings.environment.account })
  return readRecords(
    files,
    {
      ...values,
      environment: settings.environment,
      out({ message, view }, file) {
        const record = JSON.parse(message) as { eventID?: string; requestID?: string }
        // Of an access-log line, the id of its request: lean has it once.
        const id = record.eventID ?? record.requestID
        const matched = matchRules(record, matchers)
        if (values.json === true) {
          return io.out(
            JSON.stringify({
              eventID: id ?? null,
              detections: matched,
              eventName: view.eventName,
              ...(files.length > 1 && { file }),
            }),
          )
        }
        return io.out([id ?? '-', view.eventName, matched.join(' ') || '-'].join('  '))
      },
    },
    io,
  )
}

const isAboutPipeline = ({ pack, sources }: Detection): boolean =>
  pack === 'pipeline' || sources.every((source) => source === 'pipeline')
const waitsForSilence = ({ alarm }: Detection): boolean => alarm.comparisonOperator.startsWith('LessThan')
