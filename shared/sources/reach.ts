/** Whether what lies in a bucket of logs is read by the stack. */
import type { NotificationConfiguration } from '../connect/configuration.ts'
import { type Feeds, feedsOf } from '../doctor/feeds.ts'
import { type Fact, known, unknown } from '../doctor/finding.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { AccountSources, StackLink } from './facts.ts'

/** The notification configuration of a bucket, in whichever account it was seen. */
export function notificationOf(accounts: readonly AccountSources[], bucket: string): Fact<NotificationConfiguration> {
  let reason = `${bucket} was not looked at`
  for (const { buckets, logBuckets } of accounts) {
    const own = buckets.known ? buckets.value.find((one) => one.bucket === bucket)?.notification : undefined
    const found = own ?? logBuckets.get(bucket)
    if (found?.known === true) return found
    if (found !== undefined) reason = found.reason
  }
  return unknown(reason)
}

/**
 * The ways on which a bucket tells the queue of a kind of new objects; none: nobody reads them.
 *
 * @example
 * waysTo(stack, 'cloudtrail', notification) // known(['directly'])
 */
export function waysTo(
  stack: StackLink,
  kind: LogKind,
  notification: Fact<NotificationConfiguration>,
): Fact<readonly string[]> {
  if (!notification.known) return notification
  const facts = stack.kinds.find((one) => one.kind === kind)
  if (facts === undefined) return known([])
  const { ways }: Feeds = feedsOf(notification.value, facts, stack.accountId)
  return known(ways)
}
