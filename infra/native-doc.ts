/** docs/native.md: the table of rules; `npm run readme` writes it. The rest of the page is written by hand. */
import { readFileSync } from 'node:fs'
import { renderNative } from '../shared/detection/native.ts'
import { resolvePlaceholders } from '../shared/detection/pattern.ts'
import type { Detection } from '../shared/detection/schema.ts'
import { KINDS, LOG_KINDS } from '../shared/kinds/kinds.ts'

const PAGE = 'docs/native.md'
const BEGIN = '<!-- rules; written by `npm run readme` -->\n'
const END = '<!-- end -->'

/** The page, and what has to be in it. */
export function nativePage(detections: readonly Detection[]): {
  readonly file: string
  readonly is: string
  readonly wanted: string
} {
  const is = readFileSync(PAGE, 'utf8')
  const start = is.indexOf(BEGIN) + BEGIN.length
  const end = is.indexOf(END, start)
  if (start < BEGIN.length || end < 0) throw new Error(`There is no place for the table in ${PAGE}.`)
  return { file: PAGE, is, wanted: is.slice(0, start) + nativeTable(detections) + is.slice(end) }
}

/** A row a kind of logs for the rules that native records are enough for, then one for each set of members that others need. */
function nativeTable(detections: readonly Detection[]): string {
  const rows = LOG_KINDS.flatMap((kind) => {
    const groups = new Map<string, string[]>()
    for (const { id, pattern } of detections.filter(({ sources }) => (sources as readonly string[]).includes(kind))) {
      const filled = resolvePlaceholders(pattern, { account: '111122223333', stage: 'prod' }).pattern
      const native = renderNative(filled, kind)
      const needs = native.ok ? '' : native.needs.map((name) => `\`${name}\``).join(' ') || 'records of another source'
      groups.set(needs, [...(groups.get(needs) ?? []), id])
    }
    return [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([needs, ids]) =>
          `| ${KINDS[kind].title} | ${needs === '' ? 'nothing: as it is' : needs} | ${ids.sort().join(', ')} |`,
      )
  })
  return `${['| log | needs | rules |', '|---|---|---|', ...rows].join('\n')}\n`
}
