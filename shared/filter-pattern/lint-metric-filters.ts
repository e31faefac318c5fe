import { type CompiledFilterPattern, compileFilterPattern } from './compile.ts'
import { compileMetricValue, constantOf, referenceProblem } from './extract.ts'
import type { LintSeverity } from './lint-report.ts'
import { parseFilterPattern } from './parse.ts'
import { createPatternParser, type PatternParser } from './parse-once.ts'

/** Every rule of a set of metric filters, its severity and why it is one. */
export const METRIC_FILTER_RULES = {
  'invalid-pattern': { severity: 'error', why: 'PutMetricFilter answers InvalidParameterException.' },
  'regex-filters-per-group': {
    severity: 'error',
    why: 'A log group takes 5 metric and subscription filters with regular expressions; the next one fails with LimitExceededException.',
  },
  'filters-per-group': { severity: 'error', why: 'A log group takes 100 metric filters.' },
  'duplicate-filter-name': {
    severity: 'error',
    why: 'A filter name is unique in its log group: the later filter replaces the earlier one.',
  },
  'one-transformation': { severity: 'error', why: 'PutMetricFilter takes exactly one metric transformation.' },
  'metric-value': { severity: 'error', why: 'The metric would never get a data point.' },
  'dimension-count': { severity: 'error', why: 'A metric filter takes 3 dimensions, system fields included.' },
  'dimension-pattern-kind': { severity: 'error', why: 'Only JSON and space-delimited patterns take dimensions.' },
  'dimension-reference': {
    severity: 'error',
    why: 'The dimension never gets a value, so points are published without dimensions.',
  },
  'dimension-default': { severity: 'error', why: 'PutMetricFilter rejects a default value beside dimensions.' },
  'dimension-cardinality': {
    severity: 'warning',
    why: 'Each value is a custom metric to pay for, and about 1,000 values within an hour may get the filter disabled.',
  },
  'alarm-dimensions': {
    severity: 'error',
    why: 'An alarm watches one metric: name, namespace and exactly its dimensions.',
  },
  'alarm-without-filter': { severity: 'error', why: 'The alarm would stay in INSUFFICIENT_DATA for ever.' },
  'alarm-statistic-default': {
    severity: 'warning',
    why: 'The default value is published once for each log event that does not match, so it is part of averages and counts.',
  },
} as const satisfies Record<string, { severity: LintSeverity; why: string }>

export type MetricFilterRule = keyof typeof METRIC_FILTER_RULES

export interface LintedTransformation {
  readonly metricName?: string
  readonly metricNamespace?: string
  readonly metricValue: string
  readonly defaultValue?: number | undefined
  /** Dimension name → reference, as PutMetricFilter takes them. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined
}

export interface LintedAlarm {
  readonly alarmName: string
  /** Absent for an alarm listed with its filter: the metric of that filter. */
  readonly metricName?: string | undefined
  readonly namespace?: string | undefined
  readonly statistic?: string | undefined
  /** Dimension name → value. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined
}

export interface LintedMetricFilter {
  readonly name: string
  readonly logGroupName: string
  readonly filterPattern: string
  readonly metricTransformations: readonly LintedTransformation[]
  /** System fields published as dimensions; they count. */
  readonly emitSystemFieldDimensions?: readonly string[] | undefined
  readonly alarms?: readonly LintedAlarm[] | undefined
}

export interface MetricFilterLintOptions {
  /** Alarms that are not listed with a filter. */
  readonly alarms?: readonly LintedAlarm[]
  /** Subscription filters share the limit on regular expressions. */
  readonly subscriptionFilters?: readonly { readonly logGroupName: string; readonly filterPattern: string }[]
  /** Whether a dimension reference takes too many values; replaces the judgement by name. */
  readonly isHighCardinality?: (reference: string) => boolean
  /** Who has parsed the patterns already. */
  readonly parse?: PatternParser
}

export interface MetricFilterFinding {
  readonly rule: MetricFilterRule
  readonly severity: LintSeverity
  readonly message: string
  readonly reason: string
  readonly fix: string
  readonly logGroupName?: string
  readonly filterName?: string
  readonly alarmName?: string
}

type Place = Pick<MetricFilterFinding, 'logGroupName' | 'filterName' | 'alarmName'>

function finding(rule: MetricFilterRule, place: Place, message: string, fix: string): MetricFilterFinding {
  return {
    rule,
    severity: METRIC_FILTER_RULES[rule].severity,
    message,
    reason: METRIC_FILTER_RULES[rule].why,
    fix,
    ...place,
  }
}

const MAX_REGEX_FILTERS = 5
const MAX_FILTERS = 100
const MAX_DIMENSIONS = 3

/**
 * Checks metric filters together with the alarms on their metrics: the limits of log groups, and combinations that
 * CloudWatch accepts but that never raise an alarm. Patterns themselves are `lintFilterPattern`'s.
 *
 * Source: PutMetricFilter and PutMetricAlarm (API references), CloudWatch Logs quotas; measured by third parties.
 *
 * @example
 * lintMetricFilters([{ name: 'root', logGroupName: 'g', filterPattern: '{ $.root IS TRUE }',
 *   metricTransformations: [{ metricName: 'Root', metricNamespace: 'n', metricValue: '1' }] }])
 */
export function lintMetricFilters(
  filters: readonly LintedMetricFilter[],
  options: MetricFilterLintOptions = {},
): MetricFilterFinding[] {
  const parse = options.parse ?? createPatternParser()
  return [
    ...filters.flatMap((filter) => lintFilter(filter, options, parse)),
    ...lintGroups(filters, options, parse),
    ...filters.flatMap((filter) => (filter.alarms ?? []).flatMap((alarm) => lintAlarm(alarm, filters, filter))),
    ...lintAlarms(options.alarms ?? [], filters),
  ]
}

function hasRegex(filterPattern: string, parse: PatternParser): boolean {
  const within = parse(filterPattern)
  const parsed = within.ok ? within : parseFilterPattern(filterPattern, { limits: 'ignore' })
  return parsed.ok && JSON.stringify(parsed.pattern).includes('"type":"regex"')
}

// -------------------------------------------------------------------------------------------------------- one filter

function lintFilter(
  filter: LintedMetricFilter,
  options: MetricFilterLintOptions,
  parse: PatternParser,
): MetricFilterFinding[] {
  const place: Place = { logGroupName: filter.logGroupName, filterName: filter.name }
  const findings: MetricFilterFinding[] = []
  const parsed = parse(filter.filterPattern)
  if (!parsed.ok) {
    const { line, column, message, expected } = parsed.error
    findings.push(
      finding(
        'invalid-pattern',
        place,
        `The pattern of '${filter.name}' is invalid at line ${line}, column ${column}: ${message} Expected ${expected}.`,
        'Correct the pattern.',
      ),
    )
  }
  const count = filter.metricTransformations.length
  if (count !== 1) {
    findings.push(
      finding(
        'one-transformation',
        place,
        `'${filter.name}' has ${count} metric transformations.`,
        'Make one filter for each metric.',
      ),
    )
  }
  // Most filters count, and are done then.
  const compile = () => (parsed.ok ? compileFilterPattern(parsed.pattern) : undefined)
  for (const transformation of filter.metricTransformations) {
    if (constantOf(transformation.metricValue) === undefined)
      findings.push(...lintReference(transformation, compile(), place))
    findings.push(...lintDimensions(filter, transformation, compile, options))
  }
  return findings
}

function lintReference(
  { metricValue }: LintedTransformation,
  compiled: CompiledFilterPattern | undefined,
  place: Place,
): MetricFilterFinding[] {
  if (compiled === undefined) return []
  const value = compileMetricValue(metricValue, compiled)
  return value.ok
    ? []
    : [finding('metric-value', place, value.problem, 'Use a number, $.selector (JSON) or $field (space-delimited).')]
}

function lintDimensions(
  filter: LintedMetricFilter,
  { dimensions = {}, defaultValue }: LintedTransformation,
  compile: () => CompiledFilterPattern | undefined,
  { isHighCardinality = looksHighCardinality }: MetricFilterLintOptions,
): MetricFilterFinding[] {
  const place: Place = { logGroupName: filter.logGroupName, filterName: filter.name }
  const entries = Object.entries(dimensions)
  const total = entries.length + (filter.emitSystemFieldDimensions?.length ?? 0)
  const findings: MetricFilterFinding[] = []
  if (total > MAX_DIMENSIONS) {
    findings.push(
      finding('dimension-count', place, `'${filter.name}' has ${total} dimensions.`, `Keep ${MAX_DIMENSIONS} at most.`),
    )
  }
  if (entries.length === 0) return findings
  if (defaultValue !== undefined) {
    findings.push(
      finding(
        'dimension-default',
        place,
        `'${filter.name}' has dimensions and a default value.`,
        'Drop the default value, and let alarms watch FILL(m, 0) (metric math): a gap is a zero then.',
      ),
    )
  }
  const compiled = compile()
  if (compiled?.kind === 'terms' || compiled?.kind === 'all') {
    findings.push(
      finding(
        'dimension-pattern-kind',
        place,
        `'${filter.name}' has dimensions, and its pattern is neither JSON nor space-delimited.`,
        'Drop the dimensions, or use a pattern in { } or [ ].',
      ),
    )
    return findings
  }
  for (const [name, reference] of entries) {
    const problem = compiled === undefined ? undefined : referenceProblem(reference, compiled)
    if (problem !== undefined) {
      findings.push(
        finding(
          'dimension-reference',
          place,
          `The dimension '${name}' = '${reference}' ${problem}`,
          'Name a selector or a declared field.',
        ),
      )
    } else if (isHighCardinality(reference)) {
      findings.push(
        finding(
          'dimension-cardinality',
          place,
          `The dimension '${name}' = '${reference}' is likely to take many values.`,
          'Drop it: the log events say who and what; or use a field with few values.',
        ),
      )
    }
  }
  return findings
}

const MANY_VALUES = new Set(
  'ip address addr arn key agent useragent ua id uri url path time timestamp date token session email referer referrer requester'.split(
    ' ',
  ),
)
const FEW_VALUES = /(^|[.$])(accountId|recipientAccountId|account_id|vpcEndpointId|vpc_id|vpcId)$/

/** By the last word of the last name: sourceIPAddress, eventID, userAgent, requestParameters.key, … */
export function looksHighCardinality(reference: string): boolean {
  if (FEW_VALUES.test(reference)) return false
  const name = reference.split(/[.$[\]']+/).findLast((part) => /[A-Za-z]/.test(part)) ?? ''
  const words = name
    .replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  return MANY_VALUES.has(words.at(-1) ?? '')
}

// ----------------------------------------------------------------------------------------------------------- groups

function lintGroups(
  filters: readonly LintedMetricFilter[],
  { subscriptionFilters = [] }: MetricFilterLintOptions,
  parse: PatternParser,
): MetricFilterFinding[] {
  return [...new Set(filters.map((filter) => filter.logGroupName))].flatMap((logGroupName) => {
    const members = filters.filter((filter) => filter.logGroupName === logGroupName)
    const findings: MetricFilterFinding[] = []
    if (members.length > MAX_FILTERS) {
      findings.push(
        finding(
          'filters-per-group',
          { logGroupName },
          `'${logGroupName}' has ${members.length} metric filters.`,
          'Merge filters, or spread them over log groups.',
        ),
      )
    }
    const subscriptions = subscriptionFilters.filter((filter) => filter.logGroupName === logGroupName)
    const withRegex = [...members, ...subscriptions].filter((filter) => hasRegex(filter.filterPattern, parse))
    if (withRegex.length > MAX_REGEX_FILTERS) {
      findings.push(
        finding(
          'regex-filters-per-group',
          { logGroupName },
          `'${logGroupName}' has ${withRegex.length} filters with regular expressions.`,
          `Replace regular expressions by wildcards or alternatives in all but ${MAX_REGEX_FILTERS}.`,
        ),
      )
    }
    const names = members.map((filter) => filter.name)
    for (const filterName of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
      findings.push(
        finding(
          'duplicate-filter-name',
          { logGroupName, filterName },
          `'${logGroupName}' has two filters named '${filterName}'.`,
          'Rename one of them.',
        ),
      )
    }
    return findings
  })
}

// ----------------------------------------------------------------------------------------------------------- alarms

interface Published {
  readonly filter: LintedMetricFilter
  readonly transformation: LintedTransformation
  readonly dimensions: readonly string[]
}

/** Each beside the filters that can publish its metric: a hundred alarms and as many filters are ten thousand pairs. */
function lintAlarms(alarms: readonly LintedAlarm[], filters: readonly LintedMetricFilter[]): MetricFilterFinding[] {
  const publishing = new Map<string | undefined, LintedMetricFilter[]>()
  for (const filter of filters) {
    for (const name of new Set(filter.metricTransformations.map(({ metricName }) => metricName))) {
      const known = publishing.get(name)
      if (known === undefined) publishing.set(name, [filter])
      else known.push(filter)
    }
  }
  // Of a filter whose metric has no name here, and of an alarm, nobody knows.
  const isNamed = !publishing.has(undefined)
  return alarms.flatMap((alarm) => {
    const { metricName } = alarm
    return lintAlarm(alarm, isNamed && metricName !== undefined ? (publishing.get(metricName) ?? []) : filters)
  })
}

function lintAlarm(
  alarm: LintedAlarm,
  filters: readonly LintedMetricFilter[],
  owner?: LintedMetricFilter,
): MetricFilterFinding[] {
  const place: Place = {
    alarmName: alarm.alarmName,
    ...(owner && { logGroupName: owner.logGroupName, filterName: owner.name }),
  }
  // A metric-math alarm, or another kind without a metric of its own.
  if (owner === undefined && alarm.metricName === undefined) return []
  const sources = publishers(alarm, filters, owner)
  if (sources.length === 0) {
    const metric = [alarm.namespace, alarm.metricName].filter((part) => part !== undefined).join('/')
    return [
      finding(
        'alarm-without-filter',
        place,
        `The alarm '${alarm.alarmName}' watches ${metric || 'a metric'}, which no metric filter publishes.`,
        'Correct the metric name or namespace, or add the filter.',
      ),
    ]
  }
  return [...lintAlarmDimensions(alarm, sources, place), ...lintAlarmStatistic(alarm, sources, place)]
}

function publishers(
  alarm: LintedAlarm,
  filters: readonly LintedMetricFilter[],
  owner?: LintedMetricFilter,
): Published[] {
  const candidates = alarm.metricName === undefined && owner !== undefined ? [owner] : filters
  return candidates.flatMap((filter) =>
    filter.metricTransformations
      .filter(
        ({ metricName, metricNamespace }) =>
          (alarm.metricName === undefined || metricName === undefined || metricName === alarm.metricName) &&
          (alarm.namespace === undefined || metricNamespace === undefined || metricNamespace === alarm.namespace),
      )
      .map((transformation) => ({
        filter,
        transformation,
        dimensions: [
          ...Object.keys(transformation.dimensions ?? {}),
          ...(filter.emitSystemFieldDimensions ?? []),
        ].sort(),
      })),
  )
}

function lintAlarmDimensions(alarm: LintedAlarm, sources: readonly Published[], place: Place): MetricFilterFinding[] {
  const watched = Object.keys(alarm.dimensions ?? {}).sort()
  if (sources.some(({ dimensions }) => dimensions.join('\n') === watched.join('\n'))) return []
  const published = sources[0]!.dimensions
  const names = (list: readonly string[]): string =>
    list.length === 0 ? 'no dimension' : `the dimensions ${list.join(', ')}`
  return [
    finding(
      'alarm-dimensions',
      place,
      `The alarm '${alarm.alarmName}' names ${names(watched)}, and '${sources[0]!.filter.name}' publishes ${names(published)}: it never fires.`,
      watched.length === 0
        ? 'Publish the metric without dimensions, or alarm on a SUM over them.'
        : 'Name the same dimensions in both.',
    ),
  ]
}

function lintAlarmStatistic(alarm: LintedAlarm, sources: readonly Published[], place: Place): MetricFilterFinding[] {
  if (alarm.statistic !== 'Average' && alarm.statistic !== 'SampleCount') return []
  const source = sources.find(({ transformation }) => transformation.defaultValue !== undefined)
  if (source === undefined) return []
  return [
    finding(
      'alarm-statistic-default',
      place,
      `The alarm '${alarm.alarmName}' takes the ${alarm.statistic} of a metric for which '${source.filter.name}' publishes a default value.`,
      'Use Sum or Maximum with the default value 0, or drop the default value.',
    ),
  ]
}
