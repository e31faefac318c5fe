/** Where dossiers are kept, and the agenda of when something is to be done about which. */
import { hash } from 'node:crypto'
import type { Dossier } from './incident.ts'

/** A dossier as it was written last; of a principal that nothing is known of, an empty one. */
export interface Loaded {
  readonly dossier: Dossier
  /** Tells one write from the next; undefined: there was none. */
  readonly rev: number | undefined
  /** When to look at it, as it was written with it; undefined: nothing was. ms since the epoch. */
  readonly due: number | undefined
}

/** A write of a dossier: it holds where nobody else wrote since it was loaded. */
export interface DossierWrite {
  readonly principal: string
  readonly before: Loaded
  readonly after: Dossier
  readonly due: number | undefined
}

export interface AgendaEntry {
  /** What the store calls the principal. */
  readonly name: string
  /** When to look. ms since the epoch. */
  readonly due: number
}

/**
 * `state-dossiers.ts` keeps them in the state table, `memory-dossiers.ts` in the process; one behaviour suite runs against
 * both. What is kept fits into 32 KB (see fit.ts). Nobody changes a dossier in place.
 *
 * Throws StateErrors only; `condition` where somebody else wrote meanwhile.
 */
export interface DossierStore {
  load(principal: string): Promise<Loaded>
  /** All or none. */
  save(writes: readonly DossierWrite[]): Promise<void>
  /** Notes in the agenda when to look at a principal. */
  note(principal: string, due: number): Promise<void>
  /** What of the agenda is due by then. */
  agenda(until: number): Promise<readonly AgendaEntry[]>
  /** The earliest time of the agenda; undefined: it is empty. */
  nextDue(): Promise<number | undefined>
  /** Whom an entry of the agenda is about; undefined: nothing is known of it any more. */
  find(name: string): Promise<Dossier | undefined>
  /** Puts an entry off, or takes it out (undefined), unless somebody else has written it meanwhile. */
  putOff(entry: AgendaEntry, due: number | undefined): Promise<void>
}

const DAY_MS = 86_400_000
/** A principal of whom nothing more is heard is forgotten after this: longer than late records take. */
export const DOSSIER_KEPT_MS = 30 * DAY_MS
/** Whose hits are whose is known for longer: a bucket that somebody opened may be read first when weeks have passed. */
const ALIAS_KEPT_MS = 400 * DAY_MS
/** The agenda outlives what stands in it. */
export const AGENDA_KEPT_MS = 400 * DAY_MS
/** The agenda is in so many parts, so that thousands of open incidents stay small items of the state, and writers apart. */
export const AGENDA_PARTS = 16

/** When a dossier that is written now is forgotten, ms since the epoch. */
export const forgottenAt = ({ alias }: Dossier, now: number): number =>
  now + (alias === undefined ? DOSSIER_KEPT_MS : ALIAS_KEPT_MS)

/** What the state and the agenda call a principal. */
export const nameOfDossier = (stage: string, principal: string): string =>
  hash('sha256', JSON.stringify([stage, principal]), 'base64url').slice(0, 22)

/** The part of the agenda that a name stands in. */
export const partOfAgenda = (name: string): number => name.charCodeAt(0) % AGENDA_PARTS
