/** Counting what was found, by a field, in bounded memory. */
import type { FoundFacts } from './facets.ts'

/** How many records, how many of them failed, with how many bytes, and when. Times are ISO 8601. */
export interface Counted {
  readonly count: number
  readonly bytes: number
  readonly failures: number
  readonly first: string
  readonly last: string
}

/** The records in which a value of the field stands. */
export interface CountedValue extends Counted {
  readonly value: string
}

export interface Counts {
  /** By count, then by value. */
  readonly values: readonly CountedValue[]
  /** All records that have the field; undefined: there was none. */
  readonly all: Counted | undefined
  /** Values that were let go since there were too many: each count may be too small by so many. 0: all are exact. */
  readonly missed: number
}

export interface Counter {
  add(facts: FoundFacts): void
  result(): Counts
}

type Read = (facts: FoundFacts) => string | undefined
const hourOf = (time: string): string => `${time.slice(0, 13)}:00Z`

/** What can be counted by: the name that the command line takes, and where it stands. */
export const COUNT_FIELDS = {
  actor: ({ actor }) => actor,
  person: ({ person }) => person,
  'key-id': ({ keyId }) => keyId,
  session: ({ session }) => session,
  ip: ({ sourceIPAddress }) => sourceIPAddress,
  bucket: ({ bucket }) => bucket,
  key: ({ bucket, key }) => (key === undefined ? undefined : `${bucket ?? ''}/${key}`),
  action: ({ action }) => action,
  call: ({ eventName }) => eventName,
  outcome: ({ outcome, errorCode }) => errorCode ?? outcome,
  tool: ({ tool }) => tool,
  account: ({ accountId }) => accountId,
  region: ({ awsRegion }) => awsRegion,
  source: ({ source }) => source,
  hour: ({ time }) => hourOf(time),
  day: ({ time }) => time.slice(0, 10),
} as const satisfies Readonly<Record<string, Read>>
export type CountField = keyof typeof COUNT_FIELDS

/** So many different values are followed. */
const MAX_VALUES = 100_000

interface Entry {
  count: number
  bytes: number
  failures: number
  first: string
  last: string
}

/**
 * Counts records by a field. Where there are more different values than are followed, the rarest half is let go: what is
 * frequent is never lost, and by how much a count may be too small is said.
 *
 * @example
 * const counter = createCounter('bucket'); counter.add(facts); counter.result().values[0]?.count // 1
 */
export function createCounter(field: CountField, maxValues = MAX_VALUES): Counter {
  const read: Read = COUNT_FIELDS[field]
  const entries = new Map<string, Entry>()
  let all: Entry | undefined
  let missed = 0

  function letGo(): void {
    const counts = [...entries.values()].map(({ count }) => count).sort((a, b) => a - b)
    const limit = counts[Math.floor(counts.length / 2)]!
    for (const [value, { count }] of entries) if (count <= limit) entries.delete(value)
    missed += limit
  }

  return {
    add(facts) {
      const value = read(facts)
      if (value === undefined) return
      all = more(all, facts)
      entries.set(value, more(entries.get(value), facts))
      if (entries.size > maxValues) letGo()
    },
    result: () => ({
      all: all === undefined ? undefined : { ...all },
      missed,
      values: [...entries]
        .map(([value, entry]) => ({ value, ...entry }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)),
    }),
  }
}

function more(entry: Entry | undefined, { time, bytes = 0, outcome }: FoundFacts): Entry {
  const failures = outcome === 'failure' ? 1 : 0
  if (entry === undefined) return { count: 1, bytes, failures, first: time, last: time }
  entry.count += 1
  entry.bytes += bytes
  entry.failures += failures
  if (time < entry.first) entry.first = time
  else if (time > entry.last) entry.last = time
  return entry
}

/** The records to show: the first of all by time, or the last. Holds no more than twice as many as it gives. */
export function createKeeper(
  limit: number,
  end: 'first' | 'last',
): { add(facts: FoundFacts): void; result(): FoundFacts[] } {
  let kept: FoundFacts[] = []
  const cut = (): void => {
    kept.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    kept = end === 'first' ? kept.slice(0, limit) : kept.slice(-limit)
  }
  return {
    add(facts) {
      kept.push(facts)
      if (kept.length > 2 * limit + 1000) cut()
    },
    result() {
      cut()
      return kept
    },
  }
}
