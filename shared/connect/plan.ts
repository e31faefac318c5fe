/**
 * What a bucket's notification configuration is to become. PutBucketNotificationConfiguration replaces everything, so
 * whatever is not ours is carried over as it is.
 */
import { parseArn } from '../derive/arn.ts'
import type { LogKind } from '../kinds/kinds.ts'
import {
  canonical,
  destinationOf,
  encodeFilterValue,
  entriesOf,
  filterOf,
  type LocatedEntry,
  type NotificationConfiguration,
  type NotificationEntry,
  SECTION_NAMES,
  SECTIONS,
  type Section,
} from './configuration.ts'
import { configurationId, isConfigurationId } from './names.ts'
import { overlap } from './overlap.ts'

/** aws: S3 User Guide, "Amazon S3 Event Notifications": notification configurations a bucket. */
export const MAX_ENTRIES = 100
export const OBJECT_CREATED = 's3:ObjectCreated:*'

/** Where the bucket is to report its objects: a queue or topic, or EventBridge, which needs no more than a switch. */
export type Destination = { readonly arn: string } | 'eventbridge'

export interface Connection {
  readonly stage: string
  readonly kind: LogKind
  readonly destination: Destination
  /** Plain key prefixes, one entry each; `['']` is the whole bucket. */
  readonly prefixes: readonly string[]
  readonly suffix?: string | undefined
}

/** A reason why S3 would not take the configuration, and what can be done. */
export interface Obstacle {
  readonly what: string
  readonly fix: string
}

export interface Plan {
  readonly before: NotificationConfiguration
  readonly after: NotificationConfiguration
  /** False: `after` means the same as `before`, there is nothing to put. */
  readonly changed: boolean
  /** Not empty: S3 would refuse `after`. */
  readonly obstacles: readonly Obstacle[]
}

/**
 * Adds our entries, or brings them up to date: they are known by their Ids, see names.ts. An entry of ours that already
 * says the same is left as it is, one for a prefix that is not asked for any more goes, and all others stay.
 *
 * @example
 * planConnect(current, { stage: 'prod', kind: 'cloudtrail', destination: { arn: queueArn }, prefixes: ['AWSLogs/'] })
 */
export function planConnect(before: NotificationConfiguration, connection: Connection): Plan {
  const { stage, kind, destination } = connection
  if (destination === 'eventbridge') {
    const after =
      before.EventBridgeConfiguration === undefined ? { ...before, EventBridgeConfiguration: {} } : { ...before }
    return finish(before, after, [])
  }
  const section = sectionOf(destination.arn)
  const wanted = makeEntries(connection, section, destination.arn)
  const isOurs = (entry: NotificationEntry) => isConfigurationId(entry.Id, stage, kind)
  const after = withSections(before, (name, entries) => {
    if (name !== section) return entries.filter((entry) => !isOurs(entry))
    const kept = entries.flatMap((entry) => {
      if (!isOurs(entry)) return [entry]
      const replacement = wanted.find(({ Id }) => Id === entry.Id)
      if (replacement === undefined) return []
      return [canonical(replacement) === canonical(entry) ? entry : replacement]
    })
    return [...kept, ...wanted.filter(({ Id }) => !kept.some((entry) => entry.Id === Id))]
  })
  return finish(before, after, obstacles(after, section, wanted, isOurs))
}

/**
 * Takes our entries out again. EventBridge stays on unless it is named: nobody can tell who else listens there.
 *
 * @example
 * planDisconnect(current, { stage: 'prod', kinds: ['cloudtrail', 'access-log'] })
 */
export function planDisconnect(
  before: NotificationConfiguration,
  options: { readonly stage: string; readonly kinds: readonly LogKind[]; readonly eventBridge?: boolean | undefined },
): Plan {
  const { stage, kinds, eventBridge } = options
  const isOurs = (entry: NotificationEntry) => kinds.some((kind) => isConfigurationId(entry.Id, stage, kind))
  const { EventBridgeConfiguration, ...rest } = withSections(before, (_, entries) =>
    entries.filter((entry) => !isOurs(entry)),
  )
  const keep = EventBridgeConfiguration !== undefined && eventBridge !== true
  return finish(before, keep ? { ...rest, EventBridgeConfiguration } : rest, [])
}

/**
 * What of the configuration that S3 gives back differs from what was put: somebody else wrote in between, or S3 changed
 * it. Empty: all is there, and nothing else.
 */
export function findDifferences(put: NotificationConfiguration, read: NotificationConfiguration): string[] {
  const texts = (configuration: NotificationConfiguration) =>
    new Map(entriesOf(configuration).map((located) => [canonical(located), describeEntry(located)]))
  const expected = texts(put)
  const found = texts(read)
  const differences = [
    ...[...expected].filter(([text]) => !found.has(text)).map(([, entry]) => `missing: ${entry}`),
    ...[...found].filter(([text]) => !expected.has(text)).map(([, entry]) => `unexpected: ${entry}`),
  ]
  const bridge = (configuration: NotificationConfiguration) => configuration.EventBridgeConfiguration !== undefined
  if (bridge(put) !== bridge(read)) differences.push(`EventBridge is ${bridge(read) ? 'on' : 'off'}`)
  return differences
}

/**
 * What keeps S3 from reaching a destination at all, known before it is asked: another Region, a FIFO queue or topic.
 *
 * Source: Amazon S3 User Guide, "Supported event destinations".
 */
export function checkDestination(arn: string, bucketRegion: string): Obstacle[] {
  const { service, region = '', resource = '' } = parseArn(arn) ?? {}
  const name = service === 'sns' ? 'topic' : 'queue'
  const found: Obstacle[] = []
  if (region !== bucketRegion) {
    found.push({
      what: `The bucket is in ${bucketRegion}, the ${name} ${resource} in ${region}: S3 notifies within one Region only.`,
      fix: `Deploy a stage in ${bucketRegion} (npm run deploy -- --region ${bucketRegion}), or take another feed: a topic in ${bucketRegion} that the queue is subscribed to (feeds=sns), or EventBridge with a rule that forwards to ${region} (feeds=eventbridge). See docs/feeding.md.`,
    })
  }
  if (resource.endsWith('.fifo')) {
    found.push({
      what: `${resource} is a FIFO ${name}: S3 cannot send there.`,
      fix: `Use a standard ${name}, such as the one that the stack makes.`,
    })
  }
  return found
}

/** `queue arn:… (Id, s3:ObjectCreated:*, prefix "AWSLogs/")`. */
export function describeEntry(located: LocatedEntry): string {
  const { section, entry } = located
  const { prefix, suffix } = filterOf(entry)
  const parts = [
    ...(entry.Id === undefined ? [] : [`Id ${entry.Id}`]),
    ...(entry.Events ?? []),
    ...(prefix === '' ? [] : [`prefix ${JSON.stringify(prefix)}`]),
    ...(suffix === '' ? [] : [`suffix ${JSON.stringify(suffix)}`]),
  ]
  return `${SECTION_WORDS[section]} ${destinationOf(located)} (${parts.join(', ')})`
}

const SECTION_WORDS: Readonly<Record<Section, string>> = {
  QueueConfigurations: 'queue',
  TopicConfigurations: 'topic',
  LambdaFunctionConfigurations: 'function',
}

const sectionOf = (arn: string): Section =>
  parseArn(arn)?.service === 'sns' ? 'TopicConfigurations' : 'QueueConfigurations'

function makeEntries({ stage, kind, prefixes, suffix = '' }: Connection, section: Section, arn: string) {
  return [...new Set(prefixes)].map((prefix, index): NotificationEntry => {
    const rules = [
      ...(prefix === '' ? [] : [{ Name: 'prefix', Value: encodeFilterValue(prefix) }]),
      ...(suffix === '' ? [] : [{ Name: 'suffix', Value: encodeFilterValue(suffix) }]),
    ]
    return {
      Id: configurationId(stage, kind, index),
      [SECTIONS[section]]: arn,
      Events: [OBJECT_CREATED],
      ...(rules.length === 0 ? {} : { Filter: { Key: { FilterRules: rules } } }),
    }
  })
}

/** A section that has become empty goes; one that was there, empty or not, and is not touched stays. */
function withSections(
  configuration: NotificationConfiguration,
  change: (section: Section, entries: readonly NotificationEntry[]) => readonly NotificationEntry[],
): NotificationConfiguration {
  const changed: Record<string, unknown> = { ...configuration }
  for (const section of SECTION_NAMES) {
    const entries = configuration[section]
    const next = change(section, entries ?? [])
    if (next.length > 0) changed[section] = next
    else if (entries !== undefined && entries.length > 0) delete changed[section]
  }
  return changed
}

function finish(before: NotificationConfiguration, after: NotificationConfiguration, found: readonly Obstacle[]): Plan {
  return { before, after, changed: canonical(before) !== canonical(after), obstacles: found }
}

function obstacles(
  after: NotificationConfiguration,
  section: Section,
  wanted: readonly NotificationEntry[],
  isOurs: (entry: NotificationEntry) => boolean,
): Obstacle[] {
  const others = entriesOf(after).filter(({ entry }) => !isOurs(entry))
  const found = wanted.flatMap((entry, index) => [
    ...others.flatMap((other) => obstacle({ section, entry }, other)),
    ...wanted.slice(index + 1).flatMap((other) =>
      obstacle({ section, entry }, { section, entry: other }).map(({ what }) => ({
        what,
        fix: 'Leave out the longer of the two prefixes: the shorter covers it.',
      })),
    ),
  ])
  if (others.length + wanted.length > MAX_ENTRIES) {
    found.push({
      what: `The bucket would have ${others.length + wanted.length} notification configurations; S3 allows ${MAX_ENTRIES}.`,
      fix: 'Use EventBridge (feeds=eventbridge), which has no such limit.',
    })
  }
  return found
}

function obstacle(ours: LocatedEntry, other: LocatedEntry): Obstacle[] {
  const events = overlap(ours.entry, other.entry)
  if (events.length === 0) return []
  const what = `${describeEntry(ours)} overlaps ${describeEntry(other)}: S3 takes no two notifications for the same event type (${events.join(', ')}) and overlapping keys.`
  if (destinationOf(ours) === destinationOf(other)) {
    return [
      {
        what,
        fix: 'Both go to the same place: if the other was made by hand for bucketwatch, remove it first, or leave it and do not connect.',
      },
    ]
  }
  return [
    {
      what,
      fix: 'Give --prefix (or --suffix) a value that does not overlap, let both listen to one topic (feeds=sns), or use EventBridge, which overlaps nothing (feeds=eventbridge, then --feed eventbridge). See docs/feeding.md.',
    },
  ]
}
