/** Hits of what one rule has counted of one entity in a part of an object: one for each principal. */
import { hash } from 'node:crypto'
import type { Reached } from './count-windows.ts'
import type { Entity, Hit } from './hit.ts'
import type { HitRule } from './hit-rules.ts'
import { type Group, type Matches, type Read, readMatches } from './matches.ts'

/** What a rule has counted of an entity in a part of an object, and what was kept of it. */
export interface Batch {
  readonly rule: HitRule
  readonly entity: Entity
  /** The same in one text. */
  readonly name: string
  readonly matches: Matches
  /** Matching records. */
  readonly count: number
  /** Of the first and the last of them; ms since the epoch. */
  readonly first: number
  readonly last: number
  /** The object in the ledger; the part is what comes after this record of it. */
  readonly objectId: string
  readonly from: number
  readonly object: Hit['object']
  readonly logGroupName: string
  /** Entities were forgotten: there may have been more. */
  readonly isShort: boolean
}

/**
 * Makes the hits of a batch whose count came to the threshold: the same ones whenever they are made.
 *
 * @example
 * makeHits(batch, { amount: 20, isAtLeast: false, at: batch.last }, read)[0]?.principal
 */
export function makeHits(batch: Batch, given: Reached, read: Read): Hit[] {
  const { objectId, from, rule, name, matches, isShort } = batch
  const reached = isShort ? { ...given, isAtLeast: true } : given
  const groups = readMatches(matches, read)
  return [...groups].map(([principal, group]) => {
    const about = [objectId, from, rule.id, principal, name].join('\n')
    const id = hash('sha256', about, 'base64url').slice(0, 24)
    return { id, ...hitOf(batch, principal, group, groups.size === 1, reached) }
  })
}

function hitOf(batch: Batch, principal: string, group: Group, isOnly: boolean, reached: Reached): Omit<Hit, 'id'> {
  const { rule, entity, object, logGroupName } = batch
  const { count, threshold, window } = rule.counting!
  return {
    version: 1,
    rule: rule.id,
    severity: rule.severity,
    principal,
    entity,
    first: isOnly ? batch.first : group.first,
    last: isOnly ? batch.last : group.last,
    at: window === 0 ? group.first : reached.at,
    matches: isOnly ? batch.count : group.matches,
    count,
    amount: reached.amount,
    ...(reached.isAtLeast ? { isAtLeast: true } : {}),
    threshold,
    window,
    evidence: group.tally.result(),
    calls: [...group.calls],
    object,
    logGroupName,
  }
}
