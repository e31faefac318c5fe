import { Readable } from 'node:stream'
import { createZstdDecompress, gunzipSync } from 'node:zlib'
import type { ZlibOptions } from 'minizlib'
import { giveBack } from '../basics/give-back.ts'
import { readAhead } from '../basics/read-ahead.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { ObjectBody } from '../contracts/ports.ts'

export interface InflateOptions {
  /** Size of the pieces that are inflated at a time. Bytes; default 256 KiB (zlib's 16 KiB costs twice the CPU). */
  readonly chunkSize?: number
  /** What a gzip object may inflate to before INFLATED_TOO_LARGE. Bytes; default 4 GiB. Plain objects have no limit. */
  readonly maxInflatedBytes?: number
  /**
   * Compressed bytes that are kept so that, after an error, what came before it can be told to the byte. Bytes; default
   * 16 MiB. In a larger object what a sixteenth of `chunkSize` inflates to is lost before the error: about a chunk.
   */
  readonly keepBytes?: number
}

/** The plain bytes of an object, with counters that are up to date while it is read. Read it once. */
export interface Inflated extends AsyncIterable<Uint8Array> {
  /** Bytes read from the object, as it is stored. */
  readonly bytesIn: number
  /** Plain bytes handed out. */
  readonly bytesOut: number
  /** How many times the object was gzipped: 0, 1 or 2. */
  readonly layers: number
  /**
   * Gives back the memory of a chunk at once. Call it for each chunk in order, when neither it nor a view of it is needed
   * any more: the garbage collector is told of every 32 MB of chunks, and looks through the whole heap then.
   */
  release(chunk: Uint8Array): void
}

const CHUNK_SIZE = 256 * 1024
const MAX_INFLATED_BYTES = 4 * 1024 ** 3
const KEEP_BYTES = 16 * 1024 * 1024
// Compressed bytes given to zlib at a time, in parts of a chunk. Half as many cost a fiftieth of all that there is to do with
// them; a hostile object makes the thousandfold of them at once. Of what is not kept they are fewer: what comes of those that
// fail is lost, and logs are packed to a tenth.
const PIECES = 4
const PIECES_NOT_KEPT = 16
// An object up to this size is read whole and inflated in one call, which takes half the CPU of a stream (a fifth for a
// few KB); one that inflates beyond the second bound is streamed after all.
const SMALL_BYTES = 1024 * 1024
const SMALL_INFLATED_BYTES = 16 * 1024 * 1024
const MAX_LAYERS = 2
// Buffers up to the size of Node's pool may be pieces of it.
const MIN_OWN_BYTES = Buffer.poolSize + 1
// After an error the failing piece is read again in steps of the first size, then of the second.
const REPLAY_STEPS = [1024, 1]

/**
 * Inflates an object's bytes where they are gzipped or packed with zstd, and passes them through where they are not.
 * Trusts the magic bytes (1f 8b, 28 b5 2f fd), not the key or Content-Encoding. Reads any number of gzip members, zero padding between and after them, and
 * gzip inside gzip (two layers). Keeps the consumer's pace, a chunk ahead of it; memory stays within a few MB whatever the
 * object's size, and within 70 where it is packed to a thousandth.
 *
 * Throws, always after handing out everything before the fault: GZIP_CORRUPT (also for text after the last member),
 * GZIP_TRUNCATED, INFLATED_TOO_LARGE. An error of the source passes through as it is.
 *
 * @example
 * const inflated = inflate(opened.body)
 * for await (const chunk of inflated) splitter.push(chunk)
 * log.info('read', { bytesIn: inflated.bytesIn, bytesOut: inflated.bytesOut })
 */
export function inflate(body: ObjectBody, options: InflateOptions = {}): Inflated {
  const { chunkSize = CHUNK_SIZE, maxInflatedBytes = MAX_INFLATED_BYTES, keepBytes = KEEP_BYTES } = options
  const counters = { bytesIn: 0, bytesOut: 0, layers: 0 }
  /** Of gzip each chunk has a buffer of its own; a stream cuts several from one. */
  let isStream = false
  /** The body's chunks, which zlib may still have to read; undefined: nobody takes them back, or there were too many to keep. */
  let packed: Uint8Array[] | undefined = body.release === undefined ? undefined : []

  async function* count(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      counters.bytesIn += chunk.length
      if (counters.bytesIn > keepBytes) packed = undefined
      else packed?.push(chunk)
      if (chunk.length > 0) yield chunk
    }
  }

  async function* unwrap(source: AsyncIterable<Uint8Array>, layers: number): AsyncGenerator<Uint8Array> {
    const { packing, all } = await peek(source)
    if (packing === undefined || layers === MAX_LAYERS) {
      yield* all
      return
    }
    counters.layers = layers + 1
    isStream = packing === 'zstd'
    yield* unwrap(isStream ? unzstd(all, chunkSize) : gunzip(all, chunkSize, keepBytes), layers + 1)
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readAhead(unwrap(count(), 0))) {
      const room = counters.layers === 0 ? Number.POSITIVE_INFINITY : maxInflatedBytes - counters.bytesOut
      if (chunk.length <= room) {
        counters.bytesOut += chunk.length
        yield chunk
        continue
      }
      counters.bytesOut += room
      if (room > 0) yield chunk.subarray(0, room)
      throw new BucketwatchError('INFLATED_TOO_LARGE', `The limit is ${maxInflatedBytes} bytes.`, {
        maxInflatedBytes,
        bytesIn: counters.bytesIn,
      })
    }
    if (counters.layers > 0) for (const chunk of packed ?? []) body.release?.(chunk)
  }

  return {
    get bytesIn() {
      return counters.bytesIn
    },
    get bytesOut() {
      return counters.bytesOut
    },
    get layers() {
      return counters.layers
    },
    release(chunk) {
      if (counters.layers === 0) body.release?.(chunk)
      else if (chunk.buffer.byteLength >= MIN_OWN_BYTES && (!isStream || isLastOf(chunk)))
        giveBack(new Uint8Array(chunk.buffer))
    },
    [Symbol.asyncIterator]: read,
  }
}

/** Whether a chunk is the last piece of a buffer of zlib's, which never writes into that one again. */
function isLastOf({ buffer, byteLength, byteOffset }: Uint8Array): boolean {
  return byteOffset + byteLength === buffer.byteLength
}

/** Whether bytes begin with gzip's magic number. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

const ZSTD = [0x28, 0xb5, 0x2f, 0xfd]
/** Whether bytes begin with zstd's magic number. */
export const isZstd = (bytes: Uint8Array): boolean => ZSTD.every((byte, index) => bytes[index] === byte)

/** One layer of zstd, as a stream. */
async function* unzstd(source: AsyncIterable<Uint8Array>, chunkSize: number): AsyncGenerator<Uint8Array> {
  let sourceFailure: { error: unknown } | undefined
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* source
    } catch (error) {
      sourceFailure = { error }
      throw error
    }
  }
  const input = Readable.from(watched(), { objectMode: false })
  const plain = createZstdDecompress({ chunkSize })
  input.on('error', (error) => plain.destroy(error))
  try {
    yield* input.pipe(plain) as AsyncIterable<Uint8Array>
  } catch (error) {
    if (sourceFailure !== undefined) throw sourceFailure.error
    throw new BucketwatchError('ZSTD_CORRUPT', `zlib says: ${(error as Error).message}.`, {}, { cause: error })
  } finally {
    input.destroy()
    plain.destroy()
  }
}

/** Looks at the first four bytes. `all` are all the bytes again, those looked at included. */
async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ packing: 'gzip' | 'zstd' | undefined; all: AsyncGenerator<Uint8Array, void, undefined> }> {
  const iterator = source[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array(0)
  let failure: { error: unknown } | undefined
  let done = false
  while (!done && failure === undefined && head.length < ZSTD.length) {
    try {
      const next = await iterator.next()
      if (next.done === true) done = true
      else head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
    } catch (error) {
      failure = { error }
    }
  }

  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (head.length > 0) yield head
      if (failure !== undefined) throw failure.error
      while (!done) {
        const next = await iterator.next()
        if (next.done === true) done = true
        else yield next.value
      }
    } finally {
      if (!done) await iterator.return?.()
    }
  }
  return { packing: isGzip(head) ? 'gzip' : isZstd(head) ? 'zstd' : undefined, all: all() }
}

/** One layer of gzip: small objects in one call, others as a stream. */
async function* gunzip(
  source: AsyncGenerator<Uint8Array>,
  chunkSize: number,
  keepBytes: number,
): AsyncGenerator<Uint8Array> {
  const first: Uint8Array[] = []
  let firstBytes = 0
  let failure: { error: unknown } | undefined
  let done = false
  while (!done && failure === undefined && firstBytes <= SMALL_BYTES) {
    try {
      const next = await source.next()
      if (next.done === true) {
        done = true
      } else {
        first.push(next.value)
        firstBytes += next.value.length
      }
    } catch (error) {
      failure = { error }
    }
  }
  if (done) {
    const plain = gunzipWhole(first.length === 1 ? first[0]! : Buffer.concat(first, firstBytes))
    if (plain !== undefined) {
      if (plain.length > 0) yield plain
      return
    }
  }

  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* first.splice(0)
      if (failure !== undefined) throw failure.error
      while (!done) {
        const next = await source.next()
        if (next.done === true) done = true
        else yield next.value
      }
    } finally {
      if (!done) await source.return(undefined)
    }
  }
  yield* gunzipStream(pieces(all(), pieceOf(chunkSize)), chunkSize, keepBytes)
}

/** Inflates a whole object; undefined where that fails or is not worth it, so that it must be streamed. */
function gunzipWhole(bytes: Uint8Array): Uint8Array | undefined {
  // gzip ends with its plain length (modulo 2^32): the right buffer size at once, which halves the work.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const hint = bytes.length < 18 ? 0 : view.getUint32(bytes.length - 4, true)
  const chunkSize = Math.min(Math.max(hint + 64, 1024), 8 * 1024 * 1024)
  try {
    const result = gunzipSync(bytes, {
      chunkSize: hint > SMALL_INFLATED_BYTES ? CHUNK_SIZE : chunkSize,
      maxOutputLength: SMALL_INFLATED_BYTES,
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    return result.engine.bytesWritten === bytes.length ? result.buffer : undefined
  } catch {
    return undefined
  }
}

/** What zlib threw, and the offset in the compressed bytes of the piece in which it did. */
class GunzipFailure extends Error {
  readonly offset: number

  constructor(offset: number, cause: unknown) {
    super('gunzip failed', { cause })
    this.offset = offset
  }
}

async function* gunzipStream(
  source: AsyncIterable<Uint8Array>,
  chunkSize: number,
  keepBytes: number,
): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] | undefined = []
  let keptBytes = 0
  let handedOut = 0

  async function* keep(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      keptBytes += piece.length
      if (keptBytes > keepBytes) kept = undefined
      kept?.push(piece)
      if (kept === undefined) yield* cut(piece, Math.ceil(chunkSize / PIECES_NOT_KEPT))
      else yield piece
    }
  }

  try {
    for await (const chunk of gunzipMembers(keep(), chunkSize)) {
      handedOut += chunk.length
      yield chunk
    }
  } catch (error) {
    if (!(error instanceof GunzipFailure)) throw error
    if (kept !== undefined) yield* replay(kept, chunkSize, error.offset, handedOut)
    throw toBucketwatchError(error)
  }
}

/**
 * zlib keeps back what it inflated of the piece in which it fails, which may be hundreds of records. Inflates what was
 * kept again, in ever smaller steps, and hands out what lies between `handedOut` and the fault.
 */
async function* replay(
  kept: readonly Uint8Array[],
  chunkSize: number,
  offset: number,
  handedOut: number,
): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.concat(kept)
  const piece = pieceOf(chunkSize)
  let failedAt = offset
  let skip = handedOut

  function* steps(size: number): Generator<Uint8Array> {
    yield* cut(bytes.subarray(0, failedAt), piece)
    yield* cut(bytes.subarray(failedAt), size)
  }

  for (const size of REPLAY_STEPS) {
    let seen = 0
    try {
      for await (const chunk of gunzipMembers(steps(size), chunkSize)) {
        const fresh = chunk.subarray(Math.max(0, Math.min(chunk.length, skip - seen)))
        seen += chunk.length
        if (fresh.length > 0) yield fresh
      }
      return
    } catch (error) {
      if (!(error instanceof GunzipFailure)) throw error
      failedAt = error.offset
      skip = Math.max(skip, seen)
    }
  }
}

function toBucketwatchError(failure: GunzipFailure): BucketwatchError {
  const cause = failure.cause as { code?: string; message?: string }
  const code = cause.code === 'Z_BUF_ERROR' ? 'GZIP_TRUNCATED' : 'GZIP_CORRUPT'
  return new BucketwatchError(
    code,
    `zlib says: ${cause.message}.`,
    { offset: failure.offset },
    { cause: failure.cause },
  )
}

/** Inflates gzip members, one after another. Throws {@link GunzipFailure}, and what the source throws. */
async function* gunzipMembers(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  chunkSize: number,
): AsyncGenerator<Uint8Array> {
  let engine: Engine | undefined
  let isFirst = true
  let offset = 0
  try {
    for await (const piece of source) {
      let rest = piece
      while (rest.length > 0) {
        if (engine === undefined) {
          const zeros = isFirst ? 0 : leadingZeros(rest)
          offset += zeros
          rest = rest.subarray(zeros)
          if (rest.length === 0) break
          engine = await startEngine(chunkSize)
          isFirst = false
        }
        yield* engine.write(rest)
        if (engine.failure !== undefined) throw new GunzipFailure(offset, engine.failure.error)
        const used = engine.used()
        offset += used
        if (used === rest.length) break
        // zlib stopped at zero padding: what comes after it may be one more member.
        rest = rest.subarray(used)
        yield* engine.end()
        engine = undefined
      }
    }
    if (engine !== undefined) {
      yield* engine.end()
      if (engine.failure !== undefined) throw new GunzipFailure(offset, engine.failure.error)
    }
  } finally {
    engine?.close()
  }
}

function leadingZeros(bytes: Uint8Array): number {
  let count = 0
  while (count < bytes.length && bytes[count] === 0) count++
  return count
}

/** zlib, driven a piece at a time: what comes of each is there when the call returns. */
interface Engine {
  readonly failure: { error: unknown } | undefined
  write(piece: Uint8Array): readonly Uint8Array[]
  /** Says that no more bytes come. */
  end(): readonly Uint8Array[]
  /** How many bytes zlib took of the last piece. */
  used(): number
  close(): void
}

/**
 * Inflates in this thread: zlib's own threads hand each chunk over from core to core, and where all cores are at work that
 * costs a twentieth of all there is to do with it.
 */
async function startEngine(chunkSize: number): Promise<Engine> {
  // Only for large objects: no command waits for it when it begins.
  const { Gunzip } = await import('minizlib')
  // What zlib itself is told, of which the library's types say nothing.
  const options: ZlibOptions & { readonly chunkSize: number } = { chunkSize }
  const gunzip = new Gunzip(options)
  let made: Uint8Array[] = []
  let failure: { error: unknown } | undefined
  gunzip.on('data', (chunk: Uint8Array) => made.push(chunk))
  gunzip.on('error', (error) => {
    failure ??= { error: (error as Error).cause }
  })

  function take(): readonly Uint8Array[] {
    const taken = made
    made = []
    return taken
  }

  return {
    get failure() {
      return failure
    },
    write(piece) {
      gunzip.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))
      return take()
    },
    end() {
      if (failure === undefined) gunzip.end()
      return take()
    },
    used: () => gunzip.handle?.bytesWritten ?? 0,
    close: () => gunzip.close(),
  }
}

const pieceOf = (chunkSize: number): number => Math.ceil(chunkSize / PIECES)

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** The same bytes in pieces that are worth a call of zlib. */
async function* pieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0

  function* flush(): Generator<Uint8Array> {
    if (waitingBytes === 0) return
    const bytes = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting, waitingBytes)
    waiting = []
    waitingBytes = 0
    yield* cut(bytes, size)
  }

  let failure: { error: unknown } | undefined
  try {
    for await (const chunk of source) {
      waiting.push(chunk)
      waitingBytes += chunk.length
      if (waitingBytes >= size) yield* flush()
    }
  } catch (error) {
    failure = { error }
  }
  yield* flush()
  if (failure !== undefined) throw failure.error
}
