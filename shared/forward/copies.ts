import { createPairIndex, hashed, hashText } from '../basics/pair-index.ts'
import type { LoggedCall } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'

/** How many ids a generation holds; the most recent one to two generations are known. About 1 MB at the most. */
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
  let young = createGeneration()
  let old = createGeneration()

  function note(high: number, low: number, loggedAs: string): void {
    if (young.size >= size) {
      const spare = old
      old = young
      young = spare
      young.clear()
    }
    young.note(high, low, loggedAs)
  }

  return {
    isCopy(call) {
      if (call === undefined) return false
      const { ids, loggedAs } = call
      let isCopy = false
      for (const id of ids) {
        hashText(id)
        const { high, low } = hashed
        const first = young.find(high, low) ?? old.find(high, low)
        if (first === undefined) note(high, low, loggedAs)
        else if (first !== loggedAs) isCopy = true
      }
      return isCopy
    },
  }
}

/**
 * Calls by 64 bits of their ids, with how they were logged first. Ids are texts that live just long enough to be dear: kept
 * as they are, each is copied by the garbage collector.
 */
function createGeneration() {
  const index = createPairIndex(64)
  /** By the number of the call: which of `forms` it is. */
  const formOf: number[] = []
  let forms: string[] = []

  function placeOf(form: string): number {
    const place = forms.lastIndexOf(form)
    return place >= 0 ? place : forms.push(detach(form)) - 1
  }

  return {
    get size() {
      // As many forms as calls: somebody makes them up.
      return forms.length < MAX_FORMS ? index.size : Number.POSITIVE_INFINITY
    },
    find(high: number, low: number): string | undefined {
      const number = index.numberOf(high, low)
      return number === 0 ? undefined : forms[formOf[number]!]
    },
    note(high: number, low: number, form: string): void {
      index.add(high, low)
      formOf[index.size] = placeOf(form)
    },
    clear(): void {
      index.clear()
      forms = []
    },
  }
}

/** Ways in which calls are logged, that is accounts by kinds of events: there are some dozens. */
const MAX_FORMS = 1_000

/** A record's message, marked as a copy: `copy` is its first field. */
export function markCopy(message: string): string {
  return `{"copy":true,${message.slice(1)}`
}
