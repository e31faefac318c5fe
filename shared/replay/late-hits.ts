/** Hits of counts that only all units together bring to their thresholds. */
import type { Reached } from '../incident/count-windows.ts'
import { readFacts } from '../incident/facts.ts'
import type { Hit } from '../incident/hit.ts'
import type { HitRule } from '../incident/hit-rules.ts'
import { type Batch, makeHits } from '../incident/make-hits.ts'
import { noMatches } from '../incident/matches.ts'
import type { Kept } from './held.ts'
import type { Head } from './told.ts'
import { objectIdOf, type ReplayObject } from './unit.ts'

/**
 * The hits of a count of which messages were kept: those that would have been made at once.
 *
 * @param unit the objects that were read together.
 * @param text one of the unit's texts, by its number.
 */
export function hitsOfKept(
  { held, kept }: Head & { readonly kept: Kept },
  rule: HitRule,
  reached: Reached,
  unit: readonly ReplayObject[],
  text: (number: number) => string,
): Hit[] {
  const { index, kind, count, first, last, messages, isShort = false } = kept
  const object = unit[index]!
  const { bucket, key } = object
  const matches = {
    ...noMatches(),
    texts: messages.map(([at]) => at),
    times: messages.map(([, time]) => time),
    messages: messages.length,
  }
  const batch: Batch = {
    rule,
    entity: JSON.parse(held.entity) as Batch['entity'],
    name: held.entity,
    matches,
    count,
    first,
    last,
    objectId: objectIdOf(object),
    from: held.from,
    object: { bucket, key },
    logGroupName: kind,
    isShort,
  }
  return makeHits(batch, reached, (at, time) => {
    const message = text(at)
    return readFacts(parsed(message), { timestamp: time, message, logGroupName: kind })
  })
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
