/**
 * The same things in the same order; the next one is asked for while one is looked at, so that whoever makes it (a disk, the
 * network, zlib's threads) is not waited for. One is asked for beyond the one that was handed out, no more.
 *
 * What the source throws is thrown where it would have come. Where the reader leaves, the source is ended once what was asked
 * for has come.
 *
 * @example
 * for await (const chunk of readAhead(body)) splitter.push(chunk)
 */
export async function* readAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  function ask(): Promise<IteratorResult<T>> {
    const asked = iterator.next()
    // Whoever waits for it gets the error.
    asked.catch(() => {})
    return asked
  }

  let isEnded = false
  let next = ask()
  try {
    for (;;) {
      // Where it throws, the source has ended.
      isEnded = true
      const { done, value } = await next
      if (done === true) return
      isEnded = false
      next = ask()
      yield value
    }
  } finally {
    if (!isEnded) {
      await next.catch(() => {})
      await iterator.return?.()
    }
  }
}
