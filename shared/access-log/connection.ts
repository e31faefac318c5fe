import { detach } from '../derive/detach.ts'
import { redactSecrets } from '../derive/redact.ts'
import { deriveTls } from '../derive/tls.ts'
import { type AccessLogFields, connectionOf } from './fields.ts'
import { FIELDS, type Field, type Member, type Omissions, type TextName } from './table.ts'
import { quote, remember } from './text.ts'

const PRESIGNED = /[?&](?:x-amz-signature|x-amz-credential|awsaccesskeyid)=/i
/** Number of fields up to and with the authentication type. */
const FIELDS_TO_AUTH_TYPE = 22
const FIELDS_TO_TLS = 24
/** What nearly every request has, and what `presigned` says. */
const PLAIN_AUTH_TYPES: ReadonlySet<string> = new Set(['AuthHeader', 'QueryString'])

/** Whether the query string carried the signature. */
export function isPresigned(fields: AccessLogFields): boolean {
  const { authenticationType } = connectionOf(fields)
  if (authenticationType !== undefined) return authenticationType === 'QueryString'
  // A line of before 2019 has no such field; later a dash in it says that nothing was signed.
  if (fields.fieldCount >= FIELDS_TO_AUTH_TYPE || fields.requestUri === undefined) return false
  return PRESIGNED.test(fields.requestUri)
}

/** A request without TLS: the fields are there, and say so. */
export function isPlainHttp(fields: AccessLogFields): boolean {
  const { cipherSuite, hostHeader, tlsVersion } = connectionOf(fields)
  return (
    tlsVersion === undefined &&
    cipherSuite === undefined &&
    fields.fieldCount >= FIELDS_TO_TLS &&
    (hostHeader !== undefined || fields.requestUri !== undefined)
  )
}

/** Fields that are rendered in a way of their own, here or for each line. */
const OTHERWISE: ReadonlySet<string> = new Set([
  'versionId',
  'hostId',
  'signatureVersion',
  'cipherSuite',
  'authenticationType',
  'hostHeader',
  'tlsVersion',
  'aclRequired',
  'sourceRegion',
])
/** All others after the user agent, those of tomorrow too, are rendered as they are logged. */
const AS_LOGGED = FIELDS.slice(FIELDS.findIndex(({ name }) => name === 'versionId')).filter(
  ({ name }) => !OTHERWISE.has(name),
) as readonly (Field & { readonly name: TextName; readonly member: Member })[]

/** What a host header says where it is one of S3's own endpoints. */
interface Endpoint {
  /** Empty for path-style requests. */
  readonly bucket: string
  /** Empty for the global endpoint. */
  readonly region: string
}

function readEndpoint(host: string): { endpoint: Endpoint | undefined } {
  const match =
    /^(?:(.+)\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-]([a-z]{2,}(?:-[a-z]+)+-\d+))?\.amazonaws\.com(?:\.cn)?(?::\d+)?$/.exec(
      host,
    )
  return { endpoint: match === null ? undefined : { bucket: match[1] ?? '', region: match[2] ?? '' } }
}

function isPlainHost(endpoint: Endpoint | undefined, fields: AccessLogFields): boolean {
  return (
    endpoint !== undefined &&
    (endpoint.bucket === '' || endpoint.bucket === fields.bucket) &&
    (endpoint.region === '' || endpoint.region === fields.sourceRegion)
  )
}

/**
 * Renders what a line says about the connection: Region, signature, TLS, host … These fields are the same over many
 * lines, which the parser tells by giving them the same object.
 */
export function createConnectionRenderer(omissions: Omissions): (fields: AccessLogFields) => string {
  const isLean = (member: Parameters<Omissions>[0]) => omissions(member) !== 'never'
  const omitCipher = isLean('cipherSuite')
  const omitHttps = isLean('https')
  const omitAuthType = isLean('authType')
  const omitHost = isLean('hostHeader')
  const omitSignature = isLean('signatureVersion')
  const omitTls = isLean('tlsVersion')
  const asLogged = AS_LOGGED.map(({ name, member, lean }) => ({
    name,
    member,
    omitted: lean === 'dropped' && isLean(member),
  }))
  const endpoints = remember(readEndpoint)
  const owner = {}

  function render(fields: AccessLogFields): string {
    const { signatureVersion, cipherSuite, authenticationType, hostHeader, tlsVersion } = fields
    let json = ''
    if (fields.sourceRegion !== undefined) json += `,"awsRegion":${quote(fields.sourceRegion)}`
    if (signatureVersion !== undefined && !(omitSignature && signatureVersion === 'SigV4')) {
      json += `,"signatureVersion":${quote(signatureVersion)}`
    }
    if (cipherSuite !== undefined && !omitCipher) json += `,"cipherSuite":${quote(cipherSuite)}`
    if (authenticationType !== undefined && !(omitAuthType && PLAIN_AUTH_TYPES.has(authenticationType))) {
      json += `,"authType":${quote(authenticationType)}`
    }
    if (hostHeader !== undefined && !(omitHost && isPlainHost(endpoints(hostHeader).endpoint, fields))) {
      json += `,"hostHeader":${quote(redactSecrets(hostHeader))}`
    }
    const tls = deriveTls(tlsVersion)
    if (tls.tlsVersion !== undefined && !(omitTls && !tls.tlsOutdated)) json += `,"tlsVersion":${quote(tls.tlsVersion)}`
    if (tls.tlsOutdated) json += ',"tlsOutdated":true'
    if ((tls.tlsVersion !== undefined || cipherSuite !== undefined) && !omitHttps) json += ',"https":true'
    if (fields.aclRequired === 'Yes') json += ',"aclRequired":true'
    for (const { name, member, omitted } of asLogged) {
      const value = fields[name]
      if (value !== undefined && !omitted) json += `,"${member}":${quote(value)}`
    }
    return json
  }

  return (fields) => {
    const { connection } = fields
    if (connection === undefined) return render(fields)
    if (connection.owner !== owner) {
      connection.json = detach(render({ ...fields, ...connection.fields }))
      connection.owner = owner
    }
    return connection.json
  }
}
