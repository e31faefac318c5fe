import { detach } from './detach.ts'

/**
 * Remembers the results of a pure function of one string, up to `limit` of them; when full it forgets everything and
 * starts again. Log records repeat their user agents, ARNs and addresses thousands of times, and clearing costs less
 * per record than keeping an LRU order.
 *
 * @param compute a pure function.
 * @param limit how many results to keep; also the memory bound.
 * @param maxLength longer inputs are computed every time, so that a client cannot fill the memory with long texts.
 * @example
 * const upper = memoize((text) => text.toUpperCase(), 1000)
 */
export function memoize<T>(compute: (text: string) => T, limit = 4096, maxLength = 1024): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    // A copy: what is remembered, results included, must not keep a whole line or record alive that the text is cut from.
    const copy = text.length > maxLength ? text : detach(text)
    const value = compute(copy === text ? copy : text)
    if (text.length > maxLength || copy !== text) return value
    if (known.size >= limit) known.clear()
    known.set(copy, value)
    return value
  }
}
