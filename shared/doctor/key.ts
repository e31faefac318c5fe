/** Checks of KMS keys. */
import type { KeyFacts } from './facts.ts'
import type { Finding, Report } from './finding.ts'

/** A finding where a key cannot be used by anybody: disabled, or about to be deleted. */
export function checkKeyState(report: Report, check: string, key: KeyFacts): Finding | undefined {
  if (key.state === 'Enabled') return undefined
  const id = key.arn.slice(key.arn.lastIndexOf('/') + 1)
  const region = key.arn.split(':')[3]
  return report('fail', check, `The key ${key.arn} is in the state ${key.state}.`, {
    why: 'What is encrypted with it cannot be read, and nothing new can be encrypted.',
    fix:
      key.state === 'PendingDeletion'
        ? `aws kms cancel-key-deletion --region ${region} --key-id ${id} && aws kms enable-key --region ${region} --key-id ${id}`
        : `aws kms enable-key --region ${region} --key-id ${id}`,
  })
}
