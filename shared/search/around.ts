/** Searching around an incident: the same people, keys and addresses, some time before and after. */
import type { Finding } from '../incident/finding.ts'
import type { Query } from './query.ts'

/**
 * What was done by whom an incident names (actors, access keys, addresses), from `marginMs` before its first record to
 * `marginMs` after its last.
 *
 * @example
 * compileQuery(aroundIncident(finding, 15 * 60_000))
 */
export function aroundIncident(finding: Finding, marginMs: number): Query {
  const values = (of: readonly { readonly value: string }[]): string[] => of.map(({ value }) => value)
  return {
    since: Date.parse(finding.firstTime) - marginMs,
    // The last record's own second belongs to it.
    until: Date.parse(finding.lastTime) + marginMs + 1000,
    who: { actors: values(finding.actors), keyIds: finding.keyIds, addresses: values(finding.addresses) },
  }
}

/**
 * The finding that says how an incident stands: its last one; where the incident went on in another, that one's.
 *
 * @param findings of any incidents, in any order.
 * @param id the incident's, or how it begins.
 * @returns all that it may be: none, or several where the id is too short.
 * @example
 * latestOf(findings, 'fb88')[0]?.lastTime
 */
export function latestOf(findings: readonly Finding[], id: string): readonly Finding[] {
  const latest = new Map<string, Finding>()
  for (const finding of findings) {
    const known = latest.get(finding.incidentId)
    if (known === undefined || known.sequence <= finding.sequence) latest.set(finding.incidentId, finding)
  }
  const ended = (finding: Finding, seen: readonly string[] = []): Finding => {
    const next = latest.get(finding.mergedInto ?? '')
    return next === undefined || seen.includes(next.incidentId) ? finding : ended(next, [...seen, finding.incidentId])
  }
  const fitting = [...latest.values()].filter(({ incidentId }) => incidentId.startsWith(id))
  return [...new Set(fitting.map((finding) => ended(finding)))]
}
