/** Reads alarms, dashboards, metric filters, log groups and saved queries in the words of a template. */
import {
  DescribeAlarmsCommand,
  DescribeAnomalyDetectorsCommand,
  type Dimension,
  GetAlarmMuteRuleCommand,
  GetDashboardCommand,
  ListAlarmMuteRulesCommand,
} from '@aws-sdk/client-cloudwatch'
import {
  DescribeLogGroupsCommand,
  DescribeMetricFiltersCommand,
  DescribeQueryDefinitionsCommand,
  DescribeSubscriptionFiltersCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import type { JsonObject } from '../derive/json.ts'
import { Unresolved } from '../doctor/template-values.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { allPages, asObject, membersOf, once, onMissing, type Readers, reasonOf } from './deployed-reader.ts'

/** @param prefix begins the names of all alarms and saved queries of the stack. */
export function watchingReaders({ cloudWatch, logs }: AdminClients, prefix: string): Readers {
  const alarms = once(async () => {
    const pages = await allPages((NextToken) =>
      callAws('cloudwatch:DescribeAlarms', () =>
        cloudWatch.send(
          new DescribeAlarmsCommand({
            AlarmNamePrefix: `${prefix}-`,
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
            NextToken,
          }),
        ),
      ),
    )
    const all = pages.flatMap(({ MetricAlarms = [], CompositeAlarms = [], LogAlarms = [] }) => [
      ...MetricAlarms,
      ...CompositeAlarms,
      ...LogAlarms,
    ])
    return new Map(all.map((alarm) => [alarm.AlarmName ?? '', alarm]))
  })
  /** Names of the mute rules by the alarms they are for. */
  const mutes = once(async () => {
    const pages = await allPages((NextToken) =>
      callAws('cloudwatch:ListAlarmMuteRules', () => cloudWatch.send(new ListAlarmMuteRulesCommand({ NextToken }))),
    )
    const found = new Map<string, string[]>()
    for (const { AlarmMuteRuleArn = '' } of pages.flatMap((page) => page.AlarmMuteRuleSummaries ?? [])) {
      const AlarmMuteRuleName = AlarmMuteRuleArn.split(':').at(-1) ?? ''
      const rule = await callAws('cloudwatch:GetAlarmMuteRule', () =>
        cloudWatch.send(new GetAlarmMuteRuleCommand({ AlarmMuteRuleName })),
      )
      for (const alarm of rule.MuteTargets?.AlarmNames ?? []) {
        found.set(alarm, [...(found.get(alarm) ?? []), AlarmMuteRuleName])
      }
    }
    return found
  })
  const alarm: Readers[string] = async ({ properties }) => {
    const found = (await alarms()).get(String(properties.AlarmName))
    if (found === undefined) return undefined
    const MuteRules = await mutes().then(
      (all) => all.get(String(properties.AlarmName)) ?? [],
      (error: unknown) => new Unresolved(reasonOf(error)),
    )
    return { ...asObject(found), MuteRules }
  }
  const groups = once(async () => {
    const pages = await allPages((nextToken) =>
      callAws('logs:DescribeLogGroups', () => logs.send(new DescribeLogGroupsCommand({ nextToken }))),
    )
    return new Map(pages.flatMap((page) => page.logGroups ?? []).map((group) => [group.logGroupName ?? '', group]))
  })
  const filtersOf = new Map<string, () => Promise<Map<string, JsonObject>>>()
  const filters = (logGroupName: string) => {
    const known = filtersOf.get(logGroupName) ?? once(() => readFilters(logs, logGroupName))
    filtersOf.set(logGroupName, known)
    return known()
  }
  const queries = once(async () => {
    const pages = await allPages((nextToken) =>
      callAws('logs:DescribeQueryDefinitions', () =>
        logs.send(new DescribeQueryDefinitionsCommand({ queryDefinitionNamePrefix: prefix, nextToken })),
      ),
    )
    return pages.flatMap((page) => page.queryDefinitions ?? [])
  })
  return {
    'AWS::CloudWatch::Alarm': alarm,
    'AWS::CloudWatch::CompositeAlarm': alarm,
    'AWS::CloudWatch::LogAlarm': async (resource) => {
      const found = await alarm(resource)
      const name = 'ScheduledQueryConfiguration'
      return found === undefined ? undefined : { ...found, [name]: membersOf(resource.properties[name], found[name]) }
    },
    'AWS::CloudWatch::AnomalyDetector': async ({ properties }) => {
      const { Namespace, MetricName, Dimensions, Stat } = properties
      const asked = { Namespace: String(Namespace), MetricName: String(MetricName) }
      const pages = await allPages((NextToken) =>
        callAws('cloudwatch:DescribeAnomalyDetectors', () =>
          cloudWatch.send(
            new DescribeAnomalyDetectorsCommand({ ...asked, Dimensions: Dimensions as Dimension[], NextToken }),
          ),
        ),
      )
      const detectors = pages.flatMap((page) => page.AnomalyDetectors ?? [])
      const found = detectors.map((one) => one.SingleMetricAnomalyDetector).find((one) => one?.Stat === Stat)
      // aws: those asked for have exactly these dimensions.
      return found === undefined ? undefined : { ...asked, Dimensions, Stat }
    },
    'AWS::Logs::SubscriptionFilter': ({ properties }) =>
      onMissing(['ResourceNotFoundException'], async () => {
        const logGroupName = String(properties.LogGroupName)
        const { subscriptionFilters = [] } = await callAws('logs:DescribeSubscriptionFilters', () =>
          logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName })),
        )
        const found = subscriptionFilters.find(({ filterName }) => filterName === properties.FilterName)
        if (found === undefined) return undefined
        return {
          FilterName: found.filterName,
          LogGroupName: logGroupName,
          FilterPattern: found.filterPattern,
          DestinationArn: found.destinationArn,
        }
      }),
    'AWS::CloudWatch::Dashboard': ({ properties }) =>
      onMissing(['ResourceNotFound', 'DashboardNotFoundError'], async () => {
        const DashboardName = String(properties.DashboardName)
        const { DashboardBody } = await callAws('cloudwatch:GetDashboard', () =>
          cloudWatch.send(new GetDashboardCommand({ DashboardName })),
        )
        return { DashboardName, DashboardBody }
      }),
    'AWS::Logs::MetricFilter': async ({ properties }) =>
      (await filters(String(properties.LogGroupName))).get(String(properties.FilterName)),
    'AWS::Logs::LogGroup': async ({ properties }) => {
      const logGroupName = String(properties.LogGroupName)
      const group = (await groups()).get(logGroupName)
      if (group === undefined) return undefined
      const SubscriptionFilters = await callAws('logs:DescribeSubscriptionFilters', () =>
        logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName })),
      ).then(
        ({ subscriptionFilters = [] }) =>
          subscriptionFilters.map(({ filterName, destinationArn }) => ({
            FilterName: filterName,
            DestinationArn: destinationArn,
          })),
        (error: unknown) => new Unresolved(reasonOf(error)),
      )
      return {
        LogGroupName: logGroupName,
        LogGroupClass: group.logGroupClass ?? 'STANDARD',
        RetentionInDays: group.retentionInDays,
        KmsKeyId: group.kmsKeyId,
        DeletionProtectionEnabled: group.deletionProtectionEnabled ?? false,
        DataProtectionStatus: group.dataProtectionStatus === 'ACTIVATED' ? 'ACTIVATED' : undefined,
        SubscriptionFilters,
      }
    },
    'AWS::Logs::QueryDefinition': async ({ properties, physicalId }) => {
      const all = await queries()
      const found =
        all.find(({ queryDefinitionId }) => queryDefinitionId === physicalId) ??
        all.find(({ name }) => name === properties.Name)
      if (found === undefined) return undefined
      return { Name: found.name, LogGroupNames: found.logGroupNames, QueryString: found.queryString }
    },
  }
}

async function readFilters(logs: AdminClients['logs'], logGroupName: string): Promise<Map<string, JsonObject>> {
  const pages = await onMissing(['ResourceNotFoundException'], () =>
    allPages((nextToken) =>
      callAws('logs:DescribeMetricFilters', () =>
        logs.send(new DescribeMetricFiltersCommand({ logGroupName, nextToken })),
      ),
    ),
  )
  const found = (pages ?? []).flatMap((page) => page.metricFilters ?? [])
  return new Map(
    found.map(({ filterName = '', filterPattern, metricTransformations = [], applyOnTransformedLogs = false }) => [
      filterName,
      {
        FilterName: filterName,
        LogGroupName: logGroupName,
        FilterPattern: filterPattern,
        ApplyOnTransformedLogs: applyOnTransformedLogs,
        MetricTransformations: metricTransformations.map((metric) => ({
          MetricNamespace: metric.metricNamespace,
          MetricName: metric.metricName,
          MetricValue: metric.metricValue,
          DefaultValue: metric.defaultValue,
          // aws: given back as None where none was set.
          Unit: metric.unit === 'None' ? undefined : metric.unit,
          Dimensions: Object.entries(metric.dimensions ?? {}).map(([Key, Value]) => ({ Key, Value })),
        })),
      },
    ]),
  )
}
