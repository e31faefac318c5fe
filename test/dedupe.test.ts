import { describe, expect, it } from 'vitest'
import { createDedupeWindow } from '../shared/dedupe.ts'

describe('createDedupeWindow', () => {
  it('knows a record twice in one object', () => {
    const scope = createDedupeWindow(10).scope()
    expect(scope.isDuplicate('a')).toBe(false)
    expect(scope.isDuplicate('a')).toBe(true)
    expect(scope.isDuplicate('b')).toBe(false)
  })

  it('knows what an earlier object delivered', () => {
    const window = createDedupeWindow(10)
    const first = window.scope()
    first.isDuplicate('a')
    first.delivered(['a', undefined])
    expect(window.scope().isDuplicate('a')).toBe(true)
  })

  it('forgets what was not delivered, so that a retry sends it', () => {
    const window = createDedupeWindow(10)
    window.scope().isDuplicate('a')
    expect(window.scope().isDuplicate('a')).toBe(false)
  })

  it('never takes a record without an identity for a duplicate', () => {
    const scope = createDedupeWindow(10).scope()
    expect(scope.isDuplicate(undefined)).toBe(false)
    expect(scope.isDuplicate(undefined)).toBe(false)
  })

  it('keeps at least the last `size` identities, and at most twice as many', () => {
    const window = createDedupeWindow(100)
    const scope = window.scope()
    for (let i = 0; i < 1000; i += 1) {
      scope.isDuplicate(`id-${i}`)
      scope.delivered([`id-${i}`])
    }
    const known = Array.from({ length: 1000 }, (_, i) => i).filter((i) => window.scope().isDuplicate(`id-${i}`))
    expect(known.length).toBeGreaterThanOrEqual(100)
    expect(known.length).toBeLessThanOrEqual(200)
    expect(known.at(-1)).toBe(999)
  })
})
