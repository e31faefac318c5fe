import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { createCloudWatchLogs } from '../../shared/aws/logs.ts'
import { createLocalLogs, readLogEvents } from '../../shared/local/logs.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'
import { fakeLogs } from './fake-aws.ts'
import { logsPortSuite, NOW } from './logs-port.suite.ts'

const now = () => NOW
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

logsPortSuite('memory', async () => {
  const logs = createMemoryLogs({ now })
  return { logs, stored: async (group) => logs.events(group) }
})

logsPortSuite('files', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'bucketwatch-logs-'))
  folders.push(root)
  return { logs: createLocalLogs({ root, now }), stored: (group) => readLogEvents(root, group) }
})

logsPortSuite('CloudWatch Logs (SDK)', async () => {
  const { memory, client } = fakeLogs(now)
  return { logs: createCloudWatchLogs({ client }), stored: async (group) => memory.events(group) }
})
