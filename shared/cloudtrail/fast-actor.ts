import { detach } from '../derive/detach.ts'
import { deriveIdentity } from '../derive/identity.ts'
import { objectOf, textOf } from '../derive/json.ts'
import { mayHideValue, mayHoldSecrets } from '../derive/redact.ts'
import type { DeriveContext } from './derive.ts'
import type { JsonIndex } from './json-index.ts'
import { leanIdentity } from './lean.ts'
import { memoizePieces } from './piece-memo.ts'
import { createSessionTemplate, matchSession, type SessionTemplate } from './session-template.ts'

/** What an identity says. */
export interface ActorFacts {
  readonly isSimple: boolean
  readonly actor: string | undefined
  readonly awsService: boolean
  readonly anonymous: boolean
  /** The member userIdentity, pruned. */
  readonly json: string
  /** The derived fields that stand before `tool`, and those that stand after `weakens`. */
  readonly before: string
  readonly after: string
}

/** What an identity's facts depend on besides its text. */
export interface Situation {
  readonly sourceIPAddress: string
  readonly isAws: boolean
  readonly isObjectEvent: boolean
  readonly recipientAccountId: string
}

/** The facts of the identity that was looked up last, and its member userIdentity. Holds until the next one. */
export interface Acting {
  facts: ActorFacts
  json: string
}

/** What is known in one situation. */
interface Known<T> {
  readonly isAws: boolean
  readonly isObjectEvent: boolean
  readonly recipientAccountId: string
  readonly value: T
}

interface Remembered<T> {
  readonly text: string
  readonly known: Known<T>[]
}

/** The beginning of a session's identity, up to the role's id. */
const SESSION = '{"type":"AssumedRole","principalId":"'
/** Roles and users, not sessions. */
const IDENTITIES = 2048
/** Situations, and shapes, of one identity. */
const MAX_KNOWN = 16

/**
 * Makes the function that looks up who acts, from the part of an indexed record that is its userIdentity. It reads each
 * role and each user once.
 */
export function createActorMemory({
  environment,
}: DeriveContext): (index: JsonIndex, from: number, to: number, situation: Situation) => Acting {
  const identities = memoizePieces((text): Remembered<ActorFacts> => ({ text, known: [] }), IDENTITIES)
  const roles = memoizePieces((text): Remembered<SessionTemplate<ActorFacts>> => ({ text, known: [] }), IDENTITIES)
  const acting = { facts: undefined, json: '' } as unknown as Acting

  function read(text: string, { isObjectEvent, recipientAccountId, sourceIPAddress }: Situation): ActorFacts {
    const value = objectOf(JSON.parse(text))
    const facts = deriveIdentity(value, sourceIPAddress, 'AwsApiCall')
    const { actor, actorAccount, actorType, anonymous, awsService, sessionMfa } = facts
    // Without either the actor may be the very address.
    const isNamed = textOf(value.arn) !== undefined || textOf(value.invokedBy) !== undefined
    const isForeign = actorAccount !== undefined && environment.isForeign(actorAccount, recipientAccountId)
    const isOwn = actorAccount === undefined || actorAccount === recipientAccountId
    return {
      // Root keeps its eventType, and whether anonymous callers came to a website stands elsewhere in the record.
      isSimple: isNamed && !anonymous && actorType !== 'root' && !mayHoldSecrets(text),
      actor,
      awsService,
      anonymous,
      json: detach(`,"userIdentity":${JSON.stringify(leanIdentity(value, isObjectEvent, recipientAccountId))}`),
      before: detach(`"actorType":"${actorType}","awsService":${awsService},"anonymous":${anonymous},`),
      after: detach(
        (actor === undefined ? '' : `,"actor":${JSON.stringify(actor)}`) +
          (isOwn ? '' : `,"actorAccount":"${actorAccount}"`) +
          (isForeign && !awsService ? ',"crossAccount":true' : '') +
          (awsService || sessionMfa === undefined ? '' : `,"mfa":${sessionMfa}`),
      ),
    }
  }

  /** Adds a template for one more shape of a role's sessions. */
  function learnSession(identity: string, situation: Situation, known: Known<SessionTemplate<ActorFacts>>[]): boolean {
    const template = createSessionTemplate(
      identity,
      (text) => read(text, situation),
      ({ json }) => json,
      ({ after, before }) => before + after,
    )
    if (template !== undefined) remember(known, situation, template)
    return template !== undefined
  }

  /** False where the identity is not that of a session of the usual shape. */
  function findSession(index: JsonIndex, from: number, to: number, situation: Situation): boolean {
    const { text } = index
    const start = from + SESSION.length
    const colon = text.indexOf(':', start)
    if (text.slice(from, start) !== SESSION || colon === -1 || colon >= to) return false
    const { known } = roles(index, from, colon)
    for (let i = 0; i < known.length; i++) {
      const { value } = known[i]!
      const name = isSame(known[i]!, situation) ? matchSession(value, text, from, to) : undefined
      if (name === undefined) continue
      acting.facts = value.facts
      acting.json = value.before + name + value.after
      return !mayHideValue(name)
    }
    return learnSession(text.slice(from, to), situation, known) && findSession(index, from, to, situation)
  }

  return (index, from, to, situation) => {
    if (findSession(index, from, to, situation)) return acting
    const { known, text } = identities(index, from, to)
    if (!known.some((one) => isSame(one, situation))) remember(known, situation, read(text, situation))
    const facts = known.find((one) => isSame(one, situation))!.value
    acting.facts = facts
    acting.json = facts.json
    return acting
  }
}

function isSame<T>(known: Known<T>, { isAws, isObjectEvent, recipientAccountId }: Situation): boolean {
  return (
    known.isAws === isAws && known.isObjectEvent === isObjectEvent && known.recipientAccountId === recipientAccountId
  )
}

function remember<T>(known: Known<T>[], situation: Situation, value: T): void {
  if (known.length >= MAX_KNOWN) known.length = 0
  const { isAws, isObjectEvent, recipientAccountId } = situation
  known.push({ isAws, isObjectEvent, recipientAccountId, value })
}
