/** What `setup` was asked for, and what it would do. */
import type { Obstacle } from '../connect/plan.ts'
import type { BucketSources } from './facts.ts'
import type { Source, Step } from './step.ts'

export interface SetupWish {
  readonly stage: string
  /** Buckets by name; empty: all that hold no logs. */
  readonly buckets: readonly string[]
  readonly sources: readonly Source[]
  /** Name or ARN. */
  readonly trail: string | undefined
  /** Where access logs are to go; undefined: where those of the Region go already, else a bucket that is made. */
  readonly logBucket: string | undefined
  /** What stands before the keys of access logs. */
  readonly logPrefix: string
  /** Days that a bucket for logs that is made keeps them. */
  readonly retentionDays: number
  /** Count these prefixes only; empty: whole buckets. */
  readonly metricsPrefixes: readonly string[]
}

export interface SetupPlan {
  readonly steps: readonly Step[]
  /** What is as wished already: sentences. */
  readonly kept: readonly string[]
  /** What stands in the way of a whole part. */
  readonly obstacles: readonly Obstacle[]
  /** What is left to do by other commands. */
  readonly next: readonly string[]
}

export const EMPTY: SetupPlan = { steps: [], kept: [], obstacles: [], next: [] }

/** Plans one after the other. */
export const joinPlans = (plans: readonly SetupPlan[]): SetupPlan => ({
  steps: plans.flatMap(({ steps }) => steps),
  kept: plans.flatMap(({ kept }) => kept),
  obstacles: plans.flatMap(({ obstacles }) => obstacles),
  next: plans.flatMap(({ next }) => next),
})

/** A few names, and how many more there are. */
export const names = (buckets: readonly Pick<BucketSources, 'bucket'>[]): string =>
  buckets.length <= 5
    ? buckets.map(({ bucket }) => bucket).join(', ')
    : `${buckets
        .slice(0, 4)
        .map(({ bucket }) => bucket)
        .join(', ')} and ${buckets.length - 4} more`
