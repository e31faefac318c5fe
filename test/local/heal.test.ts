import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createLocalLogs, logGroupFolder } from '../../shared/local/logs.ts'
import { healLogStreams } from '../../shared/local/run-folder.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A stream of a local group with this behind its last whole line. */
async function tornStream(torn: string) {
  const root = mkdtempSync(path.join(tmpdir(), 'bucketwatch-heal-'))
  folders.push(root)
  const logs = createLocalLogs({ root, now: () => 1_000 })
  await logs.createLogGroup('/bucketwatch/test/cloudtrail')
  await logs.createLogStream('/bucketwatch/test/cloudtrail', 's')
  const logEvents = [{ timestamp: 1, message: 'whole' }]
  await logs.putLogEvents({ logGroupName: '/bucketwatch/test/cloudtrail', logStreamName: 's', logEvents })
  const file = path.join(logGroupFolder(root, '/bucketwatch/test/cloudtrail'), 's.jsonl')
  const before = readFileSync(file, 'utf8')
  appendFileSync(file, torn)
  return { root, file, before }
}

test.each([
  ['half a line', '{"timestamp":2,"mess'],
  ['half a line that is longer than what is read at once', `{"message":"${'x'.repeat(300_000)}`],
])('%s is cut off', async (_name, torn) => {
  const { root, file, before } = await tornStream(torn)
  expect(await healLogStreams(root, '/bucketwatch/test')).toEqual([file])
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(await healLogStreams(root, '/bucketwatch/test')).toEqual([])
})

test('whole lines, and groups of another stage, are left alone', async () => {
  const { root, file, before } = await tornStream('')
  expect(await healLogStreams(root, '/bucketwatch/test')).toEqual([])
  appendFileSync(file, 'torn')
  expect(await healLogStreams(root, '/bucketwatch/other')).toEqual([])
  expect(readFileSync(file, 'utf8')).toBe(`${before}torn`)
})
