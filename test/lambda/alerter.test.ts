/** The function as it is deployed, over HTTP to a server that plays CloudWatch Logs, DynamoDB and SNS. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createAwsAlerter } from '../../shared/lambda/alerter.ts'
import { alarmMessage, alertRule, logEvent, MINUTE, policyRecord, T } from '../alert/support.ts'
import { type Received, startServer } from '../aws/http-server.ts'

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

async function setUp(env: Readonly<Record<string, string>> = {}) {
  const items = new Map<string, Record<string, unknown>>()
  const json = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(body))
  }
  const server = await startServer(({ headers, body }: Received, response) => {
    const operation = String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1)
    if (operation === 'FilterLogEvents') {
      return json(response, 200, { events: [{ ...logEvent(T - MINUTE, policyRecord()), eventId: '1' }] })
    }
    if (operation === '') {
      response.writeHead(200, { 'content-type': 'text/xml' })
      return response.end('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>')
    }
    const request = JSON.parse(body)
    const id: string = (request.Key ?? request.Item).id.S
    const known = items.get(id)
    if (operation === 'GetItem') return json(response, 200, { Item: known })
    if (operation === 'PutItem') {
      if (request.ConditionExpression !== undefined && known !== undefined) {
        return json(response, 400, {
          __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
          Item: known,
        })
      }
      items.set(id, request.Item)
    }
    if (operation === 'UpdateItem') {
      const { ':status': status, ':expiry': expiration } = request.ExpressionAttributeValues
      items.set(id, { ...known, status, expiration })
    }
    if (operation === 'DeleteItem') items.delete(id)
    return json(response, 200, {})
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
    BUCKETWATCH_ALERT_RULES_FILE: rulesFile(JSON.stringify({ version: 1, rules: [alertRule()] })),
    ...env,
  }
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
  const published = () => server.requests.filter(({ body }) => body.startsWith('Action=Publish'))
  return { items, published }
}

const event = (Message: string) => ({ Records: [{ Sns: { Message, Timestamp: '2026-03-17T07:20:32.000Z' } }] })

describe('createAwsAlerter', () => {
  test('an alarm delivered twice is one alert, its end another, and nothing is left open', async () => {
    const { items, published } = await setUp()
    const handler = createAwsAlerter()
    const alarm = event(alarmMessage(alertRule()))
    expect(await handler(alarm, CONTEXT)).toEqual({ responses: ['alarm'] })
    await handler(alarm, CONTEXT)
    expect(published()).toHaveLength(1)
    expect([...items.keys()].filter((id) => id.startsWith('bucketwatch-incident#'))).toHaveLength(1)

    const over = event(alarmMessage(alertRule(), { from: 'ALARM', to: 'OK', at: T + 20 * MINUTE }))
    expect(await handler(over, CONTEXT)).toEqual({ responses: ['closed'] })
    expect([...items.keys()].filter((id) => id.startsWith('bucketwatch-incident#'))).toEqual([])
    const [first, last] = published().map(({ body }) => new URLSearchParams(body))
    expect(first?.get('Subject')).toBe(
      '[HIGH] Bucket policy made public: amzn-s3-demo-customer-data by user legacy-report-export',
    )
    expect(JSON.parse(last?.get('Message') ?? '').email).toContain('(20 minutes)')
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
