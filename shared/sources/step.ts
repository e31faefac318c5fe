/**
 * A change that `setup` makes: what is there, what is to be there, and how it is taken back. Each kind of change is known
 * by what it touches alone, so that a step in a state file is enough to undo it.
 */

import type { NotificationConfiguration } from '../connect/configuration.ts'
import type { Obstacle } from '../connect/plan.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { EventSelectors } from './selectors.ts'

/** `LoggingEnabled` of PutBucketLogging; `null`: off. */
export type LoggingSetting = {
  readonly TargetBucket: string
  readonly TargetPrefix: string
  readonly TargetObjectKeyFormat?: unknown
  readonly [member: string]: unknown
} | null

/** `MetricsConfiguration` of PutBucketMetricsConfiguration; `null`: there is none of this Id. */
export type MetricsSetting = {
  readonly Id: string
  readonly Filter?: { readonly Prefix: string } | undefined
} | null

/** A bucket for logs, with all that makes it one; `null`: there is no such bucket. */
export type LogBucketSetting = {
  readonly ObjectOwnership: 'BucketOwnerEnforced'
  readonly PublicAccessBlock: 'all four'
  readonly SSEAlgorithm: 'AES256'
  readonly Policy: unknown
  readonly ExpirationDays: number
} | null

/** A stack of CloudFormation; `null`: there is none. */
export type SourcesStackSetting = { readonly Parameters: Readonly<Record<string, string>> } | null

interface Setting<Kind extends string, Value> {
  readonly kind: Kind
  /** The bucket, the trail's ARN, the stack's name. */
  readonly resource: string
  readonly region: string
  readonly before: Value
  readonly after: Value
}

/** What is put, and what was there. */
export type Change =
  | Setting<'sources-stack', SourcesStackSetting>
  | Setting<'log-bucket', LogBucketSetting>
  | (Setting<'data-events', EventSelectors> & { readonly stage: string })
  | Setting<'access-logs', LoggingSetting>
  | Setting<'request-metrics', MetricsSetting>
  | (Setting<'notification', NotificationConfiguration> & { readonly stage: string; readonly logKind: LogKind })

export type ChangeKind = Change['kind']

/** A change with what people need to know before they agree to it. */
export interface Step {
  readonly change: Change
  /** One sentence. */
  readonly what: string
  /** undefined: it costs nothing. */
  readonly price?: string | undefined
  /** Not empty: it cannot be made. */
  readonly obstacles: readonly Obstacle[]
}

/** What the arguments choose from. */
export const SOURCES = ['data-events', 'access-logs', 'request-metrics', 'notifications'] as const
export type Source = (typeof SOURCES)[number]
