/** Whether a rule would see what it looks for, and if not, why and what would show it. */
import type { Detection, Severity } from '../detection/schema.ts'
import { judgeLogging, switchOffLogging } from './access-logging.ts'
import { coverClass, type EventClass, type Share } from './event-class.ts'
import type { AccountSources, BucketSources, StackLink, TrailFacts } from './facts.ts'
import { dataEventsPrice } from './prices.ts'
import { notificationOf, waysTo } from './reach.ts'
import { isGlobalService, managementEvents, objectEvents, selectorsOf, trailsFor, trailsIn } from './trails.ts'
import { needsOf, type Witness } from './witness.ts'

/** `unknown`: nothing speaks against it, but not all could be looked at. */
export type Sight = 'all' | 'part' | 'blind' | 'unknown'

export interface RuleCoverage {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly sight: Sight
  /** Why not everything is seen, or how it is: sentences. */
  readonly reasons: readonly string[]
  /** Commands that show it. */
  readonly remedies: readonly string[]
  /** What that costs; undefined: nothing, or nothing is missing. */
  readonly cost?: string | undefined
}

/** A bucket whose requests rules are to see. */
export interface Subject {
  readonly account: AccountSources
  readonly bucket: BucketSources
}

export interface World {
  readonly accounts: readonly AccountSources[]
  /** Buckets that are watched: all that hold no logs, or those that were asked for. */
  readonly subjects: readonly Subject[]
  /** undefined: no stack; rules are judged by what the sources would show it. */
  readonly stack: StackLink | undefined
  /** Why nobody knows whether there is a stack; undefined: it is known. */
  readonly stackUnknown?: string | undefined
  /** What commands need to mean this stack and these accounts: `--stage prod --region eu-west-1`. */
  readonly options: string
  /** What was found already, by trails and class. */
  readonly shares: Map<string, Share>
}

/** How much one way shows of one place. */
interface View {
  readonly share: Share | 'unknown'
  /** Without a full stop. */
  readonly why: string
  /** Commands, in order; those of ours without the options that mean this stack. */
  readonly remedies?: readonly string[] | undefined
}

/** What must be seen at one place, and how much of it is, by the best way. */
interface Need {
  readonly place: string
  readonly views: readonly View[]
  readonly requests?: number | undefined
}

/** Judges one rule. The rule's own examples say what it must be shown. */
export function seeRule(
  rule: { readonly detection: Detection; readonly severity: Severity },
  world: World,
): RuleCoverage {
  const { id, title } = rule.detection
  const about = { id, title, severity: rule.severity }
  const { calls, accessLog, pipeline } = needsOf(rule.detection)
  if (pipeline) {
    const said = 'It reads what the stack writes of itself'
    if (world.stack !== undefined) return { ...about, sight: 'all', reasons: [`${said}.`], remedies: [] }
    if (world.stackUnknown !== undefined)
      return { ...about, sight: 'unknown', reasons: [`${said}: ${world.stackUnknown}.`], remedies: [] }
    const remedies = [`bucketwatch deploy ${world.options}`]
    return { ...about, sight: 'blind', reasons: [`${said}, and there is none.`], remedies }
  }
  const data = calls.filter(({ category }) => category === 'Data')
  const management = calls.filter(({ category }) => category === 'Management')
  const needs = [
    ...(data.length > 0 || accessLog ? bucketNeeds(world, data, accessLog) : []),
    ...(management.length > 0 ? regionNeeds(world, management) : []),
  ]
  const seen = sum(needs, data.length > 0)
  return { ...about, ...seen, remedies: seen.remedies.map((command) => withOptions(command, world)) }
}

/** A command of ours is told which stack is meant; one of AWS's has all it needs. */
const withOptions = (command: string, { options }: World): string =>
  command.startsWith('bucketwatch ') ? `${command} ${options}`.trim() : command

function bucketNeeds(world: World, data: readonly Witness[], accessLog: boolean): Need[] {
  return world.subjects.map((subject) => ({
    place: subject.bucket.bucket,
    requests: subject.bucket.requests.known ? subject.bucket.requests.value : undefined,
    views: [
      ...(data.length > 0 ? [dataView(world, subject, data)] : []),
      ...(accessLog ? [accessLogView(world, subject)] : []),
    ],
  }))
}

function dataView(world: World, { account, bucket }: Subject, calls: readonly Witness[]): View {
  const remedies = [`bucketwatch setup ${bucket.bucket} --only data-events`]
  if (!bucket.region.known) return { share: 'unknown', why: `Its Region is not known: ${bucket.region.reason}` }
  const { trails, unknown } = trailsIn(account, bucket.region.value)
  const classes = calls.map(({ eventName, readOnly }) =>
    objectEvents(account.partition, bucket.bucket, { eventName, readOnly }),
  )
  return viewOf(world, trails, unknown, classes, calls, 'CloudTrail logs no such data events of it', remedies)
}

function regionNeeds(world: World, calls: readonly Witness[]): Need[] {
  return world.accounts.flatMap((account) => {
    const regions = new Set(
      world.subjects.flatMap((subject) =>
        subject.account === account && subject.bucket.region.known ? [subject.bucket.region.value] : [],
      ),
    )
    const global = calls.filter(({ eventSource }) => isGlobalService(eventSource))
    const regional = calls.filter(({ eventSource }) => !isGlobalService(eventSource))
    const needs: Need[] = []
    const add = (
      place: string,
      trails: readonly TrailFacts[],
      unknown: readonly string[],
      some: readonly Witness[],
    ) => {
      if (some.length === 0) return
      const classes = some.map(({ eventName, eventSource, readOnly }) =>
        managementEvents({ eventName, eventSource, readOnly }),
      )
      const missing = 'no trail logs such management events there'
      const remedies = trails.length === 0 ? ['bucketwatch setup --new-trail'] : []
      needs.push({
        place: `${account.accountId} ${place}`,
        views: [viewOf(world, trails, unknown, classes, some, missing, remedies)],
      })
    }
    for (const region of regions) {
      const { trails, unknown } = trailsIn(account, region)
      add(region, trails, unknown, regional)
    }
    // What happens where no bucket is yet: a multi-Region trail sees it, others do not.
    const everywhere = account.trails.filter(
      (trail) => trail.multiRegion && (!trail.status.known || trail.status.value.logging),
    )
    add('in all other Regions', everywhere, [], regional)
    if (global.length > 0) {
      const { trails, unknown } = trailsFor(account, 'us-east-1', global[0]!.eventSource)
      add('global services', trails, unknown, global)
    }
    return needs
  })
}

/** How much of some classes of events trails show the stack. */
function viewOf(
  world: World,
  trails: readonly TrailFacts[],
  unknown: readonly string[],
  classes: readonly EventClass[],
  calls: readonly Witness[],
  missing: string,
  remedies: readonly string[],
): View {
  const read = trails.map((trail) => ({ trail, ways: reached(world, trail) }))
  const share = shareOf(
    world,
    read.filter(({ ways }) => ways === true).map(({ trail }) => trail),
    classes,
  )
  if (share === 'all') return { share, why: 'CloudTrail' }
  const withUnread = shareOf(world, trails, classes)
  const unread = read.filter(({ ways }) => ways !== true)
  if (unread.length > 0 && withUnread !== share) {
    const { trail, ways } = unread[0]!
    if (ways === false) {
      const why = `the trail ${trail.name} logs it, but its bucket ${trail.bucket} does not tell the stack`
      return { share, why, remedies: [`bucketwatch connect ${trail.bucket} --kind cloudtrail`] }
    }
    return { share: 'unknown', why: `whether ${trail.bucket} tells the stack could not be looked at: ${ways}` }
  }
  if (unknown.length > 0) return { share: 'unknown', why: `not all trails could be looked at: ${unknown.join('; ')}` }
  if (share === 'none') return { share, why: missing, remedies }
  const gaps = calls.filter((_, index) => shareOf(world, trails, [classes[index]!]) !== 'all')
  const names = [...new Set(gaps.map(({ eventName }) => eventName))]
  return {
    share,
    why: `event selectors leave out some of ${names.slice(0, 4).join(', ')}${names.length > 4 ? ' …' : ''}`,
    remedies,
  }
}

/** Rules ask for the same calls of the same buckets again and again: each answer is kept. */
function shareOf({ shares }: World, trails: readonly TrailFacts[], classes: readonly EventClass[]): Share {
  const by = trails.map(({ arn }) => arn).join(' ')
  const found = new Set(
    classes.map((wanted) => {
      const key = `${by} ${JSON.stringify(wanted)}`
      const share = shares.get(key) ?? coverClass(trails.flatMap(selectorsOf), wanted).share
      shares.set(key, share)
      return share
    }),
  )
  return found.size === 1 ? [...found][0]! : 'part'
}

/** True: the stack reads what the trail delivers; false: it does not; a text: why nobody knows. */
function reached({ stack, stackUnknown, accounts }: World, { bucket }: TrailFacts): boolean | string {
  if (stackUnknown !== undefined) return stackUnknown
  if (stack === undefined) return true
  const ways = waysTo(stack, 'cloudtrail', notificationOf(accounts, bucket))
  return ways.known ? ways.value.length > 0 : ways.reason
}

function accessLogView({ stack, stackUnknown, accounts }: World, { account, bucket }: Subject): View {
  const { state, problems } = judgeLogging(bucket, account)
  const target = bucket.logging.known ? bucket.logging.value?.bucket : undefined
  const setUp = `bucketwatch setup ${bucket.bucket} --only access-logs`
  const problem = problems[0]?.what.replace(/\.$/, '')
  if (state === 'off') return { share: 'none', why: 'server access logging is off', remedies: [setUp] }
  if (state === 'wrong')
    return {
      share: 'none',
      why: `access logs do not arrive: ${problem}`,
      remedies: [switchOffLogging(bucket.bucket), setUp],
    }
  if (state === 'unknown') return { share: 'unknown', why: `access logging: ${problem}` }
  if (stackUnknown !== undefined)
    return { share: 'unknown', why: `whether ${target} tells the stack could not be looked at: ${stackUnknown}` }
  if (stack === undefined || target === undefined) return { share: 'all', why: ACCESS_LOG }
  const ways = waysTo(stack, 'access-log', notificationOf(accounts, target))
  if (!ways.known)
    return { share: 'unknown', why: `whether ${target} tells the stack could not be looked at: ${ways.reason}` }
  if (ways.value.length > 0) return { share: 'all', why: ACCESS_LOG }
  return {
    share: 'none',
    why: `access logs arrive in ${target}, which does not tell the stack`,
    remedies: [`bucketwatch connect ${target} --kind access-log`],
  }
}

const ACCESS_LOG = 'access logs, hours late and best effort'

const RANK = { all: 3, part: 2, unknown: 1, none: 0 } as const

/** The best way decides what is seen of a place. */
function bestOf({ views }: Need): View {
  return views.reduce((best, view) => (RANK[view.share] > RANK[best.share] ? view : best))
}

function sum(
  needs: readonly Need[],
  byDataEvents: boolean,
): Pick<RuleCoverage, 'sight' | 'reasons' | 'remedies' | 'cost'> {
  if (needs.length === 0) return { sight: 'unknown', reasons: ['There is no bucket to look at.'], remedies: [] }
  const best = needs.map((need) => ({ need, view: bestOf(need) }))
  const count = (share: View['share']) => best.filter(({ view }) => view.share === share).length
  const lacking = best.filter(({ view }) => view.share !== 'all')
  if (lacking.length === 0) {
    const how = [...new Set(best.map(({ view }) => view.why))]
    return { sight: 'all', reasons: [`By ${how.join('; ')}.`], remedies: [] }
  }
  const reasons = new Map<string, string[]>()
  for (const { need, view } of lacking)
    for (const why of lackingViews(need, view)) reasons.set(why, [...(reasons.get(why) ?? []), need.place])
  const unseen = lacking.filter(({ view }) => view.share !== 'unknown')
  return {
    sight: sightOf(count, needs.length),
    reasons: [...reasons].map(([why, places]) => `${some(places)}: ${why}.`),
    remedies: remediesOf(unseen.flatMap(({ view }) => view.remedies ?? [])),
    ...(byDataEvents && unseen.length > 0 && { cost: costOf(unseen.map(({ need }) => need)) }),
  }
}

function sightOf(count: (share: View['share']) => number, total: number): Sight {
  if (count('none') === total) return 'blind'
  return count('none') + count('part') > 0 && count('all') + count('part') > 0 ? 'part' : 'unknown'
}

/** Where nothing is seen, every way says why; else the best one does. */
const lackingViews = ({ views }: Need, best: View): string[] =>
  best.share === 'none' ? views.map(({ why }) => why) : [best.why]

const some = (places: readonly string[]): string =>
  places.length <= 3 ? places.join(', ') : `${places.slice(0, 2).join(', ')} and ${places.length - 2} more`

/** So many commands for single buckets are listed; the doctor has them all. */
const MAX_COMMANDS = 5

/** One command for all buckets where there is one for each; what must be switched off first comes first. */
function remediesOf(found: readonly string[]): string[] {
  const unique = [...new Set(found)]
  const setUps = unique.flatMap((text) => {
    const [, bucket = '', only = ''] = /^bucketwatch setup (\S+) --only (\S+)$/.exec(text) ?? []
    return only === '' ? [] : [{ text, bucket, only }]
  })
  const rest = unique.filter((text) => !setUps.some((one) => one.text === text))
  const byAws = rest.filter((text) => text.startsWith('aws '))
  return [
    ...(byAws.length > MAX_COMMANDS ? ['bucketwatch doctor'] : byAws),
    ...[...Map.groupBy(setUps, ({ only }) => only)].map(
      ([only, ones]) =>
        `bucketwatch setup ${ones.length > MAX_COMMANDS ? '' : `${ones.map(({ bucket }) => bucket).join(' ')} `}--only ${only}`,
    ),
    ...rest.filter((text) => !text.startsWith('aws ')),
  ]
}

function costOf(needs: readonly Need[]): string {
  const counted = needs.every(({ requests }) => requests !== undefined)
  return dataEventsPrice(counted ? needs.reduce((all, { requests = 0 }) => all + requests, 0) : undefined)
}
