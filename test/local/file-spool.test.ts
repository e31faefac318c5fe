import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFileSpool } from '../../shared/local/file-spool.ts'
import { createLineWriter, createMemorySpool, type Spool } from '../../shared/replay/spool.ts'

/** Heads and bodies; one of three has no head, and one of five no body. */
const linesOf = (...given: readonly (readonly [time: number, text: string])[]) => {
  const writer = createLineWriter()
  for (const [time, text] of given)
    writer.add(time, time % 3 === 0 ? '' : `head of ${text}`, time % 5 === 0 ? '' : text)
  return writer.lines()
}

const all = (spool: Spool, isWanted?: Parameters<Spool['inOrder']>[0]) =>
  [...spool.inOrder(isWanted)].map((line) => [line, spool.time(line), spool.head(line), spool.body(line)])

test('lines come back by time, from memory and from a file alike', async () => {
  const file = createFileSpool()
  const memory = createMemorySpool()
  const given: [number, string][] = []
  // Some 10 MB: more than is held before it is written.
  for (let n = 0; n < 300; n += 1) given.push([(n * 37) % 11, `${n}: ${'é'.repeat(n % 7 === 0 ? 100_000 : 50)}`])
  for (const spool of [file, memory])
    for (let n = 0; n < 300; n += 1 + (n % 9)) await spool.add(linesOf(...given.slice(n, n + 1 + (n % 9))))
  const wanted = given
    .map(
      ([time, text], line) =>
        [line, time, time % 3 === 0 ? '' : `head of ${text}`, time % 5 === 0 ? '' : text] as const,
    )
    .sort((a, b) => a[1] - b[1])
  expect(all(memory)).toEqual(wanted)
  expect(all(file)).toEqual(wanted)
  await file.add(linesOf([-1, 'the first']))
  expect(all(file)[0]).toEqual([300, -1, 'head of the first', 'the first'])
  await file.remove()
  expect(all(file)).toEqual([])
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
      expect(all(file)).toEqual(all(memory))
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
      await spool.add(linesOf([40.5 - n, `line ${n}`]))
      // Some of it is written in between.
      if (n % 3 === 0) places.push(await spool.keep(Buffer.alloc(n === 21 ? 3_000_000 : n, n)))
    }
    await spool.keep(Buffer.alloc(0))
    for (const [index, place] of places.entries()) {
      const bytes = spool.kept(place)
      expect([bytes.length, bytes.at(-1)]).toEqual(
        index === 0 ? [0, undefined] : [index === 7 ? 3_000_000 : index * 3, index * 3],
      )
    }
    expect([3, 39, 0].map((line) => spool.body(line))).toEqual(['line 3', 'line 39', 'line 0'])
    expect(spool.time(3)).toBe(37.5)
  }
  expect(all(file)).toEqual(all(memory))
  await file.remove()
})

test('only lines whose tags are wanted come back, and those without a tag have 0', async () => {
  for (const spool of [createFileSpool(), createMemorySpool()]) {
    await spool.add(linesOf([3, 'a'], [2, 'b'], [1, 'c']), Float64Array.of(7, 8, 7))
    await spool.add(linesOf([0, 'd']))
    const wanted = (is: Parameters<Spool['inOrder']>[0]) => all(spool, is).map(([, , , body]) => body)
    expect([0, 1, 2, 3].map((line) => spool.tag(line))).toEqual([7, 8, 7, 0])
    expect(wanted((tag) => tag === 7)).toEqual(['c', 'a'])
    expect(wanted((tag) => tag === 0)).toEqual([''])
    expect(wanted((tag, line) => tag === 8 || line === 2)).toEqual(['c', 'b'])
    await spool.remove()
  }
})

test('what is being written is read all the same, and so is what is added meanwhile', async () => {
  const file = createFileSpool()
  const text = (n: number) => `${n} `.repeat(200_000)
  const adding = [1, 2, 4, 7, 8].map((n) => file.add(linesOf([n, text(n)])))
  expect([0, 1, 4].map((line) => file.body(line) === text([1, 2, 4, 7, 8][line]!))).toEqual([true, true, true])
  for (let turns = 0; turns < 20; turns += 1) {
    await new Promise(setImmediate)
    expect([0, 2, 3].map((line) => file.body(line) === text([1, 2, 4, 7, 8][line]!))).toEqual([true, true, true])
  }
  await Promise.all(adding)
  await file.add(linesOf([11, text(11)], [13, 'the last']))
  expect([0, 1, 2, 3, 4, 5].every((line) => file.body(line) === text([1, 2, 4, 7, 8, 11][line]!))).toBe(true)
  expect(file.body(6)).toBe('the last')
  await file.remove()
})
