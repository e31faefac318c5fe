import { camelName } from '../kinds/kinds.ts'
import { addToBucketPolicy, askAll, type Case, roleContext } from './bucket-case.ts'
import type { KeyFacts } from './facts.ts'
import { type Fact, type Finding, withFact } from './finding.ts'
import { checkKeyState } from './key.ts'
import { type AccessRequest, evaluatePolicy, mentions, principalsOf, statementsOf } from './policy.ts'
import { allowRoleToDecrypt, allowRoleToRead, bucketArn } from './statements.ts'

/** Whether the function's own role may read the objects, and no more. */
export function checkRole(c: Case): readonly Finding[] {
  const { bucket, kind, report, partition, stack } = c
  return withFact(report, 'role', kind.rolePolicies, (policies) => {
    const verdict = (action: string) => askAll(policies, action, bucketArn(partition, bucket.bucket, c.sampleKey), {})
    if (verdict('s3:GetObject') === 'no') {
      return report('fail', 'role', `The function's role may not read ${c.sampleKey}.`, {
        why: 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.',
        fix: `npm run deploy -- --stage ${stack.stage} --region ${stack.region} --param="${camelName(kind.kind)}Buckets=${locations(c)}"`,
      })
    }
    if (verdict('s3:PutObject') !== 'no') {
      return report('fail', 'role', "The function's role may write to the bucket that it reads.", {
        why: 'What it writes there notifies it again: a loop without end.',
        fix: `Take s3:PutObject from ${kind.roleArn}.`,
      })
    }
    return report('ok', 'role', "The function's role may read, and not write.")
  })
}

/** The parameter's value: the locations that the role may read already, and this one. */
function locations({ bucket, kind }: Case): string {
  const all = [...(kind.locations.known ? kind.locations.value : []), bucket]
  const texts = all.map(({ bucket: name, prefix }) => (prefix === '' ? name : `${name}/${prefix}`))
  return [...new Set(texts)].join(',')
}

/** Whether the bucket's policy lets the role read. */
export function checkReadAccess(c: Case): readonly Finding[] {
  const { bucket, kind, report, partition, owner, stack } = c
  const fix = addToBucketPolicy(bucket.bucket, allowRoleToRead(kind.roleArn, bucket.bucket, bucket.prefix))
  const why = 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.'
  return withFact(report, 'bucket-policy', bucket.policy, (policy) => {
    const { allow, deny, deniedBy } = evaluatePolicy(policy, {
      requester: c.role,
      action: 's3:GetObject',
      resource: bucketArn(partition, bucket.bucket, c.sampleKey),
      context: roleContext(c),
    })
    if (deny === 'yes') {
      return report('fail', 'bucket-policy', `The bucket policy (${deniedBy}) forbids the function's role to read.`, {
        why,
        fix: `Except the role from ${deniedBy}: "Condition": { "ArnNotEquals": { "aws:PrincipalArn": "${kind.roleArn}" } }`,
      })
    }
    if (owner !== stack.accountId && allow === 'no') {
      const foreign = owner === undefined ? 'if it belongs to another account' : `and account ${owner} owns it`
      const deleted = statementsOf(policy).some((statement) => principalsOf(statement).some((id) => /^AROA/.test(id)))
      return report(
        owner === undefined ? 'warn' : 'fail',
        'bucket-policy',
        `The bucket policy does not let the function's role read, ${foreign}.`,
        {
          why: `${why}${deleted ? ' The policy names a role that has been deleted (AROA…): one of a former stack may have been it, and has to be replaced.' : ''}`,
          fix,
        },
      )
    }
    if (bucket.requesterPays.known && bucket.requesterPays.value && owner !== stack.accountId) {
      return report('fail', 'bucket-policy', 'The bucket is a Requester Pays bucket of another account.', { why })
    }
    if (deny === 'maybe') {
      return report(
        'warn',
        'bucket-policy',
        `Reading may be forbidden by ${deniedBy} of the bucket policy: its condition cannot be judged from here.`,
      )
    }
    return report('ok', 'bucket-policy', "The bucket policy lets the function's role read.")
  })
}

/** The key that the objects are really encrypted with, else the one that new ones would be. */
export function checkKeys(c: Case): readonly Finding[] {
  const { bucket, report } = c
  if (bucket.lastObject.known && bucket.lastObject.value !== undefined) {
    return checkKey(c, bucket.lastObject.value.encryptionKey)
  }
  return withFact(report, 'key-policy', bucket.encryption, ({ key }) => checkKey(c, key))
}

function checkKey(c: Case, fact: Fact<KeyFacts | undefined>): readonly Finding[] {
  const { bucket, kind, report, stack, owner } = c
  const why = 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.'
  const statement = allowRoleToDecrypt(kind.roleArn)
  if (!fact.known) {
    return [
      report('warn', 'key-policy', `Could not look: ${fact.reason}`, {
        why: 'If the objects are encrypted with a customer-managed key, its policy must let the role decrypt.',
        fix: `If it is not there, add to the key's policy:\n${statement}`,
      }),
    ]
  }
  return withFact(report, 'key-policy', fact, (key) => {
    if (key === undefined) return report('ok', 'key-policy', 'The objects are encrypted with SSE-S3, or not at all.')
    const state = checkKeyState(report, 'key-policy', key)
    if (state !== undefined) return state
    if (key.awsManaged) {
      return owner === stack.accountId
        ? report('ok', 'key-policy', `The objects are encrypted with ${key.arn}, which all of the account may use.`)
        : report('fail', 'key-policy', `The objects are encrypted with ${key.arn}, a key that AWS manages.`, {
            why: `No other account can be let in. ${why}`,
            fix: 'Encrypt the logs with a customer-managed key (of the trail), or with SSE-S3.',
          })
    }
    const region = bucket.region.known ? bucket.region.value : undefined
    const context = {
      ...roleContext(c),
      'kms:calleraccount': stack.accountId,
      ...(region !== undefined && { 'kms:viaservice': `s3.${region}.amazonaws.com` }),
    }
    return [
      ...checkRoleKey(c, key, context),
      ...withFact(report, 'key-policy', key.policy, (policy) => {
        const { allow, deny, deniedBy } = evaluatePolicy(policy, {
          requester: c.role,
          action: 'kms:Decrypt',
          resource: key.arn,
          context,
        })
        const fix = `Add to the policy of ${key.arn}:\n${statement}`
        if (deny === 'yes') {
          return report('fail', 'key-policy', `The policy of ${key.arn} (${deniedBy}) forbids the role to decrypt.`, {
            why,
          })
        }
        return allow === 'no'
          ? report('fail', 'key-policy', `The policy of ${key.arn} does not let the role decrypt.`, { why, fix })
          : report('ok', 'key-policy', `The role may decrypt with ${key.arn}.`)
      }),
    ]
  })
}

/** The role's own policies must let it decrypt, too, unless the key's policy names the role itself. */
function checkRoleKey(c: Case, key: KeyFacts, context: AccessRequest['context']): Finding[] {
  const { kind, report, stack } = c
  if (!kind.rolePolicies.known || askAll(kind.rolePolicies.value, 'kms:Decrypt', key.arn, context) !== 'no') return []
  const policy = key.policy.known ? key.policy.value : undefined
  const named = statementsOf(policy).some(
    (statement) => mentions(statement, c.role, 'kms:Decrypt') && principalsOf(statement).includes(kind.roleArn),
  )
  if (named && key.arn.split(':')[4] === stack.accountId) return []
  return [
    report('fail', 'role-key', `The function's role may not decrypt with ${key.arn}.`, {
      why: 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.',
      fix: `npm run deploy -- --stage ${stack.stage} --region ${stack.region} --param="${camelName(kind.kind)}KmsKeyArns=${key.arn}"`,
    }),
  ]
}
