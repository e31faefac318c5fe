import { shorten } from '../incident/facts.ts'
import type { Finding } from '../incident/finding.ts'
import { briefOf, plain } from './brief.ts'
import { fitFinding } from './fit.ts'

/** SNS takes 256 KB; chats show far less, and what is too long there is not shown at all. */
export const AMAZON_Q_MAX_BYTES = 16 * 1024

/**
 * A finding as a custom notification of Amazon Q Developer in chat applications (formerly AWS Chatbot): it shows nothing
 * else of ours. It is the whole message on a topic that a channel is subscribed to. Messages of one incident are one
 * thread.
 *
 * The text is markdown of the client's, Slack or Teams: what strangers wrote stands in code, where neither formats.
 *
 * Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications", event schema 1.0.
 *
 * @example
 * await publish(topicArn, amazonQNotification(finding))
 */
export function amazonQNotification(finding: Finding): string {
  return fitFinding(finding, AMAZON_Q_MAX_BYTES, (cut) => JSON.stringify(notification(cut)))
}

function notification(finding: Finding): unknown {
  const brief = briefOf(finding)
  const lines = [
    ...brief.facts.map(([label, value]) => `*${label}* ${code(value)}`),
    ...(brief.story.length === 0 ? [] : ['*What happened*', ...brief.story.map(code)]),
    ...brief.links.map(([title, url]) => `${title}: ${url}`),
  ]
  return {
    version: '1.0',
    source: 'custom',
    id: finding.id,
    content: {
      textType: 'client-markdown',
      title: shorten(brief.headline, 250),
      description: lines.join('\n'),
      ...(brief.steps.length === 0 ? {} : { nextSteps: brief.steps.map((step) => plain(step, 1000)) }),
      keywords: [finding.severity, finding.stage, ...finding.rules.slice(0, 5).map(({ id }) => id)],
    },
    metadata: {
      threadId: finding.incidentId,
      summary: shorten(brief.summary, 250),
      eventType: `incident-${finding.event}`,
      relatedResources: finding.buckets.map(({ value }) => plain(`arn:aws:s3:::${value}`)).slice(0, 10),
      additionalContext: { incidentId: finding.incidentId, severity: finding.severity, account: finding.accountId },
      enableCustomActions: true,
    },
  }
}

const code = (text: string): string => `\`${plain(text)}\``
