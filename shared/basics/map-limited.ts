/**
 * Calls for each item, a number of them at a time, and gives the results in the items' order. The first failure is the
 * whole's: calls that may fail one by one must not throw.
 *
 * @param limit how many at a time, at least 1
 * @example
 * await mapLimited(buckets, 8, (bucket) => look(bucket))
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  call: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  async function work(): Promise<void> {
    while (next < items.length) {
      const index = next
      next += 1
      results[index] = await call(items[index] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return results
}
