import type { AlertMessage } from '../contracts/ports.ts'
import { shorten } from '../incident/facts.ts'
import type { Finding } from '../incident/finding.ts'
import { fitFinding } from './fit.ts'

/** SNS takes 262,144 bytes, message and attributes together (SNS API Reference, Publish). */
export const SNS_MAX_BYTES = 262_144
/** For the subject, the attributes and what the call adds. */
const RESERVED_BYTES = 8192

/**
 * A finding as it goes to the topic `alerts`: text for people, the finding as JSON for machines (`sqs`, `lambda`,
 * `https`, `firehose`), and attributes that subscription filter policies can use: severity, kind, event, stage, account
 * always; detection, bucket, actor where all records agree on one.
 *
 * @param text as the one renderer writes it.
 * @example
 * await publisher.publish(snsMessage(finding, renderFinding(finding)))
 */
export function snsMessage(
  finding: Finding,
  { subject, text }: { readonly subject: string; readonly text: string },
): AlertMessage {
  // JSON inside JSON: every quotation mark counts twice.
  const message = fitFinding(finding, SNS_MAX_BYTES - RESERVED_BYTES, (cut) => {
    const json = JSON.stringify(cut)
    const mail = shorten(text, 60_000)
    return JSON.stringify({
      default: mail,
      email: mail,
      sms: subject,
      sqs: json,
      lambda: json,
      https: json,
      firehose: json,
    })
  })
  return { subject, message, attributes: attributesOf(finding) }
}

function attributesOf(finding: Finding): Readonly<Record<string, string>> {
  const { severity, kind, event, stage, accountId, rules, buckets, actors } = finding
  const one = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined)
  const values = {
    severity,
    kind,
    event,
    stage,
    account: accountId,
    incident: finding.incidentId,
    detection: one(rules)?.id,
    bucket: one(buckets)?.value,
    actor: one(actors)?.value,
  }
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const clean = shorten((value ?? '').replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '?'), 256)
      return clean === '' ? [] : [[name, clean]]
    }),
  )
}
