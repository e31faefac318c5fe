import type { Count, Detection, EntityField } from './schema.ts'

/** How a rule's matching records are counted, entity by entity, in the time of the events. */
export interface Counting {
  readonly by: readonly EntityField[]
  /** Seconds; 0: every match hits. */
  readonly window: number
  readonly threshold: number
  readonly count: Count
  /** Who did as much on earlier days hits with so many times that. */
  readonly aboveUsual?: number
}

/**
 * How a rule is counted: what it says itself, and for the rest what its alarm and its metric say, so that the two do not
 * drift apart. Undefined for rules that are no matter of one principal: those that watch receipts or silence, those whose
 * statistic is no sum, and those that say `by: none`.
 *
 * @param alarm the alarm's numbers, after the settings' override.
 * @example
 * countingOf(detection, detection.alarm) // { by: ['principal'], window: 0, threshold: 1, count: 'events' }
 */
export function countingOf(
  detection: Pick<Detection, 'by' | 'window' | 'threshold' | 'count' | 'aboveUsual' | 'metric' | 'sources'>,
  alarm: Pick<
    Detection['alarm'],
    'statistic' | 'periodSeconds' | 'evaluationPeriods' | 'threshold' | 'comparisonOperator'
  >,
): Counting | undefined {
  const { by, metric, sources } = detection
  const isMore = alarm.comparisonOperator.startsWith('GreaterThan')
  const isSum = alarm.statistic === 'Sum' || alarm.statistic === 'SampleCount'
  if (by === 'none' || !isMore || !isSum || sources.includes('pipeline')) return undefined
  const isSelector = Number.isNaN(Number(metric.value))
  const isAbove = alarm.comparisonOperator === 'GreaterThanThreshold'
  const threshold = detection.threshold ?? (isAbove ? Math.floor(alarm.threshold) + 1 : alarm.threshold)
  const count = detection.count ?? (isSelector && alarm.statistic === 'Sum' ? 'bytes' : 'events')
  const isImmediate = count === 'events' && threshold <= 1
  return {
    by: by ?? ['principal'],
    window: isImmediate ? 0 : (detection.window ?? alarm.periodSeconds * alarm.evaluationPeriods),
    threshold: isImmediate ? 1 : threshold,
    count,
    ...(detection.aboveUsual === undefined ? {} : { aboveUsual: detection.aboveUsual }),
  }
}
