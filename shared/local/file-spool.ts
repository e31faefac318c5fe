import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Spool } from '../replay/spool.ts'

/** So many bytes are gathered before they are written. */
const WRITE_BYTES = 4 * 1024 * 1024

/**
 * A spool that keeps times and places in memory (32 bytes a line) and the lines in a temporary file, made when there is
 * the first to write and removed with the spool.
 *
 * @throws what the file system throws, where there is no room.
 * @example
 * const spool = createFileSpool(); await spool.add(Date.now(), 'a line'); for await (const { line } of spool.sorted()) …
 */
export function createFileSpool(): Spool {
  let times = new Float64Array(1024)
  let places = new Float64Array(1024)
  let count = 0
  let folder: string | undefined
  let file: FileHandle | undefined
  let written = 0
  let gathered: Buffer[] = []
  let gatheredBytes = 0

  async function flush(): Promise<void> {
    if (file === undefined) {
      folder = await mkdtemp(path.join(tmpdir(), 'bucketwatch-replay-'))
      file = await open(path.join(folder, 'lines'), 'w+')
    }
    const bytes = Buffer.concat(gathered)
    gathered = []
    gatheredBytes = 0
    await file.write(bytes, 0, bytes.length, written)
    written += bytes.length
  }

  function note(time: number, place: number): void {
    if (count === times.length) {
      times = grown(times)
      places = grown(places)
    }
    times[count] = time
    places[count] = place
    count += 1
  }

  /** While lines are read, more may be added behind them. */
  const endOf = (id: number): number => (id + 1 < count ? places[id + 1]! : written + gatheredBytes)

  /** @param rest what is not written yet. */
  async function read(id: number, rest: Buffer): Promise<string> {
    const place = places[id]!
    const length = endOf(id) - place
    if (place >= written) return rest.toString('utf8', place - written, place - written + length)
    const bytes = Buffer.allocUnsafe(length)
    await file!.read(bytes, 0, length, place)
    return bytes.toString('utf8')
  }

  return {
    async add(time, line) {
      const bytes = Buffer.from(line)
      note(time, written + gatheredBytes)
      gathered.push(bytes)
      gatheredBytes += bytes.length
      if (gatheredBytes >= WRITE_BYTES) await flush()
    },
    async *sorted() {
      if (file !== undefined) await flush()
      const rest = Buffer.concat(gathered)
      const order = Uint32Array.from({ length: count }, (_, id) => id).sort((a, b) => times[a]! - times[b]! || a - b)
      for (const id of order) yield { id, time: times[id]!, line: await read(id, rest) }
    },
    async remove() {
      await file?.close()
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
      file = undefined
      folder = undefined
    },
  }
}

function grown(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2)
  larger.set(values)
  return larger
}
