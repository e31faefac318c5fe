/** The dashboard: what comes in, how late, what became of it, what it costs, and which alarms are on. */

import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import { type Metric, ownMetric } from './alarms.ts'
import { type Resources, sub } from './cfn.ts'
import { type Context, FUNCTIONS, LOG_GROUPS, pascal } from './context.ts'
import { functionName, logGroupName } from './logs.ts'

type Widget = Readonly<Record<string, unknown>>

const REGION = `\${AWS::Region}`

export function dashboard(context: Context, alarmLogicalIds: readonly string[]): Resources {
  if (!context.parameters.dashboard) return {}
  const rows: readonly (readonly Widget[])[] = [
    [alarmWidget(alarmLogicalIds)],
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
        LOG_KINDS.map((kind) => queue(context, kind, 'ApproximateNumberOfMessagesVisible', 'Maximum')),
      ),
      metrics(
        'Queues: age of the oldest, s',
        LOG_KINDS.map((kind) => queue(context, kind, 'ApproximateAgeOfOldestMessage', 'Maximum')),
      ),
      metrics('Dead letters', [
        ...LOG_KINDS.map((kind) => queue(context, `${kind}-dlq`, 'ApproximateNumberOfMessagesVisible', 'Maximum')),
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
    [
      insights(
        context,
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

const insights = (context: Context, title: string, query: string, view: 'timeSeries' | 'table'): Widget => ({
  type: 'log',
  properties: { title, query: `SOURCE '${logGroupName(context, 'pipeline')}' | ${query}`, region: REGION, view },
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
