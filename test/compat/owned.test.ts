import { expect, test } from 'vitest'
import { readOwned } from '../../shared/compat/owned.ts'

const read = (text: string, file = 'f') => {
  const { owned, problems } = readOwned(text, file)
  return { found: owned.map(({ kind, name, text: body }) => [kind, name, body]), problems }
}
const PATTERN = '{ $.eventName = "StopLogging" }'

test('one a line, with comments, patterns and queries', () => {
  const text = `# ours\n${PATTERN}\r\n\nAccessDenied -Success\nfields a | filter a = 1\n`
  expect(read(text)).toEqual({
    found: [
      ['pattern', 'line 2', PATTERN],
      ['pattern', 'line 4', 'AccessDenied -Success'],
      ['query', 'line 5', 'fields a | filter a = 1'],
    ],
    problems: [],
  })
  expect(read(PATTERN).found).toEqual([['pattern', 'line 1', PATTERN]])
})

test('what the aws command prints', () => {
  const filters = {
    metricFilters: [
      { filterName: 'stop', filterPattern: PATTERN, metricTransformations: [{ metricName: 'm', metricValue: '1' }] },
      { filterName: 'all', filterPattern: '' },
    ],
  }
  expect(read(JSON.stringify(filters)).found).toEqual([
    ['pattern', 'stop', PATTERN],
    ['pattern', 'all', ''],
  ])
  const queries = { queryDefinitions: [{ queryDefinitionId: '1', name: 'q', queryString: 'stats count(*) by a' }] }
  expect(read(JSON.stringify(queries)).found).toEqual([['query', 'q', 'stats count(*) by a']])
  const sql = { queryDefinitions: [{ name: 'q', queryLanguage: 'SQL', queryString: 'SELECT 1' }] }
  expect(read(JSON.stringify(sql))).toEqual({ found: [], problems: ['q: a query in SQL.'] })
})

test('CloudFormation, as YAML with its tags and as JSON', () => {
  const yaml = `Resources:
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: { IsLogging: true }
  Stop:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Ref Group
      FilterPattern: !Sub '{ $.recipientAccountId = "\${AWS::AccountId}" && $.x = "\${Name}" }'
  Elsewhere:
    Type: AWS::Logs::MetricFilter
    Properties:
      FilterPattern: !Join ['', [a, b]]
  Query:
    Type: AWS::Logs::QueryDefinition
    Properties: { Name: ours, QueryString: 'stats count(*) by a' }
`
  expect(read(yaml)).toEqual({
    found: [
      ['pattern', 'Stop', '{ $.recipientAccountId = "111122223333" && $.x = "example" }'],
      ['query', 'ours', 'stats count(*) by a'],
    ],
    problems: ['Elsewhere: FilterPattern is no text.'],
  })
  const json = {
    Resources: { S: { Type: 'AWS::Logs::SubscriptionFilter', Properties: { FilterPattern: { 'Fn::Sub': 'x' } } } },
  }
  expect(read(JSON.stringify(json)).found).toEqual([['pattern', 'S', 'x']])
})

test('Terraform', () => {
  const text = String.raw`resource "aws_cloudwatch_log_metric_filter" "root" {
  name    = "root"
  pattern = "{ $.userIdentity.type = \"Root\" && $.a = \"${'$'}{var.a}\" }"
}
# pattern = "commented"
resource "aws_cloudwatch_log_subscription_filter" "sub" {
  filter_pattern = <<EOT
${PATTERN}
EOT
}
resource "aws_cloudwatch_log_metric_filter" "other" {
  pattern = var.pattern
}
resource "aws_cloudwatch_query_definition" "query" {
  query_string = "fields a\n| filter a = 1"
}
`
  expect(read(text)).toEqual({
    found: [
      ['pattern', 'root', '{ $.userIdentity.type = "Root" && $.a = "example" }'],
      ['pattern', 'sub', PATTERN],
      ['query', 'query', 'fields a\n| filter a = 1'],
    ],
    problems: ['other: pattern is no text but var.pattern.'],
  })
})

test('lists and names, JSON and YAML', () => {
  expect(read(JSON.stringify([PATTERN, 'stats count(*) by a'])).found).toEqual([
    ['pattern', 'item 1', PATTERN],
    ['query', 'item 2', 'stats count(*) by a'],
  ])
  expect(read(`stop: '${PATTERN}'\nresource-x: '{ $.a = 1 }'\n`).found).toEqual([
    ['pattern', 'stop', PATTERN],
    ['pattern', 'resource-x', '{ $.a = 1 }'],
  ])
  expect(read(`- name: one\n  pattern: '${PATTERN}'\n`).found).toEqual([['pattern', 'one', PATTERN]])
})

test('nothing is nothing', () => {
  expect(read('')).toEqual({ found: [], problems: [] })
  expect(read('{"metricFilters":[]}')).toEqual({ found: [], problems: [] })
  expect(read('Resources:\n  B: { Type: "AWS::S3::Bucket" }\n')).toEqual({ found: [], problems: [] })
})
