/** How hits become incidents. Pure: what comes out follows from what goes in, not from the order. */
import { own } from '../basics/own.ts'
import type { Severity } from '../detection/schema.ts'
import type { Suppression } from '../settings/incidents.ts'
import type { Hit } from './hit.ts'
import {
  type Dossier,
  type Incident,
  incidentId,
  isOfAccessLog,
  quietOf,
  RANKINGS,
  type RankingName,
  type RulePart,
  rankOf,
  short,
  worse,
} from './incident.ts'
import { compare, EMPTY_RANKING, type KeptRanking, keep, merge } from './kept.ts'
import { addMoments, momentsOf } from './moments.ts'
import { withPending } from './pending-news.ts'
import { suppressionOf } from './suppress.ts'
import { unite, unreadOf } from './unite.ts'

/** Hits that are remembered, so that one that comes again counts once. */
export const MAX_SEEN = 800
/** Calls that are remembered, so that a rule that only repeats them is no news. */
const MAX_CALLS = 500
/** A hit so much later than the last makes a closed incident go on; anything earlier was late. */
const LATER_MS = 5 * 60_000
/** Buckets that are news each; whoever goes through more of them is told of as that. */
const MAX_NEW_BUCKETS = 4
/** Values of a rule's own rankings. */
const RULE_VALUES = 3

export interface TakeOptions {
  /** ms since the epoch. */
  readonly now: number
  readonly stage: string
  /** Hits of one principal further apart are two incidents. Milliseconds. */
  readonly quietMs: number
  readonly suppressions: readonly Suppression[]
  /** Rules of compliance packs, which tell of calls that others tell of better. */
  readonly isCompliance: (rule: string) => boolean
}

export interface Taken {
  readonly dossier: Dossier
  /** Hits that were new. */
  readonly taken: number
  /** Hits that had been taken before. */
  readonly repeated: number
  /** Hits that a suppression kept out. */
  readonly suppressed: number
}

/**
 * Puts hits of one principal into its incidents: a hit within the quiet time of an incident's hits (by the time things
 * happened) is part of it, else it opens one. Each hit counts once, however often it comes.
 *
 * @example
 * takeHits(emptyDossier(hit.principal), [hit], { now: Date.now(), stage: 'prod', quietMs: 7_200_000, suppressions: [] })
 */
export function takeHits(given: Dossier, hits: readonly Hit[], options: TakeOptions): Taken {
  const fresh: string[] = []
  const counts = { taken: 0, repeated: 0, suppressed: 0 }
  let dossier = given
  for (const hit of hits.toSorted(bySeverity)) {
    const name = short(hit.id)
    if (given.seen.includes(name) || fresh.includes(name)) {
      counts.repeated += 1
      continue
    }
    fresh.push(name)
    const suppression = suppressionOf(hit, options.suppressions)
    if (suppression === undefined) counts.taken += 1
    else counts.suppressed += 1
    dossier = suppression === undefined ? withHit(dossier, hit, options) : keptOut(dossier, hit, suppression, options)
  }
  const isUnchanged = counts.taken + counts.suppressed === 0
  return { ...counts, dossier: isUnchanged ? given : { ...dossier, seen: [...given.seen, ...fresh].slice(-MAX_SEEN) } }
}

/** The worst first: what only repeats it is then known to. */
function bySeverity(a: Hit, b: Hit): number {
  return rankOf(b.severity) - rankOf(a.severity) || a.first - b.first || compare(a.id, b.id)
}

/** The incident that a hit is part of: an open one before a closed one, then the latest. */
export function incidentOf(dossier: Dossier, hit: When, quietMs: number): Incident | undefined {
  const gap = quietOf(hit.isSlow === true || isOfAccessLog(hit.logGroupName ?? ''), quietMs)
  const near = dossier.incidents.filter(
    ({ first, last, mergedInto }) => mergedInto === undefined && hit.last >= first - gap && hit.first <= last + gap,
  )
  return near.findLast(({ isOver }) => !isOver) ?? near.at(-1)
}

/** When a hit, or an incident, happened, and how it is told of. */
interface When extends Pick<Hit, 'first' | 'last'> {
  readonly logGroupName?: string | undefined
  readonly isSlow?: true | undefined
}

export function replaced(dossier: Dossier, incident: Incident): Dossier {
  const others = dossier.incidents.filter(({ id }) => id !== incident.id)
  return { ...dossier, incidents: [...others, incident].sort((a, b) => a.first - b.first || compare(a.id, b.id)) }
}

function withHit(given: Dossier, hit: Hit, options: TakeOptions): Dossier {
  const dossier = bridged(given, hit, options)
  const known = incidentOf(dossier, hit, options.quietMs)
  if (known !== undefined) return replaced(dossier, addHit(known, hit, options))
  const opened = addHit(opening(dossier, hit, options), hit, options)
  return replaced({ ...dossier, suppressed: {} }, { ...opened, suppressed: dossier.suppressed })
}

/**
 * Open incidents with no more than the quiet time to the hit are one: the first that people were told of, else the first.
 * One that is over stays what it is.
 */
function bridged(dossier: Dossier, hit: When, { quietMs, now }: TakeOptions): Dossier {
  const near = dossier.incidents.filter(
    ({ first, last, isOver, mergedInto }) =>
      !isOver && mergedInto === undefined && hit.last >= first - quietMs && hit.first <= last + quietMs,
  )
  if (near.length < 2) return dossier
  const [first, ...others] = near.sort((a, b) => isUntold(a) - isUntold(b) || a.first - b.first)
  let [into, next] = [first!, dossier]
  for (const other of others) {
    const both = unite(into, other, now)
    into = both.into
    next = replaced(next, both.from)
  }
  return replaced(next, into)
}

/** What people were told of keeps its name. */
const isUntold = ({ sequence }: Incident): number => (sequence === 0 ? 1 : 0)

function keptOut(dossier: Dossier, hit: Hit, { reason }: Suppression, { quietMs }: TakeOptions): Dossier {
  const known = incidentOf(dossier, hit, quietMs)
  const one = (counts: Readonly<Record<string, number>>) => ({ ...counts, [reason]: (own(counts, reason) ?? 0) + 1 })
  if (known === undefined) return { ...dossier, suppressed: one(dossier.suppressed) }
  return replaced(dossier, { ...known, suppressed: one(known.suppressed) })
}

/** An incident of which nothing is known yet; the first finding is due at once. */
function opening(dossier: Dossier, hit: Hit, { now, stage }: TakeOptions): Incident {
  return {
    id: incidentId(stage, dossier.principal, hit.id),
    isOver: false,
    first: hit.first,
    last: hit.last,
    heard: now,
    severity: hit.severity,
    matches: 0,
    rules: {},
    rankings: Object.fromEntries(Object.keys(RANKINGS).map((name) => [name, EMPTY_RANKING])) as Incident['rankings'],
    moments: [],
    leftOut: 0,
    region: '',
    calls: [],
    suppressed: {},
    sequence: 0,
    toldAt: 0,
    toldMatches: 0,
    updates: 0,
    untold: [],
  }
}

function addHit(incident: Incident, hit: Hit, { now, isCompliance }: TakeOptions): Incident {
  const names = hit.calls.map(short)
  const told = new Set(incident.calls)
  const repeats = repeatsKnown(told, hit, names, isCompliance(hit.rule))
  const story = addMoments(incident.moments, momentsOf(hit, names))
  const goesOn = hit.last > incident.last + LATER_MS
  const next: Incident = {
    ...incident,
    first: Math.min(incident.first, hit.first),
    last: Math.max(incident.last, hit.last),
    heard: Math.max(incident.heard, now),
    severity: worse(incident.severity, hit.severity),
    matches: incident.matches + hit.matches,
    ...unreadOf((incident.unread ?? 0) + Math.max(0, hit.matches - hit.evidence.total)),
    rules: { ...incident.rules, [hit.rule]: addToRule(own(incident.rules, hit.rule), hit) },
    rankings: addRankings(incident.rankings, hit),
    moments: story.moments,
    leftOut: incident.leftOut + story.leftOut,
    region: hit.evidence.records.find(({ awsRegion }) => awsRegion !== undefined)?.awsRegion ?? incident.region,
    calls: withCalls(incident.calls, told, names, logOf(hit.logGroupName)),
    isOver: false,
    ...(isOfAccessLog(hit.logGroupName) ? { isSlow: true } : {}),
  }
  // What was never told is told as it opens.
  if (incident.sequence === 0) return next
  const news = newsOf(incident, hit, repeats)
  if (news === undefined && !(incident.isOver && goesOn)) return incident.isOver ? { ...next, isLate: true } : next
  const { isLate: _, ...again } = next
  return withPending(again, { news: news?.news ?? [], isUrgent: news?.isUrgent ?? false }, now)
}

/** Which log told of a call. */
const logOf = (logGroupName: string): string => (isOfAccessLog(logGroupName) ? 'a' : 'c')

/**
 * Whether a hit only repeats what is known: a rule of a compliance pack on calls that others have told of, or the other
 * log's word on them. Of a hit whose calls are not all listed: most of the listed.
 */
function repeatsKnown(told: ReadonlySet<string>, hit: Hit, names: readonly string[], isCompliance: boolean): boolean {
  if (names.length === 0) return false
  const own = logOf(hit.logGroupName)
  const other = own === 'a' ? 'c' : 'a'
  const known = names.filter((name) => told.has(name + other) || (isCompliance && told.has(name + own))).length
  return names.length >= hit.matches ? known === names.length : known * 2 >= names.length
}

/** @param told the same calls, for looking them up */
function withCalls(
  calls: readonly string[],
  told: ReadonlySet<string>,
  names: readonly string[],
  log: string,
): readonly string[] {
  const more = new Set(names.map((name) => name + log).filter((call) => !told.has(call)))
  return more.size === 0 ? calls : [...calls, ...more].slice(-MAX_CALLS)
}

/** What is new in a hit and matters; undefined: nothing. */
function newsOf(
  incident: Incident,
  hit: Hit,
  repeats: boolean,
): { readonly news: readonly string[]; readonly isUrgent: boolean } | undefined {
  const rises = rankOf(hit.severity) > rankOf(incident.severity)
  if (rises) return { news: [hit.rule], isUrgent: true }
  if (repeats || !isWorthAnUpdate(hit.severity, incident.severity)) return undefined
  const known = incident.rankings.buckets
  const buckets =
    known.distinct >= MAX_NEW_BUCKETS || known.distinct === 0
      ? []
      : hit.evidence.buckets.top.map(({ value }) => value).filter((value) => !known.top.some(([one]) => one === value))
  const isNewRule = own(incident.rules, hit.rule) === undefined
  if (!isNewRule && buckets.length === 0) return undefined
  return { news: [...(isNewRule ? [hit.rule] : []), ...buckets], isUrgent: isNewRule && hit.severity === 'critical' }
}

/** Beside what is high or critical, only what is that, too, is worth another message; beside less, what is no less. */
function isWorthAnUpdate(severity: Severity, beside: Severity): boolean {
  return rankOf(severity) > 0 && rankOf(severity) >= Math.min(rankOf(beside), rankOf('high'))
}

function addToRule(part: RulePart | undefined, hit: Hit): RulePart {
  const { evidence, matches } = hit
  const isMore = part === undefined || hit.amount > part.amount
  const isAtLeast = isMore ? hit.isAtLeast : part.isAtLeast
  const empty: Pick<RulePart, 'actors' | 'buckets'> = { actors: EMPTY_RANKING, buckets: EMPTY_RANKING }
  const { actors, buckets } = part ?? empty
  return {
    severity: worse(part?.severity ?? hit.severity, hit.severity),
    matches: (part?.matches ?? 0) + matches,
    count: hit.count,
    amount: Math.max(part?.amount ?? 0, hit.amount),
    ...(isAtLeast === true ? { isAtLeast } : {}),
    threshold: hit.threshold,
    window: hit.window,
    first: Math.min(part?.first ?? hit.first, hit.first),
    last: Math.max(part?.last ?? hit.last, hit.last),
    actors: merge(actors, keep(evidence.actors, matches, RULE_VALUES), RULE_VALUES),
    buckets: merge(buckets, keep(evidence.buckets, matches, RULE_VALUES), RULE_VALUES),
  }
}

function addRankings(rankings: Incident['rankings'], { evidence, matches }: Hit): Incident['rankings'] {
  const entries = (Object.entries(RANKINGS) as [RankingName, number][]).map(([name, limit]): [string, KeptRanking] => [
    name,
    merge(rankings[name], keep(evidence[name], matches, limit), limit),
  ])
  return Object.fromEntries(entries) as Incident['rankings']
}
