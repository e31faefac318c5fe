import type { Severity } from '../detection/schema.ts'

/** The severities, the worst first. Apart from the schema, which a page in a browser has no use for. */
export const WORST_FIRST = ['critical', 'high', 'medium', 'low', 'info'] as const satisfies readonly Severity[]

/** 0: the worst. */
export const rankOfSeverity = (severity: Severity): number => WORST_FIRST.indexOf(severity)
