import { type EventFacts, isoTime } from './facts.ts'
import { type Counted, createTally, type Ranking, type Tally } from './tally.ts'

/** What matching records say, summed up: who, from where, what, on what. Plain data, bounded. */
export interface FactsSummary {
  /** Matching records. */
  readonly total: number
  readonly byLogGroup: readonly Counted[]
  /** When the first and the last of them happened, by the records' own time. */
  readonly firstTime?: string
  readonly lastTime?: string
  readonly eventNames: Ranking
  readonly outcomes: Ranking
  readonly actors: Ranking
  /** Who they were in person; their access keys, the sessions of their roles, and whether there was MFA (`yes`, `no`). */
  readonly people: Ranking
  readonly keyIds: Ranking
  readonly sessions: Ranking
  readonly mfa: Ranking
  readonly addresses: Ranking
  readonly tools: Ranking
  readonly buckets: Ranking
  /** `bucket/key`. */
  readonly objects: Ranking
  readonly accounts: Ranking
  /** The sum of the rule's metric, where that is no plain count (bytes, say). */
  readonly amount?: number
  /** The first and the last records of each log group, by time. */
  readonly records: readonly EventFacts[]
}

/** How much is kept: values a ranking, records at each end of a log group. */
export interface SummaryLimits {
  readonly top: number
  readonly records: number
  /** Different values followed in each ranking; default 5,000. */
  readonly values?: number | undefined
}

export const DEFAULT_SUMMARY_LIMITS: SummaryLimits = { top: 10, records: 5 }

/** What is known of a record that was not read. */
export type SeenFacts = Pick<
  EventFacts,
  'eventName' | 'errorCode' | 'outcome' | 'actor' | 'actorType' | 'sourceIPAddress' | 'ipClass' | 'tool' | 'bucket'
>

/** Records of which only so much is known. */
export interface SeenTimes {
  readonly times: number
  /** Keys of theirs, and how often. */
  readonly keys: readonly (readonly [key: string, times: number])[]
  /** Some of their addresses or keys are not told. */
  readonly isShort: boolean
}

/** Sums up facts: they go in one by one, in constant memory. */
export interface FactsTally {
  /** @param amount what the record adds to the rule's metric, where that is no plain count. */
  add(facts: EventFacts, timestamp: number, amount?: number): void
  /** More records, of which only so much is known; they are not among those that are kept. */
  addSeen(seen: SeenFacts, more: SeenTimes): void
  total(): number
  result(): FactsSummary
}

/** The members of a summary that are rankings. */
export const RANKED = [
  'eventNames',
  'outcomes',
  'actors',
  'people',
  'keyIds',
  'sessions',
  'mfa',
  'addresses',
  'tools',
  'buckets',
  'objects',
  'accounts',
] as const

/**
 * The one place where facts become rankings: alerts that search, hits and the local command all end here.
 *
 * @example
 * const tally = createFactsTally(); tally.add(readFacts(record, event), event.timestamp); tally.result().actors.top[0]
 */
export function createFactsTally(limits: SummaryLimits = DEFAULT_SUMMARY_LIMITS): FactsTally {
  /** Made with their first value. */
  const tallies = new Map<(typeof RANKED)[number], Tally>()
  const groups = new Map<string, { count: number; first: Kept[]; last: Kept[] }>()
  let total = 0
  let sum: number | undefined
  let firstTime: string | undefined
  let lastTime: string | undefined
  function tallyOf(name: (typeof RANKED)[number]): Tally {
    let tally = tallies.get(name)
    if (tally === undefined) {
      tally = createTally(limits.values)
      tallies.set(name, tally)
    }
    return tally
  }
  function rankSeen(facts: SeenFacts, amount?: number, times = 1): void {
    const count = (name: (typeof RANKED)[number], value: string | undefined, type?: string) => {
      if (value !== undefined) tallyOf(name).add(value, type, amount, times)
    }
    const { actor, actorType } = facts
    count('eventNames', facts.eventName)
    count('outcomes', facts.errorCode ?? facts.outcome)
    if (actor !== undefined) count('actors', actor, actorType)
    else count('actors', actorType)
    count('addresses', facts.sourceIPAddress, facts.ipClass)
    if (facts.tool !== 'none') count('tools', facts.tool)
    count('buckets', facts.bucket)
  }
  const objectName = (bucket: string | undefined, key: string): string =>
    bucket === undefined ? key : `${bucket}/${key}`
  const rank = (name: (typeof RANKED)[number]): Ranking =>
    tallies.get(name)?.rank(limits.top) ?? { top: [], distinct: 0 }

  return {
    total: () => total,
    add(facts, timestamp, amount) {
      total += 1
      if (amount !== undefined) sum = (sum ?? 0) + amount
      const count = (name: (typeof RANKED)[number], value: string | undefined) => {
        if (value !== undefined) tallyOf(name).add(value, undefined, amount)
      }
      rankSeen(facts, amount)
      if (facts.key !== undefined) count('objects', objectName(facts.bucket, facts.key))
      count('people', facts.person)
      count('keyIds', facts.keyId)
      count('sessions', facts.session)
      count('mfa', facts.mfa)
      count('accounts', facts.accountId)
      if (facts.time !== '' && (firstTime === undefined || facts.time < firstTime)) firstTime = facts.time
      if (facts.time !== '' && (lastTime === undefined || facts.time > lastTime)) lastTime = facts.time
      keep(groups, { timestamp, facts }, limits.records)
    },
    addSeen(seen, { times, keys, isShort }) {
      total += times
      rankSeen(seen, undefined, times)
      const objects = tallyOf('objects')
      for (const [key, count] of keys) objects.add(objectName(seen.bucket, key), undefined, undefined, count)
      if (!isShort) return
      objects.leaveOut()
      if (seen.sourceIPAddress === undefined) tallyOf('addresses').leaveOut()
    },
    result: () => ({
      total,
      byLogGroup: [...groups].map(([value, { count }]) => ({ value, count })),
      ...(firstTime === undefined ? {} : { firstTime }),
      ...(lastTime === undefined ? {} : { lastTime }),
      eventNames: rank('eventNames'),
      outcomes: rank('outcomes'),
      actors: rank('actors'),
      people: rank('people'),
      keyIds: rank('keyIds'),
      sessions: rank('sessions'),
      mfa: rank('mfa'),
      addresses: rank('addresses'),
      tools: rank('tools'),
      buckets: rank('buckets'),
      objects: rank('objects'),
      accounts: rank('accounts'),
      ...(sum === undefined ? {} : { amount: sum }),
      records: [...groups.values()]
        .flatMap(({ first, last }) => [...first, ...last])
        .sort((a, b) => a.timestamp - b.timestamp)
        .map(({ facts }) => facts),
    }),
  }
}

interface Kept {
  readonly timestamp: number
  readonly facts: EventFacts
}

function keep(groups: Map<string, { count: number; first: Kept[]; last: Kept[] }>, kept: Kept, limit: number): void {
  let group = groups.get(kept.facts.logGroupName)
  if (group === undefined) {
    group = { count: 0, first: [], last: [] }
    groups.set(kept.facts.logGroupName, group)
  }
  group.count += 1
  if (group.first.length < limit) group.first.push(kept)
  else {
    group.last.push(kept)
    if (group.last.length > limit) group.last.shift()
  }
}

/** The times of a window, as texts. */
export function isoWindow({ start, end }: { readonly start: number; readonly end: number }): {
  readonly windowStart: string
  readonly windowEnd: string
} {
  return { windowStart: isoTime(start), windowEnd: isoTime(end) }
}
