/** How a coverage report is told: the words that the terminal, Markdown and the page of a report share. */
import type { CellName, CellState } from './cell.ts'
import { CELLS } from './cell.ts'
import type { AccountCoverage, BucketCoverage, CoverageReport, TrailCoverage } from './coverage.ts'
import type { Sight } from './see-rule.ts'

/** What people call the columns. */
export const CELL_TITLES: Readonly<Record<CellName, string>> = {
  managementEvents: 'management',
  dataReads: 'data reads',
  dataWrites: 'data writes',
  accessLogs: 'access logs',
  requestMetrics: 'metrics',
  notification: 'tells stack',
  versioning: 'versioning',
  publicAccessBlock: 'blocks public',
}

export const STATE_WORDS: Readonly<Record<CellState, string>> = {
  on: 'on',
  part: 'part',
  off: 'off',
  wrong: 'WRONG',
  unknown: 'unknown',
}

export const SIGHT_TITLES: Readonly<Record<Sight, string>> = {
  blind: 'Blind',
  unknown: 'Not known',
  part: 'Sees a part',
  all: 'Sees everything',
}

/** Facts beside the sources: shown, and never asked for. */
const FACTS: ReadonlySet<CellName> = new Set(['versioning', 'publicAccessBlock'])

/** `71 of 77 rules see everything`. */
export const coverageTitle = ({ rules, totals }: CoverageReport): string =>
  `${totals.all} of ${rules.length} rules see everything`

/** The other rules, and whether there is a stack. */
export function coverageAbout({ totals, stack }: CoverageReport): string {
  const counts = `${totals.part} see a part, ${totals.blind} are blind, ${totals.unknown} are not known.`
  if (typeof stack === 'string') return `${counts} The stack could not be looked at: ${stack}`
  return stack ? counts : `${counts} No stack reads these logs; rules are judged by what the sources would show one.`
}

/** `Account 111122223333 (staging)`. */
export const accountTitle = ({ accountId, via }: AccountCoverage): string =>
  `Account ${accountId}${via === undefined ? '' : ` (${via})`}`

/** Why an account's list of trails or buckets is empty; what could not be looked at is not absent. */
export const noTrails = ({ problems }: AccountCoverage): string =>
  problems.length === 0 ? 'No trail logs here.' : 'No trail is known here.'
export const noBuckets = ({ problems }: AccountCoverage): string =>
  problems.length === 0 ? 'No bucket was found.' : 'No bucket is known here.'

/** A trail's facts: scope, whether it logs, where to, by which key, when it delivered last. */
export function trailFacts(trail: TrailCoverage): string {
  const { scope, bucket, prefix, logging, kmsKeyId, logFileValidation, latestDelivery, aggregation } = trail
  return [
    scope,
    logging === undefined ? 'logging unknown' : logging ? 'logging' : 'STOPPED',
    `to ${bucket}${prefix === '' ? '' : `/${prefix}`}`,
    kmsKeyId === undefined ? 'SSE-S3' : 'KMS',
    `validation ${logFileValidation ? 'on' : 'off'}`,
    ...(latestDelivery === undefined ? [] : [`last delivery ${new Date(latestDelivery).toISOString()}`]),
    ...(aggregation.length === 0 ? [] : [`also in sums (${aggregation.join(', ')})`]),
  ].join(', ')
}

/** What a bucket's cells do not say by their state: sentences. */
export function bucketNotes({ bucket, holds, cells }: BucketCoverage): string[] {
  return [
    ...(holds.length === 0 ? [] : [`${bucket} holds ${holds.join(' and ')}.`]),
    ...CELLS.flatMap((name) => {
      const { state, what } = cells[name]
      if (FACTS.has(name) || !['part', 'wrong', 'unknown'].includes(state)) return []
      return [`${bucket}, ${CELL_TITLES[name]}: ${what}`]
    }),
  ]
}

/** What stands beside trails and buckets: sentences. */
export function accountNotes({ settings }: AccountCoverage): string[] {
  const { publicAccessBlock, directoryBuckets, eventDataStores, unknown } = settings
  return [
    ...(publicAccessBlock.state === 'unknown'
      ? []
      : [`The account’s own Block Public Access: ${publicAccessBlock.what}.`]),
    ...directoryBuckets.map(
      ({ bucket, region, dataEvents }) =>
        `Directory bucket ${bucket} (${region}): data events ${STATE_WORDS[dataEvents.state]} (${dataEvents.what}); it has no server access logs. No rule is judged by it.`,
    ),
    ...eventDataStores.map(
      ({ name, region, what }) =>
        `Event data store ${name} (${region}): ${what}. The stack does not read CloudTrail Lake.`,
    ),
    ...unknown.map((reason) => `Could not look at ${reason}`),
  ]
}
