/** What people have said they do not want to hear of, until when and why. */
import { compileGlob } from '../basics/glob.ts'
import type { Hit } from './hit.ts'
import type { Ranking } from './tally.ts'

/** Hits that are kept out of incidents, but counted. All that is given must hold; `*` stands for any characters. */
export interface Suppression {
  /** A rule's id. */
  readonly rule?: string | undefined
  readonly actor?: string | undefined
  readonly person?: string | undefined
  /** An access key id. */
  readonly key?: string | undefined
  readonly bucket?: string | undefined
  /** What happens from then on is told again; ms since the epoch. */
  readonly until: number
  readonly reason: string
}

/**
 * The first suppression that all of a hit's records fulfil. One record by somebody else, or one that does not say, and
 * the hit is told.
 *
 * @example
 * suppressionOf(hit, [{ rule: 's3-policy-public', bucket: 'amzn-s3-demo-site', until, reason: 'a website' }])
 */
export function suppressionOf(hit: Hit, suppressions: readonly Suppression[]): Suppression | undefined {
  const { evidence, matches } = hit
  return suppressions.find(
    ({ rule, actor, person, key, bucket, until }) =>
      hit.last < until &&
      (rule === undefined || compileGlob(rule)(hit.rule)) &&
      allAre(actor, evidence.actors, matches) &&
      allAre(person, evidence.people, matches) &&
      allAre(key, evidence.keyIds, matches) &&
      allAre(bucket, evidence.buckets, matches),
  )
}

function allAre(glob: string | undefined, { top, distinct, capped }: Ranking, matches: number): boolean {
  if (glob === undefined) return true
  const fits = compileGlob(glob)
  const counted = top.reduce((sum, { count }) => sum + count, 0)
  return capped === undefined && distinct === top.length && counted === matches && top.every(({ value }) => fits(value))
}
