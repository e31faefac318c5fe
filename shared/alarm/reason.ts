import type { AlarmPoint, Evaluation } from './evaluate.ts'
import type { AlarmState, ComparisonOperator, MetricAlarmConfig } from './types.ts'

const WORDS: Readonly<Record<ComparisonOperator, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
}

/**
 * The StateReason text, worded as CloudWatch words it.
 *
 * @example
 * // Threshold Crossed: 1 out of the last 1 datapoints [3.0 (25/11/26 09:05:00)] was greater than or equal to the
 * // threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).
 */
export function stateReason(config: MetricAlarmConfig, evaluation: Evaluation): string {
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods, threshold } = config
  const { state, evaluated, breaching, missing } = evaluation
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${count(evaluationPeriods, 'datapoint')} ${wasWere(evaluationPeriods)} unknown.`
  }
  const treated = config.treatMissingData === 'breaching' ? 'Breaching' : 'NonBreaching'
  const filled = `${count(missing, 'missing datapoint')} ${wasWere(missing)} treated as [${treated}]`
  const received =
    evaluated.length === 0
      ? 'no datapoints were'
      : `${count(evaluated.length, 'datapoint')} ${wasWere(evaluated.length)}`
  const alarm = state === 'ALARM'
  const deciding = alarm ? breaching : evaluated.filter((point) => !breaching.includes(point))
  if (
    deciding.length === 0 ||
    (alarm && config.treatMissingData === 'breaching' && breaching.length < datapointsToAlarm)
  ) {
    return `Threshold Crossed: ${received} received for ${count(evaluationPeriods, 'period')} and ${filled}.`
  }
  const list = deciding.map((point) => `${javaDouble(point.value)} (${shortTime(point.start)})`).join(', ')
  const verb = `${wasWere(deciding.length)}${alarm ? '' : ' not'} ${WORDS[config.comparisonOperator]}`
  const minimum = alarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1
  const transition = alarm ? 'OK -> ALARM' : 'ALARM -> OK'
  return (
    `Threshold Crossed: ${deciding.length} out of the last ${evaluationPeriods} datapoints [${list}] ${verb} the ` +
    `threshold (${javaDouble(threshold)}) (minimum ${count(minimum, 'datapoint')} for ${transition} transition).`
  )
}

/** The StateReasonData, a JSON text, with CloudWatch's members. Points are oldest first in `recentDatapoints`. */
export function stateReasonData(config: MetricAlarmConfig, evaluation: Evaluation, queryDate: number): string {
  const oldestFirst = evaluation.evaluated.toReversed()
  const [oldest] = oldestFirst
  return JSON.stringify({
    version: '1.0',
    queryDate: longTime(queryDate),
    ...(oldest === undefined ? {} : { startDate: longTime(oldest.start) }),
    ...(config.unit === undefined ? {} : { unit: config.unit }),
    statistic: config.statistic,
    period: config.period,
    recentDatapoints: oldestFirst.map((point) => point.value),
    threshold: config.threshold,
    evaluatedDatapoints: evaluation.evaluated.map((point: AlarmPoint) => ({
      timestamp: longTime(point.start),
      sampleCount: point.sampleCount,
      value: point.value,
    })),
  })
}

/** How CloudWatch writes times in JSON: `2026-11-25T09:05:00.000+0000`. */
export function longTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000')
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** The reason of a composite alarm that a child made change. */
export function compositeReason(childArn: string, state: AlarmState, ms: number): string {
  const time = new Date(ms)
  const date = `${DAYS[time.getUTCDay()]} ${String(time.getUTCDate()).padStart(2, '0')} ${MONTHS[time.getUTCMonth()]}, ${time.getUTCFullYear()}`
  return `${childArn} transitioned to ${state} at ${date} ${time.toISOString().slice(11, 19)} UTC`
}

/** `25/11/26 09:05:00`, UTC. */
function shortTime(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)}`
}

/** Numbers as CloudWatch's Java prints them: `1.0`, `0.25`, `5.0E10`. */
function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
const wasWere = (number: number): string => (number === 1 ? 'was' : 'were')
