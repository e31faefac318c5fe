import type { Severity } from '../detection/schema.ts'
import type { Count } from './hit.ts'

/** What can become of an incident. */
export const FINDING_EVENTS = ['opened', 'escalated', 'reminded', 'closed'] as const
export type FindingEvent = (typeof FINDING_EVENTS)[number]

/** One rule's part in an incident. Times are ISO 8601. */
export interface FindingRule {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** Matching records. */
  readonly matches: number
  /** The largest that was counted in one window, of what, and against which threshold. */
  readonly count: Count
  readonly amount: number
  readonly isAtLeast?: true
  readonly threshold: number
  /** Seconds of event time; 0: it hits at once. */
  readonly window: number
  readonly first: string
  readonly last: string
  readonly mitre: readonly string[]
  /** It is told of other rules' matches, which are those of its steps; it has none of its own. */
  readonly isSequence?: true
}

/** A value, in how many matching records it stood, and its kind (an actor's type, an address's class). */
export interface FindingValue {
  readonly value: string
  readonly count: number
  readonly type?: string
}

/** One line of the story: one call, or a run of calls. */
export interface StoryLine {
  /** ISO 8601. */
  readonly time: string
  /** Of a run: its last call. */
  readonly until?: string
  readonly text: string
  /** The rules that tell of it. */
  readonly rules: readonly string[]
}

/** One event of an incident, as it stands in the log group `findings` and goes to the targets. */
export interface Finding {
  readonly kind: 'finding'
  readonly version: 1
  /** `<incidentId>.<sequence>`. */
  readonly id: string
  /** Stays the same: a hash of stage, principal and the first hit's id. */
  readonly incidentId: string
  /** 1: opened. */
  readonly sequence: number
  readonly event: FindingEvent
  /** When the finding was made, ISO 8601. */
  readonly time: string
  /** The highest so far. */
  readonly severity: Severity
  /** What, of the worst rule. */
  readonly title: string
  /** One line: what, where, by whom. Says only what (nearly) all records say. */
  readonly summary: string
  readonly principal: string
  readonly person?: string
  readonly keyIds: readonly string[]
  readonly actors: readonly FindingValue[]
  /** Names of roles' sessions. */
  readonly sessions: readonly FindingValue[]
  /** `yes` or `no`. */
  readonly mfa: readonly FindingValue[]
  readonly addresses: readonly FindingValue[]
  readonly tools: readonly FindingValue[]
  readonly buckets: readonly FindingValue[]
  /** `bucket/key`. */
  readonly objects: readonly FindingValue[]
  /** `success`, or error codes. */
  readonly outcomes: readonly FindingValue[]
  /** How many different ones there were at least; the lists hold the most frequent. */
  readonly distinct: {
    readonly actors: number
    readonly addresses: number
    readonly buckets: number
    readonly objects: number
  }
  readonly rules: readonly FindingRule[]
  /** Event time of the first and the last matching record, ISO 8601. */
  readonly firstTime: string
  readonly lastTime: string
  /** Matching records, by all rules; a record that several rules match counts for each. */
  readonly matches: number
  /** Of them, those of which only the number is known: the lists say nothing of them. Absent: none. */
  readonly unread?: number
  /** True of closed ones. */
  readonly isOver: boolean
  /** Matching records that the finding before did not tell of. */
  readonly added: number
  /** It goes on in another incident: it turned out to be that one's. */
  readonly mergedInto?: string
  /** Rules and buckets that the finding before did not tell of. */
  readonly news: readonly string[]
  readonly story: readonly StoryLine[]
  /** Calls that the story has no room for. */
  readonly leftOut: number
  /** With the ids filled in. */
  readonly runbook: readonly string[]
  readonly why: readonly string[]
  readonly falsePositives: readonly string[]
  /** What (nearly) all matching records have in common, to route by; absent where they have not. */
  readonly routing: { readonly bucket?: string; readonly actor?: string }
  /** Name → URL. */
  readonly links: Readonly<Record<string, string>>
  readonly accountId: string
  readonly region: string
  readonly stage: string
  /** Hits that a suppression of the settings kept out, by its reason. */
  readonly suppressed?: readonly { readonly reason: string; readonly hits: number }[]
}
