import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Spool } from '../replay/spool.ts'

/** So many bytes are gathered before they are written. */
const WRITE_BYTES = 1024 * 1024
/** Lines that follow each other in time mostly follow each other in the file: so many bytes are read at once. */
const READ_BYTES = 64 * 1024

/**
 * A spool that keeps times, places and tags in memory (24 to 48 bytes a line) and the lines in a temporary file, made when there is
 * the first to write and removed with the spool.
 *
 * @throws what the file system throws, where there is no room.
 * @example
 * const spool = createFileSpool(); await spool.add(Date.now(), 'a line'); for await (const { line } of spool.sorted()) …
 */
export function createFileSpool(): Spool {
  let times = new Float64Array(1024)
  let places = new Float64Array(1024)
  let tags = new Float64Array(1024)
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

  function note(time: number, place: number, tag: number): void {
    if (count === times.length) {
      times = grown(times)
      places = grown(places)
      tags = grown(tags)
    }
    times[count] = time
    places[count] = place
    tags[count] = tag
    count += 1
  }

  /** While lines are read, more may be added behind them. */
  const endOf = (id: number): number => (id + 1 < count ? places[id + 1]! : written + gatheredBytes)

  /** @param rest what is not written yet. */
  function createReader(rest: Buffer) {
    let bytes = Buffer.alloc(0)
    let from = 0

    async function load(place: number, length: number): Promise<void> {
      if (length > bytes.length) bytes = Buffer.allocUnsafe(Math.max(length, READ_BYTES))
      from = place
      let filled = 0
      while (filled < Math.min(bytes.length, written - place)) {
        const { bytesRead } = await file!.read(bytes, filled, bytes.length - filled, place + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      bytes = bytes.subarray(0, filled)
    }

    return async (id: number): Promise<string> => {
      const place = places[id]!
      const length = endOf(id) - place
      if (place >= written) return rest.toString('utf8', place - written, place - written + length)
      if (place < from || place + length > from + bytes.length) await load(place, length)
      return bytes.toString('utf8', place - from, place - from + length)
    }
  }

  return {
    async add(time, line, tag = 0) {
      const bytes = Buffer.from(line)
      note(time, written + gatheredBytes, tag)
      gathered.push(bytes)
      gatheredBytes += bytes.length
      if (gatheredBytes >= WRITE_BYTES) await flush()
    },
    async *sorted(isWanted = () => true) {
      if (file !== undefined) await flush()
      const read = createReader(Buffer.concat(gathered))
      let wanted = 0
      const order = new Uint32Array(count)
      for (let id = 0; id < count; id += 1) if (isWanted(tags[id]!)) order[wanted++] = id
      for (const id of order.subarray(0, wanted).sort((a, b) => times[a]! - times[b]! || a - b))
        yield { id, time: times[id]!, line: await read(id) }
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
