/**
 * S3 in files: `<root>/<bucket>/<key>`, or single files under given names.
 */

import { access, constants, open, realpath, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileProblem } from '../basics/file-problem.ts'
import { giveBack } from '../basics/give-back.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { ObjectAddress, ObjectBody, ObjectStore, OpenedObject } from '../contracts/ports.ts'
import { makeFolder } from '../files/make-folder.ts'
import { decodeFileName, encodeFileName, MAX_FILE_NAME_BYTES } from './file-name.ts'

/** Bodies are read in pieces of this many bytes. */
export const CHUNK_BYTES = 256 * 1024
/** Room to see that nothing follows. */
const LAST_BYTES = 4 * 1024

/** S3's own limit on a key, in UTF-8 bytes ("Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1_024

const BUCKET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/

/**
 * Reads objects from `<root>/<bucket>/<key>`. There is one version of everything: `versionId` is ignored. Characters
 * that some file system forbids are looked for as `%XX` first (see `encodeFileName`), then as they are. A key can never
 * reach outside its bucket's folder: `.` and `..` segments, empty segments (a leading `/`, `//`), NUL, keys too long for
 * S3 or for a file name, and symbolic links that lead outside are OBJECT_NOT_FOUND.
 *
 * @example
 * const store = createFolderObjectStore('.bucketwatch/buckets')
 * const { body } = await store.open({ bucket: 'amzn-s3-demo-bucket', key: 'AWSLogs/…/x.json.gz' })
 */
export function createFolderObjectStore(root: string): ObjectStore {
  return {
    async open(address) {
      const candidates = filePaths(root, address)
      for (const file of candidates) {
        const found = await openFile(file, address, path.join(root, address.bucket))
        if (found !== undefined) return found
      }
      throw notFound(address)
    },
  }
}

/**
 * Reads objects from single files: `files` maps `<bucket>/<key>` to a path.
 *
 * @example
 * const store = createFileObjectStore(new Map([['local/trail.json.gz', '/tmp/trail.json.gz']]))
 */
export function createFileObjectStore(files: ReadonlyMap<string, string>): ObjectStore {
  return {
    async open(address) {
      const file = files.get(`${address.bucket}/${address.key}`)
      const found = file === undefined ? undefined : await openFile(file, address, undefined)
      if (found === undefined) throw notFound(address)
      return found
    },
  }
}

/**
 * Writes an object where {@link createFolderObjectStore} finds it, complete or not at all (written aside, then renamed).
 *
 * @throws BucketwatchError OBJECT_NOT_FOUND if the key cannot be a file there.
 */
export async function writeObject(root: string, address: ObjectAddress, body: Uint8Array | string): Promise<void> {
  const file = filePaths(root, address)[0]
  if (file === undefined) throw notFound(address)
  const folder = path.dirname(file)
  makeFolder(folder)
  // Hidden until it is complete: watchers leave out names that begin with a dot.
  const aside = path.join(folder, `.${process.pid}-${Math.random().toString(36).slice(2)}`)
  await writeFile(aside, body)
  await rename(aside, file)
}

/**
 * The address of a file below the root of a {@link createFolderObjectStore}, from its path relative to that root;
 * undefined for a file that lies in no bucket.
 *
 * @example
 * addressOfFile('amzn-s3-demo-bucket/a/b%3Ac') // { bucket: 'amzn-s3-demo-bucket', key: 'a/b:c' }
 */
export function addressOfFile(relativePath: string): ObjectAddress | undefined {
  const [bucket, ...segments] = relativePath.split(/[\\/]/)
  if (bucket === undefined || segments.length === 0 || !BUCKET_NAME.test(bucket)) return undefined
  return { bucket, key: segments.map(decodeFileName).join('/') }
}

/** Where the object may lie, best first; none where the name cannot be a file. */
function filePaths(root: string, { bucket, key }: ObjectAddress): readonly string[] {
  if (!BUCKET_NAME.test(bucket) || Buffer.byteLength(key) > MAX_KEY_BYTES || key.includes('\0')) return []
  const segments = key.split('/')
  const encoded = segments.map(encodeFileName)
  const unusable = (name: string) =>
    name === '' || name === '.' || name === '..' || Buffer.byteLength(name) > MAX_FILE_NAME_BYTES
  const paths: string[] = []
  if (!encoded.some(unusable)) paths.push(path.join(root, bucket, ...encoded))
  // A copy of a bucket made by `aws s3 sync` has the characters as they are. On Windows `\` and `:` mean something.
  const literal = path.sep === '/' && encoded.some((name, index) => name !== segments[index])
  if (literal && !segments.some(unusable)) paths.push(path.join(root, bucket, ...segments))
  return paths
}

async function openFile(
  file: string,
  address: ObjectAddress,
  within: string | undefined,
): Promise<OpenedObject | undefined> {
  try {
    const real = await realpath(file)
    if (within !== undefined && !real.startsWith((await realpath(within)) + path.sep)) return undefined
    const { size, isFile } = await stat(real).then((found) => ({ size: found.size, isFile: found.isFile() }))
    if (!isFile) return undefined
    await access(real, constants.R_OK)
    return { body: bodyOf((lent) => readChunks(real, address, { size, lent })), contentLength: size }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return undefined
    throw readError(error, address)
  }
}

/**
 * Opens the lines of a file that begin at the bytes `from` to `to` (`to` not included), each whole: parts that follow each
 * other hold each line once.
 *
 * @throws (while it is read) BucketwatchError OBJECT_ACCESS_DENIED, OBJECT_READ.
 * @example
 * const { body } = openLines('access.log', { from: 0, to: 33_554_432 }, { bucket: 'local', key: 'access.log' })
 */
export function openLines(
  file: string,
  { from, to }: { readonly from: number; readonly to: number },
  address: ObjectAddress,
): OpenedObject {
  return { body: bodyOf((lent) => readLineChunks(file, from, to, { address, lent })) }
}

const LF = 0x0a

async function* readLineChunks(
  file: string,
  from: number,
  to: number,
  { address, lent }: { readonly address: ObjectAddress; readonly lent: Lent },
): AsyncGenerator<Uint8Array> {
  if (to <= from) return
  /** A line begins behind a line feed that is here or later: the file's first line has none before it. */
  let position = Math.max(0, from - 1)
  let isInside = from === 0
  for await (const chunk of readChunks(file, address, { from: position, size: to + CHUNK_BYTES, lent })) {
    // It may have been given back by the time the next is wanted.
    const { length } = chunk
    let start = 0
    if (!isInside) {
      start = chunk.indexOf(LF) + 1
      isInside = start > 0
      // The part holds a piece of one line and nothing else.
      if (position + (isInside ? start : length) >= to) return
    }
    if (isInside) {
      const end = position + length < to ? -1 : chunk.indexOf(LF, Math.max(start, to - 1 - position))
      if (end >= 0) {
        yield chunk.subarray(start, end + 1)
        return
      }
      if (start < length) yield chunk.subarray(start)
    }
    position += length
  }
}

/** Buffers that a reader has, and may give back. */
type Lent = WeakSet<ArrayBufferLike>

function bodyOf(read: (lent: Lent) => AsyncIterable<Uint8Array>): ObjectBody {
  const lent: Lent = new WeakSet()
  return {
    [Symbol.asyncIterator]: () => read(lent)[Symbol.asyncIterator](),
    release({ buffer }) {
      if (lent.delete(buffer)) giveBack(new Uint8Array(buffer))
    },
  }
}

/** @param size up to where there is something to read, bytes; what has come since is read too. */
async function* readChunks(
  file: string,
  address: ObjectAddress,
  { from = 0, size, lent }: { readonly from?: number; readonly size: number; readonly lent: Lent },
): AsyncGenerator<Uint8Array> {
  try {
    await using handle = await open(file)
    for (let position = from; ; ) {
      // A new buffer each time: the reader may keep what it gets.
      const length = Math.min(CHUNK_BYTES, Math.max(size - position, LAST_BYTES))
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position)
      if (bytesRead === 0) return
      position += bytesRead
      lent.add(buffer.buffer)
      yield buffer.subarray(0, bytesRead)
    }
  } catch (error) {
    throw readError(error, address)
  }
}

function readError(error: unknown, address: ObjectAddress): BucketwatchError {
  const code = (error as NodeJS.ErrnoException).code
  const denied = code === 'EACCES' || code === 'EPERM'
  return new BucketwatchError(
    denied ? 'OBJECT_ACCESS_DENIED' : 'OBJECT_READ',
    `${address.bucket}/${address.key}: ${fileProblem(error)}.`,
    { ...address },
    { cause: error },
  )
}

function notFound(address: ObjectAddress): BucketwatchError {
  return new BucketwatchError('OBJECT_NOT_FOUND', `${address.bucket}/${address.key}.`, { ...address })
}
