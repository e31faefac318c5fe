import { BucketwatchError, type ErrorCode } from '../contracts/errors.ts'

/** One thing that is wrong in a detection or settings file: where (1-based line and column), which field, what. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The field as a path, for instance `alarm.threshold` or `examples.hits[0].input`; empty for the whole file. */
  readonly field: string
  readonly message: string
}

/** A result that carries either the value or every problem found. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** `file:line:column field: message`, the form that editors and terminals turn into a link. */
export function formatProblem(problem: Problem): string {
  const field = problem.field === '' ? '' : ` ${problem.field}:`
  return `${problem.file}:${problem.line}:${problem.column}${field} ${problem.message}`
}

/** All problems as text, one a line. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n')
}

/** All problems as one coded error (DETECTION_INVALID or SETTINGS_INVALID), one line each. */
export function problemsError(code: ErrorCode, problems: readonly Problem[]): BucketwatchError {
  return new BucketwatchError(code, `\n${formatProblems(problems)}`, { problems })
}

/** A path as people write it: `['examples', 'hits', 0, 'input']` → `examples.hits[0].input`. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('')
}
