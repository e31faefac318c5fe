import { lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import type { LintFinding } from '../../shared/filter-pattern/lint-report.ts'
import {
  guessRecordSchema,
  RECORD_SCHEMA_NAMES,
  RECORD_SCHEMAS,
  type RecordSchemaName,
} from '../../shared/filter-pattern/record-schemas.ts'
import type { Io } from '../io.ts'

export const LINT_FOR = [...RECORD_SCHEMA_NAMES, 'none'] as const
export type LintFor = (typeof LINT_FOR)[number]

/** Prints what is wrong with each pattern. Returns 1 where there is an error or a warning. */
export async function lintPatterns(
  patterns: readonly string[],
  { as, json }: { readonly as?: LintFor | undefined; readonly json: boolean },
  io: Io,
): Promise<number> {
  let exitCode = 0
  for (const pattern of patterns) {
    const schema = as === undefined ? guessRecordSchema(pattern) : as === 'none' ? undefined : as
    const findings = lintFilterPattern(pattern, schema === undefined ? {} : RECORD_SCHEMAS[schema])
    if (findings.some(({ severity }) => severity !== 'info')) exitCode = 1
    if (json) await io.out(JSON.stringify({ pattern, as: schema ?? 'none', findings }))
    else for (const line of describe(pattern, schema, findings)) await io.out(line)
  }
  return exitCode
}

function describe(pattern: string, schema: RecordSchemaName | undefined, findings: readonly LintFinding[]): string[] {
  const records = schema === undefined ? 'any messages' : RECORD_SCHEMAS[schema].title
  const head = [pattern, `  for ${records}: ${findings.length === 0 ? 'nothing found' : ''}`.trimEnd()]
  return [...head, ...findings.flatMap((finding) => describeFinding(pattern, finding))]
}

function describeFinding(pattern: string, finding: LintFinding): string[] {
  const { severity, rule, line, column, message, reason, fix } = finding
  return [
    `  ${severity.padEnd(7)} ${line}:${column}  ${message} ${reason} [${rule}]`,
    ...(fix === undefined ? [] : [`          ${fix.description}`]),
    ...(fix?.edit === undefined
      ? []
      : [`          ${pattern.slice(0, fix.edit.start)}${fix.edit.replacement}${pattern.slice(fix.edit.end)}`]),
  ]
}
