import { expect, test } from 'vitest'
import { createTurns } from '../../shared/basics/turns.ts'

test('others have their turn when the work has gone on for long, and not before', async () => {
  const turn = createTurns(5)
  let others = 0
  const other = setInterval(() => {
    others += 1
  }, 0)
  expect(turn()).toBeUndefined()
  const since = performance.now()
  let waited = 0
  while (performance.now() - since < 100) {
    const waiting = turn()
    if (waiting === undefined) continue
    await waiting
    waited += 1
    // It begins anew.
    expect(turn()).toBeUndefined()
  }
  clearInterval(other)
  expect(waited).toBeGreaterThan(0)
  expect(waited).toBeLessThan(30)
  expect(others).toBeGreaterThan(0)
})
