import type { TargetConfig, TargetName } from '../alert/config.ts'
import { createPagerDutyTarget } from '../http/pager-duty.ts'
import { createPost, type Post } from '../http/post.ts'
import { createSlackTarget } from '../http/slack.ts'
import { createTeamsTarget } from '../http/teams.ts'
import type { FindingTarget, SecretSource } from '../incident/ports.ts'
import { fromSeverity } from '../target/from-severity.ts'

/** Where the function runs. */
export interface OwnPlace {
  readonly accountId: string
  readonly region: string
}

/**
 * The targets that are configured, beside the topic `alerts`; docs/targets.md. A target's client is loaded when it first
 * has something to say: most functions have one or two of them, and start faster without the others.
 *
 * @example
 * createTargets(config.targetConfig, { accountId, region }).map(({ name }) => name) // ['slack', 'pagerduty']
 */
export function createTargets(config: TargetConfig, own: OwnPlace, post: Post = createPost()): FindingTarget[] {
  const { chatTopicArn, slackWebhook, teamsWebhook, pagerDutyKey, pagerDutyUrl: url, eventBus, securityHub } = config
  const targets: (FindingTarget | undefined)[] = [
    chatTopicArn === undefined
      ? undefined
      : lazily('amazonq', async () => {
          const [{ createAmazonQTarget }, { createSnsClient }] = await Promise.all([
            import('../aws/amazon-q.ts'),
            import('../aws/clients.ts'),
          ])
          return createAmazonQTarget({ client: createSnsClient(), topicArn: chatTopicArn })
        }),
    slackWebhook === undefined ? undefined : createSlackTarget({ secret: secretOf(slackWebhook), post }),
    teamsWebhook === undefined ? undefined : createTeamsTarget({ secret: secretOf(teamsWebhook), post }),
    pagerDutyKey === undefined ? undefined : createPagerDutyTarget({ secret: secretOf(pagerDutyKey), post, url }),
    eventBus === undefined
      ? undefined
      : lazily('eventbridge', async () => {
          const [{ createEventBridgeTarget }, { createEventBridgeClient }] = await Promise.all([
            import('../aws/event-bridge.ts'),
            import('../aws/target-clients.ts'),
          ])
          return createEventBridgeTarget({ client: createEventBridgeClient(), eventBusName: eventBus })
        }),
    securityHub
      ? lazily('securityhub', async () => {
          const [{ createSecurityHubTarget }, { createSecurityHubClient }] = await Promise.all([
            import('../aws/security-hub.ts'),
            import('../aws/target-clients.ts'),
          ])
          return createSecurityHubTarget({ client: createSecurityHubClient(), ...own })
        })
      : undefined,
  ]
  return targets.flatMap((target) => {
    if (target === undefined) return []
    const least = config.severities[target.name as TargetName]
    return [least === undefined ? target : fromSeverity(target, least)]
  })
}

function lazily(name: TargetName, load: () => Promise<FindingTarget>): FindingTarget {
  let loading: Promise<FindingTarget> | undefined
  return {
    name,
    async send(finding, text) {
      loading ??= load()
      await (await loading).send(finding, text)
    },
  }
}

/** A secret that is looked for when it is first needed. */
function secretOf(reference: string): SecretSource {
  let loading: Promise<SecretSource> | undefined
  const source = (): Promise<SecretSource> => {
    loading ??= Promise.all([import('../aws/secret.ts'), import('../aws/target-clients.ts')]).then(
      ([{ createSecretSource }, { createSsmClient }]) => createSecretSource({ client: createSsmClient(), reference }),
    )
    return loading
  }
  return { get: async () => (await source()).get(), refresh: async () => (await source()).refresh() }
}
