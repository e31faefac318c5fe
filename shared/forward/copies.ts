import { giveBack } from '../basics/give-back.ts'
import { hashed, hashText } from '../basics/pair-index.ts'
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
  const calls = createCalls(size)
  return {
    isCopy(call) {
      if (call === undefined) return false
      const { ids, loggedAs } = call
      let isCopy = false
      for (let at = 0; at < ids.length; at += 1) {
        hashText(ids[at]!)
        const { high, low } = hashed
        const first = calls.find(high, low)
        if (first === undefined) calls.note(high, low, loggedAs)
        else if (first !== loggedAs) isCopy = true
      }
      return isCopy
    },
  }
}

/** Numbers of a place: two halves of a call's hash, its generation (0: the place is free), how it was logged. */
const WIDTH = 4
const FIRST_PLACES = 64

/**
 * Calls by 64 bits of their ids, with how they were logged first. Ids are texts that live just long enough to be dear: kept
 * as they are, each is copied by the garbage collector. Both generations share one table, and all that is known of a call
 * lies side by side: nearly every call is new, and one look at memory tells.
 */
function createCalls(size: number) {
  let places = FIRST_PLACES
  let table = new Int32Array(WIDTH * places)
  let generation = 1
  let young = 0
  let old = 0
  /** Of each generation by itself: those that are forgotten take theirs with them. */
  let forms: string[] = []
  let oldForms: string[] = []

  /** The place of a call, or the free one for it. */
  function placeOf(high: number, low: number): number {
    for (let place = low & (places - 1); ; place = (place + 1) & (places - 1)) {
      const at = place * WIDTH
      if (table[at + 2] === 0 || (table[at] === high && table[at + 1] === low)) return at
    }
  }

  function set(high: number, low: number, of: number, form: number): void {
    const at = placeOf(high, low)
    table[at] = high
    table[at + 1] = low
    table[at + 2] = of
    table[at + 3] = form
  }

  /** A table of so many places, of the two generations. */
  function move(wanted: number): void {
    const before = table
    places = wanted
    table = new Int32Array(WIDTH * places)
    for (let at = 0; at < before.length; at += WIDTH)
      if (before[at + 2]! >= generation - 1 && before[at + 2] !== 0)
        set(before[at]!, before[at + 1]!, before[at + 2]!, before[at + 3]!)
    giveBack(before)
  }

  /** As many forms as calls: somebody makes them up. */
  const isFull = (): boolean => young >= size || forms.length >= MAX_FORMS

  function begin(): void {
    generation += 1
    oldForms = forms
    forms = []
    old = young
    young = 0
    move(places)
  }

  function formPlace(form: string): number {
    const place = forms.lastIndexOf(form)
    return place >= 0 ? place : forms.push(detach(form)) - 1
  }

  return {
    find(high: number, low: number): string | undefined {
      const at = placeOf(high | 0, low | 0)
      const of = table[at + 2]!
      return of === 0 ? undefined : (of === generation ? forms : oldForms)[table[at + 3]!]
    },
    note(high: number, low: number, form: string): void {
      if (isFull()) begin()
      young += 1
      if (3 * (young + old) > 2 * places) move(2 * places)
      set(high | 0, low | 0, generation, formPlace(form))
    },
  }
}

/** Ways in which calls are logged, that is accounts by kinds of events: there are some dozens. */
const MAX_FORMS = 1_000

/** A record's message, marked as a copy: `copy` is its first field. */
export function markCopy(message: string): string {
  return `{"copy":true,${message.slice(1)}`
}
