import { SEVERITIES, type Severity } from '../detection/schema.ts'
import type { FindingTarget } from '../incident/ports.ts'

/**
 * The target for findings of this severity or worse. An incident's severity never falls, so whoever was told that it is
 * bad is told that it is over.
 *
 * @example
 * fromSeverity(createPagerDutyTarget({ secret, post }), 'high')
 */
export function fromSeverity(target: FindingTarget, least: Severity): FindingTarget {
  const rank = SEVERITIES.indexOf(least)
  return {
    name: target.name,
    async send(finding, text) {
      if (SEVERITIES.indexOf(finding.severity) >= rank) await target.send(finding, text)
    },
  }
}
