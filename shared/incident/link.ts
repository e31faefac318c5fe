/** Two principals that turn out to be one: a key and its person; nobody in particular, and who let everybody in. */
import { DOSSIER_KEPT_MS } from './dossier-store.ts'
import type { Hit } from './hit.ts'
import type { Dossier, Incident } from './incident.ts'
import { incidentOf, MAX_SEEN, replaced } from './take.ts'
import { unite } from './unite.ts'

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

/** A dossier that is an alias, noted anew where that was long ago: only what is written is kept (see dossier-store.ts). */
export function withAlias(source: Dossier, alias: string, now: number): Dossier {
  const isFresh = source.alias === alias && now - (source.aliasAt ?? 0) < DOSSIER_KEPT_MS
  return isFresh ? source : { ...source, alias, aliasAt: now }
}

/** Whether {@link link} would change nothing, whatever is known of the target. */
export function isLinked(source: Dossier, target: string, now: number): boolean {
  return withAlias(source, target, now) === source && !source.incidents.some(goesOnHere)
}

const goesOnHere = ({ mergedInto, isOver }: Incident): boolean => mergedInto === undefined && !isOver

/**
 * Makes `source` an alias of `target`; once more is as good as once. Incidents of the source within the quiet time of one of
 * the target's go on in that; they themselves are closed with a word on where. The others stay what they are.
 */
export function link(
  target: Dossier,
  source: Dossier,
  options: { readonly now: number; readonly quietMs: number },
): { readonly target: Dossier; readonly source: Dossier } {
  let into = target
  let from = withAlias(source, target.principal, options.now)
  for (const incident of source.incidents) {
    if (!goesOnHere(incident)) continue
    const other = incidentOf(into, incident, options.quietMs)
    if (other === undefined) continue
    into = { ...into, seen: [...new Set([...into.seen, ...source.seen])].slice(-MAX_SEEN) }
    const both = unite(other, incident, options.now)
    into = replaced(into, both.into)
    from = replaced(from, both.from)
  }
  return { target: into, source: from }
}
