import { parseFilterPattern } from './parse.ts'

/** As parseFilterPattern, with its limits. */
export type PatternParser = (filterPattern: string) => ReturnType<typeof parseFilterPattern>

/**
 * Parses each pattern once, for those who look at the patterns of many filters more than once: filters of several log groups
 * have the same.
 *
 * @example
 * const parse = createPatternParser(); filters.every(({ filterPattern }) => parse(filterPattern).ok)
 */
export function createPatternParser(): PatternParser {
  const known = new Map<string, ReturnType<PatternParser>>()
  return (filterPattern) => {
    const parsed = known.get(filterPattern) ?? parseFilterPattern(filterPattern)
    known.set(filterPattern, parsed)
    return parsed
  }
}
