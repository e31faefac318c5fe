import { compileDetections } from '../../shared/detection/compile.ts'
import { loadDetections, loadSettings } from '../../shared/files/detections.ts'
import { type CoverageReport, coverageOf } from '../../shared/sources/coverage.ts'
import { coverageMarkdown } from '../../shared/sources/markdown.ts'
import { coverageLines } from '../coverage-table.ts'
import { type Command, type Io, printText, usage } from '../io.ts'
import { RULE_OPTIONS, RULE_USAGE, readProject, ruleFolders } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { createPaint } from '../render.ts'
import { lookAtAccounts, lookAtStack, readAsked, SOURCE_OPTIONS, SOURCE_USAGE } from '../source-options.ts'

const OPTIONS = {
  ...SOURCE_OPTIONS,
  ...RULE_OPTIONS,
  settings: { type: 'string' },
  json: { type: 'boolean' },
  markdown: { type: 'boolean' },
  all: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']
const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })

/** `coverage [BUCKET…]`: which logs of which buckets are on, and what each rule would see. */
export const coverage: Command = {
  summary: 'tell which logs are switched on for which buckets, and which rules are blind',
  usage: `usage: bucketwatch coverage [BUCKET…] [--stage STAGE] [--region REGION] [options]

Looks at the trails and buckets of an account (default: all buckets): management events, S3 data events, server access
logs, request metrics, what tells the stack of new log objects; and says of each rule whether it sees everything, a part
or nothing of what it looks for, why, and what would show it. Changes nothing.

${SOURCE_USAGE}
--settings FILE      your settings, which switch rules on and off (default: as bucketwatch.yml says)
${RULE_USAGE.replaceAll(/^(--\S+ \S+) +/gm, (_, option: string) => `${option.padEnd(20)} `)}
--all                list the rules that see everything, too
--json               the whole picture as one JSON object
--markdown           the whole picture as a section of Markdown, for tickets and reports
Exit 0: no rule is blind, and all could be looked at. 1: a rule is blind, or something could not be looked at.
2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    if (values.json === true && values.markdown === true) throw usage('--json or --markdown, not both.')
    const asked = await readAsked(positionals, values, io)
    const rules = await enabledRules(values, asked.stage)
    const { link, problem, unknown: stackUnknown } = await lookAtStack(asked)
    const accounts = (await lookAtAccounts(asked, io)).map(({ account }) => account)
    const { stage, region, buckets, options } = asked
    const report = coverageOf({ stage, region, accounts, stack: link, stackUnknown, asked: buckets, rules, options })
    if (problem !== undefined) io.err(problem)
    await print(report, values, io)
    const unknown =
      report.totals.unknown > 0 ||
      report.problems.length > 0 ||
      report.accounts.some(({ problems }) => problems.length > 0)
    return report.totals.blind > 0 || unknown ? 1 : 0
  },
}

async function print(report: CoverageReport, values: Values, io: Io): Promise<void> {
  if (values.json === true) {
    await io.out(JSON.stringify(report))
    return
  }
  if (values.markdown === true) {
    await printText(io, coverageMarkdown(report).trimEnd())
    return
  }
  const paint = createPaint(io.outIsTerminal, io.env)
  for (const line of coverageLines(report, paint, { all: values.all === true })) await io.out(line)
}

/** The rules that the settings leave on, each with its severity. */
async function enabledRules(values: Values, stage: string) {
  const project = await readProject()
  const detections = await loadDetections(...ruleFolders(values, project))
  const settings = await loadSettings(values.settings ?? project.settings, {
    packs: [...new Set(detections.map(({ pack }) => pack))],
    rules: detections.map(({ id }) => id),
  })
  return compileDetections({ detections, settings, stage }).rules
}
