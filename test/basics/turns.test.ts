import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTurns } from '../../shared/basics/turns.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

test('others have their turn when the work has gone on for long, and not before', async () => {
  const turn = createTurns(5)
  expect(turn()).toBeUndefined()
  vi.advanceTimersByTime(4)
  expect(turn()).toBeUndefined()
  vi.advanceTimersByTime(1)
  const others: string[] = []
  setImmediate(() => others.push('a message'))
  await turn()
  expect(others).toEqual(['a message'])
  // It begins anew.
  expect(turn()).toBeUndefined()
  vi.advanceTimersByTime(5)
  expect(turn()).toBeInstanceOf(Promise)
})
