import type { ErrorClass, Outcome } from '../contracts/record.ts'
import { deriveAction, serviceOf } from '../derive/action.ts'
import { detach } from '../derive/detach.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import { accountIdOf, isAwsSource } from '../derive/identity.ts'
import { objectOf, textOf } from '../derive/json.ts'
import { parseIsoTime } from '../derive/time.ts'
import { deriveTls } from '../derive/tls.ts'
import { deriveTool } from '../derive/tool.ts'
import { type DeriveContext, isCipher, isCopy, WRITES_OBJECT } from './derive.ts'
import { isOrdinaryTool } from './lean.ts'
import { memoizePieces, type Recall } from './piece-memo.ts'

/** What a call's source and name say. */
export interface CallFacts {
  readonly eventSource: string
  readonly eventName: string
  readonly action: string
  readonly isS3: boolean
  readonly writesObject: boolean
  /** Its parameters need not be understood, beyond those that every object event has. */
  readonly isSimple: boolean
  /** The derived fields up to the outcome; the same with the outcome, where it succeeds. */
  readonly json: string
  readonly succeeded: string
}

/** What the address and the user agent of a call say. */
export interface ClientFacts {
  readonly sourceIPAddress: string
  readonly isAws: boolean
  /** The user agent says nothing that `tool`, or the address, does not say: on S3 data events, on others. */
  readonly isOrdinary: boolean
  readonly isRepeated: boolean
  /** The derived fields from `tool` to `weakens`, and those that stand after the actor. */
  readonly tool: string
  readonly ipClass: string
}

export interface ErrorFacts {
  readonly outcome: Outcome
  readonly errorClass: ErrorClass
  readonly json: string
}

export interface TlsFacts {
  readonly isHttps: boolean
  readonly json: string
}

export interface BucketFacts {
  readonly name: string
  readonly isSimple: boolean
}

/**
 * What the texts say that come again and again in a log: who, which call, from where, with what. Each is read once, by
 * the same functions as everywhere, and remembered with the JSON that it adds to the record. Up to `tool` JSON ends with
 * a comma; what comes after it may be empty, and begins with one.
 */
export interface FastFacts {
  /** The members eventSource and eventName, side by side; of calls that only read, and of others. */
  readonly read: Recall<CallFacts>
  readonly write: Recall<CallFacts>
  /** The members sourceIPAddress and userAgent, side by side. */
  readonly client: Recall<ClientFacts>
  /** The values of these members, as JSON. */
  readonly time: Recall<{ readonly eventTimeMs: number | undefined }>
  readonly account: Recall<{ readonly id: string; readonly isId: boolean }>
  readonly error: Recall<ErrorFacts>
  readonly tls: Recall<TlsFacts>
  /** The value of requestParameters.bucketName. */
  readonly bucket: Recall<BucketFacts>
  /** The same of a bucket's name. */
  readonly readBucket: (name: string) => BucketFacts
}

export const SUCCESS: ErrorFacts = errorFacts('none')
export const NO_TLS: TlsFacts = { isHttps: false, json: '' }

/** How many texts of each kind are remembered. */
const LIMIT = 4096

/** Makes the memory of one normalizer. Bounded, whatever the texts: a few MB. */
export function createFastFacts({ classifyIp, environment }: DeriveContext): FastFacts {
  function readClient(members: string): ClientFacts {
    const { sourceIPAddress, userAgent } = JSON.parse(`{${members}}`) as Record<'sourceIPAddress' | 'userAgent', string>
    const { tool, toolRisk } = deriveTool(userAgent)
    const ipClass = classifyIp(sourceIPAddress)
    return {
      sourceIPAddress,
      isAws: isAwsSource(sourceIPAddress),
      isOrdinary: isOrdinaryTool(tool),
      isRepeated: tool === 'awsinternal' && userAgent === sourceIPAddress,
      tool: detach(`"tool":"${tool}","toolRisk":"${toolRisk}","weakens":false`),
      ipClass: ipClass === undefined ? '' : `,"ipClass":"${ipClass}"`,
    }
  }

  function readTls(json: string): TlsFacts {
    const details = objectOf(JSON.parse(json))
    const { tlsVersion, tlsOutdated } = deriveTls(textOf(details.tlsVersion))
    return {
      isHttps: tlsVersion !== undefined || isCipher(details.cipherSuite),
      json: detach(
        (tlsVersion === undefined ? '' : `,"tlsVersion":"${tlsVersion}"`) + (tlsOutdated ? ',"tlsOutdated":true' : ''),
      ),
    }
  }

  function readBucket(name: string): BucketFacts {
    const isAlias = name.startsWith('arn:') || name.endsWith('-s3alias')
    const isMarked = environment.isLogBucket(name) || environment.knowsActor(name, undefined) !== undefined
    return { name, isSimple: !isAlias && !isMarked }
  }

  return {
    read: memoizePieces((members) => readCall(members, true), LIMIT),
    write: memoizePieces((members) => readCall(members, false), LIMIT),
    client: memoizePieces(readClient, LIMIT),
    time: memoizePieces((json) => ({ eventTimeMs: parseIsoTime(JSON.parse(json) as string) }), LIMIT),
    account: memoizePieces((json) => {
      const id = JSON.parse(json) as string
      return { id, isId: accountIdOf(id) === id }
    }, LIMIT),
    error: memoizePieces((json) => errorFacts(deriveErrorClass(JSON.parse(json) as string)), LIMIT),
    tls: memoizePieces(readTls, LIMIT),
    bucket: memoizePieces((json) => readBucket(JSON.parse(json) as string), LIMIT),
    readBucket,
  }
}

function readCall(members: string, readOnly: boolean): CallFacts {
  const { eventName, eventSource } = JSON.parse(`{${members}}`) as Record<'eventName' | 'eventSource', string>
  const service = serviceOf(eventSource)
  const { action, change } = deriveAction(eventSource, eventName, readOnly)
  const json = `${JSON.stringify({ kind: 'event', source: 'cloudtrail', service, action, change }).slice(1, -1)},`
  return {
    eventSource,
    eventName,
    action,
    isS3: service === 's3',
    writesObject: service === 's3' && action === WRITES_OBJECT,
    isSimple: change === 'none' && !hasMoreToRead(service, eventName, action),
    json: detach(json),
    succeeded: detach(json + SUCCESS.json),
  }
}

/** Calls of which something is read, or kept, that no other call has. */
function hasMoreToRead(service: string, eventName: string, action: string): boolean {
  if (/^(?:ConsoleLogin|CreateAccessKey|CreateKey)$/.test(eventName)) return true
  if (service === 's3') return isCopy(eventName) || action === 'bucket.create'
  return service === 'signin' || service === 'unknown' || /^(?:Attach|Put)/.test(eventName)
}

function errorFacts(errorClass: ErrorClass): ErrorFacts {
  const outcome = errorClass === 'none' ? 'success' : 'failure'
  return { outcome, errorClass, json: detach(`"outcome":"${outcome}","errorClass":"${errorClass}",`) }
}
