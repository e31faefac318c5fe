/** What a replay reads: files, folders, archives and prefixes of buckets. */
import { type Stats, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { walk } from '../shared/backfill/walk.ts'
import { mayHold, objectMayHold, type TimeWindow } from '../shared/backfill/window.ts'
import type { ObjectKind } from '../shared/kinds/kinds.ts'
import { readBeginning, sniffBeginning } from '../shared/object/sniff.ts'
import type { ReplayObject } from '../shared/replay/unit.ts'
import { PART_BYTES } from '../shared/replay/units.ts'
import { nothingIn, nothingToRead, requireInputs, tellUnread, unpackInputs } from './inputs.ts'
import { type Io, usage } from './io.ts'
import { checkBucketName, checkRegion } from './stack-options.ts'

/** Files are objects of this bucket. */
export const LOCAL_BUCKET = 'local'

/** Enough of a file to tell what it is. */
const SNIFF_BYTES = 16 * 1024

export interface ReplaySources {
  readonly objects: readonly ReplayObject[]
  /** What is not read, with the reason, a line each. */
  readonly unread: readonly string[]
  /** The Region of the buckets; undefined: there are none. */
  readonly region: string | undefined
  remove(): Promise<void>
}

/**
 * @param window objects of folders of other days are not listed.
 * @throws BucketwatchError INPUT_UNREAD for a path that cannot be read, INPUT_NONE where there is nothing to read; USAGE.
 */
export async function findSources(
  paths: readonly string[],
  options: {
    readonly window: TimeWindow
    readonly region: string | undefined
    readonly bucketProfile: string | undefined
  },
  io: Io,
): Promise<ReplaySources> {
  const found = await requireInputs(paths.filter((one) => !one.startsWith('s3://')))
  const unpacked = await unpackInputs(found, io.signal)
  const unread = [...unpacked.unread]
  try {
    const objects: ReplayObject[] = await Promise.all(unpacked.files.map(objectOfFile))
    const buckets = paths.filter((one) => one.startsWith('s3://'))
    const region = buckets.length === 0 ? undefined : await regionOf(options.region, io)
    for (const one of buckets) {
      const before = objects.length
      for await (const object of listBucket(one, { ...options, region: region! })) objects.push(object)
      if (objects.length === before) unread.push(nothingIn(one))
    }
    if (objects.length === 0 && !io.signal.aborted) {
      tellUnread(unread, io)
      throw nothingToRead(paths)
    }
    return { objects, unread, region, remove: unpacked.remove }
  } catch (error) {
    await unpacked.remove()
    throw error
  }
}

async function objectOfFile(one: {
  readonly name: string
  readonly file: string
  readonly of: string
}): Promise<ReplayObject> {
  const found = statOf(one.file)
  const source = one.of === one.file ? found : statOf(one.of)
  const relative = path.relative('', one.name)
  const name = relative.startsWith('..') ? path.resolve(one.name) : relative
  // Of what was unpacked, the archive's own time tells whether it is the same.
  const version = source === undefined ? {} : { version: `${source.size}-${Math.round(source.mtimeMs)}` }
  const key = name.split(path.sep).join('/')
  const size = found?.size ?? 0
  const lines = size < 2 * PART_BYTES ? undefined : await linesOf(one.file)
  return {
    bucket: LOCAL_BUCKET,
    key,
    name,
    size,
    file: one.file,
    ...version,
    ...(lines === undefined ? {} : { lines }),
  }
}

/** Undefined: whoever reads it will say why it cannot be read. */
function statOf(file: string): Stats | undefined {
  try {
    return statSync(file)
  } catch {
    return undefined
  }
}

/** Whether a large file is one of access-log lines as they are delivered: others have to be read from the beginning. */
async function linesOf(file: string): Promise<ObjectKind | undefined> {
  try {
    await using handle = await open(file)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    const beginning = readBeginning(buffer.subarray(0, bytesRead))
    return beginning.names.length === 0 && sniffBeginning(beginning) === 'access-log' ? 'access-log' : undefined
  } catch {
    // Whoever reads it will say why it cannot be read.
    return undefined
  }
}

/** The Region of buckets: the one that is given, else as the deployment finds it. */
export async function regionOf(region: string | undefined, io: Io): Promise<string> {
  const { resolveRegion } = await import('../shared/aws/region.ts')
  return resolveRegion({ region: checkRegion(region), env: io.env })
}

/**
 * The objects of `s3://BUCKET/PREFIX`, without those that their folder or name says to be of other days.
 *
 * @throws BucketwatchError USAGE, AWS_CALL
 */
export async function* listBucket(
  given: string,
  options: { readonly window: TimeWindow; readonly region: string; readonly bucketProfile: string | undefined },
): AsyncGenerator<ReplayObject> {
  const [, name, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(given) ?? []
  if (name === undefined) throw usage(`${JSON.stringify(given)} is not s3://BUCKET/PREFIX.`)
  const bucket = checkBucketName(name)
  const { createAdminClients } = await import('../shared/aws/admin-clients.ts')
  const { createS3Lister } = await import('../shared/aws/list-objects.ts')
  const { s3: client } = createAdminClients(options)
  const enter = (folder: string) => mayHold(folder, options.window)
  for await (const { key, size, eTag } of walk(createS3Lister({ client }), { bucket, prefix, enter })) {
    if ((size === 0 && key.endsWith('/')) || !objectMayHold(key, options.window)) continue
    yield { bucket, key, name: `s3://${bucket}/${key}`, size, ...(eTag === undefined ? {} : { version: eTag }) }
  }
}
