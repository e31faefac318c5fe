/** Sequences over all that is kept of one principal: see shared/detection/sequence.ts. Pure. */
import { compileGlob } from '../basics/glob.ts'
import { own } from '../basics/own.ts'
import { completes, type SequenceRule } from '../detection/sequence.ts'
import type { Suppression } from '../settings/incidents.ts'
import { type Dossier, type Incident, type RulePart, rankOf, worse } from './incident.ts'
import { EMPTY_RANKING, merge } from './kept.ts'
import { withPending } from './pending-news.ts'

/** Values of a rule's own rankings, as in take.ts. */
const RULE_VALUES = 3

export interface SequenceOptions {
  readonly sequences: readonly SequenceRule[]
  readonly suppressions: readonly Suppression[]
  /** ms since the epoch. */
  readonly now: number
}

/**
 * The dossier with the sequences that its hits complete, each as a rule of the incident in which its last step was taken.
 * Steps count by the time things happened, whatever came first; they may lie in different incidents, since an intruder
 * waits. Of each rule's part in an incident the first and the last matching record are looked at.
 *
 * @param before the dossier before its hits came; what was complete then is told already, or was before there was such
 * a sequence, and is not told now.
 * @example
 * withSequences(before, takeHits(before, hits, options).dossier, { sequences, suppressions: [], now: Date.now() })
 */
export function withSequences(before: Dossier, after: Dossier, options: SequenceOptions): Dossier {
  if (before === after) return after
  let dossier = after
  for (const sequence of options.sequences) {
    if (isSuppressed(sequence, options)) continue
    for (const incident of dossier.incidents) {
      if (incident.mergedInto !== undefined || own(incident.rules, sequence.id) !== undefined) continue
      if (!hasLastStep(sequence, incident)) continue
      const parts = partsOf(sequence, dossier, incident)
      if (completed(sequence, parts) === undefined) continue
      const earlier = before.incidents.find(({ id }) => id === incident.id)
      if (earlier !== undefined && completed(sequence, partsOf(sequence, before, earlier)) !== undefined) continue
      const told = withPart(incident, sequence, parts.flat(), options.now)
      dossier = { ...dossier, incidents: dossier.incidents.map((one) => (one.id === told.id ? told : one)) }
    }
  }
  return dossier
}

const hasLastStep = ({ steps }: SequenceRule, { rules }: Incident): boolean =>
  steps.at(-1)?.some((rule) => own(rules, rule) !== undefined) === true

/** By the sequence's id alone: it is about hits that are told each for itself. */
const isSuppressed = ({ id }: SequenceRule, { suppressions, now }: SequenceOptions): boolean =>
  suppressions.some(
    ({ rule, actor, person, key, bucket, until }) =>
      now < until &&
      rule !== undefined &&
      compileGlob(rule)(id) &&
      [actor, person, key, bucket].every((other) => other === undefined),
  )

/** Of each step the parts of its rules: the last step's in this incident, the others' in any. */
function partsOf({ steps }: SequenceRule, { incidents }: Dossier, incident: Incident): readonly RulePart[][] {
  const standing = incidents.filter(({ mergedInto }) => mergedInto === undefined)
  return steps.map((rules, index) => {
    const among = index === steps.length - 1 ? [incident] : standing
    return among.flatMap((one) => rules.flatMap((rule) => own(one.rules, rule) ?? []))
  })
}

const completed = ({ within }: SequenceRule, parts: readonly (readonly RulePart[])[]) =>
  completes(
    parts.map((step) => step.flatMap(({ first, last }) => [first, last])),
    within * 1000,
  )

function withPart(incident: Incident, sequence: SequenceRule, parts: readonly RulePart[], now: number): Incident {
  const { id, severity, within } = sequence
  const ranked = (name: 'actors' | 'buckets') =>
    parts.reduce((all, part) => merge(all, part[name], RULE_VALUES), EMPTY_RANKING)
  const part: RulePart = {
    severity,
    matches: parts.reduce((sum, { matches }) => sum + matches, 0),
    count: 'events',
    amount: 1,
    threshold: 1,
    window: within,
    first: Math.min(...parts.map(({ first }) => first)),
    last: Math.max(...parts.map(({ last }) => last)),
    actors: ranked('actors'),
    buckets: ranked('buckets'),
  }
  const rises = rankOf(severity) > rankOf(incident.severity)
  const { isLate: _, ...known } = incident
  const next: Incident = {
    ...known,
    isOver: false,
    heard: Math.max(incident.heard, now),
    severity: worse(incident.severity, severity),
    rules: { ...incident.rules, [id]: part },
  }
  // What was never told is told as it opens. Each step was told already, so that only what raises the severity hurries.
  return incident.sequence === 0 ? next : withPending(next, { news: [id], isUrgent: rises }, now)
}
