/**
 * The last screen of `npm start`, as README.md shows it: as a picture, docs/start.svg, and as text. `npm run readme`
 * writes both; a test says when they are not what `npm start` prints.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { cli } from './cli.ts'
import { terminalSvg } from './terminal-svg.ts'

const BEGIN = '<!-- npm start, the last screen at 80 columns; written by `npm run readme` -->\n```text\n'
const END = '\n```\n'
const COLUMNS = 80
const ROWS = 40
const PICTURE = 'docs/start.svg'

export interface Screen {
  /** All that was printed, without colours. */
  readonly all: readonly string[]
  /** The last screen of it, without colours. */
  readonly lines: readonly string[]
  /** The last screen as a picture. */
  readonly svg: string
}

/** What a terminal of 80 columns and 40 rows shows when `npm start` is done. */
export async function lastScreen(): Promise<Screen> {
  const { out } = await cli(['start'], { width: COLUMNS, terminal: true })
  const all = out.map((line) => stripVTControlCharacters(line))
  const title = 'The end of npm start in a terminal: alerts, the worst last, and the totals'
  return { all, lines: all.slice(-ROWS), svg: terminalSvg(out.slice(-ROWS), { columns: COLUMNS, title }) }
}

/** The files that show the screen, with what is in them and what belongs there. */
export function shownIn({
  lines,
  svg,
}: Screen): { readonly file: string; readonly is: string; readonly wanted: string }[] {
  const readme = readFileSync('README.md', 'utf8')
  const [start, end] = placeIn(readme)
  return [
    { file: 'README.md', is: readme, wanted: readme.slice(0, start) + lines.join('\n') + readme.slice(end) },
    { file: PICTURE, is: existsSync(PICTURE) ? readFileSync(PICTURE, 'utf8') : '', wanted: svg },
  ]
}

/** The screen that a README shows. */
export function screenIn(readme: string): string {
  return readme.slice(...placeIn(readme))
}

function placeIn(readme: string): [start: number, end: number] {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END, begin + BEGIN.length)
  if (begin < 0 || end < 0) throw new Error('README.md has no place for the screen')
  return [begin + BEGIN.length, end]
}

if (import.meta.main) for (const { file, wanted } of shownIn(await lastScreen())) writeFileSync(file, wanted)
