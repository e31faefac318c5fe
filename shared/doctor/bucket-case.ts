import type { BucketFacts, KindFacts, StackFacts } from './facts.ts'
import type { Report } from './finding.ts'
import { type AccessRequest, evaluatePolicy, type Requester } from './policy.ts'

/** One bucket, and what its checks go by. */
export interface Case {
  readonly stack: StackFacts
  readonly kind: KindFacts
  readonly bucket: BucketFacts
  readonly now: number
  readonly report: Report
  readonly partition: string
  /** The account that owns the bucket; undefined: not known. */
  readonly owner: string | undefined
  /** A key as the logs have them: the last one delivered, or one made up. */
  readonly sampleKey: string
  readonly role: Requester
}

/** What the checks of delivery go by. */
export interface DeliveryCase extends Pick<Case, 'report' | 'partition' | 'owner' | 'sampleKey'> {
  readonly bucket: Pick<
    BucketFacts,
    'bucket' | 'kind' | 'prefix' | 'policy' | 'logDeliveryByAcl' | 'ownership' | 'lastObject'
  >
  /** Whose logs are delivered, where that is known: what a policy may ask for in aws:SourceArn and aws:SourceAccount. */
  readonly source?: { readonly arn: string; readonly accountId: string } | undefined
}

export const hasLastObject = ({ lastObject }: Pick<BucketFacts, 'lastObject'>): boolean =>
  lastObject.known && lastObject.value !== undefined

/** What a call of the function carries: over TLS, from no VPC. */
export const roleContext = ({ kind, stack }: Case): AccessRequest['context'] => ({
  'aws:securetransport': 'true',
  'aws:principalisawsservice': 'false',
  'aws:viaawsservice': 'false',
  'aws:principalarn': kind.roleArn,
  'aws:principalaccount': stack.accountId,
  'aws:sourcevpce': null,
  'aws:sourcevpc': null,
  'aws:sourcearn': null,
  'aws:sourceaccount': null,
})

export const addToBucketPolicy = (bucket: string, statement: string): string =>
  `Add to the policy of ${bucket}:\n${statement}`

/** What a role's policies say together. */
export function askAll(
  policies: readonly unknown[],
  action: string,
  resource: string,
  context: AccessRequest['context'],
) {
  const verdicts = policies.map((policy) => evaluatePolicy(policy, { action, resource, context }))
  if (verdicts.some(({ deny }) => deny === 'yes')) return 'no'
  return verdicts.some(({ allow }) => allow !== 'no') ? 'yes' : 'no'
}
