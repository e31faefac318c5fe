/** What views say for summaries, each combination once: of a caller's thousand reads nearly all say the same. */

import { memoize } from '../basics/memo.ts'
import { type RecordView, TOLD } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { SeenFacts } from './evidence.ts'
import { cleanText } from './facts.ts'
import { principalInView } from './principal.ts'

/** What records have in common that say the same but for their time and their key. */
export interface Seen {
  /** Whose incident they belong to; undefined: only the message says. */
  readonly principal: string | undefined
  /** As a mail may show it. */
  facts(): SeenFacts
  /** The same without the address; undefined: there is none. Made where it is asked for. */
  base(): Seen | undefined
  /** As the views have it, to be found again. */
  readonly given: Given
}

type Given = Pick<
  RecordView,
  | 'eventName'
  | 'errorCode'
  | 'outcome'
  | 'actor'
  | 'actorType'
  | 'sourceIPAddress'
  | 'ipClass'
  | 'tool'
  | 'bucket'
  | 'person'
  | 'told'
  | 'anonymous'
>

export interface SeenValues {
  /** The combination that a view has; the same object for the same one, mostly. */
  of(view: RecordView): Seen
}

/** Combinations that are remembered; then all anew. */
const MAX_SEEN = 4096
/** Of one address. */
const MAX_ALIKE = 64

/**
 * @example
 * const seen = createSeenValues(); seen.of(view) === seen.of(view) // true
 */
export function createSeenValues(): SeenValues {
  let known = new Map<string, Seen[]>()
  let size = 0
  let last: Seen | undefined

  function make(view: RecordView): Seen {
    const given = ownGiven(view)
    const principal = principalInView(given as RecordView)
    let facts: SeenFacts | undefined
    let base: Seen | undefined
    return {
      principal,
      facts() {
        facts ??= seenIn(given)
        return facts
      },
      base() {
        if (given.sourceIPAddress !== undefined) base ??= find({ ...given, sourceIPAddress: undefined })
        return base
      },
      given,
    }
  }

  const ownText = memoize((text) => text, { limit: MAX_SEEN, maxLength: 512, copy: detach })
  const own = <Text extends string | undefined>(text: Text): Text =>
    text === undefined ? text : (ownText(text) as Text)

  function ownGiven(view: Given): Given {
    return {
      eventName: own(view.eventName),
      errorCode: own(view.errorCode),
      outcome: view.outcome,
      actor: own(view.actor),
      actorType: view.actorType,
      sourceIPAddress: own(view.sourceIPAddress),
      ipClass: view.ipClass,
      tool: view.tool,
      bucket: own(view.bucket),
      person: own(view.person),
      told: toldOf(view),
      anonymous: view.anonymous,
    }
  }

  function find(view: Given): Seen {
    const address = view.sourceIPAddress ?? ''
    const alike = known.get(address)
    for (const one of alike ?? []) if (isSame(one.given, view)) return one
    if (size >= MAX_SEEN) {
      known = new Map()
      size = 0
    }
    const made = make(view as RecordView)
    const list = known.get(address)
    if (list === undefined) known.set(detach(address), [made])
    else if (list.length < MAX_ALIKE) list.push(made)
    else list[size % MAX_ALIKE] = made
    size += 1
    return made
  }

  return {
    of(view) {
      if (last === undefined || !isSame(last.given, view)) last = find(view)
      return last
    },
  }
}

/** What principals go by. */
const toldOf = ({ told }: Given): number | undefined => (told === undefined ? undefined : told & TOLD.noLongLivedKey)

const isSame = (a: Given, b: Given): boolean =>
  a.actor === b.actor &&
  a.bucket === b.bucket &&
  a.eventName === b.eventName &&
  a.sourceIPAddress === b.sourceIPAddress &&
  a.errorCode === b.errorCode &&
  a.outcome === b.outcome &&
  a.actorType === b.actorType &&
  a.ipClass === b.ipClass &&
  a.tool === b.tool &&
  a.person === b.person &&
  a.told === toldOf(b) &&
  a.anonymous === b.anonymous

function seenIn({ eventName, errorCode, outcome, actor, sourceIPAddress, bucket, ...kinds }: Given): SeenFacts {
  const { actorType, ipClass, tool } = kinds
  const texts = Object.entries({ eventName, errorCode, outcome, actor, sourceIPAddress, bucket })
  const said = [
    ...texts.map(([name, value]) => [name, cleanText(value)] as const),
    ...Object.entries({ actorType, ipClass, tool }),
  ]
  return Object.fromEntries(said.filter(([, value]) => value !== undefined)) as SeenFacts
}
