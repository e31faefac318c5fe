import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { PatternError } from '../../shared/filter-pattern/ast.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { type Command, type Io, unknownAction, usage } from '../io.ts'
import { LINT_FOR, type LintFor, lintPatterns } from '../pattern/lint.ts'
import { FORMS, type Form, testPattern } from '../pattern/test.ts'
import { verifyWithAws } from '../pattern/verify.ts'
import { readArgs } from '../read-args.ts'

/** What `pattern test` needs of its surroundings, as a library. */
export interface PatternIo {
  /** Writes one line; a promise it returns is awaited. */
  stdout(line: string): unknown
  stderr(line: string): unknown
  /** The lines of a file (`-`: standard input). Default: read as UTF-8. Rejects where the file cannot be read. */
  readLines?: (file: string) => AsyncIterable<string>
}

const USAGE = `Usage: bucketwatch pattern test '<pattern>' FILE…|DIR… [options]
       bucketwatch pattern lint '<pattern>'… [--as raw|lean|full|native|none] [--json]
       bucketwatch pattern verify-aws [FILE] [--region REGION] [--rate N] [--dry-run] [--json]

test: matches a CloudWatch Logs filter pattern ('-' as FILE is standard input) against the records of log objects
(CloudTrail, S3 server access logs, compressed or not) and against the lines of any other text.
  --as raw|lean|full|text  records as CloudTrail or S3 wrote them; as the log group holds them (lean, the default, or
                    full); lines as they stand, whatever they are
  --matches         print the messages that match
  --explain         say for every message why it matches or not (with --matches: for those that match)
  --json            one JSON object a message: {"record":1,"match":true}, "line" for text, with "file" for several
  --kind, --settings  as for normalize
  --literal-star, --text-around-json  the other choice where AWS is not certain (docs/filter-patterns.md)
lint: what AWS rejects, and what it takes and does not do as meant; --as names the records that the pattern is for
(default: told by the keys it reads; native: S3's own delivery to CloudWatch Logs as JSON).
verify-aws: asks AWS (TestMetricFilter, with your credentials; it stores nothing) about our test cases, or about those
in FILE (JSON lines with pattern, message, match), and prints who is right.
  --rate N          calls a second (default 4); --dry-run counts the calls
'--' ends the options; a pattern may begin with '-' (an excluded term).
Exit 0: done. 1: a file cannot be read, there was nothing to test, lint found an error or a warning, or somebody is
wrong (verify-aws). 2: the pattern or the usage is wrong.`

/** `pattern`: filter patterns tested, linted, and verified with AWS. */
export const pattern: Command = {
  summary: 'test, lint and verify CloudWatch Logs filter patterns',
  usage: USAGE,
  async run(args, io) {
    const [action, ...rest] = args
    if (action === 'test') return runTest(rest, io)
    if (action === 'lint') return runLint(rest, io)
    if (action === 'verify-aws') return runVerify(rest, io)
    throw unknownAction('pattern', ['test', 'lint', 'verify-aws'], action)
  },
}

/**
 * `pattern test '<pattern>' FILE…`: says for each message whether it matches, and why. Resolves to the exit status.
 *
 * @example await runPatternTest(['{ $.eventName = "ConsoleLogin" }', 'events.jsonl'], io)
 */
export async function runPatternTest(args: readonly string[], patternIo: PatternIo): Promise<number> {
  const io: Io = {
    out: (line) => asPromise(patternIo.stdout(line)),
    err: (line) => void patternIo.stderr(line),
    progress() {},
    stdin: process.stdin,
    env: process.env,
    now: Date.now,
    outIsTerminal: false,
    width: 80,
    errIsTerminal: false,
    signal: new AbortController().signal,
  }
  if (args.includes('--help') || args.includes('-h')) {
    patternIo.stdout(USAGE)
    return 0
  }
  try {
    return await runTest(args, io, patternIo.readLines)
  } catch (error) {
    if (!(error instanceof BucketwatchError)) throw error
    patternIo.stderr(error.message)
    if (error.code === 'INPUT_NONE') return 1
    if (error.code !== 'USAGE') throw error
    patternIo.stderr(USAGE)
    return 2
  }
}

const asPromise = (written: unknown): Promise<void> | undefined =>
  written instanceof Promise ? (written as Promise<void>) : undefined

async function runTest(args: readonly string[], io: Io, readLines?: PatternIo['readLines']): Promise<number> {
  const { values, texts } = readArguments(args, {
    json: { type: 'boolean', default: false },
    matches: { type: 'boolean', default: false },
    explain: { type: 'boolean', default: false },
    as: { type: 'string' },
    kind: { type: 'string' },
    settings: { type: 'string' },
    'literal-star': { type: 'boolean', default: false },
    'text-around-json': { type: 'boolean', default: false },
  })
  const [text, ...files] = texts
  if (text === undefined) throw usage('The pattern is missing.')
  if (files.length === 0) throw usage('The file is missing.')
  const parsed = parseFilterPattern(text)
  if (!parsed.ok) {
    for (const line of describeError(text, parsed.error)) io.err(line)
    return 2
  }
  const { as, json, matches, explain, kind, settings } = values
  return testPattern(
    {
      compiled: compileFilterPattern(parsed.pattern, {
        midStringWildcard: values['literal-star'] === true ? 'literal' : 'glob',
        strictJson: values['text-around-json'] !== true,
      }),
      files,
      as: oneOf<Form>('as', as as string | undefined, FORMS),
      json: json === true,
      matches: matches === true,
      explain: explain === true,
      kind: kind as string | undefined,
      settings: settings as string | undefined,
      readLines,
    },
    io,
  )
}

async function runLint(args: readonly string[], io: Io): Promise<number> {
  const { values, texts } = readArguments(args, { as: { type: 'string' }, json: { type: 'boolean', default: false } })
  if (texts.length === 0) throw usage('The pattern is missing.')
  const as = oneOf<LintFor>('as', values.as as string | undefined, LINT_FOR)
  return lintPatterns(texts, { as, json: values.json === true }, io)
}

async function runVerify(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      region: { type: 'string' },
      rate: { type: 'string', default: '4' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const rate = Number(values.rate)
  if (!(rate > 0 && rate <= 100))
    throw usage(`--rate is a number of calls a second, not ${JSON.stringify(values.rate)}.`)
  if (positionals.length > 1) throw usage('verify-aws takes one file.')
  const { region, json, 'dry-run': dryRun } = values
  return verifyWithAws({ file: positionals[0], region, callsPerSecond: rate, json, dryRun }, io)
}

type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly default?: boolean }>>

/**
 * Options and texts in any order. The first text is a pattern and may begin with one `-`, which parseArgs would take for
 * an option.
 */
function readArguments(
  args: readonly string[],
  options: Options,
): { values: Record<string, string | boolean | undefined>; texts: string[] } {
  const texts: string[] = []
  const rest: string[] = []
  const left = [...args]
  for (let argument = left.shift(); argument !== undefined; argument = left.shift()) {
    if (argument === '--') {
      texts.push(...left)
      break
    }
    const isPattern = texts.length === 0 && argument.startsWith('-') && !argument.startsWith('--') && argument !== '-'
    if (isPattern || !argument.startsWith('-') || argument === '-') {
      texts.push(argument)
      continue
    }
    rest.push(argument)
    const value = options[argument.slice(2)]?.type === 'string' ? left.shift() : undefined
    if (value !== undefined) rest.push(value)
  }
  try {
    const { values } = readArgs({ args: rest, options: options as never, strict: true })
    return { values: values as Record<string, string | boolean | undefined>, texts }
  } catch (error) {
    throw usage((error as Error).message)
  }
}

function oneOf<T extends string>(name: string, value: string | undefined, values: readonly T[]): T | undefined {
  if (value === undefined) return undefined
  const found = values.find((each) => each === value)
  if (found === undefined) throw usage(`--${name} is ${values.join(', ')}, not ${JSON.stringify(value)}.`)
  return found
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
