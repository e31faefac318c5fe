import type { Severity } from '../detection/schema.ts'
import { shorten } from '../incident/facts.ts'
import type { Finding } from '../incident/finding.ts'
import { briefOf } from './brief.ts'
import { fitFinding } from './fit.ts'

/** PagerDuty: Events API v2: bytes of an event (512 KB), characters of its summary, its dedup key and its source. */
export const PAGER_DUTY_LIMITS = { bytes: 512 * 1000, summary: 1024, dedupKey: 255 } as const

/** PagerDuty knows four severities. */
export const PAGER_DUTY_SEVERITY: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  info: 'info',
}

/**
 * A finding as an event of PagerDuty's Events API v2. The incident's id is the dedup key: escalations and reminders join
 * the alert that the first one opened, and the closing resolves it.
 *
 * Limits: 512 KB an event, 1,024 characters of summary.
 *
 * Source: PagerDuty developer documentation, "Send an alert event", "PD-CEF".
 *
 * @param routingKey the integration key of the service, 32 characters: a secret.
 * @example
 * await post('https://events.pagerduty.com/v2/enqueue', pagerDutyEvent(finding, routingKey))
 */
export function pagerDutyEvent(finding: Finding, routingKey: string): string {
  return fitFinding(finding, PAGER_DUTY_LIMITS.bytes, (cut) => JSON.stringify(event(cut, routingKey)))
}

function event(finding: Finding, routing_key: string): unknown {
  const { incidentId, severity, stage, accountId, region } = finding
  const key = { routing_key, dedup_key: incidentId.slice(0, PAGER_DUTY_LIMITS.dedupKey) }
  if (finding.event === 'closed') return { ...key, event_action: 'resolve' }
  const { headline, links } = briefOf(finding)
  return {
    ...key,
    event_action: 'trigger',
    client: `bucketwatch ${stage}`,
    links: links.map(([text, href]) => ({ href, text })),
    payload: {
      summary: shorten(headline, PAGER_DUTY_LIMITS.summary),
      source: finding.routing.bucket ?? `account ${accountId}`,
      severity: PAGER_DUTY_SEVERITY[severity],
      timestamp: finding.lastTime,
      component: `aws ${region}`,
      group: stage,
      class: finding.rules[0]?.id ?? 'incident',
      custom_details: finding,
    },
  }
}
