import { alarmNotification } from '../alarm/notification.ts'
import type { StateChange } from '../alarm/simulate.ts'
import { isObject } from '../basics/is-object.ts'
import { parseArn } from '../derive/arn.ts'

/** A state change of an alarm, as its SNS message tells it. Times in milliseconds since the epoch. */
export interface AlarmChange {
  readonly alarmName: string
  /** Empty where the message has none. */
  readonly alarmArn: string
  readonly alarmDescription: string
  readonly accountId: string
  /** The Region's code, `eu-central-1`; empty where the message has no ARN to take it from. */
  readonly region: string
  readonly partition: string
  readonly newState: string
  readonly oldState: string
  readonly reason: string
  readonly stateChangeTime: number
  /** As the message has it: what tells one state change from another. */
  readonly stateChangeTimeText: string
  /** Seconds; of metric alarms. */
  readonly period: number | undefined
  readonly evaluationPeriods: number | undefined
  /** True for an alarm on other alarms. */
  readonly composite: boolean
  /** ARNs of the alarms that made a composite alarm change, as far as the message names them. */
  readonly children: readonly string[]
}

/** A state change of an alarm that was run here, as the message that CloudWatch would send of it has it. */
export function changeOf(change: StateChange): AlarmChange {
  const read = parseAlarmMessage(JSON.stringify(alarmNotification(change)), change.timestamp)
  if (read === undefined) throw new Error(`the notification of ${change.alarm.alarmName} is none`)
  return read
}

/**
 * Reads the message that a CloudWatch alarm publishes to SNS (the `Message`, not the envelope). Anything else, a test
 * message say, gives undefined. Missing members are filled in from the ARN, or left empty; never throws.
 *
 * @param receivedAt ms since the epoch, taken where the message has no readable StateChangeTime.
 * @see CloudWatch guide, "Using Amazon CloudWatch alarms"
 * @example
 * parseAlarmMessage(record.Sns.Message, Date.parse(record.Sns.Timestamp))?.newState // 'ALARM'
 */
export function parseAlarmMessage(message: string, receivedAt: number): AlarmChange | undefined {
  let body: unknown
  try {
    body = JSON.parse(message)
  } catch {
    return undefined
  }
  if (!isObject(body)) return undefined
  const alarmName = text(body.AlarmName)
  const newState = text(body.NewStateValue)
  if (alarmName === '' || newState === '') return undefined
  const alarmArn = text(body.AlarmArn)
  const arn = parseArn(alarmArn)
  const reason = text(body.NewStateReason)
  const trigger = isObject(body.Trigger) ? body.Trigger : undefined
  const stateChangeTimeText = text(body.StateChangeTime)
  return {
    alarmName,
    alarmArn,
    alarmDescription: text(body.AlarmDescription),
    accountId: text(body.AWSAccountId) || (arn?.accountId ?? ''),
    region: arn?.region ?? '',
    partition: arn?.partition ?? 'aws',
    newState,
    oldState: text(body.OldStateValue),
    reason,
    stateChangeTime: parseTime(stateChangeTimeText) ?? receivedAt,
    stateChangeTimeText,
    period: positive(trigger?.Period) ?? periodInMath(trigger?.Metrics),
    evaluationPeriods: positive(trigger?.EvaluationPeriods),
    composite: text(body.AlarmRule) !== '' || Array.isArray(body.TriggeringChildren),
    children: childArns(body.TriggeringChildren, reason),
  }
}

/** Envelopes in envelopes that are opened: a queue has one, a queue behind a topic two. */
const DEEPEST = 4

/**
 * The alarms of a text in whatever wraps them: the message itself, the envelope of SNS, the Lambda events of SNS and
 * SQS, what `aws sqs receive-message` prints, or a list of those. Never throws.
 *
 * @param receivedAt see {@link parseAlarmMessage}; an envelope's own time goes before it.
 * @example
 * readAlarms(await readFile('event.json', 'utf8'), Date.now()).map(({ alarmName }) => alarmName)
 */
export function readAlarms(message: string, receivedAt: number, depth = 0): readonly AlarmChange[] {
  const change = parseAlarmMessage(message, receivedAt)
  if (change !== undefined) return [change]
  if (depth === DEEPEST) return []
  let value: unknown
  try {
    value = JSON.parse(message)
  } catch {
    return []
  }
  return inside(value).flatMap(({ message: inner, at = receivedAt }) => readAlarms(inner, at, depth + 1))
}

/** What an envelope holds. */
function inside(value: unknown): { readonly message: string; readonly at?: number | undefined }[] {
  if (Array.isArray(value)) return value.map((one: unknown) => ({ message: JSON.stringify(one) }))
  if (!isObject(value)) return []
  const list = [value.Records, value.Messages].find(Array.isArray)
  if (list !== undefined) return inside(list)
  const envelope = isObject(value.Sns) ? value.Sns : value
  const message = [envelope.Message, value.body, value.Body].find((one) => typeof one === 'string')
  return message === undefined ? [] : [{ message, at: parseTime(text(envelope.Timestamp)) }]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const positive = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined)

/** An alarm on metric math names the period with its metric; the longest decides. */
function periodInMath(metrics: unknown): number | undefined {
  const periods = (Array.isArray(metrics) ? metrics : []).flatMap((metric: unknown) => {
    const stat = isObject(metric) && isObject(metric.MetricStat) ? metric.MetricStat : undefined
    return positive(stat?.Period) ?? positive(isObject(metric) ? metric.Period : undefined) ?? []
  })
  return periods.length === 0 ? undefined : Math.max(...periods)
}

/** CloudWatch writes `2026-11-25T09:05:00.000+0000`, a form that Date.parse need not take. */
function parseTime(time: string): number | undefined {
  const ms = Date.parse(time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isFinite(ms) ? ms : undefined
}

/** The children that the message lists, else the one that its reason begins with. */
function childArns(triggering: unknown, reason: string): readonly string[] {
  const listed = (Array.isArray(triggering) ? triggering : []).flatMap((child: unknown) =>
    isObject(child) && typeof child.Arn === 'string' ? [child.Arn] : [],
  )
  if (listed.length > 0) return listed
  const named = reason.slice(0, Math.max(0, reason.indexOf(' transitioned to ')))
  return /^arn:\S+?:alarm:./.test(named) ? [named] : []
}

/** The name in an alarm's ARN (`arn:aws:cloudwatch:<region>:<account>:alarm:<name>`). */
export function alarmNameOf(alarmArn: string): string {
  const resource = parseArn(alarmArn)?.resource ?? ''
  return resource.startsWith('alarm:') ? resource.slice('alarm:'.length) : resource
}
