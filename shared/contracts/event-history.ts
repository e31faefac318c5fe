/** The port to CloudTrail's Event history: the management events of one account and one Region, of the last 90 days. */

/** An event as LookupEvents lists it. */
export interface HistoryEvent {
  readonly id: string
  /** ms since the epoch; CloudTrail knows whole seconds here. */
  readonly time: number
  /** The record, as JSON text, as it would stand in a log object. Absent: CloudTrail gave none. */
  readonly record?: string | undefined
}

export interface LookupInput {
  /** ms since the epoch, both inclusive. */
  readonly from: number
  readonly until: number
  /** Of the page before, with the same times. */
  readonly nextToken?: string | undefined
}

/**
 * A page, latest event first; or why there is none: too many calls (wait), or a token that CloudTrail no longer takes
 * (begin again without one).
 */
export type LookupResult =
  | { readonly kind: 'page'; readonly events: readonly HistoryEvent[]; readonly nextToken?: string | undefined }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'staleToken' }

/** Looks events up. Throws BucketwatchError AWS_CALL for whatever waiting does not help. */
export interface EventHistory {
  lookup(input: LookupInput): Promise<LookupResult>
}
