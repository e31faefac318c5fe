import type { AccessLogFields } from '../../shared/access-log/fields.ts'
import { describeOperation } from '../../shared/access-log/operation.ts'
import type { NormalizeOptions } from '../../shared/contracts/record.ts'
import { prepareEnvironment } from '../../shared/derive/environment.ts'
import { deriveErrorClass } from '../../shared/derive/error-class.ts'
import { deriveIdentity } from '../../shared/derive/identity.ts'
import { createIpClassifier } from '../../shared/derive/ip.ts'
import { classifyObjectName } from '../../shared/derive/object-name.ts'
import { redactSecrets } from '../../shared/derive/redact.ts'
import { deriveTls } from '../../shared/derive/tls.ts'
import { deriveTool } from '../../shared/derive/tool.ts'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function identityOf(fields: AccessLogFields): Record<string, unknown> {
  const { requester } = fields
  if (requester === undefined) return { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL' }
  const user = /^arn:aws:iam::(\d+):user\/(.+)$/.exec(requester)
  if (user !== null) return { type: 'IAMUser', arn: requester, accountId: user[1], userName: user[2] }
  const role = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.+$/.exec(requester)
  if (role !== null) return { type: 'AssumedRole', arn: requester, accountId: role[1], userName: role[2] }
  if (requester.startsWith('arn:aws:iam::cloudfront:user/')) {
    const userName = requester.split('/')[1]
    return { type: 'AWSService', arn: requester, userName, invokedBy: 'cloudfront.amazonaws.com' }
  }
  if (requester.startsWith('svc:')) return { type: 'AWSService', invokedBy: requester.slice(4) }
  return { type: 'AWSAccount', principalId: requester }
}

/**
 * The `detail: "full"` record of a request's line, made the plain way: one object, no memory, no text pasted together.
 * What the normalizer pastes together must be the same.
 */
export function plainRecord(fields: AccessLogFields, line: string, options: NormalizeOptions): unknown {
  const { environment, now } = options
  const { isForeign, isLogBucket, knowsActor } = prepareEnvironment(environment)
  const operation = fields.operation!
  const facts = describeOperation(operation, fields.key !== undefined)
  const errorClass = deriveErrorClass(fields.errorCode, fields.httpStatus)
  const userIdentity = identityOf(fields)
  const identity = deriveIdentity(userIdentity, undefined, undefined)
  const key = fields.key === undefined ? undefined : redactSecrets(decoded(decoded(fields.key)))
  const tls = deriveTls(fields.tlsVersion)
  const yes = (condition: boolean) => (condition ? true : undefined)
  const actorKnown = fields.bucket === undefined ? undefined : knowsActor(fields.bucket, identity.actor)
  const strangeId = typeof userIdentity.principalId === 'string' && userIdentity.principalId !== fields.bucketOwner
  const strangeAccount =
    environment.account !== undefined &&
    identity.actorAccount !== undefined &&
    !identity.awsService &&
    isForeign(identity.actorAccount, undefined)
  const noTls = fields.fieldCount >= 24 && fields.tlsVersion === undefined && fields.cipherSuite === undefined
  const lag = fields.timeMs === undefined ? undefined : Math.max(0, Math.round((now() - fields.timeMs) / 1000))
  const isTold = facts.internal || fields.httpStatus !== undefined || fields.errorCode !== undefined
  const askable = fields.hostHeader !== undefined || fields.requestUri !== undefined
  return JSON.parse(
    JSON.stringify({
      kind: 'event',
      source: 's3access',
      service: 's3',
      eventSource: 's3.amazonaws.com',
      eventTime: fields.time,
      eventName: facts.eventName,
      eventCategory: facts.eventCategory,
      readOnly: facts.readOnly,
      operation,
      httpStatus: fields.httpStatus,
      errorCode: fields.errorCode,
      sourceIPAddress: fields.remoteIp,
      userAgent: fields.userAgent === undefined ? undefined : redactSecrets(fields.userAgent),
      eventID: fields.requestId,
      requestID: fields.requestId,
      userIdentity,
      requester: fields.requester,
      requestParameters: { bucketName: fields.bucket, key },
      keyLogged: key === fields.key ? undefined : fields.key,
      bytesOut: fields.bytesSent,
      objectSize: fields.objectSize,
      totalTimeMs: fields.totalTime,
      turnAroundTimeMs: fields.turnAroundTime,
      requestURI: fields.requestUri === undefined ? undefined : redactSecrets(fields.requestUri),
      referer: fields.referer === undefined ? undefined : redactSecrets(fields.referer),
      versionId: fields.versionId,
      awsRegion: fields.sourceRegion,
      signatureVersion: fields.signatureVersion,
      cipherSuite: fields.cipherSuite,
      authType: fields.authenticationType,
      hostHeader: fields.hostHeader,
      accessPointArn: fields.accessPointArn,
      hostId: fields.hostId,
      bucketOwner: fields.bucketOwner,
      unknownFields: fields.extra.length > 0 ? fields.extra : undefined,
      parse: fields.parse,
      parseErrorReason: fields.reason,
      partial: fields.partial,
      raw: fields.unread ? redactSecrets(line) : undefined,
      action: facts.action,
      change: facts.change,
      outcome: errorClass !== 'none' ? 'failure' : isTold ? 'success' : 'unknown',
      errorClass,
      weakens: facts.weakens,
      website: facts.website || (identity.anonymous ? false : undefined),
      actorType: identity.actorType,
      awsService: identity.awsService,
      anonymous: identity.anonymous,
      actor: identity.actor,
      actorAccount: identity.actorAccount,
      person: identity.person,
      crossAccount: yes(strangeId || strangeAccount),
      ...deriveTool(fields.userAgent),
      ipClass: createIpClassifier(environment)(fields.remoteIp),
      tlsVersion: tls.tlsVersion,
      tlsOutdated: yes(tls.tlsOutdated),
      https:
        fields.tlsVersion !== undefined ||
        fields.cipherSuite !== undefined ||
        (facts.rest && noTls && askable ? false : undefined),
      presigned: yes(
        fields.authenticationType === 'QueryString' ||
          (fields.fieldCount < 22 &&
            /[?&](?:x-amz-signature|x-amz-credential|awsaccesskeyid)=/i.test(fields.requestUri ?? '')),
      ),
      aclRequired: yes(fields.aclRequired === 'Yes'),
      keyClass: classifyObjectName(key),
      logBucket: yes(fields.bucket !== undefined && isLogBucket(fields.bucket)),
      watched: yes(actorKnown !== undefined),
      actorKnown,
      timeMissing: yes(fields.timeMs === undefined),
      // Older lines are history.
      lagSeconds: lag !== undefined && lag <= 14 * 86_400 ? lag : undefined,
    }),
  )
}
