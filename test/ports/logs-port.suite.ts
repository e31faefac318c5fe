/** What every LogsPort must do: run by logs-port.test.ts against CloudWatch Logs' SDK, files and memory. */
import { describe, expect, test } from 'vitest'
import { type LogEvent, type LogsPort, LogsPortError } from '../../shared/contracts/ports.ts'
import { PUT_LOG_EVENTS_LIMITS } from '../../shared/forward/batch.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
export const NOW = Date.UTC(2026, 10, 25, 12)
const GROUP = '/bucketwatch/test/cloudtrail'
const STREAM = '2026/11/25/cloudtrail/3f9c'

export interface LogsSubject {
  readonly logs: LogsPort
  /** Messages stored in a group, by timestamp. */
  stored(logGroupName: string): Promise<readonly { timestamp: number; message: string }[]>
}

const event = (timestamp: number, message = `at ${timestamp}`): LogEvent => ({ timestamp, message })
const times = (count: number, make: (index: number) => LogEvent) => Array.from({ length: count }, (_, i) => make(i))
const MAX_MESSAGE = PUT_LOG_EVENTS_LIMITS.maxEventBytes - 26

const INVALID: readonly { name: string; events: readonly LogEvent[] }[] = [
  { name: 'no events', events: [] },
  { name: 'an empty message', events: [event(NOW, 'a'), event(NOW, '')] },
  { name: 'timestamps that go back', events: [event(NOW), event(NOW - 1)] },
  { name: 'a negative timestamp', events: [event(-1)] },
  { name: '10,001 events', events: times(10_001, () => event(NOW, 'x')) },
  {
    name: 'one byte more than the batch may have',
    events: [event(NOW, 'x'.repeat(MAX_MESSAGE - 27)), event(NOW, 'xx')],
  },
  { name: 'an event one byte too large', events: [event(NOW, 'x'.repeat(MAX_MESSAGE + 1))] },
  { name: 'size counted in UTF-8', events: [event(NOW, 'ü'.repeat(MAX_MESSAGE / 2 + 1))] },
  { name: 'more than 24 hours', events: [event(NOW - DAY - 1), event(NOW)] },
]

const VALID: readonly { name: string; events: readonly LogEvent[] }[] = [
  { name: '10,000 events', events: times(10_000, () => event(NOW, 'x')) },
  { name: 'the largest batch', events: [event(NOW, 'x'.repeat(MAX_MESSAGE - 27)), event(NOW, 'x')] },
  { name: 'the largest event', events: [event(NOW, 'x'.repeat(MAX_MESSAGE))] },
  { name: 'exactly 24 hours', events: [event(NOW - DAY), event(NOW)] },
  { name: 'the oldest', events: [event(NOW - 14 * DAY)] },
  { name: 'the newest', events: [event(NOW + 2 * HOUR)] },
  { name: 'any characters', events: [event(NOW, 'line\nline\t"\\ \u2028 \u{1f4a3} ü \u0000')] },
]

const REJECTED = [
  {
    name: 'too old: the end index is exclusive',
    events: [event(NOW - 14 * DAY - 2), event(NOW - 14 * DAY - 1), event(NOW)],
    info: { tooOldLogEventEndIndex: 2 },
    kept: [2],
  },
  {
    name: 'too new: the start index is inclusive',
    events: [event(NOW), event(NOW + 2 * HOUR + 1), event(NOW + 3 * HOUR)],
    info: { tooNewLogEventStartIndex: 1 },
    kept: [0],
  },
  {
    name: 'both ends; the span of 24 hours is of the valid ones',
    events: [event(NOW - 20 * DAY), event(NOW - HOUR), event(NOW), event(NOW + 5 * DAY)],
    info: { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 3 },
    kept: [1, 2],
  },
  { name: 'all of them', events: [event(1), event(2)], info: { tooOldLogEventEndIndex: 2 }, kept: [] },
]

export function logsPortSuite(name: string, create: () => Promise<LogsSubject>): void {
  const ready = async () => {
    const subject = await create()
    await subject.logs.createLogGroup(GROUP)
    await subject.logs.createLogStream(GROUP, STREAM)
    const put = (logEvents: readonly LogEvent[]) =>
      subject.logs.putLogEvents({ logGroupName: GROUP, logStreamName: STREAM, logEvents })
    return { ...subject, put }
  }

  describe(`LogsPort: ${name}`, () => {
    test('stores what it is given', async () => {
      const { put, stored } = await ready()
      expect((await put([event(NOW - 1, 'one'), event(NOW, 'two')])).rejectedLogEventsInfo).toBeUndefined()
      await put([event(NOW, 'three')])
      expect((await stored(GROUP)).map(({ message }) => message)).toEqual(['one', 'two', 'three'])
    })

    test('reads back what a stream holds, from its head, between two times, a page at a time', async () => {
      const { logs, put } = await ready()
      await put([event(NOW - 2, 'one'), event(NOW - 1, 'zwö\n'), event(NOW, 'three')])
      await put([event(NOW, 'four'), event(NOW + 1, 'five')])
      await logs.createLogStream(GROUP, 'another')
      const input = { logGroupName: GROUP, logStreamName: STREAM, startTime: NOW - 1, endTime: NOW + 1, limit: 2 }
      const read: string[] = []
      let nextToken: string | undefined
      let pages = 0
      do {
        const page = await logs.getLogEvents({ ...input, nextToken })
        read.push(...page.events.map(({ message }) => message))
        nextToken = page.nextToken
      } while (nextToken !== undefined && ++pages < 10)
      expect(read).toEqual(['zwö\n', 'three', 'four'])
      expect((await logs.getLogEvents({ ...input, logStreamName: 'another' })).events).toEqual([])
      await expect(logs.getLogEvents({ ...input, logStreamName: 'absent' })).rejects.toMatchObject({
        failure: 'notFound',
      })
    })

    test.each(VALID)('takes $name', async ({ events }) => {
      const { put, stored } = await ready()
      expect((await put(events)).rejectedLogEventsInfo).toBeUndefined()
      expect((await stored(GROUP)).map(({ timestamp, message }) => ({ timestamp, message }))).toEqual(events)
    })

    test.each(INVALID)('refuses $name, and stores nothing', async ({ events }) => {
      const { put, stored } = await ready()
      await expect(put(events)).rejects.toMatchObject({ name: 'LogsPortError', failure: 'invalid' })
      expect(await stored(GROUP)).toEqual([])
    })

    test.each(REJECTED)('rejects $name', async ({ events, info, kept }) => {
      const { put, stored } = await ready()
      expect((await put(events)).rejectedLogEventsInfo).toEqual(info)
      expect((await stored(GROUP)).map(({ message }) => message)).toEqual(kept.map((index) => events[index]?.message))
    })

    test('a group and a stream must exist', async () => {
      const { logs } = await create()
      const put = () => logs.putLogEvents({ logGroupName: GROUP, logStreamName: STREAM, logEvents: [event(NOW)] })
      await expect(put()).rejects.toMatchObject({ failure: 'notFound' })
      await expect(logs.createLogStream(GROUP, STREAM)).rejects.toMatchObject({ failure: 'notFound' })
      await logs.createLogGroup(GROUP)
      await expect(put()).rejects.toMatchObject({ failure: 'notFound' })
      await logs.createLogStream(GROUP, STREAM)
      await put()
    })

    test('creating what exists succeeds and keeps it', async () => {
      const { logs, put, stored } = await ready()
      await put([event(NOW, 'kept')])
      await logs.createLogGroup(GROUP)
      await logs.createLogStream(GROUP, STREAM)
      expect(await stored(GROUP)).toHaveLength(1)
    })

    test('groups and streams whose names look alike stay apart', async () => {
      const { logs, stored } = await create()
      const names = [
        ['/a', 'b/c'],
        ['/a/b', 'c'],
        ['a', 'b+c'],
        ['.', 'x'],
        ['..', '..'],
        ['/a/b', '%2F'],
      ] as const
      for (const [group, stream] of names) {
        await logs.createLogGroup(group)
        await logs.createLogStream(group, stream)
        await logs.putLogEvents({
          logGroupName: group,
          logStreamName: stream,
          logEvents: [event(NOW, `${group} ${stream}`)],
        })
      }
      expect((await stored('/a')).map(({ message }) => message)).toEqual(['/a b/c'])
      expect((await stored('/a/b')).map(({ message }) => message).sort()).toEqual(['/a/b %2F', '/a/b c'])
      expect((await stored('..')).map(({ message }) => message)).toEqual(['.. ..'])
    })

    test('names that AWS does not allow are invalid', async () => {
      const { logs } = await create()
      await expect(logs.createLogGroup('a b')).rejects.toMatchObject({ failure: 'invalid' })
      await logs.createLogGroup('g')
      await expect(logs.createLogStream('g', 'a:b')).rejects.toMatchObject({ failure: 'invalid' })
      await expect(logs.createLogStream('g', 'a*')).rejects.toBeInstanceOf(LogsPortError)
    })

    test('calls at the same time lose nothing', async () => {
      const { put, stored } = await ready()
      const batches = times(20, (index) => event(NOW, `${index}`.padEnd(20_000, '.')))
      await Promise.all(batches.map((one) => put([one, one, one])))
      expect(await stored(GROUP)).toHaveLength(60)
    })
  })
}
