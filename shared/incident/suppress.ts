/** What people have said they do not want to hear of, until when and why. */
import { compileGlob } from '../basics/glob.ts'
import type { Suppression } from '../settings/incidents.ts'
import type { EventFacts } from './facts.ts'
import type { Hit } from './hit.ts'
import type { Ranking } from './tally.ts'

/**
 * The first suppression that all of a hit's records fulfil. One record by somebody else, or one that does not say, and
 * the hit is told.
 *
 * @example
 * suppressionOf(hit, [{ rule: 's3-policy-public', bucket: 'amzn-s3-demo-site', until, reason: 'a website' }])
 */
export function suppressionOf(hit: Hit, suppressions: readonly Suppression[]): Suppression | undefined {
  const { entity, evidence, matches } = hit
  const theirs = saidBy(hit.principal)
  return suppressions.find(
    ({ rule, actor, person, key, bucket, until }) =>
      hit.last < until &&
      (rule === undefined || compileGlob(rule)(hit.rule)) &&
      (isCountedBy(actor, entity.actor ?? theirs.actor) || allAre(actor, evidence.actors, matches)) &&
      (isCountedBy(person, theirs.person) || allAre(person, evidence.people, matches)) &&
      (isCountedBy(key, theirs.key) || allAre(key, evidence.keyIds, matches)) &&
      (isCountedBy(bucket, entity.bucket) || allAre(bucket, evidence.buckets, matches)),
  )
}

/** What all records of a hit have in common, since they are one principal's: see principalOf. */
function saidBy(principal: string): { readonly actor?: string; readonly person?: string; readonly key?: string } {
  const [kind, value = ''] = [principal.slice(0, principal.indexOf(':')), principal.slice(principal.indexOf(':') + 1)]
  if (kind === 'person') return { person: value.replace(/^\d{12}\//, '') }
  return kind === 'key' || kind === 'actor' ? { [kind]: value } : {}
}

/** Where the rule counts by it, all matches have the same, whether each was looked at or not. */
const isCountedBy = (glob: string | undefined, value: string | undefined): boolean =>
  glob !== undefined && value !== undefined && value !== 'unknown' && compileGlob(glob)(value)

function allAre(glob: string | undefined, { top, distinct, capped }: Ranking, matches: number): boolean {
  if (glob === undefined) return true
  const fits = compileGlob(glob)
  const counted = top.reduce((sum, { count }) => sum + count, 0)
  return capped === undefined && distinct === top.length && counted === matches && top.every(({ value }) => fits(value))
}

/** Whether a suppression keeps one record of a rule out. */
export function suppresses(suppression: Suppression, rule: string, facts: EventFacts, time: number): boolean {
  const fits = (glob: string | undefined, value: string | undefined) =>
    glob === undefined || (value !== undefined && compileGlob(glob)(value))
  return (
    time < suppression.until &&
    fits(suppression.rule, rule) &&
    fits(suppression.actor, facts.actor ?? facts.actorType) &&
    fits(suppression.person, facts.person) &&
    fits(suppression.key, facts.keyId) &&
    fits(suppression.bucket, facts.bucket)
  )
}
