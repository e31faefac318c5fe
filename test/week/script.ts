/** Collects what happens, hour by hour, each event into the logs that would show it. */
import type { AccessLogEntry, Script, TrailEntry } from '../../events/story/script.ts'
import {
  accessLogLine,
  type Bucket,
  type Caller,
  type CloudTrailRecord,
  managementRecord,
  S3_APIS,
  type S3ApiName,
  type S3Request,
  s3CloudTrailRecord,
} from '../support/log-shapes.ts'
import type { Random } from '../support/random.ts'
import * as cast from './cast.ts'

/** One hour of the week. */
export interface Hour {
  /** ms since the epoch. */
  readonly start: number
  readonly end: number
  /** 0: Monday. */
  readonly day: number
  /** UTC. */
  readonly hour: number
  readonly isWorkday: boolean
  /** Between 07:00 and 18:00 of a workday. */
  readonly isWork: boolean
}

export const hourAt = (start: number): Hour => {
  const sinceMonday = Math.floor((start - cast.WEEK_START) / cast.HOUR)
  const [day, hour] = [Math.floor(sinceMonday / 24) % 7, sinceMonday % 24]
  const isWorkday = day < 5
  return { start, end: start + cast.HOUR, day, hour, isWorkday, isWork: isWorkday && hour >= 7 && hour < 18 }
}

/** What goes on: called for every hour of the week, in order. */
export type Scene = (hour: Hour, script: WeekScript, random: Random) => void

/** Who makes a call, from where, with what. */
export interface From {
  readonly caller: Caller
  readonly sourceIp: string
  readonly userAgent: string
  readonly vpcEndpointId?: string | undefined
}

export interface WeekScript extends Script {
  /** A change or a reading of a bucket's settings. */
  setting(
    time: number,
    api: S3ApiName,
    bucket: Bucket,
    from: From,
    parameters?: CloudTrailRecord,
    errorCode?: string,
  ): void
  /** Some calls one second apart, `service:EventName`; a name that begins like a reading is one. */
  calls(time: number, from: From, names: readonly string[], parameters?: CloudTrailRecord): void
  /** What was collected since the last time. */
  take(): { readonly trail: TrailEntry[]; readonly accessLog: AccessLogEntry[] }
}

const READING = /^(?:Describe|Get|List|Lookup|Head|Batch(?:Get|Check)|Search|Query|Decrypt|Generate|Assume)/
/** These log where their service has its one home. */
const GLOBAL = new Set(['iam', 'cloudfront', 'route53', 'organizations', 'signin'])
const NOT_FOUND = /^(?:NoSuch|.*NotFound)/

export function createWeekScript(random: Random): WeekScript {
  let trail: TrailEntry[] = []
  let accessLog: AccessLogEntry[] = []
  const script: WeekScript = {
    get trail() {
      return trail
    },
    get accessLog() {
      return accessLog
    },
    s3(scene) {
      const turnAroundTime = scene.turnAroundTime ?? random.int(6, 80)
      const request: S3Request = {
        requestId: random.upper(16),
        hostId: `${random.base64(75)}=`,
        eventId: random.uuid(),
        status: scene.api === 'DeleteObject' ? 204 : 200,
        totalTime: turnAroundTime + random.int(0, 30),
        ...scene,
        turnAroundTime,
      }
      const { name, region } = request.bucket
      if (S3_APIS[request.api].management || cast.DATA_EVENT_BUCKETS.has(name))
        trail.push({ time: request.time, region, record: s3CloudTrailRecord(request) })
      if (cast.ACCESS_LOGGED.has(name)) {
        // Where CloudTrail names the service that calls, an access log has the address that it calls from.
        const sourceIp = request.sourceIp.endsWith('.amazonaws.com') ? '10.171.3.9' : request.sourceIp
        accessLog.push({
          time: request.time,
          bucket: request.bucket,
          line: accessLogLine({ ...request, sourceIp }),
        })
      }
    },
    call(scene) {
      const region = GLOBAL.has(scene.service) ? 'us-east-1' : cast.HOME_REGION
      const event = {
        account: cast.ACCOUNT,
        region,
        sourceIp: scene.caller.service ?? '10.0.0.10',
        userAgent: scene.caller.service ?? '-',
        eventId: random.uuid(),
        requestId: random.uuid(),
        ...scene,
      }
      trail.push({ time: event.time, region: event.region, record: managementRecord(event) })
    },
    line(entry) {
      accessLog.push(entry)
    },
    setting(time, api, bucket, from, parameters, errorCode) {
      const status = errorCode === undefined ? 200 : NOT_FOUND.test(errorCode) ? 404 : 403
      script.s3({ ...from, time, api, bucket, parameters, status, errorCode, bytesOut: 320 })
    },
    calls(time, from, names, parameters) {
      for (const [index, name] of names.entries()) {
        const [service = '', eventName = ''] = name.split(':')
        const readOnly = READING.test(eventName)
        script.call({
          ...from,
          time: time + index * 1000,
          service,
          eventName,
          readOnly,
          parameters: parameters ?? null,
        })
      }
    },
    take() {
      const taken = { trail, accessLog }
      trail = []
      accessLog = []
      return taken
    },
  }
  return script
}
