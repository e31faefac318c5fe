/** Two principals that turn out to be one: a key and its person; nobody in particular, and who let everybody in. */
import type { Hit } from './hit.ts'
import type { Dossier } from './incident.ts'
import { incidentOf, MAX_SEEN, replaced } from './take.ts'
import { unite } from './unite.ts'

/** Principals that one may stand for. */
const MAX_ALIASES = 20

/**
 * Whose hits belong to the incidents of this hit's principal, by what the hit shows: an access key used by a person; and
 * callers without credentials at a bucket that the hit opened to everybody.
 *
 * @example
 * aliasesOf(hit) // ['key:AKIAIOSFODNN7EXAMPLE', 'anonymous@amzn-s3-demo-bucket']
 */
export function aliasesOf({ principal, evidence }: Hit): string[] {
  if (principal.startsWith('anonymous@') || principal.startsWith('account:')) return []
  const found = evidence.records.flatMap(({ person, keyId, opens, bucket }) => [
    ...(principal.startsWith('person:') && person !== undefined && keyId?.startsWith('AKIA') ? [`key:${keyId}`] : []),
    ...(opens === 'everyone' && bucket !== undefined ? [`anonymous@${bucket}`] : []),
  ])
  return [...new Set(found)].filter((alias) => alias !== principal)
}

/** Whether a hit of an alias belongs to the principal behind it: where that one has an incident at the time. */
export function belongsTo(target: Dossier, hit: Hit, quietMs: number): boolean {
  return incidentOf(target, hit, quietMs) !== undefined
}

/**
 * Makes `source` an alias of `target`. Incidents of the source within the quiet time of one of the target's go on in
 * that; they themselves are closed with a word on where. The others stay what they are.
 */
export function link(
  target: Dossier,
  source: Dossier,
  options: { readonly now: number; readonly quietMs: number },
): { readonly target: Dossier; readonly source: Dossier } {
  let into: Dossier = {
    ...target,
    aliases: [...new Set([...target.aliases, source.principal])].slice(-MAX_ALIASES),
  }
  let from: Dossier = { ...source, alias: target.principal }
  for (const incident of source.incidents) {
    if (incident.mergedInto !== undefined || incident.isOver) continue
    const other = incidentOf(into, incident, options.quietMs)
    if (other === undefined) continue
    into = { ...into, seen: [...new Set([...into.seen, ...source.seen])].slice(-MAX_SEEN) }
    const both = unite(other, incident, options.now)
    into = replaced(into, both.into)
    from = replaced(from, both.from)
  }
  return { target: into, source: from }
}
