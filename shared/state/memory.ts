import { StateError, type StateStore, type StateWrite } from '../contracts/state.ts'
import { changed, holds, type KeptItem } from './item.ts'

/** Items are looked through for expired ones whenever there are so many more. */
const SWEEP_EVERY = 10_000

/**
 * A StateStore that lasts as long as the process, for one that has no table.
 *
 * @example
 * const state = createMemoryState({ now: Date.now })
 */
export function createMemoryState({ now }: { readonly now: () => number }): StateStore {
  const items = new Map<string, KeptItem>()
  let sweepAt = SWEEP_EVERY

  function live(key: string): KeptItem | undefined {
    const item = items.get(key)
    return item !== undefined && item.expiresAt > now() ? item : undefined
  }

  function check({ key, when }: Pick<StateWrite, 'key' | 'when'>): void {
    const item = live(key)?.attributes
    if (!holds(item, when)) throw new StateError('condition', `The condition does not hold of ${key}.`, { item })
  }

  function put(write: StateWrite): KeptItem {
    const item = { attributes: changed(live(write.key)?.attributes, write), expiresAt: write.expiresAt }
    items.set(write.key, item)
    if (items.size >= sweepAt) {
      for (const key of items.keys()) if (live(key) === undefined) items.delete(key)
      sweepAt = items.size + SWEEP_EVERY
    }
    return item
  }

  return {
    async get(key) {
      return live(key)?.attributes
    },
    async write(write) {
      check(write)
      return put(write).attributes
    },
    async writeAll(writes) {
      for (const write of writes) check(write)
      for (const write of writes) put(write)
    },
    async remove(key, when) {
      if (live(key) === undefined) return
      check({ key, when })
      items.delete(key)
    },
  }
}
