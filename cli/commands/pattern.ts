import { createReadStream } from 'node:fs'
import { errorMessage } from '../../shared/contracts/errors.ts'
import type { PatternError } from '../../shared/filter-pattern/ast.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { type Command, usage } from '../io.ts'

/** What a command needs of its surroundings. */
export interface PatternIo {
  /** Writes one line; a promise it returns is awaited. */
  stdout(line: string): unknown
  stderr(line: string): unknown
  /** The lines of a file (`-`: standard input). Default: read as UTF-8. Rejects where the file cannot be read. */
  readLines?: (file: string) => AsyncIterable<string>
}

const USAGE = `Usage: bucketwatch pattern test '<pattern>' FILE… [--json]

Tests a CloudWatch Logs filter pattern against the lines of files ('-' is standard input).
  --json   one JSON object a line: {"line":1,"match":true}, with "file" when there are several
Exit status: 0 the test ran, 1 a file cannot be read, 2 the pattern or the usage is wrong.`

/** `pattern test`: a filter pattern against lines of text. */
export const pattern: Command = {
  summary: 'test a CloudWatch Logs filter pattern against lines of text',
  usage: USAGE,
  async run(args, io) {
    const [action, ...rest] = args
    if (action !== 'test') throw usage(`pattern does test, not ${JSON.stringify(action ?? '')}.`)
    return runPatternTest(rest, { stdout: (line) => io.out(line), stderr: (line) => io.err(line) })
  },
}

interface Arguments {
  readonly pattern: string
  readonly files: readonly string[]
  readonly json: boolean
}

/**
 * `pattern test '<pattern>' FILE… [--json]`: says for each line whether it matches, and why. Resolves to the exit
 * status. A pattern may begin with `-` (an excluded term); `--` ends the options.
 *
 * @example await runPatternTest(['{ $.eventName = "ConsoleLogin" }', 'events.jsonl'], io)
 */
export async function runPatternTest(args: readonly string[], io: PatternIo): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout(USAGE)
    return 0
  }
  const parsedArguments = readArguments(args)
  if (typeof parsedArguments === 'string') {
    io.stderr(parsedArguments)
    io.stderr(USAGE)
    return 2
  }
  const { pattern, files, json } = parsedArguments
  const parsed = parseFilterPattern(pattern)
  if (!parsed.ok) {
    for (const line of describeError(pattern, parsed.error)) io.stderr(line)
    return 2
  }
  const compiled = compileFilterPattern(parsed.pattern)
  const readLines = io.readLines ?? readFileLines
  const several = files.length > 1
  let status = 0
  for (const file of files) {
    let line = 0
    try {
      for await (const message of readLines(file)) {
        line += 1
        const written = io.stdout(
          json
            ? JSON.stringify({ line, match: compiled.match(message), ...(several && { file }) })
            : `${several ? `${file}: ` : ''}line ${line}: ${compiled.explain(message).text}`,
        )
        if (written instanceof Promise) await written
      }
    } catch (error) {
      io.stderr(`Cannot read ${file}: ${errorMessage(error)}`)
      status = 1
    }
  }
  return status
}

/** The arguments, or what is wrong with them. */
function readArguments(args: readonly string[]): Arguments | string {
  const rest: string[] = []
  let json = false
  let optionsEnded = false
  for (const argument of args) {
    if (optionsEnded) rest.push(argument)
    else if (argument === '--') optionsEnded = true
    else if (argument === '--json') json = true
    else if (argument.startsWith('-') && argument !== '-' && (rest.length > 0 || argument.startsWith('--'))) {
      return `There is no option '${argument}'.`
    } else rest.push(argument)
  }
  const [pattern, ...files] = rest
  if (pattern === undefined) return 'The pattern is missing.'
  if (files.length === 0) return 'The file is missing.'
  return { pattern, files, json }
}

/** A parse error as lines for a terminal: place, sentence, what was expected, and the place in the text. */
export function describeError(pattern: string, error: PatternError): string[] {
  const source = pattern.split('\n')[error.line - 1] ?? ''
  const start = Math.max(0, error.column - 61)
  const shown = source.slice(start, start + 100).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
  return [
    `The pattern is invalid at line ${error.line}, column ${error.column}: ${error.message} Expected ${error.expected}. [${error.code}]`,
    `  ${shown}`,
    `  ${' '.repeat(error.column - 1 - start)}^`,
    ...(error.fix ? [`Try ${error.fix.replacement} there.`] : []),
  ]
}

async function* readFileLines(file: string): AsyncIterable<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file)
  const decoder = new TextDecoder('utf-8')
  // The pieces of the line that is not complete yet; joined once, so that a very long line costs no more than it has to.
  let pieces: string[] = []
  for await (const chunk of stream) {
    const [first, ...others] = decoder.decode(chunk as Uint8Array, { stream: true }).split('\n')
    pieces.push(first ?? '')
    for (const next of others) {
      yield withoutReturn(pieces.join(''))
      pieces = [next]
    }
  }
  const rest = pieces.join('') + decoder.decode()
  if (rest !== '') yield withoutReturn(rest)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
