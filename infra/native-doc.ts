/** The table of docs/native.md: `npm run readme` does not write it; test/detection/native.test.ts says what it has to be. */
import { renderNative } from '../shared/detection/native.ts'
import { resolvePlaceholders } from '../shared/detection/pattern.ts'
import type { Detection } from '../shared/detection/schema.ts'
import { KINDS, LOG_KINDS } from '../shared/kinds/kinds.ts'

/** A row a kind of logs for the rules that native records are enough for, then one for each set of members that others need. */
export function nativeTable(detections: readonly Detection[]): string {
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
