/** Sums of keys that come again tell little; what they come to together tells whether a threshold is in reach. */
import { expect, test } from 'vitest'
import { addKey, emptySample, hashKey, writeSample } from '../../shared/incident/key-sample.ts'
import { createDistinctKeys } from '../../shared/replay/distinct-keys.ts'

/** Keys of one entity in one object. */
function held(entity: string, from: number, to: number) {
  const sample = emptySample()
  for (let key = from; key < to; key += 1) addKey(sample, hashKey(`key-${key}`, 7), 1_000)
  const time = { first: 1_000_000, last: 1_000_999 }
  return { rule: 'r', entity, object: 'o', from: 0, upTo: 1, keys: writeSample(sample), total: to - from, ...time }
}

test('an entity that reads the same keys again and again has few; one whose objects add up has not', () => {
  const distinct = createDistinctKeys()
  for (let object = 0; object < 30; object += 1) {
    distinct.add(held('same', 0, 500), 4_000, object)
    distinct.add(held('other', object * 500, object * 500 + 500), 4_000, 100 + object)
    distinct.add(held('nearly', object * 130, object * 130 + 130), 4_000, 200 + object)
  }
  // 15,000 keys; and 3,900, of which the sample tells some 2 % more or less.
  expect([...distinct.few()]).toEqual(Array.from({ length: 30 }, (_, object) => object))
})

test('of entities beyond those that are followed it says nothing', () => {
  const distinct = createDistinctKeys()
  for (let entity = 0; entity < 2_050; entity += 1) distinct.add(held(`e${entity}`, 0, 1), 100, entity)
  const few = distinct.few()
  expect([few.has(2_047), few.has(2_048)]).toEqual([true, false])
})
