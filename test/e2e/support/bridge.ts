/**
 * Test code, standing in for what the emulator leaves out: it stores metric filters and never evaluates them. The
 * bridge reads the filters that the stack deployed, polls their log groups, evaluates each new log event with our own
 * filter engine, and puts the metric data at the log event's minute, as CloudWatch Logs would.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CloudWatchClient, PutMetricDataCommand, type StandardUnit } from '@aws-sdk/client-cloudwatch'
import {
  type CloudWatchLogsClient,
  type MetricFilter as DescribedFilter,
  DescribeMetricFiltersCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { createMetricFilter, type MetricFilter } from '../../../shared/metric/filter.ts'

export interface Bridge {
  /** How many log events each filter has matched, by filter name and log group. */
  matches(): ReadonlyMap<string, number>
  stop(): Promise<void>
}

export async function startBridge(
  logs: CloudWatchLogsClient,
  metrics: CloudWatchClient,
  everyMs = 100,
): Promise<Bridge> {
  const filters = await deployedFilters(logs)
  const groups = [...new Set(filters.map(({ config }) => config.logGroupName))]
  const seen = new Set<string>()
  const matched = new Map<string, number>()
  const stopping = new AbortController()

  async function poll(logGroupName: string): Promise<void> {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }))
    for (const { eventId, timestamp, message } of events) {
      if (eventId === undefined || timestamp === undefined || message === undefined || seen.has(eventId)) continue
      seen.add(eventId)
      for (const filter of filters) {
        if (filter.config.logGroupName !== logGroupName) continue
        const { matched: hit, datapoint } = filter.consume({ timestamp, message })
        if (hit) {
          const key = `${filter.config.filterName} ${logGroupName}`
          matched.set(key, (matched.get(key) ?? 0) + 1)
        }
        if (datapoint === undefined) continue
        const { namespace, metricName, value, unit } = datapoint
        await metrics.send(
          new PutMetricDataCommand({
            Namespace: namespace,
            MetricData: [
              {
                MetricName: metricName,
                Timestamp: new Date(datapoint.timestamp),
                Value: value,
                Unit: unit as StandardUnit,
              },
            ],
          }),
        )
      }
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      for (const group of groups) await poll(group)
      await sleep(everyMs)
    }
  }

  const running = run()
  return {
    matches: () => matched,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function deployedFilters(logs: CloudWatchLogsClient): Promise<MetricFilter[]> {
  const described: DescribedFilter[] = []
  let nextToken: string | undefined
  do {
    const page = await logs.send(new DescribeMetricFiltersCommand({ nextToken }))
    described.push(...(page.metricFilters ?? []))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return described.map((filter) => {
    const [transformation] = filter.metricTransformations ?? []
    if (filter.logGroupName === undefined || transformation === undefined)
      throw new Error(`no metric: ${filter.filterName}`)
    return createMetricFilter({
      logGroupName: filter.logGroupName,
      filterName: filter.filterName ?? '',
      filterPattern: filter.filterPattern ?? '',
      metricTransformations: [
        {
          metricNamespace: transformation.metricNamespace ?? '',
          metricName: transformation.metricName ?? '',
          metricValue: transformation.metricValue ?? '',
          defaultValue: transformation.defaultValue,
          dimensions: transformation.dimensions,
          unit: transformation.unit,
        },
      ],
    })
  })
}
