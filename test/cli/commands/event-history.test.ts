import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CloudTrailClient, InvalidNextTokenException, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cli } from '../../support/cli.ts'

const cloudTrail = mockClient(CloudTrailClient)
const before = process.cwd()
let folder: string

beforeEach(() => {
  cloudTrail.reset()
  folder = mkdtempSync(join(tmpdir(), 'bucketwatch-history-'))
  process.chdir(folder)
})
afterEach(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

const events = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const time = new Date(Date.UTC(2026, 2, 17, 8, 0, -(first + index)))
    const record = { eventID: `e${first + index}`, eventTime: time.toISOString(), recipientAccountId: '111122223333' }
    return { EventId: record.eventID, EventTime: time, CloudTrailEvent: JSON.stringify({ ...record, eventName: 'X' }) }
  })
const args = ['event-history', 'out', '--region', 'eu-central-1', '--from', '2026-03-01', '--to', '2026-03-18']
const now = () => Date.UTC(2026, 2, 18)
const ids = () =>
  globSync('out/**/*.json.gz').flatMap((file) => {
    const { Records } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { Records: { eventID: string }[] }
    return Records.map(({ eventID }) => eventID)
  })

test('saves what LookupEvents lists as the objects of a trail, and asks with the same times', async () => {
  cloudTrail
    .on(LookupEventsCommand)
    .resolvesOnce({ Events: events(0, 50), NextToken: 'second' })
    .resolves({ Events: events(50, 3) })
  const result = await cli(args, { now })
  expect(result).toMatchObject({ code: 0 })
  expect(result.out[0]).toMatch(/^53 events of eu-central-1 in 1 objects? under out/)
  expect(ids()).toHaveLength(53)
  const asked = cloudTrail.commandCalls(LookupEventsCommand).map(({ args: [{ input }] }) => input)
  expect(asked).toEqual([
    { StartTime: new Date('2026-03-01'), EndTime: new Date('2026-03-17T23:59:59Z'), MaxResults: 50 },
    {
      StartTime: new Date('2026-03-01'),
      EndTime: new Date('2026-03-17T23:59:59Z'),
      MaxResults: 50,
      NextToken: 'second',
    },
  ])
  expect(globSync('.bucketwatch/event-history/*')).toEqual([])
})

test('a token that is lost, and calls that are refused, lose nothing', async () => {
  cloudTrail
    .on(LookupEventsCommand)
    .resolvesOnce({ Events: events(0, 2), NextToken: 'second' })
    .rejectsOnce(Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' }))
    .rejectsOnce(new InvalidNextTokenException({ message: 'expired', $metadata: {} }))
    .resolves({ Events: events(1, 2) })
  const result = await cli(args, { now })
  expect(result.out).toContainEqual(expect.stringContaining('1 came twice and were left out'))
  expect(ids().sort()).toEqual(['e0', 'e1', 'e2'])
})

test('what is denied is said; nothing at all is no success', async () => {
  cloudTrail
    .on(LookupEventsCommand)
    .rejectsOnce(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }))
  expect(await cli(args, { now })).toMatchObject({
    code: 1,
    err: [expect.stringContaining('cloudtrail:LookupEvents: AccessDeniedException')],
  })
  cloudTrail.reset()
  cloudTrail.on(LookupEventsCommand).resolves({ Events: [] })
  expect(await cli(args, { now })).toMatchObject({
    code: 1,
    err: [expect.stringContaining('nothing in that time')],
  })
  expect(existsSync('out')).toBe(false)
})
