/** Which notifications S3 refuses to have side by side on one bucket. */
import { filterOf, type NotificationEntry } from './configuration.ts'

/**
 * True when two event types have an event in common: the same one, or one in the family that the other names with `*`.
 *
 * @example
 * eventTypesIntersect('s3:ObjectCreated:*', 's3:ObjectCreated:Put') // true
 */
export function eventTypesIntersect(a: string, b: string): boolean {
  if (a.endsWith('*')) return b.startsWith(a.slice(0, -1)) || (b.endsWith('*') && a.startsWith(b.slice(0, -1)))
  return b.endsWith('*') ? a.startsWith(b.slice(0, -1)) : a === b
}

/**
 * The event types that two entries share and for which their filters overlap; none: S3 takes both. Filters overlap when
 * one prefix begins with the other and one suffix ends with the other (no filter begins and ends everything), whether
 * or not a key exists that both let through. Where the entries send to does not matter; EventBridge has no filter and
 * overlaps nothing.
 *
 * Source: Amazon S3 User Guide, "Configuring event notifications using object key name filtering"; S3's refusals
 * "Configurations overlap. Configurations on the same bucket cannot share a common event type." and "Configuration is
 * ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event
 * type."
 *
 * @example
 * overlap({ Events: ['s3:ObjectCreated:*'] }, { Events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:*'] })
 * // ['s3:ObjectCreated:Put']
 */
export function overlap(a: NotificationEntry, b: NotificationEntry): string[] {
  const one = filterOf(a)
  const other = filterOf(b)
  const filtersMeet =
    (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
    (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix))
  if (!filtersMeet) return []
  return (b.Events ?? []).filter((event) => (a.Events ?? []).some((ours) => eventTypesIntersect(ours, event)))
}
