/** The ids of an incident put into a runbook's commands. */

/** What is known, and may stand in a command; what is not known stays a placeholder. */
export interface Ids {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly userName?: string | undefined
  readonly roleName?: string | undefined
  readonly keyId?: string | undefined
  readonly accountId?: string | undefined
  readonly trail?: string | undefined
}

/** Nothing that a shell or a reader could take for something else; no option. */
const HARMLESS = /^[A-Za-z0-9_.+=,@:/][A-Za-z0-9_.+=,@:/-]{0,255}$/

/** After which words of a command a placeholder stands, and for what. */
const PLACES: readonly (readonly [RegExp, keyof Ids])[] = [
  [/(--bucket |s3:\/\/)(?:NAME|BUCKET|B)\b/g, 'bucket'],
  [/(--key |s3:\/\/[a-z0-9.-]+\/)(?:KEY|K)\b/g, 'key'],
  [/(--user-name |AttributeKey=Username,AttributeValue=)(?:NAME|USER|U)\b/g, 'userName'],
  [/(--role-name )(?:NAME|ROLE|R)\b/g, 'roleName'],
  [/(--access-key-id |AttributeKey=AccessKeyId,AttributeValue=)(?:ID|KEY|K)\b/g, 'keyId'],
  [/(--account-id )(?:ACCOUNT|A)\b/g, 'accountId'],
  [/(aws cloudtrail [a-z-]+ (?:--name|--trail-name) )(?:NAME|TRAIL_ARN|TRAIL)\b/g, 'trail'],
]

/**
 * Fills in what is known; a value that is no plain word is never put into a command.
 *
 * @example
 * fillIn('aws s3api get-bucket-policy --bucket NAME', { bucket: 'amzn-s3-demo-bucket' })
 */
export function fillIn(step: string, ids: Ids): string {
  return PLACES.reduce((text, [place, name]) => {
    const value = ids[name]
    if (value === undefined || !HARMLESS.test(value)) return text
    return text.replace(place, (_found, before: string) => before + value)
  }, step)
}

/** What stops whoever it is, as far as the ids tell: first of all for what is severe. */
export function stopping({ userName, keyId, roleName }: Ids): string[] {
  const isPlain = (value: string | undefined): value is string => value !== undefined && HARMLESS.test(value)
  if (isPlain(userName) && isPlain(keyId) && keyId.startsWith('AKIA')) {
    return [
      `If this is not meant, take the key away first: aws iam update-access-key --user-name ${userName} --access-key-id ${keyId} --status Inactive`,
    ]
  }
  if (isPlain(roleName)) {
    return [
      `If this is not meant, end the role's sessions first (in the console: the role's "Revoke sessions"): aws iam put-role-policy --role-name ${roleName} --policy-name AWSRevokeOlderSessions --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"NOW"}}}]}', with the present time, such as 2026-03-17T09:00:00Z, for NOW`,
    ]
  }
  return []
}
