export interface MemoOptions {
  /** How many results to keep; also the memory bound. */
  readonly limit: number
  /** Longer texts are computed every time, so that a client cannot fill the memory with them. */
  readonly maxLength: number
  /** What is kept of the text, and computed from: the very same text, or a copy that keeps nothing else alive. */
  readonly copy?: (text: string) => string
}

/**
 * Remembers the results of a pure function of one string, up to `limit` of them; when full it forgets everything and
 * starts again: clearing costs less per text than keeping an LRU order.
 *
 * @example
 * const upper = memoize((text) => text.toUpperCase(), { limit: 100, maxLength: 1000 })
 */
export function memoize<T>(
  compute: (text: string) => T,
  { limit, maxLength, copy = (text) => text }: MemoOptions,
): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    const own = text.length > maxLength ? text : copy(text)
    const value = compute(own === text ? own : text)
    // A copy that is another text (half of a surrogate pair) would be found by nobody.
    if (text.length > maxLength || own !== text) return value
    if (known.size >= limit) known.clear()
    known.set(own, value)
    return value
  }
}
