import { expect, test } from 'vitest'
import { createFindingsLog } from '../../shared/alert/findings-log.ts'
import { type LogsPort, LogsPortError } from '../../shared/contracts/ports.ts'
import type { Finding } from '../../shared/incident/finding.ts'
import { finding } from '../target/support.ts'

const TEXT = { subject: '', text: '' }

/** A log group that fails so often, with an error; `made` are the streams that were made. */
function groupFailing(times: number, error: Error) {
  const written: unknown[] = []
  const made: string[] = []
  let left = times
  const logs: Pick<LogsPort, 'putLogEvents' | 'createLogStream'> = {
    async putLogEvents({ logEvents }) {
      if (left-- > 0) throw error
      written.push(...logEvents.map(({ timestamp, message }) => [timestamp, JSON.parse(message)]))
      return {}
    },
    async createLogStream(_group, stream) {
      made.push(stream)
    },
  }
  const log = createFindingsLog({
    logGroupName: '/bucketwatch/prod/findings',
    logStreamName: 'alert/1',
    now: () => 1_000,
    logs,
  })
  return { log, written, made }
}

test('a stream that is not there is made', async () => {
  const { log, written, made } = groupFailing(1, new LogsPortError('notFound', 'no stream'))
  await log.send(finding(), TEXT)
  expect(made).toEqual(['alert/1'])
  expect(written).toEqual([[1_000, JSON.parse(JSON.stringify(finding()))]])
})

test('another error makes none, and is told with the group', async () => {
  const { log, written, made } = groupFailing(1, new LogsPortError('throttled', 'slow down'))
  await expect(log.send(finding(), TEXT)).rejects.toMatchObject({
    code: 'LOGS_PUT',
    message: expect.stringContaining('/bucketwatch/prod/findings: slow down'),
  })
  expect([made, written]).toEqual([[], []])
})

test('a finding that is too long for an event loses what is longest', async () => {
  const { log, written } = groupFailing(0, new Error('never'))
  const long: Finding = { ...finding(), why: ['x'.repeat(1_048_576)] }
  await log.send(long, TEXT)
  expect(written).toMatchObject([[1_000, { id: long.id, title: long.title, why: [], story: [] }]])
})
