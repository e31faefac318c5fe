/**
 * Calls `take` for each item in order. Where one returns a promise, the next waits for it, and so does the caller; where
 * none does, no promise comes into it at all, which is what makes it cheap for a million records.
 */
export function inOrder<T>(
  items: readonly T[],
  take: (item: T) => Promise<void> | undefined,
): Promise<void> | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const wait = take(items[index] as T)
    if (wait !== undefined) return rest(wait, items, index + 1, take)
  }
  return undefined
}

async function rest<T>(
  wait: Promise<void>,
  items: readonly T[],
  from: number,
  take: (item: T) => Promise<void> | undefined,
): Promise<void> {
  await wait
  for (let index = from; index < items.length; index += 1) {
    const next = take(items[index] as T)
    if (next !== undefined) await next
  }
}
