/** What `setup` would change in an account, one step for each setting. Pure: over facts that were fetched. */
import type { Obstacle } from '../connect/plan.ts'
import { heldBy, subjectsOf } from './coverage.ts'
import { coverClass } from './event-class.ts'
import type { AccountSources, BucketSources, StackLink, TrailFacts } from './facts.ts'
import { planAccessLogs } from './plan-access-logs.ts'
import { chooseTrail, planDataEvents } from './plan-data-events.ts'
import { planMetrics } from './plan-metrics.ts'
import { planNotifications } from './plan-notifications.ts'
import { dataEventsPrice } from './prices.ts'
import { EMPTY, joinPlans, names, type SetupPlan, type SetupWish } from './setup-plan.ts'
import type { Source, Step } from './step.ts'
import { objectEvents, trailsIn } from './trails.ts'

/**
 * Plans all that is wished for an account, buckets for logs before what is delivered to them.
 *
 * @example
 * planSetup(account, stack, { stage: 'prod', buckets: [], sources: ['data-events'], … }).steps
 */
export function planSetup(account: AccountSources, stack: StackLink | undefined, wish: SetupWish): SetupPlan {
  const holds = heldBy([account], stack)
  const subjects = subjectsOf([account], wish.buckets, holds)
    .map(({ bucket }) => bucket)
    .filter(({ bucket }) => bucket !== wish.logBucket || wish.buckets.includes(bucket))
  const has = (source: Source) => wish.sources.includes(source)
  if (!account.buckets.known)
    return {
      ...EMPTY,
      obstacles: [{ what: `The buckets could not be listed: ${account.buckets.reason}`, fix: 'Name them.' }],
    }
  const logs = has('access-logs') ? planAccessLogs(account, subjects, wish) : { ...EMPTY, targets: [] }
  const logBuckets = [
    ...new Set([...holds.keys(), ...logs.targets, ...(wish.logBucket === undefined ? [] : [wish.logBucket])]),
  ]
  return joinPlans([
    logs,
    has('data-events') ? planTrail(account, subjects, logBuckets, wish) : EMPTY,
    has('request-metrics') ? planMetrics(subjects, wish) : EMPTY,
    has('notifications')
      ? planNotifications(account, stack, logBuckets.filter(isHere(account, logs.targets)), madeBy(logs.steps), wish)
      : EMPTY,
  ])
}

/** Buckets that steps make, and in which Region. */
const madeBy = (steps: readonly Step[]): ReadonlyMap<string, string> =>
  new Map(
    steps.flatMap(({ change }) => (change.kind === 'log-bucket' ? [[change.resource, change.region] as const] : [])),
  )

/** A bucket of logs that this account's trails and buckets deliver to; what other accounts' do is theirs to connect. */
function isHere(account: AccountSources, targets: readonly string[]): (bucket: string) => boolean {
  const held = heldBy([account], undefined)
  const own = account.buckets.known ? account.buckets.value.map(({ bucket }) => bucket) : []
  return (bucket) => held.has(bucket) || targets.includes(bucket) || own.includes(bucket)
}

/** S3 data events of the buckets that no trail logs whole. */
function planTrail(
  account: AccountSources,
  subjects: readonly BucketSources[],
  logBuckets: readonly string[],
  wish: SetupWish,
): SetupPlan {
  const { partition } = account
  const isLogged = ({ bucket, region }: BucketSources) =>
    region.known &&
    coverClass(trailsIn(account, region.value).selectors, objectEvents(partition, bucket)).share === 'all'
  const missing = subjects.filter((bucket) => !isLogged(bucket))
  const kept =
    subjects.length > missing.length ? [`Data events of ${names(subjects.filter(isLogged))} are logged already.`] : []
  if (missing.length === 0 && subjects.length > 0) return { ...EMPTY, kept }
  const chosen = chooseTrail(account, wish.trail)
  if ('obstacle' in chosen) return { ...EMPTY, kept, obstacles: [chosen.obstacle] }
  const { trail } = chosen
  if (!trail.selectors.known) {
    const what = `What ${trail.name} selects could not be looked at: ${trail.selectors.reason}`
    return { ...EMPTY, kept, obstacles: [{ what, fix: 'Grant cloudtrail:GetEventSelectors.' }] }
  }
  const plan = planDataEvents(trail.selectors.value, {
    stage: wish.stage,
    partition,
    buckets: wish.buckets.length === 0 ? 'all' : missing.map(({ bucket }) => bucket),
    logBuckets,
  })
  const obstacles = outsideOf(trail, missing)
  if (!plan.changed) return { ...EMPTY, kept: [...kept, `${trail.name} selects what is wished already.`], obstacles }
  const counted = missing.every(({ requests }) => requests.known && requests.value !== undefined)
  const requests = missing.reduce((sum, bucket) => sum + (bucket.requests.known ? (bucket.requests.value ?? 0) : 0), 0)
  const whose = wish.buckets.length === 0 ? 'all buckets, now and later, without those that hold logs' : names(missing)
  const step: Step = {
    change: {
      kind: 'data-events',
      stage: wish.stage,
      resource: trail.arn,
      region: trail.homeRegion,
      before: plan.before,
      after: plan.after,
    },
    what: `S3 data events of ${whose} on the trail ${trail.name}, beside what others select.`,
    price: dataEventsPrice(counted && missing.length > 0 ? requests : undefined),
    obstacles: plan.obstacles,
  }
  return { ...EMPTY, kept, obstacles, steps: [step] }
}

/** A trail of one Region does not see the others. */
function outsideOf({ name, arn, multiRegion, homeRegion }: TrailFacts, buckets: readonly BucketSources[]): Obstacle[] {
  const outside = buckets.filter(({ region }) => region.known && region.value !== homeRegion)
  if (multiRegion || outside.length === 0) return []
  return [
    {
      what: `${name} logs ${homeRegion} only, not ${names(outside)}.`,
      fix: `aws cloudtrail update-trail --name ${arn} --region ${homeRegion} --is-multi-region-trail`,
    },
  ]
}
