import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, describe, expect, test } from 'vitest'
import { createS3Client } from '../../shared/aws/clients.ts'
import { createS3ObjectStore, type S3ObjectAddress, type S3ObjectStoreOptions } from '../../shared/aws/s3.ts'
import type { OpenedObject } from '../../shared/contracts/ports.ts'
import { type Received, startServer } from './http-server.ts'

const BODY = Buffer.alloc(1_000_000, '0123456789abcdef')
const ADDRESS = { bucket: 'amzn-s3-demo-bucket', key: 'AWSLogs/a b/x.json.gz' }
const E_TAG = '"9b2cf535f27731c974343645a3985328"'

const stops: (() => Promise<void>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

async function setUp(
  answer: (request: Received, response: ServerResponse, count: number) => void,
  options: Partial<S3ObjectStoreOptions> = {},
) {
  let count = 0
  const server = await startServer((request, response) => answer(request, response, ++count))
  stops.push(() => server.stop())
  const slept: number[] = []
  const store = createS3ObjectStore({
    client: createS3Client({ ...server.config, maxAttempts: 1 }),
    sleep: async (ms) => {
      slept.push(ms)
    },
    ...options,
  })
  return { store, requests: server.requests, slept }
}

async function read({ body }: OpenedObject): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Serves BODY, by Range where asked, and cuts the connection after `cutAfter` bytes. */
function serve(request: Received, response: ServerResponse, cutAfter = Number.POSITIVE_INFINITY): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const part = BODY.subarray(from)
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': part.byteLength,
    etag: E_TAG,
    'x-amz-version-id': 'v7',
    ...(from > 0 && { 'content-range': `bytes ${from}-${BODY.byteLength - 1}/${BODY.byteLength}` }),
  })
  if (cutAfter >= part.byteLength) response.end(part)
  else response.write(part.subarray(0, cutAfter), () => response.destroy())
}

function refuse(status: number, code: string) {
  return (_: Received, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/xml' })
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>told by the server</Message></Error>`)
  }
}

describe('createS3ObjectStore', () => {
  test('reads an object; the key is encoded, the version and the ETag are asked for', async () => {
    const { store, requests } = await setUp((request, response) => serve(request, response))
    const address: S3ObjectAddress = { ...ADDRESS, versionId: 'v7', eTag: '9b2cf535f27731c974343645a3985328' }
    const opened = await store.open(address)
    expect(opened.contentLength).toBe(BODY.byteLength)
    expect((await read(opened)).equals(BODY)).toBe(true)
    expect(requests).toHaveLength(1)
    expect(requests[0]?.url).toBe('/amzn-s3-demo-bucket/AWSLogs/a%20b/x.json.gz?versionId=v7&x-id=GetObject')
    expect(requests[0]?.headers['if-match']).toBe(E_TAG)
    expect(requests[0]?.headers['user-agent']).toMatch(/ app\/bucketwatch(?: |$)/)
    // No checksum of the body is asked for, so none is computed.
    expect(requests[0]?.headers['x-amz-checksum-mode']).toBeUndefined()
  })

  test('a connection that breaks: resumed from where it was, of the same version and ETag', async () => {
    const { store, requests, slept } = await setUp((request, response, count) => {
      serve(request, response, count <= 2 ? 300_000 : undefined)
    })
    expect((await read(await store.open(ADDRESS))).equals(BODY)).toBe(true)
    const offsets = requests.map(({ headers }) => Number(/\d+/.exec(headers.range ?? '0')?.[0]))
    expect(offsets).toEqual([0, 300_000, 600_000])
    expect(requests.map(({ headers }) => headers['if-match'])).toEqual([undefined, E_TAG, E_TAG])
    expect(requests[1]?.url).toContain('versionId=v7')
    expect(slept).toEqual([100, 200])
  })

  test('broken after a single byte: resumed from the second', async () => {
    const { store, requests } = await setUp((request, response, count) => {
      serve(request, response, count === 1 ? 1 : undefined)
    })
    expect((await read(await store.open(ADDRESS))).equals(BODY)).toBe(true)
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1-'])
  })

  test('broken before the first byte of the body: begun again', async () => {
    const { store } = await setUp((request, response, count) => {
      if (count > 1) serve(request, response)
      else {
        response.writeHead(200, { 'content-length': BODY.byteLength, etag: E_TAG })
        response.flushHeaders()
        setImmediate(() => response.destroy())
      }
    })
    expect((await read(await store.open(ADDRESS))).equals(BODY)).toBe(true)
  })

  test('broken again and again: OBJECT_READ with the offset', async () => {
    const { store, requests } = await setUp((request, response) => serve(request, response, 1_000), { maxResumes: 3 })
    const opened = await store.open(ADDRESS)
    await expect(read(opened)).rejects.toMatchObject({
      code: 'OBJECT_READ',
      retryable: true,
      details: { ...ADDRESS, offset: 4_000, resumes: 3 },
    })
    expect(requests).toHaveLength(4)
  })

  test('broken before anyone reads: no uncaught error, the reader resumes', async () => {
    const { store } = await setUp((request, response, count) => serve(request, response, count === 1 ? 10 : undefined))
    const opened = await store.open(ADDRESS)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await read(opened)).equals(BODY)).toBe(true)
  })

  test('replaced meanwhile: OBJECT_READ instead of two halves of different objects', async () => {
    const { store } = await setUp((request, response, count) => {
      if (count === 1) serve(request, response, 1_000)
      else refuse(412, 'PreconditionFailed')(request, response)
    })
    await expect(read(await store.open(ADDRESS))).rejects.toMatchObject({
      code: 'OBJECT_READ',
      details: { awsError: 'PreconditionFailed' },
    })
  })

  test('a server that ignores Range: OBJECT_READ instead of the beginning twice', async () => {
    const { store } = await setUp((request, response, count) => {
      serve({ ...request, headers: {} }, response, count === 1 ? 1_000 : undefined)
    })
    const got: Uint8Array[] = []
    const opened = await store.open(ADDRESS)
    const reading = async () => {
      for await (const chunk of opened.body) got.push(chunk)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'OBJECT_READ' })
    expect(Buffer.concat(got)).toHaveLength(1_000)
  })

  describe('bodies that end as no HTTP body would', () => {
    function mocked(first: Readable) {
      const client = createS3Client({ region: 'eu-central-1' })
      const mock = mockClient(client)
      const whole = { ContentLength: BODY.byteLength, ETag: E_TAG }
      mock.on(GetObjectCommand).callsFakeOnce(async () => ({ ...whole, Body: first }))
      mock.on(GetObjectCommand, { Range: 'bytes=1000-' }).callsFake(async () => ({
        Body: Readable.from([BODY.subarray(1_000)]),
        ContentRange: `bytes 1000-${BODY.byteLength - 1}/${BODY.byteLength}`,
      }))
      mock.on(GetObjectCommand, { Range: undefined, IfMatch: E_TAG }).callsFake(async () => ({
        ...whole,
        Body: Readable.from([BODY]),
      }))
      return createS3ObjectStore({ client, sleep: async () => {} })
    }

    test('short, without an error: resumed', async () => {
      const store = mocked(Readable.from([BODY.subarray(0, 1_000)]))
      expect((await read(await store.open(ADDRESS))).equals(BODY)).toBe(true)
    })

    test('failed while nobody reads: the process goes on, the reader begins again', async () => {
      const body = new Readable({ read() {} })
      const store = mocked(body)
      const opened = await store.open(ADDRESS)
      body.destroy(new Error('broken'))
      await new Promise((resolve) => setImmediate(resolve))
      expect((await read(opened)).equals(BODY)).toBe(true)
    })
  })

  test('a reader that stops early ends the connection', async () => {
    let closed = false
    const { store } = await setUp((_, response) => {
      response.on('close', () => {
        closed = true
      })
      response.writeHead(200, { 'content-length': 10_000_000, etag: E_TAG })
      response.write(Buffer.alloc(1_000))
    })
    const { body } = await store.open(ADDRESS)
    for await (const _ of body) break
    await expect.poll(() => closed).toBe(true)
  })

  test.each([
    [404, 'NoSuchKey', 'OBJECT_NOT_FOUND'],
    [404, 'NoSuchBucket', 'OBJECT_NOT_FOUND'],
    [404, 'NoSuchVersion', 'OBJECT_NOT_FOUND'],
    [405, 'MethodNotAllowed', 'OBJECT_NOT_FOUND'],
    [400, 'KeyTooLongError', 'OBJECT_NOT_FOUND'],
    [403, 'AccessDenied', 'OBJECT_ACCESS_DENIED'],
    [403, 'InvalidAccessKeyId', 'OBJECT_ACCESS_DENIED'],
    [403, 'SomethingNew', 'OBJECT_ACCESS_DENIED'],
    [400, 'KMS.DisabledException', 'OBJECT_ACCESS_DENIED'],
    [400, 'ExpiredToken', 'OBJECT_ACCESS_DENIED'],
    [403, 'InvalidObjectState', 'OBJECT_ARCHIVED'],
    [503, 'SlowDown', 'OBJECT_READ'],
    [500, 'InternalError', 'OBJECT_READ'],
    [403, 'RequestTimeTooSkewed', 'OBJECT_READ'],
  ])('%i %s → %s', async (status, awsError, code) => {
    const { store } = await setUp(refuse(status, awsError))
    await expect(store.open(ADDRESS)).rejects.toMatchObject({
      name: 'BucketwatchError',
      code,
      retryable: true,
      details: { ...ADDRESS, awsError, httpStatus: status },
    })
  })

  test('no connection at all: OBJECT_READ', async () => {
    const { store } = await setUp((_, response) => response.destroy())
    await expect(store.open(ADDRESS)).rejects.toMatchObject({ code: 'OBJECT_READ' })
  })
})
