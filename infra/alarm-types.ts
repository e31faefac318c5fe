/** What the pipeline's own alarms are made from. */

export interface Metric {
  readonly namespace: string
  readonly name: string
  readonly dimensions?: Readonly<Record<string, unknown>>
}

/** One of them, as alarms.ts takes it. */
export interface PipelineAlarm {
  /** After `<name>-pipeline-`. */
  readonly id: string
  /** It says nothing by itself: others look at its state. */
  readonly isSilent?: true
  readonly description: string
  readonly metric: Metric
  readonly statistic: 'Sum' | 'Maximum'
  readonly period: number
  readonly evaluationPeriods: number
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold'
  readonly threshold: number
  readonly missing: 'notBreaching' | 'breaching'
}
