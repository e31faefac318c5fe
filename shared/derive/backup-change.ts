/** What a call makes of the backups of AWS Backup: those that there are, and those that were to come. */

import { parseArn } from './arn.ts'
import { booleanOf, type JsonObject, numberOf, objectOf, textOf } from './json.ts'
import { type IsForeign, sideOfAccount } from './strangers.ts'

/** The calls that stop backups, shorten them, give them up, or copy them elsewhere. */
export const BACKUP_CHANGES: ReadonlySet<string> = new Set(
  (
    'DeleteBackupPlan DeleteBackupSelection DisassociateRecoveryPoint DisassociateRecoveryPointFromParent ' +
    'UpdateRecoveryPointLifecycle UpdateRegionSettings StartCopyJob'
  ).split(' '),
)

const SHORT_DAYS = 7

/**
 * Reads what a call makes of backups.
 *
 * @see AWS Backup Developer Guide, "API Reference" (UpdateRecoveryPointLifecycle, UpdateRegionSettings, StartCopyJob)
 */
export function readBackup(eventName: string, parameters: JsonObject, isForeign: IsForeign) {
  if (eventName.startsWith('Delete') || eventName.startsWith('Disassociate')) return { weakens: true }
  if (eventName === 'StartCopyJob') {
    const account = parseArn(textOf(parameters.destinationBackupVaultArn) ?? '')?.accountId ?? ''
    const external = sideOfAccount(account, isForeign) === 'stranger'
    return { external, weakens: external }
  }
  if (eventName === 'UpdateRegionSettings')
    return { weakens: booleanOf(objectOf(parameters.resourceTypeOptInPreference).S3) === false }
  const days = numberOf(objectOf(parameters.lifecycle).deleteAfterDays)
  return days === undefined ? {} : { expireDays: days, weakens: days >= 0 && days <= SHORT_DAYS }
}
