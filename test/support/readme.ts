/**
 * What `npm start` comes to, as the pages show it: its last screen as a picture, docs/start.svg, and as text in README.md;
 * its incidents in docs/alerts.md. `npm run readme` writes them, what sample-report.ts makes, the picture of that, and the
 * tables of exit-codes.ts and infra/native-doc.ts; tests say when they are not what is printed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { nativePage } from '../../infra/native-doc.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { cli } from './cli.ts'
import { exitCodesPage } from './exit-codes.ts'
import { GALLERY, SAMPLE_REPORT, sampleReport } from './sample-report.ts'
import { terminalSvg } from './terminal-svg.ts'

const SCREEN = '<!-- npm start, the last screen at 80 columns; written by `npm run readme` -->\n```text\n'
const INCIDENTS = '<!-- the incidents of npm start; written by `npm run readme` -->\n```text\n'
const TEXTS = '.bucketwatch/alerts/samples'
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
  const title = 'The end of npm start in a terminal: incidents, the worst last, and the totals'
  return { all, lines: all.slice(-ROWS), svg: terminalSvg(out.slice(-ROWS), { columns: COLUMNS, title }) }
}

/** The incidents that {@link lastScreen} has left: the subjects of all messages, and the last one of the longest. */
function sampleIncidents(): string {
  const files = readdirSync(TEXTS).filter((name) => name.startsWith('incident-'))
  const incidents = files
    .map((name) => readFileSync(join(TEXTS, name), 'utf8').split(`\n${'-'.repeat(72)}\n\n`))
    .sort((a, b) => b.length - a.length)
  const subjects = incidents.flatMap((messages) => [...messages.map((text) => text.split('\n', 1)[0]!), ''])
  const last = incidents[0]!.at(-1)!
  return [...subjects, last.slice(last.indexOf('\n\n') + 2)].join('\n').trim()
}

/** The files that show what `npm start` comes to, with what is in them and what belongs there. */
export async function shownIn({ lines, svg }: Screen): Promise<readonly Shown[]> {
  return [
    { file: PICTURE, is: existsSync(PICTURE) ? readFileSync(PICTURE, 'utf8') : '', wanted: svg },
    ...[
      { file: 'README.md', begin: SCREEN, text: lines.join('\n') },
      { file: 'docs/alerts.md', begin: INCIDENTS, text: sampleIncidents() },
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
  const end = page.indexOf(END, start + begin.length - 1)
  if (start < 0 || end < 0) throw new Error(`There is no place for ${begin}`)
  return [start + begin.length, end]
}

if (import.meta.main) {
  for (const { file, wanted } of await shownIn(await lastScreen())) writeFileSync(file, wanted)
  for (const { file, wanted } of [await exitCodesPage(), nativePage(await loadDetections('infra/detections'))])
    writeFileSync(file, wanted)
  const { html, gallery } = await sampleReport()
  writeFileSync(SAMPLE_REPORT, html)
  writeFileSync(GALLERY, gallery)
  await picture()
}

/** The picture of the report, where it is of another one. */
async function picture(): Promise<void> {
  const { hashIn, PICTURE: file, reportHash, takePicture } = await import('../pages/picture.ts')
  if (hashIn(readFileSync(file)) === reportHash()) return
  const { findChromium } = await import('../pages/chromium.ts')
  const chromium = findChromium()
  if (chromium === undefined) {
    console.error(`${file} is of another report, and there is no Chromium to take it anew (npm run test:pages).`)
    return
  }
  process.env.CHROMIUM = chromium
  await takePicture()
}
