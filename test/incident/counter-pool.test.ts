import { expect, test } from 'vitest'
import { createCounterPool } from '../../shared/incident/counter-pool.ts'
import type { Entity } from '../../shared/incident/entities.ts'
import { addMessage } from '../../shared/incident/matches.ts'

const entityOf = (name: string, isOfKeys = false) => ({ name, isOfKeys }) as Entity

test('a counter that was given back counts another entity from nothing', () => {
  const pool = createCounterPool()
  const fresh = structuredClone(pool.take(entityOf('a')))
  const used = pool.take(entityOf('a', true))
  const { keys } = used
  Object.assign(used, { spans: 1, total: 5, count: 5, first: 1, last: 2 })
  used.seconds[0] = 7
  used.amounts[0] = 5
  addMessage(used.matches, 3, 1)
  pool.giveBack([used])
  const again = pool.take(entityOf('b'))
  expect(again).toBe(used)
  const { seconds, amounts, matches, ...rest } = again
  expect(rest).toEqual({
    entity: entityOf('b'),
    spans: 0,
    keys: undefined,
    total: 0,
    count: 0,
    first: fresh.first,
    last: fresh.last,
  })
  expect(matches).toMatchObject({ messages: 0, counts: undefined, keys: 0 })
  expect([seconds.length, amounts.length]).toEqual([1, 1])
  // What counted its keys may be held by whoever was told of them.
  pool.giveBack([again])
  expect(pool.take(entityOf('c', true)).keys).not.toBe(keys)
})

test('long lists are not kept', () => {
  const pool = createCounterPool()
  const long = pool.take(entityOf('a'))
  for (let at = 0; at < 5_000; at += 1) long.seconds[at] = at
  pool.giveBack([long])
  expect(pool.take(entityOf('b'))).not.toBe(long)
})
