import { BucketwatchError } from '../contracts/errors.ts'

/** The longest time that a timer of Node's takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * The bytes that `open` gives, for `ms` milliseconds: whoever still waits for some of them then gets OBJECT_READ, also
 * where the source hangs. `Infinity`: as long as it takes.
 *
 * @example
 * for await (const chunk of abortable(async () => (await store.open(ref)).body, 60_000)) gunzip.write(chunk)
 */
export async function* abortable(
  open: () => Promise<AsyncIterable<Uint8Array>>,
  ms: number,
): AsyncGenerator<Uint8Array> {
  let late: BucketwatchError | undefined
  /** Ends whatever is waited for. (Racing each chunk against one promise would keep them all alive.) */
  let giveUp: ((error: BucketwatchError) => void) | undefined
  const timer = setTimeout(
    () => {
      late = new BucketwatchError('OBJECT_READ', 'It did not come within the time of the invocation.')
      giveUp?.(late)
    },
    Math.min(Math.max(ms, 0), LONGEST_TIMER_MS),
  )
  function inTime<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      giveUp = reject
      if (late !== undefined) reject(late)
      work.then(resolve, reject)
    })
  }
  let iterator: AsyncIterator<Uint8Array> | undefined
  let isDone = false
  try {
    iterator = (await inTime(open()))[Symbol.asyncIterator]()
    for (;;) {
      const next = await inTime(iterator.next())
      if (next.done === true) {
        isDone = true
        return
      }
      yield next.value
    }
  } catch (error) {
    isDone = late === undefined
    throw error
  } finally {
    clearTimeout(timer)
    const closing = isDone ? undefined : iterator?.return?.()
    // One that hangs would not be closed either.
    if (late !== undefined) closing?.catch(() => {})
    else await closing
  }
}
