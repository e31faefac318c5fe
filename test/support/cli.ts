import type { Io } from '../../cli/io.ts'
import { main } from '../../cli/main.ts'

/** Runs one command line in-process and returns what a shell would see. */
export async function cli(
  args: readonly string[],
  options: {
    stdin?: string | Uint8Array
    env?: Record<string, string>
    now?: number | (() => number)
    terminal?: boolean
    width?: number
    onProgress?: (text: string) => void
    signal?: AbortSignal
    onOut?: (line: string) => void
  } = {},
): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    out(line) {
      out.push(line)
      options.onOut?.(line)
      return undefined
    },
    err: (line) => void err.push(line),
    progress: (text) => options.onProgress?.(text),
    stdin: bytes(options.stdin ?? ''),
    env: options.env ?? {},
    now: () =>
      typeof options.now === 'function' ? options.now() : (options.now ?? Date.parse('2026-03-17T13:00:00Z')),
    outIsTerminal: options.terminal ?? false,
    width: options.width ?? 80,
    errIsTerminal: options.terminal ?? false,
    signal: options.signal ?? new AbortController().signal,
  }
  return { code: await main(args, io), out, err }
}

async function* bytes(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(input)
}
