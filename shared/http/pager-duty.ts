import { BucketwatchError } from '../contracts/errors.ts'
import type { FindingTarget, SecretSource } from '../incident/ports.ts'
import { pagerDutyEvent } from '../target/pager-duty.ts'
import { type Post, webhookUrl } from './post.ts'
import { createWebhookTarget } from './webhook-target.ts'

/** Accounts in PagerDuty's European service region have another: `https://events.eu.pagerduty.com/v2/enqueue`. */
export const PAGER_DUTY_URL = 'https://events.pagerduty.com/v2/enqueue'

const ROUTING_KEY = /^[A-Za-z0-9]{32}$/

/**
 * PagerDuty's Events API v2; its secret is the integration key of a service. It answers 202; 400 where it finds the event
 * or the key wrong, 429 where too many come.
 *
 * Source: PagerDuty developer documentation, "Events API v2 overview", response codes.
 */
export function createPagerDutyTarget(options: {
  readonly secret: SecretSource
  readonly post: Post
  readonly url?: string | undefined
}): FindingTarget {
  const { secret, post, url = PAGER_DUTY_URL } = options
  return createWebhookTarget({
    name: 'pagerduty',
    secret,
    post,
    request: (finding, key) => {
      if (!ROUTING_KEY.test(key)) {
        const expected = 'it is no integration key (32 letters and digits)'
        throw new BucketwatchError('TARGET_SECRET', `pagerduty: ${expected}`, { target: 'pagerduty' })
      }
      return { url: webhookUrl(url, 'pagerduty'), body: pagerDutyEvent(finding, key) }
    },
    took: ({ status }) => status === 202,
  })
}
