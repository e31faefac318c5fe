import { shorten } from '../incident/facts.ts'
import type { Finding } from '../incident/finding.ts'

/**
 * A finding with at most `limit` entries in every list that an incident can make long, and texts of a bounded length.
 * The story keeps its beginning and its end.
 *
 * @example
 * cutFinding(finding, 5).story.length // 5 at most
 */
export function cutFinding(finding: Finding, limit: number): Finding {
  const short = <T>(items: readonly T[]): readonly T[] => items.slice(0, limit)
  const brief = (texts: readonly string[]) => short(texts).map((text) => shorten(text, 500))
  return {
    ...finding,
    title: shorten(finding.title, 200),
    summary: shorten(finding.summary, 500),
    keyIds: short(finding.keyIds),
    actors: short(finding.actors),
    sessions: short(finding.sessions),
    mfa: short(finding.mfa),
    tools: short(finding.tools),
    objects: short(finding.objects),
    outcomes: short(finding.outcomes),
    news: short(finding.news),
    falsePositives: brief(finding.falsePositives),
    addresses: short(finding.addresses),
    buckets: short(finding.buckets),
    rules: short(finding.rules).map((rule) => ({ ...rule, mitre: short(rule.mitre) })),
    leftOut: finding.leftOut + Math.max(0, finding.story.length - limit),
    story: bothEnds(finding.story, limit).map((line) => ({ ...line, text: shorten(line.text, 500) })),
    runbook: brief(finding.runbook),
    why: brief(finding.why),
    ...(finding.suppressed === undefined ? {} : { suppressed: short(finding.suppressed) }),
  }
}

/** At most `limit` of the items: the first and the last of them. */
export function bothEnds<T>(items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) return items
  const head = Math.ceil(limit / 2)
  return [...items.slice(0, head), ...items.slice(items.length - (limit - head))]
}

/** How many entries of each list are tried, the most first. */
const LIMITS = [50, 20, 10, 5, 2, 1, 0]

/**
 * What `make` makes of the finding, with lists as long as `maxBytes` allows (UTF-8).
 *
 * @returns the last attempt, even if it is too long: what is left then is fixed text.
 * @example
 * fitFinding(finding, 262_144, (cut) => JSON.stringify(cut))
 */
export function fitFinding(finding: Finding, maxBytes: number, make: (finding: Finding) => string): string {
  const whole = make(finding)
  if (Buffer.byteLength(whole) <= maxBytes) return whole
  let last = whole
  for (const limit of LIMITS) {
    last = make(cutFinding(finding, limit))
    if (Buffer.byteLength(last) <= maxBytes) return last
  }
  return last
}
