/** What any window can hold at the most, at a glance: sums over stretches of time as long as the window. */

/** Stretch → amount. */
export type Slots = Map<number, number>

/** More are not kept; the oldest go, and what is asked about them is too little by as much. */
const MAX_SLOTS = 512

/** Adds what lies between two seconds, both included: to both of the stretches that it touches. */
export function addSlots(slots: Slots, window: number, first: number, last: number, amount: number): void {
  const from = Math.floor(first / window)
  const to = Math.floor(last / window)
  for (let slot = from; slot <= to; slot += 1) slots.set(slot, (slots.get(slot) ?? 0) + amount)
  if (slots.size <= MAX_SLOTS) return
  const oldest = [...slots.keys()].sort((a, b) => a - b).slice(0, MAX_SLOTS / 2)
  for (const slot of oldest) slots.delete(slot)
}

export function addAllSlots(slots: Slots, more: Slots): void {
  for (const [slot, amount] of more) slots.set(slot, (slots.get(slot) ?? 0) + amount)
}

/** The most that a window may hold which touches one of the given stretches. */
export function mostIn(all: readonly Slots[], near: Iterable<number>): number {
  const at = (slot: number): number => all.reduce((sum, slots) => sum + (slots.get(slot) ?? 0), 0)
  let most = 0
  for (const slot of near) {
    const here = at(slot)
    most = Math.max(most, here + at(slot - 1), here + at(slot + 1))
  }
  return most
}
