/** Incidents: what is known of them, as it stands in the state. Pure data, bounded (see fit.ts). */
import { hash } from 'node:crypto'
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import type { FindingEvent } from './finding.ts'
import type { Count } from './hit.ts'
import type { KeptRanking } from './kept.ts'

/** What an incident ranks, and how many values of each. */
export const RANKINGS = {
  actors: 8,
  people: 6,
  keyIds: 8,
  sessions: 6,
  mfa: 2,
  addresses: 24,
  tools: 6,
  buckets: 12,
  objects: 6,
  accounts: 4,
  outcomes: 6,
} as const
export type RankingName = keyof typeof RANKINGS

/** One rule's part in an incident. Times in ms since the epoch, of events. */
export interface RulePart {
  readonly severity: Severity
  readonly matches: number
  readonly count: Count
  /** The largest that was counted in one window. */
  readonly amount: number
  readonly isAtLeast?: true
  readonly threshold: number
  readonly window: number
  readonly first: number
  readonly last: number
  readonly actors: KeptRanking
  readonly buckets: KeptRanking
}

/** A call, or a run of calls, of the story. */
export interface Moment {
  /** Of the call; of a run, of the object's records. */
  readonly id: string
  readonly time: number
  readonly until: number
  readonly calls: number
  readonly what: string
  readonly by?: string
  readonly from?: string
  readonly on?: string
  /** Of different keys. */
  readonly keys?: number
  /** An error code; absent where it succeeded. */
  readonly error?: string
  readonly detail?: string
  readonly rules: readonly string[]
  readonly severity: Severity
  /** A few of a run's calls, the same few of the same run: by them, two logs that tell one run are one line. */
  readonly sample?: readonly string[]
  /** Ids of the moments that were joined to this one: what another rule tells of one of them later is no other line. */
  readonly joined?: readonly string[]
}

/** A finding that was made and is not told to everybody yet. */
export interface Untold {
  readonly sequence: number
  readonly event: FindingEvent
  /** When it was made; ms since the epoch. */
  readonly time: number
  /** Rules and buckets that are new in it, and how many matching records. */
  readonly news: readonly string[]
  readonly added: number
  /** `record`: it stands in the log group only, since it says nothing that people need to know. */
  readonly to: 'all' | 'record'
  /** Who took it. */
  readonly told: readonly string[]
  /** Somebody is telling it until then, or it is not to be tried again before. ms since the epoch. */
  readonly until: number
  readonly tries: number
}

export interface Incident {
  readonly id: string
  readonly isOver: boolean
  /** Event time of the first and the last matching record. */
  readonly first: number
  readonly last: number
  /** When its last hit came, by our clock. */
  readonly heard: number
  readonly severity: Severity
  readonly matches: number
  /** Matches of which only the number is known: rankings say nothing of them. Absent: none. */
  readonly unread?: number
  readonly rules: Readonly<Record<string, RulePart>>
  readonly rankings: Readonly<Record<RankingName, KeptRanking>>
  readonly moments: readonly Moment[]
  /** Calls that the story has no room for. */
  readonly leftOut: number
  /** Where the records come from; the last that was seen. */
  readonly region: string
  /** Calls that were told, as short hashes with the log that told of them: `c`, `a`. */
  readonly calls: readonly string[]
  /** Hits that were kept out, by the reason of the suppression. */
  readonly suppressed: Readonly<Record<string, number>>
  /** Findings made so far. */
  readonly sequence: number
  /** When the last finding was made, by our clock; what it told of; how many updates there were. */
  readonly toldAt: number
  readonly toldMatches: number
  readonly updates: number
  /** What an update is to tell, and when the first and the latest of it was heard. */
  readonly pending?: {
    readonly since: number
    readonly latest?: number
    readonly isUrgent: boolean
    readonly news: readonly string[]
  }
  readonly untold: readonly Untold[]
  /** Access logs have told of it, which come hours late: so long it may be quiet for no other reason. */
  readonly isSlow?: true
  /** Since it was closed, nothing came but late records that add nothing. */
  readonly isLate?: true
  /** It goes on in another incident. */
  readonly mergedInto?: string
}

/** All that is kept of one principal. */
export interface Dossier {
  readonly version: 1
  readonly principal: string
  /** Newest last. */
  readonly incidents: readonly Incident[]
  /** Short hashes of the hits that were taken, newest last. */
  readonly seen: readonly string[]
  /** Hits kept out while there was no incident. */
  readonly suppressed: Readonly<Record<string, number>>
  /** Its hits belong to that principal's incident, where it has one at the time. */
  readonly alias?: string
  /** When that was noted, by our clock: again where it still serves after a while, so that it is not forgotten. */
  readonly aliasAt?: number
}

export function emptyDossier(principal: string): Dossier {
  return { version: 1, principal, incidents: [], seen: [], suppressed: {} }
}

export const rankOf = (severity: Severity): number => SEVERITIES.indexOf(severity)

export const worse = (a: Severity, b: Severity): Severity => (rankOf(a) >= rankOf(b) ? a : b)

/** A name in eight characters: among the thousands that are kept, two are the same once in ten million times. */
export function short(id: string): string {
  return hash('sha1', id, 'base64url').slice(0, 8)
}

/** The incident's name: the same on every attempt. */
export function incidentId(stage: string, principal: string, hitId: string): string {
  return hash('sha256', JSON.stringify([stage, principal, hitId]), 'hex').slice(0, 16)
}

/** Most access-log lines come within a few hours (Amazon S3 User Guide, "Best-effort server log delivery"). */
const ACCESS_LOGS_LATE_MS = 4 * 3_600_000

export const isOfAccessLog = (logGroupName: string): boolean => logGroupName.endsWith('/access-log')

/** How long it has to be quiet: longer where what happens meanwhile is told of hours later. */
export const quietOf = (isSlow: boolean, quietMs: number): number => quietMs + (isSlow ? ACCESS_LOGS_LATE_MS : 0)
