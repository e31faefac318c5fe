/** The fullest window: whatever is left out beside it, and whatever it is looked for with, it is the same. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reachedIn } from '../../shared/incident/count-windows.ts'
import {
  addSpan,
  type Digest,
  fullestWindow,
  nodeOf,
  noSpans,
  readDigest,
  spansOf,
  writeDigest,
} from '../../shared/incident/digest.ts'
import {
  addKey,
  emptySample,
  joinSample,
  readSample,
  spansOfKeys,
  writeSample,
} from '../../shared/incident/key-sample.ts'

const SECONDS = 200
const second = fc.nat({ max: SECONDS })
const spans = fc.array(fc.tuple(second, fc.nat({ max: 20 }), fc.integer({ min: 1, max: 5 })), { maxLength: 30 })
const sorted = fc.array(second, { minLength: 1, maxLength: 5 }).map((list) => list.sort((a, b) => a - b))

/** Of the windows that hold one of the seconds the first of the fullest, one by one. */
function oneByOne(of: readonly (readonly [number, number, number])[], window: number, seconds: readonly number[]) {
  let best: { from: number; amount: number } | undefined
  for (let from = -2 * SECONDS; from <= 2 * SECONDS; from += 1) {
    const to = from + window - 1
    if (!seconds.some((one) => one >= from && one <= to)) continue
    const touching = of.filter(([first, more]) => first <= to && first + more >= from)
    const amount = touching.reduce((sum, [, , one]) => sum + one, 0)
    if (best === undefined || amount > best.amount) best = { from, amount }
  }
  return best!
}

test('the fullest window is the first of the fullest that hold one of the seconds', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 1, max: 60 }), sorted, (of, window, seconds) => {
      const best = oneByOne(of, window, seconds)
      const stretch = { from: seconds[0]! - window + 1, to: seconds.at(-1)! + window - 1 }
      for (const near of [undefined, stretch]) {
        const all = noSpans(near)
        for (const [first, more, amount] of of) addSpan(all, first, first + more, amount)
        const found = fullestWindow(all, window, seconds)
        // One that holds nothing is none, or one of many.
        if (best.amount > 0) expect(found).toEqual(best)
        else expect(found?.amount ?? 0).toBe(0)
        expect(fullestWindow(all, window, seconds, best.amount)?.amount ?? 0).toBe(best.amount)
        const much = fullestWindow(all, window, seconds, best.amount + 1)
        expect(much === undefined || much.amount === best.amount).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

test('a key counts once, wherever its first and its last second lie', () => {
  const keys = fc.array(fc.tuple(fc.nat({ max: 9 }), second), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(keys, keys, fc.integer({ min: 1, max: 60 }), sorted, (some, more, window, seconds) => {
      const samples = [some, more].map((of) => {
        const sample = emptySample()
        for (const [key, at] of of) addKey(sample, key, at)
        return sample
      })
      const whole = emptySample()
      for (const sample of samples) joinSample(whole, sample)
      const rule = { id: 'r', threshold: 1, window, allowance: 0, pool: 0 }
      const all = spansOfKeys(whole, window)
      const { first, last, amount } = all
      const best = oneByOne(
        first.map((from, at) => [from, last[at]! - from, amount[at]!] as const),
        window,
        seconds,
      )
      const counted = samples.map((sample) => ({ amounts: new Map(), keys: sample }))
      const found = reachedIn(rule, Math.max(1, best.amount), [counted[0], undefined, counted[1]], seconds)
      expect(found === undefined).toBe(best.amount === 0)
      expect(reachedIn(rule, best.amount + 1, counted, seconds)).toBeUndefined()
      expect(reachedIn(rule, 1, [{ amounts: new Map(), keys: whole }], seconds)?.amount).toBe(
        reachedIn(rule, 1, counted, seconds)?.amount,
      )
    }),
    { numRuns: 300 },
  )
})

test('nothing that was not counted reaches anything', () => {
  const rule = { id: 'r', threshold: 1, window: 60, allowance: 0, pool: 0 }
  expect(reachedIn(rule, 1, [{ amounts: new Map([[7, 5]]), keys: undefined }], [])).toBeUndefined()
  expect(reachedIn(rule, 1, [undefined], [7])).toBeUndefined()
  expect(reachedIn(rule, 1, [{ amounts: new Map([[7, 5]]), keys: undefined }], [7])).toMatchObject({ amount: 5 })
})

test('digests and samples are what they were when they were texts, and other texts do no harm', () => {
  const digest: fc.Arbitrary<Digest> = fc
    .array(fc.tuple(fc.integer({ min: -1_000, max: 2_000_000_000 }), fc.nat({ max: 12 }), fc.nat()), { maxLength: 40 })
    .map((nodes) => new Map(nodes.map(([first, level, amount]) => [nodeOf(first, level), amount])))
  fc.assert(
    fc.property(digest, (one) => {
      expect(new Map(readDigest(writeDigest(one)))).toEqual(one)
      expect(spansOf([readDigest(writeDigest(one))]).amount.length).toBe(one.size)
    }),
  )
  const sample = fc.array(fc.tuple(fc.nat({ max: 2 ** 48 }), fc.nat(), fc.nat({ max: 9 })), { maxLength: 60 })
  fc.assert(
    fc.property(sample, (keys) => {
      const one = emptySample()
      for (const [hash, first, more] of keys) addKey(one, hash, first, first + more)
      const { hashes, first, last, level } = one
      expect(readSample(writeSample(one))).toMatchObject({ hashes, first, last, level })
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('.', ',', '-', '1', 'z', 'é') })), (text) => {
      for (const [node, amount] of readDigest(text)) expect([node, amount].every(Number.isFinite)).toBe(true)
      const { hashes, first, last } = readSample(text)
      expect([...hashes, ...first, ...last].every(Number.isFinite)).toBe(true)
    }),
  )
})
