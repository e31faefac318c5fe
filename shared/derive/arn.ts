import { memoize } from './bounded-memo.ts'

/** The parts of an Amazon Resource Name. `accountId` and `region` may be empty. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly accountId: string
  readonly resource: string
}

/**
 * Splits `arn:partition:service:region:account:resource`; undefined for anything else. The resource keeps its colons.
 *
 * @see AWS General Reference, "Amazon Resource Names (ARNs)"
 * @example
 * parseArn('arn:aws:iam::111122223333:user/alice')?.resource // 'user/alice'
 */
export function parseArn(arn: string): Arn | undefined {
  const match = /^arn:([\w-]*):([\w.-]*):([\w-]*):([\w-]*):(.+)$/s.exec(arn)
  if (match === null) return undefined
  const [, partition = '', service = '', region = '', accountId = '', resource = ''] = match
  return { partition, service, region, accountId, resource }
}

/**
 * An ARN as conditions of policies have it: partition, service and Region may be, or hold, wildcards, which say nothing
 * of whose it is; they are left out.
 *
 * @see IAM User Guide, "IAM JSON policy elements: Condition operators" (ARN condition operators)
 * @example
 * parseArnPattern('arn:aws:cloudtrail:*:111122223333:trail/*')?.accountId // '111122223333'
 */
export function parseArnPattern(pattern: string): Arn | undefined {
  return parseArn(
    pattern.replace(
      /^arn:[^:]*:([^:]*):[^:]*:/,
      (_, service: string) => `arn:aws:${service.replaceAll(/[*?]/g, '')}::`,
    ),
  )
}

/** Who an IAM or STS ARN names. */
export interface Principal {
  /** As CloudTrail's userIdentity.type; a CloudFront origin access identity is AWS acting: `AWSService`. */
  readonly type: 'Root' | 'IAMUser' | 'AssumedRole' | 'FederatedUser' | 'AWSService' | 'Unknown'
  readonly accountId?: string | undefined
  /** The user's, the role's or the federated user's name, without its path and session. */
  readonly userName?: string | undefined
  /**
   * The ARN that stays the same over sessions: users and root as they are, a role as
   * `arn:aws:sts::<account>:assumed-role/<role>` since an access log shows no more than that.
   */
  readonly actor: string
}

const readPrincipal = memoize((text: string): { principal: Principal | undefined } => {
  const arn = parseArn(text)
  if (arn === undefined || (arn.service !== 'iam' && arn.service !== 'sts')) return { principal: undefined }
  const accountId = /^\d+$/.test(arn.accountId) ? arn.accountId : undefined
  const [kind = '', ...rest] = arn.resource.split('/')
  const last = rest.at(-1)
  switch (kind) {
    case 'root':
      return { principal: { type: 'Root', accountId, actor: text } }
    case 'user':
      // arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE
      return {
        principal: { type: accountId === undefined ? 'AWSService' : 'IAMUser', accountId, userName: last, actor: text },
      }
    case 'assumed-role': {
      const [role = ''] = rest
      const actor = `arn:${arn.partition}:sts::${arn.accountId}:assumed-role/${role}`
      return { principal: { type: 'AssumedRole', accountId, userName: role, actor } }
    }
    case 'role': {
      const actor = `arn:${arn.partition}:sts::${arn.accountId}:assumed-role/${last ?? ''}`
      return { principal: { type: 'AssumedRole', accountId, userName: last, actor } }
    }
    case 'federated-user':
      return { principal: { type: 'FederatedUser', accountId, userName: last, actor: text } }
    default:
      return { principal: { type: 'Unknown', accountId, userName: last, actor: text } }
  }
})

/** Sessions come and go by the thousand; what is to know of them is the role's. */
const ROLE_OF_SESSION = /^arn:[\w-]*:sts:[\w-]*:[\w-]*:assumed-role\/[^/]*/

/**
 * Who an IAM or STS ARN names: type, account, name and the `actor` that stays the same over sessions. Undefined where
 * the text is no IAM or STS ARN. Results are remembered.
 *
 * @see IAM User Guide, "IAM identifiers"
 * @example
 * principalFromArn('arn:aws:sts::111122223333:assumed-role/Admin/bob')?.actor
 * // 'arn:aws:sts::111122223333:assumed-role/Admin'
 */
export function principalFromArn(arn: string): Principal | undefined {
  return readPrincipal(ROLE_OF_SESSION.exec(arn)?.[0] ?? arn).principal
}
