/** `?acl`, `?uploads=`, `?x-id=GetObject`: the operation has said it. */
const EMPTY_QUERY = /^\?(?:[A-Za-z-]+=?|x-id=[A-Za-z]+)$/

/** What a presigned URL tells of its signing, in CloudTrail's words. */
export interface Presigned {
  /** The access key that signed it. */
  readonly keyId?: string | undefined
  /** `,"X-Amz-Expires":"900"` for requestParameters; empty where it is not given. */
  readonly json: string
}

const CREDENTIAL = /[?&](?:x-amz-credential|awsaccesskeyid)=([A-Z0-9]{16,128})(?=%2F|[/&\s]|$)/i
const EXPIRES = /[?&]x-amz-expires=(\d{1,9})(?=[&\s]|$)/i

/**
 * Reads the key id and the time a URL was to live, in seconds, from a presigned request line.
 *
 * @see Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)"
 */
export function readPresigned(uri: string): Presigned {
  const expires = EXPIRES.exec(uri)?.[1]
  return {
    keyId: CREDENTIAL.exec(uri)?.[1],
    json: expires === undefined ? '' : `,"X-Amz-Expires":"${expires}"`,
  }
}

/** A query that only signs: `presigned`, `keyId` and `X-Amz-Expires` say what there is to say. */
const SIGNING_QUERY =
  /^(?:[?&](?:x-amz-(?:algorithm=AWS4-HMAC-SHA256|date=\d{8}T\d{6}Z|signedheaders=host|expires=\d{1,9}|credential=[\w%/-]*|signature=\w*|security-token=[^&]*|content-sha256=UNSIGNED-PAYLOAD)|x-id=\w+))+$/i

function isPlainQuery(query: string, presigned: boolean): boolean {
  return presigned ? query.length < 4096 && SIGNING_QUERY.test(query) : EMPTY_QUERY.test(query)
}

/**
 * Whether a request line says no more than the operation's method, bucket and key; `path` is the key, encoded once. Of a
 * presigned request, the query that signs it says no more either.
 */
export function isPlainUri(
  uri: string,
  operation: string,
  method: string,
  bucket: string | undefined,
  path: string | undefined,
  presigned = false,
): boolean {
  if (uri.length === operation.length && uri === operation) return true
  if (!uri.startsWith(method) || uri.charCodeAt(method.length) !== 32) return false
  const end = uri.length - 9
  if (!uri.startsWith(' HTTP/', end)) return false
  let at = method.length + 1
  if (uri.charCodeAt(at) !== 47) return false
  at++
  if (path === undefined) {
    if (bucket !== undefined && uri.startsWith(bucket, at)) {
      at += bucket.length
      if (uri.charCodeAt(at) === 47) at++
    }
    return at === end || isPlainQuery(uri.slice(at, end), presigned)
  }
  if (uri.slice(at, at + path.length) !== path) {
    if (bucket === undefined || !uri.startsWith(bucket, at) || uri.charCodeAt(at + bucket.length) !== 47) return false
    at += bucket.length + 1
    if (uri.slice(at, at + path.length) !== path) return false
  }
  at += path.length
  return at === end || (uri.charCodeAt(at) === 63 && isPlainQuery(uri.slice(at, end), presigned))
}
