/** A trail's selectors without the data events of some buckets. */
import { bucketArn } from '../doctor/statements.ts'
import { coverClass } from './event-class.ts'
import { type AdvancedSelector, type EventSelectors, type FieldSelector, toAdvanced } from './selectors.ts'
import { objectEvents } from './trails.ts'

/**
 * Leaves the objects of buckets out of each selector that selects some of their data events; what else it selects stays.
 *
 * Source: CloudTrail User Guide, "How CloudTrail evaluates multiple conditions for a field": what is selected by one
 * condition of a field and deselected by another is not logged.
 *
 * @example
 * leaveOut({ AdvancedEventSelectors: [everything] }, 'aws', ['amzn-s3-demo-trail'])
 */
export function leaveOut(selectors: EventSelectors, partition: string, buckets: readonly string[]): AdvancedSelector[] {
  return toAdvanced(selectors).map((selector) => {
    const seen = buckets.filter((bucket) => coverClass([selector], objectEvents(partition, bucket)).share !== 'none')
    if (seen.length === 0) return selector
    const objects = seen.map((bucket) => `${bucketArn(partition, bucket)}/`)
    const fields = (selector.FieldSelectors ?? []) as readonly FieldSelector[]
    const arn = fields.find(({ Field }) => Field === 'resources.ARN')
    const without = {
      ...arn,
      Field: 'resources.ARN',
      NotStartsWith: [...new Set([...(arn?.NotStartsWith ?? []), ...objects])],
    }
    return { ...selector, FieldSelectors: [...fields.filter((field) => field !== arn), without] }
  })
}
