/** Puts the morning's events into the objects that AWS would deliver, each with its name and its time of delivery. */

import type { Bucket } from '../../test/support/log-shapes.ts'
import { accessLogBytes, isoTime } from '../../test/support/log-shapes.ts'
import type { Random } from '../../test/support/random.ts'
import { createRandom } from '../../test/support/random.ts'
import * as cast from './cast.ts'
import { at } from './cast.ts'
import { playIntrusion } from './intrusion.ts'
import { playOrdinary } from './ordinary.ts'
import type { AccessLogEntry, Script, TrailEntry } from './script.ts'
import { createScript } from './script.ts'

export type SampleKind = 'cloudtrail' | 'cloudtrail-digest' | 'cloudtrail-insight' | 'access-log' | 'unknown'

export interface SampleObject {
  readonly kind: SampleKind
  readonly bucket: string
  readonly key: string
  /** When the object was put, ms since the epoch. */
  readonly deliveredAt: number
  /** What it holds, not compressed. */
  readonly content: Uint8Array
  readonly gzip: boolean
  /** Only this share of the gzipped bytes is there: the tail is cut off. */
  readonly cutAt?: number | undefined
  /** Records or lines that were written into it. */
  readonly records: number
}

/** All objects of the sample morning, in order of delivery. Deterministic. */
export function buildObjects(): readonly SampleObject[] {
  const script = createScript(createRandom(1))
  playOrdinary(script, createRandom(2))
  playIntrusion(script, createRandom(3))
  const names = createRandom(4)
  const trail = trailObjects(script.trail, names)
  playDeliveries(script, trail)
  return [...trail, ...otherTrailObjects(names), ...accessLogObjects(script.accessLog, names)].sort(
    (a, b) => a.deliveredAt - b.deliveredAt || (a.key < b.key ? -1 : 1),
  )
}

const MINUTE = 60_000

/** File boundaries: CloudTrail writes about every five minutes when there is much, and less often when not. */
function slots(region: string): readonly number[] {
  const every = (from: string, to: string, minutes: number): number[] => {
    const times: number[] = []
    for (let time = at(from); time < at(to); time += minutes * MINUTE) times.push(time)
    return times
  }
  return region === cast.HOME_REGION
    ? [...every('06:00', '07:10', 10), ...every('07:10', '08:55', 5), ...every('08:55', '12:00', 10), at('12:00')]
    : [...every('06:00', '07:00', 30), ...every('07:00', '08:00', 15), ...every('08:00', '12:01', 30)]
}

/** The file that was damaged on its way: the ordinary ten minutes from 11:25. */
const DAMAGED_SLOT = at('11:25')
/** The file that repeats three records of the one before it, as CloudTrail may. */
const REPEATING_SLOT = at('11:05')

function trailObjects(entries: readonly TrailEntry[], random: Random): SampleObject[] {
  return [cast.HOME_REGION, cast.GLOBAL_REGION].flatMap((region) => {
    const bounds = slots(region)
    const ours = entries.filter((entry) => entry.region === region).sort((a, b) => a.time - b.time)
    return bounds.slice(0, -1).flatMap((start, i): SampleObject[] => {
      const end = bounds[i + 1]!
      const inSlot = ours.filter((entry) => entry.time >= start && entry.time < end)
      if (inSlot.length === 0) return []
      const repeated =
        region === cast.HOME_REGION && start === REPEATING_SLOT
          ? ours.filter((entry) => entry.time < start).slice(-3)
          : []
      const records = [...repeated, ...shuffledALittle(inSlot, random)].map((entry) => entry.record)
      const deliveredAt = end + random.int(110, 280) * 1000
      return [
        {
          kind: 'cloudtrail',
          bucket: cast.TRAIL_LOGS.name,
          key: trailKey('CloudTrail', region, deliveredAt, random),
          deliveredAt,
          content: Buffer.from(JSON.stringify({ Records: records })),
          gzip: true,
          cutAt: region === cast.HOME_REGION && start === DAMAGED_SLOT ? 0.6 : undefined,
          records: records.length,
        },
      ]
    })
  })
}

function trailKey(folder: string, region: string, deliveredAt: number, random: Random): string {
  const stamp = isoTime(deliveredAt).replaceAll(/[-:]/g, '').slice(0, 13)
  return `AWSLogs/${cast.ACCOUNT}/${folder}/${region}/2026/03/17/${cast.ACCOUNT}_${folder}_${region}_${stamp}Z_${random.upper(16)}.json.gz`
}

/** Logs are nearly in order of time. */
function shuffledALittle<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item, i) => ({ item, at: i + random.next() * 4 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** CloudTrail's own puts into the log bucket, and the forwarder's reads of them: that bucket is logged, too. */
function playDeliveries(script: Script, trail: readonly SampleObject[]): void {
  for (const { key, deliveredAt, content } of trail) {
    if (deliveredAt >= cast.MORNING_END) continue
    const size = Math.floor(content.length / 8)
    script.s3({
      time: deliveredAt,
      api: 'PutObject',
      bucket: cast.TRAIL_LOGS,
      key,
      caller: cast.CLOUDTRAIL_SERVICE,
      sourceIp: '-',
      userAgent: '-',
      bytesIn: size,
      objectSize: size,
    })
    script.s3({
      time: deliveredAt + 3000,
      api: 'GetObject',
      bucket: cast.TRAIL_LOGS,
      key,
      caller: cast.FORWARDER,
      sourceIp: cast.FORWARDER_IP,
      userAgent: 'aws-sdk-js/3.709.0 ua/2.1 os/linux#5.10.230 lang/js md/nodejs#24.11.0 api/s3#3.709.0',
      bytesOut: size,
      objectSize: size,
    })
  }
}

interface AccessLogFile {
  readonly bucket: Bucket
  /** Lines from here to there, by the time of the request. */
  readonly from: string
  readonly to: string
  readonly deliveredAt: string
  /** What stands before the time in the key. */
  readonly prefix: string
  /** Partitioned by event time: the key's clock is then 00-00-00. */
  readonly eventTimeKey?: boolean | undefined
  /** An export wrote it: gzipped, though its name does not say so. */
  readonly gzip?: boolean | undefined
}

const partitioned = (bucket: Bucket): string =>
  `partitioned/${cast.ACCOUNT}/${cast.HOME_REGION}/${bucket.name}/2026/03/17/`

const ACCESS_LOG_FILES: readonly AccessLogFile[] = [
  {
    bucket: cast.CUSTOMER_DATA,
    from: '06:00',
    to: '07:00',
    deliveredAt: '07:24:18',
    prefix: partitioned(cast.CUSTOMER_DATA),
  },
  {
    bucket: cast.CUSTOMER_DATA,
    from: '07:00',
    to: '08:00',
    deliveredAt: '08:41:07',
    prefix: partitioned(cast.CUSTOMER_DATA),
  },
  {
    bucket: cast.CUSTOMER_DATA,
    from: '08:00',
    to: '08:12',
    deliveredAt: '09:02:40',
    prefix: partitioned(cast.CUSTOMER_DATA),
  },
  {
    bucket: cast.CUSTOMER_DATA,
    from: '08:12',
    to: '08:30',
    deliveredAt: '09:37:52',
    prefix: partitioned(cast.CUSTOMER_DATA),
  },
  {
    bucket: cast.BACKUPS,
    from: '06:00',
    to: '07:00',
    deliveredAt: '08:05:02',
    prefix: partitioned(cast.BACKUPS),
    eventTimeKey: true,
    gzip: true,
  },
  {
    bucket: cast.BACKUPS,
    from: '07:00',
    to: '08:30',
    deliveredAt: '09:50:31',
    prefix: partitioned(cast.BACKUPS),
    eventTimeKey: true,
    gzip: true,
  },
  {
    bucket: cast.BACKUPS,
    from: '08:30',
    to: '09:30',
    deliveredAt: '10:18:09',
    prefix: partitioned(cast.BACKUPS),
    eventTimeKey: true,
    gzip: true,
  },
  {
    bucket: cast.BACKUPS,
    from: '09:30',
    to: '12:00',
    deliveredAt: '12:40:26',
    prefix: partitioned(cast.BACKUPS),
    eventTimeKey: true,
    gzip: true,
  },
  { bucket: cast.SITE_ASSETS, from: '06:00', to: '07:30', deliveredAt: '08:03:33', prefix: 'cdn' },
  { bucket: cast.SITE_ASSETS, from: '07:30', to: '09:00', deliveredAt: '09:41:12', prefix: 'cdn' },
  { bucket: cast.SITE_ASSETS, from: '09:00', to: '10:30', deliveredAt: '11:09:50', prefix: 'cdn', gzip: true },
  {
    bucket: cast.SITE_ASSETS,
    from: '10:30',
    to: '12:00',
    deliveredAt: '12:31:44',
    prefix: 'exports/cdn 50%+/',
    gzip: true,
  },
  { bucket: cast.TRAIL_LOGS, from: '06:00', to: '09:00', deliveredAt: '10:02:15', prefix: 'trail-bucket/', gzip: true },
  { bucket: cast.TRAIL_LOGS, from: '09:00', to: '12:00', deliveredAt: '12:36:01', prefix: 'trail-bucket/', gzip: true },
]

function accessLogObjects(entries: readonly AccessLogEntry[], random: Random): SampleObject[] {
  return ACCESS_LOG_FILES.map((file): SampleObject => {
    const lines = entries
      .filter(({ bucket, time }) => bucket === file.bucket && time >= at(file.from) && time < at(file.to))
      .sort((a, b) => a.time - b.time)
    const clock = file.eventTimeKey === true ? '00-00-00' : file.deliveredAt.replaceAll(':', '-')
    return {
      kind: 'access-log',
      bucket: cast.ACCESS_LOGS.name,
      key: `${file.prefix}2026-03-17-${clock}-${random.hex(16).toUpperCase()}`,
      deliveredAt: at(file.deliveredAt),
      content: accessLogBytes(
        shuffledALittle(lines, random)
          .map(({ line }) => `${line}\n`)
          .join(''),
      ),
      gzip: file.gzip === true,
      records: lines.length,
    }
  })
}

/** What shares the buckets with the logs: a digest, an Insight file, a load balancer's log, a text. */
function otherTrailObjects(random: Random): SampleObject[] {
  const digestAt = at('07:04:12')
  const digestKey = `AWSLogs/${cast.ACCOUNT}/CloudTrail-Digest/${cast.HOME_REGION}/2026/03/17/${cast.ACCOUNT}_CloudTrail-Digest_${cast.HOME_REGION}_${cast.TRAIL}_${cast.HOME_REGION}_20260317T070000Z.json.gz`
  const digest = {
    awsAccountId: cast.ACCOUNT,
    digestStartTime: '2026-03-17T06:00:00Z',
    digestEndTime: '2026-03-17T07:00:00Z',
    digestS3Bucket: cast.TRAIL_LOGS.name,
    digestS3Object: digestKey,
    digestPublicKeyFingerprint: '0'.repeat(32),
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime: '2026-03-17T06:59:58Z',
    oldestEventTime: '2026-03-17T06:00:04Z',
    previousDigestS3Bucket: null,
    previousDigestS3Object: null,
    previousDigestHashValue: null,
    previousDigestHashAlgorithm: null,
    previousDigestSignature: null,
    logFiles: [],
  }
  const insightAt = at('07:36:20')
  const insight = (state: 'Start' | 'End', time: string): Record<string, unknown> => ({
    eventVersion: '1.09',
    eventTime: `2026-03-17T${time}Z`,
    awsRegion: cast.HOME_REGION,
    eventID: random.uuid(),
    eventType: 'AwsCloudTrailInsight',
    recipientAccountId: cast.ACCOUNT,
    sharedEventID: '11112222-3333-4444-8555-666677778888',
    insightDetails: {
      state,
      eventSource: 'secretsmanager.amazonaws.com',
      eventName: 'ListSecrets',
      insightType: 'ApiErrorRateInsight',
      errorCode: 'AccessDeniedException',
      insightContext: {
        statistics: {
          baseline: { average: 0.0002 },
          insight: { average: 3 },
          ...(state === 'End' ? { insightDuration: 8 } : {}),
          baselineDuration: 10_080,
        },
      },
    },
    eventCategory: 'Insight',
  })
  const balancerAt = at('07:55:07')
  const balancerLine = (clock: string): string =>
    `https 2026-03-17T${clock}.186641Z app/demo-web/0123456789abcdef 203.0.113.77:46532 10.0.12.21:8080 0.000 0.004 0.000 200 200 412 1893 "GET https://www.example.com:443/ HTTP/1.1" "curl/8.5.0" TLS_AES_128_GCM_SHA256 TLSv1.3\n`
  return [
    {
      kind: 'cloudtrail-digest',
      bucket: cast.TRAIL_LOGS.name,
      key: digestKey,
      deliveredAt: digestAt,
      content: Buffer.from(JSON.stringify(digest)),
      gzip: true,
      records: 0,
    },
    {
      kind: 'cloudtrail-insight',
      bucket: cast.TRAIL_LOGS.name,
      key: trailKey('CloudTrail-Insight', cast.HOME_REGION, insightAt, random),
      deliveredAt: insightAt,
      content: Buffer.from(JSON.stringify({ Records: [insight('Start', '07:22:00'), insight('End', '07:30:00')] })),
      gzip: true,
      records: 2,
    },
    {
      kind: 'unknown',
      bucket: cast.TRAIL_LOGS.name,
      key: `AWSLogs/${cast.ACCOUNT}/elasticloadbalancing/${cast.HOME_REGION}/2026/03/17/${cast.ACCOUNT}_elasticloadbalancing_${cast.HOME_REGION}_app.demo-web.0123456789abcdef_20260317T0755Z_203.0.113.20_${random.hex(8)}.log.gz`,
      deliveredAt: balancerAt,
      content: Buffer.from(['07:50:00', '07:50:03', '07:51:17'].map(balancerLine).join('')),
      gzip: true,
      records: 0,
    },
    {
      kind: 'unknown',
      bucket: cast.ACCESS_LOGS.name,
      key: 'notes/do-not-delete.txt',
      deliveredAt: at('09:00:00'),
      content: Buffer.from(
        'This bucket receives server access logs. Ask the platform team before you change anything.\n',
      ),
      gzip: false,
      records: 0,
    },
  ]
}
