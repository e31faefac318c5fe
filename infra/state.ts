/** The state: one table for the ledger of objects, and for what the alert function remembers. */
import type { Resources } from './cfn.ts'
import { type Context, IDS } from './context.ts'

/** The first part of the keys of each function's items: what its role may reach. docs/state.md describes the items. */
export const KEY_PREFIXES = {
  forwarder: ['object#*', 'history#*', 'count#*'],
  alert: ['incident#*', 'agenda#*', 'alarm#*', 'change#*'],
} as const

/**
 * Key and time to live are named as the state port names them. Where evidence is kept when the stack goes, so
 * is the table.
 */
export function state(context: Context): Resources {
  const { deletionProtection, evidence, statePointInTimeRecovery } = context.parameters
  const isKept = evidence !== 'delete'
  return {
    [IDS.stateTable]: {
      Type: 'AWS::DynamoDB::Table',
      ...(isKept ? { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' } : {}),
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
        DeletionProtectionEnabled: deletionProtection,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: statePointInTimeRecovery },
      },
    },
  }
}
