/** Request metrics of buckets or prefixes that nothing counts yet. */
import type { Obstacle } from '../connect/plan.ts'
import type { BucketSources } from './facts.ts'
import { requestMetricsPrice } from './prices.ts'
import { EMPTY, type SetupPlan, type SetupWish } from './setup-plan.ts'
import type { Step } from './step.ts'

/** The Id by which the S3 console counts a whole bucket, and its documentation asks for the metrics. */
export const WHOLE_BUCKET = 'EntireBucket'
/** aws: S3 User Guide, "CloudWatch metrics configurations": a bucket. */
const MAX_METRICS = 1000

/** One configuration for each bucket, or for each prefix of it. */
export function planMetrics(subjects: readonly BucketSources[], { metricsPrefixes }: SetupWish): SetupPlan {
  const steps: Step[] = []
  const kept: string[] = []
  const obstacles: Obstacle[] = []
  for (const { bucket, region, requestMetrics } of subjects) {
    if (!requestMetrics.known || !region.known) {
      obstacles.push({
        what: `The request metrics of ${bucket} could not be looked at.`,
        fix: 'Grant s3:GetMetricsConfiguration.',
      })
      continue
    }
    const wishes = metricsPrefixes.length === 0 ? [undefined] : metricsPrefixes
    const missing = wishes.filter((prefix) => {
      const filter = prefix === undefined ? undefined : `prefix ${prefix}`
      return !requestMetrics.value.some((one) => one.filter === filter)
    })
    if (missing.length < wishes.length)
      kept.push(`${bucket} has ${missing.length === 0 ? 'the' : 'some of the'} request metrics already.`)
    const ids = new Set(requestMetrics.value.map(({ id }) => id))
    for (const prefix of missing) {
      const id = freeId(prefix === undefined ? WHOLE_BUCKET : metricsId(prefix), ids)
      ids.add(id)
      steps.push({
        change: {
          kind: 'request-metrics',
          resource: bucket,
          region: region.value,
          before: null,
          after: { Id: id, ...(prefix !== undefined && { Filter: { Prefix: prefix } }) },
        },
        what: `Request metrics of ${bucket}${prefix === undefined ? '' : `/${prefix}`}.`,
        price: requestMetricsPrice(1),
        obstacles:
          ids.size > MAX_METRICS
            ? [
                {
                  what: `${bucket} has ${MAX_METRICS} metrics configurations.`,
                  fix: 'Remove one that nobody looks at.',
                },
              ]
            : [],
      })
    }
  }
  return { ...EMPTY, steps, kept, obstacles }
}

/** aws: API Reference, "MetricsConfiguration": letters, digits, `. - _`, 64 characters at the most. */
const metricsId = (prefix: string): string =>
  `prefix-${prefix.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/-$/, '')}`.slice(0, 60)

/** Somebody else's configuration of the same name is not replaced. */
function freeId(wanted: string, taken: ReadonlySet<string>): string {
  let id = wanted
  for (let n = 2; taken.has(id); n += 1) id = `${wanted}-${n}`
  return id
}
