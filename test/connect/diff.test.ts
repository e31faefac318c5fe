import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffJson } from '../../shared/connect/diff.ts'

describe('diffJson', () => {
  it.each<[string, unknown, unknown, string[]]>([
    ['no difference', { a: 1 }, { a: 1 }, []],
    ['a value', { a: 1 }, { a: 2 }, [' {', '-  "a": 1', '+  "a": 2', ' }']],
    ['out of nothing', {}, { a: [1] }, ['-{}', '+{', '+  "a": [', '+    1', '+  ]', '+}']],
    [
      'what is far away is left out',
      { a: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      { a: [1, 2, 3, 4, 5, 6, 7, 8, 0] },
      ['…', '     6,', '     7,', '     8,', '-    9', '+    0', '   ]', ' }'],
    ],
  ])('%s', (_, before, after, lines) => {
    expect(diffJson(before, after)).toEqual(lines)
  })

  it('without what came it is before, without what goes it is after', () => {
    const value = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.array(fc.integer({ max: 3, min: 0 }), { maxLength: 4 }),
    )
    fc.assert(
      fc.property(value, value, (before, after) => {
        // Near enough that nothing is left out.
        const lines = diffJson({ before }, { before: after })
        if (lines.length === 0 || lines.includes('…')) return
        const side = (sign: string) =>
          lines
            .filter((line) => line[0] === ' ' || line[0] === sign)
            .map((line) => line.slice(1))
            .join('\n')
        const has = (whole: unknown, part: string) => expect(JSON.stringify(whole, null, 2)).toContain(part)
        has({ before }, side('-'))
        has({ before: after }, side('+'))
      }),
    )
  })
})
