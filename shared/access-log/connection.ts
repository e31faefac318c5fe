import { deriveTls } from '../derive/tls.ts'
import { detach } from '../detach.ts'
import type { AccessLogFields } from './fields.ts'
import type { Omissions } from './lean.ts'
import { LIMIT, MAX_REMEMBERED, quote, remember } from './text.ts'

const PRESIGNED = /[?&](?:x-amz-signature|x-amz-credential|awsaccesskeyid)=/i
/** Number of fields up to and with the authentication type. */
const FIELDS_TO_AUTH_TYPE = 22
const FIELDS_TO_TLS = 24

/** Whether the query string carried the signature. */
export function isPresigned(fields: AccessLogFields): boolean {
  if (fields.authenticationType !== undefined) return fields.authenticationType === 'QueryString'
  // A line of before 2019 has no such field; later a dash in it says that nothing was signed.
  if (fields.fieldCount >= FIELDS_TO_AUTH_TYPE || fields.requestUri === undefined) return false
  return PRESIGNED.test(fields.requestUri)
}

/** A request without TLS: the fields are there, and say so. */
export function isPlainHttp(fields: AccessLogFields): boolean {
  return (
    fields.fieldCount >= FIELDS_TO_TLS &&
    fields.cipherSuite === undefined &&
    fields.tlsVersion === undefined &&
    (fields.hostHeader !== undefined || fields.requestUri !== undefined)
  )
}

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
 * lines, so of each host the last rendering is kept and used again when none of them has changed.
 */
export function createConnectionRenderer(omissions: Omissions): (fields: AccessLogFields) => string {
  const omitRegion = omissions('awsRegion') !== 'never'
  const omitCipher = omissions('cipherSuite') !== 'never'
  const omitHttps = omissions('https') !== 'never'
  const omitAuthType = omissions('authType')
  const omitHost = omissions('hostHeader')
  const endpoints = remember(readEndpoint)
  // Signed, presigned and anonymous requests to one host come mixed.
  const remembered = [1, 2, 3].map(() => new Map<string, { readonly fields: Connection; readonly json: string }>())

  function render(fields: AccessLogFields): string {
    const { signatureVersion, cipherSuite, authenticationType, hostHeader, tlsVersion, accessPointArn } = fields
    let json = ''
    if (fields.sourceRegion !== undefined && !omitRegion) json += `,"awsRegion":${quote(fields.sourceRegion)}`
    if (signatureVersion !== undefined) json += `,"signatureVersion":${quote(signatureVersion)}`
    if (cipherSuite !== undefined && !omitCipher) json += `,"cipherSuite":${quote(cipherSuite)}`
    if (authenticationType !== undefined && omitAuthType !== 'always') {
      const plain = omitAuthType === 'plain' && authenticationType === 'AuthHeader'
      if (!plain) json += `,"authType":${quote(authenticationType)}`
    }
    if (hostHeader !== undefined && omitHost !== 'always') {
      const plain = omitHost === 'plain' && isPlainHost(endpoints(hostHeader).endpoint, fields)
      if (!plain) json += `,"hostHeader":${quote(hostHeader)}`
    }
    if (accessPointArn !== undefined) json += `,"accessPointArn":${quote(accessPointArn)}`
    const tls = deriveTls(tlsVersion)
    if (tls.tlsVersion !== undefined) json += `,"tlsVersion":${quote(tls.tlsVersion)}`
    if (tls.tlsOutdated) json += ',"tlsOutdated":true'
    if ((tls.tlsVersion !== undefined && !omitHttps) || (tls.tlsVersion === undefined && cipherSuite !== undefined)) {
      json += ',"https":true'
    }
    if (fields.aclRequired === 'Yes') json += ',"aclRequired":true'
    return detach(json)
  }

  return (fields) => {
    const host = fields.hostHeader ?? ''
    const auth = fields.authenticationType
    const lastOf = remembered[auth === undefined ? 0 : auth === 'AuthHeader' ? 1 : 2]!
    const last = lastOf.get(host)
    if (last !== undefined && sameConnection(last.fields, fields)) return last.json
    const json = render(fields)
    if (host.length > MAX_REMEMBERED) return json
    if (lastOf.size >= LIMIT) lastOf.clear()
    // Only what is compared is kept, and apart from its line.
    lastOf.set(detach(host), { fields: connectionOf(fields), json })
    return json
  }
}

type Connection = Pick<
  AccessLogFields,
  | 'sourceRegion'
  | 'signatureVersion'
  | 'cipherSuite'
  | 'authenticationType'
  | 'hostHeader'
  | 'tlsVersion'
  | 'accessPointArn'
  | 'aclRequired'
  | 'bucket'
>

function connectionOf(fields: Connection): Connection {
  const own = (text: string | undefined) => (text === undefined ? undefined : detach(text))
  return {
    sourceRegion: own(fields.sourceRegion),
    signatureVersion: own(fields.signatureVersion),
    cipherSuite: own(fields.cipherSuite),
    authenticationType: own(fields.authenticationType),
    hostHeader: own(fields.hostHeader),
    tlsVersion: own(fields.tlsVersion),
    accessPointArn: own(fields.accessPointArn),
    aclRequired: own(fields.aclRequired),
    bucket: own(fields.bucket),
  }
}

function sameConnection(a: Connection, b: Connection): boolean {
  return (
    a.sourceRegion === b.sourceRegion &&
    a.signatureVersion === b.signatureVersion &&
    a.cipherSuite === b.cipherSuite &&
    a.authenticationType === b.authenticationType &&
    a.hostHeader === b.hostHeader &&
    a.tlsVersion === b.tlsVersion &&
    a.accessPointArn === b.accessPointArn &&
    a.aclRequired === b.aclRequired &&
    a.bucket === b.bucket
  )
}
