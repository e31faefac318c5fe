/** What is put together while people are told is the same whoever does it. */
import { afterEach, expect, test } from 'vitest'
import { createThreads, type Threads } from '../../cli/replay-threads.ts'
import { joined, piecesOf, putTogether } from '../../shared/replay/pieces.ts'
import { collectOptions, denied, MINUTE, objectsOf, replayed, START } from './support.ts'

const threads: Threads[] = []
afterEach(async () => {
  for (const one of threads.splice(0)) await one.end()
})

const logs = objectsOf(
  Array.from({ length: 3 }, (_, slot) =>
    Array.from({ length: 40 }, (_, i) => denied({ at: START + slot * 5 * MINUTE + i * 1_000, user: `trudy-${slot}` })),
  ),
)

function begin(count: number): Threads {
  const one = createThreads(count, { collect: collectOptions({ rules: [] }) })
  threads.push(one)
  return one
}

test('threads with no more to read put together rows and alarms as the first one would', async () => {
  const { ran, model, compiled } = await replayed(logs)
  const alarms = new Map(compiled.map(({ detection, alarm }) => [detection.id, alarm]))
  const pieces = piecesOf(ran.sum, alarms)
  const here = joined(pieces.map(putTogether))
  expect(here.rows).toHaveLength(model.matches.rows.length)
  expect(here.rows.length).toBeGreaterThan(100)
  expect(here.alarms.get('ct-denied-spike')?.fired).toBeGreaterThan(0)
  const two = begin(2)
  expect(joined(await Promise.all(pieces.map((piece) => two.putTogether!(piece))))).toEqual(here)
  // They have ended by themselves.
  await two.end()
  await expect(two.putTogether!(pieces[0]!)).rejects.toMatchObject({ code: 'INTERNAL' })
})

test('one thread puts nothing together: what it holds is given back before people are told', () => {
  expect(begin(1).putTogether).toBeUndefined()
})

test('a replay takes what others have put together', async () => {
  const alone = await replayed({ ...logs, each: 1 })
  let pieces = 0
  const { model } = await replayed({
    ...logs,
    each: 1,
    parallel: 2,
    async putTogether(piece) {
      pieces += 1
      return putTogether(structuredClone(piece))
    },
  })
  expect(pieces).toBe(2)
  expect(model).toEqual(alone.model)
  const failing = replayed({ ...logs, each: 1, parallel: 2, putTogether: () => Promise.reject(new Error('gone')) })
  await expect(failing).rejects.toThrow('gone')
})
