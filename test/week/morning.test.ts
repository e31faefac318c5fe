/** The sample morning with `forward: matching`: what is left out of the logs is no alarm's and no incident's business. */
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildObjects, type SampleObject } from '../../events/story/objects.ts'
import { loadDetections, loadSettings } from '../../shared/files/detections.ts'
import type { WeekObject } from './objects.ts'
import { runWeek, type WeekResult } from './run.ts'

/** The object as it is stored: of one the tail is cut off. */
function storedOf({ kind, bucket, key, deliveredAt, content, gzip, cutAt = 1, records }: SampleObject): WeekObject {
  const bytes = gzip ? gzipSync(content) : content
  const body = bytes.subarray(0, Math.floor(bytes.length * cutAt))
  return { kind: kind === 'access-log' ? kind : 'cloudtrail', bucket, key, deliveredAt, body, records }
}

describe('the sample morning', () => {
  let all: WeekResult
  let matching: WeekResult
  beforeAll(async () => {
    const detections = await loadDetections('infra/detections')
    const settings = await loadSettings('events/settings.json')
    const objects = buildObjects().map(storedOf)
    const run = (forward: 'all' | 'matching') => runWeek({ objects, detections, settings, days: 2, forward })
    all = await run('all')
    matching = await run('matching')
  })

  test('has alarms, hits and incidents', () => {
    expect(all.alarms.length).toBeGreaterThan(40)
    expect(all.hits.length).toBeGreaterThan(50)
    expect(all.incidents.map(({ severity }) => severity)).toContain('critical')
    expect(all.findings.length).toBeGreaterThan(3)
  })

  test('has the same ones where only what matches is forwarded', () => {
    expect(matching.alarms).toEqual(all.alarms)
    expect(matching.inAlarm).toEqual(all.inAlarm)
    expect(matching.hits).toEqual(all.hits)
    expect(matching.incidents).toEqual(all.incidents)
    expect(matching.findings).toEqual(all.findings)
  })

  test('and forwards less than half', () => {
    expect(matching.delivered).toBeLessThan(all.delivered / 2)
    expect(matching.delivered).toBeGreaterThan(100)
  })
})
