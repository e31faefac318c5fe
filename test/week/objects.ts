/**
 * The week as the log objects that AWS would deliver, in the order of their delivery: CloudTrail about five minutes after
 * each five minutes, now and then later; access logs hours late, a few lines an object, out of order. An hour of traffic
 * is in memory at a time, and the lines that wait.
 */
import { gzipSync } from 'node:zlib'
import type { AccessLogEntry, TrailEntry } from '../../events/story/script.ts'
import { accessLogBytes, isoTime } from '../support/log-shapes.ts'
import { createRandom, type Random } from '../support/random.ts'
import * as cast from './cast.ts'
import { playHour } from './scenes/all.ts'
import { createWeekScript, hourAt } from './script.ts'

/** An object, and when it is there. */
export interface WeekObject {
  readonly kind: 'cloudtrail' | 'access-log'
  readonly bucket: string
  readonly key: string
  /** ms since the epoch. */
  readonly deliveredAt: number
  readonly body: Uint8Array
  readonly records: number
}

/** What happens besides: somebody else's doings, put among the week's. */
export interface Besides {
  readonly trail: readonly TrailEntry[]
  readonly accessLog: readonly AccessLogEntry[]
}

export const NOTHING: Besides = { trail: [], accessLog: [] }

const MINUTE = 60_000
/** How often a trail delivers: where much goes on, and elsewhere. */
const SLOT = 5 * MINUTE
const QUIET_SLOT = 15 * MINUTE
const slotOf = (region: string): number => (region === cast.HOME_REGION ? SLOT : QUIET_SLOT)
/** No line is later than that. */
const LATEST = 5 * cast.HOUR

export interface WeekOptions {
  readonly seed?: number
  readonly besides?: Besides
  /** Days, from Monday; default 7. */
  readonly days?: number
  /** False: only what is besides. */
  readonly ordinary?: boolean
}

/**
 * The objects of the week.
 *
 * @example
 * for (const { bucket, key } of weekObjects({ seed: 1 })) await pipeline.process({ bucket, key })
 */
export function* weekObjects(options: WeekOptions = {}): Generator<WeekObject> {
  const { seed = 1, besides = NOTHING, days = 7, ordinary = true } = options
  const random = createRandom(seed)
  const names = createRandom(seed + 1)
  const script = createWeekScript(createRandom(seed + 2))
  const end = cast.WEEK_START + days * cast.DAY
  const waiting: WeekObject[] = []
  for (let start = cast.WEEK_START; start < end; start += cast.HOUR) {
    const hour = hourAt(start)
    if (ordinary) playHour(hour, script, random)
    const { trail, accessLog } = script.take()
    const within = ({ time }: { readonly time: number }) => time >= start && time < hour.end
    trail.push(...besides.trail.filter(within))
    accessLog.push(...besides.accessLog.filter(within))
    waiting.push(...trailObjects(trail, names), ...accessLogObjects(accessLog, names))
    waiting.sort((a, b) => a.deliveredAt - b.deliveredAt)
    const due = waiting.findIndex(({ deliveredAt }) => deliveredAt >= hour.end)
    const ready = due === -1 ? waiting.splice(0) : waiting.splice(0, due)
    yield* ready
  }
  yield* waiting
}

function trailObjects(entries: readonly TrailEntry[], random: Random): WeekObject[] {
  const groups = Map.groupBy(entries, ({ time, region }) => `${region} ${Math.floor(time / slotOf(region))}`)
  return [...groups.values()].map((group) => {
    const { region, time } = group[0]!
    // One of thirty comes a quarter of an hour late.
    const late = random.chance(1 / 30) ? 15 * MINUTE : 0
    const slot = slotOf(region)
    const deliveredAt = (Math.floor(time / slot) + 1) * slot + random.int(30, 280) * 1000 + late
    const stamp = isoTime(deliveredAt).replaceAll(/[-:]/g, '').slice(0, 13)
    const [day] = isoTime(deliveredAt).split('T')
    const key = `AWSLogs/${cast.ACCOUNT}/CloudTrail/${region}/${day!.replaceAll('-', '/')}/${cast.ACCOUNT}_CloudTrail_${region}_${stamp}Z_${random.upper(16)}.json.gz`
    const records = shuffled(group, random).map(({ record }) => record)
    return {
      kind: 'cloudtrail',
      bucket: cast.BUCKETS[5].name,
      key,
      deliveredAt,
      body: gzipSync(JSON.stringify({ Records: records }), { level: 1 }),
      records: records.length,
    }
  })
}

function accessLogObjects(entries: readonly AccessLogEntry[], random: Random): WeekObject[] {
  return [...Map.groupBy(entries, ({ bucket }) => bucket)].flatMap(([bucket, lines]) => {
    const last = Math.max(...lines.map(({ time }) => time))
    // An hour's lines are spread over objects, each with lines of all of the hour; a busy bucket has more of them.
    const parts = Math.min(lines.length, Math.max(random.int(2, 4), Math.ceil(lines.length / 10)))
    return Array.from({ length: parts }, (_, part): WeekObject => {
      const deliveredAt = last + random.int(20 * MINUTE, LATEST)
      const stamp = isoTime(deliveredAt).slice(0, 19).replaceAll(/[T:]/g, '-')
      const own = shuffled(
        lines.filter((_, index) => index % parts === part),
        random,
      )
      return {
        kind: 'access-log',
        bucket: cast.BUCKETS[6].name,
        key: `${bucket.name}/${stamp}-${random.hex(16).toUpperCase()}`,
        deliveredAt,
        body: accessLogBytes(own.map(({ line }) => `${line}\n`).join('')),
        records: own.length,
      }
    })
  })
}

/** Logs are nearly in order of time. */
function shuffled<T extends { readonly time: number }>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: item.time + random.next() * 20_000 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
