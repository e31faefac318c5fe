import type { FindingTarget, SecretSource } from '../incident/ports.ts'
import { slackMessage } from '../target/slack.ts'
import { type Post, webhookUrl } from './post.ts'
import { createWebhookTarget } from './webhook-target.ts'

/**
 * Slack through an incoming webhook; its secret is the webhook's URL. Slack answers 200 and `ok`; 404 `no_service` and 410
 * `channel_is_archived` where the webhook is gone, 403 where it was revoked, 400 where it does not like the message.
 *
 * Source: Slack, "Sending messages using incoming webhooks", error handling.
 */
export function createSlackTarget(options: { readonly secret: SecretSource; readonly post: Post }): FindingTarget {
  return createWebhookTarget({
    name: 'slack',
    ...options,
    request: (finding, secret) => ({
      url: webhookUrl(secret, 'slack'),
      body: JSON.stringify(slackMessage(finding)),
    }),
    took: ({ status }) => status === 200,
  })
}
