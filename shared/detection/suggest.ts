import { nearest } from '../basics/suggest.ts'

/**
 * `: did you mean "threshold"?`, or nothing where no known word is near. Comparison operators written as signs are
 * answered with CloudWatch's name.
 *
 * @example
 * suggest('treshold', ['threshold', 'periodSeconds']) // '; did you mean "threshold"?'
 */
export function suggest(given: unknown, known: readonly unknown[]): string {
  if (typeof given !== 'string' && typeof given !== 'boolean') return ''
  const word = String(given)
  const words = known.map(String)
  const named = SYNONYMS[word]
  if (named !== undefined && words.includes(named)) return `; did you mean "${named}"?`
  const best = nearest(word, words)
  return best === undefined ? '' : `; did you mean "${best}"?`
}

const SYNONYMS: Readonly<Record<string, string>> = {
  '>=': 'GreaterThanOrEqualToThreshold',
  '>': 'GreaterThanThreshold',
  '<=': 'LessThanOrEqualToThreshold',
  '<': 'LessThanThreshold',
  comparison: 'comparisonOperator',
  period: 'periodSeconds',
  log: 'sources',
  logs: 'sources',
  source: 'sources',
  name: 'title',
  filterPattern: 'pattern',
}
