import { createAccessLogKindReader } from '../access-log/kind-reader.ts'
import { createCloudTrailKindReader } from '../cloudtrail/kind-reader.ts'
import type { KindReader, ReaderOptions } from '../contracts/kind-reader.ts'
import { eachKind, type LogKind } from '../kinds/kinds.ts'

/** How the logs of each kind are read: the second half of the table in shared/kinds, with what is made by the rooms. */
export const READERS = {
  cloudtrail: createCloudTrailKindReader,
  'access-log': createAccessLogKindReader,
} satisfies Readonly<Record<LogKind, (options: ReaderOptions) => KindReader>>

export type Readers = Readonly<Record<LogKind, KindReader>>

/**
 * The readers of all kinds, made once a function instance.
 *
 * @throws BucketwatchError SETTINGS_INVALID where the environment holds no valid CIDR range.
 * @example
 * createReaders(options)['access-log'].normalize(line).message
 */
export const createReaders = (options: ReaderOptions): Readers => eachKind((kind) => READERS[kind](options))
