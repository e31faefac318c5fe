import type { Buffer } from 'node:buffer'
import { deriveAction, serviceOf } from '../derive/action.ts'
import { memoizePieces } from '../derive/bounded-memo.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import { accountIdOf, deriveIdentity, isAwsSource } from '../derive/identity.ts'
import { objectOf, textOf } from '../derive/json.ts'
import { deriveTls } from '../derive/tls.ts'
import { deriveTool } from '../derive/tool.ts'
import type { ErrorClass, Outcome, Tool } from '../record.ts'
import { type DeriveContext, isCipher, isCopy, WRITES_OBJECT } from './derive.ts'
import { isOrdinaryTool, leanIdentity } from './lean.ts'

/** Looks up what is known of a piece of a record: the record's text, its bytes, where the piece begins and ends. */
type Recall<T> = (text: string, bytes: Buffer, from: number, to: number) => T

/** What a call's source and name say. */
export interface CallFacts {
  readonly eventSource: string
  readonly eventName: string
  readonly action: string
  readonly isS3: boolean
  readonly writesObject: boolean
  /** Its parameters need not be understood, beyond the few that FastRecord reads of an object event. */
  readonly isSimple: boolean
  readonly json: string
}

/** What an identity says in one account, with an address of one kind, in an event of one kind. */
export interface ActorFacts {
  readonly isSimple: boolean
  readonly actor: string | undefined
  readonly awsService: boolean
  readonly anonymous: boolean
  /** The pruned userIdentity. */
  readonly json: string
  /** The derived fields that stand before `tool`, and those that stand after `weakens`. */
  readonly before: string
  readonly after: string
}

/** An identity's text, and the facts by the kinds of the address and of the event. */
interface Identity {
  readonly text: string
  recipientAccountId: string
  readonly facts: (ActorFacts | undefined)[]
}

export interface AddressFacts {
  readonly text: string
  readonly isAws: boolean
  readonly json: string
}

export interface AgentFacts {
  readonly text: string
  readonly tool: Tool
  readonly isOrdinary: boolean
  readonly json: string
}

export interface ErrorFacts {
  readonly outcome: Outcome
  readonly errorClass: ErrorClass
  readonly json: string
}

export interface TlsJson {
  readonly isHttps: boolean
  readonly json: string
}

export interface BucketFacts {
  readonly name: string
  readonly isSimple: boolean
}

/**
 * What the texts say that come again and again in a log: who, which call, from where, with what. Each is read once, by
 * the same functions as everywhere, and remembered with the JSON that it adds to the record. `json` begins with a comma
 * where it may be empty.
 */
export interface FastFacts {
  /** The members eventSource and eventName, side by side. */
  readonly call: { readonly ofRead: Recall<CallFacts>; readonly ofWrite: Recall<CallFacts> }
  readonly account: Recall<{ readonly accountId: string | undefined }>
  readonly address: Recall<AddressFacts>
  readonly agent: Recall<AgentFacts>
  readonly error: Recall<ErrorFacts>
  readonly tls: Recall<TlsJson>
  readonly bucket: Recall<BucketFacts>
  readonly identity: Recall<Identity>
  actorOf(identity: Identity, address: AddressFacts, isObjectEvent: boolean, recipientAccountId: string): ActorFacts
}

export const SUCCESS: ErrorFacts = errorFacts('none')
export const NO_TLS: TlsJson = { isHttps: false, json: '' }

const SMALL = 1024
/** A large account has some thousand sessions in five minutes; each is some 1.5 KB here. */
const IDENTITIES = 8192

/** Makes the memory of one normalizer. Bounded: a few MB, however many different texts there are. */
export function createFastFacts({ classifyIp, environment }: DeriveContext): FastFacts {
  function readActor(
    text: string,
    sourceIPAddress: string,
    isObjectEvent: boolean,
    recipientAccountId: string,
  ): ActorFacts {
    const value = objectOf(JSON.parse(text))
    const facts = deriveIdentity(value, sourceIPAddress, 'AwsApiCall')
    const { actor, actorAccount, actorType, anonymous, awsService, sessionMfa } = facts
    // Without either the actor may be the very address.
    const isNamed = textOf(value.arn) !== undefined || textOf(value.invokedBy) !== undefined
    const isForeign = actorAccount !== undefined && environment.isForeign(actorAccount, recipientAccountId)
    const isOwn = actorAccount === undefined || actorAccount === recipientAccountId
    return {
      // Root keeps its eventType, and whether anonymous callers came to a website stands elsewhere in the record.
      isSimple: isNamed && !anonymous && actorType !== 'root',
      actor,
      awsService,
      anonymous,
      json: `,"userIdentity":${JSON.stringify(leanIdentity(value, isObjectEvent, recipientAccountId))}`,
      before: `"actorType":"${actorType}","awsService":${awsService},"anonymous":${anonymous}`,
      after:
        (actor === undefined ? '' : `,"actor":${JSON.stringify(actor)}`) +
        (isOwn ? '' : `,"actorAccount":"${actorAccount}"`) +
        (isForeign && !awsService ? ',"crossAccount":true' : '') +
        (awsService || sessionMfa === undefined ? '' : `,"mfa":${sessionMfa}`),
    }
  }

  return {
    call: {
      ofRead: memoizePieces((text) => readCall(text, true)),
      ofWrite: memoizePieces((text) => readCall(text, false)),
    },
    account: memoizePieces((text) => ({ accountId: accountIdOf(text) }), SMALL),
    address: memoizePieces((text) => ({
      text,
      isAws: isAwsSource(text),
      json: added({ ipClass: classifyIp(text) }),
    })),
    agent: memoizePieces((text) => {
      const { tool, toolRisk } = deriveTool(text)
      return { text, tool, isOrdinary: isOrdinaryTool(tool), json: members({ tool, toolRisk }) }
    }),
    error: memoizePieces((text) => errorFacts(deriveErrorClass(text)), SMALL),
    tls: memoizePieces((text) => {
      const details = objectOf(JSON.parse(text))
      const { tlsVersion, tlsOutdated } = deriveTls(textOf(details.tlsVersion))
      return {
        isHttps: tlsVersion !== undefined || isCipher(details.cipherSuite),
        json: added({ tlsVersion, tlsOutdated: yes(tlsOutdated) }),
      }
    }),
    bucket: memoizePieces((name) => ({
      name,
      isSimple:
        !name.startsWith('arn:') &&
        !name.endsWith('-s3alias') &&
        !environment.isLogBucket(name) &&
        environment.knowsActor(name, undefined) === undefined,
    })),
    identity: memoizePieces((text) => ({ text, recipientAccountId: '', facts: [] }), IDENTITIES),
    actorOf(identity, address, isObjectEvent, recipientAccountId) {
      const { facts, text } = identity
      if (identity.recipientAccountId !== recipientAccountId) {
        identity.recipientAccountId = recipientAccountId
        facts.length = 0
      }
      const kind = (address.isAws ? 2 : 0) + (isObjectEvent ? 1 : 0)
      facts[kind] ??= readActor(text, address.text, isObjectEvent, recipientAccountId)
      return facts[kind]
    },
  }
}

function readCall(text: string, readOnly: boolean): CallFacts {
  const { eventName, eventSource } = JSON.parse(`{${text}}`) as { eventName: string; eventSource: string }
  const service = serviceOf(eventSource)
  const { action, change } = deriveAction(eventSource, eventName, readOnly)
  return {
    eventSource,
    eventName,
    action,
    isS3: service === 's3',
    writesObject: service === 's3' && action === WRITES_OBJECT,
    isSimple: change === 'none' && !hasMoreToRead(service, eventName, action),
    json: members({ kind: 'event', source: 'cloudtrail', service, action, change }),
  }
}

/** Calls of which something is read, or kept, that no other call has. */
function hasMoreToRead(service: string, eventName: string, action: string): boolean {
  if (service === 's3') return isCopy(eventName) || action === 'bucket.create' || eventName === 'ConsoleLogin'
  if (service === 'signin' || service === 'unknown') return true
  return /^(?:ConsoleLogin|CreateAccessKey|CreateKey|PutKeyPolicy|(?:Attach|Put).*Policy.*)$/.test(eventName)
}

function errorFacts(errorClass: ErrorClass): ErrorFacts {
  const outcome = errorClass === 'none' ? 'success' : 'failure'
  return { outcome, errorClass, json: members({ outcome, errorClass }) }
}

/** The members of an object as JSON, without its braces. */
function members(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).slice(1, -1)
}

/** The same with a comma before it, where there are any. */
function added(fields: Readonly<Record<string, unknown>>): string {
  const json = members(fields)
  return json === '' ? '' : `,${json}`
}

function yes(condition: boolean): true | undefined {
  return condition ? true : undefined
}
