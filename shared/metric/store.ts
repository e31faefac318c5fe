/** The statistics of a static-threshold alarm (CloudWatch API, `Statistic`); percentiles are not computed here. */
export type MetricStatistic = 'Sum' | 'SampleCount' | 'Average' | 'Minimum' | 'Maximum'

/** The resolution of a metric that a metric filter feeds, in milliseconds. */
export const MINUTE_MS = 60_000

/** What a metric filter publishes for one log event. */
export interface Datapoint {
  readonly namespace: string
  readonly metricName: string
  readonly dimensions: Readonly<Record<string, string>>
  /** The minute of the log event's timestamp, ms since the epoch. */
  readonly timestamp: number
  readonly value: number
  readonly unit: string
}

/** A window's worth of one metric. */
export interface StatisticSet {
  readonly sum: number
  readonly sampleCount: number
  readonly minimum: number
  readonly maximum: number
}

/** One value out of a statistic set. */
export function statisticOf(set: StatisticSet, statistic: MetricStatistic): number {
  switch (statistic) {
    case 'Sum':
      return set.sum
    case 'SampleCount':
      return set.sampleCount
    case 'Average':
      return set.sum / set.sampleCount
    case 'Minimum':
      return set.minimum
    case 'Maximum':
      return set.maximum
  }
}

/** One metric (namespace, name, dimensions): statistic sets by the minute. */
export interface Series {
  /** Adds one value to its minute. Values may come in any order. */
  add(timestamp: number, value: number): void
  /** Adds many values of one minute at once. */
  addSet(timestamp: number, set: StatisticSet): void
  /** Everything in [start, end), or undefined where the window holds no data. Both are whole minutes. */
  aggregate(start: number, end: number): StatisticSet | undefined
  /** The first minute with data at or after `time`, or undefined. */
  firstAt(time: number): number | undefined
  /** Forgets the minutes before `time`. */
  dropBefore(time: number): void
}

type MinuteSet = { -readonly [K in keyof StatisticSet]: StatisticSet[K] }

/** Creates a {@link Series}. State: two parallel arrays, sorted by minute. */
export function createSeries(): Series {
  let minutes: number[] = []
  let sets: MinuteSet[] = []

  /** Index of the first minute ≥ time. */
  const indexOf = (time: number): number => {
    let low = 0
    let high = minutes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (minutes[middle]! < time) low = middle + 1
      else high = middle
    }
    return low
  }

  const series: Series = {
    add: (timestamp, value) => series.addSet(timestamp, { sum: value, sampleCount: 1, minimum: value, maximum: value }),
    addSet(timestamp, added) {
      const minute = Math.floor(timestamp / MINUTE_MS) * MINUTE_MS
      const last = minutes.length - 1
      // Time mostly goes forward: the search is for late data only.
      const index = minutes[last] === minute ? last : indexOf(minute)
      const set = minutes[index] === minute ? sets[index]! : undefined
      if (set === undefined) {
        minutes.splice(index, 0, minute)
        sets.splice(index, 0, { ...added })
        return
      }
      set.sum += added.sum
      set.sampleCount += added.sampleCount
      if (added.minimum < set.minimum) set.minimum = added.minimum
      if (added.maximum > set.maximum) set.maximum = added.maximum
    },
    aggregate(start, end) {
      let index = indexOf(start)
      if (index === minutes.length || minutes[index]! >= end) return undefined
      const total: MinuteSet = { ...sets[index]! }
      for (index += 1; index < minutes.length && minutes[index]! < end; index++) {
        const set = sets[index]!
        total.sum += set.sum
        total.sampleCount += set.sampleCount
        if (set.minimum < total.minimum) total.minimum = set.minimum
        if (set.maximum > total.maximum) total.maximum = set.maximum
      }
      return total
    },
    firstAt: (time) => minutes[indexOf(time)],
    dropBefore(time) {
      const index = indexOf(time)
      if (index === 0) return
      minutes = minutes.slice(index)
      sets = sets.slice(index)
    },
  }
  return series
}

/** What names a metric. */
export interface MetricId {
  readonly namespace: string
  readonly metricName: string
  readonly dimensions?: Readonly<Record<string, string>> | undefined
}

/** A text that is the same for the same metric, whatever the order of its dimensions. */
export function metricKey(metric: MetricId): string {
  const dimensions = Object.entries(metric.dimensions ?? {})
  if (dimensions.length === 0) return `${metric.namespace}\0${metric.metricName}`
  dimensions.sort(([a], [b]) => (a < b ? -1 : 1))
  return [metric.namespace, metric.metricName, ...dimensions.flat()].join('\0')
}
