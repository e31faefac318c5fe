/** What `bucketwatch replay --json` has printed into a file. */
import { open, readFile, stat } from 'node:fs/promises'
import { isObject } from '../shared/basics/is-object.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { ReplayModel } from '../shared/replay/model.ts'
import { usage, withoutMark } from './io.ts'

/**
 * What a replay printed; undefined where the path is something else: logs.
 *
 * @param needed what has to be in it
 * @throws BucketwatchError REPLAY_SAVED where it is cut off, not whole, or another version's.
 */
export async function readSaved(
  file: string,
  needed: readonly Member[] = Object.keys(MEMBERS) as Member[],
): Promise<ReplayModel | undefined> {
  if (!SAVED.test(await beginningOf(file))) return undefined
  const text = withoutMark(await readFile(file, 'utf8'))
  let model: unknown
  try {
    model = JSON.parse(text)
  } catch {
    throw notSaved(`${file} is cut off: it is no whole JSON.`)
  }
  if (!isObject(model) || (model.kind !== 'replay' && model.kind !== 'what-if')) return undefined
  if (model.version !== 1)
    throw notSaved(`${file} was made by another version of bucketwatch (its form is ${String(model.version)}, not 1).`)
  if (model.kind === 'what-if')
    throw notSaved(`${file} holds two replays (--what-if): take .before or .after out of it, each is one.`)
  const lacks = needed.find((name) => !MEMBERS[name](model[name]))
  if (lacks !== undefined) throw notSaved(`${file} has no ${lacks}: somebody has changed it.`)
  return model as unknown as ReplayModel
}

/** As it is printed, and with its members sorted (`jq -S`). */
const SAVED = /^\ufeff?\s*\{\s*(?:"kind"\s*:\s*"(?:replay|what-if)"|"incidents"\s*:|"after"\s*:)/

const notSaved = (message: string): BucketwatchError => new BucketwatchError('REPLAY_SAVED', message)

/** What a model is told by; the rest is inside of these. */
const MEMBERS = {
  inputs: isObject,
  totals: isObject,
  problems: Array.isArray,
  incidents: Array.isArray,
  tellings: Array.isArray,
  rules: Array.isArray,
  traffic: isObject,
  top: isObject,
  matrix: isObject,
  matches: isObject,
} as const satisfies Partial<Record<keyof ReplayModel, (value: unknown) => boolean>>
type Member = keyof typeof MEMBERS

/**
 * What was replayed is as it was replayed: an option that would do nothing is refused.
 *
 * @param options those of a replay, by name
 * @throws BucketwatchError USAGE
 */
export function refuseReplayOptions(values: object, options: object): void {
  const given = Object.entries(values).find(([name, value]) => value !== undefined && Object.hasOwn(options, name))
  if (given !== undefined) throw usage(`--${given[0]} is for logs: what was saved is as it was replayed.`)
}

/** Enough of a file to tell what it is; nothing of what is no file here. */
async function beginningOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) return ''
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(256))
  return buffer.toString('utf8', 0, bytesRead)
}
