/** Saved Logs Insights queries: the questions that come up first once an alert has arrived. */
import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import { logicalId, type Resources } from './cfn.ts'
import type { Context, LogGroupName } from './context.ts'
import { logGroupName } from './logs.ts'

interface SavedQuery {
  readonly name: string
  readonly groups: readonly LogGroupName[]
  readonly query: string
}

/** Lean access-log records leave `actor` out where the ARN says it. */
const WHO = String.raw`parse userIdentity.arn /^(?<role>arn:[^:]+:sts::[0-9]+:assumed-role\/[^\/]+)/
| fields coalesce(actor, role, userIdentity.arn, userIdentity.principalId) as who`

export const QUERIES: readonly SavedQuery[] = [
  {
    name: 'By actor',
    groups: LOG_KINDS,
    query: `${WHO}
| stats count(*) as calls, count_distinct(sourceIPAddress) as addresses, count_distinct(requestParameters.bucketName) as buckets, sum(bytesOut) as bytes, min(eventTime) as first, max(eventTime) as last by who, userIdentity.type
| sort calls desc
| limit 100`,
  },
  {
    name: 'By address',
    groups: LOG_KINDS,
    query: `${WHO}
| stats count(*) as calls, count_distinct(who) as actors, count_distinct(requestParameters.bucketName) as buckets, sum(bytesOut) as bytes, min(eventTime) as first, max(eventTime) as last by sourceIPAddress, ipClass
| sort calls desc
| limit 100`,
  },
  {
    name: 'Denied',
    groups: LOG_KINDS,
    query: `filter errorClass = "denied"
| ${WHO}
| stats count(*) as calls, min(eventTime) as first, max(eventTime) as last by who, sourceIPAddress, eventName, requestParameters.bucketName
| sort calls desc
| limit 100`,
  },
  {
    name: 'Anonymous',
    groups: LOG_KINDS,
    query: `filter anonymous = 1 and outcome = "success"
| stats count(*) as calls, sum(bytesOut) as bytes, min(eventTime) as first, max(eventTime) as last by sourceIPAddress, eventName, requestParameters.bucketName
| sort calls desc
| limit 100`,
  },
  {
    name: 'Largest downloads',
    groups: LOG_KINDS,
    query: `filter action = "object.read" and outcome = "success"
| ${WHO}
| stats sum(bytesOut) as bytes, count(*) as objects, min(eventTime) as first, max(eventTime) as last by who, sourceIPAddress, requestParameters.bucketName
| sort bytes desc
| limit 100`,
  },
  {
    name: 'Changes',
    groups: LOG_KINDS,
    query: `filter ispresent(change) and change != "none" and outcome = "success"
| fields eventTime, change, weakens, eventName, requestParameters.bucketName, actor, userIdentity.arn, sourceIPAddress, tool
| sort eventTime desc
| limit 200`,
  },
  {
    name: 'Incidents',
    groups: ['findings'],
    query: `filter kind = "finding"
| stats latest(severity) as worst, latest(event) as last, latest(summary) as what, max(matches) as records, min(firstTime) as first, max(lastTime) as until by incidentId, principal
| sort until desc
| limit 100`,
  },
  {
    name: 'What was told',
    groups: ['findings'],
    query: `filter kind = "finding" or kind = "noted"
| fields time, kind, severity, event, summary, incidentId, matches, alarmName, reason
| sort time desc
| limit 200`,
  },
  {
    name: 'What became of each object',
    groups: ['pipeline'],
    query: `filter kind = "receipt"
| fields time, status, function, bucket, key, recordsIn, delivered, filtered, duplicates, quarantined, undelivered, lagSecondsMax, durationMs, error.code
| sort time desc
| limit 200`,
  },
  {
    name: 'What was not delivered, and why',
    groups: ['pipeline'],
    query: `filter kind = "receipt" and (status in ["quarantined", "failed"] or quarantined > 0)
| fields time, status, function, bucket, key, quarantined, undelivered, error.code, error.message
| sort time desc
| limit 200`,
  },
]

export function queries(context: Context): Resources {
  return Object.fromEntries(
    QUERIES.map(({ name, groups, query }) => [
      logicalId('Query', name),
      {
        Type: 'AWS::Logs::QueryDefinition',
        Properties: {
          Name: `${context.name}/${name}`,
          LogGroupNames: groups.map((group) => logGroupName(context, group)),
          QueryString: query,
        },
      },
    ]),
  )
}
