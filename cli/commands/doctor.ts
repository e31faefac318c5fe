import type { AdminClients } from '../../shared/aws/admin-clients.ts'
import { siblingStackName } from '../../shared/connect/names.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { checkBucket } from '../../shared/doctor/check-bucket.ts'
import { checkKind, checkStack } from '../../shared/doctor/check-stack.ts'
import { checkTemplate } from '../../shared/doctor/check-template.ts'
import type { KindFacts, Location, StackFacts } from '../../shared/doctor/facts.ts'
import { createReport, type Finding, type Level } from '../../shared/doctor/finding.ts'
import { kindByFolder, kindNames, type LogKind } from '../../shared/kinds/kinds.ts'
import { printFacts } from '../doctor-facts.ts'
import { settingsFindings } from '../doctor-settings.ts'
import { sourceFindings } from '../doctor-sources.ts'
import { type Command, type Io, printText, usage } from '../io.ts'
import { OWN_OPTIONS, OWN_USAGE } from '../own-facts.ts'
import { readArgs } from '../read-args.ts'
import { createPaint, plural } from '../render.ts'
import { checkBucketName, readKind, readRegion, readStage, STACK_OPTIONS } from '../stack-options.ts'

const OPTIONS = {
  ...STACK_OPTIONS,
  ...OWN_OPTIONS,
  owner: { type: 'string' },
  'no-sources': { type: 'boolean' },
  settings: { type: 'string' },
  facts: { type: 'boolean' },
  write: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** What goes with `--facts` alone, and what does not go with it. */
const FACTS_ONLY = ['write', 'regions', 'only', 'profile', 'role-arn'] as const
const STACK_ONLY = ['stage', 'kind', 'owner', 'bucket-profile', 'no-sources'] as const

/** `doctor [BUCKET…]`: what keeps logs from becoming alerts, and what to do about it. */
export const doctor: Command = {
  summary: 'check a deployed stack and its buckets, with the statement that mends each failure',
  usage: `usage: bucketwatch doctor [BUCKET[/PREFIX]…] [--stage STAGE] [--region REGION] [options]
       bucketwatch doctor --facts [--write settings.yml] [--regions A,B] [options]

Looks at a deployed stack, and at the buckets given (default: those it was deployed for): whether logs are let into the
bucket, whether notifications reach the queue, whether the function may read and decrypt, whether anything loops, fails
or waits, whether somebody gets the alerts, and whether each resource is still what the template says. Without a bucket
also at the account's trails, data events and access logs, and whether the settings still say what AWS says. Changes
nothing.

--stage STAGE        the deployed stage (default dev)
--region REGION      the stack's Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1)
--kind KIND          ${kindNames()}: which logs the buckets given hold, where the stack does not tell
--owner ACCOUNT      the account that owns the buckets given, where the stack does not expect it
--bucket-profile P   the profile that may look at the buckets, if they are another account's
--no-sources         leave the account's trails and buckets, and the settings, out (they are looked at where no bucket is
                     given)
--settings FILE      your settings (default: as bucketwatch.yml says)
--json               one JSON object a line: {"check","level","subject","what","why","fix"}

--facts asks AWS instead which accounts, organizations, networks, buckets and distributions are yours, and prints them as
lines of a settings file (standard output) and what is to be said of them (standard error). It needs no stack.
--write FILE         add what is missing to this settings file, which is made if it is not there; takes nothing away
${OWN_USAGE}
--json               all of it as one JSON object

Exit 0: no failure. 1: failures; the stack cannot be looked at; a fact cannot be read. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: OPTIONS,
    })
    const isFacts = values.facts === true
    const misplaced = (isFacts ? STACK_ONLY : FACTS_ONLY).find((name) => values[name] !== undefined)
    if (misplaced !== undefined) throw usage(`--${misplaced} goes ${isFacts ? 'without' : 'with'} --facts.`)
    if (isFacts && positionals.length > 0) throw usage('--facts is of the whole account: give no bucket.')
    if (isFacts) return await printFacts(values, io)
    const stage = readStage(values.stage)
    const kind = readKind(values.kind)
    const { owner } = values
    if (owner !== undefined && !/^\d{12}$/.test(owner)) throw usage('--owner is an account id of 12 digits.')
    const asked = positionals.map(readLocation)
    const now = io.now()
    const { createAdminClients } = await import('../../shared/aws/admin-clients.ts')
    const { fetchStackFacts } = await import('../../shared/aws/doctor-facts.ts')
    const clients = createAdminClients({
      region: await readRegion(values.region, io.env),
      bucketProfile: values['bucket-profile'],
    })
    const stack = await fetchStackFacts(clients, stage, now)
    const targets = chooseTargets(stack, asked, kind)
    const isWhole = asked.length === 0 && values['no-sources'] !== true
    const findings = [
      ...checkStack(stack),
      ...stack.kinds.flatMap((one) => checkKind(stack, one, now)),
      ...(await checkTemplates(clients, stack)),
      ...(await checkBuckets(clients, stack, targets, owner, now)),
      ...(isWhole ? await sourceFindings({ stage: values.stage, region: values.region }, io) : []),
      ...(isWhole ? await settingsFindings(values, io) : []),
    ]
    if (values.json === true) for (const finding of findings) await io.out(JSON.stringify(finding))
    else await print(findings, io)
    return findings.some(({ level }) => level === 'fail') ? 1 : 0
  },
}

/** `bucket` or `bucket/prefix`. */
function readLocation(text: string): Location {
  const slash = text.indexOf('/')
  const bucket = checkBucketName(slash < 0 ? text : text.slice(0, slash))
  return { bucket, prefix: slash < 0 ? '' : text.slice(slash + 1) }
}

interface Target extends Location {
  readonly kind: KindFacts
}

/** The buckets asked for, with kind and prefix as the stack knows them; without any, all that the stack reads. */
function chooseTargets(stack: StackFacts, asked: readonly Location[], kind: LogKind | undefined): Target[] {
  const all = stack.kinds
    .filter((facts) => kind === undefined || facts.kind === kind)
    .flatMap((facts) =>
      facts.locations.known ? facts.locations.value.map((location) => ({ ...location, kind: facts })) : [],
    )
  if (asked.length === 0) return all
  return asked.flatMap(({ bucket, prefix }) => {
    const known = all.filter((one) => one.bucket === bucket && (prefix === '' || one.prefix === prefix))
    if (known.length > 0) return known
    const guessed = kind ?? kindByFolder(prefix)
    const facts = stack.kinds.find((one) => one.kind === guessed)
    if (facts === undefined) throw usage(`the stack does not know ${bucket}: give --kind ${kindNames()}.`)
    return [{ bucket, prefix, kind: facts }]
  })
}

/** The stack's resources, and those of its sibling where there is one, against their templates. */
async function checkTemplates(clients: AdminClients, { name, region, stage }: StackFacts): Promise<Finding[]> {
  const { fetchTemplateFacts } = await import('../../shared/aws/template-facts.ts')
  const findings: Finding[] = []
  for (const stackName of [name, siblingStackName(stage)]) {
    const facts = await fetchTemplateFacts(clients, { stackName, prefix: name, region })
    if (facts !== undefined) findings.push(...checkTemplate(facts))
  }
  return findings
}

async function checkBuckets(
  clients: AdminClients,
  stack: StackFacts,
  targets: readonly Target[],
  owner: string | undefined,
  now: number,
): Promise<Finding[]> {
  const { fetchBucketFacts } = await import('../../shared/aws/doctor-facts.ts')
  const findings: Finding[] = []
  // One after the other: each asks for a dozen things at once.
  for (const { bucket, prefix, kind } of targets) {
    try {
      const facts = await fetchBucketFacts(clients, stack, kind, { bucket, prefix, owner, now })
      findings.push(...checkBucket(stack, kind, facts, now))
    } catch (error) {
      if (!(error instanceof BucketwatchError) || error.code !== 'AWS_CALL') throw error
      const fix = `Look at it with credentials of the account that owns it: --bucket-profile PROFILE`
      findings.push(
        createReport(bucket)('fail', 'bucket', error.message, { ...(error.details.status === 403 && { fix }) }),
      )
    }
  }
  return findings
}

const WORDS: Readonly<Record<Level, string>> = { ok: 'ok', note: 'note', warn: 'look', fail: 'FAIL' }
const STYLES = { ok: 'green', note: 'dim', warn: 'yellow', fail: 'red' } as const

async function print(findings: readonly Finding[], io: Io): Promise<void> {
  const paint = createPaint(io.outIsTerminal, io.env)
  let subject: string | undefined
  for (const finding of findings) {
    if (finding.subject !== subject) {
      subject = finding.subject
      await io.out(paint('bold', subject))
    }
    const { level, check, what, why, fix } = finding
    await io.out(`  ${paint(STYLES[level], WORDS[level].padEnd(4))}  ${what} ${paint('dim', `[${check}]`)}`)
    if (why !== undefined) await io.out(`        ${why}`)
    if (fix !== undefined) await printText(io, `        → ${fix.replaceAll('\n', '\n          ')}`)
  }
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length
  const notes = count('note') === 0 ? '' : `, ${plural(count('note'), 'note')}`
  await io.out(
    `${plural(findings.length, 'check')}: ${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed${notes}`,
  )
}
