/** Dossiers in the state, and an agenda of when something is to be done about which. */
import { hash } from 'node:crypto'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { StateError, type StateItem, type StateStore, type StateWrite } from '../contracts/state.ts'
import { fitted } from './fit.ts'
import { type Dossier, emptyDossier } from './incident.ts'

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
  /** When something is to be done next, ms since the epoch; undefined: never. */
  nextDue(): Promise<number | undefined>
}

export interface DossiersOptions {
  readonly state: StateStore
  readonly stage: string
  /** When something is to be done about a dossier next: see dueAt. */
  readonly dueAt: (dossier: Dossier) => number | undefined
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  readonly random: () => number
  readonly log: OperatorLog
}

const DAY_MS = 86_400_000
/** A principal of whom nothing more is heard is forgotten after this: longer than late records take. */
const KEPT_MS = 30 * DAY_MS
/** The agenda outlives what stands in it. */
const AGENDA_KEPT_MS = 400 * DAY_MS
/** The agenda is in so many items, so that thousands of open incidents stay small, and writers apart. */
const AGENDA_ITEMS = 16
/** Others write it at the same moment: each try reads anew. */
const MAX_TRIES = 25
/** After hits nothing is to be done earlier, so that whoever wrote the agenda has written the dossier, too. */
export const LEAST_AHEAD_MS = 30_000

interface Loaded {
  readonly dossier: Dossier
  readonly rev: number | undefined
  /** What the agenda has; undefined: nothing. */
  readonly due: number | undefined
}

/**
 * @throws BucketwatchError INCIDENT_STATE where the state cannot be read or written; then trying again is right.
 * @example
 * const { after } = await createDossiers(options).change(hit.principal, (dossier) => takeHits(dossier, [hit], options).dossier)
 */
export function createDossiers(options: DossiersOptions): Dossiers {
  const { state, stage, dueAt, now, sleep, random, log } = options
  const nameOf = (principal: string) => hash('sha256', JSON.stringify([stage, principal]), 'base64url').slice(0, 22)
  const keyOf = (principal: string) => `incident#${stage}#${nameOf(principal)}`
  const agendaKey = (number: number) => `agenda#${stage}#${number}`
  const agendaOf = (name: string) => agendaKey(name.charCodeAt(0) % AGENDA_ITEMS)

  function loaded(principal: string, item: StateItem | undefined): Loaded {
    if (item === undefined) return { dossier: emptyDossier(principal), rev: undefined, due: undefined }
    const rev = typeof item.rev === 'number' ? item.rev : 0
    const due = typeof item.due === 'number' ? item.due : undefined
    return { dossier: parse(principal, item.dossier), rev, due }
  }

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

  /** The write of a dossier; what the agenda has to be told first is told. */
  async function prepare(principal: string, { rev, due: noted }: Loaded, after: Dossier): Promise<StateWrite> {
    const next = dueAt(after)
    const due = next === undefined ? undefined : Math.max(next, now() + LEAST_AHEAD_MS)
    const isEarlier = due !== undefined && (noted === undefined || noted <= now() || due < noted)
    if (isEarlier) await note(nameOf(principal), due)
    const said = isEarlier ? due : noted
    return {
      key: keyOf(principal),
      set: {
        principal,
        rev: (rev ?? 0) + 1,
        dossier: fitted(after).json,
        ...(said === undefined ? {} : { due: said }),
      },
      when: [rev === undefined ? { attribute: 'rev', is: 'absent' } : { attribute: 'rev', is: '=', value: rev }],
      expiresAt: now() + KEPT_MS,
    }
  }

  async function note(name: string, due: number): Promise<void> {
    await state.write({ key: agendaOf(name), set: { [name]: due }, expiresAt: now() + AGENDA_KEPT_MS })
  }

  async function load(principal: string): Promise<Loaded> {
    return loaded(principal, await state.get(keyOf(principal)))
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

  const agendaItems = () =>
    Promise.all(Array.from({ length: AGENDA_ITEMS }, (_, number) => state.get(agendaKey(number))))

  async function agenda(): Promise<(readonly [name: string, due: number])[]> {
    return (await agendaItems()).flatMap((item) =>
      Object.entries(item ?? {}).flatMap(([name, due]) => (typeof due === 'number' ? [[name, due] as const] : [])),
    )
  }

  /** What is to be done was done, or is not yet to be: the agenda says when to look again. */
  async function look(name: string, seen: number): Promise<string | undefined> {
    const item = await state.get(`incident#${stage}#${name}`)
    const principal = typeof item?.principal === 'string' ? item.principal : undefined
    const next = principal === undefined ? undefined : dueAt(loaded(principal, item).dossier)
    if (next !== undefined && next <= now()) return principal
    const when = [{ attribute: name, is: '=', value: seen }] as const
    const key = agendaOf(name)
    const expiresAt = now() + AGENDA_KEPT_MS
    try {
      if (next === undefined) await state.write({ key, remove: [name], when, expiresAt })
      else await state.write({ key, set: { [name]: next }, when, expiresAt })
    } catch (error) {
      // Somebody else has just written when to look.
      if (!(error instanceof StateError && error.failure === 'condition')) throw error
    }
    return undefined
  }

  return {
    change: (principal, change) =>
      repeatedly(`the incidents of ${principal}`, async () => {
        const before = await load(principal)
        const after = change(before.dossier)
        if (after !== before.dossier) await state.write(await prepare(principal, before, after))
        return { before: before.dossier, after }
      }),
    changeBoth: (first, second, change) =>
      repeatedly(`the incidents of ${first} and ${second}`, async () => {
        const [one, other] = await Promise.all([load(first), load(second)])
        const [oneAfter, otherAfter] = change(one.dossier, other.dossier)
        if (oneAfter !== one.dossier || otherAfter !== other.dossier) {
          await state.writeAll([await prepare(first, one, oneAfter), await prepare(second, other, otherAfter)])
        }
        return [
          { before: one.dossier, after: oneAfter },
          { before: other.dossier, after: otherAfter },
        ] as const
      }),
    read: (principal) => repeatedly(`the incidents of ${principal}`, async () => (await load(principal)).dossier),
    due: () =>
      repeatedly('the agenda of incidents', async () => {
        const entries = (await agenda()).filter(([, due]) => due <= now())
        const found: string[] = []
        for (const [name, due] of entries) {
          const principal = await look(name, due)
          if (principal !== undefined) found.push(principal)
        }
        return found
      }),
    nextDue: () =>
      repeatedly('the agenda of incidents', async () => {
        let next = Number.POSITIVE_INFINITY
        for (const item of await agendaItems())
          for (const due of Object.values(item ?? {})) if (typeof due === 'number' && due < next) next = due
        return next === Number.POSITIVE_INFINITY ? undefined : next
      }),
  }
}
