/** AWS behind the SDK's clients (aws-sdk-client-mock), obeying the documented limits. */
import { Readable } from 'node:stream'
import {
  CloudWatchLogsClient,
  CloudWatchLogsServiceException,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { type GetLogEventsInput, LogsPortError, type PutLogEventsInput } from '../../shared/contracts/ports.ts'
import { createMemoryLogs, type MemoryLogs } from '../../shared/local/memory-logs.ts'

const EXCEPTIONS = {
  notFound: { name: 'ResourceNotFoundException', status: 400, fault: 'client' },
  invalid: { name: 'InvalidParameterException', status: 400, fault: 'client' },
  throttled: { name: 'ThrottlingException', status: 400, fault: 'client' },
  unavailable: { name: 'ServiceUnavailableException', status: 503, fault: 'server' },
  denied: { name: 'AccessDeniedException', status: 400, fault: 'client' },
  other: { name: 'SomethingNewException', status: 400, fault: 'client' },
} as const

export function logsException(failure: keyof typeof EXCEPTIONS, message = 'told by the fake') {
  const { name, status, fault } = EXCEPTIONS[failure]
  return new CloudWatchLogsServiceException({ name, $fault: fault, message, $metadata: { httpStatusCode: status } })
}

/** A CloudWatch Logs client in front of `memory`; unlike our port, creating what exists is an exception. */
export function fakeLogsClient(memory: MemoryLogs): CloudWatchLogsClient {
  const client = new CloudWatchLogsClient({ region: 'eu-central-1' })
  const mock = mockClient(client)
  const answer = async <T>(call: () => Promise<T>) => {
    try {
      return await call()
    } catch (error) {
      throw error instanceof LogsPortError ? logsException(error.failure, error.message) : error
    }
  }
  const refuseExisting = (exists: boolean | undefined) => {
    if (exists !== true) return
    throw new CloudWatchLogsServiceException({
      name: 'ResourceAlreadyExistsException',
      $fault: 'client',
      message: 'The specified resource already exists',
      $metadata: { httpStatusCode: 400 },
    })
  }
  mock.on(PutLogEventsCommand).callsFake((input: PutLogEventsInput) => answer(() => memory.putLogEvents(input)))
  mock.on(GetLogEventsCommand).callsFake((input: GetLogEventsInput) =>
    answer(async () => {
      const { events, nextToken } = await memory.getLogEvents(input)
      // As AWS does: at the end comes the token that was given, or one more.
      return { events, nextForwardToken: nextToken ?? input.nextToken ?? String(events.length) }
    }),
  )
  mock.on(CreateLogGroupCommand).callsFake(({ logGroupName }) =>
    answer(async () => {
      refuseExisting(memory.groups.has(logGroupName))
      await memory.createLogGroup(logGroupName)
      return {}
    }),
  )
  mock.on(CreateLogStreamCommand).callsFake(({ logGroupName, logStreamName }) =>
    answer(async () => {
      refuseExisting(memory.groups.get(logGroupName)?.has(logStreamName))
      await memory.createLogStream(logGroupName, logStreamName)
      return {}
    }),
  )
  return client
}

export function fakeLogs(now: () => number) {
  const memory = createMemoryLogs({ now })
  return { memory, client: fakeLogsClient(memory) }
}

/** An S3 client over objects in memory: `<bucket>/<key>` → body. */
export function fakeS3Client(objects: ReadonlyMap<string, Uint8Array>): S3Client {
  const client = new S3Client({ region: 'eu-central-1' })
  mockClient(client)
    .on(GetObjectCommand)
    .callsFake(async ({ Bucket, Key }: { Bucket: string; Key: string }) => {
      const body = objects.get(`${Bucket}/${Key}`)
      if (Buffer.byteLength(Key) > 1_024) throw s3Exception('KeyTooLongError', 400)
      if (body === undefined) {
        const bucketExists = [...objects.keys()].some((name) => name.startsWith(`${Bucket}/`))
        throw s3Exception(bucketExists ? 'NoSuchKey' : 'NoSuchBucket', 404)
      }
      return { Body: Readable.from(pieces(body)), ContentLength: body.byteLength, ETag: '"0123"' }
    })
  return client
}

export function s3Exception(name: string, status: number) {
  return new S3ServiceException({
    name,
    $fault: 'client',
    message: `${name} told by the fake`,
    $metadata: { httpStatusCode: status },
  })
}

function* pieces(body: Uint8Array) {
  for (let at = 0; at < body.byteLength; at += 65_536) yield body.subarray(at, at + 65_536)
}
