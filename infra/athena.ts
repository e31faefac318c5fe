/**
 * Athena over the delivered files: a database, tables by partition projection (no crawler, nothing to load), a workgroup
 * with a limit on what a query may scan, and saved queries. docs/athena.md.
 *
 * Sources: Athena User Guide, "Set up partition projection", "Create a table for CloudTrail logs in Athena using partition
 * projection", "Query Amazon S3 server access logs"; CloudFormation, AWS::Glue::Table, AWS::Athena::WorkGroup.
 */
import { ACCESS_LOG_COLUMNS, accessLogRegex } from '../shared/athena/access-log-table.ts'
import { CLOUDTRAIL_COLUMNS, type ColumnType, hiveType } from '../shared/athena/cloudtrail-table.ts'
import {
  type InvestigationQuery,
  QUERIES,
  type QueryTable,
  quoted,
  renderQuery,
  savedQueryName,
} from '../shared/athena/queries.ts'
import { eachKind, type LogKind } from '../shared/kinds/kinds.ts'
import { logicalId, type Resource, type Resources, ref, sub, type Value } from './cfn.ts'
import { type Context, kindParameters } from './context.ts'
import type { LogLocation } from './parameters.ts'

/** aws: AWS General Reference, "Regions"; of all partitions, since a template does not know which one it is for. */
export const REGIONS: readonly string[] = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'af-south-1', 'ap-east-1', 'ap-east-2', 'ap-south-1'],
  ...['ap-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5'],
  ...['ap-southeast-6', 'ap-southeast-7', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ca-central-1'],
  ...['ca-west-1', 'eu-central-1', 'eu-central-2', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1'],
  ...['eu-south-2', 'il-central-1', 'me-central-1', 'me-south-1', 'mx-central-1', 'sa-east-1', 'cn-north-1'],
  ...['cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1'],
]

/** Days that a saved query looks back; whoever runs it changes the two places. */
const LOOK_BACK_DAYS = 7
const daysAgo = (days: number, format: string): string =>
  `date_format(current_date - interval '${days}' day, '${format}')`

const DATABASE = 'AthenaDatabase'
const WORKGROUP = 'AthenaWorkGroup'

export const workgroupName = (context: Context): string => context.name
/** Glue takes lower case, digits and underscores. */
export const databaseName = (context: Context): string => context.name.toLowerCase().replaceAll('-', '_')

/** A table of the stack, and how the saved queries read it. */
interface Table {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly columns: readonly (readonly [name: string, type: string])[]
  readonly partitions: Readonly<Record<string, Projection>>
  readonly location: string
  /** Where a partition's objects are, after the location. */
  readonly template: string
  readonly format: {
    readonly input: string
    readonly serde: string
    readonly properties: Readonly<Record<string, string>>
  }
  /** Conditions of the saved queries; undefined: they read another table of the same objects. */
  readonly where: readonly string[] | undefined
}

type Projection = { readonly type: 'enum'; readonly values: Value } | { readonly type: 'day' }

/** Nothing, unless the parameter `athena` is true. */
export function athena(context: Context): Resources {
  if (!context.parameters.athena) return {}
  const tables = eachKind((kind) => tablesOf(context, kind))
  return {
    [DATABASE]: {
      Type: 'AWS::Glue::Database',
      Properties: {
        CatalogId: ref('AWS::AccountId'),
        DatabaseInput: { Name: databaseName(context), Description: `Logs that the stack ${context.name} reads` },
      },
    },
    [WORKGROUP]: workgroup(context),
    ...Object.fromEntries(
      [...tables.cloudtrail, ...tables['access-log']].map((table) => [table.id, glueTable(context, table)]),
    ),
    ...Object.fromEntries(
      QUERIES.flatMap((query) => {
        const read = tables[query.kind].filter(({ where }) => where !== undefined)
        return read.length === 0 ? [] : [[queryId(query), namedQuery(context, query, read)]]
      }),
    ),
  }
}

const queryId = ({ name, kind }: InvestigationQuery): string => logicalId('AthenaQuery', name, kind)

function workgroup(context: Context): Resource {
  const { athenaScanLimitGb, athenaResults } = context.parameters
  return {
    Type: 'AWS::Athena::WorkGroup',
    Properties: {
      Name: workgroupName(context),
      Description: `Investigations over the logs of ${context.name}; a query may scan ${athenaScanLimitGb} GB`,
      // Its queries and their history are no evidence; without this it cannot be deleted once it was used.
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: {
        BytesScannedCutoffPerQuery: athenaScanLimitGb * 1_000_000_000,
        EnforceWorkGroupConfiguration: true,
        PublishCloudWatchMetricsEnabled: true,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ...(athenaResults === undefined
          ? { ManagedQueryResultsConfiguration: { Enabled: true } }
          : {
              ResultConfiguration: {
                OutputLocation: s3(athenaResults, athenaResults.prefix),
                EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
              },
            }),
      },
    },
  }
}

function namedQuery(context: Context, query: InvestigationQuery, tables: readonly Table[]): Resource {
  const from: QueryTable[] = tables.map(({ name, where }) => ({
    name: `"${databaseName(context)}"."${name}"`,
    where: where ?? [],
  }))
  return {
    Type: 'AWS::Athena::NamedQuery',
    DependsOn: [DATABASE, WORKGROUP],
    Properties: {
      Name: savedQueryName(query),
      Description: query.asks.length === 0 ? query.tells : `${query.tells} Write your own ${query.asks.join(', ')} in.`,
      Database: databaseName(context),
      WorkGroup: workgroupName(context),
      QueryString: renderQuery(query, {
        tables: from,
        days: { first: daysAgo(LOOK_BACK_DAYS, '%Y-%m-%d'), last: daysAgo(0, '%Y-%m-%d') },
      }),
    },
  }
}

const s3 = ({ bucket }: LogLocation, prefix: string): string => `s3://${bucket}/${prefix}`
/** `trail`, then `trail_2` …: a table for each location. */
const numbered = (name: string, index: number): string => (index === 0 ? name : `${name}_${index + 1}`)

function tablesOf(context: Context, kind: LogKind): Table[] {
  const { locations } = kindParameters(context, kind)
  const make = kind === 'cloudtrail' ? trailTables : accessLogTables
  return locations.flatMap((location, index) => make(context, location, index))
}

const list = (values: readonly string[]): Value => values.join(',')
const regions = ({ parameters }: Context): Value =>
  list(parameters.athenaRegions.length > 0 ? parameters.athenaRegions : REGIONS)

function accounts({ parameters }: Context): Value {
  const { athenaAccounts, sourceAccounts } = parameters
  if (athenaAccounts.length > 0) return list(athenaAccounts)
  return sub([`\${AWS::AccountId}`, ...sourceAccounts].join(','))
}

/** Objects lie in the folder of the day they were delivered, which is never before the event's. */
const SINCE = `day >= ${daysAgo(LOOK_BACK_DAYS, '%Y/%m/%d')}`

/**
 * A table of a trail's objects of an account's layout, and one of an organization's where there is one. Both layouts can be
 * in one bucket, and no object is in both.
 */
function trailTables(context: Context, location: LogLocation, index: number): Table[] {
  const { organizationId } = context.parameters
  // A prefix may name the folder that CloudTrail makes; what is below it is the table's business.
  const before = location.prefix.split('AWSLogs/')[0]!
  const table = (layout: 'account' | 'organization'): Table => {
    const name = numbered(layout === 'account' ? 'cloudtrail' : 'cloudtrail_organization', index)
    const folder = `${before}AWSLogs/${layout === 'account' ? '' : `${organizationId}/`}`
    return {
      id: logicalId('AthenaTable', name),
      name,
      description: `CloudTrail logs in ${s3(location, folder)}`,
      columns: Object.entries<ColumnType>(CLOUDTRAIL_COLUMNS).map(([column, type]) => [
        column.toLowerCase(),
        hiveType(type),
      ]),
      partitions: {
        account: { type: 'enum', values: accounts(context) },
        region: { type: 'enum', values: regions(context) },
        day: { type: 'day' },
      },
      location: s3(location, folder),
      template: `\${account}/CloudTrail/\${region}/\${day}/`,
      format: {
        input: 'com.amazon.emr.cloudtrail.CloudTrailInputFormat',
        serde: 'org.apache.hive.hcatalog.data.JsonSerDe',
        properties: {},
      },
      where: [SINCE],
    }
  }
  return organizationId === '' ? [table('account')] : [table('account'), table('organization')]
}

/**
 * A table of all access logs of a location, whatever their layout, and one of the partitioned layout, which reads only the
 * days that are asked for.
 */
function accessLogTables(context: Context, location: LogLocation, index: number): Table[] {
  const { athenaBuckets } = context.parameters
  const isPartitioned = athenaBuckets.length > 0
  const { prefix } = location
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  // S3 glues the prefix to the object's name; a table can only be told a folder.
  const glued = folder === prefix ? [] : [`starts_with("$path", ${quoted(s3(location, prefix))})`]
  const common = {
    columns: ACCESS_LOG_COLUMNS.map((column) => [column, 'string'] as const),
    format: {
      input: 'org.apache.hadoop.mapred.TextInputFormat',
      serde: 'org.apache.hadoop.hive.serde2.RegexSerDe',
      properties: { 'input.regex': accessLogRegex() },
    },
  }
  const whole = numbered('access_log', index)
  const partitioned = numbered('access_log_partitioned', index)
  return [
    {
      ...common,
      id: logicalId('AthenaTable', whole),
      name: whole,
      description: `Server access logs in ${s3(location, folder)}, of any layout; every query reads all of them`,
      partitions: {},
      location: s3(location, folder),
      template: '',
      where: isPartitioned ? undefined : glued,
    },
    ...(isPartitioned
      ? [
          {
            ...common,
            id: logicalId('AthenaTable', partitioned),
            name: partitioned,
            description: `Server access logs in ${s3(location, prefix)} of the partitioned layout`,
            partitions: {
              account: { type: 'enum', values: accounts(context) },
              region: { type: 'enum', values: regions(context) },
              source_bucket: { type: 'enum', values: list(athenaBuckets) },
              day: { type: 'day' },
            },
            location: s3(location, prefix),
            template: `\${account}/\${region}/\${source_bucket}/\${day}/`,
            where: [SINCE],
          } satisfies Table,
        ]
      : []),
  ]
}

function glueTable(context: Context, table: Table): Resource {
  const { partitions, location, template, format, columns } = table
  const isProjected = Object.keys(partitions).length > 0
  const projection = Object.entries(partitions).flatMap(([name, one]) =>
    one.type === 'enum'
      ? [
          [`projection.${name}.type`, 'enum'],
          [`projection.${name}.values`, one.values],
        ]
      : [
          [`projection.${name}.type`, 'date'],
          [`projection.${name}.format`, 'yyyy/MM/dd'],
          [`projection.${name}.range`, `${context.parameters.athenaFrom.replaceAll('-', '/')},NOW`],
          [`projection.${name}.interval`, '1'],
          [`projection.${name}.interval.unit`, 'DAYS'],
        ],
  )
  return {
    Type: 'AWS::Glue::Table',
    DependsOn: DATABASE,
    Properties: {
      CatalogId: ref('AWS::AccountId'),
      DatabaseName: databaseName(context),
      TableInput: {
        Name: table.name,
        Description: table.description,
        TableType: 'EXTERNAL_TABLE',
        Parameters: {
          EXTERNAL: 'TRUE',
          ...(isProjected
            ? {
                'projection.enabled': 'true',
                ...Object.fromEntries(projection),
                'storage.location.template': `${location}${template}`,
              }
            : {}),
        },
        PartitionKeys: Object.keys(partitions).map((name) => ({ Name: name, Type: 'string' })),
        StorageDescriptor: {
          Columns: columns.map(([name, type]) => ({ Name: name, Type: type })),
          Location: location,
          InputFormat: format.input,
          OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          SerdeInfo: {
            SerializationLibrary: format.serde,
            Parameters: { 'serialization.format': '1', ...format.properties },
          },
        },
      },
    },
  }
}
