/** Sums of keys that come again tell little; what they come to together tells whether a threshold is in reach. */
import { expect, test } from 'vitest'
import { addKey, emptySample, hashKey, writeSample } from '../../shared/incident/key-sample.ts'
import { createDistinctKeys } from '../../shared/replay/distinct-keys.ts'

/** Keys of one entity in one object. */
function held(from: number, to: number) {
  const sample = emptySample()
  for (let key = from; key < to; key += 1) addKey(sample, hashKey(`key-${key}`, 7), 1_000)
  return { keys: writeSample(sample) }
}

test('an entity that reads the same keys again and again has few; one whose objects add up has not', () => {
  const [same, other, nearly] = [createDistinctKeys(), createDistinctKeys(), createDistinctKeys()]
  for (let object = 0; object < 30; object += 1) {
    same.add(held(0, 500), 4_000)
    other.add(held(object * 500, object * 500 + 500), 4_000)
    nearly.add(held(object * 130, object * 130 + 130), 4_000)
  }
  // 15,000 keys; and 3,900, of which the sample tells some 2 % more or less.
  expect([same, other, nearly].map((one) => one.areMany())).toEqual([false, true, true])
})

test('one that has none has few, and one that has many has not fewer afterwards', () => {
  const [none, many] = [createDistinctKeys(), createDistinctKeys()]
  none.add({}, 100)
  many.add(held(0, 200), 100)
  many.add(held(0, 1), 100)
  expect([none.areMany(), many.areMany()]).toEqual([false, true])
})
