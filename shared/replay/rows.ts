/** The matching records that are kept: the same ones however the logs are split. */
import { isObject } from '../basics/is-object.ts'
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { readFacts } from '../incident/facts.ts'
import { hashKey } from '../incident/key-sample.ts'
import { principalOf } from '../incident/principal.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { MatchRow } from './model.ts'

/** A matching record as it is kept: what it says is read when all are there, of those that stay. */
export interface KeptRecord {
  /** ms since the epoch. */
  readonly time: number
  readonly rules: readonly string[]
  readonly severity: Severity
  readonly kind: LogKind
  readonly object: string
  /** From 1; of its part where the object was read in parts. */
  readonly record: number
  readonly part?: number
  readonly message: string
}

/** Where a row stands among all: those of rules that hit at once before those that only count, the worst first. */
export interface RowRank {
  /** 0 … 9 */
  readonly level: number
  /** Rows of one level go by this, so that what is left out is spread over the time. */
  readonly order: number
}

export interface RowsPart {
  readonly total: number
  readonly rows: readonly (readonly [level: number, order: number, record: KeptRecord])[]
  /** Parts of objects: where each begins, and its records. */
  readonly parts: readonly PartRead[]
}

type PartRead = readonly [object: string, from: number, records: number]

export interface Rows {
  /** What comes behind this is not kept; undefined: there is room. */
  cut(): RowRank | undefined
  /** Counts a matching record; true: it is one to `put`. */
  counts(rank: RowRank): boolean
  put(rank: RowRank, record: KeptRecord): void
  /** Notes how many records a part of an object has: those of parts behind it have higher numbers. */
  readPart(object: string, from: number, records: number): void
  merge(part: RowsPart): void
  part(): RowsPart
  total(): number
  /** The worst first, then by time, each with its number in the whole object. */
  sorted(): readonly KeptRecord[]
}

/**
 * @param isCounted no rule that the record matches hits at once.
 * @param identity tells the record from others.
 */
export function rankRow(severity: Severity, isCounted: boolean, identity: string): RowRank {
  return {
    level: SEVERITIES.indexOf(severity) + (isCounted ? 0 : SEVERITIES.length),
    order: hashKey(identity, 0x2545f491),
  }
}

const isBefore = (a: RowRank, b: RowRank): boolean => (a.level === b.level ? a.order < b.order : a.level > b.level)

const inOrder = (a: RowRank, b: RowRank): number => b.level - a.level || a.order - b.order

/** So many more are kept before they are put in order, or a fourth more. */
const ROWS_BEYOND = 64

interface Kept extends RowRank {
  readonly record: KeptRecord
}

/**
 * Keeps the first `limit` rows by rank: of all rows together the same as of any parts of them.
 *
 * @param cut of others: what comes behind it is known not to be kept in the end.
 * @example
 * const rank = rankRow('high', false, view.identity); if (rows.counts(rank)) rows.put(rank, record)
 */
export function createRows(limit: number, cut?: RowRank): Rows {
  let kept: Kept[] = []
  let total = 0
  /** What comes behind this is not kept. */
  let last = cut
  const parts = new Map<string, PartRead[]>()

  function readPart(...read: PartRead): void {
    const of = parts.get(read[0])
    if (of === undefined) parts.set(read[0], [read])
    else of.push(read)
  }

  /** The record's number in the whole object. */
  function numberOf({ object, part, record }: KeptRecord): number {
    let number = record
    if (part !== undefined) for (const [, from, records] of parts.get(object) ?? []) if (from < part) number += records
    return number
  }

  function prune(): void {
    kept.sort(inOrder)
    kept = kept.slice(0, limit)
    if (kept.length === limit) last = kept.at(-1) ?? last
  }

  const isKept = (rank: RowRank): boolean => last === undefined || isBefore(rank, last)

  function put({ level, order }: RowRank, record: KeptRecord): void {
    kept.push({ level, order, record })
    if (kept.length >= limit + Math.max(ROWS_BEYOND, limit / 4)) prune()
  }

  function final(): Kept[] {
    prune()
    return kept
  }

  return {
    cut: () => last,
    counts(rank) {
      total += 1
      return isKept(rank)
    },
    put,
    merge(part) {
      total += part.total
      for (const [level, order, record] of part.rows) if (isKept({ level, order })) put({ level, order }, record)
      for (const read of part.parts) readPart(...read)
    },
    readPart,
    part: () => ({
      total,
      rows: final().map(({ level, order, record }) => [level, order, record] as const),
      parts: [...parts.values()].flat(),
    }),
    total: () => total,
    sorted: () =>
      final()
        .toSorted((a, b) => b.level - a.level || a.record.time - b.record.time || a.order - b.order)
        .map(({ record }) => ({ ...record, record: numberOf(record) })),
  }
}

/** What a kept record says. */
export function rowOf({ time, rules, severity, kind, object, record, message }: KeptRecord): MatchRow {
  const parsed = parse(message)
  const bytes = isObject(parsed) && typeof parsed.bytesOut === 'number' ? parsed.bytesOut : undefined
  const facts = readFacts(parsed, { timestamp: time, message, logGroupName: kind })
  const { person, keyId, tool, detail, errorCode, outcome, actor, actorType, sourceIPAddress, bucket, key } = facts
  return {
    time: facts.time,
    rules,
    severity,
    kind,
    ...withoutUndefined({ actor: actor ?? actorType, person, keyId, ip: sourceIPAddress, bucket, key }),
    action: facts.eventName ?? '',
    outcome: errorCode ?? outcome ?? 'unknown',
    ...withoutUndefined({ bytes, tool: tool === 'none' ? undefined : tool, detail }),
    object,
    record,
    principal: principalOf(facts),
  }
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

const withoutUndefined = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never
