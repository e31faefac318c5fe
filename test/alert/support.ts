/** A rule, alarm messages and records to make alerts from. */
import { alarmNotification } from '../../shared/alarm/notification.ts'
import { longTime } from '../../shared/alarm/reason.ts'
import type { StateChange } from '../../shared/alarm/simulate.ts'
import { type AlarmChange, parseAlarmMessage } from '../../shared/alert/alarm-message.ts'
import type { AlertRule } from '../../shared/alert/rules.ts'
import type { LogEvent, OperatorLog } from '../../shared/contracts/ports.ts'

export const ACCOUNT = '111122223333'
export const CLOUDTRAIL = '/bucketwatch/prod/cloudtrail'
export const ACCESS_LOG = '/bucketwatch/prod/access-log'
export const ACTOR = 'arn:aws:iam::111122223333:user/legacy-report-export'
/** When alarms change their state, unless a test says otherwise. */
export const T = Date.UTC(2026, 2, 17, 7, 20, 31)
export const MINUTE = 60_000

export function alertRule(given: Partial<AlertRule> = {}): AlertRule {
  const { id = 's3-policy-public', alarm } = given
  return {
    pack: 's3-control',
    title: 'Bucket policy made public',
    severity: 'high',
    description: 'Everybody may read.',
    runbook: ['Look at the policy.', 'Close it.'],
    falsePositives: ['A public website.'],
    mitre: ['T1530'],
    references: [],
    pattern: '{ $.eventName = "PutBucketPolicy" && $.public IS TRUE }',
    logGroupNames: [CLOUDTRAIL],
    metricValue: '1',
    unit: 'None',
    by: [],
    hits: true,
    explainedBy: [],
    ...given,
    id,
    alarm: {
      alarmName: `bucketwatch-prod-${id}`,
      statistic: 'Sum',
      period: 300,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      threshold: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData: 'notBreaching',
      ...alarm,
    },
  }
}

export const silenceRule = () =>
  alertRule({
    id: 'pipe-no-receipts',
    title: 'No receipts',
    severity: 'medium',
    pattern: '{ $.kind = "receipt" }',
    logGroupNames: ['/bucketwatch/prod/pipeline'],
    alarm: {
      ...alertRule().alarm,
      alarmName: 'bucketwatch-prod-pipe-no-receipts',
      comparisonOperator: 'LessThanThreshold',
      treatMissingData: 'missing',
    },
  })

interface Transition {
  readonly from?: StateChange['oldState']
  readonly to?: StateChange['newState']
  readonly at?: number
  readonly reason?: string
  readonly region?: string
  readonly partition?: string
}

/** The SNS message of a rule's alarm, as the local simulation writes it. */
export function alarmMessage(rule: AlertRule, transition: Transition = {}): string {
  const { from = 'OK', to = 'ALARM', at = T, reason = '', region = 'eu-central-1', partition = 'aws' } = transition
  const { alarm } = rule
  const change: StateChange = {
    alarm: {
      alarmName: alarm.alarmName,
      alarmDescription: rule.title,
      namespace: 'bucketwatch/prod',
      metricName: rule.id,
      statistic: 'Sum',
      period: alarm.period,
      evaluationPeriods: alarm.evaluationPeriods,
      threshold: alarm.threshold,
      comparisonOperator: alarm.comparisonOperator,
      treatMissingData: 'notBreaching',
    },
    alarmArn: `arn:${partition}:cloudwatch:${region}:${ACCOUNT}:alarm:${alarm.alarmName}`,
    timestamp: at,
    oldState: from,
    newState: to,
    reason,
    reasonData: '{}',
    breaching: [],
    evidence: { events: [], total: 0 },
    configuredAt: at - 86_400_000,
  }
  return JSON.stringify(alarmNotification(change))
}

export function alarmChange(rule: AlertRule, transition: Transition = {}): AlarmChange {
  return parseAlarmMessage(alarmMessage(rule, transition), 0)!
}

/** The message of a severity roll-up. */
export function compositeMessage(children: readonly string[], name = 'bucketwatch-prod-severity-high'): string {
  const arn = (alarmName: string) => `arn:aws:cloudwatch:eu-central-1:${ACCOUNT}:alarm:${alarmName}`
  return JSON.stringify({
    AlarmName: name,
    AlarmDescription: 'At least one detection of severity high is in ALARM.',
    AWSAccountId: ACCOUNT,
    NewStateValue: 'ALARM',
    NewStateReason: `${arn(children[0]!)} transitioned to ALARM at Tuesday 17 March, 2026 07:20:31 UTC`,
    StateChangeTime: longTime(T),
    Region: 'EU (Frankfurt)',
    AlarmArn: arn(name),
    OldStateValue: 'OK',
    AlarmRule: children.map((child) => `ALARM("${child}")`).join(' OR '),
    TriggeringChildren: children.map((child) => ({ Arn: arn(child), State: { Value: 'ALARM' } })),
  })
}

/** A normalized record that the rule above matches. */
export function policyRecord(given: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    source: 'cloudtrail',
    eventTime: '2026-03-17T07:18:02Z',
    eventName: 'PutBucketPolicy',
    outcome: 'success',
    public: true,
    actorType: 'user',
    actor: ACTOR,
    sourceIPAddress: '198.51.100.23',
    ipClass: 'public',
    tool: 'awscli',
    recipientAccountId: ACCOUNT,
    awsRegion: 'eu-central-1',
    requestParameters: { bucketName: 'amzn-s3-demo-customer-data' },
    ...given,
  }
}

export function logEvent(timestamp: number, record: unknown): LogEvent {
  return { timestamp, message: typeof record === 'string' ? record : JSON.stringify(record) }
}

/** An OperatorLog that keeps what it gets, as `level message`. */
export function memoryLog(): OperatorLog & { readonly lines: readonly string[] } {
  const lines: string[] = []
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
