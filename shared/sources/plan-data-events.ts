/** S3 data events on a trail that is there: our selector among those of others. */
import type { Obstacle } from '../connect/plan.ts'
import { parseArn } from '../derive/arn.ts'
import { bucketArn } from '../doctor/statements.ts'
import { coverClass } from './event-class.ts'
import type { AccountSources, TrailFacts } from './facts.ts'
import {
  type AdvancedSelector,
  canonicalSelectors,
  countConditions,
  type EventSelectors,
  MAX_CONDITIONS,
  toAdvanced,
} from './selectors.ts'
import { objectEvents } from './trails.ts'

/** The name of our selector on a trail; it is known by it. */
export const selectorName = (stage: string): string => `bucketwatch-${stage}: S3 data events`

export interface DataEventsWish {
  readonly stage: string
  readonly partition: string
  /** Buckets by name; `all`: every bucket of the account, those that are still to come, too. */
  readonly buckets: 'all' | readonly string[]
  /** Buckets that hold logs: their objects are never selected, since each delivery would be an event to deliver. */
  readonly logBuckets: readonly string[]
}

export interface SelectorsPlan {
  readonly before: EventSelectors
  readonly after: EventSelectors
  /** False: `after` selects the same by the same selectors. */
  readonly changed: boolean
  readonly obstacles: readonly Obstacle[]
}

/**
 * Adds our selector to a trail's, or brings it up to date. Those of others stay as they are; basic ones become the
 * advanced ones that select the same, since a trail has one kind or the other. Nothing is changed where the trail logs
 * what is wished already.
 *
 * Source: CloudTrail API Reference, "PutEventSelectors".
 *
 * @example
 * planDataEvents(selectors, { stage: 'prod', partition: 'aws', buckets: 'all', logBuckets: ['amzn-s3-demo-trail'] })
 */
export function planDataEvents(before: EventSelectors, wish: DataEventsWish): SelectorsPlan {
  const name = selectorName(wish.stage)
  const all = toAdvanced(before)
  const others = all.filter(({ Name }) => Name !== name)
  const ours = all.find(({ Name }) => Name === name)
  const selector = makeSelector(name, wish, others, ours)
  if (selector === undefined || selectsAlready(all, wish))
    return { before, after: before, changed: false, obstacles: [] }
  const after: EventSelectors = {
    AdvancedEventSelectors: all.some((one) => one.Name === name)
      ? all.map((one) => (one.Name === name ? selector : one))
      : [...all, selector],
  }
  const changed = canonicalSelectors(before) !== canonicalSelectors(after)
  return { before, after, changed, obstacles: changed ? obstaclesOf(after, wish) : [] }
}

/** For named buckets: each is logged whole. For all: our own selector, or one as wide, is there. */
function selectsAlready(
  selectors: readonly AdvancedSelector[],
  { buckets, partition, logBuckets }: DataEventsWish,
): boolean {
  const names = buckets === 'all' ? ['any-bucket-that-is-still-to-come'] : buckets
  const excluded = buckets === 'all' ? logBuckets : []
  return (
    names.every((bucket) => coverClass(selectors, objectEvents(partition, bucket)).share === 'all') &&
    // A log bucket that our selector does not leave out yet is a reason to put it again.
    excluded.every((bucket) => coverClass(selectors, objectEvents(partition, bucket)).share === 'none')
  )
}

function makeSelector(
  name: string,
  { partition, buckets, logBuckets }: DataEventsWish,
  others: readonly AdvancedSelector[],
  ours: AdvancedSelector | undefined,
): AdvancedSelector | undefined {
  const objects = (bucket: string) => `${bucketArn(partition, bucket)}/`
  const known = ours?.FieldSelectors?.find(({ Field }) => Field === 'resources.ARN')
  // Once for all buckets, always for all: naming one more must not narrow it.
  const everything = buckets === 'all' || (ours !== undefined && known?.StartsWith === undefined)
  const wanted = everything
    ? { NotStartsWith: [...new Set([...(known?.NotStartsWith ?? []), ...logBuckets.map(objects)])] }
    : {
        StartsWith: [
          ...new Set([
            ...(known?.StartsWith ?? []),
            ...buckets
              .filter((bucket) => coverClass(others, objectEvents(partition, bucket)).share !== 'all')
              .map(objects),
          ]),
        ],
      }
  const [values = []] = Object.values(wanted)
  if (!everything && values.length === 0) return undefined
  return {
    Name: name,
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
      ...(values.length === 0 ? [] : [{ Field: 'resources.ARN', ...wanted }]),
    ],
  }
}

function obstaclesOf(after: EventSelectors, { buckets, logBuckets }: DataEventsWish): Obstacle[] {
  const found: Obstacle[] = []
  const conditions = countConditions(after.AdvancedEventSelectors ?? [])
  if (conditions > MAX_CONDITIONS) {
    found.push({
      what: `The trail's selectors would have ${conditions} conditions; CloudTrail takes ${MAX_CONDITIONS}.`,
      fix: 'Leave the buckets out of the command: one selector for all buckets needs a condition for each log bucket only.',
    })
  }
  const loops = buckets === 'all' ? [] : buckets.filter((bucket) => logBuckets.includes(bucket))
  if (loops.length > 0) {
    found.push({
      what: `${loops.join(', ')} holds logs: each delivery to it would be a data event that is delivered to it.`,
      fix: `Name the buckets without ${loops.join(', ')}.`,
    })
  }
  return found
}

/**
 * The trail that gets our selector: the one that was named, else the only one that can have it. A trail of the
 * organization can only be changed in the account that owns it, and one that does not log shows nothing.
 *
 * @param asked a name or an ARN
 */
export function chooseTrail(
  { trails, accountId }: Pick<AccountSources, 'trails' | 'accountId'>,
  asked: string | undefined,
): { readonly trail: TrailFacts } | { readonly obstacle: Obstacle } {
  if (asked !== undefined) {
    const trail = trails.find(({ name, arn }) => name === asked || arn === asked)
    if (trail === undefined)
      return no(
        `There is no trail ${asked} here.`,
        `One of ${trails.map(({ name }) => name).join(', ')}, or --new-trail.`,
      )
    if (ownerOf(trail) !== accountId)
      return no(
        `The trail ${trail.name} belongs to ${ownerOf(trail)}.`,
        'Run setup with the credentials of that account.',
      )
    return { trail }
  }
  const own = trails.filter((trail) => ownerOf(trail) === accountId)
  const logging = own.filter(({ status }) => status.known && status.value.logging)
  const wide = logging.filter(({ multiRegion }) => multiRegion)
  const [trail, ...more] = wide.length > 0 ? wide : logging
  if (trail === undefined) {
    const stopped = own.map(({ name }) => name)
    if (stopped.length > 0)
      return no(
        `No trail of this account logs now (${stopped.join(', ')}).`,
        `aws cloudtrail start-logging --name ${stopped[0]}, or give --new-trail.`,
      )
    return no('This account has no trail of its own.', 'Give --new-trail, which makes one, with buckets for both logs.')
  }
  if (more.length > 0)
    return no(
      `There are several trails: ${[trail, ...more].map(({ name }) => name).join(', ')}.`,
      'Say which one with --trail NAME.',
    )
  return { trail }
}

const no = (what: string, fix: string) => ({ obstacle: { what, fix } })
const ownerOf = ({ arn }: TrailFacts): string | undefined => parseArn(arn)?.accountId

/**
 * What the trail's selectors become when our part is taken out: as they were, where nobody has changed them since; else
 * only our selector goes, or goes back to what it was.
 *
 * @example
 * undoDataEvents({ stage: 'prod', before, after }, current).changed
 */
export function undoDataEvents(
  change: { readonly stage: string; readonly before: EventSelectors; readonly after: EventSelectors },
  current: EventSelectors,
): SelectorsPlan {
  const { stage, before, after } = change
  const name = selectorName(stage)
  const plan = (target: EventSelectors): SelectorsPlan => ({
    before: current,
    after: target,
    changed: canonicalSelectors(current) !== canonicalSelectors(target),
    obstacles: [],
  })
  if (canonicalSelectors(current) === canonicalSelectors(after)) return plan(before)
  const advanced = current.AdvancedEventSelectors ?? []
  if (!advanced.some(({ Name }) => Name === name)) return plan(current)
  const was = before.AdvancedEventSelectors?.find(({ Name }) => Name === name)
  const rest = advanced.flatMap((one) => (one.Name !== name ? [one] : was === undefined ? [] : [was]))
  return plan(rest.length === 0 ? before : { AdvancedEventSelectors: rest })
}
