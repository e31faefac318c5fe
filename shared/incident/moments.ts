/** The moments of an incident's story: one a call where the calls are known, else one a run of calls. */
import type { EventFacts } from './facts.ts'
import { shorten } from './facts.ts'
import type { Hit } from './hit.ts'
import { type Moment, rankOf, short, worse } from './incident.ts'
import { compare } from './kept.ts'
import type { Ranking } from './tally.ts'

/** So many moments are kept; of more, runs are made, then the less severe and the later ones go. */
export const MAX_MOMENTS = 56
/** Calls that tell a run from others. */
const SAMPLE = 8
const MAX_DETAIL = 240
const MAX_ON = 160

/**
 * What a hit adds to the story.
 *
 * @param calls short names of the hit's calls
 */
export function momentsOf(hit: Hit, calls: readonly string[]): Moment[] {
  const { records } = hit.evidence
  const isWhole = records.length === hit.matches && records.every((facts) => idOf(facts) !== undefined)
  return isWhole ? records.map((facts) => momentOf(facts, hit)) : [runOf(hit, calls)]
}

const idOf = ({ requestID, eventID }: EventFacts): string | undefined => requestID ?? eventID

/** What both logs call a call; CloudTrail's own id where there is no other. */
export function callOf(facts: EventFacts): string | undefined {
  const id = idOf(facts)
  // One DeleteObjects is many lines of the access log.
  return id === undefined ? undefined : short(`${id} ${facts.key ?? ''}`)
}

function momentOf(facts: EventFacts, { rule, severity, first }: Hit): Moment {
  const { bucket, key, actor, actorType, errorCode, outcome } = facts
  const time = Date.parse(facts.time)
  const at = Number.isFinite(time) ? time : first
  const on = bucket === undefined ? key : key === undefined ? bucket : `${bucket}/${key}`
  return defined({
    id: callOf(facts)!,
    time: at,
    until: at,
    calls: 1,
    what: shorten(facts.eventName ?? 'record', 80),
    by: facts.person ?? actor ?? actorType,
    from: facts.sourceIPAddress,
    on: on === undefined ? undefined : shorten(on, MAX_ON),
    error: errorCode ?? (outcome === 'failure' ? outcome : undefined),
    detail: [facts.detail, facts.note].filter((part) => part !== undefined).join('; ') || undefined,
    rules: [rule],
    severity,
  })
}

function runOf(hit: Hit, calls: readonly string[]): Moment {
  const { rule, severity, first, last, matches, evidence, object, id } = hit
  const { eventNames, buckets, objects, addresses, actors, people, outcomes } = evidence
  const sample = calls.toSorted(compare).slice(0, SAMPLE)
  return defined({
    id: short(sample.length === 0 ? id : JSON.stringify([object, first, last, matches, sample])),
    time: first,
    until: last,
    calls: matches,
    what: some(eventNames, 'calls'),
    by: people.distinct === 1 ? people.top[0]?.value : actors.distinct === 0 ? undefined : some(actors, 'actors', 1),
    from: addresses.distinct === 0 ? undefined : some(addresses, 'addresses', 2),
    on: buckets.distinct === 0 ? undefined : some(buckets, 'buckets', 2),
    keys: objects.distinct > 1 ? objects.distinct : undefined,
    error: outcomes.distinct === 1 && outcomes.top[0]?.value !== 'success' ? outcomes.top[0]?.value : undefined,
    rules: [rule],
    severity,
    sample,
  })
}

/** `GetBucketAcl, GetBucketLocation and 8 more`. */
function some({ top, distinct }: Ranking, noun: string, limit = 2): string {
  if (top.length === 0) return noun
  const shown = top.slice(0, limit).map(({ value }) => shorten(value, 100))
  const rest = distinct - shown.length
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function defined(moment: { [K in keyof Moment]: Moment[K] | undefined }): Moment {
  const { detail } = moment
  const said: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(moment)) if (value !== undefined) said[name] = value
  if (detail !== undefined) said.detail = shorten(detail, MAX_DETAIL)
  return said as unknown as Moment
}

/**
 * More moments in the story: what several rules or both logs tell of one call is one moment. The same whatever the order
 * in which they come, as long as there is room for all.
 *
 * @returns the moments in the order of time, and how many calls there was no room for.
 */
export function addMoments(
  known: readonly Moment[],
  more: readonly Moment[],
): { readonly moments: readonly Moment[]; readonly leftOut: number } {
  const byId = new Map(known.map((moment) => [moment.id, moment]))
  const homes = new Map(known.flatMap(({ id, joined = [] }) => joined.map((one) => [one, id])))
  for (const moment of more) {
    const home = [moment.id, ...(moment.joined ?? [])].map((id) => (byId.has(id) ? id : homes.get(id)))
    const id = home.find((one) => one !== undefined) ?? moment.id
    const same = byId.get(id)
    byId.set(id, same === undefined ? moment : { ...united(same, moment), id })
    for (const one of moment.joined ?? []) homes.set(one, id)
  }
  const all = byId.size <= MAX_MOMENTS ? [...byId.values()] : runs([...byId.values()].sort(inTime))
  if (all.length <= MAX_MOMENTS) return { moments: all.sort(inTime), leftOut: 0 }
  const kept = all
    .toSorted((a, b) => rankOf(b.severity) - rankOf(a.severity) || a.time - b.time || compare(a.id, b.id))
    .slice(0, MAX_MOMENTS)
  const keptIds = new Set(kept)
  const leftOut = all.reduce((sum, moment) => (keptIds.has(moment) ? sum : sum + moment.calls), 0)
  return { moments: kept.sort(inTime), leftOut }
}

const inTime = (a: Moment, b: Moment): number => a.time - b.time || compare(a.id, b.id)

/** One call, or one run, that two tell of: whoever knows of more calls is heard, and of as many whoever says more of them. */
export function united(a: Moment, b: Moment): Moment {
  const [first, second] = [a, b].sort(
    (x, y) =>
      y.calls - x.calls ||
      (y.detail?.length ?? 0) - (x.detail?.length ?? 0) ||
      compare(JSON.stringify(x), JSON.stringify(y)),
  ) as [Moment, Moment]
  // What is said of one call is not true of the run that it is part of.
  const rest = second.calls === 1 && first.calls > 1 ? {} : second
  const { keys: _, ...whole } = { ...rest, ...first }
  const keys = Math.max(a.keys ?? 0, b.keys ?? 0)
  return {
    ...whole,
    time: Math.min(a.time, b.time),
    until: Math.max(a.until, b.until),
    // Beside one object's name there is no number of keys.
    ...(keys === 0 || isObject(whole) ? {} : { keys }),
    ...joinedOf([first, second]),
    rules: [...new Set([...a.rules, ...b.rules])].sort(compare),
    severity: worse(a.severity, b.severity),
  }
}

/** Calls so close together are one run. */
const RUN_MS = 10 * 60_000

/** Calls that follow each other, of which no rule tells more than of the other, as one moment each. */
export function runs(moments: readonly Moment[]): Moment[] {
  const groups: Moment[][] = []
  for (const moment of moments) {
    const group = groups.at(-1)
    const last = group?.at(-1)
    if (group !== undefined && last !== undefined && isRun(last, moment)) group.push(moment)
    else groups.push([moment])
  }
  return groups.map((group) => (group.length === 1 ? group[0]! : asRun(group)))
}

const isObject = ({ on = '' }: Pick<Moment, 'on'>): boolean => on.includes('/')

/** Ids that are kept of the moments in a run: dossiers are small. */
const MAX_JOINED = 16

/** What a run is made of, its own id left out; nothing of two tellings of one call. */
function joinedOf(group: readonly Moment[]): Pick<Moment, 'joined'> {
  const [{ id: own }] = group as [Moment, ...Moment[]]
  const ids = new Set(group.flatMap(({ id, joined = [] }) => [id, ...joined]))
  ids.delete(own)
  return ids.size === 0 ? {} : { joined: [...ids].sort(compare).slice(0, MAX_JOINED) }
}

/** Those with something to say stay alone. */
function isRun(a: Moment, b: Moment): boolean {
  return (
    a.by === b.by &&
    b.time - a.until <= RUN_MS &&
    isSameList(a.rules, b.rules) &&
    (a.detail === b.detail || (isAmount(a) && isAmount(b)))
  )
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index])

const AMOUNT = /^(\d+) bytes (read|written)$/

/** Calls that say nothing, or only how much. */
const isAmount = ({ detail = '' }: Moment): boolean => detail === '' || AMOUNT.test(detail)

/** How much all of them are, where all say so and in the same direction. */
function amountOf(group: readonly Moment[]): string | undefined {
  const parts = group.map(({ detail = '' }) => AMOUNT.exec(detail))
  const [first] = parts
  if (first === null || first === undefined || parts.some((part) => part?.[2] !== first[2])) return undefined
  return `${parts.reduce((sum, part) => sum + Number(part?.[1]), 0)} bytes ${first[2]}`
}

function asRun(group: readonly Moment[]): Moment {
  const [{ detail: said, error, from: _from, on: first, keys: _keys, sample: _sample, ...rest }] = group as [
    Moment,
    ...Moment[],
  ]
  const isSame = (name: 'detail' | 'error' | 'on') => group.every((moment) => moment[name] === group[0]![name])
  const on = isSame('on') ? first : listed(group.map(bucketOf))
  const from = listed(group.map((moment) => moment.from))
  const sample = [...new Set(group.flatMap((moment) => moment.sample ?? []))].sort(compare).slice(0, SAMPLE)
  const keys = group.reduce((sum, moment) => sum + (moment.keys ?? (isObject(moment) ? 1 : 0)), 0)
  const detail = group.some(({ detail: one = '' }) => AMOUNT.test(one))
    ? amountOf(group)
    : isSame('detail')
      ? said
      : undefined
  return {
    ...rest,
    what: listed(group.map(({ what }) => what)) ?? rest.what,
    ...(detail === undefined ? {} : { detail }),
    ...joinedOf(group),
    ...(sample.length === 0 ? {} : { sample }),
    ...(error !== undefined && isSame('error') ? { error } : {}),
    until: Math.max(...group.map(({ until }) => until)),
    calls: group.reduce((sum, { calls }) => sum + calls, 0),
    ...(from === undefined ? {} : { from }),
    ...(on === undefined || on === '' ? {} : { on }),
    ...(keys > 1 && !isSame('on') ? { keys } : {}),
  }
}

const bucketOf = ({ on = '' }: Moment): string => on.split('/', 1)[0]!

const MORE = / and (\d+) more$/

/** The first two of all that texts such as `a, b and 3 more` name, and how many more there are at least. */
function listed(texts: readonly (string | undefined)[]): string | undefined {
  const known = new Set<string>()
  let least = 0
  for (const text of texts) {
    if (text === undefined || text === '') continue
    const names = text.replace(MORE, '').split(', ')
    for (const name of names) known.add(name)
    least = Math.max(least, names.length + Number(MORE.exec(text)?.[1] ?? 0))
  }
  if (known.size === 0) return undefined
  const rest = Math.max(known.size, least) - Math.min(2, known.size)
  return [...known].slice(0, 2).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
