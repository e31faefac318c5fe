/** The dashboard: which alarms are on, which incidents there are, what comes in, how late, what became of it, what it costs. */

import { SEVERITIES } from '../shared/detection/schema.ts'
import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import type { Metric } from './alarm-types.ts'
import { ownMetric } from './alarms.ts'
import { type Resources, sub } from './cfn.ts'
import { type Context, FUNCTIONS, LOG_GROUPS, type LogGroupName, pascal } from './context.ts'
import { findingMetric, untoldMetric } from './findings.ts'
import { functionName, logGroupName } from './logs.ts'
import { requestMetricWidgets } from './request-metrics.ts'

/** The queues that something waits in. */
const QUEUES = [...LOG_KINDS, 'hits']

type Widget = Readonly<Record<string, unknown>>

const REGION = `\${AWS::Region}`

export function dashboard(context: Context, alarmLogicalIds: readonly string[]): Resources {
  if (!context.parameters.dashboard) return {}
  const rows: readonly (readonly Widget[])[] = [
    [alarmWidget(alarmLogicalIds)],
    [
      insights(
        context,
        'findings',
        'Last findings',
        `filter kind = "finding" | fields time, severity, event, summary, matches, incidentId | sort time desc | limit 20`,
        'table',
      ),
      metrics(
        'Incidents opened, or worse',
        SEVERITIES.toReversed().map((severity) => [
          ...series(findingMetric(context, severity)),
          { stat: 'Sum', label: severity },
        ]),
      ),
      metrics('Findings that a target did not take', [
        [...series(untoldMetric(context)), { stat: 'Sum', label: 'tries' }],
      ]),
    ],
    [
      metrics('Objects read', [
        ...own(context, 'Objects', 'Sum'),
        ...own(context, 'ObjectsQuarantined', 'Sum'),
        ...own(context, 'ObjectsFailed', 'Sum'),
      ]),
      metrics('Records delivered', own(context, 'RecordsDelivered', 'Sum')),
      metrics('Records left out: by filters, twice, damaged', [
        ...own(context, 'RecordsFiltered', 'Sum'),
        ...own(context, 'RecordsDuplicate', 'Sum'),
        ...own(context, 'RecordsQuarantined', 'Sum'),
      ]),
    ],
    [
      metrics('Lag: longest from event to log event, s', own(context, 'LagMax', 'Maximum')),
      metrics(
        'Bytes ingested (what you pay for)',
        LOG_GROUPS.map((group) => [
          'AWS/Logs',
          'IncomingBytes',
          'LogGroupName',
          logGroupName(context, group),
          { stat: 'Sum', label: group },
        ]),
      ),
      metrics('Bytes kept out of CloudWatch Logs', [
        [{ expression: `(${total('in')}) - (${total('out')})`, label: 'saved', id: 'saved' }],
        ...hidden(context, 'BytesInflated', 'in'),
        ...hidden(context, 'BytesOut', 'out'),
      ]),
    ],
    [
      metrics(
        'Queues: waiting',
        QUEUES.map((name) => queue(context, name, 'ApproximateNumberOfMessagesVisible', 'Maximum')),
      ),
      metrics(
        'Queues: age of the oldest, s',
        QUEUES.map((name) => queue(context, name, 'ApproximateAgeOfOldestMessage', 'Maximum')),
      ),
      metrics('Dead letters', [
        ...QUEUES.map((name) => queue(context, `${name}-dlq`, 'ApproximateNumberOfMessagesVisible', 'Maximum')),
        queue(context, 'alert-dlq', 'ApproximateNumberOfMessagesVisible', 'Maximum'),
      ]),
    ],
    [
      metrics('Functions: duration p95, ms', functions(context, 'Duration', 'p95')),
      metrics('Functions: invocations', functions(context, 'Invocations', 'Sum')),
      metrics('Functions: errors and throttles', [
        ...functions(context, 'Errors', 'Sum'),
        ...functions(context, 'Throttles', 'Sum'),
      ]),
    ],
    ...context.parameters.requestMetrics.map((of) =>
      requestMetricWidgets(of).map(([title, list]) => metrics(title, list)),
    ),
    [
      insights(
        context,
        'pipeline',
        'Last receipts',
        `filter kind = "receipt" | fields time, status, function, bucket, key, recordsIn, delivered, filtered, quarantined, lagSecondsMax | sort time desc | limit 20`,
        'table',
      ),
    ],
  ]
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: { DashboardName: context.name, DashboardBody: sub(JSON.stringify({ widgets: layOut(rows) })) },
    },
  }
}

/** Rows share the 24 columns evenly. */
function layOut(rows: readonly (readonly Widget[])[]): Widget[] {
  const height = 6
  return rows.flatMap((row, y) => {
    const width = 24 / row.length
    return row.map((widget, x) => ({ ...widget, x: x * width, y: y * height, width, height }))
  })
}

const metrics = (title: string, list: readonly unknown[]): Widget => ({
  type: 'metric',
  properties: { title, metrics: list, region: REGION, period: 300, view: 'timeSeries', stacked: false },
})

const insights = (
  context: Context,
  group: LogGroupName,
  title: string,
  query: string,
  view: 'timeSeries' | 'table',
): Widget => ({
  type: 'log',
  properties: { title, query: `SOURCE '${logGroupName(context, group)}' | ${query}`, region: REGION, view },
})

/** aws: CloudWatch "Dashboard body structure": an alarm widget takes 100 alarms at most. */
const alarmWidget = (logicalIds: readonly string[]): Widget => ({
  type: 'alarm',
  properties: { title: 'Alarms', alarms: logicalIds.slice(0, 100).map((id) => `\${${id}.Arn}`) },
})

/** A metric of the forwarders, once for each. */
const own = (context: Context, name: string, stat: string): unknown[][] =>
  LOG_KINDS.map((kind) => [...series(ownMetric(context, kind, name)), { stat, label: `${kind} ${name}` }])

/** The same for a sum that an expression takes; what has no data counts as nothing. */
const hidden = (context: Context, name: string, id: string): unknown[][] =>
  LOG_KINDS.flatMap((kind) => {
    const raw = `raw${id}${pascal(kind)}`
    return [
      [...series(ownMetric(context, kind, name)), { stat: 'Sum', id: raw, visible: false }],
      [{ expression: `FILL(${raw}, 0)`, id: `${id}${pascal(kind)}`, visible: false }],
    ]
  })

/** The sum of what {@link hidden} gave ids to. */
const total = (id: string): string => LOG_KINDS.map((kind) => `${id}${pascal(kind)}`).join(' + ')

const series = ({ namespace, name, dimensions }: Metric): unknown[] => [
  namespace,
  name,
  ...Object.entries(dimensions ?? {}).flat(),
]

const queue = (context: Context, name: string, metric: string, stat: string): unknown[] => [
  'AWS/SQS',
  metric,
  'QueueName',
  `${context.name}-${name}`,
  { stat, label: name },
]

const functions = (context: Context, metric: string, stat: string): unknown[][] =>
  FUNCTIONS.map((name) => [
    'AWS/Lambda',
    metric,
    'FunctionName',
    functionName(context, name),
    { stat, label: `${name} ${metric}` },
  ])
