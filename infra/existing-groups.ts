/** Sets what a deployment says of log groups that a former stack left: CloudFormation cannot change what it does not own. */
import {
  AssociateKmsKeyCommand,
  type CloudWatchLogsClient,
  PutLogGroupDeletionProtectionCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import type { ExistingGroup } from './logs.ts'

/**
 * Applies retention, key and deletion protection. A group that is not there fails: `evidence: existing` was wrong then.
 *
 * @throws the first error of AWS's, e.g. ResourceNotFoundException.
 */
export async function applyToExistingGroups(
  client: Pick<CloudWatchLogsClient, 'send'>,
  groups: readonly ExistingGroup[],
): Promise<void> {
  for (const { logGroupName, retentionInDays, kmsKeyId, deletionProtection } of groups) {
    await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }))
    if (kmsKeyId !== undefined) await client.send(new AssociateKmsKeyCommand({ logGroupName, kmsKeyId }))
    if (deletionProtection) {
      await client.send(
        new PutLogGroupDeletionProtectionCommand({
          logGroupIdentifier: logGroupName,
          deletionProtectionEnabled: true,
        }),
      )
    }
  }
}
