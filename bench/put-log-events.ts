import { PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { createLogsClient } from '../shared/aws/clients.ts'
import { createCloudWatchLogs } from '../shared/aws/logs.ts'
import { createCloudTrailNormalizer } from '../shared/cloudtrail/normalize.ts'
import type { LogEvent } from '../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { logEventBytes, PUT_LOG_EVENTS_LIMITS } from '../shared/forward/batch.ts'
import { generateCloudTrailText } from '../test/support/generate.ts'

const LIMIT = 0.6
const CALLS = 30
const ROUNDS = 7

/** The CPU of one full PutLogEvents call, up to the socket: ours against the SDK's own serializer, in turn. */
export async function benchPutLogEvents(): Promise<void> {
  const client = createLogsClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    requestHandler: { handle: async () => ({ response: { statusCode: 200, headers: {}, body: Buffer.from('{}') } }) },
  })
  const logs = createCloudWatchLogs({ client })
  const input = { logGroupName: '/bucketwatch/bench/cloudtrail', logStreamName: 'bench', logEvents: fullBatch() }
  const paths = {
    sdk: () => client.send(new PutLogEventsCommand(input)),
    ours: () => logs.putLogEvents(input),
  }
  const least = { sdk: Number.POSITIVE_INFINITY, ours: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ['sdk', 'ours'] as const) least[name] = Math.min(least[name], await cpuMs(paths[name]))
  }
  const ratio = least.ours / least.sdk
  console.log(`\nPutLogEvents: a batch of ${input.logEvents.length} log events, signed (CPU up to the socket)`)
  console.log(`  ${least.ours.toFixed(2)} ms a call; the SDK's own ${least.sdk.toFixed(2)} ms`)
  console.log(`  ${ratio <= LIMIT ? 'reached ' : 'MISSED  '} CPU ÷ the SDK's: ${ratio.toFixed(2)} (target ≤ ${LIMIT})`)
}

async function cpuMs(call: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage()
  for (let index = 0; index < CALLS; index += 1) await call()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000 / CALLS
}

function fullBatch(): LogEvent[] {
  const normalize = createCloudTrailNormalizer({
    environment: EMPTY_ENVIRONMENT,
    detail: 'lean',
    capBytes: 8192,
    now: Date.now,
  })
  const logEvents: LogEvent[] = []
  let bytes = 0
  for (const text of generateCloudTrailText({ records: 10_000, seed: 1 })) {
    const { message } = normalize(text)
    bytes += logEventBytes(message)
    if (bytes > PUT_LOG_EVENTS_LIMITS.maxBatchBytes) break
    logEvents.push({ timestamp: Date.now(), message })
  }
  return logEvents
}
