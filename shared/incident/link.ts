/** Two principals that turn out to be one: a key and its person; nobody in particular, and who let everybody in. */
import type { Hit } from './hit.ts'
import { type Dossier, type Incident, RANKINGS, type RankingName, type RulePart, worse } from './incident.ts'
import { merge } from './kept.ts'
import { addMoments } from './moments.ts'
import { incidentOf, MAX_SEEN, replaced, withPending } from './take.ts'

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
    into = replaced(into, united(other, incident, options.now))
    const isTold = incident.sequence > 0
    from = replaced(
      from,
      isTold ? goesOnElsewhere(incident, other.id, options.now) : { ...incident, isOver: true, mergedInto: other.id },
    )
  }
  return { target: into, source: from }
}

/** Whoever was told of it is told where it goes on. */
function goesOnElsewhere(incident: Incident, mergedInto: string, now: number): Incident {
  const { pending: _, ...rest } = incident
  const sequence = incident.sequence + 1
  const added = incident.matches - incident.toldMatches
  const untold = {
    sequence,
    event: 'closed',
    time: now,
    news: [],
    added,
    to: 'all',
    told: [],
    until: now,
    tries: 0,
  } as const
  return { ...rest, isOver: true, mergedInto, sequence, untold: [...incident.untold, untold] }
}

function united(into: Incident, from: Incident, now: number): Incident {
  const story = addMoments(into.moments, from.moments)
  const rankings = Object.fromEntries(
    (Object.entries(RANKINGS) as [RankingName, number][]).map(([name, limit]) => [
      name,
      merge(into.rankings[name], from.rankings[name], limit),
    ]),
  ) as Incident['rankings']
  const rules: Record<string, RulePart> = { ...into.rules }
  for (const [id, part] of Object.entries(from.rules)) {
    const known = rules[id]
    rules[id] = known === undefined ? part : bothParts(known, part)
  }
  const next: Incident = {
    ...into,
    first: Math.min(into.first, from.first),
    last: Math.max(into.last, from.last),
    heard: Math.max(into.heard, from.heard),
    severity: worse(into.severity, from.severity),
    matches: into.matches + from.matches,
    rules,
    rankings,
    moments: story.moments,
    leftOut: into.leftOut + from.leftOut + story.leftOut,
    calls: [...new Set([...into.calls, ...from.calls])],
    suppressed: sums(into.suppressed, from.suppressed),
    isOver: false,
    ...(into.isSlow === true || from.isSlow === true ? { isSlow: true } : {}),
  }
  if (into.sequence === 0) return next
  const isUrgent = worse(into.severity, from.severity) !== into.severity
  return withPending(next, { news: Object.keys(from.rules), isUrgent }, now)
}

function bothParts(a: RulePart, b: RulePart): RulePart {
  const [more, less] = a.amount >= b.amount ? [a, b] : [b, a]
  return {
    ...less,
    ...more,
    severity: worse(a.severity, b.severity),
    matches: a.matches + b.matches,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    actors: merge(a.actors, b.actors, 3),
    buckets: merge(a.buckets, b.buckets, 3),
  }
}

function sums(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const all: Record<string, number> = { ...a }
  for (const [reason, count] of Object.entries(b)) all[reason] = (all[reason] ?? 0) + count
  return all
}
