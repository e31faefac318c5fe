/** How much more `detail: full` keeps than `lean`, measured on some of the objects. */
import type { Detail, Environment } from '../contracts/record.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import { classifyKey } from '../object/key.ts'
import { readLog } from '../object/read-log.ts'
import { createReaders } from '../object/readers.ts'
import { DEFAULT_CONFIG } from '../settings/defaults.ts'
import type { ReplayObject, ReplayStore } from './unit.ts'

/** Objects that are read, spread over all; of each as much as inflates to this. */
const OBJECTS = 24
const BYTES = 8 * 1024 * 1024

/**
 * @returns by kind, bytes of full records for each byte of lean ones; nothing of kinds that the sample does not hold.
 * @example
 * const ratio = await sampleFullRatio(objects, store, EMPTY_ENVIRONMENT)
 */
export async function sampleFullRatio(
  objects: readonly ReplayObject[],
  store: ReplayStore,
  environment: Environment,
): Promise<Readonly<Partial<Record<LogKind, number>>>> {
  const step = Math.max(1, Math.floor(objects.length / OBJECTS))
  const chosen = objects.filter((_, index) => index % step === 0).slice(0, OBJECTS)
  const [lean, full] = [new Map<LogKind, number>(), new Map<LogKind, number>()]
  for (const object of chosen) {
    for (const [detail, sums] of [
      ['lean', lean],
      ['full', full],
    ] as const)
      await measure(object, store, environment, detail, sums)
  }
  return Object.fromEntries(
    LOG_KINDS.flatMap((kind) => {
      const [a, b] = [lean.get(kind), full.get(kind)]
      return a === undefined || b === undefined ? [] : [[kind, b / a]]
    }),
  )
}

async function measure(
  object: ReplayObject,
  store: ReplayStore,
  environment: Environment,
  detail: Detail,
  sums: Map<LogKind, number>,
): Promise<void> {
  const { capBytes, maxRecordBytes } = DEFAULT_CONFIG
  const { key, lines } = object
  const { kind } = classifyKey(key)
  // Of what is not packed the beginning is read; of what is, no more than it may inflate to.
  const start = lines === undefined ? object : { ...object, part: { kind: lines, from: 0, to: BYTES } }
  try {
    await readLog((await store.open(start)).body, {
      readers: createReaders({ environment, detail, capBytes, now: () => 0 }),
      object: kind === 'unknown' ? undefined : kind,
      key,
      maxInflatedBytes: BYTES,
      maxRecordBytes,
      onRecord({ message }, of) {
        sums.set(of, (sums.get(of) ?? 0) + Buffer.byteLength(message))
        return undefined
      },
      onUnreadable: () => undefined,
    })
  } catch {
    // The replay has said what is wrong with it.
  }
}
