import type { LoggedCall } from '../contracts/record.ts'

/** How many ids a generation holds; the most recent one to two generations are known. About 4 MB at the most. */
const SIZE = 20_000

/** Tells which records are about a call that another record was about before. */
export interface Copies {
  /** True where the call was seen before, logged for another account or as another kind of event; else notes it. */
  isCopy(call: LoggedCall | undefined): boolean
}

/**
 * Remembers which calls were logged, so that one that CloudTrail logs twice (for both accounts of an organization trail,
 * or as a data event and a network-activity event) is counted once. Within this function instance, and bounded.
 *
 * What is logged again in the same way is no copy: a redelivered object (see createDedupeWindow), or one of the many
 * events of a batch call, which share its request id.
 *
 * @example
 * const copies = createCopies()
 * copies.isCopy({ ids: ['shared/1'], loggedAs: 'Data/111122223333' }) // false
 * copies.isCopy({ ids: ['shared/1'], loggedAs: 'Data/444455556666' }) // true
 */
export function createCopies(size: number = SIZE): Copies {
  let young = new Map<string, string>()
  let old = new Map<string, string>()

  function note(id: string, loggedAs: string): void {
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(id, loggedAs)
  }

  return {
    isCopy(call) {
      if (call === undefined) return false
      const { ids, loggedAs } = call
      let isCopy = false
      for (const id of ids) {
        const first = young.get(id) ?? old.get(id)
        if (first === undefined) note(id, loggedAs)
        else if (first !== loggedAs) isCopy = true
      }
      return isCopy
    },
  }
}

/** A record's message, marked as a copy: `copy` is its first field. */
export function markCopy(message: string): string {
  return `{"copy":true,${message.slice(1)}`
}
