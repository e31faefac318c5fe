import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileProblem } from '../../shared/basics/file-problem.ts'
import { loadSettings } from '../../shared/files/detections.ts'
import type { CompiledFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { sniffContent } from '../../shared/object/sniff.ts'
import { readRecords } from '../commands/normalize.ts'
import { listInputs, nothingToRead, tellUnread } from '../inputs.ts'
import type { Io } from '../io.ts'
import { plural } from '../render.ts'

export const FORMS = ['raw', 'lean', 'full', 'text'] as const
/** What is matched: the record as the source wrote it, as a log group of ours holds it, or lines as they stand. */
export type Form = (typeof FORMS)[number]

export interface TestOptions {
  readonly compiled: CompiledFilterPattern
  readonly files: readonly string[]
  /** Undefined: lean records of log objects, the lines of any other text. */
  readonly as?: Form | undefined
  readonly kind?: string | undefined
  readonly settings?: string | undefined
  readonly json: boolean
  readonly matches: boolean
  readonly explain: boolean
  /** Reads the lines of whatever is named, in place of the file system. */
  readonly readLines?: ((file: string) => AsyncIterable<string>) | undefined
}

/** How much of a file is looked at to tell a log object from other text. */
const HEAD_BYTES = 64 * 1024

/**
 * Matches a pattern against the messages of files and folders (`-`: standard input): the records of log objects, the
 * lines of any other text. Returns the exit code: 1 where something could not be read, or there was nothing to test.
 *
 * @throws BucketwatchError INPUT_NONE where no path holds a file.
 */
export async function testPattern(options: TestOptions, io: Io): Promise<number> {
  const { as } = options
  const { files, unread } =
    options.readLines === undefined ? await listInputs(options.files) : { files: options.files, unread: [] }
  tellUnread(unread, io)
  if (files.length === 0) throw nothingToRead(options.files)
  let exitCode = unread.length > 0 ? 1 : 0
  const environment = (await loadSettings(options.settings)).environment
  const tally = createTally(options, files.length > 1, io)
  for (const file of files) {
    try {
      const { isLog, source } =
        options.readLines === undefined ? await look(file, as, io) : { isLog: false, source: io }
      if (isLog) {
        const take = (text: string): Promise<void> | undefined => tally.take(file, 'record', text)
        const code = await readRecords(
          [file],
          {
            kind: options.kind,
            environment,
            detail: as === 'full' ? 'full' : 'lean',
            out: ({ message }) => take(message),
            ...(as === 'raw' && { raw: take }),
          },
          source,
        )
        exitCode = Math.max(exitCode, code)
      } else {
        const stream = file === '-' ? source.stdin : createReadStream(file)
        for await (const line of options.readLines?.(file) ?? lines(stream)) {
          await tally.take(file, 'line', line)
        }
      }
    } catch (error) {
      exitCode = 1
      io.err(`${file} cannot be read: ${fileProblem(error)}.`)
    }
    tally.next(file)
  }
  if (!(await tally.end()) && exitCode === 0) {
    io.err(`There is nothing to test in ${options.files.join(', ')}.`)
    exitCode = 1
  }
  return exitCode
}

/** Writes results, and counts them. */
function createTally(options: TestOptions, several: boolean, io: Io) {
  const { compiled, json, matches, explain } = options
  let number = 0
  let matched = 0
  let total = 0
  let totalMatched = 0
  let unit: 'record' | 'line' = 'line'
  const units = new Set<string>()
  const counts: string[] = []
  const write = (file: string, text: string, match: boolean): Promise<void> | undefined => {
    if (json) return io.out(JSON.stringify({ [unit]: number, match, ...(several && { file }) }))
    // Lines of a text are few, and looked at one by one; records are counted unless asked for.
    if (matches) {
      if (!match) return undefined
      if (!explain) return io.out(text)
      void io.out(`${place(file)}: ${compiled.explain(text).text}`)
      return io.out(`  ${shown(text)}`)
    }
    if (!explain && unit !== 'line') return undefined
    return io.out(`${place(file)}: ${compiled.explain(text).text}`)
  }
  const place = (file: string): string => `${several ? `${file}: ` : ''}${unit} ${number}`
  return {
    take(file: string, of: 'record' | 'line', text: string): Promise<void> | undefined {
      unit = of
      units.add(of)
      number += 1
      const match = compiled.match(text)
      if (match) matched += 1
      return write(file, text, match)
    },
    next(file: string): void {
      counts.push(`${file}: ${matched} of ${plural(number, unit)} ${matched === 1 ? 'matches' : 'match'}`)
      total += number
      totalMatched += matched
      number = 0
      matched = 0
    },
    /** Writes the counts; false where nothing was tested. */
    async end(): Promise<boolean> {
      if (total === 0) return false
      if (json) return true
      const counted = !matches && !explain && units.has('record')
      const say = (line: string): Promise<void> | undefined =>
        counted ? io.out(line) : (void io.err(line) as undefined)
      if (several) for (const line of counts) await say(line)
      const what = units.size > 1 ? plural(total, 'message') : plural(total, [...units][0] ?? 'line')
      await say(`${totalMatched} of ${what} ${totalMatched === 1 ? 'matches' : 'match'}.`)
      return true
    },
  }
}

/** Control characters of a message are not the terminal's. */
function shown(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Whether a file is a log object whose records are to be read, and the surroundings to read it in. */
async function look(file: string, as: Form | undefined, io: Io): Promise<{ isLog: boolean; source: Io }> {
  if (file !== '-') {
    const isLog = as === undefined ? isLogObject(await readHead(file)) : as !== 'text'
    return { isLog, source: io }
  }
  const input = io.stdin[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let size = 0
  while (size < HEAD_BYTES) {
    const { done, value } = await input.next()
    if (done === true) break
    head.push(value)
    size += value.length
  }
  const stdin = rejoin(head, input)
  const isLog = as === undefined ? isLogObject(Buffer.concat(head)) : as !== 'text'
  return { isLog, source: { ...io, stdin } }
}

async function* rejoin(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const PACKED = ['1f8b', '504b0304', '28b52ffd', '425a68']

/**
 * Compressed files, CloudTrail in a wrapper or list, whole CloudTrail records by the line, S3 server access logs. JSON
 * lines that are none of these are messages themselves; so are normalized records.
 */
function isLogObject(head: Uint8Array): boolean {
  const magic = Buffer.from(head.subarray(0, 4)).toString('hex')
  if (PACKED.some((bytes) => magic.startsWith(bytes))) return true
  if (sniffContent(head) === 'unknown') return false
  const [first = ''] = Buffer.from(head)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
    .split('\n', 1)
  if (!first.startsWith('{')) return true
  try {
    const record = JSON.parse(first) as Record<string, unknown>
    if ('Records' in record || 'schema_version_id' in record) return true
    return 'eventVersion' in record && 'eventTime' in record && 'eventSource' in record && !('kind' in record)
  } catch {
    // Longer than what was looked at, or spread over lines: no message by the line.
    return true
  }
}

/** The lines of a stream of UTF-8, without their ends. */
async function* lines(stream: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8')
  // The pieces of the line that is not complete yet; joined once, so that a very long line costs no more than it has to.
  let pieces: string[] = []
  for await (const chunk of stream) {
    const [first, ...others] = decoder.decode(chunk, { stream: true }).split('\n')
    pieces.push(first ?? '')
    for (const next of others) {
      yield withoutReturn(pieces.join(''))
      pieces = [next]
    }
  }
  const rest = pieces.join('') + decoder.decode()
  if (rest !== '') yield withoutReturn(rest)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
