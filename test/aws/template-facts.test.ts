import { AthenaClient, GetNamedQueryCommand, GetWorkGroupCommand } from '@aws-sdk/client-athena'
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation'
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  DescribeAnomalyDetectorsCommand,
  GetAlarmMuteRuleCommand,
  ListAlarmMuteRulesCommand,
} from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient, DescribeSubscriptionFiltersCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetDatabaseCommand, GetTableCommand, GlueClient } from '@aws-sdk/client-glue'
import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda'
import { SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { createAdminClients } from '../../shared/aws/admin-clients.ts'
import { fetchTemplateFacts } from '../../shared/aws/template-facts.ts'
import { checkTemplate } from '../../shared/doctor/check-template.ts'

const REGION = 'eu-west-1'
const NAME = 'bucketwatch-prod'
const mocks = {
  athena: mockClient(AthenaClient),
  glue: mockClient(GlueClient),
  logs: mockClient(CloudWatchLogsClient),
  cloudFormation: mockClient(CloudFormationClient),
  cloudWatch: mockClient(CloudWatchClient),
  lambda: mockClient(LambdaClient),
  sqs: mockClient(SQSClient),
}
const clients = createAdminClients({ region: REGION })

beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset()
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: NAME,
        StackId: `arn:aws:cloudformation:${REGION}:111122223333:stack/${NAME}/1234`,
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
      },
    ],
  })
})

function stackOf(resources: Record<string, { Type: string; Properties: object }>) {
  mocks.cloudFormation.on(GetTemplateCommand).resolves({ TemplateBody: JSON.stringify({ Resources: resources }) })
  const all = Object.entries(resources).map(([LogicalResourceId, { Type }]) => ({
    LogicalResourceId,
    PhysicalResourceId: `${NAME}-${LogicalResourceId}`,
    ResourceType: Type,
    ResourceStatus: 'CREATE_COMPLETE' as const,
    LastUpdatedTimestamp: new Date(0),
  }))
  // One a page.
  mocks.cloudFormation.on(ListStackResourcesCommand).callsFake(({ NextToken = '0' }: { NextToken?: string }) => ({
    StackResourceSummaries: [all[Number(NextToken)]],
    ...(Number(NextToken) + 1 < all.length && { NextToken: String(Number(NextToken) + 1) }),
  }))
}

async function look(): Promise<string[]> {
  const facts = await fetchTemplateFacts(clients, { stackName: NAME, prefix: NAME, region: REGION })
  return facts === undefined ? [] : checkTemplate(facts).map(({ level, what }) => `${level} ${what}`)
}

const alarm = (name: string) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { AlarmName: `${NAME}-${name}`, Threshold: 0, Dimensions: [] },
})

describe('fetchTemplateFacts', () => {
  it('knows no stack that is not there', async () => {
    mocks.cloudFormation.on(DescribeStacksCommand).rejects(new Error(`Stack with id ${NAME} does not exist`))
    expect(await fetchTemplateFacts(clients, { stackName: NAME, prefix: NAME, region: REGION })).toBeUndefined()
  })

  it('says so where it may not see the template, or cannot read it', async () => {
    mocks.cloudFormation.on(ListStackResourcesCommand).resolves({})
    mocks.cloudFormation.on(GetTemplateCommand).resolves({ TemplateBody: 'Resources: {}' })
    expect(await look()).toEqual([
      expect.stringMatching(/^warn Could not look at the template: .*the template is not JSON$/),
    ])
    mocks.cloudFormation.on(GetTemplateCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }))
    expect(await look()).toEqual([
      expect.stringMatching(/^warn Could not look at the template: .*cloudformation:GetTemplate: AccessDenied: no$/),
    ])
  })

  it('sees mute rules of the alarms, over pages of both', async () => {
    stackOf({ One: alarm('one'), Two: alarm('two') })
    mocks.cloudWatch
      .on(DescribeAlarmsCommand)
      .callsFake(({ NextToken }: { NextToken?: string }) =>
        NextToken === undefined
          ? { MetricAlarms: [{ AlarmName: `${NAME}-one`, Threshold: 0, ActionsEnabled: true }], NextToken: 'more' }
          : { MetricAlarms: [{ AlarmName: `${NAME}-two`, Threshold: 0, ActionsEnabled: true }] },
      )
    mocks.cloudWatch.on(ListAlarmMuteRulesCommand).resolves({
      AlarmMuteRuleSummaries: [{ AlarmMuteRuleArn: `arn:aws:cloudwatch:${REGION}:111122223333:alarm-mute-rule:night` }],
    })
    mocks.cloudWatch.on(GetAlarmMuteRuleCommand).resolves({ MuteTargets: { AlarmNames: [`${NAME}-two`] } })
    expect(await look()).toEqual([
      'ok 1 of 2 resources are as the template says.',
      `warn The alarm ${NAME}-two has more than the template says: MuteRules has night, the template has not.`,
    ])
  })

  it('takes what Lambda fills in for what it is', async () => {
    stackOf({
      Alert: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: 'alert', Qualifier: '$LATEST', MaximumRetryAttempts: 2 },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          FunctionName: 'arn:aws:lambda:eu-west-1:111122223333:function:alert',
          EventSourceArn: 'arn:q',
          BatchSize: 10,
          Enabled: true,
        },
      },
    })
    mocks.lambda.on(GetFunctionEventInvokeConfigCommand).resolves({
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: {}, OnSuccess: {} },
    })
    // Deployed again by hand: another UUID.
    mocks.lambda.on(ListEventSourceMappingsCommand, { FunctionName: 'alert' }).resolves({
      EventSourceMappings: [
        { UUID: 'another', EventSourceArn: 'arn:q', BatchSize: 10, State: 'Updating', FilterCriteria: { Filters: [] } },
      ],
    })
    expect(await look()).toEqual(['ok 2 of 2 resources are as the template says.'])
  })

  it('names what it may not read, and what it has no comparison for', async () => {
    stackOf({
      Alert: { Type: 'AWS::Lambda::Function', Properties: {} },
      Other: { Type: 'AWS::Example::Thing', Properties: {} },
    })
    mocks.lambda
      .on(GetFunctionConfigurationCommand)
      .rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }))
    expect(await look()).toEqual([
      expect.stringMatching(/^warn Not compared: Alert: .*lambda:GetFunctionConfiguration: AccessDeniedException: no$/),
      'warn Not compared: Other: there is no comparison for AWS::Example::Thing yet',
    ])
  })

  describe('what only a parameter brings', () => {
    const column = (Name: string) => ({ Name, Type: 'string' })
    const table = {
      Name: 'access_log',
      TableType: 'EXTERNAL_TABLE',
      Parameters: { EXTERNAL: 'TRUE' },
      PartitionKeys: [],
      StorageDescriptor: {
        Columns: [column('bucketowner'), column('bucket_name')],
        Location: 's3://amzn-s3-demo-access/logs/',
        InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        SerdeInfo: { SerializationLibrary: 'RegexSerDe', Parameters: { 'input.regex': '^(.*)$' } },
      },
    }
    const resources = {
      Database: {
        Type: 'AWS::Glue::Database',
        Properties: { CatalogId: '111122223333', DatabaseInput: { Name: 'bucketwatch_prod', Description: 'Logs' } },
      },
      Group: {
        Type: 'AWS::Athena::WorkGroup',
        Properties: {
          Name: NAME,
          Description: 'x',
          RecursiveDeleteOption: true,
          WorkGroupConfiguration: {
            BytesScannedCutoffPerQuery: 100_000_000_000,
            EnforceWorkGroupConfiguration: true,
            EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
          },
        },
      },
      Query: {
        Type: 'AWS::Athena::NamedQuery',
        Properties: { Name: 'Deletes', Database: 'bucketwatch_prod', WorkGroup: NAME, QueryString: 'SELECT 1' },
      },
      Table: {
        Type: 'AWS::Glue::Table',
        Properties: { CatalogId: '111122223333', DatabaseName: 'bucketwatch_prod', TableInput: table },
      },
      Detector: {
        Type: 'AWS::CloudWatch::AnomalyDetector',
        Properties: {
          Namespace: 'AWS/S3',
          MetricName: 'AllRequests',
          Stat: 'Sum',
          Dimensions: [{ Name: 'BucketName', Value: 'amzn-s3-demo-bucket' }],
        },
      },
      Subscription: {
        Type: 'AWS::Logs::SubscriptionFilter',
        Properties: { FilterName: 'f', LogGroupName: 'theirs', FilterPattern: '', DestinationArn: 'arn:function' },
      },
    }
    /** With what the services fill in by themselves. */
    const answered = (limit = 100_000_000_000, more: object = {}) => {
      mocks.athena.on(GetWorkGroupCommand).resolves({
        WorkGroup: {
          Name: NAME,
          Description: 'x',
          State: 'ENABLED',
          CreationTime: new Date(0),
          Configuration: {
            BytesScannedCutoffPerQuery: limit,
            EnforceWorkGroupConfiguration: true,
            RequesterPaysEnabled: false,
            EngineVersion: {
              SelectedEngineVersion: 'Athena engine version 3',
              EffectiveEngineVersion: 'Athena engine version 3',
            },
          },
        },
      })
      mocks.athena.on(GetNamedQueryCommand).resolves({
        NamedQuery: {
          NamedQueryId: `${NAME}-Query`,
          Name: 'Deletes',
          Database: 'bucketwatch_prod',
          WorkGroup: NAME,
          QueryString: 'SELECT 1',
        },
      })
      mocks.glue.on(GetDatabaseCommand).resolves({
        Database: { Name: 'bucketwatch_prod', Description: 'Logs', CatalogId: '111122223333', CreateTime: new Date(0) },
      })
      mocks.glue.on(GetTableCommand).resolves({
        Table: {
          ...table,
          CreateTime: new Date(0),
          Retention: 0,
          Parameters: { ...table.Parameters, transient_lastDdlTime: '1' },
          ...more,
        },
      })
      mocks.cloudWatch.on(DescribeAnomalyDetectorsCommand).resolves({
        AnomalyDetectors: [
          { SingleMetricAnomalyDetector: { Stat: 'Average' } },
          { SingleMetricAnomalyDetector: { Stat: 'Sum' } },
        ],
      })
      mocks.logs.on(DescribeSubscriptionFiltersCommand).resolves({
        subscriptionFilters: [
          { filterName: 'others', filterPattern: 'x' },
          { filterName: 'f', filterPattern: '', destinationArn: 'arn:function', distribution: 'ByLogStream' },
        ],
      })
    }
    beforeEach(() => stackOf(resources))

    it('is as the template says, whatever the services fill in', async () => {
      answered()
      expect(await look()).toEqual(['ok 6 of 6 resources are as the template says.'])
    })

    it('a scan limit that somebody raised, a column that is elsewhere, lines that are skipped', async () => {
      answered(1e15, {
        StorageDescriptor: { ...table.StorageDescriptor, Columns: [column('bucket_name'), column('bucketowner')] },
        Parameters: { 'skip.header.line.count': '1' },
      })
      expect(await look()).toEqual([
        'ok 4 of 6 resources are as the template says.',
        `fail The workgroup of Athena ${NAME} is not as the template says: WorkGroupConfiguration.BytesScannedCutoffPerQuery is 1000000000000000, the template says 100000000000.`,
        expect.stringMatching(
          /^fail The table bucketwatch_prod\.access_log is not .*Columns\.1 bucket_name has string, .*Parameters\.EXTERNAL lacks TRUE; Parameters\.skip\.header\.line\.count has 1/,
        ),
      ])
    })

    it('each of them can be gone', async () => {
      const gone = (name: string) => Object.assign(new Error('was not found'), { name })
      mocks.athena.onAnyCommand().rejects(gone('InvalidRequestException'))
      mocks.glue.onAnyCommand().rejects(gone('EntityNotFoundException'))
      mocks.cloudWatch.on(DescribeAnomalyDetectorsCommand).resolves({})
      mocks.logs.on(DescribeSubscriptionFiltersCommand).rejects(gone('ResourceNotFoundException'))
      expect(await look()).toEqual([
        'fail The database of Glue bucketwatch_prod is gone.',
        `fail The workgroup of Athena ${NAME} is gone.`,
        'warn The saved query of Athena Deletes is gone.',
        'fail The table bucketwatch_prod.access_log is gone.',
        'fail The anomaly detector AllRequests amzn-s3-demo-bucket is gone.',
        'fail The subscription of the log group theirs is gone.',
      ])
    })
  })
})
