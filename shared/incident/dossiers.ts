/** What is known of each principal, changed by several at once, and what is to be done about whom. */
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { StateError } from '../contracts/state.ts'
import type { AgendaEntry, DossierStore, DossierWrite, Loaded } from './dossier-store.ts'
import type { Dossier } from './incident.ts'

/** What becomes of a dossier that is changed. */
export interface Changed {
  readonly before: Dossier
  readonly after: Dossier
}

export interface Dossiers {
  /**
   * Changes a principal's dossier: read, change, write, and again from the start where somebody else wrote meanwhile. A
   * change that returns the dossier it was given writes nothing.
   */
  change(principal: string, change: (dossier: Dossier) => Dossier): Promise<Changed>
  /** The same for two at once: both are written, or none. */
  changeBoth(
    first: string,
    second: string,
    change: (first: Dossier, second: Dossier) => readonly [Dossier, Dossier],
  ): Promise<readonly [Changed, Changed]>
  read(principal: string): Promise<Dossier>
  /** Principals about whom something is to be done by now. */
  due(): Promise<readonly string[]>
  /** Principals about whom something is to be done at some time. */
  awaited(): Promise<readonly string[]>
  /** When something is to be done next, ms since the epoch; undefined: never. */
  nextDue(): Promise<number | undefined>
}

export interface DossiersOptions {
  readonly store: DossierStore
  /** When something is to be done about a dossier next: see dueAt. */
  readonly dueAt: (dossier: Dossier) => number | undefined
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  readonly random: () => number
}

/** Others write it at the same moment: each try reads anew. */
const MAX_TRIES = 25
/** After hits nothing is to be done earlier, so that whoever wrote the agenda has written the dossier, too. */
export const LEAST_AHEAD_MS = 30_000

/**
 * @throws BucketwatchError INCIDENT_STATE where the dossiers cannot be read or written; then trying again is right.
 * @example
 * const { after } = await createDossiers(options).change(hit.principal, (dossier) => takeHits(dossier, [hit], options).dossier)
 */
export function createDossiers(options: DossiersOptions): Dossiers {
  const { store, dueAt, now, sleep, random } = options

  /** The write of a dossier; what the agenda has to be told first is told. */
  async function prepare(principal: string, before: Loaded, after: Dossier): Promise<DossierWrite> {
    const { due: noted } = before
    const next = dueAt(after)
    const due = next === undefined ? undefined : Math.max(next, now() + LEAST_AHEAD_MS)
    const isEarlier = due !== undefined && (noted === undefined || noted <= now() || due < noted)
    if (isEarlier) await store.note(principal, due)
    return { principal, before, after, due: isEarlier ? due : noted }
  }

  /** Tries until nobody else wrote meanwhile. */
  async function repeatedly<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work()
      } catch (error) {
        const failure = error instanceof StateError ? error.failure : 'other'
        const isWorthATry = failure === 'condition' || failure === 'throttled' || failure === 'unavailable'
        if (!isWorthATry || tries >= MAX_TRIES) {
          throw new BucketwatchError('INCIDENT_STATE', `${what}: ${errorMessage(error)}`, { failure }, { cause: error })
        }
        await sleep(Math.min(1000, 20 * 2 ** tries) * random())
      }
    }
  }

  /** What is to be done was done, or is not yet to be: the agenda says when to look again. */
  async function look(entry: AgendaEntry): Promise<string | undefined> {
    const dossier = await store.find(entry.name)
    const next = dossier === undefined ? undefined : dueAt(dossier)
    if (next !== undefined && next <= now()) return dossier?.principal
    await store.putOff(entry, next)
    return undefined
  }

  return {
    change: (principal, change) =>
      repeatedly(`the incidents of ${principal}`, async () => {
        const before = await store.load(principal)
        const after = change(before.dossier)
        if (after !== before.dossier) await store.save([await prepare(principal, before, after)])
        return { before: before.dossier, after }
      }),
    changeBoth: (first, second, change) =>
      repeatedly(`the incidents of ${first} and ${second}`, async () => {
        const [one, other] = await Promise.all([store.load(first), store.load(second)])
        const [oneAfter, otherAfter] = change(one.dossier, other.dossier)
        if (oneAfter !== one.dossier || otherAfter !== other.dossier) {
          await store.save([await prepare(first, one, oneAfter), await prepare(second, other, otherAfter)])
        }
        return [
          { before: one.dossier, after: oneAfter },
          { before: other.dossier, after: otherAfter },
        ] as const
      }),
    read: (principal) => repeatedly(`the incidents of ${principal}`, async () => (await store.load(principal)).dossier),
    due: () =>
      repeatedly('the agenda of incidents', async () => {
        const found: string[] = []
        for (const entry of await store.agenda(now())) {
          const principal = await look(entry)
          if (principal !== undefined) found.push(principal)
        }
        return found
      }),
    awaited: () =>
      repeatedly('the agenda of incidents', async () => {
        const entries = await store.agenda(Number.POSITIVE_INFINITY)
        const found = await Promise.all(entries.map(({ name }) => store.find(name)))
        return found.flatMap((dossier) => (dossier === undefined ? [] : [dossier.principal]))
      }),
    nextDue: () => repeatedly('the agenda of incidents', store.nextDue),
  }
}
