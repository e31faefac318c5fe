import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalLogs, listLogGroups, logStreamFile, readLogEvents } from '../../shared/local/logs.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const DAY = 86_400_000
const GROUP = '/bucketwatch/local/cloudtrail'
const STREAM = '2026/11/25/cloudtrail/3f9c'
const now = () => NOW
let root = ''
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bucketwatch-local-logs-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('createLocalLogs', () => {
  test('writes JSON Lines where it says, and reads them back by time', async () => {
    const logs = createLocalLogs({ root, now })
    await logs.createLogGroup(GROUP)
    await logs.createLogStream(GROUP, STREAM)
    await logs.createLogStream(GROUP, 'b')
    const put = (logStreamName: string, timestamp: number, message: string) =>
      logs.putLogEvents({ logGroupName: GROUP, logStreamName, logEvents: [{ timestamp, message }] })
    await put(STREAM, NOW, '{"a":1}')
    await put('b', NOW - 5, 'earlier')
    const file = path.join(root, 'log-groups', '+bucketwatch+local+cloudtrail', '2026+11+25+cloudtrail+3f9c.jsonl')
    expect(logStreamFile(root, GROUP, STREAM)).toBe(file)
    expect(await readFile(file, 'utf8')).toBe(`{"timestamp":${NOW},"ingestionTime":${NOW},"message":"{\\"a\\":1}"}\n`)
    expect(await readLogEvents(root, GROUP)).toEqual([
      { timestamp: NOW - 5, ingestionTime: NOW, message: 'earlier', logStreamName: 'b' },
      { timestamp: NOW, ingestionTime: NOW, message: '{"a":1}', logStreamName: STREAM },
    ])
    expect(await listLogGroups(root)).toEqual([GROUP])
    expect(await listLogGroups(path.join(root, 'absent'))).toEqual([])
  })

  test('a line cut off by a crash does not hide the others', async () => {
    await appendFile(logStreamFile(root, GROUP, STREAM), '{"timestamp":1,"mess')
    expect(await readLogEvents(root, GROUP)).toHaveLength(2)
  })

  test('no such group, and a root that is a file', async () => {
    await expect(readLogEvents(root, '/absent')).rejects.toMatchObject({ failure: 'notFound' })
    const file = path.join(root, 'file')
    await writeFile(file, '')
    await expect(createLocalLogs({ root: file, now }).createLogGroup('/g')).rejects.toMatchObject({
      name: 'LogsPortError',
    })
  })
})

describe('createMemoryLogs', () => {
  const input = { logGroupName: 'g', logStreamName: 's', logEvents: [{ timestamp: NOW, message: 'x' }] }

  test('faults: as many as told, of the operation told, stored or not', async () => {
    const logs = createMemoryLogs({
      now,
      faults: [
        { failure: 'throttled', times: 2 },
        { failure: 'denied', operation: 'createLogGroup' },
        { failure: 'unavailable', stored: true },
      ],
    })
    await expect(logs.createLogGroup('g')).rejects.toMatchObject({ failure: 'denied' })
    await logs.createLogGroup('g')
    await logs.createLogStream('g', 's')
    for (const failure of ['throttled', 'throttled', 'unavailable']) {
      await expect(logs.putLogEvents(input)).rejects.toMatchObject({ failure })
    }
    expect(logs.events('g')).toHaveLength(1)
    await logs.putLogEvents(input)
    expect(logs.events('g', 's')).toHaveLength(2)
    expect(logs.events('g', 'absent')).toEqual([])
    expect(logs.calls.filter((call) => call === 'putLogEvents')).toHaveLength(4)
  })

  test('retention: expired events are rejected by an exclusive end index', async () => {
    const logs = createMemoryLogs({ now, retentionDays: 1 })
    await logs.createLogGroup('g')
    await logs.createLogStream('g', 's')
    const logEvents = [NOW - DAY - 1, NOW - DAY, NOW].map((timestamp) => ({ timestamp, message: 'x' }))
    await expect(logs.putLogEvents({ ...input, logEvents })).rejects.toMatchObject({ failure: 'invalid' })
    expect(await logs.putLogEvents({ ...input, logEvents: logEvents.slice(0, 2) })).toEqual({
      rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 },
    })
  })
})

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  test('is told at once as what trying again does not mend', async () => {
    const logs = createLocalLogs({ root, now })
    await logs.createLogGroup('/full')
    await symlink('/dev/full', logStreamFile(root, '/full', 's'))
    const logEvents = [{ timestamp: NOW, message: 'm' }]
    const put = logs.putLogEvents({ logGroupName: '/full', logStreamName: 's', logEvents })
    await expect(put).rejects.toMatchObject({ failure: 'denied', message: 'the disk is full (ENOSPC)' })
  })
})
