import { type LintFinding, lintFilterPattern } from '../filter-pattern/lint.ts'
import type { Detection } from './schema.ts'

/** The fields that every normalized record has (docs/record.md): `!=` on them needs no guard. */
const ALWAYS_PRESENT = [
  'kind',
  'service',
  'source',
  'eventName',
  'eventSource',
  'action',
  'change',
  'outcome',
  'errorClass',
  'actorType',
  'awsService',
  'anonymous',
  'tool',
  'toolRisk',
  'weakens',
].map((name) => `$.${name}`)

/** The fields that are JSON booleans: only IS TRUE and IS FALSE can match them. */
const BOOLEANS = [
  'readOnly',
  'managementEvent',
  'awsService',
  'anonymous',
  'weakens',
  'root',
  'crossAccount',
  'mfa',
  'https',
  'tlsOutdated',
  'presigned',
  'website',
  'aclRequired',
  'public',
  'external',
  'kmsExternal',
  'logBucket',
  'watched',
  'actorKnown',
  'truncated',
  'keyQuarantine',
].map((name) => `$.${name}`)

/**
 * What the linter says of a rule's pattern, knowing which fields every record has and which are booleans.
 *
 * @example
 * lintDetection(detection).filter((finding) => finding.severity !== 'info')
 */
export function lintDetection(
  detection: Pick<Detection, 'pattern'> & Partial<Pick<Detection, 'acceptFindings'>>,
): LintFinding[] {
  const findings = lintFilterPattern(detection.pattern, { alwaysPresent: ALWAYS_PRESENT, booleans: BOOLEANS })
  return findings.filter(({ rule }) => !detection.acceptFindings?.includes(rule))
}
