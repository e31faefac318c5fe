import { BucketwatchError } from '../contracts/errors.ts'
import { type CompiledFilterPattern, compileFilterPattern } from '../filter-pattern/compile.ts'
import { compileDimensions, compileMetricValue, type MessageInput } from '../filter-pattern/extract.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import { type Datapoint, MINUTE_MS } from './store.ts'

/** What a metric filter publishes (CloudWatch Logs API, `MetricTransformation`). */
export interface MetricTransformation {
  readonly metricNamespace: string
  readonly metricName: string
  /** A number as text, or a selector: `$.bytesOut` for JSON events, `$bytes` for space-delimited ones. */
  readonly metricValue: string
  /** Published once for every event that does not match, and for a match whose value is missing or null. */
  readonly defaultValue?: number | undefined
  /** Dimension name → selector; at most three; not together with defaultValue. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined
  readonly unit?: string | undefined
}

/** A metric filter (CloudWatch Logs API, `PutMetricFilter`): exactly one transformation. */
export interface MetricFilterConfig {
  readonly logGroupName: string
  readonly filterName: string
  readonly filterPattern: string
  readonly metricTransformations: readonly [MetricTransformation]
}

/** A log event on its way through the filters. */
export interface FilterEvent {
  /** The log event's own timestamp, ms since the epoch. */
  readonly timestamp: number
  readonly message: string
  /** The message parsed as JSON (null where it is none), where somebody has done so already. */
  readonly parsed?: unknown
}

/** What one event did to one filter. `datapoint` is undefined where nothing is published. */
export interface FilterOutcome {
  readonly matched: boolean
  readonly datapoint: Datapoint | undefined
}

export interface MetricFilter {
  readonly config: MetricFilterConfig
  readonly kind: CompiledFilterPattern['kind']
  consume(event: FilterEvent): FilterOutcome
}

const NOTHING: FilterOutcome = { matched: false, datapoint: undefined }
const NO_DIMENSIONS: Readonly<Record<string, string>> = {}

/**
 * Compiles a filter pattern.
 *
 * Errors: PATTERN_SYNTAX for one that CloudWatch Logs rejects, with the offset.
 */
export function compilePattern(filterPattern: string): CompiledFilterPattern {
  const parsed = parseFilterPattern(filterPattern)
  if (parsed.ok) return compileFilterPattern(parsed.pattern)
  const { message } = parsed.error
  throw new BucketwatchError('PATTERN_SYNTAX', message, { filterPattern, ...parsed.error })
}

/**
 * A metric filter that does what CloudWatch's does. The datapoint stands at the minute of the **log event's**
 * timestamp, not of its ingestion.
 *
 * - A match publishes metricValue. Where the selected value is missing or null: defaultValue, or nothing. Where it is
 *   no number: nothing.
 * - An event that does not match publishes defaultValue once, dimensionless, or nothing.
 * - Where any dimension's value is missing the datapoint is published without dimensions.
 *
 * Errors: CONFIG_INVALID for a transformation that PutMetricFilter refuses, PATTERN_SYNTAX for such a pattern.
 *
 * @see CloudWatch Logs guide, "Creating metrics from log events using filters"
 * @example
 * createMetricFilter(config).consume({ timestamp: Date.now(), message: '{"eventName":"StopLogging"}' })
 */
export function createMetricFilter(config: MetricFilterConfig): MetricFilter {
  const transformation = config.metricTransformations[0]
  const { metricNamespace: namespace, metricName, defaultValue, unit = 'None' } = transformation
  const dimensions = transformation.dimensions ?? {}
  const dimensionCount = Object.keys(dimensions).length
  const refuse = (problem: string): never => {
    const { filterName } = config
    throw new BucketwatchError('CONFIG_INVALID', `Metric filter "${filterName}": ${problem}`, { filterName })
  }

  const pattern = compilePattern(config.filterPattern)
  if (dimensionCount > 3) refuse('more than three dimensions.')
  if (dimensionCount > 0 && defaultValue !== undefined) refuse('dimensions and defaultValue exclude each other.')
  const value = compileMetricValue(transformation.metricValue, pattern)
  if (!value.ok) return refuse(value.problem)
  const readDimensions = compileDimensions(dimensions, pattern)
  if (!readDimensions.ok) return refuse(readDimensions.problem)

  const datapoint = (event: FilterEvent, published: number, named = NO_DIMENSIONS): Datapoint => ({
    namespace,
    metricName,
    dimensions: named,
    timestamp: Math.floor(event.timestamp / MINUTE_MS) * MINUTE_MS,
    value: published,
    unit,
  })
  const defaultPoint = (event: FilterEvent): Datapoint | undefined =>
    defaultValue === undefined ? undefined : datapoint(event, defaultValue)

  return {
    config,
    kind: pattern.kind,
    consume(event) {
      const { message, parsed } = event
      const matched = parsed === undefined ? pattern.match(message) : pattern.matchParsed(parsed, message)
      if (!matched) return defaultValue === undefined ? NOTHING : { matched, datapoint: defaultPoint(event) }
      const input: MessageInput = parsed === undefined ? { message } : { message, parsed }
      const selected = value.read(input)
      if (selected.status === 'missing') return { matched, datapoint: defaultPoint(event) }
      if (selected.status === 'notNumeric') return { matched, datapoint: undefined }
      const named = dimensionCount === 0 ? NO_DIMENSIONS : readDimensions.read(input)
      return { matched, datapoint: datapoint(event, selected.value, named) }
    },
  }
}
