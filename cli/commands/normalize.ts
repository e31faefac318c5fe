import { createReadStream } from 'node:fs'
import type { TimeWindow } from '../../shared/backfill/window.ts'
import { fileProblem } from '../../shared/basics/file-problem.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { Environment, NormalizedRecord } from '../../shared/contracts/record.ts'
import { redactSecrets } from '../../shared/derive/redact.ts'
import { loadSettings } from '../../shared/files/detections.ts'
import { LOG_KINDS } from '../../shared/kinds/kinds.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { DEFAULT_CONFIG } from '../../shared/settings/defaults.ts'
import { listInputs, noRecordLine, nothingIn, nothingToRead, tellUnread, unpackInputs } from '../inputs.ts'
import { INTERRUPTED_EXIT, untilInterrupted } from '../interrupt.ts'
import { type Command, type Io, usage } from '../io.ts'
import { NO_REGION, ownRegion, REGION_USAGE } from '../own-region.ts'
import { readArgs } from '../read-args.ts'
import { listBucket, regionOf } from '../replay-sources.ts'
import { readKind } from '../stack-options.ts'

/** `normalize FILE…`: the records of log objects, as JSON lines. */
export const normalize: Command = {
  summary: 'print the normalized records of log objects as JSON lines',
  usage: `usage: bucketwatch normalize [--kind ${LOG_KINDS.join('|')}] [--detail full|lean] [--region R] [--settings FILE] FILE…|s3://BUCKET/PREFIX…

FILE holds logs in one of the forms of docs/inputs.md, packed or not, or is a folder of such; - reads standard input. The kind is told
by content unless --kind says it. Prints one record a line, in the order of the object, nothing filtered; messages go
to standard error.
--bucket-profile P  the profile that may read buckets
--detail     full (default): all that is known of a record; lean: as a stack stores it unless told otherwise
${REGION_USAGE}
Exit 0: all was read. 1: something could not be read or is no record, or there is no object. 2: wrong usage.
130: interrupted.`,
  async run(args, io) {
    const { positionals, values } = readArgs({ args: [...args], allowPositionals: true, options: READ_OPTIONS })
    if (positionals.length === 0) throw usage('give at least one file.')
    // Who looks at records wants to see what was read; what the rest of a record says is left out when it is stored.
    const { detail = 'full' } = values
    const out = (record: NormalizedRecord) => io.out(record.message)
    return readRecords(positionals, { ...values, detail, tellsRegion: true, out }, io)
  },
}

/** The options of all commands that read log objects. */
export const READ_OPTIONS = {
  kind: { type: 'string' },
  detail: { type: 'string' },
  region: { type: 'string' },
  settings: { type: 'string' },
  'bucket-profile': { type: 'string' },
} as const

export interface ReadRecordsOptions {
  readonly 'bucket-profile'?: string | undefined
  /** Of buckets, folders of other days are not listed. */
  readonly window?: TimeWindow | undefined
  readonly kind?: string | undefined
  readonly detail?: string | undefined
  /** Of lean records: where the stack is, see ownRegion; and of buckets. */
  readonly region?: string | undefined
  /** Whether it is said where nobody named it. */
  readonly tellsRegion?: boolean | undefined
  readonly settings?: string | undefined
  /** Instead of `settings`, where the caller has read them. */
  readonly environment?: Environment | undefined
  /** Called with each record in order; `file` as given. */
  readonly out: (record: NormalizedRecord, file: string) => Promise<void> | undefined
  /** In place of `out`: called with each record as its source wrote it. */
  readonly raw?: ((text: string, file: string) => Promise<void> | undefined) | undefined
}

/**
 * Reads the records of files (`-`: standard input), then those of buckets, one object after the other; what is wrong goes
 * to standard error. Returns the exit code.
 *
 * @throws BucketwatchError INPUT_NONE where there is no object at all; USAGE.
 */
export async function readRecords(files: readonly string[], options: ReadRecordsOptions, io: Io): Promise<number> {
  const { detail = 'lean', out } = options
  const object = readKind(options.kind)
  if (detail !== 'lean' && detail !== 'full') throw usage(`--detail is lean or full, not ${JSON.stringify(detail)}.`)
  const { capBytes, maxInflatedBytes, maxRecordBytes } = DEFAULT_CONFIG
  const environment =
    options.raw === undefined ? (options.environment ?? (await loadSettings(options.settings)).environment) : undefined
  const found = await listInputs(files.filter((one) => !one.startsWith(S3)))
  const unpacked = await unpackInputs(found)
  tellUnread(unpacked.unread, io)
  let exitCode = unpacked.unread.length > 0 ? 1 : 0
  let objects = 0
  let pieces = 0
  const places = unpacked.files.map(({ file }) => file)
  const { note, region, stdin } =
    environment === undefined || detail === 'full'
      ? { ...NO_REGION, stdin: io.stdin }
      : await ownRegion(options.region, places, io, object)
  if (note !== undefined && options.tellsRegion === true) io.err(note)
  const readers = createReaders(
    environment === undefined ? 'raw' : { environment: { ...environment, region }, detail, capBytes, now: io.now },
  )
  const buckets = files.filter((one) => one.startsWith(S3))
  const onUnread = (line: string): void => {
    exitCode = 1
    io.err(line)
  }
  for await (const { key, file, open } of inputsOf(unpacked.files, buckets, { ...options, stdin, onUnread }, io)) {
    objects += 1
    try {
      const body = untilInterrupted(await open(), io.signal)
      const read = await readLog(body, {
        readers,
        object,
        key,
        maxInflatedBytes,
        maxRecordBytes,
        onRecord(record) {
          pieces += 1
          if (options.raw !== undefined) return options.raw(record.message, file)
          // Handed on as text, as the pipeline does; whoever runs this has to know that it could not be read.
          if (record.view.kind === 'parseError') {
            exitCode = 1
            const { parseErrorReason, raw } = JSON.parse(record.message) as { parseErrorReason: string; raw: string }
            io.err(`${file}: kept as raw text: ${JSON.stringify(raw.slice(0, 200))}: ${parseErrorReason}`)
          }
          return out(record, file)
        },
        onUnreadable({ code, text, isContinued }) {
          exitCode = 1
          pieces += 1
          if (isContinued === true) return undefined
          io.err(`${file}: ${code}: quarantined: ${redactSecrets(JSON.stringify(text.slice(0, 200)))}`)
          return undefined
        },
      })
      if (read.skipped !== undefined) io.err(`${file}: skipped: ${read.skipped}`)
      if (read.error !== undefined) {
        exitCode = 1
        io.err(`${file}: ${read.error.code}: ${read.error.message}`)
      }
    } catch (error) {
      if (io.signal.aborted) break
      exitCode = 1
      io.err(`${file}: ${error instanceof BucketwatchError ? `${error.code}: ${error.message}` : fileProblem(error)}`)
    }
    if (io.signal.aborted) break
  }
  await unpacked.remove()
  if (io.signal.aborted) {
    io.err('Interrupted: not all was read.')
    return INTERRUPTED_EXIT
  }
  if (objects === 0) throw nothingToRead(files)
  if (pieces === 0) io.err(noRecordLine(objects))
  return exitCode
}

const S3 = 's3://'

interface Input {
  readonly key: string
  /** As people know it. */
  readonly file: string
  open(): Promise<AsyncIterable<Uint8Array>>
}

/** Files, then the objects of buckets as they are listed: there may be millions. */
async function* inputsOf(
  files: readonly { readonly file: string; readonly name: string }[],
  buckets: readonly string[],
  options: ReadRecordsOptions & { readonly stdin: Io['stdin']; readonly onUnread: (line: string) => void },
  io: Io,
): AsyncGenerator<Input> {
  for (const { file: place, name } of files) {
    const open = async () => (place === '-' ? options.stdin : createReadStream(place, { highWaterMark: 256 * 1024 }))
    yield { key: name, file: name, open }
  }
  if (buckets.length === 0) return
  const region = await regionOf(options.region, io)
  const bucketProfile = options['bucket-profile']
  const { createAdminClients } = await import('../../shared/aws/admin-clients.ts')
  const { createS3ObjectStore } = await import('../../shared/aws/s3.ts')
  const store = createS3ObjectStore({ client: createAdminClients({ region, bucketProfile }).s3 })
  const window = options.window ?? { from: 0, to: Number.MAX_SAFE_INTEGER }
  for (const prefix of buckets) {
    let isEmpty = true
    for await (const object of listBucket(prefix, { window, region, bucketProfile })) {
      isEmpty = false
      yield { key: object.key, file: object.name, open: async () => (await store.open(object)).body }
    }
    if (isEmpty) options.onUnread(nothingIn(prefix))
  }
}
