import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDedupeWindow } from '../../shared/forward/dedupe.ts'

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

  it('tells identities of all shapes apart, as a set of texts does', () => {
    const uuid = '79a59df9-00b9-49e5-8d96-a1e698fbaced'
    const near = fc.constantFrom(
      uuid,
      uuid.toUpperCase(),
      uuid.replace('7', '0'),
      uuid.replace('-', 'x'),
      `${uuid}/`,
      `${uuid}/111122223333`,
      `${uuid}/011122223333`,
      `${uuid}/999999999999`,
      `${uuid}/11112222333x`,
      `${uuid}/11112222333`,
      '',
      '\0',
      'a',
      'a\0',
      '\0a',
      'é',
      'A'.repeat(16),
      'A'.repeat(17),
      'A'.repeat(24),
      'A'.repeat(25),
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(near, fc.uuid(), fc.string({ maxLength: 26 }), fc.nat(40).map(String)), { maxLength: 300 }),
        (identities) => {
          const scope = createDedupeWindow(1000).scope()
          const known = new Set<string>()
          for (const identity of identities) {
            expect(scope.isDuplicate(identity)).toBe(known.has(identity))
            known.add(identity)
          }
          scope.delivered([...known])
        },
      ),
    )
  })

  it('forgets what never was delivered, however many objects fail, and knows the rest', () => {
    const window = createDedupeWindow(100)
    const good = window.scope()
    good.isDuplicate('good')
    good.delivered(['good'])
    for (let i = 0; i < 500; i += 1) {
      const failed = window.scope()
      for (let j = 0; j < 10; j += 1) expect(failed.isDuplicate(`failed-${i}-${j}`)).toBe(false)
    }
    expect(window.scope().isDuplicate('failed-499-9')).toBe(false)
    expect(window.scope().isDuplicate('good')).toBe(true)
  })
})
