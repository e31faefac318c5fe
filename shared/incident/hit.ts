import type { EntityField, Count as RuleCount, Severity } from '../detection/schema.ts'
import type { FactsSummary } from './evidence.ts'

/** What a rule counts. */
export type Count = RuleCount

/** Which values the rule counts by, and of what: `{ actor: 'arn…', bucket: 'amzn-s3-demo-bucket' }`. */
export type Entity = Readonly<Partial<Record<EntityField, string>>>

/** What the matching records of a hit say, bounded. */
export type HitEvidence = FactsSummary

/** What one object's records say of one rule and one entity; a batch of matches with which the rule has hit. */
export interface Hit {
  readonly version: 1
  /** The same on every attempt: a hash of object, rule, principal and entity. An incident takes each id once. */
  readonly id: string
  /** The rule's id. */
  readonly rule: string
  readonly severity: Severity
  /**
   * Whose incident: `person:<person>` or `key:<access key id>` where known, else `actor:<actor>`, else
   * `anonymous@<bucket>`, else `account:<id>`.
   */
  readonly principal: string
  /** What the rule counts by. */
  readonly entity: Entity
  /** Event time of the first and the last matching record of this batch, and of the one that made it a hit; ms since the epoch. */
  readonly first: number
  readonly last: number
  readonly at: number
  /** Matching records in this batch. */
  readonly matches: number
  /** What `amount` counts. */
  readonly count: Count
  /** What was counted in the window up to the hit; the largest where there are several. */
  readonly amount: number
  /** It may be more. */
  readonly isAtLeast?: true
  /** The rule's threshold, and its window in seconds of event time (0: it hits at once). */
  readonly threshold: number
  readonly window: number
  readonly evidence: HitEvidence
  /** Identities of the matching records' calls (up to 64), so that a call that two rules or two logs tell is one line. */
  readonly calls: readonly string[]
  readonly object: { readonly bucket: string; readonly key: string; readonly versionId?: string }
  readonly logGroupName: string
}

/** Identities of calls kept in a hit. */
export const MAX_CALLS = 64
