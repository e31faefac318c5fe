import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFileSpool } from '../../shared/local/file-spool.ts'
import { createLineWriter, createMemorySpool } from '../../shared/replay/spool.ts'

const linesOf = (...given: readonly (readonly [time: number, line: string])[]) => {
  const writer = createLineWriter()
  for (const [time, line] of given) writer.add(time, line)
  return writer.lines()
}

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
    for (const spool of [file, memory]) await spool.add(linesOf([(n * 37) % 11, line]))
  }
  expect(await all(file)).toEqual(await all(memory))
  await file.add(linesOf([-1, 'the first']))
  expect((await all(file))[0]).toEqual({ id: 300, time: -1, line: 'the first' })
  await file.remove()
})

test('what was never written needs no file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.integer(), fc.string())), async (given) => {
      const file = createFileSpool()
      const memory = createMemorySpool()
      const half = given.length >> 1
      for (const spool of [file, memory]) {
        await spool.add(linesOf(...given.slice(0, half)))
        for (const one of given.slice(half)) await spool.add(linesOf(one))
        expect(spool.length).toBe(given.length)
      }
      expect(await all(file)).toEqual(await all(memory))
      await file.remove()
    }),
    { numRuns: 20 },
  )
})

test('bytes that are kept between lines are no part of them, and both are found by their numbers', async () => {
  const [file, memory] = [createFileSpool(), createMemorySpool()]
  for (const spool of [file, memory]) {
    const places: number[] = []
    for (let n = 0; n < 40; n += 1) {
      await spool.add(linesOf([40 - n, `line ${n}`]))
      // Some of it is written in between.
      if (n % 3 === 0) places.push(await spool.keep(Buffer.alloc(n === 21 ? 3_000_000 : n, n)))
    }
    await spool.keep(Buffer.alloc(0))
    for (const [index, place] of places.entries()) {
      const bytes = await spool.kept(place)
      expect([bytes.length, bytes.at(-1)]).toEqual(
        index === 0 ? [0, undefined] : [index === 7 ? 3_000_000 : index * 3, index * 3],
      )
    }
    const lines: string[] = []
    for await (const { id, line } of spool.lines([3, 39, 0])) lines.push(`${id}: ${line}`)
    expect(lines).toEqual(['3: line 3', '39: line 39', '0: line 0'])
  }
  expect(await all(file)).toEqual(await all(memory))
  await file.remove()
})

test('only lines whose tags are wanted come back, and those without a tag have 0', async () => {
  for (const spool of [createFileSpool(), createMemorySpool()]) {
    await spool.add(linesOf([3, 'a'], [2, 'b'], [1, 'c']), Float64Array.of(7, 8, 7))
    await spool.add(linesOf([0, 'd']))
    const found: string[] = []
    for await (const { line } of spool.sorted((tag) => tag === 7)) found.push(line)
    for await (const { line } of spool.sorted((tag) => tag === 0)) found.push(line)
    expect(found).toEqual(['c', 'a', 'd'])
    await spool.remove()
  }
})
