/** What one record adds to a unit's sum: traffic, lists, and what it says of the rules that it matches. */
import type { RecordView } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { FoundRule, FoundRules } from './found-rules.ts'
import { rankRow } from './rows.ts'
import type { RuleSum, Sum } from './sum.ts'
import type { TraitReader } from './traits.ts'

/** A record that counts. */
export interface Counted {
  readonly kind: LogKind
  readonly view: RecordView
  readonly message: string
  /** Its own time, or the best guess; ms since the epoch. */
  readonly time: number
  readonly isForwarded: boolean
  /** See NormalizedRecord. */
  readonly isAscii: boolean | undefined
}

/** Where it stands, and what it matches. */
export interface Matched {
  readonly found: FoundRules
  /** The time on the clock of the replay. */
  readonly at: number
  /** The record, parsed where somebody asks for it. */
  readonly matcher: { readonly record: unknown }
  readonly object: string
  /** Where the part of the object begins that is read, in bytes; undefined: it is read whole. */
  readonly part: number | undefined
  /** Which record it is of the object, or of the part, from 1. */
  readonly position: number
}

/** Who did it, in one word where there is no name. */
const nameOf = ({ actor, anonymous }: RecordView): string => actor ?? (anonymous ? 'anonymous' : 'unknown')

const isWrite = ({ readOnly, action }: RecordView): boolean =>
  readOnly === false || action.endsWith('.write') || action.endsWith('.delete')

/**
 * Counts a record in the traffic and in the lists; returns its cell. Columns as in TRAFFIC_COLUMNS.
 *
 * @example
 * countTraffic(sum, createTraitReader(), { kind: 'cloudtrail', view, message, time, isForwarded, isAscii })
 */
export function countTraffic(sum: Sum, traits: TraitReader, record: Counted): number {
  const { kind, view, message, time } = record
  const isTrail = kind === 'cloudtrail'
  countTotals(sum, record)
  if (isTrail && view.eventCategory === 'Data') sum.dataEvents += 1
  const isError = view.outcome === 'failure'
  const { bytesOut = 0 } = view
  // Where nothing in an object says a time, it is in no minute.
  if (time > 0) countMinute(sum, traits, record)
  countTop(sum, view, isTrail ? traits.keyId(message) : undefined)
  const counted = view.eventTimeMs === undefined ? undefined : time
  return sum.cells.add(nameOf(view), view.bucket ?? '', view.eventName, bytesOut, isError, counted)
}

function countMinute(sum: Sum, traits: TraitReader, { kind, view, message, time }: Counted): void {
  const minutes = sum.traffic[kind]
  const at = minutes.at(time)
  const { values } = minutes
  values[at]! += 1
  values[at + 1]! += view.bytesOut ?? 0
  if (kind === 'cloudtrail') values[at + 2]! += traits.bytesIn(message, view)
  if (view.outcome === 'failure') values[at + (view.errorClass === 'server' ? 4 : 3)]! += 1
  if (view.errorClass === 'denied') values[at + 5]! += 1
  if (view.anonymous) values[at + 6]! += 1
  if (isWrite(view)) values[at + 7]! += 1
}

function countTotals(sum: Sum, { kind, view, message, time, isForwarded, isAscii }: Counted): void {
  const totals = sum.kinds[kind]
  const length = isAscii === true ? message.length : Buffer.byteLength(message)
  totals.records += 1
  totals.recordBytes += length
  if (isForwarded) {
    totals.matchingRecords += 1
    totals.matchingBytes += length
  }
  if (view.eventTimeMs === undefined) return
  if (time < sum.first) sum.first = time
  if (time > sum.last) sum.last = time
}

/** Actors, buckets and actions are the sums of the cells. */
function countTop({ top }: Sum, view: RecordView, keyId: string | undefined): void {
  const { bytesOut = 0, bucket, key, person, sourceIPAddress, tool } = view
  if (person !== undefined) top.people.add(person, '', bytesOut)
  if (keyId !== undefined) top.keyIds.add(keyId, '', bytesOut)
  if (sourceIPAddress !== undefined) top.addresses.add(sourceIPAddress, view.ipClass, bytesOut)
  if (view.outcome === 'failure') top.errors.add(view.errorCode ?? view.errorClass)
  if (tool !== undefined && tool !== 'none') top.tools.add(tool, view.toolRisk)
  if (key === undefined) return
  if (bucket === undefined) top.keys.add(key, '', bytesOut)
  else top.keys.addIn(bucket, key, bytesOut)
}

/**
 * Counts what a record says of the rules that it matches, and keeps it where there is room.
 *
 * @example
 * if (found.length > 0) countMatches(sum, record, cell, { found, at, matcher, object, position })
 */
export function countMatches(sum: Sum, record: Counted, cell: number, matched: Matched): void {
  const { all, isFinding } = matched.found
  for (const found of all) {
    const of = sum.rule(found.ready.rule.id)
    publish(of, found, record.view, matched)
    if (!found.isFinding) continue
    sum.cells.addMatch(cell, of.cells)
    countRule(of, record)
  }
  if (isFinding) addRow(sum, record, matched)
}

/** What the rule's metric gets. */
function publish(
  { metric }: RuleSum,
  { ready, constant }: FoundRule,
  view: RecordView,
  { at, matcher }: Matched,
): void {
  const value = constant ?? (ready.amountOf === undefined ? view.bytesOut : ready.amountOf(matcher.record))
  if (value === undefined) return
  const place = metric.at(at)
  const { values } = metric
  values[place]! += value
  values[place + 1]! += 1
  if (value < values[place + 2]!) values[place + 2] = value
  if (value > values[place + 3]!) values[place + 3] = value
}

function countRule(of: RuleSum, { view, time }: Counted): void {
  of.matches += 1
  const at = of.byMinute.at(time)
  of.byMinute.values[at]! += 1
  if (view.sourceIPAddress !== undefined) of.addresses.add(view.sourceIPAddress, view.ipClass)
}

function addRow(sum: Sum, { kind, view, message, time }: Counted, { found, object, part, position }: Matched): void {
  const { severity, isCounted, names } = found
  const rank = rankRow(severity, isCounted, view.identity ?? `${object}\n${part ?? 0}\n${position}`)
  if (!sum.rows.counts(rank)) return
  const row = { time, rules: names, severity, kind, object, record: position, message: detach(message) }
  sum.rows.put(rank, part === undefined ? row : { ...row, part })
}
