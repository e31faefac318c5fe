import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFacets } from '../../shared/cloudtrail/facets.ts'
import { createRecordScanner } from '../../shared/cloudtrail/scan.ts'

const PATHS = ['eventName', 'userAgent', 'userIdentity.type', 'userIdentity.arn']
const arbitraryMember = fc.option(
  fc.oneof(fc.constantFrom('', 'a', 'ab', 'Root', 'x'.repeat(500), 'y'.repeat(2000)), fc.string(), fc.nat(9)),
  { nil: undefined },
)
const arbitraryRecords = fc.array(
  fc.record({
    eventName: arbitraryMember,
    userAgent: arbitraryMember,
    userIdentity: fc.record({ type: arbitraryMember, arn: arbitraryMember }),
    other: fc.nat(),
  }),
  { minLength: 1, maxLength: 60 },
)

describe('a facet', () => {
  test('gives for each record what it gives for the first, however much it remembers', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.constantFrom(1, 3, 40, 500), fc.nat(300), (records, limit, bits) => {
        const scanner = createRecordScanner(() => false)
        const { facet } = createFacets()
        const remembered = facet('test', PATHS, limit, 24, (members, given) => ({ members, given }))
        for (const record of [...records, ...records]) {
          const text = JSON.stringify(record)
          scanner.scan(Buffer.from(text), 0)
          const { other: _, ...named } = JSON.parse(text)
          if (Object.keys(named.userIdentity).length === 0) delete named.userIdentity
          expect(remembered(scanner, bits)).toEqual({ members: named, given: bits })
        }
      }),
    )
  })

  test('does not work twice for what it remembers, nor keep what is too long', () => {
    const scanner = createRecordScanner(() => false)
    const { counts, facet } = createFacets()
    const remembered = facet('test', ['userAgent'], 10, 16, ({ userAgent }) => ({ userAgent }))
    const ask = (userAgent: string) => {
      scanner.scan(Buffer.from(JSON.stringify({ userAgent })), 0)
      return remembered(scanner)
    }
    expect(ask('a')).toBe(ask('a'))
    expect(ask('z'.repeat(2000))).not.toBe(ask('z'.repeat(2000)))
    expect(counts()).toEqual([{ name: 'test', found: 1, made: 3 }])
  })
})
