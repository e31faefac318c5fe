import type { Io } from './io.ts'

/** True when a person sits at both ends: can read the question, and can answer it. */
export function canAsk(io: Io): boolean {
  return io.errIsTerminal && (io.stdin as { readonly isTTY?: boolean }).isTTY === true
}

/** Asks on standard error; anything but y or yes, the end of the input or Ctrl-C is a no. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  io.err(`${question} [y/N]`)
  const input = io.stdin[Symbol.asyncIterator]()
  const stopped = new Promise<undefined>((resolve) => {
    if (io.signal.aborted) resolve(undefined)
    io.signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  let text = ''
  try {
    while (!text.includes('\n')) {
      const next = await Promise.race([input.next(), stopped])
      if (next === undefined || next.done === true) break
      text += Buffer.from(next.value).toString('utf8')
    }
  } finally {
    // Else the process waits for more input before it ends. A terminal that waits for a line does not return().
    const stream = io.stdin as { destroy?: () => void }
    stream.destroy?.()
  }
  return !io.signal.aborted && /^\s*y(es)?\s*$/i.test(text.split('\n')[0] ?? '')
}
