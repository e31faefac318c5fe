/**
 * What a replay found, as plain data: JSON as it is, the same however many threads read the logs. The text, the report
 * and the exports all say what stands here and nothing else. Times in texts are ISO 8601 (UTC), times in series are
 * milliseconds since the epoch, and all are the records' own unless a member says otherwise.
 */
import type { AlarmState } from '../alarm/types.ts'
import type { ErrorCode } from '../contracts/errors.ts'
import type { EntityField, Severity } from '../detection/schema.ts'
import type { Finding, FindingEvent } from '../incident/finding.ts'
import type { Count } from '../incident/hit.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { Traffic } from './traffic.ts'

/** `event`: as if each record had come when it happened. `delivery`: when its object would have been delivered. */
export const REPLAY_CLOCKS = ['event', 'delivery'] as const
export type ReplayClock = (typeof REPLAY_CLOCKS)[number]

/** All that a replay found. */
export interface ReplayModel {
  readonly kind: 'replay'
  readonly version: 1
  readonly inputs: ReplayInputs
  /** The first and the last record that counted; absent: there was none. */
  readonly span?: { readonly first: string; readonly last: string }
  readonly totals: ReplayTotals
  /** What could not be read, was cut or was left out, by code; nothing is silent. Empty: all was read. */
  readonly problems: readonly ReplayProblem[]
  /** Absent in what was saved before there was a word for it. */
  readonly passedOver?: readonly PassedOver[]
  /** Incidents as they stand at the end, by their first record; of very many, the worst. */
  readonly incidents: readonly ReplayIncident[]
  /** Incidents that are not listed. */
  readonly incidentsLeftOut: number
  /** What people would have been told, in order. */
  readonly tellings: readonly Telling[]
  /** Enabled rules, and rules that are off for want of a setting, in the order of their ids. */
  readonly rules: readonly ReplayRule[]
  readonly traffic: Traffic
  readonly top: TopLists
  /** Who did what to which bucket, most frequent first. */
  readonly matrix: {
    readonly cells: readonly MatrixCell[] /** Records of cells that are not listed. */
    readonly rest: number
  }
  readonly matches: MatchTable
}

/** What was asked for. */
export interface ReplayInputs {
  /** As given: files, folders, archives, `s3://…`. */
  readonly paths: readonly string[]
  /** Only records from here on, and before there. */
  readonly from?: string
  readonly to?: string
  readonly clock: ReplayClock
  /** Filters as given; empty: all. Buckets may hold `*`. */
  readonly accounts: readonly string[]
  readonly buckets: readonly string[]
  readonly packs: readonly string[]
  readonly rules: readonly string[]
  /** The settings' file as named, and how many keys of it differ from the defaults. */
  readonly settings?: { readonly file: string; readonly keys: readonly string[] }
  /** How long after a record its object is taken to come, seconds; of the delivery clock only. */
  readonly deliverySeconds?: Readonly<Record<LogKind, number>>
}

export interface KindTotals {
  readonly objects: number
  /** As stored, compressed where they are. */
  readonly bytes: number
  /** Inflated. */
  readonly inflatedBytes: number
  readonly records: number
  /** UTF-8 bytes of the normalized records, as they would be forwarded. */
  readonly recordBytes: number
  /** The same of records that some rule's filter matches: what `forward: matching` would forward. */
  readonly matchingRecords: number
  readonly matchingBytes: number
}

export interface ReplayTotals {
  /** Objects with something in them. */
  readonly objects: number
  readonly bytes: number
  /** Objects with nothing to read in them, which are not among those: empty ones, digests, `{"Records":[]}`. */
  readonly skipped: number
  /** Records that counted. */
  readonly records: number
  /** Records that had been read before, by their identity; they count once. */
  readonly duplicates: number
  /** Records outside of --from and --to, and of other accounts or buckets than asked for. */
  readonly outOfSpan: number
  readonly filtered: number
  /** Data events of CloudTrail among the records. */
  readonly dataEvents: number
  /** Kinds of which something was read. */
  readonly kinds: Readonly<Partial<Record<LogKind, KindTotals>>>
}

export interface ReplayProblem {
  /** A code of docs/errors.md. */
  readonly code: ErrorCode
  readonly count: number
  /** A few: `object: what`. */
  readonly examples: readonly string[]
}

/** Objects that are no logs at all; they are among those that are skipped. */
export interface PassedOver {
  /** What they are, as a receipt has it: `note`, `image` … */
  readonly word: string
  readonly count: number
  /** A few, by name. */
  readonly examples: readonly string[]
}

/** An incident as it stands at the end, and when people would have been told of it. */
export interface ReplayIncident {
  readonly finding: Finding
  /** When it was told first, and when it was closed; absent: never. By the clock of the replay. */
  readonly opened?: string
  readonly closed?: string
  /** Messages that people would have got. */
  readonly messages: number
}

export interface Telling {
  /** By the clock of the replay. */
  readonly time: string
  readonly incidentId: string
  readonly event: FindingEvent
  readonly severity: Severity
  readonly subject: string
  /** The whole message; only where asked for. */
  readonly text?: string
}

/** Columns of numbers, one entry for each step that has data, by time. */
export interface Series {
  /** Begin of the step, ms since the epoch. */
  readonly time: readonly number[]
  readonly value: readonly number[]
}

/** `matched`; `quiet`: it watched records and matched none; `blind`: it had nothing to watch, see the reason. */
export type RuleState = 'matched' | 'quiet' | 'blind'

export interface ReplayRule {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly pack: string
  readonly mitre: readonly string[]
  /** Kinds of logs that it watches; empty: only the pipeline's own receipts. */
  readonly kinds: readonly LogKind[]
  readonly isEnabled: boolean
  readonly state: RuleState
  /** Of blind ones, in words: what it lacked. */
  readonly reason?: string
  /** What it counts, up to which threshold in which window (seconds; 0: at once) by what; absent: it makes no incidents. */
  readonly counting?: {
    readonly count: Count
    readonly threshold: number
    readonly window: number
    readonly by: readonly EntityField[]
  }
  /** Matching records, hits of incidents, and incidents that it is part of. */
  readonly matches: number
  readonly hits: number
  readonly incidents: number
  readonly actors: Ranking
  readonly buckets: Ranking
  /** Matching records a step of the traffic. */
  readonly series: Series
  readonly alarm?: RuleAlarm
  readonly noise: RuleNoise
}

export interface RuleAlarm {
  readonly name: string
  /** Seconds. */
  readonly period: number
  readonly evaluationPeriods: number
  readonly datapointsToAlarm: number
  readonly threshold: number
  readonly comparisonOperator: string
  readonly statistic: string
  readonly treatMissingData: string
  /** Each period with data, by the clock of the replay; where there are very many, the largest of several. */
  readonly datapoints: Series
  readonly changes: readonly { readonly time: string; readonly state: AlarmState }[]
  /** How often it went off. */
  readonly fired: number
  readonly secondsInAlarm: number
}

/** How loud a rule would be. */
export interface RuleNoise {
  readonly incidentsPerDay: number
  readonly alarmsPerDay: number
  /** 0 to 1: of the time of the replay. */
  readonly shareInAlarm: number
  /** Who made most of its matches, and their share, 0 to 1. */
  readonly topActor?: { readonly value: string; readonly share: number }
  /** Settings that would have quieted it, and what they would have hidden. */
  readonly quieting?: {
    /** YAML, for the settings file. */
    readonly snippet: string
    /** Of this rule: what other rules tell of the same is not hidden. */
    readonly hides: { readonly matches: number; readonly incidents: number }
    /** What it would not have hidden. */
    readonly leaves: { readonly matches: number; readonly incidents: number }
  }
  /** It is loud, and no setting would quiet it without hiding what matters. */
  readonly isNotQuieted?: true
}

/** A value and how often it came. */
export interface Ranked {
  readonly value: string
  readonly count: number
  /** Bytes sent to it, where that is known. */
  readonly bytes?: number
  /** What kind of value it is: an actor's type, an address's class, a key's bucket. */
  readonly type?: string
  /** It may be more: there were more values than are followed. */
  readonly isAtLeast?: true
}

export interface Ranking {
  /** Most frequent first; of equals by value. */
  readonly top: readonly Ranked[]
  /** How many different ones there were. */
  readonly distinct: number
  /** That is an estimate, off by some 2 %. */
  readonly isEstimate?: true
  /** The counts are lower bounds. */
  readonly isAtLeast?: true
}

export const TOP_LISTS = [
  'actors',
  'people',
  'keyIds',
  'addresses',
  'buckets',
  'actions',
  'errors',
  'tools',
  'keys',
] as const
export type TopList = (typeof TOP_LISTS)[number]

/** Of all records, matching or not. `keys` are `bucket/key`; `errors` are AWS's codes or statuses. */
export type TopLists = Readonly<Record<TopList, Ranking>>

export interface MatrixCell {
  readonly actor: string
  readonly bucket: string
  /** The API call. */
  readonly action: string
  readonly count: number
  readonly bytes: number
  readonly errors: number
  readonly first: string
  readonly last: string
}

/** A record that rules match. Texts come from logs: whoever shows them escapes them. */
export interface MatchRow {
  readonly time: string
  /** Ids of the rules, worst first. */
  readonly rules: readonly string[]
  readonly severity: Severity
  readonly kind: LogKind
  readonly actor?: string
  readonly person?: string
  readonly keyId?: string
  readonly ip?: string
  readonly bucket?: string
  readonly key?: string
  /** The API call. */
  readonly action: string
  /** `success`, or the error's code. */
  readonly outcome: string
  readonly bytes?: number
  readonly tool?: string
  /** What the request asks for, where that matters. */
  readonly detail?: string
  /** The object it stood in, and which of its records it was, from 1. */
  readonly object: string
  readonly record: number
  /** Whose incident it would be part of. */
  readonly principal: string
  readonly incidentId?: string
}

export interface MatchTable {
  /** Records that any rule matched. */
  readonly total: number
  /** The worst first, then by time. */
  readonly rows: readonly MatchRow[]
  /** Matching records without a row: of the least severe, spread over the time. */
  readonly leftOut: number
}
