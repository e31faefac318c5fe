import { CloudWatchLogsClient, type FilteredLogEvent, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { createLogSearch } from '../../shared/aws/filter-log-events.ts'
import type { FilterLogEventsInput, LogEvent } from '../../shared/contracts/ports.ts'
import { logsException } from '../ports/fake-aws.ts'

const INPUT = { logGroupName: '/g', filterPattern: '{ $.a = "b" }', startTime: 1000, endTime: 2000 }
const event = (timestamp: number, id: number): FilteredLogEvent => ({
  timestamp,
  message: `m${id}`,
  eventId: String(id),
  logStreamName: 's',
})

function setUp() {
  const client = new CloudWatchLogsClient({ region: 'eu-central-1' })
  return { client, mock: mockClient(client), search: createLogSearch({ client }) }
}

async function pages(iterable: AsyncIterable<readonly LogEvent[]>): Promise<(readonly LogEvent[])[]> {
  const all: (readonly LogEvent[])[] = []
  for await (const page of iterable) all.push(page)
  return all
}

describe('createLogSearch', () => {
  test('follows the tokens, over empty pages too', async () => {
    const { mock, search } = setUp()
    mock
      .on(FilterLogEventsCommand)
      .resolvesOnce({ events: [event(1000, 1)], nextToken: 'a' })
      .resolvesOnce({ nextToken: 'b' })
      .resolvesOnce({ events: [event(1500, 2), { timestamp: 1600 }] })
    expect(await pages(search.filterLogEvents(INPUT))).toEqual([
      [{ timestamp: 1000, message: 'm1' }],
      [],
      [{ timestamp: 1500, message: 'm2' }],
    ])
    expect(mock.commandCalls(FilterLogEventsCommand).map(({ args }) => args[0].input)).toEqual([
      { ...INPUT, limit: 10_000, nextToken: undefined },
      { ...INPUT, limit: 10_000, nextToken: 'a' },
      { ...INPUT, limit: 10_000, nextToken: 'b' },
    ])
  })

  test('reads no further than it is asked to', async () => {
    const { mock, search } = setUp()
    mock.on(FilterLogEventsCommand).resolves({ events: [event(1000, 1)], nextToken: 'again' })
    for await (const _ of search.filterLogEvents(INPUT)) break
    expect(mock.commandCalls(FilterLogEventsCommand)).toHaveLength(1)
  })

  test('goes on by time after a full page without a token, and repeats nothing', async () => {
    const { mock, search } = setUp()
    const all = Array.from({ length: 12_000 }, (_, i) => event(1000 + Math.floor(i / 100), i))
    mock.on(FilterLogEventsCommand).callsFake(({ startTime }: FilterLogEventsInput) => ({
      events: all.filter(({ timestamp = 0 }) => timestamp >= startTime).slice(0, 10_000),
    }))
    const found = (await pages(search.filterLogEvents(INPUT))).flat()
    expect(found.map(({ message }) => message)).toEqual(all.map(({ message }) => message))
  })

  test('comes to an end where a full page goes beyond what was asked for', async () => {
    const { mock, search } = setUp()
    mock.on(FilterLogEventsCommand).resolves({ events: Array.from({ length: 10_000 }, (_, i) => event(1000 + i, i)) })
    await pages(search.filterLogEvents(INPUT))
    expect(mock.commandCalls(FilterLogEventsCommand)).toHaveLength(1)
  })

  test('a page that is not full is the last', async () => {
    const { mock, search } = setUp()
    mock.on(FilterLogEventsCommand).resolves({ events: Array.from({ length: 9_999 }, (_, i) => event(1000, i)) })
    await pages(search.filterLogEvents(INPUT))
    expect(mock.commandCalls(FilterLogEventsCommand)).toHaveLength(1)
  })

  test('comes to an end where a page is full of one time', async () => {
    const { mock, search } = setUp()
    const all = [...Array.from({ length: 11_000 }, (_, i) => event(1000, i)), event(1001, 99_999)]
    mock.on(FilterLogEventsCommand).callsFake(({ startTime }: FilterLogEventsInput) => ({
      events: all.filter(({ timestamp = 0 }) => timestamp >= startTime).slice(0, 10_000),
    }))
    const found = (await pages(search.filterLogEvents(INPUT))).flat()
    expect(found.at(-1)?.message).toBe('m99999')
    expect(new Set(found.map(({ message }) => message)).size).toBe(found.length)
  })

  test.each(['denied', 'notFound', 'throttled', 'unavailable', 'invalid', 'other'] as const)(
    'a failure is a LogsPortError: %s',
    async (failure) => {
      const { mock, search } = setUp()
      mock.on(FilterLogEventsCommand).rejects(logsException(failure))
      await expect(pages(search.filterLogEvents(INPUT))).rejects.toMatchObject({ name: 'LogsPortError', failure })
    },
  )

  test('a signal ends the call', async () => {
    const { mock, search } = setUp()
    mock.on(FilterLogEventsCommand).callsFake(() => new Promise(() => {}))
    const { signal } = new AbortController()
    const iterator = search.filterLogEvents({ ...INPUT, signal })[Symbol.asyncIterator]()
    void iterator.next()
    expect(mock.commandCalls(FilterLogEventsCommand)[0]?.args).toContainEqual({ abortSignal: signal })
  })
})
