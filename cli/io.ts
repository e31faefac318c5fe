import { BucketwatchError } from '../shared/contracts/errors.ts'
import { suggest } from '../shared/detection/suggest.ts'

/** What a command may use of the world, so that tests can run it in-process. */
export interface Io {
  /**
   * Writes one line to standard output. Await the promise, if there is one, before writing much more. What would not stay
   * on the line is written as an escape, see `guarded`; for text of several lines there is {@link printText}.
   */
  readonly out: (line: string) => Promise<void> | undefined
  /** Writes one line to standard error. */
  readonly err: (line: string) => void
  /** Replaces the progress line on a terminal; empty text removes it. Does nothing elsewhere. */
  readonly progress: (text: string) => void
  readonly stdin: AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** True when a person looks at standard output / standard error. */
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  /** Columns of the terminal; 80 where there is none. */
  readonly width: number
  /** Aborted by Ctrl-C. Only a command that looks at it is ended gently; any other one ends at once. */
  readonly signal: AbortSignal
}

/** A command: takes its arguments, returns the exit code (0 done, 1 something was wrong in the data, 2 wrong usage). */
export interface Command {
  readonly summary: string
  readonly usage: string
  run(args: readonly string[], io: Io): Promise<number>
}

/** A command line that makes no sense. */
export function usage(message: string): BucketwatchError {
  return new BucketwatchError('USAGE', message)
}

/**
 * What of a command with several actions was asked for that it does not do.
 *
 * @example
 * throw unknownAction('pattern', ['test', 'lint'], 'tset') // pattern does test, lint, not "tset"; did you mean "test"?
 */
export function unknownAction(
  command: string,
  actions: readonly string[],
  given: string | undefined,
): BucketwatchError {
  const what = given === undefined ? 'nothing' : `${JSON.stringify(given)}${suggest(given, actions)}`
  return usage(`${command} does ${actions.join(', ')}, not ${what}`)
}

/** Prints a text of ours to standard output, line by line. */
export async function printText(io: Io, text: string): Promise<void> {
  for (const line of text.split('\n')) await io.out(line)
}

/** The same to standard error. */
export function printError(io: Io, text: string): void {
  for (const line of text.split('\n')) io.err(line)
}

/** Reads all of a byte stream as text. */
export async function readText(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A byte order mark, which some editors write, is no part of JSON. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
