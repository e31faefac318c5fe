/**
 * The last screen of `npm start`, as README.md shows it. `npm run readme` writes it there; a test says when it is not
 * what `npm start` prints.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cli } from './cli.ts'

const BEGIN = '<!-- npm start, the last screen at 80 columns; written by `npm run readme` -->\n```\n'
const END = '\n```\n'
const ROWS = 40

/** What a terminal of 80 columns and 40 rows shows when `npm start` is done. */
export async function lastScreen(): Promise<{ readonly lines: readonly string[]; readonly all: readonly string[] }> {
  const { out } = await cli(['start'], { width: 80 })
  return { all: out, lines: out.slice(-ROWS) }
}

/** The README with the screen given. */
export function withScreen(readme: string, lines: readonly string[]): string {
  const start = readme.indexOf(BEGIN)
  const end = readme.indexOf(END, start + BEGIN.length)
  if (start < 0 || end < 0) throw new Error('README.md has no place for the screen')
  return readme.slice(0, start + BEGIN.length) + lines.join('\n') + readme.slice(end)
}

if (import.meta.main) {
  writeFileSync('README.md', withScreen(readFileSync('README.md', 'utf8'), (await lastScreen()).lines))
}
