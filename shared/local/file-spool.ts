import { readSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { giveBack } from '../basics/give-back.ts'
import { createPieces, createSpool, type Spool, type SpoolBytes } from '../replay/spool.ts'

/** So many bytes are gathered before they are written. */
const WRITE_BYTES = 1024 * 1024
/** What is read goes into a room of at least so many bytes. */
const LEAST_ROOM = 64 * 1024

/**
 * A spool that keeps numbers in memory (24 bytes a line) and the lines in a temporary file, made when there is the first to
 * write and removed with the spool. What is read of it the system still has in memory mostly, so nobody waits for it.
 *
 * @throws what the file system throws, where there is no room.
 * @example
 * const spool = createFileSpool(); await spool.add(writer.lines()); for (const line of spool.inOrder()) spool.head(line)
 */
export const createFileSpool = (): Spool => createSpool(createFileBytes())

/** The last bytes in memory, those before in a file. */
function createFileBytes(): SpoolBytes {
  let folder: string | undefined
  let file: FileHandle | undefined
  let written = 0
  const gathered = createPieces()
  let flushing: Promise<void> | undefined
  /** What is read goes here, each time anew. */
  let room = Buffer.alloc(0)

  /** Until a piece is in the file it is read from memory. */
  async function flush(): Promise<void> {
    while (gathered.end - written >= WRITE_BYTES) {
      if (file === undefined) {
        folder = await mkdtemp(path.join(tmpdir(), 'bucketwatch-replay-'))
        file = await open(path.join(folder, 'lines'), 'w+')
      }
      const end = gathered.end
      const pieces = gathered.all()
      await writeAll(file, pieces, written)
      gathered.take(pieces.length)
      written = end
      giveBack(...pieces)
    }
  }

  return {
    get length() {
      return gathered.end
    },
    add(more) {
      gathered.add(more)
      if (gathered.end - written < WRITE_BYTES) return undefined
      // Whoever adds meanwhile waits for all of it.
      flushing ??= flush().finally(() => {
        flushing = undefined
      })
      return flushing
    },
    read(place, length) {
      if (place >= written) return gathered.read(place, length)
      if (room.length < length) room = Buffer.allocUnsafeSlow(Math.max(length, LEAST_ROOM))
      let filled = 0
      while (filled < length) {
        const bytes = readSync(file!.fd, room, filled, length - filled, place + filled)
        if (bytes === 0) break
        filled += bytes
      }
      return room.subarray(0, filled)
    },
    async remove(): Promise<void> {
      await flushing?.catch(() => {})
      await file?.close()
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
      file = undefined
      folder = undefined
    },
  }
}

async function writeAll(file: FileHandle, pieces: readonly Buffer[], place: number): Promise<void> {
  let done = (await file.writev(pieces, place)).bytesWritten
  const all = pieces.reduce((sum, { length }) => sum + length, 0)
  // Where there is little room left a part may be written; what comes next says why.
  const rest = done < all ? Buffer.concat(pieces) : undefined
  while (rest !== undefined && done < all) done += (await file.write(rest, done, all - done, place + done)).bytesWritten
}
