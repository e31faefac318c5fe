/** A thread of `bucketwatch replay`: reads units of objects, from files and from S3. */
import { closeSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { BucketwatchError, type ErrorCode, errorMessage, withoutWhat } from '../shared/contracts/errors.ts'
import type { ObjectStore } from '../shared/contracts/ports.ts'
import { makeFolder } from '../shared/files/make-folder.ts'
import { outputFault } from '../shared/files/outputs.ts'
import type { LogKind } from '../shared/kinds/kinds.ts'
import { createFileObjectStore, openLines } from '../shared/local/object-store.ts'
import { createCollector } from '../shared/replay/collect.ts'
import { type Piece, type Pieced, putTogether } from '../shared/replay/pieces.ts'
import type { UnitReader } from '../shared/replay/run.ts'
import type { Collected, CollectOptions, ReplayObject, ReplayStore, UnitOptions } from '../shared/replay/unit.ts'

/** What a thread is made with. */
export interface ThreadData {
  readonly collect: CollectOptions
  /** Of buckets; absent: only files are read. */
  readonly s3?: { readonly region: string | undefined; readonly profile: string | undefined } | undefined
  /** The folder that records are written to. */
  readonly write?: string | undefined
}

/** What it is asked, and what it answers. */
export interface Request {
  readonly id: number
  readonly unit: readonly ReplayObject[]
  readonly options: UnitOptions
}
/** The last one: the thread ends when it has answered. */
export interface PieceRequest {
  readonly id: number
  readonly piece: Piece
}
export type Answer =
  | { readonly id: number; readonly collected: Collected }
  | { readonly id: number; readonly pieced: Pieced }
  | { readonly id: number; readonly code: ErrorCode; readonly error: string }

/** Text is written in pieces of so many characters. */
const WRITE_LENGTH = 1024 * 1024

/**
 * Files of this machine, whole or in parts, and objects of buckets.
 *
 * @param s3 absent: only files are opened.
 * @example
 * await createSourceStore(undefined).open(object)
 */
export function createSourceStore(s3: ThreadData['s3']): ReplayStore {
  let buckets: Promise<ObjectStore> | undefined
  const openBuckets = async (): Promise<ObjectStore> => {
    const { createAdminClients } = await import('../shared/aws/admin-clients.ts')
    const { createS3ObjectStore } = await import('../shared/aws/s3.ts')
    const clients = createAdminClients({ region: s3?.region ?? '', bucketProfile: s3?.profile })
    return createS3ObjectStore({ client: clients.s3 })
  }
  return {
    async open(object) {
      const { bucket, key, file, part } = object
      if (file !== undefined && part !== undefined) return openLines(file, part, { bucket, key })
      if (file !== undefined) return createFileObjectStore(new Map([[`${bucket}/${key}`, file]])).open({ bucket, key })
      buckets ??= openBuckets()
      return (await buckets).open({ bucket, key })
    },
  }
}

/**
 * Reads units in this thread, one after another.
 *
 * @example
 * const { partial } = await createUnitReader(data).collect(unit, {})
 */
export function createUnitReader({ collect, s3, write }: ThreadData): UnitReader {
  const store = createSourceStore(s3)
  let writer = createWriter(undefined, [])
  const collector = createCollector(
    collect,
    store,
    write === undefined ? undefined : (kind, line) => writer.add(kind, line),
  )
  async function read(unit: readonly ReplayObject[], options: UnitOptions): Promise<Collected> {
    writer = createWriter(write, unit)
    try {
      return await collector.collect(unit, options)
    } finally {
      writer.close()
    }
  }

  // One after the other: what is being read belongs to one unit, and memory is that of one.
  let busy: Promise<unknown> = Promise.resolve()
  return {
    parallel: 1,
    collect(unit, options) {
      const result = busy.then(() => read(unit, options))
      busy = result.catch(() => {})
      return result
    },
  }
}

/**
 * JSON lines of a unit, `<folder>/<kind>/<first object>.jsonl`, written anew. Where they cannot be written the unit is read to
 * its end, and `close` throws OUTPUT_WRITE: of an object's problems it is none.
 */
function createWriter(folder: string | undefined, unit: readonly ReplayObject[]) {
  const open = new Map<LogKind, { readonly file: number; text: string }>()
  const name = (unit[0]?.name ?? '').replace(/[^\w.-]+/g, '_').slice(-180)
  let fault: BucketwatchError | undefined

  function of(kind: LogKind, root: string) {
    const known = open.get(kind)
    if (known !== undefined) return known
    makeFolder(path.join(root, kind))
    const made = { file: openSync(path.join(root, kind, `${name}.jsonl`), 'w'), text: '' }
    open.set(kind, made)
    return made
  }

  function unlessFailed(root: string, write: () => void): void {
    if (fault !== undefined) return
    try {
      write()
    } catch (error) {
      fault = outputFault(root, error)
    }
  }

  return {
    add(kind: LogKind, message: string): void {
      if (folder === undefined) return
      unlessFailed(folder, () => {
        const to = of(kind, folder)
        to.text += `${message}\n`
        if (to.text.length < WRITE_LENGTH) return
        writeSync(to.file, to.text)
        to.text = ''
      })
    },
    close(): void {
      for (const { file, text } of open.values()) {
        unlessFailed(folder ?? '', () => void writeSync(file, text))
        closeSync(file)
      }
      open.clear()
      if (fault !== undefined) throw fault
    },
  }
}

/** What need not be copied. */
const buffersOf = ({ identities, texts, told }: Collected): ArrayBuffer[] => [
  identities.buffer,
  texts.buffer,
  told.lines.bytes.buffer,
]

function listen(): void {
  const port = parentPort!
  const reader = createUnitReader(workerData as ThreadData)
  function fail(id: number, error: unknown): void {
    const code = error instanceof BucketwatchError ? error.code : 'INTERNAL'
    port.postMessage({ id, code, error: withoutWhat(code, errorMessage(error)) } satisfies Answer)
  }
  const answer = async ({ id, unit, options }: Request): Promise<void> => {
    try {
      const collected = await reader.collect(unit, options)
      port.postMessage({ id, collected } satisfies Answer, buffersOf(collected))
    } catch (error) {
      fail(id, error)
    }
  }
  function last({ id, piece }: PieceRequest): void {
    try {
      port.postMessage({ id, pieced: putTogether(piece) } satisfies Answer)
    } catch (error) {
      fail(id, error)
    }
    port.close()
  }
  port.on('message', (request: Request | PieceRequest) => {
    if ('piece' in request) last(request)
    else void answer(request)
  })
}

// In tests and with one thread it is a module like others.
if (!isMainThread && (workerData as ThreadData | null)?.collect !== undefined) listen()
