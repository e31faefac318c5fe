/** Collects what happens during the morning, each event into the logs that would show it. */

import type { Bucket, CloudTrailRecord, ManagementEvent, S3Request } from '../../test/support/log-shapes.ts'
import { accessLogLine, managementRecord, S3_APIS, s3CloudTrailRecord } from '../../test/support/log-shapes.ts'
import type { Random } from '../../test/support/random.ts'
import {
  ACCESS_LOGGED,
  ACCOUNT,
  DATA_EVENT_BUCKETS,
  HOME_REGION,
  TRAIL_RESTARTED_AT,
  TRAIL_STOPPED_AT,
} from './cast.ts'

export interface TrailEntry {
  readonly time: number
  readonly region: string
  readonly record: CloudTrailRecord
}

export interface AccessLogEntry {
  readonly time: number
  readonly bucket: Bucket
  readonly line: string
}

type WithIds<T, Generated extends keyof T> = Omit<T, Generated> & Partial<Pick<T, Generated>>
/** A request without what is drawn by lot. */
export type RequestScene = WithIds<S3Request, 'requestId' | 'hostId' | 'eventId' | 'totalTime' | 'status'>
export type ManagementScene = WithIds<ManagementEvent, 'eventId' | 'account' | 'region' | 'sourceIp' | 'userAgent'>

export interface Script {
  readonly trail: readonly TrailEntry[]
  readonly accessLog: readonly AccessLogEntry[]
  /** A request to S3: in the trail, in the access log, in both or in neither, as the buckets are set up. */
  s3(scene: RequestScene): void
  /** A management call to another service. */
  call(scene: ManagementScene): void
  /** An access-log line that is no ordinary request. */
  line(entry: AccessLogEntry): void
}

export function createScript(random: Random): Script {
  const trail: TrailEntry[] = []
  const accessLog: AccessLogEntry[] = []
  const record = (time: number, region: string, content: CloudTrailRecord): void => {
    if (time <= TRAIL_STOPPED_AT || time >= TRAIL_RESTARTED_AT) trail.push({ time, region, record: content })
  }
  return {
    trail,
    accessLog,
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
      const inTrail = S3_APIS[request.api].management || DATA_EVENT_BUCKETS.has(request.bucket)
      if (inTrail) record(request.time, request.bucket.region, s3CloudTrailRecord(request))
      const loggedUntil = ACCESS_LOGGED.get(request.bucket)
      // AWS's own configuration reads on a caller's behalf are not in the access log.
      const internal = request.caller.service !== undefined && !request.caller.requester.startsWith('svc:')
      if (loggedUntil !== undefined && request.time < loggedUntil && !internal) {
        accessLog.push({ time: request.time, bucket: request.bucket, line: accessLogLine(request) })
      }
    },
    call(scene) {
      const event: ManagementEvent = {
        account: ACCOUNT,
        region: HOME_REGION,
        sourceIp: scene.caller.service ?? '10.0.0.10',
        userAgent: scene.caller.service ?? '-',
        eventId: random.uuid(),
        requestId: random.uuid(),
        ...scene,
      }
      record(event.time, event.region, managementRecord(event))
    },
    line(entry) {
      accessLog.push(entry)
    },
  }
}

/** Calls `scene` at random moments, `perHour` times an hour on average. */
export function throughout(
  random: Random,
  start: number,
  end: number,
  perHour: number,
  scene: (time: number) => void,
): void {
  const mean = 3_600_000 / perHour
  for (let time = start + random.next() * mean; time < end; time += mean * (0.4 + 1.2 * random.next())) {
    scene(Math.floor(time / 1000) * 1000)
  }
}
