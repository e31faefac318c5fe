/**
 * The canary: a log object of our own that goes the whole way, from S3 over the forwarder, its log group and the rules to
 * the alert function, which notes in the log group `findings` that it came. The alarm on its absence is in
 * infra/canary.ts; docs/reliability.md tells the whole of it.
 */
import { gzipSync } from 'node:zlib'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import type { Hit } from './hit.ts'
import type { HitRule } from './hit-rules.ts'

/** Minutes between two. */
export const CANARY_MINUTES = 15

/** What the records are called, by which everybody can leave them out. */
export const CANARY_EVENTS: Readonly<Record<LogKind, string>> = {
  cloudtrail: 'BucketwatchCanary',
  'access-log': 'REST.GET.BUCKETWATCH_CANARY',
}

const RULE_ID = 'canary'

/** Only the objects of the canary's own bucket are matched against it, and against nothing else. */
export const CANARY_RULE: HitRule = {
  id: RULE_ID,
  severity: 'info',
  pattern: `{ ${LOG_KINDS.map((kind) => `$.eventName = "${CANARY_EVENTS[kind]}"`).join(' || ')} }`,
  sources: LOG_KINDS,
  metricValue: '1',
  counting: { by: ['account'], window: 0, threshold: 1, count: 'events' },
}

export const isCanaryHit = ({ rule }: Hit): boolean => rule === RULE_ID

/** What stands in the log group `findings` of a canary that arrived. */
export interface CanaryNote {
  readonly kind: 'canary'
  readonly version: 1
  /** When it arrived, ISO 8601. */
  readonly time: string
  readonly source: LogKind
  /** When it was sent, ISO 8601; how long it took. */
  readonly sent: string
  readonly seconds: number
  readonly stage: string
}

/** Reads the hit of a canary. */
export function canaryNote({ at, logGroupName }: Hit, stage: string, now: number): CanaryNote {
  return {
    kind: 'canary',
    version: 1,
    time: new Date(now).toISOString(),
    source: logGroupName.endsWith('/access-log') ? 'access-log' : 'cloudtrail',
    sent: new Date(at).toISOString(),
    seconds: Math.max(0, Math.round((now - at) / 1000)),
    stage,
  }
}

/** Whether the schedule, which comes every minute, is to send one now. */
export const isCanaryDue = (now: number): boolean => Math.floor(now / 60_000) % CANARY_MINUTES === 0

export interface CanaryObject {
  readonly key: string
  readonly body: Uint8Array
}

export interface CanaryPlace {
  /** The canary's own bucket. */
  readonly bucket: string
  readonly accountId: string
  readonly region: string
}

/**
 * An object such as CloudTrail, or S3's log delivery, puts into a bucket, with one record of a call that nobody made:
 * AWS knows no such event, and no service of this name.
 *
 * Sources: CloudTrail User Guide, "CloudTrail log file name format", "CloudTrail record contents"; Amazon S3 User Guide,
 * "Amazon S3 server access log format", "Log object key format".
 *
 * @param now when it happened; ms since the epoch. CloudTrail tells whole seconds, and so do access logs.
 * @example
 * canaryObject('access-log', { bucket: 'amzn-s3-demo-bucket', accountId: '111122223333', region: 'eu-west-1' }, Date.now()).key
 * // access/2026-03-17-13-00-00-00000000CANARY00
 */
export function canaryObject(kind: LogKind, place: CanaryPlace, now: number): CanaryObject {
  return kind === 'cloudtrail' ? trailObject(place, now) : accessLogObject(place, now)
}

function trailObject({ accountId, region }: CanaryPlace, now: number): CanaryObject {
  const eventTime = `${new Date(now).toISOString().slice(0, 19)}Z`
  const [date = '', time = ''] = eventTime.split('T')
  const event = {
    eventVersion: '1.11',
    userIdentity: { type: 'AWSService', invokedBy: 'canary.bucketwatch' },
    eventTime,
    eventSource: 'canary.bucketwatch',
    eventName: CANARY_EVENTS.cloudtrail,
    awsRegion: region,
    sourceIPAddress: 'canary.bucketwatch',
    userAgent: 'canary.bucketwatch',
    requestParameters: null,
    responseElements: null,
    eventID: idOf(now),
    readOnly: true,
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
  }
  const stamp = `${date.replaceAll('-', '')}T${time.slice(0, 5).replace(':', '')}Z`
  const name = `${accountId}_CloudTrail_${region}_${stamp}_${String(now).padStart(16, '0').slice(-16)}.json.gz`
  return {
    key: `AWSLogs/${accountId}/CloudTrail/${region}/${date.replaceAll('-', '/')}/${name}`,
    body: gzipSync(JSON.stringify({ Records: [event] })),
  }
}

/** A UUID that says when. */
const idOf = (now: number): string => `00000000-0000-4000-8000-${now.toString(16).padStart(12, '0')}`

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function accessLogObject({ bucket }: CanaryPlace, now: number): CanaryObject {
  const iso = new Date(now).toISOString()
  const [year = '', month = '', day = ''] = iso.slice(0, 10).split('-')
  const time = iso.slice(11, 19)
  const id = now.toString(16).toUpperCase().padStart(16, '0')
  const fields = [
    // Nobody's canonical id.
    '0'.repeat(64),
    bucket,
    `[${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000]`,
    '-',
    'svc:canary.bucketwatch',
    id,
    CANARY_EVENTS['access-log'],
    '-',
    '"-"',
    '200',
    ...['-', '-', '-', '-', '-', '"-"', '"-"', '-', '-', '-', '-', '-', '-', '-', '-', '-'],
  ]
  return {
    key: `access/${year}-${month}-${day}-${time.replaceAll(':', '-')}-${id}`,
    body: new TextEncoder().encode(`${fields.join(' ')}\n`),
  }
}
