/** What a request asked for, as far as it matters to whoever reads an alert. */
import { anyText, isObject, type JsonObject, listOf, textOf } from '../derive/json.ts'
import { member, readDocument } from '../derive/policy-parts.ts'

const MAX_LISTED = 4

/**
 * The request in a few words: which statement lets everybody in, what was switched off, how long objects are kept, how
 * many bytes went out, why it was refused. Undefined where the call's name says it all. Texts are as they came: whoever
 * shows them makes them harmless.
 *
 * @param record a normalized record, complete.
 * @example
 * describeRequest(record) // 'lets everybody s3:GetObject, s3:ListBucket on arn:aws:s3:::amzn-s3-demo-bucket/*'
 */
export function describeRequest(record: JsonObject): string | undefined {
  const parameters = isObject(record.requestParameters) ? record.requestParameters : {}
  const said = [
    ...(record.outcome === 'failure' ? [] : [...access(record, parameters), ...setting(record, parameters)]),
    bytes(record),
    textOf(record.errorMessage),
  ]
  const text = said.filter((part) => part !== undefined && part !== '').join('; ')
  return text === '' ? undefined : text
}

/** Whether the request, as far as it says so itself, lets everybody in to its bucket from here on. */
export function opensBucket(record: JsonObject): boolean {
  return record.public === true && record.outcome === 'success' && isObject(record.requestParameters)
}

/** Whom a policy or an ACL lets in, and to what. */
function access(record: JsonObject, parameters: JsonObject): string[] {
  const whom = record.public === true ? 'everybody' : record.external === true ? 'another account' : undefined
  if (whom === undefined) return []
  const statements = listOf(member(readDocument(parameters.bucketPolicy ?? parameters.policy), 'Statement')).filter(
    (one) => isObject(one) && textOf(member(one, 'Effect'))?.toLowerCase() === 'allow',
  )
  if (statements.length === 0) return [`lets in ${whom}`]
  const actions = textsOf(statements, ['Action', 'NotAction'])
  const resources = textsOf(statements, ['Resource', 'NotResource'])
  const onWhat = resources === '' ? '' : ` on ${resources}`
  return [actions === '' ? `lets in ${whom}` : `lets ${whom} ${actions}${onWhat}`]
}

/** The values of members of statements, each once, `NotAction` marked. */
function textsOf(statements: readonly unknown[], names: readonly string[]): string {
  const values = statements.flatMap((statement) =>
    names.flatMap((name) =>
      listOf(member(statement, name)).flatMap((value) =>
        typeof value === 'string' ? [name.startsWith('Not') ? `all but ${value}` : value] : [],
      ),
    ),
  )
  const once = [...new Set(values)]
  const rest = once.length - MAX_LISTED
  return once.slice(0, MAX_LISTED).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

/** What a change of a configuration sets, where it weakens something or names something. */
function setting(record: JsonObject, parameters: JsonObject): string[] {
  const { change, expireDays } = record
  const said: string[] = []
  if (typeof expireDays === 'number')
    said.push(`objects expire after ${expireDays} ${expireDays === 1 ? 'day' : 'days'}`)
  const status = textOf(member(readDocument(parameters.VersioningConfiguration), 'Status'))
  if (status !== undefined) said.push(`versioning ${status}`)
  if (change === 'logging' && record.weakens === true) said.push('logging off')
  const flags = readDocument(parameters.PublicAccessBlockConfiguration)
  const off = Object.entries(flags ?? {}).flatMap(([name, value]) => (anyText(value) === 'false' ? [name] : []))
  if (off.length > 0) said.push(`${off.join(', ')} off`)
  // A trail's own calls name it; S3's name the bucket, which is told anyhow.
  if (change === 'trail' || textOf(record.service) === 'cloudtrail') {
    const name = textOf(parameters.name) ?? textOf(parameters.trailName)
    if (name !== undefined) said.push(name)
  }
  const user = textOf(parameters.userName)
  const key = textOf(parameters.accessKeyId)
  if (user !== undefined || key !== undefined) {
    said.push([user, key, textOf(parameters.status)].filter((part) => part !== undefined).join(' '))
  }
  return said
}

function bytes({ bytesOut, bytesIn, action }: JsonObject): string | undefined {
  if (action === 'object.read' && typeof bytesOut === 'number' && bytesOut > 0) return `${bytesOut} bytes read`
  if (action === 'object.write' && typeof bytesIn === 'number' && bytesIn > 0) return `${bytesIn} bytes written`
  return undefined
}
