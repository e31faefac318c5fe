import { isObject } from '../basics/is-object.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import { isLogKind } from '../kinds/kinds.ts'
import { detectionSchema } from './detection-file.ts'
import { type Report, readDocument } from './document.ts'
import { EXAMPLES } from './example-input.ts'
import { PLACEHOLDERS, resolvePlaceholders } from './pattern.ts'
import type { Result } from './problem.ts'
import { type Detection, ID } from './schema.ts'
import { suggest } from './suggest.ts'

/**
 * One detection file, checked. The file's path gives the pack (its folder) and must agree with the id. What the filter
 * pattern says is checked when rules are compiled, see compile.ts. Pure: reading files is shared/files/detections.ts.
 *
 * Errors: every problem of the file at once, with line, column and field.
 *
 * @example
 * parseDetection(text, 'infra/detections/s3-control/s3-policy-deleted.yml')
 */
export function parseDetection(text: string, file: string): Result<Detection> {
  const parts = file.split(/[\\/]/)
  const pack = parts.at(-2) ?? 'custom'
  const baseName = (parts.at(-1) ?? '').replace(/\.ya?ml$/, '')
  const read = readDocument(text, file, detectionSchema, (content, report) => {
    if (!isObject(content)) return
    if (!ID.test(pack)) report([], `the folder "${pack}" is no pack name: lower-case words joined by hyphens`)
    if (typeof content.id === 'string' && content.id !== baseName) {
      report(['id'], `the file is named "${baseName}", so the id must be "${baseName}", found "${content.id}"`)
    }
    if (typeof content.pattern === 'string') checkPattern(content.pattern, report)
    checkExamples(content, report)
  })
  return read.ok ? { ok: true, value: { ...read.value, pack, file } } : read
}

function checkPattern(pattern: string, report: Report): void {
  const { pattern: resolved, unknown } = resolvePlaceholders(pattern, { account: '0'.repeat(12), stage: 'stage' })
  for (const name of unknown) {
    report(
      ['pattern'],
      `there is no placeholder {{${name}}}${suggest(name, PLACEHOLDERS)}; there are ${PLACEHOLDERS.join(', ')}`,
    )
  }
  const parsed = unknown.length > 0 ? undefined : parseFilterPattern(resolved)
  if (parsed === undefined || parsed.ok) return
  const { message, offset, expected } = parsed.error
  report(['pattern'], `${message} At character ${offset + 1}; expected ${expected}.`)
}

function checkExamples(content: Readonly<Record<string, unknown>>, report: Report): void {
  const { examples, sources } = content
  if (!isObject(examples)) return
  for (const list of ['hits', 'misses']) {
    const names = new Set<unknown>()
    const items = examples[list]
    if (!Array.isArray(items)) continue
    for (const [index, example] of items.entries()) {
      if (!isObject(example)) continue
      const path = ['examples', list, index]
      const { name, kind, input } = example
      if (name !== undefined && names.has(name)) report([...path, 'name'], `the name "${name}" is taken`)
      names.add(name)
      if (!isLogKind(kind)) continue
      if (list === 'hits' && Array.isArray(sources) && !sources.includes(kind)) {
        report([...path, 'kind'], `the rule does not watch ${kind}: see sources`)
      }
      const { fields } = EXAMPLES[kind]
      if (fields === undefined || !isObject(input)) continue
      for (const key of Object.keys(input)) {
        if (!fields.includes(key))
          report([...path, 'input'], `unknown ${kind} field "${key}"${suggest(key, fields)}`, key)
      }
    }
  }
}
