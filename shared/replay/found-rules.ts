/** What a replay wants to know of the rules that a record matches: mostly the same few lists of rules come again. */
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import type { ReadyRule } from '../incident/hit-rules.ts'

/** A rule that was found. */
export interface FoundRule {
  readonly ready: ReadyRule
  /** The number that each match publishes; undefined: it is read from the record. */
  readonly constant: number | undefined
  /** What watches for silence is about nobody, and finds nothing. */
  readonly isFinding: boolean
}

export interface FoundRules {
  readonly all: readonly FoundRule[]
  /** False: all of them watch for silence. */
  readonly isFinding: boolean
  /** Of those that find: the worst of them that hit at once, or, where none does, of all. */
  readonly severity: Severity
  /** None of them hits at once. */
  readonly isCounted: boolean
  /** Of those that find, the worst first. */
  readonly names: readonly string[]
}

/** Lists that are remembered. */
const MAX_LISTS = 16

/**
 * @returns reads a list that may be another one's room at the next call.
 * @example
 * const foundOf = createFoundRules(); foundOf(matcher.match(view, message)).severity
 */
export function createFoundRules(): (found: readonly ReadyRule[]) => FoundRules {
  const lists: (readonly ReadyRule[])[] = []
  const results: FoundRules[] = []
  let next = 0
  return (found) => {
    for (let at = 0; at < lists.length; at += 1) if (isSame(lists[at]!, found)) return results[at]!
    const result = foundRules(found)
    lists[next] = [...found]
    results[next] = result
    next = (next + 1) % MAX_LISTS
    return result
  }
}

function isSame(one: readonly ReadyRule[], other: readonly ReadyRule[]): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false
  return true
}

function foundRules(found: readonly ReadyRule[]): FoundRules {
  const all = found.map(foundRule)
  const finding = found.filter((_, at) => all[at]!.isFinding)
  const direct = finding.filter(({ rule }) => (rule.counting?.window ?? 0) === 0)
  const isCounted = direct.length === 0
  return {
    all,
    isFinding: finding.length > 0,
    severity: worstOf(isCounted ? finding : direct),
    isCounted,
    names: finding
      .toSorted((a, b) => levelOf(b.rule.severity) - levelOf(a.rule.severity) || (a.rule.id < b.rule.id ? -1 : 1))
      .map(({ rule }) => rule.id),
  }
}

function foundRule(ready: ReadyRule): FoundRule {
  const constant = Number(ready.rule.metricValue)
  return {
    ready,
    constant: Number.isFinite(constant) ? constant : undefined,
    isFinding: ready.rule.atMost === undefined,
  }
}

const levelOf = (severity: Severity): number => SEVERITIES.indexOf(severity)

function worstOf(rules: readonly ReadyRule[]): Severity {
  let worst = 0
  for (const { rule } of rules) worst = Math.max(worst, levelOf(rule.severity))
  return SEVERITIES[worst]!
}
