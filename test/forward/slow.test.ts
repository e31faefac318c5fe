/** Low and slow, by the shipped rules: a job that does the same every day is no news, whoever begins with it is. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { compileDetections } from '../../shared/detection/compile.ts'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import {
  accessLogLine,
  type Bucket,
  type Caller,
  iamUser,
  type S3ApiName,
  s3CloudTrailRecord,
} from '../support/log-shapes.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
const ACCOUNT = '111122223333'
const MONDAY = Date.UTC(2026, 2, 16)
const HOUR = 3_600_000
const detections = await loadDetections('infra/detections')
const BUCKET: Bucket = {
  name: 'amzn-s3-demo-bucket',
  region: 'eu-central-1',
  account: ACCOUNT,
  owner: '0'.repeat(64),
}

const user = (name: string): Caller =>
  iamUser({
    account: ACCOUNT,
    user: name,
    principalId: `AIDA${name.toUpperCase()}EXAMPLE`,
    accessKeyId: `AKIA${name.toUpperCase().padEnd(9, '0')}EXAMPLE`,
  })

interface Doing {
  readonly who: string
  readonly api: S3ApiName
  /** Of Monday. */
  readonly day: number
  readonly from: number
  readonly hours: number
  readonly perHour: number
  readonly bytes?: number
  readonly isSameKey?: boolean
}

/** Hits of what is done, in the order of time; an object an hour, CloudTrail's or access logs'. */
async function hitsOf(kind: 'cloudtrail' | 'access-log', all: readonly Doing[], settings = ''): Promise<Hit[]> {
  const read = parseSettings(settings === '' ? '{}' : settings, 'settings.yml')
  if (!read.ok) throw new Error('settings')
  const { rules } = compileHitRules(compileDetections({ detections, settings: read.value, stage: 'test' }))
  let clock = MONDAY
  const now = () => clock
  const bodies = new Map<string, Buffer>()
  const hits: Hit[] = []
  const pipeline = createPipeline({
    functionName: kind,
    instanceId: 'instance',
    config: readConfig({}),
    environment: EMPTY_ENVIRONMENT,
    store: {
      open: async ({ key }) => ({
        body: (async function* () {
          yield bodies.get(key)!
        })(),
      }),
    },
    logs: createMemoryLogs({ now }),
    state: createMemoryState({ now }),
    rules,
    hits: { put: async (more) => void hits.push(...more) },
    now,
    sleep: async () => {},
    random: () => 0.5,
    log: QUIET,
  })
  const hours = all
    .flatMap((doing) =>
      Array.from({ length: doing.hours }, (_, n) => ({
        ...doing,
        start: MONDAY + (doing.day * 24 + doing.from + n) * HOUR,
      })),
    )
    .sort((a, b) => a.start - b.start)
  for (const [index, { who, api, start, perHour, bytes = 40_000, isSameKey }] of hours.entries()) {
    clock = start + HOUR + 300_000
    const requests = Array.from({ length: perHour }, (_, n) => ({
      time: start + Math.floor((n * HOUR) / perHour),
      api,
      bucket: BUCKET,
      key: isSameKey === true ? 'config.json' : `${start}/${n}`,
      caller: user(who),
      sourceIp: '198.51.100.7',
      userAgent: 'aws-cli/2.22.12',
      requestId: `R${index}N${n}`,
      hostId: 'HOST',
      eventId: `E${index}N${n}`,
      status: api === 'GetObject' ? 200 : 204,
      totalTime: 12,
      ...(api === 'GetObject' ? { bytesOut: bytes, objectSize: bytes } : {}),
    }))
    const key =
      kind === 'cloudtrail'
        ? `AWSLogs/${ACCOUNT}/CloudTrail/eu-central-1/2026/03/16/${index}.json.gz`
        : `logs/2026-03-16-00-00-00-${String(index).padStart(16, '0')}`
    const body =
      kind === 'cloudtrail'
        ? gzipSync(JSON.stringify({ Records: requests.map(s3CloudTrailRecord) }))
        : Buffer.from(`${requests.map(accessLogLine).join('\n')}\n`)
    bodies.set(key, body)
    const { receipt } = await pipeline.process({ bucket: 'amzn-s3-demo-logs', key, eTag: key })
    expect(receipt.delivered).toBe(perHour)
    bodies.delete(key)
  }
  return hits
}

/** Who is told by which rule on which days. */
const told = (hits: readonly Hit[]) => [
  ...new Set(
    hits.map(
      ({ rule, principal, at }) => `${rule} ${principal.split('/')[1]} ${Math.floor((at - MONDAY) / (24 * HOUR))}`,
    ),
  ),
]

describe.each([
  ['cloudtrail', 'data'],
  ['access-log', 'sal'],
] as const)('%s', (kind, pack) => {
  it('tells of fifteen reads a minute, all night, and of a nightly job on its first two days only', async () => {
    const job = (day: number): Doing => ({ who: 'export', api: 'GetObject', day, from: 1, hours: 3, perHour: 2000 })
    const theft: Doing = { who: 'mallory', api: 'GetObject', day: 2, from: 20, hours: 8, perHour: 900 }
    expect(told(await hitsOf(kind, [job(0), job(1), job(2), theft, job(3)]))).toEqual([
      `${pack}-slow-read export 0`,
      `${pack}-slow-read export 1`,
      `${pack}-slow-read mallory 3`,
    ])
  })

  it('tells when the job takes more than three times as much', async () => {
    const job = (day: number, hours: number): Doing => ({
      who: 'export',
      api: 'GetObject',
      day,
      from: 1,
      hours,
      perHour: 1500,
    })
    expect(told(await hitsOf(kind, [job(0, 3), job(2, 3), job(4, 5), job(6, 12)]))).toEqual([
      `${pack}-slow-read export 0`,
      `${pack}-slow-read export 6`,
    ])
  })

  it('does not tell of one object that is read again and again', async () => {
    const poll: Doing = { who: 'app', api: 'GetObject', day: 0, from: 0, hours: 6, perHour: 1200, isSameKey: true }
    expect(told(await hitsOf(kind, [poll]))).toEqual([])
  })

  it('tells of slow deletes, and of bytes below what an hour may have', async () => {
    const wipe: Doing = { who: 'mallory', api: 'DeleteObject', day: 0, from: 8, hours: 10, perHour: 240 }
    const bytes: Doing = { who: 'trent', api: 'GetObject', day: 1, from: 0, hours: 12, perHour: 20, bytes: 150_000_000 }
    expect(told(await hitsOf(kind, [wipe, bytes]))).toEqual([
      `${pack}-slow-delete mallory 0`,
      `${pack}-slow-bytes trent 1`,
    ])
  })

  it('takes the count of the settings', async () => {
    const wipe: Doing = { who: 'mallory', api: 'DeleteObject', day: 0, from: 8, hours: 10, perHour: 240 }
    const settings = `detections: { rules: { ${pack}-slow-delete: { countThreshold: 5000 } } }`
    expect(told(await hitsOf(kind, [wipe], settings))).toEqual([])
  })
})
