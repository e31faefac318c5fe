/**
 * The known word that a wrong one was probably meant to be; undefined where none is near. Case does not count, and words
 * that begin alike are near, whatever their length.
 *
 * @example
 * nearest('treshold', ['threshold', 'periodSeconds']) // 'threshold'
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const found = near(word.toLowerCase(), candidate.toLowerCase())
    if (found >= least) continue
    best = candidate
    least = found
  }
  return best
}

function near(a: string, b: string): number {
  return a.length >= 4 && b.length >= 4 && (a.startsWith(b) || b.startsWith(a)) ? 1 : distance(a, b)
}

/** Edit distance (Levenshtein). */
export function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, replaced))
    }
    previous = row
  }
  return previous[b.length]!
}
