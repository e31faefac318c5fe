/**
 * What `npm start` comes to, as the pages show it: its last screen as a picture, docs/start.svg, and as text in README.md;
 * an alert in docs/alerts.md. `npm run readme` writes them; a test says when they are not what is printed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { cli } from './cli.ts'
import { terminalSvg } from './terminal-svg.ts'

const SCREEN = '<!-- npm start, the last screen at 80 columns; written by `npm run readme` -->\n```text\n'
const ALERT = '<!-- npm run invoke -- alert events/alert/sns-alarm.json; written by `npm run readme` -->\n```text\n'
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

interface Shown {
  readonly file: string
  readonly is: string
  readonly wanted: string
}

/** What a terminal of 80 columns and 40 rows shows when `npm start` is done. */
export async function lastScreen(): Promise<Screen> {
  const { out } = await cli(['start'], { width: COLUMNS, terminal: true })
  const all = out.map((line) => stripVTControlCharacters(line))
  const title = 'The end of npm start in a terminal: alerts, the worst last, and the totals'
  return { all, lines: all.slice(-ROWS), svg: terminalSvg(out.slice(-ROWS), { columns: COLUMNS, title }) }
}

/** The alert that `npm run invoke -- alert events/alert/sns-alarm.json` shows after {@link lastScreen}, its links cut. */
async function sampleAlert(): Promise<string> {
  const { err } = await cli(['invoke', 'alert', 'events/alert/sns-alarm.json'])
  return err
    .map((line) => line.replace(/https:\S{80}(?=\S)\S*/, (link) => `${link.slice(0, 80)}…`))
    .join('\n')
    .trim()
}

/** The files that show what `npm start` comes to, with what is in them and what belongs there. */
export async function shownIn({ lines, svg }: Screen): Promise<readonly Shown[]> {
  const alert = await sampleAlert()
  return [
    { file: PICTURE, is: existsSync(PICTURE) ? readFileSync(PICTURE, 'utf8') : '', wanted: svg },
    ...[
      { file: 'README.md', begin: SCREEN, text: lines.join('\n') },
      { file: 'docs/alerts.md', begin: ALERT, text: alert },
    ].map(({ file, begin, text }) => {
      const is = readFileSync(file, 'utf8')
      const [start, end] = placeIn(is, begin)
      return { file, is, wanted: is.slice(0, start) + text + is.slice(end) }
    }),
  ]
}

/** The screen that a README shows. */
export function screenIn(readme: string): string {
  return readme.slice(...placeIn(readme, SCREEN))
}

function placeIn(page: string, begin: string): [start: number, end: number] {
  const start = page.indexOf(begin)
  const end = page.indexOf(END, start + begin.length)
  if (start < 0 || end < 0) throw new Error(`There is no place for ${begin}`)
  return [start + begin.length, end]
}

if (import.meta.main) for (const { file, wanted } of await shownIn(await lastScreen())) writeFileSync(file, wanted)
