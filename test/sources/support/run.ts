import type { Io } from '../../../cli/io.ts'
import { main } from '../../../cli/main.ts'

/** Runs a command line in this process; `answer` is what a person at a terminal types, undefined: there is none. */
export async function run(args: readonly string[], answer?: string) {
  const out: string[] = []
  const err: string[] = []
  const terminal = answer !== undefined
  async function* typed() {
    yield Buffer.from(answer ?? '')
  }
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    progress() {},
    stdin: Object.assign(typed(), { isTTY: terminal }),
    env: { NO_COLOR: '1' },
    now: () => Date.UTC(2026, 10, 29),
    outIsTerminal: terminal,
    width: 80,
    errIsTerminal: terminal,
    signal: new AbortController().signal,
  }
  const code = await main(args, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
