import { describe, expect, it } from 'vitest'
import { createKeySet } from '../../shared/forward/key-set.ts'
import { createRandom } from '../support/random.ts'

describe('createKeySet', () => {
  it('counts what a set of texts counts, for each owner', () => {
    const random = createRandom(5)
    const keys = createKeySet()
    const texts = new Set<string>()
    for (let i = 0; i < 40_000; i++) {
      const owner = random.int(1, 40)
      const key = `logs/${random.int(0, 2_000)}${random.chance(0.1) ? 'é' : ''}.gz`
      const before = texts.size
      texts.add(`${owner} ${key}`)
      expect(keys.add(owner, key)).toBe(texts.size > before)
    }
    expect(keys.size).toBe(texts.size)
  })

  it('tells an empty key from none, and keys of one letter from each other', () => {
    const keys = createKeySet()
    expect(['', 'a', 'b', 'ab', 'ba', ''].map((key) => keys.add(1, key))).toEqual([true, true, true, true, true, false])
  })
})
