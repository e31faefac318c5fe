/** Incidents that turn out to be one. Pure. */
import { own } from '../basics/own.ts'
import { type Incident, RANKINGS, type RankingName, type RulePart, worse } from './incident.ts'
import { merge } from './kept.ts'
import { addMoments } from './moments.ts'
import { withPending } from './pending-news.ts'

/**
 * What becomes of two incidents: `into` has all of both, and `from` goes on in it; who was told of that one is told so.
 *
 * @example
 * const { into, from } = unite(incident, later, Date.now()) // from.mergedInto === incident.id
 */
export function unite(
  into: Incident,
  from: Incident,
  now: number,
): { readonly into: Incident; readonly from: Incident } {
  const end = from.sequence > 0 ? goesOnElsewhere(from, into.id, now) : { ...from, isOver: true, mergedInto: into.id }
  return { into: united(into, from, now), from: end }
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

/** One incident of two. */
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
    const known = own(rules, id)
    rules[id] = known === undefined ? part : bothParts(known, part)
  }
  const next: Incident = {
    ...into,
    first: Math.min(into.first, from.first),
    last: Math.max(into.last, from.last),
    heard: Math.max(into.heard, from.heard),
    severity: worse(into.severity, from.severity),
    matches: into.matches + from.matches,
    ...unreadOf((into.unread ?? 0) + (from.unread ?? 0)),
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

/** The member, where there is something to say. */
export const unreadOf = (unread: number): Pick<Incident, 'unread'> => (unread === 0 ? {} : { unread })

function bothParts(a: RulePart, b: RulePart): RulePart {
  const [more, less] = a.amount >= b.amount ? [a, b] : [b, a]
  const { isAtLeast: _, ...rest } = less
  return {
    ...rest,
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
  for (const [reason, count] of Object.entries(b)) all[reason] = (own(all, reason) ?? 0) + count
  return all
}
