/** Types of resources that only a parameter brings into the stack: Athena's, anomaly detection, subscriptions. */
import { type JsonObject, listOf, objectOf } from '../derive/json.ts'
import { awsCli, awsCliJson, withSmallNames } from './aws-cli.ts'
import { type DeployedType, named } from './deployed-type.ts'
import { without } from './restore.ts'

/**
 * A table in words that can be compared place by place: which column is where matters to a regular expression, and the
 * projection decides what is read at all.
 *
 * @param table `TableInput` of the template, or `Table` of Glue's answer
 */
export function tableFacts(table: JsonObject): JsonObject {
  const storage = objectOf(table.StorageDescriptor)
  const serde = objectOf(storage.SerdeInfo)
  return {
    Columns: numbered(storage.Columns),
    PartitionKeys: numbered(table.PartitionKeys),
    Location: storage.Location,
    InputFormat: storage.InputFormat,
    SerializationLibrary: serde.SerializationLibrary,
    SerdeParameters: serde.Parameters,
    Parameters: Object.fromEntries(
      Object.entries(objectOf(table.Parameters)).filter(([name]) => DECIDES_WHAT_IS_READ.test(name)),
    ),
  }
}

/** Glue and crawlers write parameters of their own beside. aws: Athena User Guide, "Set up partition projection". */
const DECIDES_WHAT_IS_READ = /^(?:projection\..+|storage\.location\.template|skip\.header\.line\.count|EXTERNAL)$/

const numbered = (columns: unknown): JsonObject =>
  Object.fromEntries(
    listOf(columns)
      .map(objectOf)
      .map(({ Name, Type }, index) => [`${index + 1} ${String(Name)}`, Type]),
  )

/** By CloudFormation's names. */
export const OPTIONAL_TYPES: Readonly<Record<string, DeployedType>> = {
  'AWS::Athena::WorkGroup': {
    noun: 'workgroup of Athena',
    nameOf: named('Name'),
    defaults: { State: 'ENABLED' },
    // Said when it is deleted, and asked of nobody.
    ignored: ['RecursiveDeleteOption'],
    cosmetic: ['Description'],
    harm: 'A query may read, and cost, more than you have allowed, or nobody can ask anything.',
    restore: ({ properties }, { region, actual }) => {
      const { Name, Description, WorkGroupConfiguration } = properties
      const configuration = objectOf(WorkGroupConfiguration)
      if (actual === undefined)
        return [awsCliJson('athena create-work-group', region, { Name, Description, Configuration: configuration })]
      const { ResultConfiguration, ManagedQueryResultsConfiguration } = configuration
      const ConfigurationUpdates = {
        ...without(configuration, 'ResultConfiguration', 'ManagedQueryResultsConfiguration'),
        ...(ResultConfiguration !== undefined && { ResultConfigurationUpdates: ResultConfiguration }),
        ...(ManagedQueryResultsConfiguration !== undefined && {
          ManagedQueryResultsConfigurationUpdates: ManagedQueryResultsConfiguration,
        }),
      }
      return [
        awsCliJson('athena update-work-group', region, {
          WorkGroup: Name,
          Description,
          State: 'ENABLED',
          ConfigurationUpdates,
        }),
      ]
    },
  },
  'AWS::Athena::NamedQuery': {
    noun: 'saved query of Athena',
    nameOf: named('Name'),
    cosmetic: ['Name', 'Description', 'Database', 'WorkGroup', 'QueryString'],
    harm: 'People look at less.',
    restore: ({ properties, physicalId: id }, { region, actual }) => [
      actual === undefined || String(actual.WorkGroup) !== String(properties.WorkGroup)
        ? awsCliJson('athena create-named-query', region, properties)
        : awsCliJson('athena update-named-query', region, {
            NamedQueryId: id,
            ...without(properties, 'Database', 'WorkGroup'),
          }),
    ],
  },
  'AWS::Glue::Database': {
    noun: 'database of Glue',
    nameOf: ({ properties }) => String(objectOf(properties.DatabaseInput).Name),
    cosmetic: ['DatabaseInput'],
    harm: 'The tables over the logs are in it: without it nobody can ask them.',
    restore: ({ properties: { CatalogId, DatabaseInput } }, { region, actual }) => [
      actual === undefined
        ? awsCli('glue create-database', region, { 'catalog-id': CatalogId, 'database-input': DatabaseInput })
        : awsCli('glue update-database', region, {
            'catalog-id': CatalogId,
            name: objectOf(DatabaseInput).Name,
            'database-input': DatabaseInput,
          }),
    ],
  },
  'AWS::Glue::Table': {
    noun: 'table',
    nameOf: ({ properties }) => `${String(properties.DatabaseName)}.${String(objectOf(properties.TableInput).Name)}`,
    derived: ({ properties }) => tableFacts(objectOf(properties.TableInput)),
    ignored: ['TableInput'],
    harm: 'Queries fail, or answer without a part of the logs, and do not say so.',
    restore: ({ properties: { CatalogId, DatabaseName, TableInput } }, { region, actual }) => [
      awsCli(actual === undefined ? 'glue create-table' : 'glue update-table', region, {
        'catalog-id': CatalogId,
        'database-name': DatabaseName,
        'table-input': TableInput,
      }),
    ],
  },
  'AWS::CloudWatch::AnomalyDetector': {
    noun: 'anomaly detector',
    nameOf: ({ properties: { MetricName, Dimensions } }) =>
      [
        MetricName,
        ...listOf(Dimensions)
          .map(objectOf)
          .map(({ Value }) => Value),
      ].join(' '),
    harm: 'Its alarm does not know what is usual, and tells nothing.',
    restore: ({ properties }, { region }) => [
      awsCliJson('cloudwatch put-anomaly-detector', region, { SingleMetricAnomalyDetector: properties }),
    ],
  },
  'AWS::Logs::SubscriptionFilter': {
    noun: 'subscription of the log group',
    nameOf: named('LogGroupName'),
    harm: 'What AWS delivers to that group is not read, or not all of it.',
    restore: ({ properties }, { region }) => [
      awsCliJson('logs put-subscription-filter', region, objectOf(withSmallNames(properties))),
    ],
  },
}
