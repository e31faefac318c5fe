/** What a unit of a replay is, what is asked of it, and what it says. */
import type { OpenedObject } from '../contracts/ports.ts'
import type { Environment } from '../contracts/record.ts'
import type { HitRule } from '../incident/hit-rules.ts'
import type { LogKind, ObjectKind } from '../kinds/kinds.ts'
import type { ReplayClock } from './model.ts'
import type { Partial } from './partial.ts'
import type { RowRank } from './rows.ts'
import type { ToldPart } from './told.ts'

/** An object to read. */
export interface ReplayObject {
  readonly bucket: string
  readonly key: string
  /** What people know it by. */
  readonly name: string
  /** Bytes as stored. */
  readonly size: number
  /** Where it lies on this machine; absent: in S3. */
  readonly file?: string | undefined
  /** Tells one content of it from another, where that is known. */
  readonly version?: string | undefined
  /** It is a plain file of lines that each stand for themselves: it can be read in parts. */
  readonly lines?: ObjectKind | undefined
  /** Only the lines of it that begin there: a part of a large file, which begins with such a line. */
  readonly part?: Part | undefined
}

/** Tells an object, or a part of one, from others. */
export const objectIdOf = ({ bucket, key, part }: ReplayObject): string =>
  part === undefined ? `${bucket}/${key}` : `${bucket}/${key}#${part.from}`

/** A part of a file of lines. */
export interface Part {
  readonly kind: ObjectKind
  /** Bytes; `to` is not in it. */
  readonly from: number
  readonly to: number
}

/** Opens objects, and parts of them. Failures are those of an ObjectStore. */
export interface ReplayStore {
  open(object: ReplayObject): Promise<OpenedObject>
}

/** What all units of a replay share. */
export interface CollectOptions {
  /** The enabled rules. */
  readonly rules: readonly HitRule[]
  readonly environment: Environment
  readonly clock: ReplayClock
  /** Of the delivery clock: how long after a record its object comes, where its name does not tell. Seconds. */
  readonly deliverySeconds: Readonly<Record<LogKind, number>>
  /** ms since the epoch. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Empty: all. */
  readonly accounts: readonly string[]
  readonly buckets: readonly string[]
  readonly rowLimit: number
}

/** What differs from unit to unit. */
export interface UnitOptions {
  /** Records that were read with units before, as pairs of {@link createIdentityTable}. */
  readonly known?: Uint32Array | undefined
  readonly rowCut?: RowRank | undefined
}

/** What a unit said. */
export interface Collected {
  readonly partial: Partial
  readonly told: ToldPart
  /** The messages that what it told may be wanted with; see unpackTexts. */
  readonly texts: Uint8Array<ArrayBuffer>
  /** Of its records, those known before left out. */
  readonly identities: Uint32Array<ArrayBuffer>
}
