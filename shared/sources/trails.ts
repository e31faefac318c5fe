/** Which trails log what happens where, and what is wrong with them. */
import { bucketArn } from '../doctor/statements.ts'
import type { EventClass, FieldClass } from './event-class.ts'
import type { AccountSources, TrailFacts } from './facts.ts'
import { type AdvancedSelector, toAdvanced } from './selectors.ts'

/** Services whose events happen in no Region: a trail has them in us-east-1. aws: CloudTrail User Guide, "Global service events". */
const GLOBAL_SERVICES: ReadonlySet<string> = new Set([
  'iam.amazonaws.com',
  'sts.amazonaws.com',
  'cloudfront.amazonaws.com',
  'organizations.amazonaws.com',
  'route53.amazonaws.com',
  'signin.amazonaws.com',
])

/** Where events of services without a Region are. aws: CloudTrail User Guide, "Global service events". */
export const globalRegion = (partition: string): string =>
  ({ 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' })[partition] ?? 'us-east-1'

/** What the trails that log in a Region are known to select. */
export interface RegionTrails {
  readonly trails: readonly TrailFacts[]
  /** Of those whose selectors are known and that log now. */
  readonly selectors: readonly AdvancedSelector[]
  /** Why something may be logged that is not seen from here. */
  readonly unknown: readonly string[]
}

/** True where a trail logs now, or nobody can say that it does not. */
export const isLogging = ({ status }: TrailFacts): boolean => !status.known || status.value.logging

/** The trails that log what happens in a Region. */
export function trailsIn(account: Pick<AccountSources, 'trails' | 'trailsIn'>, region: string): RegionTrails {
  const listed = account.trailsIn.get(region)
  const here = account.trails.filter(
    (trail) =>
      (listed?.known === true && listed.value.includes(trail.arn)) || trail.multiRegion || trail.homeRegion === region,
  )
  const trails = here.filter(isLogging)
  const unknown = [
    ...(listed !== undefined && !listed.known ? [listed.reason] : []),
    ...trails.flatMap(({ name, selectors }) => (selectors.known ? [] : [`${name}: ${selectors.reason}`])),
  ]
  return { trails, selectors: trails.flatMap(selectorsOf), unknown }
}

export const selectorsOf = ({ selectors }: TrailFacts): AdvancedSelector[] =>
  selectors.known ? toAdvanced(selectors.value) : []

/** Trails that see the events of a service: those of the Region, or for a service without one those that include it. */
export function trailsFor(
  account: Pick<AccountSources, 'trails' | 'trailsIn' | 'partition'>,
  region: string,
  eventSource: string,
): RegionTrails {
  if (!GLOBAL_SERVICES.has(eventSource)) return trailsIn(account, region)
  const { trails, unknown } = trailsIn(account, globalRegion(account.partition))
  const including = trails.filter(({ globalServiceEvents }) => globalServiceEvents)
  return { trails: including, selectors: including.flatMap(selectorsOf), unknown }
}

export const isGlobalService = (eventSource: string): boolean => GLOBAL_SERVICES.has(eventSource)

/** Data events of a bucket's objects, and of what is asked of all of them (ListObjects). */
export function objectEvents(
  partition: string,
  bucket: string,
  more: { readonly readOnly?: boolean; readonly eventName?: string } = {},
): EventClass {
  const is = (value: string): FieldClass => ({ is: value })
  return {
    eventCategory: is('Data'),
    eventSource: is('s3.amazonaws.com'),
    'resources.type': is('AWS::S3::Object'),
    'resources.ARN': { startsWith: `${bucketArn(partition, bucket)}/` },
    ...(more.readOnly !== undefined && { readOnly: is(String(more.readOnly)) }),
    ...(more.eventName !== undefined && { eventName: is(more.eventName) }),
  }
}

/** Data events of a directory bucket. aws: CloudTrail User Guide, "Logging data events": its ARN has Region and account. */
export const directoryBucketEvents = (
  partition: string,
  region: string,
  accountId: string,
  bucket: string,
): EventClass => ({
  eventCategory: { is: 'Data' },
  eventSource: { is: 's3express.amazonaws.com' },
  'resources.type': { is: 'AWS::S3Express::Object' },
  'resources.ARN': { startsWith: `arn:${partition}:s3express:${region}:${accountId}:bucket/${bucket}` },
})

/** Management events, of all services or of one call. */
export function managementEvents(
  more: { readonly readOnly?: boolean; readonly eventName?: string; readonly eventSource?: string } = {},
): EventClass {
  const is = (value: string): FieldClass => ({ is: value })
  return {
    eventCategory: is('Management'),
    ...(more.readOnly !== undefined && { readOnly: is(String(more.readOnly)) }),
    ...(more.eventName !== undefined && { eventName: is(more.eventName) }),
    ...(more.eventSource !== undefined && { eventSource: is(more.eventSource) }),
  }
}
