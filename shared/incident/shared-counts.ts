/** Where function instances share what they count of an entity: in the state table, or, of a single one, in its memory. */
import { StateError, type StateStore } from '../contracts/state.ts'
import { counterKey, itemOf, type Known, readItem } from './count-item.ts'

/** What is known of an entity by a rule, in place of what was known. */
export interface Sharing {
  readonly rule: string
  readonly entity: string
  readonly next: Known
  /** The `rev` of what it takes the place of; undefined: of nothing. */
  readonly before: number | undefined
  /** From then on nothing is known. ms since the epoch. */
  readonly expiresAt: number
}

export interface SharedCounts {
  /** What all know; undefined: nothing. */
  read(rule: string, entity: string): Promise<Known | undefined>
  /** @throws Overtaken where something else is known than was thought; else whatever the table throws. */
  write(sharing: Sharing): Promise<void>
}

/** Somebody else has written, or the time of what was known is over. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
  /** What is known now; undefined: nothing. */
  readonly known: Known | undefined

  constructor(message: string, known: Known | undefined, options?: { readonly cause: unknown }) {
    super(message, options)
    this.known = known
  }
}

/**
 * Counts that all function instances share. See docs/state.md for the items.
 *
 * @example
 * const counters = createCounters({ shared: createTableCounts(state), now, log })
 */
export function createTableCounts(state: StateStore): SharedCounts {
  const knownIn = (item: Parameters<typeof readItem>[0] | undefined) =>
    item === undefined ? undefined : readItem(item)
  return {
    read: async (rule, entity) => knownIn(await state.get(counterKey(rule, entity))),
    async write({ rule, entity, next, before, expiresAt }) {
      try {
        await state.write({
          key: counterKey(rule, entity),
          set: itemOf(next),
          when: [
            before === undefined ? { attribute: 'rev', is: 'absent' } : { attribute: 'rev', is: '=', value: before },
          ],
          expiresAt,
        })
      } catch (error) {
        if (!(error instanceof StateError && error.failure === 'condition')) throw error
        throw new Overtaken(error.message, knownIn(error.item), { cause: error })
      }
    },
  }
}

/** Counts are looked through for those whose time is over whenever there are so many more. */
const SWEEP_EVERY = 10_000

/**
 * Counts that nobody else knows of: nothing is made a text, and nothing is copied.
 *
 * @param now ms since the epoch.
 * @example
 * const counters = createCounters({ shared: createOwnCounts(now), now, log })
 */
export function createOwnCounts(now: () => number): SharedCounts {
  const counts = new Map<string, { readonly known: Known; readonly expiresAt: number }>()
  let sweepAt = SWEEP_EVERY

  const nameOf = (rule: string, entity: string): string => `${rule}\n${entity}`

  function live(name: string): Known | undefined {
    const count = counts.get(name)
    return count !== undefined && count.expiresAt > now() ? count.known : undefined
  }

  function sweep(): void {
    for (const name of counts.keys()) if (live(name) === undefined) counts.delete(name)
    sweepAt = counts.size + SWEEP_EVERY
  }

  return {
    read: async (rule, entity) => live(nameOf(rule, entity)),
    async write({ rule, entity, next, before, expiresAt }) {
      const name = nameOf(rule, entity)
      const known = live(name)
      if (known?.rev !== before) throw new Overtaken(`The count of ${name} is another one.`, known)
      counts.set(name, { known: next, expiresAt })
      if (counts.size >= sweepAt) sweep()
    },
  }
}
