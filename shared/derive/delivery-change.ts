/** Where a call sends data: replication, reports about a bucket, exports of other services. */
import { parseArn } from './arn.ts'
import { accountIdOf } from './identity.ts'
import { anyText, type JsonObject, listOf, objectOf, textOf } from './json.ts'
import { rulesIn } from './lifecycle-change.ts'
import { readDocument } from './policy-parts.ts'
import { type IsForeign, type Known, type Side, sideOfAccount, sideOfArn } from './strangers.ts'

/** A bucket, with or without its account and its ARN: whose it is. */
function sideOfTarget(bucket: unknown, account: unknown, isForeign: IsForeign, known: Known): Side {
  const accountId = accountIdOf(account)
  if (accountId !== undefined) return sideOfAccount(accountId, isForeign)
  const text = textOf(bucket)
  if (text === undefined) return undefined
  const side = text.startsWith('arn:') ? sideOfArn(text, isForeign, known) : undefined
  if (side !== undefined) return side
  const name = text.replace(/^arn:[^:]*:s3:::|^s3:\/\//, '').split('/')[0] ?? ''
  return known.isOurs('buckets', name) ? 'ours' : 'stranger'
}

/**
 * Whether a replication goes to somebody who is not known to be ours. A destination need not name its account; then the
 * key that it is encrypted with tells it, and else the bucket's name, where the settings list ours.
 *
 * @see Amazon S3 API Reference, "PutBucketReplication" (Destination)
 */
export function replicatesOut(parameters: JsonObject, isForeign: IsForeign, known: Known): boolean {
  const settings = objectOf(parameters.ReplicationConfiguration ?? parameters.configuration)
  return rulesIn(settings).some((rule) => {
    if (rule.Status === 'Disabled') return false
    const tables = listOf(rule.destinations).map((one) => objectOf(one).destinationTableBucketARN)
    if (tables.some((arn) => sideOfArn(anyText(arn), isForeign, known) === 'stranger')) return true
    return listOf(rule.Destination).some((item) => {
      const destination = objectOf(item)
      const key = textOf(objectOf(destination.EncryptionConfiguration).ReplicaKmsKeyID)
      const account = destination.Account
      const byKey = key === undefined || account !== undefined ? undefined : sideOfArn(key, isForeign, known)
      return (byKey ?? sideOfTarget(destination.Bucket, account, isForeign, known)) === 'stranger'
    })
  })
}

/** Whether a replication is set of which no rule is in force: copies stop as if it had been deleted. */
export function replicatesNothing(parameters: JsonObject): boolean {
  const rules = rulesIn(objectOf(parameters.ReplicationConfiguration ?? parameters.configuration))
  return rules.length > 0 && rules.every((rule) => /^disabled$/i.test(textOf(rule.Status) ?? ''))
}

/**
 * Whether log events go to somebody who is not known to be ours: by a subscription of a log group, or of all of an
 * account's.
 *
 * @see Amazon CloudWatch Logs API Reference, "PutSubscriptionFilter" (destinationArn), "PutAccountPolicy" (DestinationArn)
 */
export function sendsLogsOut(eventName: string, parameters: JsonObject, isForeign: IsForeign): boolean {
  const document = eventName === 'PutAccountPolicy' ? readDocument(parameters.policyDocument) : undefined
  const given = eventName === 'PutSubscriptionFilter' ? parameters.destinationArn : document?.DestinationArn
  const account = parseArn(textOf(given) ?? '')?.accountId ?? ''
  return /^\d{12}$/.test(account) && sideOfAccount(account, isForeign) === 'stranger'
}

/** What holds a destination, or is one. */
const HOLDS_TARGET =
  /(?:Configuration|Configurations|Destination|destination|Export|Analysis|Request|ExportLocation)$|^exportToS3Task$/
/** Names of members that tell where reports go, and of those beside them that tell whose that is. */
const TARGET = /^(?:bucket|arn|tablebucketarn|s3bucket|s3bucketname|destination)$/i
const OWNER = /^(?:account|accountid|bucketaccountid|s3bucketowner|expectedmanifestbucketowner)$/i

/**
 * Whether a call delivers reports or data to a bucket of somebody who is not known to be ours: inventory, analytics,
 * Storage Lens, metadata tables, exports of databases. Looks at every destination in its values.
 *
 * @see Amazon S3 API Reference, "InventoryS3BucketDestination"; DynamoDB API Reference, "ExportTableToPointInTime"
 */
export function deliversOut(parameters: JsonObject, isForeign: IsForeign, known: Known): boolean {
  const open: JsonObject[] = [parameters]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const object = next
    const names = Object.keys(object)
    for (const name of names) if (HOLDS_TARGET.test(name)) open.push(...listOf(object[name]).map(objectOf))
    const named = (pattern: RegExp) => names.find((name) => pattern.test(name))
    const target = named(TARGET)
    if (target === undefined) continue
    const owner = named(OWNER)
    const account = owner === undefined ? undefined : object[owner]
    // Where the settings list our buckets, one that is not on the list tells.
    const isTold = accountIdOf(account) !== undefined || known.tells('buckets')
    const bucket = object[target]
    const side = isTold ? sideOfTarget(bucket, account, isForeign, known) : ofArn(bucket, isForeign, known)
    if (side === 'stranger') return true
  }
  return false
}

/** An ARN with an account tells; a name alone, or a bucket's ARN, does not. */
function ofArn(value: unknown, isForeign: IsForeign, known: Known): Side {
  const text = textOf(value)
  return text?.startsWith('arn:') === true ? sideOfArn(text, isForeign, known) : undefined
}
