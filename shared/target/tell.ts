import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { Severity } from '../detection/schema.ts'
import { SEVERITIES } from '../detection/schema.ts'
import type { Finding } from '../incident/finding.ts'
import type { FindingTarget } from '../incident/ports.ts'

/** What became of a finding at one target. */
export type Told =
  | { readonly target: string; readonly took: true }
  | { readonly target: string; readonly took: false; readonly error: BucketwatchError }

/**
 * Sends a finding to all targets at once; none waits for another, and none's failure is another's. A target in `already`
 * is left out: it took the finding before.
 *
 * @returns one result a target that was tried, in the order of the targets; never throws.
 * @example
 * const failed = (await tell(targets, finding, text)).filter(({ took }) => !took)
 */
export async function tell(
  targets: readonly FindingTarget[],
  finding: Finding,
  text: { readonly subject: string; readonly text: string },
  already: ReadonlySet<string> = new Set(),
): Promise<readonly Told[]> {
  const due = targets.filter(({ name }) => !already.has(name))
  return Promise.all(
    due.map(async (target): Promise<Told> => {
      try {
        await target.send(finding, text)
        return { target: target.name, took: true }
      } catch (error) {
        return { target: target.name, took: false, error: asCoded(target.name, error) }
      }
    }),
  )
}

function asCoded(target: string, error: unknown): BucketwatchError {
  if (error instanceof BucketwatchError) return error
  return new BucketwatchError('INTERNAL', `${target}: ${errorMessage(error)}`, { target }, { cause: error })
}

/**
 * The target for findings of this severity or worse. An incident's severity never falls, so whoever was told that it is
 * worse is told that it is over.
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
