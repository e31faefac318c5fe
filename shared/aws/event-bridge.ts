/** EventBridge as a target of findings, through the AWS SDK. */
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { BucketwatchError } from '../contracts/errors.ts'
import type { FindingTarget } from '../incident/ports.ts'
import { eventEntry } from '../target/event-bridge.ts'
import { targetError } from './target-failure.ts'

/** Codes of entries that failed on the service's side. Source: EventBridge API Reference, PutEventsResultEntry. */
const TEMPORARY = /^(InternalFailure|InternalException|ThrottlingException)$/

/**
 * Puts findings on an event bus. Needs events:PutEvents on it.
 *
 * Source: EventBridge API Reference, PutEvents.
 *
 * @param options.eventBusName a name or an ARN.
 * @throws (of `send`) BucketwatchError TARGET_UNAVAILABLE, TARGET_DENIED, TARGET_REFUSED
 */
export function createEventBridgeTarget(options: {
  readonly client: EventBridgeClient
  readonly eventBusName: string
}): FindingTarget {
  const { client, eventBusName: EventBusName } = options
  const name = 'eventbridge'
  return {
    name,
    async send(finding) {
      const Entries = [{ ...eventEntry(finding), EventBusName }]
      const result = await client.send(new PutEventsCommand({ Entries })).catch((error: unknown) => {
        throw targetError(name, error)
      })
      const failed = result.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined)
      if (failed === undefined && (result.FailedEntryCount ?? 0) === 0) return
      const { ErrorCode = 'Unknown', ErrorMessage = '' } = failed ?? {}
      const code = TEMPORARY.test(ErrorCode) ? 'TARGET_UNAVAILABLE' : 'TARGET_REFUSED'
      throw new BucketwatchError(code, `${name}: ${ErrorCode}: ${ErrorMessage}`, {
        target: name,
        findingId: finding.id,
      })
    },
  }
}
