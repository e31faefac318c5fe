import { describe, expect, test } from 'vitest'
import { readAhead } from '../../shared/basics/read-ahead.ts'

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

/** A source that notes what is asked of it. */
function sourceOf(values: readonly unknown[]) {
  const asked: string[] = []
  async function* source(): AsyncGenerator<unknown> {
    try {
      for (const value of values) {
        asked.push(String(value))
        if (value instanceof Error) throw value
        yield value
      }
      asked.push('end')
    } finally {
      asked.push('left')
    }
  }
  return { asked, source }
}

describe('readAhead', () => {
  test('hands out the same things in the same order', async () => {
    const { source } = sourceOf([1, undefined, 3])
    expect(await all(readAhead(source()))).toEqual([1, undefined, 3])
    expect(await all(readAhead(sourceOf([]).source()))).toEqual([])
  })

  test('one thing is asked for while another is looked at, and no more', async () => {
    const { asked, source } = sourceOf([1, 2, 3])
    const ahead = readAhead(source())
    expect(asked).toEqual([])
    expect(await ahead.next()).toEqual({ done: false, value: 1 })
    await Promise.resolve()
    expect(asked).toEqual(['1', '2'])
    await ahead.return()
  })

  test('an error comes where it would have come, and nobody else hears of it', async () => {
    const { source } = sourceOf([1, new Error('gone'), 3])
    const seen: unknown[] = []
    await expect(async () => {
      for await (const value of readAhead(source())) {
        seen.push(value)
        // Long enough for an error that nobody waits for to end the process.
        await new Promise(setImmediate)
      }
    }).rejects.toThrow('gone')
    expect(seen).toEqual([1])
  })

  test('who leaves ends the source, also where an error was on its way', async () => {
    const ended = sourceOf([1, 2, 3])
    for await (const value of readAhead(ended.source())) if (value === 1) break
    expect(ended.asked).toEqual(['1', '2', 'left'])
    const failed = sourceOf([1, new Error('gone')])
    for await (const value of readAhead(failed.source())) if (value === 1) break
    expect(failed.asked).toEqual(['1', 'Error: gone', 'left'])
  })

  test('where the source has ended, or failed, it is not ended once more', async () => {
    let returned = 0
    const source = (values: readonly number[]): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({
        async next() {
          if (values.length === 0) throw new Error('gone')
          return { done: true, value: undefined }
        },
        async return() {
          returned += 1
          return { done: true, value: undefined }
        },
      }),
    })
    expect(await all(readAhead(source([1])))).toEqual([])
    await expect(all(readAhead(source([])))).rejects.toThrow('gone')
    expect(returned).toBe(0)
  })
})
