/** Archives that people hold logs in, unpacked for the local command: each file in one is an object by itself. */
import { closeSync, createReadStream, createWriteStream, openSync, readSync, statSync } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { constants, createInflateRaw, gunzipSync } from 'node:zlib'
import { fileProblem, isLastingFault } from '../basics/file-problem.ts'
import { plural } from '../basics/numbers.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { makeFolder } from '../files/make-folder.ts'
import { inflate, isGzip, isZstd } from '../object/inflate.ts'

const BLOCK = 512
/** Of a packed file so much tells what is in it. */
const SNIFF_BYTES = 16 * 1024
/** Of a gzipped one so much holds its first block. */
const GLANCE_BYTES = 1024
/** The beginning of the file that is looked at. */
const HEAD = Buffer.alloc(SNIFF_BYTES)
const FILES_A_TURN = 256
const REGULAR = new Set(['0', '\0', ''])

/** A file to read. */
export interface UnpackedFile {
  /** Where it is. */
  readonly file: string
  /** The same whenever the archive is unpacked: `logs.zip/folder/a.json`. */
  readonly name: string
  /** The file that was given. */
  readonly of: string
}

/** An archive that was not unpacked to its end, and why. */
export interface Damage {
  readonly file: string
  /** ARCHIVE_DAMAGED */
  readonly error: BucketwatchError
}

/**
 * The files given, and in place of archives (zip; bzip2; tar, plain or packed) the files that are in them, unpacked into a
 * temporary folder. Links, folders and what macOS puts beside files (`._…`) are left out; a name cannot lead out of the
 * folder. Where the signal is given, what is left comes as it is.
 *
 * @returns of an archive that is damaged, or ends too early, the files before that; it stands in `damaged`. `remove` takes the
 *   temporary folder away.
 * @throws what the file system throws, where the temporary folder cannot be written to.
 * @example
 * const { files, remove } = await unpackArchives(['logs.tar.gz', 'more.json'])
 */
export async function unpackArchives(
  files: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly files: UnpackedFile[]; readonly damaged: readonly Damage[]; remove(): Promise<void> }> {
  const found: UnpackedFile[] = []
  const damaged: Damage[] = []
  let folder: string | undefined
  const remove = async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  const inFolder = async (file: string, step = '') => {
    folder ??= await mkdtemp(path.join(tmpdir(), 'bucketwatch-'))
    return path.join(folder, `${found.length}${step}`, path.basename(file))
  }

  /** The files of an archive as far as it can be unpacked. */
  async function unpackable(
    given: string,
    unpacking: (onFile: (file: string) => void) => Promise<void>,
  ): Promise<string[]> {
    const all: string[] = []
    try {
      await unpacking((file) => void all.push(file))
    } catch (error) {
      if (signal?.aborted === true || (isLastingFault(error) && isOfWriting(error))) throw error
      const reason = reasonOf(error)
      const what = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}; ${plural(all.length, 'file')} unpacked.`
      damaged.push({
        file: given,
        error: new BucketwatchError('ARCHIVE_DAMAGED', what, { file: given }, { cause: error }),
      })
    }
    return all
  }

  /** The files in an archive; of any other file itself. */
  async function unpack(given: string): Promise<UnpackedFile[]> {
    let file = given
    let head = readHead(given)
    // Inside may be a log, or an archive.
    if (isBzip2(head)) {
      const plain = (await inFolder(given, '-bzip2')).replace(/\.bz2$/, '')
      const inside = await unpackable(given, (onFile) => unpackBzip2(given, plain, onFile, signal))
      if (inside.length === 0) return []
      file = plain
      head = readHead(file)
    }
    const members = (await isTar(head)) ? unpackTar : isZip(head) ? unpackZip : undefined
    if (members === undefined) return [{ file, name: given, of: given }]
    const target = await inFolder(file)
    const all = await unpackable(given, (onFile) => members(file, target, onFile, signal))
    const nameOf = (member: string) => [given, ...path.relative(target, member).split(path.sep)].join('/')
    return all.map((member) => ({ file: member, name: nameOf(member), of: given }))
  }

  for (const [index, given] of files.entries()) {
    // Looking at a file takes no turn of the event loop; a signal may wait for one.
    if (index % FILES_A_TURN === FILES_A_TURN - 1) await turn()
    const asItIs = { file: given, name: given, of: given }
    try {
      found.push(...(signal?.aborted === true ? [asItIs] : await unpack(given)))
    } catch (error) {
      if (isLastingFault(error) && isOfWriting(error)) {
        await remove()
        throw error
      }
      // Interrupted.
      found.push(asItIs)
    }
  }
  return { files: found, damaged, remove }
}

/** What a file that cannot be read fails with is told by its reader; what cannot be written, nobody else tells. */
function isOfWriting(error: unknown): boolean {
  const { syscall = '', path: file = '' } = error as NodeJS.ErrnoException
  return /^(?:write|writev|mkdir|mkdtemp|pwrite)$/.test(syscall) || file.startsWith(tmpdir())
}

/**
 * The beginning of a file; nothing of what is no file, or cannot be read: whoever reads it will say what is wrong with it.
 * In one go: of a hundred thousand small objects each would wait for its turn five times.
 */
function readHead(file: string): Buffer {
  try {
    if (!statSync(file).isFile()) return Buffer.alloc(0)
    const handle = openSync(file, 'r')
    try {
      return HEAD.subarray(0, readSync(handle, HEAD, 0, SNIFF_BYTES, 0))
    } finally {
      closeSync(handle)
    }
  } catch {
    return Buffer.alloc(0)
  }
}

const isBzip2 = (head: Buffer): boolean => /^BZh[1-9](1AY&SY|\x17rE8P\x90)/.test(head.toString('latin1', 0, 10))

/** bzip2 has one file in it: a log, or a tar archive. */
async function unpackBzip2(
  file: string,
  target: string,
  onFile: (file: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  makeFolder(path.dirname(target))
  const { default: unbzip2 } = await import('unbzip2-stream')
  await pipeline(createReadStream(file), unbzip2(), createWriteStream(target), { signal })
  onFile(target)
}

const isUstar = (beginning: Buffer): boolean => beginning.toString('latin1', 257, 262) === 'ustar'

async function isTar(head: Buffer): Promise<boolean> {
  const beginning = plainBeginning(head)
  if (beginning !== undefined) return isUstar(beginning)
  const first: Uint8Array[] = []
  let length = 0
  try {
    // As much as is there is inflated before it is said to be cut off.
    for await (const chunk of inflate(Readable.from([Buffer.from(head)]))) {
      first.push(chunk)
      length += chunk.length
      if (length >= BLOCK) break
    }
  } catch {
    // Whoever reads it will say what is wrong with it.
  }
  return isUstar(Buffer.concat(first))
}

/**
 * The first block of a plain or a gzipped file, which objects are, without a stream; undefined: it takes one to tell (zstd,
 * two layers, a long header, damage).
 */
function plainBeginning(head: Buffer): Buffer | undefined {
  if (!isGzip(head)) return isZstd(head) ? undefined : head
  try {
    const plain = gunzipSync(head.subarray(0, GLANCE_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
    return plain.length < BLOCK || isGzip(plain) || isZstd(plain) ? undefined : plain
  } catch {
    return undefined
  }
}

/** aws: none; POSIX.1-2017, "ustar Interchange Format" and "pax Interchange Format", and GNU's long names. */
async function unpackTar(
  file: string,
  folder: string,
  onFile: (file: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = createByteReader(inflate(createReadStream(file, { highWaterMark: 256 * 1024 })))
  let longName: string | undefined
  for (;;) {
    const header = await bytes.read(BLOCK)
    if (header.length < BLOCK) throw new Error('it has no end')
    // An empty block ends it.
    if (header[0] === 0) return
    const text = (start: number, length: number) => header.toString('utf8', start, start + length).replace(/\0.*$/s, '')
    const size = sizeOf(header)
    const type = text(156, 1)
    const padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (type === 'x' || type === 'L') {
      const body = (await bytes.read(size)).toString('utf8')
      longName = type === 'L' ? body.replace(/\0.*$/s, '') : (/(?:^|\n)\d+ path=([^\n]*)\n/.exec(body)?.[1] ?? longName)
      await bytes.skip(padding)
      continue
    }
    const name = longName ?? (text(345, 155) === '' ? text(0, 100) : `${text(345, 155)}/${text(0, 100)}`)
    longName = undefined
    const target = REGULAR.has(type) ? targetOf(folder, name) : undefined
    if (target !== undefined) {
      await write(bytes.take(size), target, signal).catch((error) => throwWithin(name, error))
      onFile(target)
    } else await bytes.skip(size)
    await bytes.skip(padding)
  }
}

/** Where a file of an archive goes; undefined: nowhere. */
function targetOf(folder: string, name: string): string | undefined {
  const target = path.resolve(folder, name)
  const isInside = target.startsWith(`${path.resolve(folder)}${path.sep}`)
  return isInside && !name.endsWith('/') && !path.basename(name).startsWith('._') ? target : undefined
}

async function write(
  content: AsyncIterable<Uint8Array>,
  target: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  makeFolder(path.dirname(target))
  await pipeline(content, createWriteStream(target), { signal })
}

/** A file that is not whole is not read; which one that is has to be known. */
function throwWithin(name: string, error: unknown): never {
  if (isLastingFault(error) && isOfWriting(error)) throw error
  throw new Error(`in ${name}, which is not read: ${reasonOf(error)}`, { cause: error })
}

/** What a code says of what came before is of objects, not of files of an archive. */
const reasonOf = (error: unknown): string =>
  error instanceof BucketwatchError ? `${error.message.split(/[;.]/)[0]} (${error.code})` : fileProblem(error)

const isZip = (head: Buffer): boolean => /^PK\x03\x04|^PK\x05\x06/.test(head.toString('latin1', 0, 4))

async function readRange(file: string, start: number, length: number): Promise<Buffer> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const END_RECORD = 22
const CENTRAL_HEADER = 46
const LOCAL_HEADER = 30
const ZIP64 = 0xffffffff

/**
 * The central directory at the end says what is in a zip archive.
 *
 * Source: PKWARE, APPNOTE.TXT, "Central directory structure" and "ZIP64 End of central directory record".
 *
 * @throws where it is damaged, encrypted, or packed in another way than deflate.
 */
async function unpackZip(
  file: string,
  folder: string,
  onFile: (file: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fail = (reason: string) => new Error(`it ${reason}`)
  const { size } = await stat(file)
  const tail = await readRange(file, Math.max(0, size - 66_000), 66_000)
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (end < 0 || tail.length < end + END_RECORD) throw fail('has no directory: it is cut off')
  let length = tail.readUInt32LE(end + 12)
  let start = tail.readUInt32LE(end + 16)
  const locator = tail.lastIndexOf('PK\x06\x07', undefined, 'latin1')
  if (locator >= 0 && (start === ZIP64 || length === ZIP64)) {
    const record = await readRange(file, Number(tail.readBigUInt64LE(locator + 8)), 56)
    length = Number(record.readBigUInt64LE(40))
    start = Number(record.readBigUInt64LE(48))
  }
  const directory = await readRange(file, start, length)
  for (let at = 0; at + CENTRAL_HEADER <= directory.length; ) {
    if (directory.readUInt32LE(at) !== 0x02014b50) throw fail('has a damaged directory')
    const nameLength = directory.readUInt16LE(at + 28)
    const extraLength = directory.readUInt16LE(at + 30)
    const name = directory.toString('utf8', at + CENTRAL_HEADER, at + CENTRAL_HEADER + nameLength)
    const extra = directory.subarray(at + CENTRAL_HEADER + nameLength, at + CENTRAL_HEADER + nameLength + extraLength)
    const [packed, offset] = placeOf(directory, at, extra)
    const method = directory.readUInt16LE(at + 10)
    const isEncrypted = (directory.readUInt16LE(at + 8) & 1) !== 0
    at += CENTRAL_HEADER + nameLength + extraLength + directory.readUInt16LE(at + 32)
    const target = targetOf(folder, name)
    if (target === undefined) continue
    if (isEncrypted || (method !== 0 && method !== 8))
      throw fail(`holds ${name} encrypted or packed otherwise than deflated`)
    const local = await readRange(file, offset, LOCAL_HEADER)
    const first = offset + LOCAL_HEADER + local.readUInt16LE(26) + local.readUInt16LE(28)
    const stored = packed === 0 ? Readable.from([]) : createReadStream(file, { start: first, end: first + packed - 1 })
    const content = method === 8 ? stored.pipe(createInflateRaw()) : stored
    await write(content, target, signal).catch((error) => throwWithin(name, error))
    onFile(target)
  }
}

/** Size as stored, and offset of the local header: in the extra field where they are over 4 GiB. */
function placeOf(directory: Buffer, at: number, extra: Buffer): [packed: number, offset: number] {
  const plain = directory.readUInt32LE(at + 24)
  let packed = directory.readUInt32LE(at + 20)
  let offset = directory.readUInt32LE(at + 42)
  for (let field = 0; field + 4 <= extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    if (extra.readUInt16LE(field) !== 1) continue
    let next = field + 4 + (plain === ZIP64 ? 8 : 0)
    if (packed === ZIP64) {
      packed = Number(extra.readBigUInt64LE(next))
      next += 8
    }
    if (offset === ZIP64) offset = Number(extra.readBigUInt64LE(next))
  }
  return [packed, offset]
}

/** Octal digits, or (GNU, over 8 GiB) a number with the first bit set. */
function sizeOf(header: Buffer): number {
  if ((header[124]! & 0x80) !== 0) return Number(header.readBigUInt64BE(128))
  return Number.parseInt(header.toString('latin1', 124, 136).replace(/[\0 ].*$/s, ''), 8) || 0
}

/** Bytes by the number. */
function createByteReader(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)

  async function* take(count: number, isPartWanted = false): AsyncGenerator<Uint8Array> {
    let wanted = count
    while (wanted > 0) {
      if (rest.length === 0) {
        const next = await iterator.next()
        if (next.done === true) {
          if (isPartWanted) return
          throw new Error('it ends too early')
        }
        rest = next.value
      }
      const piece = rest.subarray(0, wanted)
      rest = rest.subarray(piece.length)
      wanted -= piece.length
      yield piece
    }
  }

  return {
    take,
    async read(count: number): Promise<Buffer> {
      const pieces: Uint8Array[] = []
      for await (const piece of take(count, true)) pieces.push(Buffer.from(piece))
      return Buffer.concat(pieces)
    },
    async skip(count: number): Promise<void> {
      for await (const _ of take(count, true));
    },
  }
}
