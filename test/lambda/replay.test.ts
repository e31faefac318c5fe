/** A replay on its whole way: what the command sends, the queue, the handler, and a ledger in a file that outlives them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { replayNotification } from '../../shared/backfill/notification.ts'
import { createFileState } from '../../shared/local/state.ts'
import { joinEntries, rangesOf, readEntry } from '../../shared/quarantine/entry.ts'
import { account, arrived, BUCKET, createWorld, eventId, PIPELINE_GROUP, type World } from '../support/instance.ts'
import { memoryStore } from '../support/ports.ts'
import { notification, runQueue } from '../support/queue.ts'

const root = mkdtempSync(path.join(tmpdir(), 'bucketwatch-replay-'))
afterAll(() => rmSync(root, { recursive: true }))

const KEY = 'AWSLogs/111122223333/CloudTrail/x/2026/03/17/a.json.gz'
const record = (number: number, text = '') => ({
  eventVersion: '1.11',
  eventTime: '2026-03-17T08:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketPolicy',
  eventID: eventId(number),
  recipientAccountId: '111122223333',
  requestParameters: { bucketName: 'amzn-s3-demo-bucket', text },
})

const putAside = ({ logs }: World) =>
  joinEntries(
    [...(logs.groups.get(PIPELINE_GROUP)?.values() ?? [])].flat().flatMap(({ message }) => readEntry(message) ?? []),
  )

it('delivers what was put aside once, whoever comes with it however often', async () => {
  const world = createWorld()
  const big = 'x'.repeat(20_000)
  const records = [record(0), record(1, big), record(2), { no: 'event' }, record(4, big)]
  const store = memoryStore({ [`${BUCKET}/${KEY}`]: JSON.stringify({ Records: records }) })
  // Each time from the file anew, as another process would.
  const options = (more: object = {}) => ({
    store,
    fresh: true,
    ports: () => ({ state: createFileState({ root, name: 'replay', now: world.clock.now }) }),
    ...more,
  })
  const small = options({ env: { BUCKETWATCH_MAX_RECORD_BYTES: '16384' } })
  const first = await runQueue(world, [notification(KEY)], small)
  expect(first.receipts).toMatchObject([{ status: 'quarantined', recordsIn: 5, delivered: 2, quarantined: 3 }])
  expect(putAside(world).map(({ record: number, reason }) => [number, reason])).toEqual([
    [2, 'RECORD_TOO_LARGE'],
    [4, 'RECORD_KIND'],
    [5, 'RECORD_TOO_LARGE'],
  ])

  // As `quarantine replay` sends it; the version is the notification's ETag.
  const body = replayNotification(BUCKET, { key: KEY }, rangesOf(putAside(world)))
  const early = await runQueue(world, [body], small)
  expect(early.receipts).toMatchObject([
    { status: 'quarantined', replay: true, lookedAt: 5, recordsIn: 3, delivered: 0 },
  ])
  expect({ failed: early.failed, dead: early.dead }).toEqual({ failed: [], dead: [] })

  const late = await runQueue(world, [body], options())
  expect(late.receipts).toMatchObject([
    { status: 'quarantined', replay: true, recordsIn: 3, delivered: 2, quarantined: 1 },
  ])
  expect(arrived(world.logs)).toEqual([0, 2, 1, 4])

  // Twice at once, and the object itself again.
  const again = await runQueue(world, [body, body, notification(KEY)], options({ batchSize: 1 }))
  expect(again.dead).toEqual([])
  expect(again.receipts.map(({ delivered }) => delivered)).toEqual(again.receipts.map(() => 0))
  expect(again.receipts.at(-1)).toMatchObject({ status: 'duplicate', recordsIn: 5 })
  expect(account(world.logs, 5)).toEqual({ delivered: 4, doubled: 0, lost: 1 })
})
