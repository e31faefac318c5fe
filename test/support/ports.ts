import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { ObjectStore, OperatorLog } from '../../shared/contracts/ports.ts'

/** An object store over a table of `bucket/key` → body; bodies are handed out in small pieces. */
export function memoryStore(objects: Readonly<Record<string, Uint8Array | string>>, pieceBytes = 1000): ObjectStore {
  return {
    async open({ bucket, key }) {
      const body = objects[`${bucket}/${key}`]
      if (body === undefined) throw new BucketwatchError('OBJECT_NOT_FOUND', `${bucket}/${key}`)
      return { body: pieces(Buffer.from(body), pieceBytes) }
    },
  }
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

/** An operator's log that keeps what it is told. */
export function memoryLog(): OperatorLog & { readonly lines: { level: string; message: string; extra: unknown }[] } {
  const lines: { level: string; message: string; extra: unknown }[] = []
  const at = (level: string) => (message: string, extra?: Record<string, unknown>) =>
    void lines.push({ level, message, extra })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
