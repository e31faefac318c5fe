/** The settings' keys about incidents: how hits are kept together, when people are told, and what is kept out. */

/** Hits that are kept out of incidents, but counted. All that is given must hold; `*` stands for any characters. */
export interface Suppression {
  /** A rule's id. */
  readonly rule?: string | undefined
  readonly actor?: string | undefined
  readonly person?: string | undefined
  /** An access key id. */
  readonly key?: string | undefined
  readonly bucket?: string | undefined
  /** What happens from then on is told again; ms since the epoch. */
  readonly until: number
  readonly reason: string
}

/** How incidents are kept together and told; docs/findings.md. */
export interface IncidentSettings {
  /** Hits of one principal further apart are two incidents; one is closed when nothing was heard for so long. Minutes. */
  readonly quietMinutes: number
  /** An incident that goes on is told again after so many hours. */
  readonly remindHours: number
  readonly suppressions: readonly Suppression[]
}

export const DEFAULT_INCIDENT_SETTINGS: IncidentSettings = { quietMinutes: 120, remindHours: 24, suppressions: [] }
