import { setTimeout as sleep } from 'node:timers/promises'
import { sourcesStackName, sourcesTemplate } from '../../infra/sources.ts'
import type { SourceClients } from '../../shared/aws/source-clients.ts'
import { diffJson } from '../../shared/connect/diff.ts'
import type { Obstacle } from '../../shared/connect/plan.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { AccountSources } from '../../shared/sources/facts.ts'
import { logBucketName } from '../../shared/sources/log-bucket-name.ts'
import { chooseTrail } from '../../shared/sources/plan-data-events.ts'
import { planSetup } from '../../shared/sources/plan-setup.ts'
import { dataEventsPrice } from '../../shared/sources/prices.ts'
import type { SetupPlan } from '../../shared/sources/setup-plan.ts'
import { SOURCES, type Source, type Step } from '../../shared/sources/step.ts'
import { canAsk, confirm } from '../confirm.ts'
import { type Command, type Io, printText, usage } from '../io.ts'
import { readArgs } from '../read-args.ts'
import { createPaint, plural } from '../render.ts'
import { type Journal, openJournal } from '../setup-journal.ts'
import { type Asked, lookAtAccounts, lookAtStack, readAsked, SOURCE_OPTIONS, SOURCE_USAGE } from '../source-options.ts'
import { checkBucketName } from '../stack-options.ts'

const OPTIONS = {
  ...SOURCE_OPTIONS,
  only: { type: 'string', multiple: true },
  trail: { type: 'string' },
  'new-trail': { type: 'boolean' },
  'print-template': { type: 'boolean' },
  'log-bucket': { type: 'string' },
  'log-prefix': { type: 'string' },
  'retention-days': { type: 'string' },
  'metrics-prefix': { type: 'string', multiple: true },
  state: { type: 'string' },
  undo: { type: 'string' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']
const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })

/** `setup [BUCKET…]`: switches the sources on, keeping what others have configured. */
export const setup: Command = {
  summary: 'switch data events, access logs, request metrics and notifications on, or back off',
  usage: `usage: bucketwatch setup [BUCKET…] [--only SOURCE,…] [--stage STAGE] [--region REGION] [options]
       bucketwatch setup --undo FILE [options]

Switches on what is off for the buckets given (default: all that hold no logs), in one account: S3 data events on a trail
that is there, server access logs, request metrics, and that the buckets of logs tell the stack. Reads, shows each
difference and what it costs, asks, puts, and reads again. What others have configured stays; repeating it changes
nothing. What was put is written to a file, from which --undo takes it back.

${SOURCE_USAGE}
--only SOURCE,…      of ${SOURCES.join(', ')} (default: all)
--trail NAME         the trail for data events (default: the only one of the account that can have them)
--new-trail          where no trail logs: a stack with a trail and buckets for both logs, before all else
--print-template     print the template of that stack, and do nothing
--log-bucket NAME    where access logs go (default: where others of the Region go, else bucketwatch-logs-ACCOUNT-REGION)
--log-prefix PREFIX  what their keys begin with (default access-logs/); account, Region, bucket and date follow
--retention-days N   how long a bucket that is made keeps logs (default 365)
--metrics-prefix P   count the requests of this key prefix only; may be repeated (default: whole buckets)
--state FILE         where it is written what was put (default bucketwatch-setup-STAGE-ACCOUNT.json)
--undo FILE          take back what this file says, and nothing that was changed since
--dry-run            show what would be put, and change nothing
--yes                do not ask
Exit 0: all is on, or taken back. 1: something could not be done, or no was answered. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    const sources = readSources(values.only)
    const retentionDays = readDays(values['retention-days'])
    if (values['log-bucket'] !== undefined) checkBucketName(values['log-bucket'])
    const asked = await readAsked(positionals, values, io)
    if (asked.accesses.length > 1) throw usage('setup changes one account at a time: give one --profile or --role-arn.')
    if (values['print-template'] === true) {
      await printText(io, JSON.stringify(sourcesTemplate(asked.stage), null, 2))
      return 0
    }
    if (values.undo !== undefined) return undo(values.undo, asked, values, io)
    const [looked] = await lookAtAccounts(asked, io, values['log-bucket'])
    let { clients, account } = looked!
    const run: Run = { asked, values, io, clients, journal: undefined, accountId: account.accountId }
    if (values['new-trail'] === true) {
      const plan = await planNewTrail(clients, account, asked, sources, retentionDays)
      const code = await carryOut(plan, run)
      if (code !== 0) return code
      if (plan.steps.length > 0) {
        if (values['dry-run'] === true) {
          io.err('The rest is planned once the trail and its buckets are there.')
          return 0
        }
        ;[{ clients, account }] = (await lookAtAccounts(asked, io, values['log-bucket'])) as [typeof looked & object]
      }
    }
    const { link, problem, unknown } = await lookAtStack(asked)
    if (problem !== undefined && sources.includes('notifications')) io.err(problem)
    const plan = planSetup(account, link, {
      stage: asked.stage,
      buckets: asked.buckets,
      // Whether there is a stack to tell is not known: that is no reason to say that there is none.
      sources: unknown === undefined ? sources : sources.filter((source) => source !== 'notifications'),
      trail: values.trail,
      logBucket: values['log-bucket'],
      logPrefix: values['log-prefix'] ?? 'access-logs/',
      retentionDays,
      metricsPrefixes: values['metrics-prefix'] ?? [],
    })
    const code = await carryOut(plan, { ...run, clients })
    return unknown !== undefined && sources.includes('notifications') ? 1 : code
  },
}

interface Run {
  readonly asked: Asked
  readonly values: Values
  readonly io: Io
  readonly clients: SourceClients
  readonly accountId: string
  journal: Journal | undefined
}

function readSources(only: readonly string[] | undefined): readonly Source[] {
  const given = (only ?? []).flatMap((text) => text.split(','))
  const unknown = given.filter((name) => !SOURCES.includes(name as Source))
  if (unknown.length > 0) throw usage(`--only is of ${SOURCES.join(', ')}, not ${JSON.stringify(unknown[0])}.`)
  return given.length === 0 ? SOURCES : (given as Source[])
}

function readDays(text: string | undefined): number {
  const days = Number(text ?? 365)
  if (!Number.isInteger(days) || days < 1)
    throw usage(`--retention-days is a whole number of days, not ${JSON.stringify(text)}.`)
  return days
}

/** A trail over all Regions is made where the account has none that logs. */
async function planNewTrail(
  clients: SourceClients,
  account: AccountSources,
  { stage, region }: Asked,
  sources: readonly Source[],
  retentionDays: number,
): Promise<SetupPlan> {
  const nothing = { steps: [], kept: [], obstacles: [], next: [] }
  const chosen = chooseTrail(account, undefined)
  if ('trail' in chosen)
    return { ...nothing, kept: [`The trail ${chosen.trail.name} logs already: no new one is made.`] }
  const { readStackStatus } = await import('../../shared/aws/sources-change.ts')
  const resource = sourcesStackName(stage)
  const status = await readStackStatus(clients, resource, region)
  if (status !== 'DELETE_COMPLETE') {
    const obstacle: Obstacle = {
      what: `The stack ${resource} is there already, in ${status}, and no trail of its logs.`,
      fix: `aws cloudtrail start-logging --name bucketwatch-${stage} --region ${region}, or delete the stack first.`,
    }
    return { ...nothing, obstacles: [obstacle] }
  }
  const dataEvents = sources.includes('data-events')
  const step: Step = {
    change: {
      kind: 'sources-stack',
      resource,
      region,
      before: null,
      after: {
        Parameters: {
          DataEvents: String(dataEvents),
          AccessLogs: String(!account.targets.has(logBucketName(account.accountId, region))),
          RetentionDays: String(retentionDays),
        },
      },
    },
    what: `The stack ${resource}: a trail over all Regions, and buckets for CloudTrail and access logs (--print-template shows it).`,
    ...(dataEvents && {
      price: `S3 data events: ${dataEventsPrice(undefined)}. Management events of a first trail are free`,
    }),
    obstacles: [],
  }
  return { ...nothing, steps: [step] }
}

/** Shows, asks, puts. */
async function carryOut(plan: SetupPlan, run: Run): Promise<number> {
  const { io, values } = run
  const paint = createPaint(io.errIsTerminal, io.env)
  for (const kept of plan.kept) io.err(`${paint('dim', 'kept:')} ${kept}`)
  const steps = plan.steps.filter(({ obstacles }) => obstacles.length === 0)
  for (const [index, step] of plan.steps.entries()) showStep(index + 1, step, io)
  for (const obstacle of plan.obstacles) showObstacle(obstacle, io)
  for (const next of plan.next) io.err(`${paint('bold', 'next:')} ${next}`)
  const hindered = plan.obstacles.length > 0 || steps.length < plan.steps.length
  if (steps.length === 0) {
    if (!hindered && plan.next.length === 0) await io.out('All is on that was asked for. Nothing to change.')
    return hindered ? 1 : 0
  }
  if (values['dry-run'] === true) {
    await io.out(`${plural(steps.length, 'change')} would be made. Nothing was changed.`)
    return hindered ? 1 : 0
  }
  if (!(await agreed(`Make ${plural(steps.length, 'change')}?`, run))) return 1
  await makeAll(steps, run)
  return hindered ? 1 : 0
}

function showStep(number: number, { change, what, price, obstacles }: Step, io: Io): void {
  const paint = createPaint(io.errIsTerminal, io.env)
  io.err(paint('bold', `${number}. ${what}`))
  if (price !== undefined) io.err(`   costs: ${price}.`)
  for (const line of diffJson(change.before, change.after)) {
    io.err(`   ${line[0] === '+' ? paint('green', line) : line[0] === '-' ? paint('red', line) : line}`)
  }
  for (const obstacle of obstacles) showObstacle(obstacle, io)
}

function showObstacle({ what, fix }: Obstacle, io: Io): void {
  const paint = createPaint(io.errIsTerminal, io.env)
  io.err(`${paint('red', 'refused:')} ${what}`)
  io.err(`  ${fix}`)
}

async function agreed(question: string, { values, io }: Run): Promise<boolean> {
  if (values.yes === true) return true
  if (!canAsk(io)) {
    io.err('Nothing was changed: there is nobody to ask. Give --yes to put it, or --dry-run to see it.')
    return false
  }
  if (await confirm(io, question)) return true
  io.err('Nothing was changed.')
  return false
}

/** One after the other, since later ones need earlier ones; the first that fails ends it, and the file knows how far. */
async function makeAll(steps: readonly Step[], run: Run): Promise<void> {
  const { asked, values, io, clients, accountId } = run
  const { makeChange } = await import('../../shared/aws/sources-change.ts')
  const file = values.state ?? `bucketwatch-setup-${asked.stage}-${accountId}.json`
  run.journal ??= await openJournal(file, { stage: asked.stage, region: asked.region, accountId })
  const template = JSON.stringify(sourcesTemplate(asked.stage))
  for (const { change, what } of steps) {
    const index = await run.journal.begin(change)
    try {
      await makeChange(clients, change, { sleep, template })
    } catch (error) {
      io.err(`Ended at: ${what} What was put is in ${file}.`)
      throw error
    }
    await run.journal.mark(index, 'done')
    await io.out(`done: ${what}`)
  }
  await io.out(`What was put is in ${file}; \`bucketwatch setup --undo ${file}\` takes it back.`)
}

/** Takes back what a file says, the last first. */
async function undo(file: string, asked: Asked, values: Values, io: Io): Promise<number> {
  const { createSourceClients, readIdentity } = await import('../../shared/aws/source-clients.ts')
  const journal = await openJournal(file, undefined)
  const { region, accountId: whose, stage } = journal.head
  const [access] = asked.accesses
  const clients = createSourceClients({ region, ...(access !== undefined && { access }) })
  const { accountId } = await readIdentity(clients)
  if (accountId !== whose) throw usage(`${file} is of the account ${whose}, and these are credentials of ${accountId}.`)
  const open = [...journal.entries.entries()].filter(([, { status }]) => status !== 'undone').reverse()
  for (const [, { change }] of open) io.err(`takes back: ${change.kind} of ${change.resource}`)
  if (open.length === 0) {
    await io.out('All of it is taken back already.')
    return 0
  }
  if (values['dry-run'] === true) return 0
  const run: Run = { asked, values, io, clients, accountId, journal }
  if (!(await agreed(`Take ${plural(open.length, 'change')} of the stage ${stage} back?`, run))) return 1
  const { undoChange } = await import('../../shared/aws/sources-change.ts')
  let complete = true
  for (const [index, { change }] of open) {
    try {
      const undone = await undoChange(clients, change, { sleep })
      if (typeof undone === 'object') io.err(`stays: ${undone.stays}`)
      else
        await io.out(
          undone === 'undone'
            ? `taken back: ${change.kind} of ${change.resource}`
            : `was not there: ${change.kind} of ${change.resource}`,
        )
      await journal.mark(index, 'undone')
    } catch (error) {
      // One that cannot be taken back keeps none of the others in.
      if (!(error instanceof BucketwatchError)) throw error
      complete = false
      io.err(`not taken back: ${change.kind} of ${change.resource}: ${error.code}: ${error.message}`)
    }
  }
  return complete ? 0 : 1
}
