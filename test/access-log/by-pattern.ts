/**
 * A second, simple parser for lines whose client texts have no quotes: one pattern, as most tools have it. It is here to
 * disagree with the real one.
 */
const PATTERN =
  /^(\S+) (\S+) \[([^\]]+)\] (\S+) (.+?) (\S+) ((?:REST|SOAP|WEBSITE|BATCH|S3)\.\S+) (\S+) (?:"([^"]*)"|-) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (?:"([^"]*)"|-) (?:"([^"]*)"|-) (\S+)(?: (.*))?$/

const text = (value: string | undefined) => (value === undefined || value === '-' || value === '' ? undefined : value)
const number = (value: string | undefined) => (text(value) === undefined ? undefined : Number(value))

export function parseByPattern(line: string): Record<string, string | number | undefined> {
  const match = PATTERN.exec(line)
  if (match === null) throw new Error(`The pattern does not match: ${line}`)
  const [, bucketOwner, bucket, time = '', remoteIp, requester, requestId, operation, key, requestUri, ...rest] = match
  const [httpStatus, errorCode, bytesSent, objectSize, totalTime, turnAroundTime, referer, userAgent, versionId] = rest
  const tail = (rest[9] ?? '').split(' ')
  return {
    bucketOwner: text(bucketOwner),
    bucket: text(bucket),
    timeMs: Date.parse(time.replace(':', ' ')),
    remoteIp: text(remoteIp),
    requester: text(requester),
    requestId: text(requestId),
    operation,
    key: text(key),
    requestUri: text(requestUri),
    httpStatus: number(httpStatus),
    errorCode: text(errorCode),
    bytesSent: number(bytesSent),
    objectSize: number(objectSize),
    totalTime: number(totalTime),
    turnAroundTime: number(turnAroundTime),
    referer: text(referer),
    userAgent: text(userAgent),
    versionId: text(versionId),
    hostId: text(tail[0]),
    signatureVersion: text(tail[1]),
    cipherSuite: text(tail[2]),
    authenticationType: text(tail[3]),
    hostHeader: text(tail[4]),
    tlsVersion: text(tail[5]),
    accessPointArn: text(tail[6]),
    aclRequired: text(tail[7]),
    sourceRegion: text(tail[8]),
  }
}
