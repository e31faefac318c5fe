/** Security Hub as a target of findings, through the AWS SDK. */
import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  type SecurityHubClient,
} from '@aws-sdk/client-securityhub'
import { BucketwatchError } from '../contracts/errors.ts'
import type { FindingTarget } from '../incident/ports.ts'
import { type ImportingAccount, securityFinding } from '../target/security-hub.ts'
import { targetError } from './target-failure.ts'

/** Codes of findings that Security Hub did not import for a reason of its own. */
const TEMPORARY = /^(InternalError|ConcurrentUpdateError)$/

/**
 * Imports findings into Security Hub, which must be enabled in the account and Region. Needs
 * securityhub:BatchImportFindings on the account's default product.
 *
 * Source: Security Hub API Reference, BatchImportFindings.
 *
 * @throws (of `send`) BucketwatchError TARGET_UNAVAILABLE, TARGET_DENIED (also where Security Hub is off), TARGET_REFUSED
 */
export function createSecurityHubTarget(
  options: { readonly client: SecurityHubClient } & ImportingAccount,
): FindingTarget {
  const { client, ...own } = options
  const name = 'securityhub'
  return {
    name,
    async send(finding) {
      const Findings = [securityFinding(finding, own) as AwsSecurityFinding]
      const { FailedFindings = [] } = await client
        .send(new BatchImportFindingsCommand({ Findings }))
        .catch((error: unknown) => {
          // "InvalidAccessException: Account … is not subscribed to AWS Security Hub".
          const denied = error instanceof Error && error.name === 'InvalidAccessException'
          if (!denied) throw targetError(name, error)
          throw new BucketwatchError('TARGET_DENIED', `${name}: ${error.message}`, { target: name }, { cause: error })
        })
      const [failed] = FailedFindings
      if (failed === undefined) return
      const { ErrorCode = 'Unknown', ErrorMessage = '' } = failed
      const code = TEMPORARY.test(ErrorCode) ? 'TARGET_UNAVAILABLE' : 'TARGET_REFUSED'
      throw new BucketwatchError(code, `${name}: ${ErrorCode}: ${ErrorMessage}`, {
        target: name,
        findingId: finding.id,
      })
    },
  }
}
