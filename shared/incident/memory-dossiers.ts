/** Dossiers in the process: kept as they are while something is to be done about them, and as text after that. */
import { StateError } from '../contracts/state.ts'
import {
  AGENDA_PARTS,
  type AgendaEntry,
  type DossierStore,
  type DossierWrite,
  forgottenAt,
  nameOfDossier,
  partOfAgenda,
} from './dossier-store.ts'
import { MAX_DOSSIER_BYTES, refitted } from './fit.ts'
import { type Dossier, emptyDossier } from './incident.ts'

/** Dossiers are looked through for expired ones whenever there are so many more. */
const SWEEP_EVERY = 10_000

interface Kept {
  /** As JSON it takes a fourth of the room. */
  dossier: Dossier | string
  /** Of JSON, at most. */
  readonly bytes: number
  readonly rev: number
  readonly due: number | undefined
  readonly expiresAt: number
}

/**
 * The same as over a state, without a text for each read and each write: for one process that reads hits of days at once.
 *
 * @example
 * const store = createMemoryDossiers({ stage: 'replay', now: () => clock })
 */
export function createMemoryDossiers({
  stage,
  now,
}: {
  readonly stage: string
  readonly now: () => number
}): DossierStore {
  const dossiers = new Map<string, Kept>()
  /** Principal → when to look at it. */
  const agenda = Array.from({ length: AGENDA_PARTS }, () => new Map<string, number>())
  const parts = new Map<string, Map<string, number>>()
  let sweepAt = SWEEP_EVERY

  /** In the order of a state's, so that what is due at once is told in the same order. */
  function partOf(principal: string): Map<string, number> {
    let part = parts.get(principal)
    if (part === undefined) {
      part = agenda[partOfAgenda(nameOfDossier(stage, principal))]!
      parts.set(principal, part)
    }
    return part
  }

  function live(principal: string): Kept | undefined {
    const kept = dossiers.get(principal)
    return kept !== undefined && kept.expiresAt > now() ? kept : undefined
  }

  function put({ principal, before, after, due }: DossierWrite): void {
    const known = dossiers.get(principal)
    const { dossier, bytes } = refitted({ dossier: before.dossier, bytes: known?.bytes ?? MAX_DOSSIER_BYTES }, after)
    const isAwaited = partOf(principal).has(principal)
    dossiers.set(principal, {
      dossier: isAwaited ? dossier : packed(dossier),
      bytes,
      rev: (before.rev ?? 0) + 1,
      due,
      expiresAt: forgottenAt(dossier, now()),
    })
    if (dossiers.size >= sweepAt) sweep()
  }

  function sweep(): void {
    for (const principal of dossiers.keys()) {
      if (live(principal) !== undefined) continue
      dossiers.delete(principal)
      if (!partOf(principal).has(principal)) parts.delete(principal)
    }
    sweepAt = dossiers.size + SWEEP_EVERY
  }

  return {
    async load(principal) {
      const kept = live(principal)
      if (kept === undefined) return { dossier: emptyDossier(principal), rev: undefined, due: undefined }
      return { dossier: unpacked(kept), rev: kept.rev, due: kept.due }
    },
    async save(writes) {
      for (const { principal, before } of writes) {
        if (live(principal)?.rev !== before.rev)
          throw new StateError('condition', `Somebody else has written of ${principal}.`)
      }
      for (const write of writes) put(write)
    },
    async note(principal, due) {
      partOf(principal).set(principal, due)
    },
    async agenda(until) {
      const found: AgendaEntry[] = []
      for (const part of agenda) {
        part.forEach((due, name) => {
          if (due <= until) found.push({ name, due })
        })
      }
      return found
    },
    async nextDue() {
      let next = Number.POSITIVE_INFINITY
      for (const part of agenda) for (const due of part.values()) if (due < next) next = due
      return next === Number.POSITIVE_INFINITY ? undefined : next
    },
    async find(principal) {
      const kept = live(principal)
      return kept === undefined ? undefined : unpacked(kept)
    },
    async putOff({ name: principal, due: seen }, due) {
      const part = partOf(principal)
      if (part.get(principal) !== seen) return
      if (due !== undefined) {
        part.set(principal, due)
        return
      }
      part.delete(principal)
      const kept = dossiers.get(principal)
      if (kept !== undefined) kept.dossier = packed(kept.dossier)
    },
  }
}

const unpacked = ({ dossier }: Kept): Dossier =>
  typeof dossier === 'string' ? (JSON.parse(dossier) as Dossier) : dossier

const packed = (dossier: Dossier | string): string => (typeof dossier === 'string' ? dossier : JSON.stringify(dossier))
