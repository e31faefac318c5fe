/** Rules that say the same, for whoever shows them: the terminal, Markdown, the page of a report. */
import type { RuleCoverage, Sight } from './see-rule.ts'

const ORDER: readonly Sight[] = ['blind', 'unknown', 'part', 'all']

/** Rules that say the same are told together, those that see least first. */
export function groupRules(rules: readonly RuleCoverage[]): [RuleCoverage, string[]][] {
  const found = new Map<string, [RuleCoverage, string[]]>()
  for (const rule of rules) {
    const { sight, reasons, remedies, cost } = rule
    const key = JSON.stringify([sight, reasons, remedies, cost])
    const group = found.get(key) ?? [rule, []]
    group[1].push(rule.id)
    found.set(key, group)
  }
  return [...found.values()].sort(([a], [b]) => ORDER.indexOf(a.sight) - ORDER.indexOf(b.sight))
}
