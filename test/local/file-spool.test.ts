import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFileSpool } from '../../shared/local/file-spool.ts'
import { createMemorySpool } from '../../shared/replay/spool.ts'

async function all(spool: ReturnType<typeof createFileSpool>) {
  const lines: unknown[] = []
  for await (const line of spool.sorted()) lines.push(line)
  return lines
}

test('lines come back by time, from memory and from a file alike', async () => {
  const file = createFileSpool()
  const memory = createMemorySpool()
  // Some 10 MB: more than is held before it is written.
  for (let n = 0; n < 300; n += 1) {
    const line = `${n}: ${'é'.repeat(n % 7 === 0 ? 100_000 : 50)}`
    await file.add((n * 37) % 11, line)
    await memory.add((n * 37) % 11, line)
  }
  expect(await all(file)).toEqual(await all(memory))
  await file.add(-1, 'the first')
  expect((await all(file))[0]).toEqual({ id: 300, time: -1, line: 'the first' })
  await file.remove()
})

test('what was never written needs no file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.integer(), fc.string())), async (given) => {
      const file = createFileSpool()
      const memory = createMemorySpool()
      for (const [time, line] of given) {
        await file.add(time, line)
        await memory.add(time, line)
      }
      expect(await all(file)).toEqual(await all(memory))
      await file.remove()
    }),
    { numRuns: 20 },
  )
})
