import { type MemoOptions, memoize as memoizeText } from '../basics/memo.ts'
import { detach } from './detach.ts'

/**
 * As the memo of basics, for texts cut from log records, which repeat their user agents, ARNs and addresses thousands of
 * times. A copy is kept: what is remembered, results included, must not keep a whole line or record alive.
 *
 * @param compute a pure function.
 * @param limit how many results to keep; also the memory bound.
 * @param maxLength longer inputs are computed every time.
 * @example
 * const upper = memoize((text) => text.toUpperCase(), 1000)
 */
export function memoize<T>(
  compute: (text: string) => T,
  limit: MemoOptions['limit'] = 4096,
  maxLength: MemoOptions['maxLength'] = 1024,
): (text: string) => T {
  return memoizeText(compute, { limit, maxLength, copy: detach })
}
