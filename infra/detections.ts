/**
 * Detections as resources: compiled from the rules and the settings file by shared/detection, written here as
 * metric filters, alarms and one composite alarm per severity. Logical ids come from the rules' ids, so a rule keeps its
 * resources whatever else changes.
 *
 * CloudFormation holds 500 resources a stack, so packs can be put into a sibling stack with the parameter siblingPacks.
 * Which rule is where depends on its pack alone: a split by count would move rules from stack to stack as others are
 * added, and a moved alarm is deleted in one place while its name is still taken in the other.
 */
import { basename } from 'node:path'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { Environment } from '../shared/contracts/record.ts'
import { type CompiledRule, compileDetections, type LogGroupNames, logGroupNames } from '../shared/detection/compile.ts'
import { logicalName } from '../shared/detection/join.ts'
import { problemsError } from '../shared/detection/problem.ts'
import { DETECTION_SOURCES, type DetectionSource } from '../shared/detection/schema.ts'
import { compileSequences, type Sequence } from '../shared/detection/sequence.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { loadDetections, loadSequences, loadSettings } from '../shared/files/detections.ts'
import { SHIPPED_RULES } from '../shared/files/package-root.ts'
import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import type { MetricFilterConfig } from '../shared/metric/filter.ts'
import { warmUp, watch } from './alarms.ts'
import { localArn, logicalId, type Resource, type Resources, ref, sub, type Value } from './cfn.ts'
import { type Context, hasFeed, IDS, kindParameters, logGroupId } from './context.ts'

/** aws: PutCompositeAlarm takes 100 children in 10,240 characters; names of 120 characters leave room for so many. */
const MAX_CHILDREN = 75

/** The rules of a deployment, read once for both stacks. */
export interface KnownDetections {
  readonly rules: readonly CompiledRule[]
  /** All that are enabled, whether or not anything feeds our log groups. */
  readonly enabled: readonly CompiledRule[]
  /** Rules that are off for want of something: `id: why`. */
  readonly leftOut: readonly string[]
  readonly settings: Settings
  /** Rules over incidents. */
  readonly sequences: readonly Sequence[]
}

export interface DetectionResources {
  readonly resources: Resources
  /** Logical ids of the composite alarms. */
  readonly composites: readonly string[]
  /** Resources of each pack that is in this stack. */
  readonly packSizes: readonly (readonly [pack: string, size: number])[]
}

/**
 * Reads and compiles the detections of both stacks together, since the limits of a log group hold for both. What
 * is left out because a setting or a source is missing is named.
 *
 * @throws BucketwatchError DETECTION_INVALID or SETTINGS_INVALID with every problem, also where a log group would have
 * more metric filters than CloudWatch Logs allows; CONFIG_INVALID where siblingPacks names a pack that does not exist.
 */
export async function compileKnown(
  context: Context,
  folders: readonly string[] = [SHIPPED_RULES],
): Promise<KnownDetections> {
  const all = await loadDetections(...folders)
  const sequences = await loadSequences(all, ...folders)
  const { settingsFile, siblingPacks } = context.parameters
  const packs = [...new Set(all.map(({ pack }) => pack))]
  const given = await loadSettings(settingsFile === '' ? undefined : settingsFile, {
    packs,
    rules: all.map(({ id }) => id),
  })
  const readBuckets = bucketsRead(context)
  const settings = readBuckets === undefined ? given : { ...given, environment: { ...given.environment, readBuckets } }
  const compiled = compileDetections({
    detections: all,
    settings,
    stage: context.stage,
    logGroupNames: groupNames(context),
  })
  if (compiled.problems.length > 0) throw problemsError('DETECTION_INVALID', compiled.problems)
  const unknown = siblingPacks.filter((pack) => !packs.includes(pack))
  if (unknown.length > 0) {
    const problem = `siblingPacks: there is no pack ${unknown.join(', ')}; there are ${packs.join(', ')}`
    throw new BucketwatchError('CONFIG_INVALID', problem, { problems: [problem] })
  }
  const fed = fedSources(context)
  const idle = compiled.rules.filter((rule) => seesNothing(fed, rule))
  const on = new Set(compiled.rules.map(({ detection }) => detection.file))
  return {
    enabled: compiled.rules,
    rules: compiled.rules.filter((rule) => !idle.includes(rule)).map((rule) => watchingOnly(context, fed, rule)),
    leftOut: [
      ...compiled.warnings
        .filter(({ file }) => file !== '' && !on.has(file))
        .map(({ file, message }) => `${basename(file, '.yml')}: ${message}`),
      ...compileSequences(sequences, (id) => compiled.rules.some(({ detection }) => detection.id === id)).leftOut,
      ...idle.map(({ detection }) => `${detection.id}: no bucket feeds ${detection.sources.join(', ')}`),
    ],
    settings,
    sequences,
  }
}

/** A bucket of which a part is read holds other things too, unless its name says that it is for logs. */
const IS_FOR_LOGS = /log|trail|audit/

/** The buckets that this stack reads: log buckets, though no setting says so. Undefined: none is named. */
function bucketsRead(context: Context): Environment['readBuckets'] {
  const kinds = LOG_KINDS.map((kind) => {
    const { locations } = kindParameters(context, kind)
    const whole = locations.filter(({ bucket, prefix }) => prefix === '' || IS_FOR_LOGS.test(bucket))
    return [kind, [...new Set(whole.map(({ bucket }) => bucket))]] as const
  }).filter(([, buckets]) => buckets.length > 0)
  return kinds.length === 0 ? undefined : Object.fromEntries(kinds)
}

/** The sources that something feeds. The pipeline tells of its work on either. */
function fedSources(context: Context): readonly string[] {
  const fed: string[] = LOG_KINDS.filter((source) => hasFeed(context, source))
  return fed.length > 0 ? [...fed, 'pipeline'] : []
}

/**
 * A rule whose sources nothing feeds sees nothing and costs an alarm a month; one that goes off when nothing comes would
 * go off at once, and for good. Where nothing at all is fed, the stack is a preview, and only the latter is left out.
 */
function seesNothing(fed: readonly string[], { alarm, detection }: CompiledRule): boolean {
  const blind = !detection.sources.some((source) => fed.includes(source))
  return blind && (fed.length > 0 || alarm.treatMissingData === 'breaching')
}

/** The rule without the filters on groups that nothing comes to. */
function watchingOnly(context: Context, fed: readonly string[], rule: CompiledRule): CompiledRule {
  if (fed.length === 0) return rule
  const groups = fed.map((source) => groupNames(context)[source as DetectionSource])
  return { ...rule, metricFilters: rule.metricFilters.filter(({ logGroupName }) => groups.includes(logGroupName)) }
}

const groupNames = (context: Context): LogGroupNames => logGroupNames(context.stage, context.logGroupPrefix)

/** The resources of the rules whose packs are in this stack. */
export function detections(context: Context, known: KnownDetections, stack: 'main' | 'sibling'): DetectionResources {
  const inSibling = (rule: CompiledRule) => context.parameters.siblingPacks.includes(rule.detection.pack)
  const rules = known.rules.filter((rule) => inSibling(rule) === (stack === 'sibling'))
  const topic = stack === 'main' ? ref(IDS.alarmsTopic) : localArn('sns', `${context.name}-alarms`)
  const sizes = new Map<string, number>()
  const resources: Record<string, Resource> = {}
  for (const rule of rules) {
    const { id, pack } = rule.detection
    for (const filter of rule.metricFilters) {
      const source = filter.logGroupName.slice(context.logGroupPrefix.length + 1)
      resources[logicalId('Filter', logicalName(id), source)] = metricFilter(context, filter, stack)
    }
    resources[alarmId(rule)] = alarm(rule, topic)
    sizes.set(pack, (sizes.get(pack) ?? 0) + rule.metricFilters.length + 1)
  }
  const composites = severityAlarms(context, rules, stack)
  return { resources: { ...resources, ...composites }, composites: Object.keys(composites), packSizes: [...sizes] }
}

const alarmId = (rule: CompiledRule): string => logicalId('Alarm', logicalName(rule.detection.id))

function metricFilter(context: Context, filter: MetricFilterConfig, stack: 'main' | 'sibling'): Resource {
  const [{ metricNamespace, metricName, metricValue, defaultValue, unit, dimensions }] = filter.metricTransformations
  const group = DETECTION_SOURCES.find((name) => groupNames(context)[name] === filter.logGroupName)
  const here = stack === 'main' && context.parameters.evidence !== 'existing' && group !== undefined
  return {
    Type: 'AWS::Logs::MetricFilter',
    ...(here ? { DependsOn: logGroupId(group) } : {}),
    Properties: {
      FilterName: filter.filterName,
      LogGroupName: filter.logGroupName,
      FilterPattern: filter.filterPattern,
      MetricTransformations: [
        {
          MetricNamespace: metricNamespace,
          MetricName: metricName,
          MetricValue: metricValue,
          ...(defaultValue === undefined ? {} : { DefaultValue: defaultValue }),
          ...(unit === undefined ? {} : { Unit: unit }),
          ...(dimensions === undefined
            ? {}
            : { Dimensions: Object.entries(dimensions).map(([Key, Value]) => ({ Key, Value })) }),
        },
      ],
    },
  }
}

/** The OK action brings the closing message: what else matched while the alarm was on. */
function alarm({ alarm: config }: CompiledRule, topic: Value): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: config.alarmName,
      AlarmDescription: config.alarmDescription,
      ...watch({ ...config, metric: { namespace: config.namespace, name: config.metricName } }),
      EvaluationPeriods: config.evaluationPeriods,
      DatapointsToAlarm: config.datapointsToAlarm,
      Threshold: config.threshold,
      ComparisonOperator: config.comparisonOperator,
      TreatMissingData: config.treatMissingData,
      ...(config.treatMissingData === 'breaching' ? warmUp(config.period * config.evaluationPeriods) : {}),
      AlarmActions: [topic],
      OKActions: [topic],
    },
  }
}

/**
 * One alarm per severity over the alarms of that severity: what a pager or a status page hangs on. They have no actions
 * of their own, since every child reports already.
 */
function severityAlarms(context: Context, rules: readonly CompiledRule[], stack: 'main' | 'sibling'): Resources {
  const bySeverity = new Map<string, CompiledRule[]>()
  for (const rule of rules) bySeverity.set(rule.severity, [...(bySeverity.get(rule.severity) ?? []), rule])
  const resources: Record<string, Resource> = {}
  for (const [severity, all] of bySeverity) {
    for (let start = 0; start < all.length; start += MAX_CHILDREN) {
      const words = [
        severity,
        ...(stack === 'sibling' ? ['sibling'] : []),
        ...(start > 0 ? [String(start / MAX_CHILDREN + 1)] : []),
      ]
      resources[logicalId('Severity', ...words)] = {
        Type: 'AWS::CloudWatch::CompositeAlarm',
        Properties: {
          AlarmName: `${context.name}-severity-${words.join('-')}`,
          AlarmDescription: `At least one detection of severity ${severity} is in ALARM.`,
          AlarmRule: sub(
            all
              .slice(start, start + MAX_CHILDREN)
              .map((rule) => `ALARM("\${${alarmId(rule)}}")`)
              .join(' OR '),
          ),
        },
      }
    }
  }
  return resources
}
