/** `?acl`, `?uploads=`, `?x-id=GetObject`: the operation has said it. */
const EMPTY_QUERY = /^\?(?:[A-Za-z-]+=?|x-id=[A-Za-z]+)$/

/** Whether a request line says no more than the operation's method, bucket and key; `path` is the key, encoded once. */
export function isPlainUri(
  uri: string,
  operation: string,
  method: string,
  bucket: string | undefined,
  path: string | undefined,
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
    return at === end || EMPTY_QUERY.test(uri.slice(at, end))
  }
  if (uri.slice(at, at + path.length) !== path) {
    if (bucket === undefined || !uri.startsWith(bucket, at) || uri.charCodeAt(at + bucket.length) !== 47) return false
    at += bucket.length + 1
    if (uri.slice(at, at + path.length) !== path) return false
  }
  at += path.length
  return at === end || (uri.charCodeAt(at) === 63 && EMPTY_QUERY.test(uri.slice(at, end)))
}
