import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { giveBack } from '../basics/give-back.ts'
import type { Spool, SpooledLine } from '../replay/spool.ts'

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
 * const spool = createFileSpool(); await spool.add(writer.lines()); for await (const { line } of spool.sorted()) …
 */
export function createFileSpool(): Spool {
  let times = new Float64Array(1024)
  let places = new Float64Array(1024)
  let tags = new Float64Array(1024)
  let count = 0
  const file = createAppended()
  /** Where what was kept begins and ends. */
  const kept: (readonly [from: number, to: number])[] = []
  const ends = new Map<number, number>()

  function makeRoom(lines: number): void {
    while (count + lines > times.length) {
      times = grown(times)
      places = grown(places)
      tags = grown(tags)
    }
  }

  /** While lines are read, more may be added behind them. */
  const endOf = (id: number): number => ends.get(id) ?? (id + 1 < count ? places[id + 1]! : file.length)

  async function lineOf(id: number): Promise<SpooledLine> {
    const place = places[id]!
    const bytes = await file.read(place, endOf(id) - place)
    return { id, time: times[id]!, line: bytes.toString('utf8') }
  }

  return {
    add({ bytes, ends, times: at }, more) {
      const lines = at.length
      makeRoom(lines)
      const from = file.length
      for (let line = 0; line < lines; line += 1) places[count + line] = from + (line === 0 ? 0 : ends[line - 1]!)
      times.set(at, count)
      tags.fill(0, count, count + lines)
      if (more !== undefined) tags.set(more, count)
      count += lines
      return file.add(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    },
    get length() {
      return count
    },
    async *sorted(isWanted = () => true) {
      let wanted = 0
      const order = new Uint32Array(count)
      for (let id = 0; id < count; id += 1) if (isWanted(tags[id]!)) order[wanted++] = id
      for (const id of order.subarray(0, wanted).sort((a, b) => times[a]! - times[b]! || a - b)) yield await lineOf(id)
    },
    async *lines(ids) {
      for (const id of ids) yield await lineOf(id)
    },
    async keep(bytes) {
      if (count > 0 && !ends.has(count - 1)) ends.set(count - 1, file.length)
      const from = file.length
      kept.push([from, from + bytes.length])
      await file.add(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      return kept.length - 1
    },
    async kept(place) {
      const [from, to] = kept[place]!
      return Buffer.from(await file.read(from, to - from))
    },
    remove: file.remove,
  }
}

/** Bytes one after another: the last of them in memory, those before in a file. */
function createAppended() {
  let folder: string | undefined
  let file: FileHandle | undefined
  let written = 0
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  /** What was read last, and where it begins. */
  let bytes = Buffer.alloc(0)
  let from = 0
  /** What is read goes here, each time anew. */
  let room = Buffer.alloc(0)

  async function flush(): Promise<void> {
    if (file === undefined) {
      folder = await mkdtemp(path.join(tmpdir(), 'bucketwatch-replay-'))
      file = await open(path.join(folder, 'lines'), 'w+')
    }
    const all = gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered)
    giveBack(...gathered.filter((one) => one !== all))
    gathered = []
    gatheredBytes = 0
    await file.write(all, 0, all.length, written)
    written += all.length
    giveBack(all)
  }

  async function load(place: number, length: number): Promise<void> {
    const wanted = Math.max(length, Math.min(READ_BYTES, written - place))
    if (room.length < wanted) room = Buffer.allocUnsafe(Math.max(wanted, READ_BYTES))
    from = place
    let filled = 0
    while (filled < wanted) {
      const { bytesRead } = await file!.read(room, filled, wanted - filled, place + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    bytes = room.subarray(0, filled)
  }

  return {
    get length() {
      return written + gatheredBytes
    },
    /** A promise where there is something to wait for. */
    add(more: Buffer): Promise<void> | undefined {
      gathered.push(more)
      gatheredBytes += more.length
      return gatheredBytes < WRITE_BYTES ? undefined : flush()
    },
    /** Good until the next call. */
    async read(place: number, length: number): Promise<Buffer> {
      if (place >= written && gathered.length > 1) gathered = [Buffer.concat(gathered)]
      if (place >= written) return (gathered[0] ?? Buffer.alloc(0)).subarray(place - written, place - written + length)
      if (place + length > written) await flush()
      if (place < from || place + length > from + bytes.length) await load(place, length)
      return bytes.subarray(place - from, place - from + length)
    },
    async remove(): Promise<void> {
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
