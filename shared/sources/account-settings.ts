/** What stands beside an account's trails and buckets, and which rules are not judged by: told, so that nobody misses it. */
import { type Fact, known } from '../doctor/finding.ts'
import type { Cell } from './cell.ts'
import { coverClass, describeEvent } from './event-class.ts'
import type { AccountSources, EventDataStore, PublicAccessBlock } from './facts.ts'
import { directoryBucketEvents, objectEvents, trailsIn } from './trails.ts'

export interface AccountSettingsCoverage {
  /** The account's own Block Public Access. */
  readonly publicAccessBlock: Cell
  /** Buckets of S3 Express One Zone, which have no server access logs; data events by a type of their own. */
  readonly directoryBuckets: readonly { readonly bucket: string; readonly region: string; readonly dataEvents: Cell }[]
  /** Event data stores of CloudTrail Lake; the stack reads none. */
  readonly eventDataStores: readonly { readonly name: string; readonly region: string; readonly what: string }[]
  /** Which of these could not be looked at: sentences. */
  readonly unknown: readonly string[]
}

/** Places that no command of ours looks at. */
export const NOT_LOOKED_AT: readonly string[] = [
  'data events of access points, S3 on Outposts, S3 Tables and S3 Vectors, which event selectors name by types of their own',
  'directory buckets and event data stores in Regions where the account has no other bucket',
  'logs that AWS delivers to CloudWatch Logs itself',
]

/** @example accountSettings(account).publicAccessBlock.state // 'on' */
export function accountSettings(account: AccountSources): AccountSettingsCoverage {
  const { publicAccessBlock, directoryBuckets, eventDataStores } = account
  return {
    publicAccessBlock: blockCell(publicAccessBlock, known(undefined)),
    directoryBuckets: valuesOf(directoryBuckets).map(({ bucket, region }) => ({
      bucket,
      region,
      dataEvents: dataEventsCell(account, bucket, region),
    })),
    eventDataStores: valuesOf(eventDataStores).map((store) => ({
      name: store.name,
      region: store.region,
      what: describeStore(store, account.partition),
    })),
    unknown: [
      ...(publicAccessBlock.known ? [] : [`the account’s Block Public Access: ${publicAccessBlock.reason}`]),
      ...reasonsOf('directory buckets', directoryBuckets),
      ...reasonsOf('event data stores', eventDataStores),
      ...reasonsOf('the number of requests, of which prices are made,', uncounted(account)),
    ],
  }
}

function valuesOf<T>(facts: ReadonlyMap<string, Fact<readonly T[]>>): T[] {
  return [...facts.values()].flatMap((fact) => (fact.known ? fact.value : []))
}

/** Buckets whose request metrics are there, and may not be read. */
const uncounted = ({ buckets }: AccountSources): ReadonlyMap<string, Fact<unknown>> =>
  new Map(
    (buckets.known ? buckets.value : []).flatMap(({ bucket, requestMetrics, requests }) =>
      requestMetrics.known ? [[bucket, requests] as const] : [],
    ),
  )

/** Many Regions, or buckets, refuse for one reason. */
function reasonsOf(what: string, facts: ReadonlyMap<string, Fact<unknown>>): string[] {
  const refused = [...facts].flatMap(([place, fact]) => (fact.known ? [] : [{ place, reason: fact.reason }]))
  return [...Map.groupBy(refused, ({ reason }) => reason)].map(
    ([reason, places]) => `${what} of ${some(places.map(({ place }) => place))}: ${reason}`,
  )
}

/**
 * A bucket's Block Public Access with the account's over it: S3 takes the stricter of the two, setting by setting.
 *
 * Source: S3 User Guide, "Blocking public access to your Amazon S3 storage".
 */
export function blockCell(
  own: Fact<PublicAccessBlock | undefined>,
  ofAccount: Fact<PublicAccessBlock | undefined>,
): Cell {
  const set = [own, ofAccount].flatMap((fact) => (fact.known && fact.value !== undefined ? [fact.value] : []))
  const off = BLOCKS.filter((name) => !set.some((block) => block[name]))
  if (off.length === 0) return { state: 'on', what: 'all four' }
  const unread = [own, ofAccount].flatMap((fact) => (fact.known ? [] : [fact.reason]))
  if (unread.length > 0) return { state: 'unknown', what: unread.join('; ') }
  if (set.length === 0) return { state: 'off', what: 'not set' }
  return { state: off.length === BLOCKS.length ? 'off' : 'part', what: `without ${off.join(', ')}` }
}

const BLOCKS = ['blockPublicAcls', 'ignorePublicAcls', 'blockPublicPolicy', 'restrictPublicBuckets'] as const

function dataEventsCell(account: AccountSources, bucket: string, region: string): Cell {
  const wanted = directoryBucketEvents(account.partition, region, account.accountId, bucket)
  const { trails, selectors, unknown } = trailsIn(account, region)
  const { share, unseen } = coverClass(selectors, wanted)
  if (share === 'all') return { state: 'on', what: trails.map(({ name }) => name).join(', ') }
  if (unknown.length > 0) return { state: 'unknown', what: unknown.join('; ') }
  if (share === 'none') return { state: 'off', what: 'no trail selects AWS::S3Express::Object' }
  return { state: 'part', what: unseen === undefined ? 'a part' : `not ${describeEvent(unseen, wanted)}` }
}

function describeStore({ organization, multiRegion, region, store }: EventDataStore, partition: string): string {
  if (!store.known) return `what it keeps could not be looked at: ${store.reason}`
  const { status, selectors } = store.value
  const { share } = coverClass(selectors, objectEvents(partition, 'any-bucket'))
  const events = { all: 'S3 data events of all buckets', part: 'some S3 data events', none: 'no S3 data events' }[share]
  return [
    organization ? 'of the organization' : 'of the account',
    multiRegion ? 'all Regions' : `${region} only`,
    status,
    events,
  ].join(', ')
}

const some = (places: readonly string[]): string =>
  places.length <= 5 ? places.join(', ') : `${places.slice(0, 4).join(', ')} and ${places.length - 4} more`
