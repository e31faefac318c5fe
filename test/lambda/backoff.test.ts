import { expect, test } from 'vitest'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { retrySeconds } from '../../shared/lambda/backoff.ts'
import { invocationTime } from '../../shared/lambda/invocation-time.ts'

const given = { firstSeconds: 10, receives: 1, now: 1_000_000, random: 0.5 }

test('a failed message comes again after 10 s, 1 min, 6 min, 36 min, an hour at the most', () => {
  const waits = [1, 2, 3, 4, 5, 9].map((receives) => retrySeconds(new Error('x'), { ...given, receives }))
  expect(waits).toEqual([10, 60, 360, 2_160, 3_600, 3_600])
  expect([0, 0.999].map((random) => retrySeconds(new Error('x'), { ...given, random }))).toEqual([8, 12])
  expect(retrySeconds(new Error('x'), { ...given, firstSeconds: 0 })).toBeUndefined()
})

test('what was only sent back comes at once, what is in work when its claim is over', () => {
  expect(retrySeconds(new BucketwatchError('TIME_UP'), { ...given, firstSeconds: 0 })).toBe(1)
  const busy = new BucketwatchError('OBJECT_BUSY', undefined, { until: 1_000_000 + 90_500 })
  expect(retrySeconds(busy, given)).toBe(93)
  expect(retrySeconds(new BucketwatchError('OBJECT_BUSY', undefined, { until: 5 }), given)).toBe(10)
})

test('the end of an invocation is kept for receipts and the queue', () => {
  const time = invocationTime({ now: 0, remainingMs: 300_000, handOverMs: 15_000 })
  expect(time).toEqual({ handOverAt: 285_000, endsAt: 295_000, recordedBy: 298_500 })
  const short = invocationTime({ now: 0, remainingMs: 12_000, handOverMs: 15_000 })
  expect(short).toEqual({ handOverAt: 6_000, endsAt: 10_000, recordedBy: 11_000 })
  // Who tells next to nothing keeps no time.
  expect(invocationTime({ now: 0, remainingMs: 1_000, handOverMs: 15_000 }).handOverAt).toBe(Number.POSITIVE_INFINITY)
})
