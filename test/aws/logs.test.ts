import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { afterEach, describe, expect, test } from 'vitest'
import { createLogsClient } from '../../shared/aws/clients.ts'
import { createCloudWatchLogs } from '../../shared/aws/logs.ts'
import { type Received, startServer } from './http-server.ts'

const INPUT = { logGroupName: '/g', logStreamName: 's', logEvents: [{ timestamp: 1, message: 'ü' }] }

const stops: (() => Promise<void>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

async function setUp(answer: (request: Received, response: ServerResponse) => void) {
  const server = await startServer(answer)
  stops.push(() => server.stop())
  const { config, requests } = server
  return { logs: createCloudWatchLogs({ client: createLogsClient(config) }), requests, config }
}

const json =
  (status: number, body: unknown, headers = {}) =>
  (_: Received, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers })
    response.end(JSON.stringify(body))
  }
const refuse = (status: number, type: string) => json(status, { __type: type, message: 'told by the server' })

describe('createCloudWatchLogs', () => {
  test('sends the events as they are, and returns what was rejected', async () => {
    const info = { tooNewLogEventStartIndex: 3, tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 }
    const { logs, requests } = await setUp(json(200, { rejectedLogEventsInfo: info }))
    expect((await logs.putLogEvents(INPUT)).rejectedLogEventsInfo).toEqual(info)
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(INPUT)
    expect(requests[0]?.headers['x-amz-target']).toBe('Logs_20140328.PutLogEvents')
    expect(requests[0]?.headers['user-agent']).toMatch(/ app\/bucketwatch(?: |$)/)
  })

  test('the bytes on the wire say what the SDK would say', async () => {
    const { logs, requests, config } = await setUp(json(200, {}))
    const message = 'plain "quoted" \\ back\nline\u2028 \u0000 \u007f ü \u{1f4a3} </script>'
    const input = {
      logGroupName: '/bucketwatch/ü',
      logStreamName: 'a"b\\c',
      logEvents: [0, 1_773_800_000_123, Number.MAX_SAFE_INTEGER].map((timestamp) => ({ timestamp, message })),
    }
    await logs.putLogEvents(input)
    await createLogsClient(config).send(new PutLogEventsCommand(input))
    const [ours, theirs] = requests
    expect(JSON.parse(ours?.body ?? '')).toEqual(JSON.parse(theirs?.body ?? ''))
    const kept = ({ headers }: Received) =>
      Object.fromEntries(
        Object.entries(headers).filter(([name]) => !/^(amz-sdk-|x-amz-date|authorization|content-length)/.test(name)),
      )
    expect(kept(ours!)).toEqual(kept(theirs!))
    for (const { body, headers } of requests) {
      expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body))
      const digest = createHash('sha256').update(body).digest('hex')
      expect(headers['x-amz-content-sha256'] ?? digest).toBe(digest)
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*SignedHeaders=.*x-amz-target/)
    }
  })

  test('a call without an answer in time is unavailable', async () => {
    const { logs } = await setUp(() => {})
    await expect(logs.putLogEvents({ ...INPUT, timeoutMs: 20 })).rejects.toMatchObject({ failure: 'unavailable' })
  })

  test('reads a stream back, page by page, from its head', async () => {
    const pages: Record<string, unknown> = {
      first: { events: [{ timestamp: 1, message: 'ü', ingestionTime: 2 }], nextForwardToken: 'second' },
      second: { events: [], nextForwardToken: 'second' },
    }
    const { logs, requests } = await setUp((request, response) => {
      const { nextToken = 'first' } = JSON.parse(request.body) as { nextToken?: string }
      json(200, pages[nextToken])(request, response)
    })
    const input = { logGroupName: '/g', logStreamName: 's', startTime: 1, endTime: 3 }
    expect(await logs.getLogEvents(input)).toEqual({ events: [{ timestamp: 1, message: 'ü' }], nextToken: 'second' })
    expect(await logs.getLogEvents({ ...input, nextToken: 'second' })).toEqual({ events: [], nextToken: undefined })
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ ...input, startFromHead: true })
  })

  test.each([
    [400, 'ResourceNotFoundException', 'notFound'],
    [400, 'InvalidParameterException', 'invalid'],
    [400, 'SerializationException', 'invalid'],
    [413, 'RequestEntityTooLargeException', 'invalid'],
    [400, 'ThrottlingException', 'throttled'],
    [429, 'TooManyRequestsException', 'throttled'],
    [400, 'ServiceUnavailableException', 'unavailable'],
    [503, 'Anything', 'unavailable'],
    [500, 'InternalFailure', 'unavailable'],
    [400, 'OperationAbortedException', 'unavailable'],
    [400, 'AccessDeniedException', 'denied'],
    [400, 'UnrecognizedClientException', 'denied'],
    [400, 'ExpiredTokenException', 'denied'],
    [403, 'SomethingNew', 'denied'],
    [400, 'LimitExceededException', 'other'],
    [400, 'SomethingNew', 'other'],
  ])('%i %s → %s, after one call', async (status, type, failure) => {
    const { logs, requests } = await setUp(refuse(status, type))
    await expect(logs.putLogEvents(INPUT)).rejects.toMatchObject({ name: 'LogsPortError', failure })
    expect(requests).toHaveLength(1)
  })

  test('a broken connection is unavailable', async () => {
    const { logs } = await setUp((_, response) => response.destroy())
    await expect(logs.putLogEvents(INPUT)).rejects.toMatchObject({ failure: 'unavailable' })
  })

  test('a clock that is wrong: the SDK corrects it, and the call is worth another try', async () => {
    let count = 0
    const { logs, requests } = await setUp((request, response) => {
      const answer =
        ++count === 1 ? [400, { __type: 'InvalidSignatureException', message: 'Signature expired' }] : [200, {}]
      json(answer[0] as number, answer[1], { date: new Date(Date.now() + 3_600_000).toUTCString() })(request, response)
    })
    await expect(logs.putLogEvents(INPUT)).rejects.toMatchObject({ failure: 'unavailable' })
    await logs.putLogEvents(INPUT)
    const hours = requests.map(({ headers }) => String(headers['x-amz-date']))
    expect(hours[0]).not.toBe(hours[1])
  })

  test('creating what exists succeeds; other failures are told', async () => {
    const existing = await setUp(refuse(400, 'ResourceAlreadyExistsException'))
    await existing.logs.createLogGroup('/g')
    await existing.logs.createLogStream('/g', 's')
    const denied = await setUp(refuse(400, 'AccessDeniedException'))
    await expect(denied.logs.createLogGroup('/g')).rejects.toMatchObject({ failure: 'denied' })
    await expect(denied.logs.createLogStream('/g', 's')).rejects.toMatchObject({ failure: 'denied' })
  })
})
