/** CloudTrail's log objects as a table of Athena. */

/** A type of Hive: text, or a structure of such. Members have CloudTrail's own spelling; Hive knows lower case only. */
export type ColumnType = 'string' | { readonly [member: string]: ColumnType } | readonly [ColumnType]

/**
 * The columns. What has many forms (`requestParameters` and the like) is JSON text, and so is what may be a text in one
 * event and a boolean in another: a column of the wrong type would fail a query, not a row.
 *
 * Sources: Athena User Guide, "Create a table for CloudTrail logs in Athena using partition projection"; CloudTrail User
 * Guide, "CloudTrail record contents", "CloudTrail userIdentity element".
 */
export const CLOUDTRAIL_COLUMNS = {
  eventVersion: 'string',
  userIdentity: {
    type: 'string',
    principalId: 'string',
    arn: 'string',
    accountId: 'string',
    invokedBy: 'string',
    accessKeyId: 'string',
    userName: 'string',
    onBehalfOf: { userId: 'string', identityStoreArn: 'string' },
    sessionContext: {
      attributes: { mfaAuthenticated: 'string', creationDate: 'string' },
      sessionIssuer: { type: 'string', principalId: 'string', arn: 'string', accountId: 'string', userName: 'string' },
      ec2RoleDelivery: 'string',
      sourceIdentity: 'string',
    },
  },
  eventTime: 'string',
  eventSource: 'string',
  eventName: 'string',
  awsRegion: 'string',
  sourceIPAddress: 'string',
  userAgent: 'string',
  errorCode: 'string',
  errorMessage: 'string',
  requestParameters: 'string',
  responseElements: 'string',
  additionalEventData: 'string',
  requestID: 'string',
  eventID: 'string',
  readOnly: 'string',
  resources: [{ ARN: 'string', accountId: 'string', type: 'string' }],
  eventType: 'string',
  apiVersion: 'string',
  recipientAccountId: 'string',
  serviceEventDetails: 'string',
  sharedEventID: 'string',
  vpcEndpointId: 'string',
  vpcEndpointAccountId: 'string',
  eventCategory: 'string',
  managementEvent: 'string',
  sessionCredentialFromConsole: 'string',
  tlsDetails: { tlsVersion: 'string', cipherSuite: 'string', clientProvidedHostHeader: 'string' },
} as const satisfies Readonly<Record<string, ColumnType>>

/**
 * A type as Hive writes it.
 *
 * @example
 * hiveType({ tlsVersion: 'string' }) // 'struct<tlsversion:string>'
 */
export function hiveType(type: ColumnType): string {
  if (typeof type === 'string') return type
  if (isList(type)) return `array<${hiveType(type[0])}>`
  const members = Object.entries(type).map(([name, member]) => `${name.toLowerCase()}:${hiveType(member)}`)
  return `struct<${members.join(',')}>`
}

export const isList = (type: ColumnType): type is readonly [ColumnType] => Array.isArray(type)
