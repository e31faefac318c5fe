/**
 * CloudWatch Logs in files: one folder a log group, one JSON Lines file a log stream.
 */
import { constants } from 'node:fs'
import { appendFile, mkdir, open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { errorMessage } from '../contracts/errors.ts'
import { type LogsPort, LogsPortError } from '../contracts/ports.ts'
import type { PutLogEventsLimits } from '../forward/batch.ts'
import { decodeFileName, encodeFileName, MAX_FILE_NAME_BYTES } from './file-name.ts'
import type { StoredLogEvent } from './memory-logs.ts'
import { checkLogGroupName, checkLogStreamName, checkPutLogEvents, notFound } from './put-log-events.ts'

const EXTENSION = '.jsonl'

/** Append, but do not create: a stream must have been created. */
const APPEND_EXISTING = constants.O_WRONLY | constants.O_APPEND

/**
 * A LogsPort that appends to `<root>/log-groups/<group>/<stream>.jsonl`, a line an event:
 * `{"timestamp":…,"ingestionTime":…,"message":"…"}`. `/` in a name is written `+` (and `+` as `%2B`), so that each group
 * is one folder. PutLogEvents' documented limits hold, see `checkPutLogEvents`; groups and streams must be created first.
 *
 * @throws LogsPortError only. Names that the file system cannot hold are `invalid`.
 * @example
 * const logs = createLocalLogs({ root: '.bucketwatch', now: Date.now })
 */
export function createLocalLogs(options: {
  readonly root: string
  readonly now: () => number
  readonly retentionDays?: number | undefined
  readonly limits?: PutLogEventsLimits | undefined
}): LogsPort {
  const { root, now, retentionDays, limits } = options
  /** The last append to each file: two at once could interleave their lines. */
  const appends = new Map<string, Promise<void>>()

  function append(file: string, text: string): Promise<void> {
    const previous = appends.get(file) ?? Promise.resolve()
    const next = previous.then(() => appendFile(file, text, { flag: APPEND_EXISTING }))
    const settled = next.catch(() => {})
    appends.set(file, settled)
    void settled.then(() => {
      if (appends.get(file) === settled) appends.delete(file)
    })
    return next
  }

  return {
    async putLogEvents(input) {
      const ingestionTime = now()
      const checked = checkPutLogEvents(input, { now: ingestionTime, retentionDays, limits })
      const file = logStreamFile(root, input.logGroupName, input.logStreamName)
      const text = input.logEvents
        .slice(checked.start, checked.end)
        .map(({ timestamp, message }) => `${JSON.stringify({ timestamp, ingestionTime, message })}\n`)
        .join('')
      await mapErrors('log stream', () => append(file, text))
      return { rejectedLogEventsInfo: checked.rejectedLogEventsInfo }
    },
    async createLogGroup(logGroupName) {
      await mapErrors('folder', () => mkdir(logGroupFolder(root, logGroupName), { recursive: true }))
    },
    async createLogStream(logGroupName, logStreamName) {
      const file = logStreamFile(root, logGroupName, logStreamName)
      await mapErrors('log group', async () => (await open(file, 'a')).close())
    },
  }
}

/** The folder of a log group. @throws LogsPortError `invalid` */
export function logGroupFolder(root: string, logGroupName: string): string {
  checkLogGroupName(logGroupName)
  return path.join(root, 'log-groups', fileName(logGroupName, ''))
}

/** The file of a log stream. @throws LogsPortError `invalid` */
export function logStreamFile(root: string, logGroupName: string, logStreamName: string): string {
  checkLogStreamName(logStreamName)
  return path.join(logGroupFolder(root, logGroupName), fileName(logStreamName, EXTENSION))
}

/** The names of the log groups under `root`, sorted; none if there is no such folder. */
export async function listLogGroups(root: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, 'log-groups'), { withFileTypes: true }).catch(absent)
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => originalName(entry.name))
    .sort()
}

/**
 * The stored events of a log group, of all its streams, by timestamp (then as they were written). All in memory. A line
 * that is no stored event (cut off by a crash while it was written) is left out.
 *
 * @throws LogsPortError `notFound` if there is no such group.
 * @example
 * const events = await readLogEvents('.bucketwatch', '/bucketwatch/local/cloudtrail')
 */
export async function readLogEvents(root: string, logGroupName: string): Promise<readonly StoredLogEvent[]> {
  const folder = logGroupFolder(root, logGroupName)
  const files = (await mapErrors('log group', () => readdir(folder))).filter((name) => name.endsWith(EXTENSION)).sort()
  const events: StoredLogEvent[] = []
  for (const name of files) {
    const logStreamName = originalName(name.slice(0, -EXTENSION.length))
    const text = await mapErrors('log stream', () => readFile(path.join(folder, name), 'utf8'))
    for (const line of text.split('\n')) {
      const event = parseLine(line)
      if (event !== undefined) events.push({ ...event, logStreamName })
    }
  }
  return events.sort((a, b) => a.timestamp - b.timestamp)
}

function parseLine(line: string): Omit<StoredLogEvent, 'logStreamName'> | undefined {
  if (line === '') return undefined
  try {
    const { timestamp, ingestionTime, message } = JSON.parse(line)
    if (typeof timestamp !== 'number' || typeof message !== 'string') return undefined
    return { timestamp, ingestionTime, message }
  } catch {
    return undefined
  }
}

function fileName(name: string, extension: string): string {
  const encoded = encodeFileName(name)
    .replaceAll('+', '%2B')
    .replaceAll('/', '+')
    // A folder named `.` or `..` would be another one.
    .replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length))
  if (Buffer.byteLength(encoded) + extension.length > MAX_FILE_NAME_BYTES) {
    throw new LogsPortError('invalid', `The name ${name.slice(0, 40)}… is too long for a file name.`)
  }
  return encoded + extension
}

function originalName(encoded: string): string {
  return decodeFileName(encoded.replaceAll('+', '/').replaceAll('%2B', '+').replaceAll('%2E', '.'))
}

async function mapErrors<T>(missing: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof LogsPortError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notFound(missing)
    const failure = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'denied' : 'other'
    throw new LogsPortError(failure, errorMessage(error), { cause: error })
  }
}

function absent(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}
