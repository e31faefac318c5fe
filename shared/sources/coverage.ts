/**
 * The whole picture as data: accounts with their trails, buckets with a cell for each source, rules with what they see.
 * The table for people, `--json` and the report's section are made of it.
 */
import type { Detection, Severity } from '../detection/schema.ts'
import type { Fact } from '../doctor/finding.ts'
import { judgeLogging, wayBack } from './access-logging.ts'
import { type AccountSettingsCoverage, accountSettings, blockCell, NOT_LOOKED_AT } from './account-settings.ts'
import type { Cell, CellName } from './cell.ts'
import { coverClass, describeEvent, type EventClass } from './event-class.ts'
import type { AccountSources, BucketSources, StackLink, TrailFacts } from './facts.ts'
import { isLogBucketName } from './log-bucket-name.ts'
import { notificationOf, waysTo } from './reach.ts'
import { type RuleCoverage, type Subject, seeRule, type World } from './see-rule.ts'
import { managementEvents, objectEvents, selectorsOf, trailsIn } from './trails.ts'

export interface BucketCoverage {
  readonly bucket: string
  readonly region: string | undefined
  /** What is delivered here: such a bucket is left out of data events, and need not log its own requests. */
  readonly holds: readonly ('CloudTrail logs' | 'access logs')[]
  readonly cells: Readonly<Record<CellName, Cell>>
  /** Of the last 30 days; undefined: not counted. */
  readonly requests: number | undefined
}

export interface TrailCoverage {
  readonly arn: string
  readonly name: string
  readonly homeRegion: string
  readonly scope: string
  readonly bucket: string
  readonly prefix: string
  readonly kmsKeyId: string | undefined
  readonly logFileValidation: boolean
  readonly logging: boolean | undefined
  /** Milliseconds since the epoch. */
  readonly latestDelivery: number | undefined
  /** Sentences: what is wrong with it, or not known. */
  readonly problems: readonly string[]
  readonly aggregation: readonly string[]
}

export interface AccountCoverage {
  readonly accountId: string
  readonly via: string | undefined
  readonly trails: readonly TrailCoverage[]
  readonly buckets: readonly BucketCoverage[]
  /** What could not be looked at, and rules depend on. */
  readonly problems: readonly string[]
  /** What stands beside, and no rule is judged by. */
  readonly settings: AccountSettingsCoverage
}

export interface CoverageReport {
  readonly kind: 'coverage'
  /** Of this form. */
  readonly version: 1
  readonly stage: string
  readonly region: string
  /** False: there is no stack, and rules are judged by what the sources would show it; a text: why nobody knows. */
  readonly stack: boolean | string
  readonly accounts: readonly AccountCoverage[]
  readonly rules: readonly RuleCoverage[]
  /** What of the stack could not be looked at: sentences. */
  readonly problems: readonly string[]
  /** What no command looks at: parts of sentences. */
  readonly notLookedAt: readonly string[]
  readonly totals: { readonly all: number; readonly part: number; readonly blind: number; readonly unknown: number }
}

export interface CoverageInput {
  readonly stage: string
  readonly region: string
  readonly accounts: readonly AccountSources[]
  readonly stack: StackLink | undefined
  /** Why nobody knows whether there is a stack; undefined: it is known. */
  readonly stackUnknown?: string | undefined
  /** Buckets that were asked for; empty: all that hold no logs. */
  readonly asked: readonly string[]
  readonly rules: readonly { readonly detection: Detection; readonly severity: Severity }[]
  /** See {@link World.options}. */
  readonly options: string
}

/**
 * Puts the picture together.
 *
 * @example
 * coverageOf({ stage: 'prod', region: 'eu-west-1', accounts, stack, asked: [], rules, options: '--stage prod' }).totals.blind
 */
export function coverageOf(input: CoverageInput): CoverageReport {
  const { stage, region, accounts, stack, asked, options } = input
  const holds = heldBy(accounts, stack)
  const subjects = subjectsOf(accounts, asked, holds)
  const { stackUnknown } = input
  const world: World = { accounts, subjects, stack, stackUnknown, options, shares: new Map() }
  const rules = input.rules.map((rule) => seeRule(rule, world))
  const count = (sight: RuleCoverage['sight']) => rules.filter((rule) => rule.sight === sight).length
  return {
    kind: 'coverage',
    version: 1,
    stage,
    region,
    stack: stackUnknown ?? stack !== undefined,
    accounts: accounts.map((account) => ({
      accountId: account.accountId,
      via: account.via,
      trails: account.trails.map(trailCoverage),
      buckets: (account.buckets.known ? account.buckets.value : [])
        .filter(({ bucket }) => asked.length === 0 || asked.includes(bucket) || holds.has(bucket))
        .map((bucket) => bucketCoverage(bucket, account, world, holds)),
      problems: problemsOf(account),
      settings: accountSettings(account),
    })),
    rules,
    problems: stackProblems(stack),
    notLookedAt: NOT_LOOKED_AT,
    totals: { all: count('all'), part: count('part'), blind: count('blind'), unknown: count('unknown') },
  }
}

function stackProblems(stack: StackLink | undefined): string[] {
  return (stack?.kinds ?? []).flatMap(({ kind, queue, locations }) => [
    ...(queue.known ? [] : [`The stack’s queue of ${kind} logs could not be looked at: ${queue.reason}`]),
    ...(locations.known
      ? []
      : [`Which buckets the stack reads for ${kind} logs could not be looked at: ${locations.reason}`]),
  ])
}

type Holds = ReadonlyMap<string, ReadonlySet<BucketCoverage['holds'][number]>>

/** By bucket: which logs are delivered there, by what trails, buckets and the stack's parameters say. */
export function heldBy(accounts: readonly AccountSources[], stack: StackLink | undefined): Holds {
  const holds = new Map<string, Set<BucketCoverage['holds'][number]>>()
  const add = (bucket: string, what: BucketCoverage['holds'][number]) => {
    holds.set(bucket, (holds.get(bucket) ?? new Set()).add(what))
  }
  for (const { accountId, trails, buckets } of accounts) {
    for (const { bucket } of trails) add(bucket, 'CloudTrail logs')
    for (const { bucket, logging } of buckets.known ? buckets.value : []) {
      if (isLogBucketName(bucket, accountId)) add(bucket, 'access logs')
      if (logging.known && logging.value !== undefined) add(logging.value.bucket, 'access logs')
    }
  }
  for (const { kind, locations } of stack?.kinds ?? []) {
    for (const { bucket } of locations.known ? locations.value : [])
      add(bucket, kind === 'cloudtrail' ? 'CloudTrail logs' : 'access logs')
  }
  return holds
}

/** The buckets to watch. A bucket whose logs come back to it is one, whatever it holds. */
export function subjectsOf(accounts: readonly AccountSources[], asked: readonly string[], holds: Holds): Subject[] {
  return accounts.flatMap((account) =>
    (account.buckets.known ? account.buckets.value : [])
      .filter((one) =>
        asked.length === 0 ? !holds.has(one.bucket) || wayBack(one, account) !== undefined : asked.includes(one.bucket),
      )
      .map((bucket) => ({ account, bucket })),
  )
}

function problemsOf({ buckets, trailsIn: listed }: AccountSources): string[] {
  return [
    ...(buckets.known ? [] : [`Its buckets could not be listed: ${buckets.reason}`]),
    ...[...listed].flatMap(([region, trails]) =>
      trails.known ? [] : [`Trails of ${region} could not be looked at: ${trails.reason}`],
    ),
  ]
}

function trailCoverage(trail: TrailFacts): TrailCoverage {
  const { arn, name, homeRegion, bucket, prefix, kmsKeyId, logFileValidation, status } = trail
  return {
    arn,
    name,
    homeRegion,
    scope: [trail.organization ? 'organization' : 'account', trail.multiRegion ? 'all Regions' : homeRegion].join(', '),
    bucket,
    prefix,
    kmsKeyId,
    logFileValidation,
    logging: status.known ? status.value.logging : undefined,
    latestDelivery: status.known ? status.value.latestDelivery : undefined,
    problems: trailProblems(trail),
    aggregation: trail.aggregation.known ? trail.aggregation.value : [],
  }
}

function trailProblems({
  status,
  selectors,
  multiRegion,
  homeRegion,
  globalServiceEvents,
  logFileValidation,
  aggregation,
}: TrailFacts): string[] {
  return [
    ...(status.known ? [] : [`Whether it logs could not be looked at: ${status.reason}`]),
    ...(status.known && !status.value.logging ? ['It is stopped.'] : []),
    ...(status.known && status.value.latestDeliveryError !== undefined
      ? [`Its last delivery failed: ${status.value.latestDeliveryError}.`]
      : []),
    ...(status.known && status.value.latestDigestError !== undefined
      ? [`Its last digest failed: ${status.value.latestDigestError}.`]
      : []),
    ...(selectors.known ? [] : [`What it selects could not be looked at: ${selectors.reason}`]),
    ...(multiRegion ? [] : [`It logs ${homeRegion} only.`]),
    ...(globalServiceEvents ? [] : ['It leaves out services without a Region (IAM, STS).']),
    ...(logFileValidation ? [] : ['Log file validation is off: nobody can prove that its files are whole.']),
    ...(aggregation.known ? [] : [`Whether it aggregates data events could not be looked at: ${aggregation.reason}`]),
  ]
}

function bucketCoverage(facts: BucketSources, account: AccountSources, world: World, holds: Holds): BucketCoverage {
  const { bucket, region, requests } = facts
  const held = [...(holds.get(bucket) ?? [])]
  const objects = (readOnly: boolean) => objectEvents(account.partition, bucket, { readOnly })
  return {
    bucket,
    region: region.known ? region.value : undefined,
    holds: held,
    requests: requests.known ? requests.value : undefined,
    cells: {
      managementEvents: trailCell(facts, account, managementEvents()),
      dataReads: trailCell(facts, account, objects(true)),
      dataWrites: trailCell(facts, account, objects(false)),
      accessLogs: loggingCell(facts, account),
      requestMetrics: cell(facts.requestMetrics, metricsCell),
      notification: notificationCell(bucket, held, world),
      versioning: cell(facts.versioning, (status) => ({
        state: status === 'Enabled' ? 'on' : 'off',
        what: status ?? 'never switched on',
      })),
      publicAccessBlock: blockCell(facts.publicAccessBlock, account.publicAccessBlock),
    },
  }
}

function cell<T>(fact: Fact<T>, judge: (value: T) => Cell): Cell {
  return fact.known ? judge(fact.value) : { state: 'unknown', what: fact.reason }
}

function trailCell({ region }: BucketSources, account: AccountSources, wanted: EventClass): Cell {
  if (!region.known) return { state: 'unknown', what: region.reason }
  const { trails, selectors, unknown } = trailsIn(account, region.value)
  const { share, unseen } = coverClass(selectors, wanted)
  const by = trails.filter((trail) => coverClass(selectorsOf(trail), wanted).share !== 'none').map(({ name }) => name)
  if (share === 'all') return { state: 'on', what: by.join(', ') }
  if (unknown.length > 0) return { state: 'unknown', what: unknown.join('; ') }
  if (share === 'none')
    return { state: 'off', what: trails.length === 0 ? 'no trail logs here' : 'no trail selects them' }
  const without = unseen === undefined ? '' : `, not ${describeEvent(unseen, wanted)}`
  return { state: 'part', what: `${by.join(', ')}${without}` }
}

function loggingCell(facts: BucketSources, account: AccountSources): Cell {
  const { state, problems } = judgeLogging(facts, account)
  const problem = problems.map(({ what }) => what).join(' ')
  if (state === 'off') return { state, what: 'off' }
  if (!facts.logging.known || facts.logging.value === undefined) return { state: 'unknown', what: problem }
  const { bucket, prefix, layout } = facts.logging.value
  const where = `to ${bucket}${prefix === '' ? '' : `/${prefix}`} (${layout})`
  return { state, what: problem === '' ? where : `${where}: ${problem}` }
}

/** A filter counts a part of the requests. */
function metricsCell(configurations: readonly { readonly id: string; readonly filter: string | undefined }[]): Cell {
  if (configurations.length === 0) return { state: 'off', what: 'no metrics configuration' }
  const whole = configurations.find(({ filter }) => filter === undefined)
  if (whole !== undefined) return { state: 'on', what: whole.id }
  const parts = configurations.slice(0, 3).map(({ id, filter }) => `${id} (${filter})`)
  return { state: 'part', what: `${parts.join(', ')}${configurations.length > 3 ? ' …' : ''}` }
}

/** Only a bucket that holds logs has anything to tell the stack. */
function notificationCell(
  bucket: string,
  held: BucketCoverage['holds'],
  { accounts, stack, stackUnknown }: World,
): Cell {
  if (held.length === 0) return { state: 'off', what: 'holds no logs' }
  if (stackUnknown !== undefined) return { state: 'unknown', what: stackUnknown }
  if (stack === undefined) return { state: 'off', what: 'there is no stack' }
  const notification = notificationOf(accounts, bucket)
  if (!notification.known) return { state: 'unknown', what: notification.reason }
  const ways = held.map((what) => {
    const found = waysTo(stack, what === 'CloudTrail logs' ? 'cloudtrail' : 'access-log', notification)
    return { what, ways: found.known ? found.value : [] }
  })
  const said = ways.map((one) => `${one.what}: ${one.ways.length === 0 ? 'nobody is told' : one.ways.join(' and ')}`)
  const on = ways.filter((one) => one.ways.length > 0).length
  return { state: on === ways.length ? 'on' : on === 0 ? 'off' : 'part', what: said.join('; ') }
}
