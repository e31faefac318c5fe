/** The forwarder functions as they are deployed, over HTTP to a server that plays S3 and CloudWatch Logs. */
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeTemplate } from '../../infra/template.ts'
import { startServer } from '../aws/http-server.ts'
import { defaultParameters } from '../infra/support/packaged.ts'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'

const CONTEXT = { awsRequestId: 'r-1', functionName: 'f', getRemainingTimeInMillis: () => 30_000 } as unknown as Context
const OBJECTS: Readonly<Record<string, Buffer>> = {
  'trail.json.gz': gzipSync(JSON.stringify({ Records: [...generateCloudTrail({ records: 3, seed: 1 })] })),
  '2026-03-17-08-30-00-0123456789ABCDEF': Buffer.from(
    [...generateAccessLogLines({ lines: 3, seed: 1, oddShare: 0 })].join('\n'),
  ),
}

interface Put {
  readonly logGroupName: string
  readonly logStreamName: string
  readonly logEvents: readonly { readonly message: string }[]
}

const stops: (() => Promise<void>)[] = []
beforeEach(() => void vi.resetModules())
afterEach(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

async function setUp() {
  const puts: Put[] = []
  const server = await startServer(({ method, url, headers, body }, response) => {
    if (method === 'GET') {
      const object = OBJECTS[decodeURIComponent(new URL(url, 'http://s3').pathname.split('/').at(-1)!)]!
      response.writeHead(200, { 'content-length': object.byteLength, etag: '"1"' })
      return response.end(object)
    }
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body
    if (String(headers['x-amz-target']).endsWith('.PutLogEvents')) puts.push(JSON.parse(text))
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end('{}')
  })
  stops.push(() => server.stop())
  const { endpoint, region, credentials } = server.config
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
  vi.stubEnv('AWS_REGION', region)
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
  vi.stubEnv('AWS_LAMBDA_LOG_STREAM_NAME', '2026/03/17/[$LATEST]0f1e2d3c')
  vi.stubEnv('BUCKETWATCH_STAGE', 'prod')
  const metrics: Record<string, unknown>[] = []
  // Powertools has a console of its own.
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    for (const line of String(text).split('\n')) if (line.includes('"_aws"')) metrics.push(JSON.parse(line))
    return true
  })
  return { puts, metrics }
}

const s3 = (key: string) => ({
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'amzn-s3-demo-logs' }, object: { key, size: 1 } },
    },
  ],
})

describe('a forwarder function', () => {
  test.each([
    ['cloudtrail', 'trail.json.gz', () => import('../../functions/cloudtrail.ts')],
    ['access-log', '2026-03-17-08-30-00-0123456789ABCDEF', () => import('../../functions/access-log.ts')],
  ] as const)('%s reads, delivers, and signs everything with its own name', async (name, key, load) => {
    const { puts, metrics } = await setUp()
    const { handler } = await load()
    expect(await handler(s3(key), CONTEXT)).toEqual({ objects: 1, ignored: 0 })

    expect(puts.map(({ logGroupName }) => logGroupName)).toEqual([
      `/bucketwatch/prod/${name}`,
      '/bucketwatch/prod/pipeline',
    ])
    for (const { logStreamName } of puts) {
      expect(logStreamName).toMatch(new RegExp(`^\\d{4}/\\d\\d/\\d\\d/${name}/0f1e2d3c$`))
    }
    expect(puts[0]!.logEvents).toHaveLength(3)
    const [receipt] = puts[1]!.logEvents.map(({ message }) => JSON.parse(message))
    expect(receipt).toMatchObject({ kind: 'receipt', function: name, status: 'ok', recordsIn: 3, delivered: 3 })
    expect(metrics).toMatchObject([
      { service: name, stage: 'prod', RecordsIn: 3, RecordsDelivered: 3, Objects: 1, ObjectsQuarantined: 0 },
    ])
  })

  test('has a name of its own where Lambda gives the instance none', async () => {
    const { puts } = await setUp()
    vi.stubEnv('AWS_LAMBDA_LOG_STREAM_NAME', undefined)
    const { handler } = await import('../../functions/cloudtrail.ts')
    await handler(s3('trail.json.gz'), CONTEXT)
    expect(puts[0]!.logStreamName).toMatch(/\/cloudtrail\/[0-9a-f]{8}-[0-9a-f-]{27}$/)
  })

  test('does not start with a setting that it does not know', async () => {
    await setUp()
    vi.stubEnv('BUCKETWATCH_DETIAL', 'full')
    await expect(import('../../functions/cloudtrail.ts')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('the stack', () => {
  test('every function of serverless.yml is a file in functions/, and every file is deployed', async () => {
    const { readdirSync, readFileSync } = await import('node:fs')
    const { parse } = await import('yaml')
    const { functions } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' })
    const replayResults = 'amzn-s3-demo-results'
    const template = await makeTemplate('dev', { ...defaultParameters(), replayResults })
    const all = Object.assign({}, ...functions.filter((one: unknown) => typeof one !== 'string'), template.functions)
    const deployed = Object.values<{ handler: string }>(all).map(({ handler }) => handler)
    const files = readdirSync('functions').map((file) => file.replace(/\.ts$/, ''))
    expect(deployed.toSorted()).toEqual(files.map((name) => `dist/functions/${name}.handler`).toSorted())
  })
})
