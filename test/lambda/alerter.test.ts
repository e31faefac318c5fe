/** The function as it is deployed, over HTTP to a server that plays CloudWatch Logs, DynamoDB and SNS. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteItemCommand, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { Context } from 'aws-lambda'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createAwsAlerter } from '../../shared/lambda/alerter.ts'
import { DEFAULT_INCIDENT_SETTINGS } from '../../shared/settings/incidents.ts'
import { alarmMessage, alertRule, logEvent, MINUTE, policyRecord, T } from '../alert/support.ts'
import { type Received, startServer } from '../aws/http-server.ts'
import { call, hit } from '../incident/support.ts'
import { fakeDynamo } from '../ports/fake-dynamo.ts'

const CONTEXT = { awsRequestId: '1', getRemainingTimeInMillis: () => 30_000 } as Context
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:bucketwatch-prod-alerts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

function rulesFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'bucketwatch-alert-')), 'alert-rules.json')
  writeFileSync(file, text)
  return file
}

function commandOf(operation: string | undefined, input: never): never {
  if (operation === 'GetItem') return new GetItemCommand(input) as never
  if (operation === 'UpdateItem') return new UpdateItemCommand(input) as never
  return new DeleteItemCommand(input) as never
}

async function setUp(env: Readonly<Record<string, string>> = {}, secrets: Readonly<Record<string, string>> = {}) {
  const dynamo = fakeDynamo()
  const json = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(body))
  }
  const server = await startServer(({ headers, url, body }: Received, response) => {
    const operation = String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1)
    if (operation === 'FilterLogEvents') {
      return json(response, 200, { events: [{ ...logEvent(T - MINUTE, policyRecord()), eventId: '1' }] })
    }
    if (operation === 'GetParameter') {
      const { Name } = JSON.parse(body) as { Name: string }
      return json(response, 200, { Parameter: { Name, Value: secrets[Name] } })
    }
    if (operation === 'PutEvents') return json(response, 200, { FailedEntryCount: 0, Entries: [{ EventId: '1' }] })
    if (url === '/findings/import') return json(response, 200, { FailedCount: 0, SuccessCount: 1, FailedFindings: [] })
    if (operation === '') {
      response.writeHead(200, { 'content-type': 'text/xml' })
      return response.end('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>')
    }
    if (operation === 'PutLogEvents') return json(response, 200, {})
    const answered = (async () => dynamo.client.send(commandOf(operation, JSON.parse(body) as never)))()
    answered
      .then((answer) => json(response, 200, answer))
      .catch((error) => json(response, 400, { ...error, __type: `com.amazonaws.dynamodb.v20120810#${error.name}` }))
  })
  stops.push(() => server.stop())
  const { endpoint, region, credentials } = server.config
  const all: Readonly<Record<string, string>> = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    BUCKETWATCH_STAGE: 'prod',
    BUCKETWATCH_ALERTS_TOPIC_ARN: TOPIC,
    BUCKETWATCH_STATE_TABLE: 'bucketwatch-prod-idempotency',
    BUCKETWATCH_ALERT_RULES_FILE: rulesFile(
      JSON.stringify({ version: 1, rules: [alertRule()], incidents: DEFAULT_INCIDENT_SETTINGS }),
    ),
    ...env,
  }
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
  const published = () => server.requests.filter(({ body }) => body.startsWith('Action=Publish'))
  return { items: dynamo.items, published, server }
}

const event = (Message: string) => ({ Records: [{ Sns: { Message, Timestamp: '2026-03-17T07:20:32.000Z' } }] })

describe('createAwsAlerter', () => {
  test('an alarm delivered twice is one alert, its end is noted, and nothing is left open', async () => {
    const { items, published } = await setUp()
    const handler = createAwsAlerter()
    const alarm = event(alarmMessage(alertRule()))
    expect(await handler(alarm, CONTEXT)).toEqual({ responses: ['alarm'] })
    await handler(alarm, CONTEXT)
    expect(published()).toHaveLength(1)
    const open = () => [...items].filter(([id, item]) => id.startsWith('alarm#') && item.startedAt !== undefined)
    expect(open()).toHaveLength(1)

    const over = event(alarmMessage(alertRule(), { from: 'ALARM', to: 'OK', at: T + 20 * MINUTE }))
    expect(await handler(over, CONTEXT)).toEqual({ responses: ['noted'] })
    expect(open()).toEqual([])
    expect(published()).toHaveLength(1)
    const [first] = published().map(({ body }) => new URLSearchParams(body))
    expect(first?.get('Subject')).toBe(
      '[HIGH] Bucket policy made public: amzn-s3-demo-customer-data by user legacy-report-export',
    )
  })

  test('a hit is a finding: in the log group, and on the topic', async () => {
    const { published, server } = await setUp()
    const body = JSON.stringify(hit([call({ eventName: 'PutBucketPolicy' })]))
    const sqs = { Records: [{ messageId: '1', eventSource: 'aws:sqs', body }] }
    expect(await createAwsAlerter()(sqs, CONTEXT)).toEqual({ batchItemFailures: [] })
    expect(new URLSearchParams(published()[0]!.body).get('Subject')).toContain('by user mallory')
    const written = server.requests.filter(({ headers }) => String(headers['x-amz-target']).endsWith('.PutLogEvents'))
    const { logGroupName, logEvents } = JSON.parse(written[0]!.body)
    expect(logGroupName).toBe('/bucketwatch/prod/findings')
    expect(JSON.parse(logEvents[0].message)).toMatchObject({ kind: 'finding', event: 'opened', person: 'mallory' })
  })

  test('every target that is configured is told, whatever becomes of the others', async () => {
    const heard: string[] = []
    const webhook = await startServer(({ url }, response) => {
      heard.push(url)
      response.writeHead(url === '/teams' ? 500 : url === '/slack' ? 200 : 202).end('ok')
    })
    stops.push(() => webhook.stop())
    const secrets: Readonly<Record<string, string>> = {
      '/bucketwatch/prod/slack': `${webhook.config.endpoint}/slack`,
      '/bucketwatch/prod/teams': `${webhook.config.endpoint}/teams`,
      '/aws/reference/secretsmanager/pagerduty': 'R0'.padEnd(32, '7'),
    }
    const { published, server } = await setUp(
      {
        BUCKETWATCH_CHAT_TOPIC_ARN: TOPIC.replace('alerts', 'chat'),
        BUCKETWATCH_SLACK_WEBHOOK: '/bucketwatch/prod/slack',
        BUCKETWATCH_TEAMS_WEBHOOK: '/bucketwatch/prod/teams',
        BUCKETWATCH_PAGER_DUTY_KEY: 'secretsmanager:pagerduty',
        BUCKETWATCH_EVENT_BUS: 'security',
        BUCKETWATCH_SECURITY_HUB: 'true',
        BUCKETWATCH_TARGET_SEVERITIES: 'pagerduty=critical',
      },
      secrets,
    )
    const body = JSON.stringify(hit([call({ eventName: 'PutBucketPolicy' })]))
    const sqs = { Records: [{ messageId: '1', eventSource: 'aws:sqs', body }] }
    expect(await createAwsAlerter()(sqs, CONTEXT)).toEqual({ batchItemFailures: [] })
    expect(published().map(({ body }) => new URLSearchParams(body).get('TopicArn'))).toEqual([
      TOPIC,
      TOPIC.replace('alerts', 'chat'),
    ])
    // Teams is tried three times, and again by the schedule; the hit is only high, which is nothing for the pager.
    expect(heard.toSorted()).toEqual(['/slack', '/teams', '/teams', '/teams'])
    const called = server.requests.map(({ headers, url }) => String(headers['x-amz-target'] ?? url))
    expect(called.filter((call) => /PutEvents|findings.import/.test(call)).toSorted()).toEqual([
      '/findings/import',
      'AWSEvents.PutEvents',
    ])
  })

  test('without a table it works, as long as the instance lives', async () => {
    const { published } = await setUp({ BUCKETWATCH_STATE_TABLE: '', BUCKETWATCH_ALERT_RULES_FILE: '' })
    const handler = createAwsAlerter()
    await handler(event(alarmMessage(alertRule())), CONTEXT)
    await handler(event(alarmMessage(alertRule())), CONTEXT)
    expect(published()).toHaveLength(1)
  })

  test.each([
    ['no rules file', '/nowhere/alert-rules.json', 'cannot be read'],
    ['a damaged one', rulesFile('{"version":1'), 'is not JSON'],
  ])('%s stops the function from starting', async (_, file, message) => {
    await setUp({ BUCKETWATCH_ALERT_RULES_FILE: file })
    expect(createAwsAlerter).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    )
  })
})
