/**
 * CloudWatch Logs in files: one folder a log group, one JSON Lines file a log stream.
 */
import { constants, createReadStream } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileProblem, isLastingFault } from '../basics/file-problem.ts'
import { type GetLogEventsInput, type LogEvent, type LogsPort, LogsPortError } from '../contracts/ports.ts'
import { makeFolder } from '../files/make-folder.ts'
import type { PutLogEventsLimits } from '../forward/batch.ts'
import { decodeFileName, encodeFileName, MAX_FILE_NAME_BYTES } from './file-name.ts'
import type { StoredLogEvent } from './memory-logs.ts'
import { checkLogGroupName, checkLogStreamName, checkPutLogEvents, notFound } from './put-log-events.ts'

const EXTENSION = '.jsonl'
const PAGE_EVENTS = 10_000
const PAGE_BYTES = 1_048_576

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
    const next = previous.then(() => appendWhole(file, text))
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
    async getLogEvents(input) {
      const file = logStreamFile(root, input.logGroupName, input.logStreamName)
      return mapErrors('log stream', () => readPage(file, input))
    },
    async createLogGroup(logGroupName) {
      await mapErrors(undefined, async () => makeFolder(logGroupFolder(root, logGroupName)))
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
  const events: StoredLogEvent[] = []
  for await (const event of scanLogEvents(root, logGroupName)) events.push(event)
  return events.sort((a, b) => a.timestamp - b.timestamp)
}

/** Appends all of a text or, on a full disk, none of it: what part of it was written is cut off again. */
async function appendWhole(file: string, text: string): Promise<void> {
  await using handle = await open(file, APPEND_EXISTING)
  const { size } = await handle.stat()
  try {
    await handle.appendFile(text)
  } catch (error) {
    // Should that fail as well, the torn line is no event to any reader.
    await handle.truncate(size).catch(() => {})
    throw error
  }
}

/** As GetLogEvents: about a megabyte a page. The token is the offset in the file of the first line that was not read. */
async function readPage(file: string, input: GetLogEventsInput) {
  const { startTime, endTime, limit = PAGE_EVENTS, nextToken = '0' } = input
  await using handle = await open(file, 'r')
  const events: LogEvent[] = []
  let offset = Number(nextToken)
  let rest: Buffer = Buffer.alloc(0)
  let bytes = 0
  const piece = Buffer.allocUnsafe(PAGE_BYTES)
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, PAGE_BYTES, offset + rest.length)
    // A last line without its end was cut off by a crash while it was written: it is no event.
    if (bytesRead === 0) return { events, nextToken: undefined }
    const data = Buffer.concat([rest, piece.subarray(0, bytesRead)])
    let start = 0
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10, start)) {
      const event = parseLine(data.toString('utf8', start, end))
      offset += end + 1 - start
      start = end + 1
      if (event === undefined || event.timestamp < startTime || event.timestamp >= endTime) continue
      events.push({ timestamp: event.timestamp, message: event.message })
      bytes += event.message.length
      if (events.length >= limit || bytes >= PAGE_BYTES) return { events, nextToken: String(offset) }
    }
    rest = data.subarray(start)
  }
}

/**
 * The stored events of a log group one after the other, file by file as they were written, without holding more than a
 * piece of a file. For groups that do not fit into memory; see {@link readLogEvents} for their order by time.
 *
 * @param wanted which log streams; default: all
 * @throws LogsPortError `notFound` if there is no such group.
 */
export async function* scanLogEvents(
  root: string,
  logGroupName: string,
  wanted: (logStreamName: string) => boolean = () => true,
): AsyncGenerator<StoredLogEvent> {
  const folder = logGroupFolder(root, logGroupName)
  const files = (await mapErrors('log group', () => readdir(folder))).filter((name) => name.endsWith(EXTENSION)).sort()
  for (const name of files) {
    const logStreamName = originalName(name.slice(0, -EXTENSION.length))
    if (!wanted(logStreamName)) continue
    for await (const line of readLines(path.join(folder, name))) {
      const event = parseLine(line)
      if (event !== undefined) yield { ...event, logStreamName }
    }
  }
}

/** Broken at line feeds alone: JSON may hold the other line breaks of Unicode. */
async function* readLines(file: string): AsyncGenerator<string> {
  let rest = ''
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
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

/** @param missing what is not there where the file system says so; undefined: nothing can be. */
async function mapErrors<T>(missing: string | undefined, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof LogsPortError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (missing !== undefined && (code === 'ENOENT' || code === 'ENOTDIR')) throw notFound(missing)
    // For certain nothing was written, and trying again does not mend it.
    const failure = isLastingFault(error) || missing === undefined ? 'denied' : 'other'
    throw new LogsPortError(failure, fileProblem(error), { cause: error })
  }
}

function absent(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}
