/** The few lines of a story that tell most, where there is no room for all. */
import type { Finding, StoryLine } from './finding.ts'

/** How much a rule says of a line, by its severity. */
const WEIGHTS = { critical: 8, high: 4, medium: 2, low: 1, info: 0.5 } as const

/**
 * Line by line the one of the severest rules that the lines before did not tell of, and more so of rules that match little
 * else of the story; fewer than `limit` where all rules are told.
 *
 * @param order the story in the order that is wanted
 * @example
 * keyMoments(finding, 5).map(({ text }) => text) // ['PutBucketPolicy on …: lets everybody …', '540 × DeleteObject on …']
 */
export function keyMoments(
  { story, rules }: Pick<Finding, 'story' | 'rules'>,
  limit: number,
  order: readonly StoryLine[] = story,
): StoryLine[] {
  const lines = new Map<string, number>()
  for (const line of story) for (const rule of line.rules) lines.set(rule, (lines.get(rule) ?? 0) + 1)
  const open = new Map<string, number>(rules.map(({ id, severity }) => [id, WEIGHTS[severity] / (lines.get(id) ?? 1)]))
  const worth = (line: StoryLine): number => line.rules.reduce((sum, rule) => sum + (open.get(rule) ?? 0), 0)
  const chosen = new Set<StoryLine>()
  while (chosen.size < limit) {
    const left = story.filter((line) => !chosen.has(line))
    const best = left.reduce<StoryLine | undefined>(
      (most, line) => (worth(line) > (most === undefined ? 0 : worth(most)) ? line : most),
      undefined,
    )
    if (best === undefined) break
    chosen.add(best)
    for (const rule of best.rules) open.delete(rule)
  }
  return order.filter((line) => chosen.has(line))
}
