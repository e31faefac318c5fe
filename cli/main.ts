/**
 * The local command: `npm start`, `npm run invoke`, `npm run cli -- …` and `bucketwatch …` all come here. A thin layer
 * over shared/; each command is one file in commands/.
 */
import { fileProblem } from '../shared/basics/file-problem.ts'
import { BucketwatchError, ERROR_CODES, withoutWhat } from '../shared/contracts/errors.ts'
import { formatProblem, type Problem } from '../shared/detection/problem.ts'
import { suggest } from '../shared/detection/suggest.ts'
import { outputFault } from '../shared/files/outputs.ts'
import { packageVersion } from '../shared/files/package-root.ts'
import { type Command, type Io, printError, printText } from './io.ts'
import { nextStep } from './next-step.ts'
import { terminalLine } from './render.ts'

/** Loaded when asked for: nobody waits for the libraries of other commands. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).start,
  invoke: async () => (await import('./commands/invoke.ts')).invoke,
  report: async () => (await import('./commands/report.ts')).report,
  search: async () => (await import('./commands/search.ts')).search,
  estimate: async () => (await import('./commands/estimate.ts')).estimate,
  replay: async () => (await import('./commands/replay.ts')).replay,
  normalize: async () => (await import('./commands/normalize.ts')).normalize,
  objects: async () => (await import('./commands/objects.ts')).objects,
  classify: async () => (await import('./commands/classify.ts')).classify,
  detections: async () => (await import('./commands/detections.ts')).detections,
  pattern: async () => (await import('./commands/pattern.ts')).pattern,
  compat: async () => (await import('./commands/compat.ts')).compat,
  alert: async () => (await import('./commands/alert.ts')).alert,
  backfill: async () => (await import('./commands/backfill.ts')).backfill,
  'event-history': async () => (await import('./commands/event-history.ts')).eventHistory,
  connect: async () => (await import('./commands/connect.ts')).connect,
  disconnect: async () => (await import('./commands/connect.ts')).disconnect,
  coverage: async () => (await import('./commands/coverage.ts')).coverage,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  init: async () => (await import('./commands/init.ts')).init,
  package: async () => (await import('./commands/stack.ts')).packageStack,
  deploy: async () => (await import('./commands/stack.ts')).deploy,
  remove: async () => (await import('./commands/stack.ts')).remove,
  quarantine: async () => (await import('./commands/quarantine.ts')).quarantine,
  setup: async () => (await import('./commands/setup.ts')).setup,
  redrive: async () => (await import('./commands/redrive.ts')).redrive,
  'deployer-policy': async () => (await import('./commands/stack.ts')).policy,
}

/** Every command's name and text, as `--help` has them. */
export async function usages(): Promise<readonly { readonly name: string; readonly usage: string }[]> {
  const all = Object.entries(COMMANDS).map(async ([name, load]) => ({ name, usage: (await load()).usage }))
  return Promise.all(all)
}

/** Runs one command line and returns its exit code. */
export async function main(args: readonly string[], world: Io): Promise<number> {
  const io = guarded(world)
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    await io.out(packageVersion())
    return 0
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = name === 'help' ? rest[0] : undefined
    if (topic !== undefined && !Object.hasOwn(COMMANDS, topic)) return noCommand(topic, io)
    await printText(io, topic === undefined ? await help() : (await COMMANDS[topic]!()).usage)
    return 0
  }
  if (!Object.hasOwn(COMMANDS, name)) return noCommand(name, io)
  const command = await COMMANDS[name]!()
  const end = rest.indexOf('--')
  if ((end < 0 ? rest : rest.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')) {
    await printText(io, command.usage)
    return 0
  }
  try {
    return await command.run(rest, io)
  } catch (error) {
    if (isUsageError(error)) {
      io.err(`bucketwatch ${name}: ${withSuggestion(withoutWhat('USAGE', error.message), command.usage)}`)
      printError(io, command.usage.split('\n\n')[0]!)
      io.err(`\`bucketwatch ${name} --help\` tells more.`)
      return 2
    }
    if (error instanceof BucketwatchError) {
      printProblem(io, name, error)
      return error.code === 'CONFIG_INVALID' || error.code === 'SETTINGS_INVALID' ? 2 : 1
    }
    if (isFileError(error)) {
      io.err(`bucketwatch ${name}: ${error.path ?? 'a file'}: ${fileProblem(error)}.`)
      return 1
    }
    throw error
  }
}

/** What the file system says of a file that somebody gave. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  return (
    typeof code === 'string' &&
    /^(?:open|read|write|stat|lstat|scandir|mkdir|access|rename|realpath)$/.test(syscall ?? '')
  )
}

/**
 * The world behind the one sink: whatever a command writes, also of what strangers have put into logs, stays on its line
 * and moves nothing on the terminal.
 */
function guarded(io: Io): Io {
  return {
    ...withoutSignal(io),
    out: (line) => io.out(terminalLine(line)),
    err: (line) => io.err(terminalLine(line)),
    progress: (text) => io.progress(terminalLine(text)),
    // Not read here: that somebody asks for the signal changes what Ctrl-C does.
    get signal() {
      return io.signal
    },
  }
}

function withoutSignal(io: Io): Omit<Io, 'signal'> {
  const { out, err, progress, stdin, env, now, outIsTerminal, errIsTerminal, width } = io
  return { out, err, progress, stdin, env, now, outIsTerminal, errIsTerminal, width }
}

/** What is wrong, on a line of its own, however many lines strangers have made of it; of a file's problems one each. */
function printProblem(io: Io, name: string, error: BucketwatchError): void {
  const { problems } = error.details
  if (!Array.isArray(problems)) {
    const said = [error.message, nextStep(error), error.details.next].filter((text) => typeof text === 'string')
    io.err(`bucketwatch ${name}: ${error.code}: ${said.map(asSentence).join(' ')}`)
    return
  }
  io.err(`bucketwatch ${name}: ${error.code}: ${ERROR_CODES[error.code].what}`)
  // Files' problems have a place; those of parameters and variables are sentences.
  for (const problem of problems as (Problem | string)[]) {
    io.err(typeof problem === 'string' ? problem : formatProblem(problem))
  }
}

/** What AWS says need not end as a sentence does, and another may follow. */
const asSentence = (text: string, index: number, all: readonly string[]): string =>
  index === all.length - 1 || /[.!?)]$/.test(text) ? text : `${text}.`

/** Wrong usage is told by us (USAGE) or by parseArgs. */
function isUsageError(error: unknown): error is Error {
  if (error instanceof BucketwatchError) return error.code === 'USAGE'
  const code = (error as { code?: unknown } | undefined)?.code
  return error instanceof Error && typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')
}

/** An option that does not exist, with the nearest of those that the command's usage names. */
function withSuggestion(message: string, usage: string): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1]
  if (unknown === undefined) return inOurWords(message)
  const known = [...new Set(usage.match(/--[a-z][a-z-]*/g))]
  return `there is no option ${unknown}${suggest(unknown, known)}`
}

/** What parseArgs says of values and arguments, in a line. */
function inOurWords(message: string): string {
  const [, option] = /^Option '(?:-\w, )?(--[\w-]+)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(message) ?? []
  if (option !== undefined)
    return `${option} wants a value${message.includes('ambiguous') ? `; one that begins with a dash: ${option}=-…` : ''}`
  const [, flag] = /^Option '(?:-\w, )?(--[\w-]+)' does not take an argument/.exec(message) ?? []
  if (flag !== undefined) return `${flag} takes no value`
  const [, extra] = /^Unexpected argument '(.*?)'\./s.exec(message) ?? []
  return extra === undefined ? message : `what is ${JSON.stringify(extra)}? There is nothing to name here.`
}

function noCommand(name: string, io: Io): number {
  io.err(`bucketwatch: there is no command ${JSON.stringify(name)}${suggest(name, Object.keys(COMMANDS))}`)
  io.err('`bucketwatch --help` lists them.')
  return 2
}

async function help(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(15)} ${(await load()).summary}`),
  )
  return [
    'usage: bucketwatch <command> [arguments]',
    '',
    ...lines,
    '',
    '`bucketwatch help <command>` (or `<command> -h`) tells more; --version, which version this is.',
  ].join('\n')
}

/** The world as the process sees it. */
export function processIo(): Io {
  let abort: AbortController | undefined
  let drained: Promise<void> | undefined
  let progress = ''
  // `… | head` closes our pipe early: that is the reader's good right, not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    // A full disk, mostly. Nobody waits for it: what is left to print has no place either.
    const { code, message } = outputFault('standard output', error)
    process.stderr.write(`bucketwatch: ${code}: ${terminalLine(message)}\n`)
    process.exit(1)
  })
  const draw = (text: string) => {
    if (process.stderr.isTTY !== true || (text === '' && progress === '')) return
    const width = Math.max(20, (process.stderr.columns || 80) - 1)
    process.stderr.write(`\r\u001b[2K${text.slice(0, width)}`)
  }
  /** The progress line has a line of its own: what is written goes above it. */
  const above = <T>(write: () => T): T => {
    draw('')
    const written = write()
    draw(progress)
    return written
  }
  return {
    out: (line) =>
      above(() => {
        if (process.stdout.write(`${line}\n`)) return undefined
        // One listener, however many lines are written meanwhile.
        drained ??= new Promise((resolve) => {
          process.stdout.once('drain', () => {
            drained = undefined
            resolve()
          })
        })
        return drained
      }),
    err: (line) => above(() => void process.stderr.write(`${line}\n`)),
    progress(text) {
      draw(text)
      progress = text
    },
    stdin: process.stdin,
    env: process.env,
    now: Date.now,
    outIsTerminal: process.stdout.isTTY === true,
    // A terminal that does not know its size says 0.
    width: Math.max(40, process.stdout.columns || 80),
    errIsTerminal: process.stderr.isTTY === true,
    // A signal that is handled no longer ends the process: it must be asked for by who looks at it.
    get signal() {
      if (abort === undefined) {
        const controller = new AbortController()
        for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
        abort = controller
      }
      return abort.signal
    },
  }
}
