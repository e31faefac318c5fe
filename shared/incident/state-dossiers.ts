/** Dossiers in the state table: an item each, as JSON, and the agenda in a few. See docs/state.md. */
import { errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { StateError, type StateItem, type StateStore, type StateWrite } from '../contracts/state.ts'
import {
  AGENDA_KEPT_MS,
  AGENDA_PARTS,
  type DossierStore,
  type DossierWrite,
  forgottenAt,
  nameOfDossier,
  partOfAgenda,
} from './dossier-store.ts'
import { fitted } from './fit.ts'
import { type Dossier, emptyDossier } from './incident.ts'

export interface StateDossiersOptions {
  readonly state: StateStore
  readonly stage: string
  readonly now: () => number
  readonly log: OperatorLog
}

/**
 * @example
 * const store = createStateDossiers({ state, stage: 'prod', now: Date.now, log })
 */
export function createStateDossiers(options: StateDossiersOptions): DossierStore {
  const { state, stage, now, log } = options
  const keyOf = (name: string) => `incident#${stage}#${name}`
  const agendaKey = (part: number) => `agenda#${stage}#${part}`
  const agendaOf = (name: string) => agendaKey(partOfAgenda(name))
  const agendaItems = () => Promise.all(Array.from({ length: AGENDA_PARTS }, (_, part) => state.get(agendaKey(part))))

  function parse(principal: string, json: unknown): Dossier {
    try {
      const dossier = JSON.parse(String(json)) as Dossier
      if (dossier.version === 1) return dossier
      throw new Error(`its version is ${dossier.version}`)
    } catch (error) {
      log.error('An incident cannot be read; it is begun anew.', { principal, reason: errorMessage(error) })
      return emptyDossier(principal)
    }
  }

  function writeOf({ principal, before: { rev }, after, due }: DossierWrite): StateWrite {
    return {
      key: keyOf(nameOfDossier(stage, principal)),
      set: {
        principal,
        rev: (rev ?? 0) + 1,
        dossier: fitted(after).json,
        ...(due === undefined ? {} : { due }),
      },
      when: [rev === undefined ? { attribute: 'rev', is: 'absent' } : { attribute: 'rev', is: '=', value: rev }],
      expiresAt: forgottenAt(after, now()),
    }
  }

  return {
    async load(principal) {
      const item = await state.get(keyOf(nameOfDossier(stage, principal)))
      if (item === undefined) return { dossier: emptyDossier(principal), rev: undefined, due: undefined }
      return { dossier: parse(principal, item.dossier), rev: numberOf(item.rev) ?? 0, due: numberOf(item.due) }
    },
    async save(writes) {
      const [first, ...others] = writes.map(writeOf)
      if (first === undefined) return
      if (others.length === 0) await state.write(first)
      else await state.writeAll([first, ...others])
    },
    async note(principal, due) {
      const name = nameOfDossier(stage, principal)
      await state.write({ key: agendaOf(name), set: { [name]: due }, expiresAt: now() + AGENDA_KEPT_MS })
    },
    async agenda(until) {
      return (await agendaItems()).flatMap((item) => entriesOf(item).filter(({ due }) => due <= until))
    },
    async nextDue() {
      const next = (await agendaItems())
        .flatMap(entriesOf)
        .reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY)
      return next === Number.POSITIVE_INFINITY ? undefined : next
    },
    async find(name) {
      const item = await state.get(keyOf(name))
      return typeof item?.principal === 'string' ? parse(item.principal, item.dossier) : undefined
    },
    async putOff({ name, due: seen }, due) {
      const when = [{ attribute: name, is: '=', value: seen }] as const
      const change = due === undefined ? { remove: [name] } : { set: { [name]: due } }
      try {
        await state.write({ key: agendaOf(name), ...change, when, expiresAt: now() + AGENDA_KEPT_MS })
      } catch (error) {
        // Somebody else has just written when to look.
        if (!(error instanceof StateError && error.failure === 'condition')) throw error
      }
    },
  }
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const entriesOf = (item: StateItem | undefined) =>
  Object.entries(item ?? {}).flatMap(([name, due]) => (typeof due === 'number' ? [{ name, due }] : []))
