import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation'
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetAlarmMuteRuleCommand,
  ListAlarmMuteRulesCommand,
} from '@aws-sdk/client-cloudwatch'
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
})
