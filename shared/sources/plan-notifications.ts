/** What tells the stack of new logs. */
import type { NotificationConfiguration } from '../connect/configuration.ts'
import { checkDestination, planConnect } from '../connect/plan.ts'
import { type Fact, known } from '../doctor/finding.ts'
import { camelName, KINDS, type LogKind } from '../kinds/kinds.ts'
import { heldBy } from './coverage.ts'
import type { AccountSources, StackLink } from './facts.ts'
import { notificationOf, waysTo } from './reach.ts'
import { EMPTY, joinPlans, type SetupPlan, type SetupWish } from './setup-plan.ts'
import type { Step } from './step.ts'

/**
 * Buckets of logs tell the stack, where it was deployed for them; else the deployment comes first.
 *
 * @param made buckets that are still to be made, with their Regions: they tell nobody anything
 */
export function planNotifications(
  account: AccountSources,
  stack: StackLink | undefined,
  logBuckets: readonly string[],
  made: ReadonlyMap<string, string>,
  { stage }: SetupWish,
): SetupPlan {
  const deploy = `bucketwatch deploy --stage ${stage} ${parametersFor(account, stack, logBuckets)}, then this command again`
  if (stack === undefined) {
    const next = logBuckets.length === 0 ? [] : [`${deploy}: there is no stack yet that reads the logs`]
    return { ...EMPTY, next }
  }
  const plans: SetupPlan[] = []
  const unread = new Set<string>()
  for (const bucket of logBuckets) {
    let configuration = made.has(bucket) ? known({}) : notificationOf([account], bucket)
    for (const kind of kindsIn(account, stack, bucket)) {
      const place: Place = {
        stage,
        bucket,
        kind,
        region: made.get(bucket) ?? regionOf(account, bucket) ?? stack.region,
      }
      const plan = planNotification(stack, place, configuration)
      if (plan === undefined) unread.add(bucket)
      else plans.push(plan)
      // One bucket, both kinds of logs: the second entry comes beside the first.
      const change = plan?.steps[0]?.change
      if (change?.kind === 'notification') configuration = known(change.after)
    }
  }
  const next = unread.size === 0 ? [] : [`${deploy}: the stack may not read ${[...unread].join(', ')} yet`]
  return joinPlans([...plans, { ...EMPTY, next }])
}

interface Place {
  readonly stage: string
  readonly bucket: string
  readonly kind: LogKind
  readonly region: string
}

/** undefined: the stack was not deployed for the bucket. */
function planNotification(
  stack: StackLink,
  { stage, bucket, kind, region }: Place,
  configuration: Fact<NotificationConfiguration>,
): SetupPlan | undefined {
  const { locations, queueArn } = stack.kinds.find((one) => one.kind === kind)!
  const fix = `bucketwatch connect ${bucket} --stage ${stage} --kind ${kind}`
  const blocked = (what: string): SetupPlan => ({ ...EMPTY, obstacles: [{ what, fix }] })
  if (!locations.known) return blocked(`Which buckets the stack reads could not be looked at: ${locations.reason}`)
  const places = locations.value.filter((one) => one.bucket === bucket)
  if (places.length === 0) return undefined
  if (!configuration.known)
    return blocked(`What ${bucket} tells others could not be looked at: ${configuration.reason}`)
  const ways = waysTo(stack, kind, configuration)
  if (ways.known && ways.value.length > 0) {
    return { ...EMPTY, kept: [`${bucket} tells the stack of ${kind} logs already (${ways.value.join(' and ')}).`] }
  }
  const prefixes = places.map(({ prefix }) => (prefix === '' ? KINDS[kind].folder : prefix))
  const plan = planConnect(configuration.value, { stage, kind, destination: { arn: queueArn }, prefixes })
  const step: Step = {
    change: {
      kind: 'notification',
      stage,
      logKind: kind,
      resource: bucket,
      region,
      before: configuration.value,
      after: plan.after,
    },
    what: `${bucket} tells the stack of new ${kind} logs.`,
    obstacles: [...checkDestination(queueArn, region), ...plan.obstacles],
  }
  return { ...EMPTY, steps: [step] }
}

/** What a bucket of logs holds; one that is still to be made will hold access logs. */
function kindsIn(account: AccountSources, stack: StackLink, bucket: string): LogKind[] {
  const held = heldBy([account], stack).get(bucket)
  if (held === undefined) return ['access-log']
  return [
    ...(held.has('CloudTrail logs') ? (['cloudtrail'] as const) : []),
    ...(held.has('access logs') ? (['access-log'] as const) : []),
  ]
}

/** The parameters of a deployment that reads all of these; places that the stack reads already stay as they are. */
export function parametersFor(
  account: AccountSources,
  stack: StackLink | undefined,
  logBuckets: readonly string[],
): string {
  const read = (kind: LogKind) => {
    const locations = stack?.kinds.find((one) => one.kind === kind)?.locations
    return locations?.known === true ? locations.value : []
  }
  const trails = new Set(account.trails.map(({ bucket }) => bucket))
  const of = (kind: LogKind, buckets: readonly string[]) => {
    const known = read(kind)
    const places = [
      ...known.map(({ bucket, prefix }) => (prefix === '' ? bucket : `${bucket}/${prefix}`)),
      ...buckets.filter((bucket) => !known.some((one) => one.bucket === bucket)),
    ]
    return places.length === 0 ? [] : [`--param="${camelName(kind)}Buckets=${places.join(',')}"`]
  }
  const ofTrails = logBuckets.filter((bucket) => trails.has(bucket))
  const readAsTrails = read('cloudtrail').map(({ bucket }) => bucket)
  const others = logBuckets.filter((bucket) => !trails.has(bucket) && !readAsTrails.includes(bucket))
  return [...of('cloudtrail', ofTrails), ...of('access-log', others)].join(' ')
}

const regionOf = ({ buckets, targets }: AccountSources, bucket: string): string | undefined => {
  const own = buckets.known ? buckets.value.find((one) => one.bucket === bucket)?.region : undefined
  const region = own ?? targets.get(bucket)?.region
  return region?.known === true ? region.value : undefined
}
