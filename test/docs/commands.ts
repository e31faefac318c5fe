/** The commands that the documentation shows. */
import { spawnSync } from 'node:child_process'

/** A command as a page shows it. */
export interface DocCommand {
  readonly page: string
  /** Its first line, from 1. */
  readonly line: number
  /** The command without its comment. */
  readonly text: string
  /** Its comment begins with AWS: it needs an account and credentials. */
  readonly needsAws: boolean
}

interface Fence {
  readonly language: string
  /** The number of the first line within, from 1. */
  readonly line: number
  readonly lines: readonly string[]
}

function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = []
  let open: { indent: string; language: string; line: number; lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const mark = /^( *)```(\w*)$/.exec(line)
    if (open !== undefined && mark?.[2] === '') {
      fences.push(open)
      open = undefined
    } else if (open !== undefined) open.lines.push(line.replace(open.indent, ''))
    else if (mark !== null) open = { indent: mark[1]!, language: mark[2]!, line: index + 2, lines: [] }
  }
  return fences
}

/** The commands of a page's `sh` blocks. */
export function commandsOf(page: string, markdown: string): DocCommand[] {
  return fencesOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap((fence) => commandsIn(page, fence))
}

function commandsIn(page: string, { line: first, lines }: Fence): DocCommand[] {
  const commands: DocCommand[] = []
  let begun: { line: number; texts: string[] } | undefined
  for (const [index, line] of lines.entries()) {
    if (begun === undefined && (line.trim() === '' || line.trimStart().startsWith('#'))) continue
    begun ??= { line: first + index, texts: [] }
    begun.texts.push(line)
    const text = begun.texts.join('\n')
    if (line.endsWith('\\') || !isWhole(text)) continue
    const [command, comment] = withoutComment(text)
    commands.push({ page, line: begun.line, text: command, needsAws: /^AWS\b/.test(comment) })
    begun = undefined
  }
  if (begun !== undefined) throw new Error(`${page}:${begun.line}: no shell reads this: ${begun.texts.join('\n')}`)
  return commands
}

/** A command, and the comment behind it. */
function withoutComment(text: string): [command: string, comment: string] {
  let quote = ''
  for (const [index, character] of [...text].entries()) {
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '#' && /\s/.test(text[index - 1] ?? '')) {
      return [text.slice(0, index).trimEnd(), text.slice(index + 1).trim()]
    }
  }
  return [text, '']
}

/** Whether a shell takes it as it is, with all quotes and loops closed. */
function isWhole(text: string): boolean {
  return spawnSync('sh', ['-n'], { input: text }).status === 0
}

/** Lines that look like commands in blocks that no test would look at. */
export function hiddenCommands(page: string, markdown: string): string[] {
  return fencesOf(markdown)
    .filter(({ language }) => !['sh', 'text'].includes(language))
    .flatMap(({ line, lines }) => lines.map((text, index) => ({ text, at: `${page}:${line + index}` })))
    .filter(({ text }) => /^\s*(\$ )?(npm|npx|node|bucketwatch|aws|git|docker) /.test(text))
    .map(({ text, at }) => `${at} ${text.trim()}`)
}

/** A call of our command, wherever a page has it: in blocks of commands, of usage, and between the words. */
export interface Call {
  readonly at: string
  readonly command: string
  readonly rest: string
}

const CALL =
  /(?:^|(?<=[\s`(]))(?:bucketwatch|npm run(?: -s)? cli --|npm run(?: -s)? (?=deploy |package |remove |invoke |deployer-policy )|npm (?=start )) ?([a-z][a-z-]*)((?:\\\n|[^`\n#])*)/g

/** All that a page says of how our command is called. */
export function callsOf(page: string, markdown: string): Call[] {
  return [...markdown.matchAll(CALL)]
    .filter(({ index }) => isCode(markdown, index))
    .map(({ index, 1: command = '', 2: rest = '' }) => ({
      at: `${page}:${markdown.slice(0, index).split('\n').length}`,
      command,
      rest,
    }))
}

/** In a block of commands or usage, or between back quotes. */
function isCode(markdown: string, index: number): boolean {
  const before = markdown.slice(0, index)
  const fences = [...before.matchAll(/^ *```(\w*)$/gm)]
  if (fences.length % 2 === 1) return ['sh', 'text'].includes(fences.at(-1)![1]!)
  const line = before.slice(before.lastIndexOf('\n') + 1)
  return (line.match(/`/g)?.length ?? 0) % 2 === 1
}
