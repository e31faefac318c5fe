import type { FindingTarget, SecretSource } from '../incident/ports.ts'
import { teamsMessage } from '../target/teams.ts'
import { type Post, webhookUrl } from './post.ts'
import { createWebhookTarget } from './webhook-target.ts'

/**
 * Microsoft Teams through a workflow's webhook; its secret is the workflow's URL. A workflow answers 202 when it has
 * taken the message, not when it has posted it: what becomes of it is in the workflow's run history. Too large a message
 * is 413.
 *
 * Source: Microsoft Learn, "Create incoming webhooks with Workflows for Microsoft Teams".
 */
export function createTeamsTarget(options: { readonly secret: SecretSource; readonly post: Post }): FindingTarget {
  return createWebhookTarget({
    name: 'teams',
    ...options,
    request: (finding, secret) => ({ url: webhookUrl(secret, 'teams'), body: teamsMessage(finding) }),
    took: ({ status }) => status === 200 || status === 202,
  })
}
