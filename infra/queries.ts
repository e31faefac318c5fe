/** Saved Logs Insights queries: the questions that come up first once an alert has arrived. */
import { logicalId, type Resources } from './cfn.ts'
import type { Context, LogGroupName } from './context.ts'
import { logGroupName } from './logs.ts'

interface SavedQuery {
  readonly name: string
  readonly groups: readonly LogGroupName[]
  readonly query: string
}

const BOTH = ['cloudtrail', 'access-log'] as const

export const QUERIES: readonly SavedQuery[] = [
  {
    name: 'By actor',
    groups: BOTH,
    query: `stats count(*) as calls, count_distinct(sourceIPAddress) as addresses, count_distinct(requestParameters.bucketName) as buckets, sum(bytesOut) as bytes, min(eventTime) as first, max(eventTime) as last by actor, actorType
| sort calls desc
| limit 100`,
  },
  {
    name: 'By address',
    groups: BOTH,
    query: `stats count(*) as calls, count_distinct(actor) as actors, count_distinct(requestParameters.bucketName) as buckets, sum(bytesOut) as bytes, min(eventTime) as first, max(eventTime) as last by sourceIPAddress, ipClass
| sort calls desc
| limit 100`,
  },
  {
    name: 'Denied',
    groups: BOTH,
    query: `filter errorClass = "denied"
| stats count(*) as calls, min(eventTime) as first, max(eventTime) as last by actor, sourceIPAddress, eventName, requestParameters.bucketName
| sort calls desc
| limit 100`,
  },
  {
    name: 'Anonymous',
    groups: BOTH,
    query: `filter actorType = "anonymous" and outcome = "success"
| stats count(*) as calls, sum(bytesOut) as bytes, min(eventTime) as first, max(eventTime) as last by sourceIPAddress, eventName, requestParameters.bucketName
| sort calls desc
| limit 100`,
  },
  {
    name: 'Largest downloads',
    groups: BOTH,
    query: `filter action = "object.read" and outcome = "success"
| stats sum(bytesOut) as bytes, count(*) as objects, min(eventTime) as first, max(eventTime) as last by actor, sourceIPAddress, requestParameters.bucketName
| sort bytes desc
| limit 100`,
  },
  {
    name: 'Changes',
    groups: BOTH,
    query: `filter change != "none" and outcome = "success"
| fields eventTime, change, weakens, eventName, requestParameters.bucketName, actor, sourceIPAddress, tool
| sort eventTime desc
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
