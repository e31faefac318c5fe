/** What a field or an expression may be; undefined: the log event has no such field. */
export type Value = string | number | undefined

/** A condition's answer as a value: JSON booleans are 1 and 0 in Logs Insights, too. */
export const truth = (value: boolean): Value => (value ? 1 : 0)

/** A value as a number; undefined where it is none. */
export function toNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value
  if (value === undefined || !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value)) return undefined
  return Number(value)
}

const text = (value: Value): string | undefined => (value === undefined ? undefined : String(value))

const onText =
  (apply: (text: string, ...rest: Value[]) => Value) =>
  ([first, ...rest]: readonly Value[]): Value => {
    const value = text(first)
    return value === undefined ? undefined : apply(value, ...rest)
  }

const onNumbers =
  (apply: (...numbers: number[]) => number) =>
  (args: readonly Value[]): Value => {
    const numbers = args.map(toNumber)
    return numbers.every((number) => number !== undefined) ? apply(...numbers) : undefined
  }

const floorTo = ([time, span]: readonly Value[]): Value => {
  const [at, ms] = [toNumber(time), toNumber(span)]
  return at === undefined || ms === undefined ? undefined : Math.floor(at / ms) * ms
}

/**
 * Functions of one log event. `bin` is `datefloor` of @timestamp, which the evaluator puts in front.
 *
 * Source: CloudWatch Logs guide, "Boolean, comparison, numeric, datetime, and other functions".
 */
export const FUNCTIONS: ReadonlyMap<string, (args: readonly Value[]) => Value> = new Map(
  Object.entries({
    ispresent: ([value]: readonly Value[]) => truth(value !== undefined),
    isempty: ([value]: readonly Value[]) => truth(value === undefined || value === ''),
    isblank: ([value]: readonly Value[]) => truth(value === undefined || String(value).trim() === ''),
    coalesce: (args: readonly Value[]) => args.find((value) => value !== undefined),
    strlen: onText((value) => [...value].length),
    toupper: onText((value) => value.toUpperCase()),
    tolower: onText((value) => value.toLowerCase()),
    trim: onText((value) => value.trim()),
    ltrim: onText((value) => value.trimStart()),
    rtrim: onText((value) => value.trimEnd()),
    concat: (args: readonly Value[]) => args.map((value) => text(value) ?? '').join(''),
    strcontains: onText((value, part) => truth(part !== undefined && value.includes(String(part)))),
    replace: onText((value, part, by) => value.replaceAll(String(part ?? ''), String(by ?? ''))),
    substr: onText((value, start, length) => {
      const from = toNumber(start) ?? 0
      const count = toNumber(length)
      return value.slice(from, count === undefined ? undefined : from + count)
    }),
    abs: onNumbers((a) => Math.abs(a)),
    ceil: onNumbers((a) => Math.ceil(a)),
    floor: onNumbers((a) => Math.floor(a)),
    sqrt: onNumbers((a) => Math.sqrt(a)),
    log: onNumbers((a) => Math.log(a)),
    greatest: onNumbers((...numbers) => Math.max(...numbers)),
    least: onNumbers((...numbers) => Math.min(...numbers)),
    bin: floorTo,
    datefloor: floorTo,
    dateceil: ([time, span]: readonly Value[]) => {
      const [at, ms] = [toNumber(time), toNumber(span)]
      return at === undefined || ms === undefined ? undefined : Math.ceil(at / ms) * ms
    },
    frommillis: ([value]: readonly Value[]) => value,
    tomillis: ([value]: readonly Value[]) => {
      const number = toNumber(value)
      if (number !== undefined || value === undefined) return number
      const time = Date.parse(String(value))
      return Number.isNaN(time) ? undefined : time
    },
  }),
)

/** One log event's share in an aggregate: the argument's value, and the event's time for earliest and latest. */
export interface Sample {
  readonly value: Value
  readonly at: number
}

const numbersOf = (samples: readonly Sample[]): number[] =>
  samples.map(({ value }) => toNumber(value)).filter((number) => number !== undefined)

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** The least or greatest value: by number where all are numbers, else by text (times in ISO 8601). */
function extreme(samples: readonly Sample[], sign: 1 | -1): Value {
  const values = samples.map(({ value }) => value).filter((value) => value !== undefined)
  return values.reduce<Value>(
    (best, value) => (best === undefined || compare(value, best) * sign < 0 ? value : best),
    undefined,
  )
}

/** Orders two values: numbers by value, texts by code unit, a text before a number. */
export function compare(a: string | number, b: string | number): number {
  const [left, right] = [toNumber(a), toNumber(b)]
  if (left !== undefined && right !== undefined) return left - right
  if (left === undefined && right === undefined) return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
  return left === undefined ? -1 : 1
}

/** @param share 0 to 1 */
function percentile(samples: readonly Sample[], share: number): Value {
  const numbers = numbersOf(samples).sort((a, b) => a - b)
  return numbers[Math.min(numbers.length - 1, Math.max(0, Math.ceil(share * numbers.length) - 1))]
}

/**
 * Aggregates of many log events; log events without the field do not count. `count_distinct` is exact here, where AWS
 * approximates large ones.
 *
 * Source: CloudWatch Logs guide, "stats".
 */
export const AGGREGATES: ReadonlyMap<string, (samples: readonly Sample[], parameter: Value) => Value> = new Map(
  Object.entries({
    count: (samples: readonly Sample[]) => samples.filter(({ value }) => value !== undefined).length,
    count_distinct: (samples: readonly Sample[]) =>
      new Set(samples.map(({ value }) => value).filter((value) => value !== undefined)).size,
    sum: (samples: readonly Sample[]) => sum(numbersOf(samples)),
    avg: (samples: readonly Sample[]) => {
      const numbers = numbersOf(samples)
      return numbers.length === 0 ? undefined : sum(numbers) / numbers.length
    },
    min: (samples: readonly Sample[]) => extreme(samples, 1),
    max: (samples: readonly Sample[]) => extreme(samples, -1),
    sortsfirst: (samples: readonly Sample[]) => extreme(samples, 1),
    sortslast: (samples: readonly Sample[]) => extreme(samples, -1),
    earliest: (samples: readonly Sample[]) => present(samples).reduce<Sample | undefined>(older(1), undefined)?.value,
    latest: (samples: readonly Sample[]) => present(samples).reduce<Sample | undefined>(older(-1), undefined)?.value,
    median: (samples: readonly Sample[]) => percentile(samples, 0.5),
    pct: (samples: readonly Sample[], parameter: Value) => percentile(samples, (toNumber(parameter) ?? 50) / 100),
    stddev: (samples: readonly Sample[]) => {
      const numbers = numbersOf(samples)
      if (numbers.length === 0) return undefined
      const mean = sum(numbers) / numbers.length
      return Math.sqrt(sum(numbers.map((number) => (number - mean) ** 2)) / numbers.length)
    },
  }),
)

const present = (samples: readonly Sample[]): readonly Sample[] => samples.filter(({ value }) => value !== undefined)

const older =
  (sign: 1 | -1) =>
  (best: Sample | undefined, sample: Sample): Sample =>
    best === undefined || (sample.at - best.at) * sign < 0 ? sample : best
