/** docs/exit-codes.md: the table of all commands, as their own texts have it; `npm run readme` writes it. */
import { readFileSync } from 'node:fs'
import { usages } from '../../cli/main.ts'

const PAGE = 'docs/exit-codes.md'
const BEGIN = '<!-- what each command says of itself; written by `npm run readme` -->\n'

/** What an exit code means of a command, by code. */
export type Exits = Readonly<Record<string, string>>

/**
 * The line `Exit 0: … 1: …` at the end of a usage text.
 *
 * @example
 * exitsOf('Exit 0: done. 2: wrong usage.') // { 0: 'done', 2: 'wrong usage' }
 */
export function exitsOf(usage: string): Exits {
  const line = /^Exit (0: [\s\S]*)$/m.exec(usage)?.[1]?.replaceAll('\n', ' ') ?? ''
  return Object.fromEntries(
    [...line.matchAll(/(?:^| )(\d+): (.*?)\.(?= \d+: |$)/g)].map(([, code = '', text = '']) => [code, text]),
  )
}

/** The page, and what has to be in it. */
export async function exitCodesPage(): Promise<{
  readonly file: string
  readonly is: string
  readonly wanted: string
}> {
  const is = readFileSync(PAGE, 'utf8')
  const start = is.indexOf(BEGIN) + BEGIN.length
  if (start < BEGIN.length) throw new Error(`There is no place for the table in ${PAGE}.`)
  const rows = (await usages()).map(({ name, usage }) => {
    const { 0: done, 1: wrong, ...others } = exitsOf(usage)
    const more = Object.entries(others).flatMap(([code, text]) =>
      text === 'wrong usage' || text === 'interrupted' ? [] : [`${code}: ${text}`],
    )
    return `| \`${name}\` | ${done} | ${[wrong ?? '', ...more].filter((text) => text !== '').join('; ')} |`
  })
  const table = ['| command | 0 | 1, and what else is its own |', '|---|---|---|', ...rows, ''].join('\n')
  return { file: PAGE, is, wanted: is.slice(0, start) + table }
}
