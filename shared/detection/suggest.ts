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
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of words) {
    const distance = near(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
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

/** Words that begin alike are near, whatever their length; else Levenshtein's distance. */
function near(a: string, b: string): number {
  if (a.length >= 4 && b.length >= 4 && (a.startsWith(b) || b.startsWith(a))) return 1
  return distance(a, b)
}

function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}
