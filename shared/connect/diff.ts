/** Lines of unchanged text around each change. */
const CONTEXT = 3

/**
 * The difference between two values as lines of their JSON: ` ` unchanged, `-` goes, `+` comes, `…` left out between.
 * Empty where there is none.
 *
 * @example
 * diffJson({ a: 1 }, { a: 2 }) // [' {', '-  "a": 1', '+  "a": 2', ' }']
 */
export function diffJson(before: unknown, after: unknown): string[] {
  const lines = diffLines(JSON.stringify(before, null, 2).split('\n'), JSON.stringify(after, null, 2).split('\n'))
  const changed = lines.map((line) => line[0] !== ' ')
  if (!changed.includes(true)) return []
  const near = lines.map((_, index) => changed.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).includes(true))
  return lines.flatMap((line, index) => (near[index] ? [line] : index === 0 || near[index - 1] ? ['…'] : []))
}

/** The shortest edit by longest common subsequence; n·m steps, for texts of a few thousand lines. */
function diffLines(before: readonly string[], after: readonly string[]): string[] {
  const width = after.length + 1
  // lengths[i * width + j]: of the longest common subsequence of before[i…] and after[j…].
  const lengths = new Uint16Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        before[i] === after[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
    }
  }
  const lines: string[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(` ${before[i++]}`)
      j++
    } else if (
      i < before.length &&
      (j === after.length || lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
    ) {
      lines.push(`-${before[i++]}`)
    } else lines.push(`+${after[j++]}`)
  }
  return lines
}
