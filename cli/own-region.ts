import { createReadStream } from 'node:fs'
import type { ObjectKind } from '../shared/kinds/kinds.ts'
import { readLog } from '../shared/object/read-log.ts'
import { createReaders } from '../shared/object/readers.ts'
import { DEFAULT_CONFIG } from '../shared/settings/defaults.ts'
import type { Io } from './io.ts'
import { checkRegion } from './stack-options.ts'

/** How the option of every command that writes lean records is told. */
export const REGION_USAGE = `--region R   where the stack is (default: AWS_REGION, else the first CloudTrail record's); lean S3
             data events do not say it`

/** Where the stack is. */
export interface OwnRegion {
  /** undefined: nobody names it, and neither does a record. */
  readonly region: string | undefined
  /** Where it is guessed: what to say of it. */
  readonly note: string | undefined
  /** Standard input, all of it: what was looked at cannot be read again. */
  readonly stdin: AsyncIterable<Uint8Array>
}

export const NO_REGION = { region: undefined, note: undefined }

/** So much of a file is looked at. */
const LOOKED_AT_BYTES = 1024 * 1024

/**
 * The Region that lean records are written for: a stack's own, which its S3 data events do not say again. As given, else
 * `AWS_REGION`, else that of the first CloudTrail record among the files (`-`: standard input) that tells one.
 *
 * @throws BucketwatchError USAGE for a name that no Region has.
 * @example
 * const { region, note, stdin } = await ownRegion(values.region, ['-'], io)
 */
export async function ownRegion(
  given: string | undefined,
  files: readonly string[],
  io: Pick<Io, 'env' | 'stdin'>,
  object?: ObjectKind,
): Promise<OwnRegion> {
  const named = checkRegion(given) ?? io.env.AWS_REGION
  let { stdin } = io
  if (named !== undefined && named !== '') return { region: named, note: undefined, stdin }
  for (const file of files) {
    let head: AsyncIterable<Uint8Array>
    if (file === '-') ({ head, whole: stdin } = await peek(stdin))
    else head = createReadStream(file, { end: LOOKED_AT_BYTES - 1 })
    const region = await firstRegion(head, object)
    if (region === undefined) continue
    const note = `Lean is as a stack in ${region} stores it, the Region of the first record; --region says another.`
    return { region, note, stdin }
  }
  return { ...NO_REGION, stdin }
}

/** The beginning of a stream, and all of it. */
async function peek(
  body: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: AsyncIterable<Uint8Array>; readonly whole: AsyncIterable<Uint8Array> }> {
  const pieces: Uint8Array[] = []
  const rest = body[Symbol.asyncIterator]()
  for (let bytes = 0; bytes < LOOKED_AT_BYTES; ) {
    const next = await rest.next()
    if (next.done === true) break
    pieces.push(next.value)
    bytes += next.value.length
  }
  async function* head(): AsyncGenerator<Uint8Array> {
    yield* pieces
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield* pieces
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  }
  return { head: head(), whole: whole() }
}

/** Of the records in the beginning of a log. What is wrong with it, or cut off here, is told when it is read. */
async function firstRegion(
  body: AsyncIterable<Uint8Array>,
  object: ObjectKind | undefined,
): Promise<string | undefined> {
  const { maxInflatedBytes, maxRecordBytes } = DEFAULT_CONFIG
  let region: string | undefined
  let isDone = false
  async function* untilDone(): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      yield piece
      if (isDone) return
    }
  }
  try {
    await readLog(untilDone(), {
      readers: createReaders('raw'),
      object,
      maxInflatedBytes,
      maxRecordBytes,
      onRecord({ message }, kind) {
        isDone ||= kind !== 'cloudtrail'
        if (isDone) return undefined
        region = /"awsRegion"\s*:\s*"([a-z0-9-]+)"/.exec(message)?.[1]
        isDone = region !== undefined
        return undefined
      },
      onUnreadable: () => undefined,
    })
  } catch {
    // Read below again, which says what it is.
  }
  return region
}
