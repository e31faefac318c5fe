import { breachesThreshold } from '../alarm/evaluate.ts'
import type { MetricAlarmConfig } from '../alarm/types.ts'
import { own } from '../basics/own.ts'
import { lintMetricFilters, type MetricFilterFinding } from '../filter-pattern/lint-metric-filters.ts'
import { MAX_PATTERN_LENGTH, parseFilterPattern, patternLength } from '../filter-pattern/parse.ts'
import { createPatternParser, type PatternParser } from '../filter-pattern/parse-once.ts'
import type { MetricFilterConfig } from '../metric/filter.ts'
import { type Counting, countingOf } from './counting.ts'
import { addAllowLists, leaveOut, NO_LISTS, ordinaryBuckets, PLACEHOLDERS, resolvePlaceholders } from './pattern.ts'
import type { Problem } from './problem.ts'
import {
  alarmConflicts,
  DETECTION_SOURCES,
  type Detection,
  type DetectionSource,
  type Requirement,
  type Severity,
} from './schema.ts'
import { EMPTY_SETTINGS, type Settings } from './settings.ts'

/** The log group of a source in a stage. */
export type LogGroupNames = Readonly<Record<DetectionSource, string>>

/**
 * `<prefix>/<source>`.
 *
 * @param prefix without a trailing slash, default `/bucketwatch/<stage>`.
 */
export function logGroupNames(stage: string, prefix = `/bucketwatch/${stage}`): LogGroupNames {
  return Object.fromEntries(DETECTION_SOURCES.map((source) => [source, `${prefix}/${source}`])) as LogGroupNames
}

/** One enabled rule, with everything that CloudWatch needs to know of it. */
export interface CompiledRule {
  readonly detection: Detection
  /** After the settings' override. */
  readonly severity: Severity
  /** With placeholders and allow-lists put in. */
  readonly pattern: string
  /** One for each log group the rule watches, all feeding one metric. */
  readonly metricFilters: readonly MetricFilterConfig[]
  readonly alarm: MetricAlarmConfig
  /** How it is counted in the stream of records; undefined: it has its filter and alarm only. */
  readonly counting: Counting | undefined
}

export interface CompileOptions {
  readonly detections: readonly Detection[]
  readonly settings?: Settings | undefined
  readonly stage: string
  readonly logGroupNames?: LogGroupNames | undefined
  /** Where alarms report: ARNs, usually of one SNS topic. */
  readonly alarmActions?: readonly string[] | undefined
}

export interface CompileResult {
  /** The enabled rules without problems, in the order given. */
  readonly rules: readonly CompiledRule[]
  /** The ids of rules that are off, those that lack a setting included. */
  readonly disabled: readonly string[]
  /** What must be mended: rules that cannot be compiled (they are not in `rules`), and limits the set exceeds. */
  readonly problems: readonly Problem[]
  /** What works, but not as intended: rules that need a setting which is empty. */
  readonly warnings: readonly Problem[]
}

/**
 * Turns detections and settings into metric filters and alarms, as plain objects in CloudWatch's vocabulary. Nothing is
 * rendered; the same objects feed the CloudFormation templates and the local simulation.
 *
 * Names: alarm and filter `bucketwatch-<stage>-<id>`, metric `bucketwatch/<stage>` / `<id>`.
 *
 * @example
 * compileDetections({ detections, settings, stage: 'prod' }).rules.map((rule) => rule.alarm)
 */
export function compileDetections(options: CompileOptions): CompileResult {
  const { detections, settings = EMPTY_SETTINGS } = options
  const rules: CompiledRule[] = []
  const disabled: string[] = []
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const parse = createPatternParser()
  for (const detection of detections) {
    if (!isEnabled(detection, settings)) {
      disabled.push(detection.id)
      continue
    }
    const lacks = detection.requires.flatMap((requirement) => missingRequirement(requirement, settings) ?? [])
    for (const { message } of lacks)
      warnings.push({ file: detection.file, line: 1, column: 1, field: 'requires', message })
    // By name it can be had all the same.
    if (lacks.some(({ needed }) => needed) && own(settings.rules, detection.id)?.enabled !== true) {
      disabled.push(detection.id)
      continue
    }
    const found: Problem[] = []
    const rule = compileRule(detection, settings, { ...options, parse }, (field, message) => {
      found.push({ file: detection.file, line: 1, column: 1, field, message })
    })
    problems.push(...found)
    if (found.length > 0) continue
    rules.push(rule)
  }
  for (const { severity, message, fix, filterName } of lintSet(rules, parse)) {
    const file = rules.find(({ alarm }) => alarm.alarmName === filterName)?.detection.file ?? ''
    const list = severity === 'error' ? problems : warnings
    list.push({ file, line: 1, column: 1, field: '', message: `${message} ${fix}` })
  }
  return { rules, disabled, problems, warnings }
}

/** What CloudWatch Logs would refuse of all the filters together: the limits of a log group. */
function lintSet(rules: readonly CompiledRule[], parse: PatternParser): MetricFilterFinding[] {
  const filters = rules.flatMap(({ metricFilters }) =>
    metricFilters.map(({ filterName, ...filter }) => ({ ...filter, name: filterName })),
  )
  return lintMetricFilters(filters, { alarms: rules.map(({ alarm }) => alarm), parse })
}

/** Whether a rule runs: its own setting, else its pack's, else what its file says. */
export function isEnabled(detection: Detection, settings: Settings): boolean {
  return own(settings.rules, detection.id)?.enabled ?? own(settings.packs, detection.pack) ?? detection.enabled
}

/** Seconds. */
const DAY = 86_400

function compileRule(
  detection: Detection,
  settings: Settings,
  options: CompileOptions & { readonly parse: PatternParser },
  report: (field: string, message: string) => void,
): CompiledRule {
  const { id, metric } = detection
  const { stage } = options
  const overrides = own(settings.rules, id)
  const groups = options.logGroupNames ?? logGroupNames(stage)

  for (const cause of detection.explainedBy ?? []) {
    if (!options.detections.some((other) => other.id === cause)) report('explainedBy', `there is no rule ${cause}`)
  }
  const placeholders = resolvePlaceholders(detection.pattern, { account: settings.environment.account, stage })
  for (const name of placeholders.unknown) {
    report('pattern', `there is no placeholder {{${name}}}; there are ${PLACEHOLDERS.join(', ')}`)
  }
  for (const name of placeholders.unset) {
    report('pattern', `{{${name}}} needs the setting "${name}", which is empty; set it, or disable the rule`)
  }
  const ordinary = ordinaryBuckets(detection.ordinaryFor, settings.environment.purposes)
  const elsewhere = leaveOut(placeholders.pattern, ordinary)
  const pattern = elsewhere === undefined ? undefined : addAllowLists(elsewhere, overrides ?? NO_LISTS)
  if (pattern === undefined)
    report('pattern', 'allow-lists and purposes need a JSON pattern ({ … }); this one takes no conditions')
  checkPattern(pattern ?? placeholders.pattern, pattern !== placeholders.pattern, options.parse, report)

  const name = `bucketwatch-${stage}-${id}`
  const namespace = `bucketwatch/${stage}`
  const { threshold, periodSeconds, evaluationPeriods, datapointsToAlarm, treatMissingData } = overrides ?? {}
  const set = {
    ...detection.alarm,
    ...withoutUndefined({ threshold, periodSeconds, evaluationPeriods, datapointsToAlarm, treatMissingData }),
  }
  for (const conflict of alarmConflicts(set.periodSeconds, set.evaluationPeriods, set.datapointsToAlarm)) {
    report('alarm', conflict)
  }

  const sources = DETECTION_SOURCES.filter((source) => detection.sources.includes(source))
  const counting = countingOf({ ...detection, threshold: overrides?.countThreshold ?? detection.threshold }, set)
  if (detection.aboveUsual !== undefined && counting?.window !== DAY)
    report('aboveUsual', `needs a window of a day (${DAY} seconds): days are compared`)
  return {
    counting,
    detection,
    severity: overrides?.severity ?? detection.severity,
    pattern: pattern ?? placeholders.pattern,
    metricFilters: sources.map((source) => ({
      logGroupName: groups[source],
      filterName: name,
      filterPattern: pattern ?? placeholders.pattern,
      metricTransformations: [
        {
          metricNamespace: namespace,
          metricName: id,
          metricValue: String(metric.value),
          ...(metric.defaultValue === undefined ? {} : { defaultValue: metric.defaultValue }),
          ...(metric.unit === 'None' ? {} : { unit: metric.unit }),
        },
      ],
    })),
    alarm: {
      alarmName: name,
      alarmDescription: shorten(`${detection.title}. ${detection.description}`, 1024),
      ...(options.alarmActions === undefined ? {} : { alarmActions: options.alarmActions }),
      namespace,
      metricName: id,
      statistic: set.statistic,
      period: set.periodSeconds,
      evaluationPeriods: set.evaluationPeriods,
      datapointsToAlarm: set.datapointsToAlarm ?? set.evaluationPeriods,
      threshold: set.threshold,
      comparisonOperator: set.comparisonOperator,
      treatMissingData: set.treatMissingData,
      ...fillOf(set),
    },
  }
}

/**
 * A rule that counts what comes watches `FILL(m, 0)`: a minute without data is one with nothing, or old points would be
 * looked at again and hide what follows (docs/alarms.md, "Gaps"). A rule for which nothing is what it waits for, or
 * whose file gives missing data a meaning of its own, watches the bare metric.
 */
function fillOf(alarm: Pick<MetricAlarmConfig, 'comparisonOperator' | 'threshold' | 'treatMissingData'>): {
  readonly fill?: number
} {
  return alarm.treatMissingData === 'notBreaching' && !breachesThreshold(alarm, 0) ? { fill: 0 } : {}
}

function checkPattern(
  pattern: string,
  extended: boolean,
  parse: PatternParser,
  report: (field: string, message: string) => void,
): void {
  const tooLong = patternLength(pattern) - MAX_PATTERN_LENGTH
  if (tooLong > 0) {
    const remedy = extended
      ? 'shorten the allow-lists, or name buckets of one purpose by a glob (site-*); for many addresses use allowRanges with allowKnownRanges, for the expected users of ' +
        'a bucket watchedBuckets'
      : 'shorten the pattern'
    report('pattern', `${tooLong} characters too long for CloudWatch (${MAX_PATTERN_LENGTH}): ${remedy}`)
  }
  const parsed = tooLong > 0 ? parseFilterPattern(pattern, { limits: 'ignore' }) : parse(pattern)
  if (!parsed.ok) report('pattern', parsed.error.message)
}

function withoutUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never
}

/** AlarmDescription takes up to 1,024 characters. */
function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).trimEnd()}…`
}

/**
 * What a rule lacks in the settings. Without a list that it `needs`, it would never match, or always: it is off then.
 * Without our account, "ours" is each record's recipient account, which does for most.
 */
function missingRequirement(
  requirement: Requirement,
  { environment }: Settings,
): { readonly needed: boolean; readonly message: string } | undefined {
  switch (requirement) {
    case 'dataEvents':
      // Whether the trail records data events is not in the settings.
      return undefined
    case 'account':
      return environment.account === undefined
        ? { needed: false, message: 'needs the setting "account", which is empty' }
        : undefined
    default: {
      const value = environment[requirement]
      const read = requirement === 'logBuckets' ? Object.values(environment.readBuckets ?? {}).flat().length : 0
      const size = read + (Array.isArray(value) ? value.length : Object.keys(value).length)
      const message = `needs the setting "${requirement}", which is empty: the rule is off, unless it is enabled by name`
      return size === 0 ? { needed: true, message } : undefined
    }
  }
}
