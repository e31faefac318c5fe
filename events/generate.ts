/**
 * Makes the sample morning: the log objects under events/objects/<bucket>/<key>, the notifications that tell of them,
 * and the settings that fit. Run it with `npx node events/generate.ts`; `--check` only says what would change.
 *
 * Everything follows from fixed seeds. An object is written only where its content (not its compressed bytes, which
 * differ between zlib builds) is not there already, so that running this on another machine changes nothing.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { buildNotifications } from './story/notifications.ts'
import type { SampleObject } from './story/objects.ts'
import { buildObjects } from './story/objects.ts'
import { SETTINGS } from './story/settings.ts'

const EVENTS = import.meta.dirname
const OBJECTS = join(EVENTS, 'objects')

/** Where an object lies: the bucket and its key as they are. */
export function objectPath(object: { readonly bucket: string; readonly key: string }): string {
  return join(OBJECTS, object.bucket, ...object.key.split('/'))
}

/** The bytes of an object as stored. The gzip header has no time and names no operating system. */
export function storedBytes(object: SampleObject): Uint8Array {
  if (!object.gzip) return object.content
  const bytes = gzipSync(object.content, { level: 9 })
  bytes.fill(0, 4, 8)
  bytes[9] = 255
  return object.cutAt === undefined ? bytes : bytes.subarray(0, Math.floor(bytes.length * object.cutAt))
}

/** Inflates as much as there is: a cut-off tail is no error here. */
export function inflatedContent(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes
}

/** Does a stored object hold what it should? Of a cut one: does what is left agree, and is it most of it? */
export function holds(object: SampleObject, bytes: Uint8Array): boolean {
  if ((bytes[0] === 0x1f && bytes[1] === 0x8b) !== object.gzip) return false
  const content = inflatedContent(bytes)
  if (object.cutAt === undefined) return Buffer.compare(content, object.content) === 0
  return (
    content.length > object.content.length * 0.4 &&
    content.length < object.content.length &&
    Buffer.compare(content, object.content.subarray(0, content.length)) === 0
  )
}

/** JSON as biome formats it: like JSON.stringify, but a short list of plain values stays on its line. */
export function formatJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
  const lists = text.replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (list, items: string) => {
    const oneLine = `[${items.replace(/\n\s+/g, ' ')}]`
    return oneLine.length > 90 ? list : oneLine
  })
  return `${lists}\n`
}

/** Every file below a folder, as paths relative to it with `/`. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

/** The JSON files beside this one, by name. `read` gives an object's stored bytes. */
export function jsonFiles(
  objects: readonly SampleObject[],
  read: (object: SampleObject) => Uint8Array,
): ReadonlyMap<string, string> {
  const stored = objects.map((object) => {
    const bytes = read(object)
    return { object, size: bytes.length, eTag: createHash('md5').update(bytes).digest('hex') }
  })
  const files = new Map<string, string>([['settings.json', formatJson(SETTINGS)]])
  for (const [name, event] of buildNotifications(stored)) files.set(name, formatJson(event))
  return files
}

function main(check: boolean): void {
  const objects = buildObjects()
  const changes: string[] = []
  const write = (path: string, bytes: Uint8Array | string): void => {
    changes.push(relative(EVENTS, path))
    if (check) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  const wanted = new Set(objects.map(({ bucket, key }) => `${bucket}/${key}`))
  for (const name of filesBelow(OBJECTS)) {
    if (wanted.has(name)) continue
    changes.push(`objects/${name}`)
    if (!check) rmSync(join(OBJECTS, ...name.split('/')))
  }
  for (const object of objects) {
    const path = objectPath(object)
    if (!existsSync(path) || !holds(object, readFileSync(path))) write(path, storedBytes(object))
  }
  const read = (object: SampleObject): Uint8Array => {
    const path = objectPath(object)
    return existsSync(path) ? readFileSync(path) : storedBytes(object)
  }
  for (const [name, text] of jsonFiles(objects, read)) {
    const path = join(EVENTS, name)
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) write(path, text)
  }
  const records = objects.reduce((sum, object) => sum + object.records, 0)
  process.stdout.write(`${objects.length} objects, ${records} records; ${changes.length} files changed\n`)
  for (const name of changes) process.stdout.write(`  ${name}\n`)
  if (check && changes.length > 0) process.exitCode = 1
}

if (import.meta.main) main(process.argv.includes('--check'))
