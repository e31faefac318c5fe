/**
 * `bucketwatch/filter-pattern`: CloudWatch Logs filter patterns as a library, for programs that are not ours. What is
 * named here stays, or changes with a new major version; docs/filter-pattern-library.md describes it.
 */
// biome-ignore-all lint/performance/noBarrelFile: the one door for other people's programs; ours import the modules.
export type { FilterPattern, MatchOptions, ParseOptions, ParseResult, PatternError } from './ast.ts'
export { PATTERN_ERROR_CODES } from './ast.ts'
export type { CompiledFilterPattern, Extracted } from './compile.ts'
export { compileFilterPattern } from './compile.ts'
export type { ExplainedNode, Explanation } from './explain.ts'
export { compileDimensions, compileMetricValue } from './extract.ts'
export { formatFilterPattern } from './format.ts'
export { lintFilterPattern } from './lint.ts'
export { lintMetricFilters } from './lint-metric-filters.ts'
export type { LintFinding, LintOptions, LintRule, LintSeverity, PresentWhen } from './lint-report.ts'
export { LINT_RULES } from './lint-report.ts'
export { MAX_PATTERN_LENGTH, parseFilterPattern, patternLength } from './parse.ts'
export type { RecordSchema, RecordSchemaName } from './record-schemas.ts'
export { guessRecordSchema, RECORD_SCHEMAS } from './record-schemas.ts'
export type { TestAnswer, TestMetricFilter, Verdict, VerificationCase, VerifiedCase } from './verify.ts'
export { MAX_MESSAGES, parseVerificationCase, planCalls, verifyCases } from './verify.ts'
