/** An entity's item in the state table: what all instances know of it. docs/state.md has the attributes. */
import { hash } from 'node:crypto'
import { digits36 } from '../basics/digits.ts'
import type { StateItem } from '../contracts/state.ts'
import { type Digest, readDigest, writeDigest } from './digest.ts'
import { type KeySample, readSample, writeSample } from './key-sample.ts'
import type { Days } from './usual.ts'

/** What a rule counts of one entity in one part of an object: amounts by second, or which keys came when. */
export interface Counted {
  readonly amounts: Digest
  readonly keys: KeySample | undefined
}

/** What the table says. */
export interface Known extends Counted {
  readonly rev: number
  /** Object → up to where it is counted. */
  readonly seen: ReadonlyMap<string, number>
  /** Of rules that compare days: what each day had. */
  readonly days: Days
}

/** The key of an entity's item. */
export function counterKey(rule: string, entity: string): string {
  return `count#${rule}#${hash('sha256', entity, 'base64url').slice(0, 32)}`
}

export function itemOf({ rev, amounts, keys, seen, days }: Known): StateItem {
  return {
    rev,
    ...(keys === undefined ? { amounts: writeDigest(amounts) } : { keys: writeSample(keys) }),
    seen: [...seen].map(([object, upTo]) => `${object}:${digits36(upTo)}`).join(','),
    ...(days.size === 0 ? {} : { days: writeDigest(days) }),
  }
}

/** What `itemOf` wrote. */
export function readItem({ rev, amounts, keys, seen, days }: StateItem): Known {
  const objects = typeof seen === 'string' && seen !== '' ? seen.split(',') : []
  return {
    rev: typeof rev === 'number' ? rev : 0,
    amounts: typeof amounts === 'string' ? readDigest(amounts) : new Map(),
    keys: typeof keys === 'string' ? readSample(keys) : undefined,
    seen: new Map(
      objects.map((text) => {
        const colon = text.indexOf(':')
        return [text.slice(0, colon), Number.parseInt(text.slice(colon + 1), 36)] as const
      }),
    ),
    days: typeof days === 'string' ? readDigest(days) : new Map(),
  }
}
