import type { Finding } from '../incident/finding.ts'
import { fitFinding } from './fit.ts'
import { detectionFinding, partition } from './ocsf.ts'

/** Bytes of an entry: source, detail type, detail and resources together (EventBridge guide, "PutEvents entry size"). */
export const EVENT_BRIDGE_MAX_BYTES = 256 * 1024
const RESERVED_BYTES = 4096
/** Resources beyond these are in the detail only. */
const MAX_RESOURCES = 20

/** What rules on the bus match. */
export const EVENT_SOURCE = 'bucketwatch'
export const EVENT_DETAIL_TYPE = 'Detection Finding'

/** An entry of PutEvents, without the bus. */
export interface EventEntry {
  readonly Source: string
  readonly DetailType: string
  /** JSON: an OCSF Detection Finding. */
  readonly Detail: string
  readonly Time: Date
  readonly Resources: string[]
}

/**
 * A finding as an event: source `bucketwatch`, detail type `Detection Finding`, the detail an OCSF Detection Finding.
 *
 * Source: EventBridge API Reference, PutEventsRequestEntry.
 *
 * @example
 * await client.send(new PutEventsCommand({ Entries: [{ ...eventEntry(finding), EventBusName: 'security' }] }))
 */
export function eventEntry(finding: Finding): EventEntry {
  return {
    Source: EVENT_SOURCE,
    DetailType: EVENT_DETAIL_TYPE,
    Detail: fitFinding(finding, EVENT_BRIDGE_MAX_BYTES - RESERVED_BYTES, (cut) =>
      JSON.stringify(detectionFinding(cut)),
    ),
    Time: new Date(finding.time),
    Resources: finding.buckets
      .slice(0, MAX_RESOURCES)
      .map(({ value }) => `arn:${partition(finding.region)}:s3:::${value.slice(0, 63)}`),
  }
}
