import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { changeConfiguration } from '../../shared/aws/change-configuration.ts'
import { createS3Client } from '../../shared/aws/clients.ts'
import {
  headBucket,
  putNotificationConfiguration,
  readBucketRegion,
  readNotificationConfiguration,
} from '../../shared/aws/notification-configuration.ts'
import { planConnect } from '../../shared/connect/plan.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { type Received, startServer } from './http-server.ts'

const BUCKET = 'amzn-s3-demo-bucket'
const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:bucketwatch-prod-cloudtrail'
const SIEM =
  '<TopicConfiguration><Id>siem</Id><Filter><S3Key><FilterRule><Name>Prefix</Name><Value>a+b/</Value></FilterRule></S3Key></Filter><Topic>arn:aws:sns:eu-central-1:111122223333:siem</Topic><Event>s3:ObjectRemoved:*</Event></TopicConfiguration>'
const document = (inside: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</NotificationConfiguration>`
/** What is inside the element, however its tag is written. */
const inside = (xml: string) =>
  /<NotificationConfiguration[^>]*>(.*)<\/NotificationConfiguration>/s.exec(xml)?.[1] ?? ''

const stops: (() => Promise<void>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

async function setUp(answer: (request: Received, response: ServerResponse) => void) {
  const server = await startServer(answer)
  stops.push(() => server.stop())
  return { s3: createS3Client({ ...server.config, maxAttempts: 1 }), requests: server.requests }
}

function send(response: ServerResponse, status: number, body = '', headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers })
  response.end(body)
}

/** A bucket that keeps what is put. `afterPut` stands for somebody else. */
function bucketWith(initial: string, afterPut: (put: string) => string = (put) => put) {
  let current = initial
  return (request: Received, response: ServerResponse) => {
    if (request.method === 'PUT') {
      current = afterPut(inside(request.body))
      return send(response, 200)
    }
    send(response, 200, document(current))
  }
}

async function failure(call: Promise<unknown>): Promise<BucketwatchError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(BucketwatchError)
  return error as BucketwatchError
}

describe('reading', () => {
  it('an empty one', async () => {
    const clients = await setUp((_, response) => send(response, 200, document('')))
    expect(await readNotificationConfiguration(clients, BUCKET)).toEqual({ configuration: {}, unknownElements: [] })
  })

  it('what is there, and what the SDK drops', async () => {
    const pager = '<PagerConfiguration><Id>p</Id></PagerConfiguration>'
    const clients = await setUp((_, response) =>
      send(response, 200, document(`${SIEM}${pager}<EventBridgeConfiguration/>`)),
    )
    const { configuration, unknownElements } = await readNotificationConfiguration(clients, BUCKET)
    expect(configuration).toMatchObject({
      TopicConfigurations: [
        {
          Id: 'siem',
          TopicArn: 'arn:aws:sns:eu-central-1:111122223333:siem',
          Events: ['s3:ObjectRemoved:*'],
          Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'a+b/' }] } },
        },
      ],
    })
    expect(configuration.EventBridgeConfiguration).toBeDefined()
    expect(configuration).not.toHaveProperty('PagerConfiguration')
    expect(unknownElements).toEqual(['PagerConfiguration'])
  })

  it('an error, with the call that failed', async () => {
    const clients = await setUp((_, response) =>
      send(response, 403, '<Error><Code>AccessDenied</Code><Message>no</Message></Error>'),
    )
    const error = await failure(readNotificationConfiguration(clients, BUCKET))
    expect(error.code).toBe('AWS_CALL')
    expect(error.message).toContain('s3:GetBucketNotification: AccessDenied: no')
  })
})

describe('putting', () => {
  const configuration = planConnect(
    {},
    {
      stage: 'prod',
      kind: 'cloudtrail',
      destination: { arn: QUEUE },
      prefixes: ['AWSLogs/'],
    },
  ).after

  it('tests the destinations unless told not to', async () => {
    const clients = await setUp((_, response) => send(response, 200))
    await putNotificationConfiguration(clients, BUCKET, configuration)
    await putNotificationConfiguration(clients, BUCKET, configuration, true)
    expect(clients.requests.map(({ headers }) => headers['x-amz-skip-destination-validation'])).toEqual([
      undefined,
      'true',
    ])
    expect(clients.requests[0]?.url).toContain('?notification')
  })

  it('says which destination S3 could not reach', async () => {
    const clients = await setUp((_, response) =>
      send(
        response,
        400,
        `<Error><Code>InvalidArgument</Code><Message>Unable to validate the following destination configurations</Message><ArgumentName1>${QUEUE}, null</ArgumentName1><ArgumentValue1>Permissions on the destination queue do not allow S3 to publish notifications from this bucket</ArgumentValue1></Error>`,
      ),
    )
    const error = await failure(putNotificationConfiguration(clients, BUCKET, configuration))
    expect(error.code).toBe('CONNECT_REFUSED')
    expect(error.message).toContain('Unable to validate the following destination configurations')
    expect(error.message).toContain(QUEUE)
    expect(error.message).toContain('do not allow S3 to publish')
  })
})

describe('changing', () => {
  const sleep = async () => {}
  const connection = { stage: 'prod', kind: 'cloudtrail', destination: { arn: QUEUE }, prefixes: ['AWSLogs/'] } as const
  const planFor = async (clients: Parameters<typeof readNotificationConfiguration>[0]) =>
    planConnect((await readNotificationConfiguration(clients, BUCKET)).configuration, connection)

  it("keeps others' entries byte for byte on the wire", async () => {
    const clients = await setUp(bucketWith(SIEM))
    await changeConfiguration(clients, BUCKET, await planFor(clients), { sleep })
    const put = clients.requests.filter(({ method }) => method === 'PUT')
    expect(put).toHaveLength(1)
    // The same elements; their order inside an entry is the SDK's.
    const parts = (xml: string) =>
      [...xml.matchAll(/<(\w+)>([^<]+)</g)].map(([, name, text]) => `${name}=${text}`).sort()
    const [ours = '', theirs = ''] = [
      /<QueueConfiguration>.*<\/QueueConfiguration>/s,
      /<TopicConfiguration>.*<\/TopicConfiguration>/s,
    ].map((pattern) => pattern.exec(put[0]!.body)?.[0])
    expect(parts(theirs)).toEqual(parts(SIEM))
    expect(parts(ours)).toEqual([
      'Event=s3:ObjectCreated:*',
      'Id=bucketwatch-prod-cloudtrail',
      'Name=prefix',
      `Queue=${QUEUE}`,
      'Value=AWSLogs/',
    ])
    expect((await planFor(clients)).changed).toBe(false)
  })

  it('puts nothing where somebody else wrote since it was shown', async () => {
    let current = ''
    const clients = await setUp((_, response) => send(response, 200, document(current)))
    const plan = await planFor(clients)
    current = SIEM
    const error = await failure(changeConfiguration(clients, BUCKET, plan, { sleep }))
    expect(error.code).toBe('CONNECT_RACE')
    expect(clients.requests.some(({ method }) => method === 'PUT')).toBe(false)
  })

  it('tells that somebody else wrote at the same time', async () => {
    const clients = await setUp(bucketWith('', () => SIEM))
    const error = await failure(changeConfiguration(clients, BUCKET, await planFor(clients), { sleep }))
    expect(error.code).toBe('CONNECT_RACE')
    expect(error.details.differences).toEqual([
      expect.stringMatching(/^missing: queue .*bucketwatch-prod-cloudtrail/),
      expect.stringMatching(/^unexpected: topic .*siem/),
    ])
  })

  it('waits for S3 to show the new one', async () => {
    let reads = 0
    let current = ''
    const clients = await setUp((request, response) => {
      if (request.method === 'PUT') {
        current = inside(request.body)
        reads = 0
        return send(response, 200)
      }
      reads += 1
      send(response, 200, document(reads > 2 ? current : ''))
    })
    const plan = planConnect({}, connection)
    const slept: number[] = []
    await changeConfiguration(clients, BUCKET, plan, { sleep: async (ms) => slept.push(ms) })
    expect(slept).toEqual([1000, 1000])
  })
})

describe('the bucket', () => {
  const location = (name: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${name}</LocationConstraint>`

  it.each([
    ['told by HeadBucket', { 'x-amz-bucket-region': 'eu-north-1' }, '', 'eu-north-1'],
    ['no constraint', {}, location(''), 'us-east-1'],
    ['the old name', {}, location('EU'), 'eu-west-1'],
    ['a constraint', {}, location('ap-south-1'), 'ap-south-1'],
  ])('Region: %s', async (_, headers, body, expected) => {
    const clients = await setUp((request, response) =>
      request.method === 'HEAD' ? send(response, 200, '', headers) : send(response, 200, body),
    )
    expect(await readBucketRegion(clients, BUCKET)).toBe(expected)
  })

  it.each([
    [404, 'does not exist'],
    [403, 'may not be looked at'],
  ])('HeadBucket %s: %s', async (status, text) => {
    const clients = await setUp((_, response) => send(response, status))
    const error = await failure(headBucket(clients, BUCKET, '111122223333'))
    expect(error.message).toContain(text)
    expect(error.details.status).toBe(status)
    expect(clients.requests[0]?.headers['x-amz-expected-bucket-owner']).toBe('111122223333')
  })
})
